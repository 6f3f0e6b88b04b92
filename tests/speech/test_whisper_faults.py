"""Whatever the libraries behind Whisper raise is one line with a remedy; nothing of them is needed to say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longvid.errors import SpeechError
from longvid.speech import whisper
from longvid.speech.checkpoints import Checkpoint
from longvid.speech.whisper import Whisper

CHECKPOINT = Checkpoint("small", Path("nowhere"), True, "digest")


@pytest.mark.parametrize(
    ("device", "error", "said"),
    [
        ("cpu", RuntimeError("variable x\nnot found"), "small: cannot be used (variable x not found); choose another "),
        ("cuda", RuntimeError("CUDA failed with error out of memory"), "choose a smaller checkpoint, or --device cpu"),
        ("cpu", MemoryError(), "small: there is not enough memory; choose a smaller checkpoint"),
        ("cpu", ImportError("no module onnxruntime"), 'install it with `pip install "longvid[speech]"`'),
    ],
)
def test_a_library_that_fails_is_one_line(
    monkeypatch: pytest.MonkeyPatch, device: str, error: Exception, said: str
) -> None:
    monkeypatch.setattr(whisper, "_gpus", lambda: 1)
    ear = Whisper(CHECKPOINT, device)

    def fail(self: Whisper) -> object:
        raise error

    monkeypatch.setattr(Whisper, "_model", fail)
    with pytest.raises(SpeechError) as caught:
        ear.languages(np.zeros(160, np.int16))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ("--device cpu" in str(caught.value)) == (device == "cuda")


def test_a_gpu_that_is_not_there_is_one_line_and_none_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "_gpus", lambda: 1)
    with pytest.raises(SpeechError, match="there is no cuda:1 on this machine"):
        Whisper(CHECKPOINT, "cuda:1")
    assert Whisper(CHECKPOINT).identity["compute"] == "float16"
    monkeypatch.setattr(whisper, "_gpus", lambda: 0)
    assert Whisper(CHECKPOINT).identity["compute"] == "int8"
    assert (Whisper(CHECKPOINT).only, Whisper(CHECKPOINT).name) == (None, "small")


def test_threads_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert whisper._threads() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert 1 <= whisper._threads() <= whisper.MOST_THREADS
