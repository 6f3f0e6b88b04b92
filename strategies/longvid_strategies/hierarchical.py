"""Hierarchical merging: a tree over the film, where every node is the summary of its neighbouring children.

After Wu et al. 2021 (arXiv 2109.10862) and BooookScore (arXiv 2310.00785): only neighbours are merged, so the order of
the film is never left; every node stays in the store, and the tree is kept beside the summary. A fact has to survive
one rewriting a level: with a fan-in of 4 that is four rewritings for two hours.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    CaptionState,
    Context,
    Estimate,
    Limits,
    Need,
    Strategy,
    StrategyConfig,
    add_captions,
    answer_room,
    merge_groups,
    most_calls,
    pack,
    parts_for,
    source_room,
    split,
    usable,
    words_in,
)

MERGE = (
    "These are descriptions of neighbouring parts of a film, in order. Merge them into one description of about "
    "{words} words. Introduce each figure once by name or look and keep calling it the same. Keep the order of events "
    "and what changes from part to part. Do not add anything."
)
TOP = (
    "These are descriptions of the successive acts of a film, in order. Merge them into one summary of about {words} "
    "words. Introduce each figure once by name or look and keep calling it the same. Keep the order of events and how "
    "later events follow from earlier ones. Do not add anything."
)


class HierarchicalConfig(StrategyConfig):
    """Settings of `hierarchical`."""

    fan_in: int = Field(default=4, ge=2, le=20, description="most children of a node")
    node_words: int = Field(default=140, ge=20, le=400, description="words of a node below the top")


class State(CaptionState, total=False):
    levels: list[list[str]]
    """Keys of the nodes, the captions' level first."""
    groups: list[list[int]]
    """For each level above the first, how many children each node has."""
    extras: dict[str, str]


class Hierarchical(Strategy[HierarchicalConfig]):
    name = "hierarchical"
    version = "1"
    summary = "a tree of summaries over neighbours; the tree is kept"
    needs: ClassVar[frozenset[Need]] = frozenset({"caption", "write"})
    Config = HierarchicalConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        writes, levels = most_calls(n, limits, TOP, most=self.config.fan_in)
        return Estimate(caption=n, write=writes, depth=min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config = self.config
        lead = MERGE.format(words=config.node_words)
        room = source_room(context, lead, answer_room(context))

        def parts(keys: list[str]) -> int:
            return min(len(keys), parts_for(context, context.limits.words, [context.text(key) for key in keys]))

        async def begin(state: State) -> State:
            return {"levels": [usable(context, state.get("captions", []))], "groups": []}

        async def climb(state: State) -> State:
            below = state["levels"][-1]
            groups = pack([context.count(context.text(key)) for key in below], room, least=2, most=config.fan_in)
            level = await merge_groups(context, lead, below, groups, words=config.node_words)
            return {
                "levels": [*state["levels"], level],
                "groups": [*state["groups"], [len(group) for group in groups]],
            }

        async def top(state: State) -> State:
            nodes = state["levels"][-1]
            tree = {"levels": state["levels"], "children": state["groups"]}
            extras = {"tree": context.keep(json.dumps(tree))}
            if not nodes:
                return {"result": context.keep(""), "extras": extras}
            if len(nodes) == 1 and words_in(context.text(nodes[0])) <= context.limits.words:
                return {"result": nodes[0], "extras": extras}
            groups = split(len(nodes), parts(nodes))
            words = max(20, context.limits.words // len(groups))
            written = await merge_groups(context, TOP.format(words=words), nodes, groups, words=words)
            return {"result": context.keep("\n\n".join(context.text(key) for key in written)), "extras": extras}

        def next_step(state: State) -> str:
            nodes = state["levels"][-1]
            if len(nodes) < 2:
                return "top"
            calls = parts(nodes)
            fits = sum(context.count(context.text(key)) for key in nodes) <= room * calls
            return "top" if fits and len(nodes) <= config.fan_in * calls else "climb"

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        graph.add_node("begin", begin)
        graph.add_node("climb", climb)
        graph.add_node("top", top)
        graph.add_conditional_edges("begin", next_step, ["climb", "top"])
        graph.add_conditional_edges("climb", next_step, ["climb", "top"])
        graph.add_edge("top", END)
        return graph.compile()
