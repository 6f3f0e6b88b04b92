"""Runs that broke off and go on: in a folder that somebody else may have written, and with another run between."""

from __future__ import annotations

import asyncio
import json
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import ormsgpack
import pytest
from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.api import merge, summarize
from longvid.captions.imported import ImportedCaptions
from longvid.engine.backends.none import NONE, NoLLM
from longvid.engine.models import Models, open_llm_models
from longvid.engine.prompts import EVENTS
from longvid.engine.request import Raw
from longvid.errors import ModelError
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Silent
from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig, add_captions
from longvid.strategy.registry import load
from tests.films import make_film
from tests.standins import ScriptedBackend, plainly

CAPTIONS = ["A man takes the key.", "He opens the door.", "The hall is dark."]
IMPORTED = ImportedCaptions.of("said", [(60.0 * i, 60.0 * i + 60) for i in range(3)], CAPTIONS)


class Falters(Strategy[StrategyConfig]):
    """Joins the captions; breaks off before that while it is `broken`."""

    name = "falters"
    version = "1"
    summary = "breaks off once"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption"})
    broken = False

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=1)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def tell(state: CaptionState) -> CaptionState:
            if self.broken:
                raise ModelError("the device is gone")
            return {"result": context.keep("\n\n".join(map(context.text, state["captions"])))}

        graph = StateGraph(CaptionState)
        add_captions(graph, context, then="tell")
        graph.add_node("tell", tell)
        graph.add_edge("tell", END)
        return graph.compile()


def falters(*, broken: bool = False) -> Falters:
    strategy = Falters()
    strategy.broken = broken
    return strategy


def merged(out: Path, *, broken: bool = False) -> Report:
    job = Job(falters(broken=broken), IngestSettings(), directory=out)
    return asyncio.run(merge(IMPORTED, job, open_llm_models(NONE), Silent()))


def test_a_merge_that_broke_off_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gone"):
        merged(tmp_path, broken=True)
    report = merged(tmp_path)
    assert report.summary == "\n\n".join(CAPTIONS)
    assert (report.calls["watch"], report.calls["cached"]) == (0, 0), "finished nodes are not run again"


CALL = ["os", "mkdir", "called"]
PLANTED = {
    "a call": ("msgpack", ormsgpack.packb({"v": ormsgpack.Ext(0, ormsgpack.packb(CALL))})),
    "a constructor": ("json", json.dumps({"lc": 2, "type": "constructor", "id": ["pathlib", "Path"]}).encode()),
    "a pickle": ("pickle", pickle.dumps(CALL)),
    "cut short": ("msgpack", b"\x84\xa1"),
    "another shape": ("msgpack", ormsgpack.packb(7)),
}


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize(
    "place",
    [
        "checkpoints SET type = ?, checkpoint = ? WHERE checkpoint_ns = ''",
        "checkpoints SET type = ?, checkpoint = ? WHERE checkpoint_ns != ''",
        "writes SET type = ?, value = ?",
    ],
    ids=["outer", "inner", "writes"],
)
def test_checkpoints_of_a_stranger_run_no_code_and_the_merge_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, planted: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="gone"):
        merged(tmp_path, broken=True)
    with closing(sqlite3.connect(tmp_path / "said.longvid" / "graph.sqlite")) as db, db:
        assert db.execute(f"UPDATE {place}", PLANTED[planted]).rowcount
    report = merged(tmp_path)
    assert not (tmp_path / "called").exists()
    assert report.summary == "\n\n".join(CAPTIONS)
    assert report.calls["watch"] == 0, "the answers are in the store"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "film.mp4", chunks=4)


def models(eye: ScriptedBackend | None = None, llm: ScriptedBackend | None = None) -> Models:
    sizes = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
    eye = eye or ScriptedBackend()
    return Models("scripted", eye.identity, eye, llm or ScriptedBackend(), "scripted", **sizes)


def told(film: Path, out: Path, seconds: float, *, broken: bool = False) -> Report:
    """A run with chunks of so many seconds."""
    job = Job(falters(broken=broken), IngestSettings(target_length=seconds), directory=out)
    return asyncio.run(summarize(film, job, models(), Silent()))


