"""The first chunks are watched while the rest of the film is still read, and nothing of the run is different for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from longvid import api
from longvid.carry import Carry
from longvid.engine.models import Models
from longvid.engine.request import Raw, Request
from longvid.errors import ModelError
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Silent
from longvid.strategy.contract import Strategy
from longvid.strategy.registry import load
from tests.film.films import encode, scenes
from tests.standins import ScriptedBackend, plainly

SIZES = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
NEARLY = 35.0  # s of the film's 40


@dataclass
class Watcher(ScriptedBackend):
    """Says something else of every clip; tells when it is first asked."""

    asked: threading.Event = field(default_factory=threading.Event)
    fails: bool = False

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        super().answer(requests, seed=seed, stopped=stopped)
        self.asked.set()
        if self.fails:
            raise ModelError("the device is gone")
        return [plainly(f"Scene {one.clip.digest[:6]} is plain.") if one.clip else plainly("All.") for one in requests]


class Waiting(Silent):
    """Holds up the reading of a film near its end until the watcher has been asked, or for `patience` s."""

    def __init__(self, watcher: Watcher, patience: float = 30.0) -> None:
        self.watcher, self.patience = watcher, patience
        self.overlapped = False
        self.stages: list[str] = []

    def advance(self, stage: str, done: float, total: float) -> None:
        self.stages.append(stage)
        if stage == "scan" and done > NEARLY and not self.overlapped and self.patience:
            self.overlapped = self.watcher.asked.wait(self.patience)
            self.patience = 0


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 s in scenes of a second: at two seconds a chunk, some are settled after half of it."""
    return encode(tmp_path_factory.mktemp("ahead") / "a.mp4", scenes([24] * 40))


def summarized(film: Path, out: Path, monitor: Waiting, strategy: str = "concat", carry: str = "none") -> Report:
    eye = monitor.watcher
    models = Models("scripted", eye.identity, eye, ScriptedBackend(), "scripted", **SIZES)
    told = Carry(way=carry)  # type: ignore[arg-type]
    job = Job(load(strategy)(), IngestSettings(target_length=2.0), directory=out, carry=told)
    return asyncio.run(api.summarize(film, job, models, monitor))


def seen(watcher: Watcher) -> list[str]:
    return sorted(one.clip.digest for batch in watcher.batches for one in batch if one.clip is not None)


@pytest.mark.parametrize("strategy", ["concat", "ledger"])
def test_the_first_chunks_are_watched_while_the_rest_is_read(
    tmp_path: Path, film: Path, strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor = Waiting(Watcher())
    report = summarized(film, tmp_path / "ahead", monitor, strategy)
    assert monitor.overlapped
    assert "answers" not in monitor.stages[: monitor.stages.index("clips")], "reading is what is shown until then"
    monkeypatch.setattr(Strategy, "asks_first", lambda *_: None)
    monkeypatch.setattr(load("ledger"), "asks_first", lambda *_: None)
    later = Waiting(Watcher(), patience=0.05)
    plain = summarized(film, tmp_path / "plain", later, strategy)
    assert not later.overlapped
    assert (report.summary, report.chunks, report.problems) == (plain.summary, plain.chunks, plain.problems)
    assert report.calls == plain.calls, "nothing is asked twice, and what was asked early is no answer of before"
    asked, once = (
        [one.clip.digest for batch in m.watcher.batches for one in batch if one.clip] for m in (monitor, later)
    )
    assert sorted(asked) == sorted(once)


def test_chunks_that_are_told_of_others_are_not_asked_early(tmp_path: Path, film: Path) -> None:
    monitor = Waiting(Watcher(), patience=0.05)
    summarized(film, tmp_path, monitor, carry="previous")
    assert not monitor.overlapped


def test_an_error_of_the_model_ends_the_run_in_its_line(tmp_path: Path, film: Path) -> None:
    with pytest.raises(ModelError, match="the device is gone"):
        summarized(film, tmp_path, Waiting(Watcher(fails=True)))
