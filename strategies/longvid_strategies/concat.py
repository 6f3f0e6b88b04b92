"""Concat: the captions one after another, nothing added and nothing left out.

The floor that every other strategy must beat: it keeps what the model saw and links nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig, add_captions


class Concat(Strategy[StrategyConfig]):
    name = "concat"
    version = "1"
    summary = "the captions in order, a paragraph each; no writing, so the length is what it is"
    requires: ClassVar[frozenset[Capability]] = frozenset()
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=min(n, 1))

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def join(state: CaptionState) -> CaptionState:
            texts = (context.text(key) for key in state.get("captions", []))
            return {"result": context.keep("\n\n".join(text for text in texts if text))}

        graph = StateGraph(CaptionState)
        add_captions(graph, context, then="join")
        graph.add_node("join", join)
        graph.add_edge("join", END)
        return graph.compile()
