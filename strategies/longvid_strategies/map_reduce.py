"""Map-reduce: summarise as many captions at a time as fit, then the summaries, until one call can write the whole.

After the summarisation chains of LangChain, with their three known failures shut out: a reduce never overflows (sources
are counted and shortened), a collapse always ends (every group has at least two members and its summary is no longer
than a third of the context), and an answer that is nothing is replaced by its sources.
Batches are blind to one another: what links two of them is lost unless both summaries happen to keep it.
"""

from __future__ import annotations

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

COLLAPSE = (
    "These are descriptions of consecutive parts of a film, in order. Summarize them in one paragraph of about {words} "
    "words. Keep who does what to whom, where, and in which order. Do not add anything."
)
REDUCE = (
    "These are descriptions of consecutive parts of a film, in order. Write the summary of the film in about {words} "
    "words, in the order of events, calling each figure by the same name or look throughout. Do not add anything."
)


class MapReduceConfig(StrategyConfig):
    """Settings of `map-reduce`."""

    collapse_words: int = Field(default=120, ge=20, le=400, description="words of each summary below the last")
    most: int = Field(default=12, ge=2, le=100, description="most texts that one call merges")


class State(CaptionState, total=False):
    nodes: list[str]
    """Keys of the texts of the current level."""


class MapReduce(Strategy[MapReduceConfig]):
    name = "map-reduce"
    version = "1"
    summary = "summaries of as many captions as fit, then summaries of those; a level's calls all at once"
    needs: ClassVar[frozenset[Need]] = frozenset({"caption", "write"})
    Config = MapReduceConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        writes, levels = most_calls(n, limits, REDUCE, most=self.config.most)
        return Estimate(caption=n, write=writes, depth=min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config = self.config
        lead = COLLAPSE.format(words=config.collapse_words)
        room = source_room(context, lead, answer_room(context))

        def sizes(keys: list[str]) -> list[int]:
            return [context.count(context.text(key)) for key in keys]

        def parts(keys: list[str]) -> int:
            return min(len(keys), parts_for(context, context.limits.words, [context.text(key) for key in keys]))

        async def begin(state: State) -> State:
            return {"nodes": usable(context, state.get("captions", []))}

        async def collapse(state: State) -> State:
            nodes = state["nodes"]
            groups = pack(sizes(nodes), room, least=2, most=config.most)
            return {"nodes": await merge_groups(context, lead, nodes, groups, words=config.collapse_words)}

        async def reduce(state: State) -> State:
            nodes = state["nodes"]
            if not nodes:
                return {"result": context.keep("")}
            if len(nodes) == 1 and words_in(context.text(nodes[0])) <= context.limits.words:
                return {"result": nodes[0]}
            groups = split(len(nodes), parts(nodes))
            words = max(20, context.limits.words // len(groups))
            written = await merge_groups(context, REDUCE.format(words=words), nodes, groups, words=words)
            return {"result": context.keep("\n\n".join(context.text(key) for key in written))}

        def next_step(state: State) -> str:
            nodes = state["nodes"]
            return "reduce" if len(nodes) < 2 or sum(sizes(nodes)) <= room * parts(nodes) else "collapse"

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        graph.add_node("begin", begin)
        graph.add_node("collapse", collapse)
        graph.add_node("reduce", reduce)
        graph.add_conditional_edges("begin", next_step, ["collapse", "reduce"])
        graph.add_conditional_edges("collapse", next_step, ["collapse", "reduce"])
        graph.add_edge("reduce", END)
        return graph.compile()
