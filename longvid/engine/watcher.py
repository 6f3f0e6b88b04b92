"""A checkpoint that watches, of either kind, once it is open: what it takes, and how long its answers may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend
    from longvid.engine.backends.video import VideoBackend

B = TypeVar("B", bound="CogVLM2Backend | VideoBackend", covariant=True)


@dataclass(frozen=True, slots=True)
class Watcher(Generic[B]):
    """Sizes are of clips of the number of frames for which it was opened."""

    backend: B
    parameters: int
    fits: Callable[..., int]
    """Bytes that `batch` calls at once take, weights included."""
    caption_tokens: int
    events_tokens: int
    """The longest answers that fit beside a clip; 0 where none does."""
    held: str | None = None
    """How it is held in memory, where that is not whole and as it is stored."""
