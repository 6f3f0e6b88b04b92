"""Pieces of graphs that strategies share. Waves, not one wide fan-out: LangGraph makes a superstep durable as a whole,
so a wave is what a killed run may have to look up again (the answers themselves are in the store).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from longvid.strategy.contract import Context
from longvid.strategy.dialogue import ChunkTexts
from longvid.strategy.packing import waves

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

WAVES_OF_BATCHES = 2
"""A wave holds this many batches, so that the device has work while a batch is being stored."""


class CaptionState(TypedDict, total=False):
    """State of the captioning loop; strategies derive theirs from it."""

    captions: list[str]
    """Keys of the texts of the chunks so far, in order: what is seen and what is said (`ChunkTexts`)."""
    result: str
    """Key of the summary's text."""


def add_captions(graph: StateGraph[Any, Any, Any, Any], context: Context, then: str, *, said: bool = True) -> None:
    """Add a loop that gathers the texts of all chunks, captions and dialogue, wave by wave from START, and goes on to
    the node `then`. Without `said` the dialogue stands only for chunks that have no caption."""
    from langgraph.graph import START

    width, texts = wave_size(context), ChunkTexts(context, said=said)

    async def caption(state: CaptionState) -> CaptionState:
        done = state.get("captions", [])
        wave = [texts.key(chunk) for chunk in context.chunks[len(done) : len(done) + width]]
        return {"captions": [*done, *await asyncio.gather(*wave)]}

    def more(state: CaptionState) -> str:
        return "caption" if len(state.get("captions", [])) < len(context.chunks) else then

    graph.add_node("caption", caption)
    graph.add_edge(START, "caption")
    graph.add_conditional_edges("caption", more, ["caption", then])


def wave_size(context: Context) -> int:
    """Calls that a node should have in flight at once."""
    return max(1, context.limits.max_concurrency * WAVES_OF_BATCHES)


async def in_waves(context: Context, calls: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """The results of `calls` in order, at most a wave of them in flight at once."""
    results: list[Any] = []
    for wave in waves(calls, wave_size(context)):
        results += await asyncio.gather(*(call() for call in wave))
    return results


def usable(context: Context, keys: Sequence[str]) -> list[str]:
    """Those of `keys` whose text is not empty, in order."""
    return [key for key in keys if context.text(key)]


def keep_list(context: Context, keys: Sequence[str]) -> str:
    """One key for many: a loop whose every step is a checkpoint holds this, and its checkpoints stay small."""
    return context.keep(json.dumps(list(keys)))


def kept_list(context: Context, key: str) -> list[str]:
    """The keys behind a key of `keep_list`."""
    return [str(item) for item in json.loads(context.text(key))]
