"""Concat: the captions one after another, nothing added and nothing left out.

The floor that every other strategy must beat: it keeps what the model saw and links nothing. What is said stands in the
subtitles already, and copied beside the captions it would only take their place in a text of limited length; so it is
copied where a chunk has no caption, and where it is asked for.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig, add_captions


class ConcatConfig(StrategyConfig):
    """Settings of `concat`."""

    said: bool = Field(default=False, description="copy what is said too, behind each caption")


class Concat(Strategy[ConcatConfig]):
    name = "concat"
    version = "2"
    summary = "the captions in order, a paragraph each; no writing, so the length is what it is"
    requires: ClassVar[frozenset[Capability]] = frozenset()
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    Config = ConcatConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=min(n, 1))

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def join(state: CaptionState) -> CaptionState:
            texts = (context.text(key) for key in state.get("captions", []))
            return {"result": context.keep("\n\n".join(text for text in texts if text))}

        graph = StateGraph(CaptionState)
        add_captions(graph, context, then="join", said=self.config.said)
        graph.add_node("join", join)
        graph.add_edge("join", END)
        return graph.compile()
