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
from longvid_strategies.instructions import longest, orders_for

# The terse prompts, for whoever is not told more (`instructions`).
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

    collapse_words: int = Field(
        default=120, ge=20, le=400, description="words of each summary below the last, more where they fit"
    )
    most: int = Field(default=12, ge=2, le=100, description="most texts that one call merges")


class MapReduce(Strategy[MapReduceConfig]):
    name = "map-reduce"
    version = "4"
    summary = "summaries of as many captions as fit, then summaries of those; a level's calls all at once"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = MapReduceConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        writes, levels = most_calls(n, limits, longest(limits, REDUCE), most=self.config.most)
        return Estimate(caption=n, write=writes, depth=min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config = self.config
        orders = orders_for(context, node=COLLAPSE, top=REDUCE)
        tree = FillingTree(context, orders, words=config.collapse_words, most=config.most, wide_top=True)
        graph = StateGraph(TreeState)
        add_captions(graph, context, then="begin")
        tree.add(graph, lambda state: usable(context, state.get("captions", [])), then=END)
        return graph.compile()
