"""Carry in whole runs: the pipeline over a small film, merges of what it stored, kills, captions from outside."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.api import merge, summarize
from longvid.captions.imported import read_captions
from longvid.carry import NO_CARRY, Carry, Known
from longvid.engine.models import Models
from longvid.engine.prompts import CAPTION
from longvid.errors import CarryError
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Silent
from longvid.run import Store
from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig
from longvid.strategy.registry import load
from tests.carry.test_asking import ScriptedCaptioner, shown
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid
from tests.films import make_film
from tests.killing import killed_longvid
from tests.standins import ScriptedBackend, plainly

CHUNKS = 4
READ = IngestSettings(target_length=4.0)
ADA = Known("Ada", "tall woman with a red scarf")
CARRIES = [Carry("previous"), Carry("cast"), Carry("cast", (ADA,)), Carry("none", (ADA,))]
IDENTITY = {"class": "scripted", "template": "chat", "label": "index", "dtype": "float32"}


class Eye(ScriptedCaptioner):
    """The scripted captioner, with all that run.json keeps of a real one."""

    @property
    def identity(self) -> Mapping[str, object]:
        return IDENTITY


@dataclass
class Seen(Silent):
    """A monitor that keeps the last progress of each stage."""

    last: dict[str, tuple[float, float]] = field(default_factory=dict)

    def advance(self, stage: str, done: float, total: float) -> None:
        self.last[stage] = (done, total)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "film.mp4", chunks=CHUNKS)


def models(captioner: ScriptedCaptioner | None) -> Models:
    told = "A film is told in which somebody walks through a town, meets a friend and goes home again in the evening."
    llm = ScriptedBackend(says=lambda prompt: plainly(told))
    sizes = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
    return Models("scripted", IDENTITY, captioner, llm, "scripted", **sizes)


def run(
    film: Path,
    out: Path,
    carry: Carry,
    captioner: ScriptedCaptioner,
    *,
    strategy: Strategy[Any] | None = None,
    monitor: Silent | None = None,
) -> Report:
    job = Job(strategy or load("concat")(), READ, directory=out, carry=carry)
    return asyncio.run(summarize(film, job, models(captioner), monitor or Silent()))


def merged(out: Path, strategy: str) -> Report:
    return asyncio.run(merge(out / "film.longvid", Job(load(strategy)(), READ), models(None), Silent()))


def captions(report: Report) -> list[str]:
    return [chunk.caption for chunk in report.chunks]


@pytest.mark.parametrize("carry", CARRIES, ids=lambda carry: carry.label)
def test_a_merge_finds_the_carried_captions_and_watches_nothing(film: Path, tmp_path: Path, carry: Carry) -> None:
    run(film, tmp_path, NO_CARRY, Eye())
    told = run(film, tmp_path, carry, Eye(tells=lambda r, c: shown(r, c) if r.prompt != CAPTION else plainly("No.")))
    again = merged(tmp_path, "hierarchical")
    assert captions(again) == captions(told)
    assert (again.calls["watch"], again.carry) == (0, carry.label)
    assert again.problems == told.problems == ()
    run(film, tmp_path, NO_CARRY, Eye())
    assert merged(tmp_path, "refine").carry == "none", "the last run decides"


def test_a_merge_of_a_run_that_broke_off_says_so_and_takes_no_captions_of_another_carry(
    film: Path, tmp_path: Path
) -> None:
    run(film, tmp_path, NO_CARRY, Eye())

    def breaks(request: Any, chunk: int) -> Any:
        if chunk == 2:
            raise ValueError("killed")
        return shown(request, chunk)

    with pytest.raises(ValueError, match="killed"):
        run(film, tmp_path, Carry("previous"), Eye(tells=breaks, batch=1))
    done = longvid("merge", tmp_path / "film.longvid", "--strategy", "concat", "--device", "cpu", "--llm", "none")
    assert done.returncode == 1
    assert "run summarize on the film" in done.stderr


def test_the_outputs_of_a_carry_stand_beside_those_without_and_say_which_they_are(film: Path, tmp_path: Path) -> None:
    folder = tmp_path / "film.longvid"
    for carry in (NO_CARRY, *CARRIES):
        report = run(film, tmp_path, carry, Eye(tells=shown))
        name = f"film.concat.{carry.label}" if carry.active else "film.concat"
        assert json.loads((folder / f"{name}.json").read_text())["context"] == report.carry == carry.label
        assert f"context {carry.way}" in (folder / f"{name}.md").read_text()
    assert len(list(folder.glob("film.concat*.json"))) == 1 + len(CARRIES)


def test_a_run_folder_from_before_there_was_a_carry_still_merges(film: Path, tmp_path: Path) -> None:
    before = run(film, tmp_path, NO_CARRY, Eye(tells=shown))
    path = tmp_path / "film.longvid" / "run.json"
    settings = json.loads(path.read_text())
    del settings["carry"]
    path.write_text(json.dumps(settings))
    assert captions(merged(tmp_path, "refine")) == captions(before)


@pytest.mark.parametrize(
    "carry", ["previous", {}, {"v": 1, "way": "all", "known": []}, {"v": 2, "way": "none", "known": []}]
)
def test_a_run_that_says_no_known_carry_is_refused_in_one_line(film: Path, tmp_path: Path, carry: object) -> None:
    run(film, tmp_path, NO_CARRY, Eye())
    path = tmp_path / "film.longvid" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"carry": carry}))
    done = longvid("merge", tmp_path / "film.longvid", "--strategy", "concat", "--device", "cpu", "--llm", "none")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "run summarize on the film again" in done.stderr


@pytest.mark.parametrize("carry", [NO_CARRY, *CARRIES], ids=lambda carry: carry.label)
def test_progress_expects_the_first_look_too(film: Path, tmp_path: Path, carry: Carry) -> None:
    monitor = Seen()
    run(film, tmp_path, carry, Eye(tells=shown), monitor=monitor)
    assert monitor.last["answers"] == (CHUNKS + carry.calls(CHUNKS),) * 2


class Asks(Strategy[StrategyConfig]):
    """Asks every chunk a question of its own."""

    name = "asks"
    version = "1"
    summary = "asks a question of its own"
    requires: ClassVar[frozenset[Capability]] = frozenset({"ask"})

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(ask=n, depth=1)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def ask(state: CaptionState) -> CaptionState:
            for chunk in context.chunks:
                await context.ask(chunk, "What is it?", max_tokens=20)
            return {"result": context.keep("Asked.")}

        graph = StateGraph(CaptionState)
        graph.add_node("ask", ask)
        graph.add_edge(START, "ask")
        graph.add_edge("ask", END)
        return graph.compile()


@pytest.mark.parametrize("carry", CARRIES, ids=lambda carry: carry.label)
def test_a_question_that_a_strategy_words_itself_is_told_nothing(film: Path, tmp_path: Path, carry: Carry) -> None:
    eye = Eye()
    run(film, tmp_path, carry, eye, strategy=Asks())
    assert eye.asked == {i: ["What is it?"] for i in range(CHUNKS)}


def test_captions_from_a_file_are_told_nothing_and_say_so(tmp_path: Path) -> None:
    path = tmp_path / "given.jsonl"
    path.write_text(json.dumps({"start": 0, "end": 60, "caption": "A man walks."}) + "\n")
    for carry in CARRIES:
        job = Job(load("concat")(), READ, directory=tmp_path, carry=carry)
        with pytest.raises(CarryError, match="captions from a file"):
            asyncio.run(merge(read_captions(path), job, models(None), Silent()))


def requests(out: Path) -> set[str]:
    """All that a run has asked of the model that watches, as the store describes it."""
    db = sqlite3.connect(next(out.glob("*.longvid/answers.sqlite")))
    try:
        return {row[0] for row in db.execute("SELECT request FROM answers WHERE kind != 'write'")}
    finally:
        db.close()


def test_a_killed_run_asks_the_rest_with_the_same_prompts(film: Path, tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model", seed=1)
    cast = tmp_path / "cast.txt"
    # The small tokenizer takes a token for hardly more than a letter, so that no longer look fits.
    cast.write_text("Ada = red\n")
    command = ["summarize", str(film), "--model", str(model), "--device", "cpu", "--strategy", "concat"]
    command += ["--target-length", "4", "--context", "cast", "--cast", str(cast), "--batch-size", "2", "-o"]
    assert longvid(*command, tmp_path / "whole").returncode in (0, 3)
    killed = killed_longvid("committing-after", 3, *command, tmp_path / "killed", folder=tmp_path)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    kept = requests(tmp_path / "killed")
    assert longvid(*command, tmp_path / "killed").returncode in (0, 3)
    assert kept < requests(tmp_path / "killed") == requests(tmp_path / "whole")
    with Store(next((tmp_path / "whole").glob("*.longvid/answers.sqlite"))) as store:
        prompts = [store.text(key) for (key,) in store.rows("SELECT key FROM kept WHERE key LIKE 'p%'")]
    assert sum("Figures of this film: Ada (red)" in prompt for prompt in prompts) == CHUNKS
