"""`longvid summarize` with a model that answers at once: for what has nothing to do with its words."""

from __future__ import annotations

import pytest

from longvid import api
from longvid.engine.models import Models
from tests.standins import ScriptedBackend


def answer_at_once(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """Put a scripted model in the place of every checkpoint; it records what it is asked."""
    eye = ScriptedBackend()
    sizes = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
    opened = Models("scripted", eye.identity, eye, ScriptedBackend(), "scripted", **sizes)
    monkeypatch.setattr(api, "open_models", lambda *_, **__: opened)
    return eye


def watched(eye: ScriptedBackend) -> int:
    """How many clips the model was shown."""
    return sum(map(len, eye.batches))