def test_a_run_that_goes_on_tells_what_was_wrong_with_the_subtitles_too(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", chunks=2)
    beside = film.with_suffix(".srt")
    beside.write_text("not subtitles")
    with pytest.raises(ModelError, match="gone"):
        told(film, tmp_path, 4.0, broken=True)
    assert any("film.srt: not subtitles" in line for line in told(film, tmp_path, 4.0).problems)
    beside.unlink()
    assert told(film, tmp_path, 4.0).problems == ()


def test_a_later_merge_is_of_the_run_that_finished_last_though_it_began_before_another(
    film: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="gone"):
        told(film, tmp_path, 4.0, broken=True)
    assert len(told(film, tmp_path, 8.0).chunks) == 2
    assert len(told(film, tmp_path, 4.0).chunks) == 4
    again = asyncio.run(merge(tmp_path / "film.longvid", Job(load("concat")(), IngestSettings()), models(), Silent()))
    assert len(again.chunks) == 4


def by_rules() -> Any:
    """The ledger that asks for event lines."""
    ledger = load("ledger")
    return ledger(ledger.Config.model_validate({"reader": "rules"}))


RETOLD = "Ada opens the red door. Ben waves to Ada."


def lines_alone(prompt: str) -> Raw:
    assert prompt == EVENTS
    return plainly("0 | Ada | opens the red door | hall\n4 | Ben | waves to Ada | hall")


@pytest.mark.parametrize("strategy", ["concat", "refine", "hierarchical", "thread-order"])
def test_strategies_that_ask_for_captions_get_the_event_lines_of_a_run_that_has_no_others(
    film: Path, tmp_path: Path, strategy: str
) -> None:
    llm = ScriptedBackend()
    seen = models(ScriptedBackend(says=lines_alone), llm)
    job = Job(by_rules(), IngestSettings(target_length=4.0), directory=tmp_path)
    asyncio.run(summarize(film, job, seen, Silent()))
    llm.batches.clear()
    report = asyncio.run(merge(tmp_path / "film.longvid", Job(load(strategy)(), IngestSettings()), seen, Silent()))
    read = [report.summary, *(request.prompt for batch in llm.batches for request in batch)]
    assert any(RETOLD in text for text in read)
    assert any("event lines stand for" in note for note in report.notes)
    assert report.calls["watch"] == 0


@pytest.mark.parametrize("strategy", ["map-reduce", "hierarchical", "refine", "patch"])
def test_event_lines_of_a_film_of_one_chunk_can_be_the_summary(film: Path, tmp_path: Path, strategy: str) -> None:
    seen = models(ScriptedBackend(says=lines_alone), ScriptedBackend(says=lambda prompt: plainly("")))
    job = Job(by_rules(), IngestSettings(target_length=60.0), directory=tmp_path)
    asyncio.run(summarize(film, job, seen, Silent()))
    report = asyncio.run(merge(tmp_path / "film.longvid", Job(load(strategy)(), IngestSettings()), seen, Silent()))
    assert len(report.chunks) == 1
    assert RETOLD in report.summary


class Bars(Silent):
    """Keeps how far each stage said it was."""

    def __init__(self) -> None:
        self.told: dict[str, list[tuple[float, float]]] = {}

    def advance(self, stage: str, done: float, total: float) -> None:
        self.told.setdefault(stage, []).append((done, total))


def test_progress_expects_no_calls_that_nobody_answers(film: Path, tmp_path: Path) -> None:
    sizes = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
    eye, bars = ScriptedBackend(says=lines_alone), Bars()
    plain = Models("scripted", eye.identity, eye, NoLLM(), NONE, **sizes)
    job = Job(load("ledger")(), IngestSettings(target_length=4.0), directory=tmp_path)
    asyncio.run(summarize(film, job, plain, bars))
    assert {total for _, total in bars.told["answers"]} == {4 + 1}, "four chunks, and one may be looked at again"
