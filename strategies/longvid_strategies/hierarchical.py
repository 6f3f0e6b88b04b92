"""Hierarchical merging: a tree over the film, where every node is the summary of its neighbouring children.

After Wu et al. 2021 (arXiv 2109.10862) and BooookScore (arXiv 2310.00785): only neighbours are merged, so the order of
the film is never left; every node stays in the store, and the tree is kept beside the summary. A fact has to survive
one rewriting a level, so a node has as many children as fit into the context.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    Capability,
    Context,
    Estimate,
    Limits,
    Strategy,
    StrategyConfig,
    TreeState,
    add_captions,
    most_calls,
    usable,
)
from longvid_strategies.filling import FillingTree
from longvid_strategies.instructions import children, fewest_children, longest, orders_for

# The terse prompts, for whoever is not told more (`instructions`).
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
ACTS = "These are descriptions of the successive acts of a film, in order."


class HierarchicalConfig(StrategyConfig):
    """Settings of `hierarchical`."""

    fan_in: int = Field(default=20, ge=2, le=20, description="most children of a node; 20: as many as fit")
    node_words: int = Field(
        default=140, ge=20, le=400, description="words of a node below the top, more where they fit"
    )


class State(TreeState, total=False):
    extras: dict[str, str]


class Hierarchical(Strategy[HierarchicalConfig]):
    name = "hierarchical"
    version = "4"
    summary = "a tree of summaries over neighbours; the tree is kept"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = HierarchicalConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        writes, levels = most_calls(n, limits, longest(limits, TOP), most=fewest_children(self.config.fan_in))
        return Estimate(caption=n, write=writes, depth=min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        orders = orders_for(context, node=MERGE, top=TOP, of=ACTS)
        tree = FillingTree(context, orders, words=self.config.node_words, most=children(context, self.config.fan_in))

        async def show(state: State) -> State:
            return {"extras": {"tree": state["tree"]}}

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        tree.add(graph, lambda state: usable(context, state.get("captions", [])), then="show")
        graph.add_node("show", show)
        graph.add_edge("show", END)
        return graph.compile()
