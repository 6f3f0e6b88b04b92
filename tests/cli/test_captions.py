"""`longvid merge --captions`: captions from outside go the way of a film's, without a model that watches."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from longvid.api import merge
from longvid.captions.imported import ImportedCaptions
from longvid.engine.backends.none import NONE
from longvid.engine.models import open_llm_models
from longvid.errors import ModelError, RunError
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Silent
from longvid.run.journal import read
from longvid.strategy.registry import load
from tests.cli.program import longvid
from tests.killing import killed_longvid
from tests.standins import ScriptedBackend, plainly

CAPTIONS = [f"In place {i} a man with a red hat takes the key {i}." for i in range(6)]


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """A file with six captions, a minute each."""
    path = tmp_path / "said.jsonl"
    rows = [{"start": 60 * i, "end": 60 * i + 60, "caption": text} for i, text in enumerate(CAPTIONS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_captions_from_a_file_are_merged_beside_it(said: Path) -> None:
    done = longvid("merge", "--captions", said, "--strategy", "concat", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    value = json.loads(done.stdout)
    assert value["summary"] == "\n\n".join(CAPTIONS)
    assert [chunk["caption"] for chunk in value["chunks"]] == CAPTIONS
    assert (value["film"], value["duration"]) == ("said.jsonl", 360)
    assert value["model"] == "captions from said.jsonl"
    assert (value["llm"], value["writer"]) == (NONE, "plain")
    assert (said.parent / "said.longvid" / "said.concat.md").exists()
    again = json.loads(longvid("merge", "--captions", said, "--strategy", "concat", "--json").stdout)
    assert again["calls"] == {"watch": 0, "ask": 0, "write": 0, "cached": 6}


def test_a_checkpoint_can_be_the_llm(said: Path, random_model: Path, tmp_path: Path) -> None:
    done = longvid(
        "merge", "--captions", said, "--strategy", "map-reduce", "--llm", random_model, "-o", tmp_path / "out",
        "--device", "cpu", "--length", "40", "--json",
    )  # fmt: skip
    value = json.loads(done.stdout)
    assert done.returncode in (0, 3)
    assert value["calls"]["write"] >= 1
    assert value["writer"] == str(random_model)
    assert (tmp_path / "out" / "said.longvid" / "said.map-reduce.json").exists()


def test_an_empty_caption_is_a_degraded_answer(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text('{"start": 0, "end": 60, "caption": ""}\n{"start": 60, "end": 90, "caption": "He sits."}\n')
    done = longvid("merge", "--captions", path, "--strategy", "concat", "--json")
    assert done.returncode == 3
    value = json.loads(done.stdout)
    assert value["summary"] == "He sits."
    assert value["degraded"] == ["1 of 2 captions empty: chunk 0"]


def test_captions_of_a_file_come_out_as_they_went_in(tmp_path: Path) -> None:
    texts = [
        "I can't see you, shouts the guard from the wall.",
        "Unfortunately, I can't view the video.",
        "Help! Help! Help! A woman calls. Help! Help! Help! Help! Help! Help!",
        "In this video, a man\nruns",
        "<<>> {} ;; ## @@",
        "The video shows that it rains.  He waits. He waits. He waits.",
    ]
    path = tmp_path / "said.jsonl"
    rows = [{"start": i, "end": i + 1, "caption": text} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = longvid("merge", "--captions", path, "--strategy", "concat", "--json")
    value = json.loads(done.stdout)
    assert [chunk["caption"] for chunk in value["chunks"]] == texts
    assert (done.returncode, value["degraded"]) == (0, [])


def test_a_real_film_ends_with_status_0_though_not_every_sentence_tells_an_event(said: Path) -> None:
    said.write_text(said.read_text().replace("In place", "Silence. In place").replace(" a man", ", a man"))
    done = longvid("merge", "--captions", said, "--llm", "none", "-v")
    assert done.returncode == 0, done.stderr
    assert "6 sentences of the captions could not be read as events" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--captions", "SAID", "--strategy", "refine"], "name an LLM"),
        (["--captions", "SAID", "--strategy", "refine", "--llm", "none"], "strategies that can: concat"),
        (["RUN", "--captions", "SAID", "--strategy", "concat"], "one of the two"),
        (["--strategy", "concat"], "one of the two"),
        (["RUN", "-o", "out"], "for --captions alone"),
    ],
)
def test_what_cannot_go_together_is_wrong_usage(said: Path, arguments: list[str], says: str) -> None:
    done = longvid("merge", *(word.replace("SAID", str(said)) for word in arguments))
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


def test_several_files_go_on_past_one_that_is_bad(said: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{")
    done = longvid("merge", "--captions", bad, "--captions", said, "--strategy", "concat", "--json")
    assert done.returncode == 3
    assert "bad.jsonl: line 1: is not JSON" in done.stderr
    assert len(done.stdout.splitlines()) == 2


def merged(imported: ImportedCaptions, strategy: str, folder: Path, llm: ScriptedBackend | None = None) -> Any:
    models = open_llm_models(NONE)
    if llm is not None:
        models.llm, models.llm_name = llm, "scripted"
    job = Job(load(strategy)(), IngestSettings(), directory=folder)
    return asyncio.run(merge(imported, job, models, Silent()))


IMPORTED = ImportedCaptions.of("said", [(60.0 * i, 60.0 * i + 60) for i in range(6)], CAPTIONS)


def test_a_merge_that_broke_off_asks_no_finished_call_again(tmp_path: Path) -> None:
    def unlucky(prompt: str) -> Any:
        if prompt.startswith("Part 1 is the summary"):
            raise ModelError("the device is gone")
        return plainly("A man takes keys.")

    with pytest.raises(ModelError, match="gone"):
        merged(IMPORTED, "refine", tmp_path, ScriptedBackend(unlucky))
    llm = ScriptedBackend(lambda prompt: plainly("A man takes keys, one after another, in every place."))
    report = merged(IMPORTED, "refine", tmp_path, llm)
    assert report.summary
    ended = [event["key"] for event in read(tmp_path / "said.longvid" / "answers.sqlite") if event["event"] == "end"]
    assert len(ended) == len(set(ended)), "every answer is given once"
    assert report.calls["watch"] == 0


def test_a_language_model_takes_every_caption_of_a_file_apart(tmp_path: Path) -> None:
    asked: list[str] = []

    def says(prompt: str) -> Any:
        asked.append(prompt)
        return plainly("A man with a red hat | takes the key | place" if prompt.startswith("Turn this") else "no")

    merged(IMPORTED, "ledger", tmp_path, ScriptedBackend(says))
    assert all(any(caption in prompt and "as facts" in prompt for prompt in asked) for caption in CAPTIONS)


def test_a_strategy_that_needs_what_the_file_lacks_is_refused(tmp_path: Path) -> None:
    lines = ImportedCaptions.of("said", [(0.0, 60.0)], events=[["3 | a man | sits | yard"]])
    with pytest.raises(RunError, match=r"needs calls .*\(ask\): said does not hold them"):
        merged(lines, "outline-reread", tmp_path, ScriptedBackend())
    assert merged(lines, "concat", tmp_path).summary == "A man sits."


def test_a_plain_llm_is_refused_where_the_run_and_not_the_command_names_it(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"\(write\): the LLM called none writes nothing; name another with --llm"):
        merged(IMPORTED, "refine", tmp_path)


@pytest.mark.parametrize(("phase", "count"), [("committing-before", 1), ("committing-after", 1), ("checkpointing", 3)])
def test_a_killed_merge_of_captions_goes_on_with_the_same_command(said: Path, phase: str, count: int) -> None:
    arguments = ["merge", "--captions", str(said), "--strategy", "concat", "--json"]
    killed = killed_longvid(phase, count, *arguments, folder=said.parent)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = longvid(*arguments)
    assert json.loads(done.stdout)["summary"] == "\n\n".join(CAPTIONS)
    ended = [event["key"] for event in read(said.parent / "said.longvid" / "answers.sqlite") if event["event"] == "end"]
    assert len(ended) == len(set(ended))
