"""Single: everything in one prompt, the honest baseline of models with a long context.

Where the texts of all chunks do not fit beside the answer, they are summarised in as few parts of about the same length
as do, with as many words as the last call can take; so it is map-reduce at its best. What it cannot do is look again:
what the LLM overlooks between hours of text is lost.
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
from longvid_strategies.instructions import is_told, longest, orders_for
from longvid_strategies.map_reduce import COLLAPSE, REDUCE

MOST = 1_000_000
"""Texts of one call: as many as fit."""
TERSE_WORDS = 200
"""Words of a part that is asked for tersely, since it does not grow by itself."""


class SingleConfig(StrategyConfig):
    """Settings of `single`."""

    part_words: int = Field(
        default=100, ge=20, le=2000, description="least words of a part, where the film does not fit as a whole"
    )


class Single(Strategy[SingleConfig]):
    name = "single"
    version = "1"
    summary = "everything in one prompt; where it does not fit, in as few parts as do"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = SingleConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        writes, levels = most_calls(n, limits, longest(limits, REDUCE), most=MOST)
        return Estimate(caption=n, write=writes, depth=min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        orders = orders_for(context, node=COLLAPSE, top=REDUCE)
        words = self.config.part_words if is_told(context) else max(TERSE_WORDS, self.config.part_words)
        tree = FillingTree(context, orders, words=words, most=MOST, wide_top=True)
        graph = StateGraph(TreeState)
        add_captions(graph, context, then="begin")
        tree.add(graph, lambda state: usable(context, state.get("captions", [])), then=END)
        return graph.compile()
