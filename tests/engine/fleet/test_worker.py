"""What a worker of a fleet opens and answers: the same models as with whoever asks, and every fault as a value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from longvid.engine import models
from longvid.engine.device import Device
from longvid.engine.fleet.worker import Fault, Opening, Worker
from longvid.engine.opened import Models
from longvid.engine.request import ClipRef, Request
from tests.standins import ScriptedBackend, plainly

SIZES = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
SCRIPTED = Opening("scripted", None, watch={"class": "scripted"}, write={"class": "scripted"})


@pytest.fixture
def eye(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    made = ScriptedBackend()
    monkeypatch.setattr(models, "open_models", lambda *_, **__: Models("m", {}, made, ScriptedBackend(), "l", **SIZES))
    return made


def call(prompt: str) -> tuple[Request, bytes]:
    return Request("caption", prompt, 10, ClipRef(Path("/elsewhere/0"), "d", 0, (0.0,))), prompt.encode()


def test_clips_are_read_from_files_of_its_own_which_are_gone_afterwards(eye: ScriptedBackend) -> None:
    seen = []
    answer = eye.answer
    eye.answer = lambda requests, **rest: (  # type: ignore[method-assign]
        seen.extend((one.clip.path, one.clip.path.read_bytes()) for one in requests),
        answer(requests, **rest),
    )[1]
    assert Worker().answer(SCRIPTED, [call("a"), call("b")], None) == [plainly("It says a."), plainly("It says b.")]
    assert [data for _, data in seen] == [b"a", b"b"]
    assert not any(path.exists() for path, _ in seen)


def test_short_memory_halves_what_is_asked_at_once_and_one_alone_is_a_fault(eye: ScriptedBackend) -> None:
    eye.room = 2
    worker, calls = Worker(), [call(name) for name in "abcde"]
    said = worker.answer(SCRIPTED, calls, None)
    assert isinstance(said, list)
    assert [raw.text for raw in said] == [f"It says {name}." for name in "abcde"]
    assert [len(batch) for batch in eye.batches] == [2, 2, 1]
    eye.room = 0
    fault = worker.answer(SCRIPTED, calls[:1], None)
    assert isinstance(fault, Fault)
    assert fault.kind == "ModelError"
    assert "no memory for a single call" in fault.message


def test_another_model_or_version_than_with_whoever_asks_is_a_fault(eye: ScriptedBackend) -> None:
    assert Worker().open(SCRIPTED) is None
    other = Worker().open(replace(SCRIPTED, watch={"class": "scripted", "dtype": "bfloat16"}))
    assert other is not None
    assert "its dtype is None, not bfloat16" in other.message
    old = Worker().open(replace(SCRIPTED, version=-1))
    assert old is not None
    assert "another version of longvid" in old.message


def test_what_is_not_there_is_a_fault_that_says_so(tmp_path: Path) -> None:
    fault = Worker().open(Opening(str(tmp_path / "nothing"), None, cpu=True))
    assert fault is not None
    assert fault.kind == "ModelError"
    assert isinstance(Worker().place(cpu=True, dtype=None), Device)
    assert isinstance(Worker().place(cpu=True, dtype="int3"), Fault)


def test_the_bundled_model_is_opened_as_one_machine_opens_it() -> None:
    here = models.open_models("storyfilm-tiny", device="cpu")
    opening = Opening("storyfilm-tiny", None, {}, True, here.captioner_identity, here.llm.identity)
    worker = Worker()
    assert worker.open(opening) is None
    said = worker.answer(opening, [(Request("write", "Tell of a dog.", 4), None)], None)
    assert said == here.llm.answer([Request("write", "Tell of a dog.", 4)])
