"""CogVLM2-Video for current transformers: configuration, model and processor.

The package stands alone: it imports nothing else of longvid and can be lifted out. Importing it imports no torch; the
three public classes are loaded on first use. `sampling`, `frames`, `estimates`, `geometry` and `checkpoint` never
import torch at all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .configuration import CogVLM2VideoConfig
    from .modeling import CogVLM2VideoForConditionalGeneration
    from .processing import CogVLM2VideoProcessor

__all__ = ["CogVLM2VideoConfig", "CogVLM2VideoForConditionalGeneration", "CogVLM2VideoProcessor"]

_HOMES = {
    "CogVLM2VideoConfig": "configuration",
    "CogVLM2VideoForConditionalGeneration": "modeling",
    "CogVLM2VideoProcessor": "processing",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
