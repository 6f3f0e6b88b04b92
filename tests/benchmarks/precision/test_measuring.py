"""What is measured is measured where it is computed, and computed once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from longvid.engine.device import Device
from longvid.film import Clip
from longvid_benchmarks.precision import asking, equality, walking
from tests.checkpoints import make_checkpoint
from tests.standins import ScriptedBackend


class Small(ScriptedBackend):
    """A model on a card that holds one clip."""

    image_size = 28

    def _loaded(self) -> None: ...


def test_memory_is_that_of_the_card_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def of_card(answer: Any) -> Any:
        def measure(*arguments: Any) -> Any:
            asked.append(arguments[-1] if arguments else None)
            return answer

        return measure

    for name in ("memory_allocated", "max_memory_allocated", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, of_card(7))
    monkeypatch.setattr(torch.cuda, "get_device_properties", of_card(SimpleNamespace(total_memory=100)))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", of_card(None))
    with asking._peaks("cuda:1") as peaks:
        pass
    assert peaks["peak"] == 7
    monkeypatch.setattr(walking, "_backend", lambda *_: Small(batch=2, room=1))
    told = walking._halved(tmp_path, Device("cuda:1", "int4", 100, "Pretended GPU"), 2, 1, 1)
    assert "2 answers" in told
    assert set(asked) == {"cuda:1"}


def test_the_base_precision_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: Counter[str] = Counter()
    logits = equality._logits

    def counting(model: Any, *rest: Any) -> Any:
        runs[str(model.dtype)] += 1
        return logits(model, *rest)

    monkeypatch.setattr(equality, "_logits", counting)
    monkeypatch.setattr(equality, "PRECISIONS", ("float32", "bfloat16"))
    monkeypatch.setattr(equality, "CAPTION_TOKENS", 3)
    clips = [Clip(np.full((2, 28, 28, 3), shade, np.uint8), np.arange(2.0)) for shade in (0, 200)]
    base, half = equality.distances(make_checkpoint(tmp_path), clips)
    assert runs == {"torch.float32": 2, "torch.bfloat16": 2}
    assert (base.equal, base.error, base.agreement) == (1.0, 0.0, 1.0)
    assert half.error > 0
