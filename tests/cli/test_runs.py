"""The main job from the command line, with a checkpoint that knows its film: outputs, statuses, interruption."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pysubs2
import pytest

from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.errors import FilmError
from longvid.film import fingerprint
from longvid.pipeline import ingest
from longvid.run import FilmIdentity, open_for
from longvid.run.journal import read
from longvid.text import printable
from tests.child import Child, run_longvid
from tests.cli.program import longvid
from tests.films import LOOKS, draw, encode, make_film
from tests.taught import Taught


def summarize(taught: Taught, out: Path, *more: str | Path, strategy: str = "hierarchical") -> Any:
    return longvid("summarize", taught.film, *taught.options(strategy), "-o", out, *more)


@pytest.fixture(scope="module")
def finished(taught: Taught, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with one finished run in all formats. Tests only read and add to it."""
    out = tmp_path_factory.mktemp("finished")
    done = summarize(taught, out, "-f", "md,json,srt,vtt")
    assert done.returncode == 0, done.stderr
    return out


def test_the_summary_is_on_stdout_and_nothing_on_stderr(taught: Taught, tmp_path: Path) -> None:
    done = summarize(taught, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"# {taught.film.name}\n")
    assert " ".join(taught.summaries["hierarchical"].split()) in " ".join(done.stdout.split())


def test_every_output_is_written_into_the_run_folder(taught: Taught, finished: Path) -> None:
    run = finished / "film.longvid"
    value = json.loads((run / "film.hierarchical.json").read_text())
    assert value["summary"] == taught.summaries["hierarchical"]
    assert [chunk["caption"] for chunk in value["chunks"]] == list(taught.captions)
    assert value["degraded"] == []
    markdown = (run / "film.hierarchical.md").read_text()
    assert all(caption in markdown for caption in taught.captions)
    for name in ("srt", "vtt"):
        cues = pysubs2.load(str(run / f"film.hierarchical.{name}"))
        assert [printable(" ".join(cue.plaintext.split())) for cue in cues] == list(taught.captions)


def test_json_is_one_object_a_film_with_the_calls_it_took(taught: Taught, tmp_path: Path) -> None:
    done = summarize(taught, tmp_path, "--json")
    value = json.loads(done.stdout)
    assert value["calls"] == {"watch": 6, "ask": 0, "write": taught.writes["hierarchical"], "cached": 0}
    again = json.loads(summarize(taught, tmp_path, "--json").stdout)
    assert (again["calls"]["watch"], again["calls"]["write"]) == (0, 0)
    assert again["summary"] == value["summary"]


@pytest.mark.parametrize("strategy", ["concat", "map-reduce", "refine"])
def test_merge_asks_the_llm_alone_and_needs_no_film(taught: Taught, finished: Path, strategy: str) -> None:
    run = finished / "film.longvid"
    done = longvid("merge", run, "--strategy", strategy, "--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert value["summary"] == taught.summaries[strategy]
    assert value["calls"]["watch"] == 0
    assert value["calls"]["write"] == taught.writes[strategy]


def test_merge_refuses_what_is_no_run(tmp_path: Path, taught: Taught) -> None:
    for path in (tmp_path, tmp_path / "missing", taught.film):
        done = longvid("merge", path)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1


def test_caption_prints_a_line_a_chunk_and_summarize_uses_them_again(taught: Taught, tmp_path: Path) -> None:
    options = [word for word in taught.options("concat") if word not in ("--strategy", "concat")]
    done = longvid("caption", taught.film, *options, "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split("] ", 1)[1] for line in lines] == list(taught.captions)
    assert lines[0].startswith("[0:00:00 - 0:00:04] ")
    value = json.loads(summarize(taught, tmp_path, "--json").stdout)
    assert value["calls"]["watch"] == 0


def test_several_films_go_on_past_one_that_fails(taught: Taught, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no film")
    done = longvid("summarize", bad, taught.film, *taught.options("concat"), "-o", tmp_path / "out", "--json")
    assert done.returncode == 3
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["path"], row["status"]) for row in told] == [(str(bad), "failed"), (str(taught.film), "ok")]
    assert "bad.mp4" in done.stderr


def test_two_films_of_one_stem_get_two_runs(taught: Taught, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_film(tmp_path / "other" / taught.film.name, chunks=2)
    out = tmp_path / "out"
    done = longvid("summarize", taught.film, other, *taught.options("concat"), "-o", out, "--json")
    runs = [json.loads(line)["run"] for line in done.stdout.splitlines()]
    assert len(set(runs)) == 2
    assert all(Path(run).is_dir() for run in runs)


def test_degraded_answers_are_status_3_and_said_in_every_output(random_model: Path, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", chunks=2)
    done = longvid("summarize", film, "--model", random_model, "--target-length", "4", "--json")
    value = json.loads(done.stdout)
    assert done.returncode == 3
    assert value["degraded"]
    assert all(chunk["status"] in ("ok", "degraded") for chunk in value["chunks"])
    assert value["degraded"][0] in done.stderr
    first = value["degraded"][0].split()
    assert " ".join(first[-3:]) in " ".join((tmp_path / "film.longvid" / "film.ledger.md").read_text().split())


def test_a_film_that_breaks_off_is_used_as_far_as_it_goes(taught: Taught, tmp_path: Path) -> None:
    from tests.cli.program import longvid

    whole = tmp_path / "whole.mkv"
    frames = [draw(look, i / 47, 128, 72) for look in LOOKS[:6] for i in range(48)]
    encode(whole, frames, rate=12)
    film = tmp_path / "broken.mkv"
    film.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    done = longvid("summarize", film, *taught.options("concat"), "--json")
    assert done.returncode == 3
    assert "breaks off" in done.stderr
    assert any("breaks off" in line for line in json.loads(done.stdout)["degraded"])


def test_quiet_says_nothing_but_the_result_and_what_is_wrong_with_it(random_model: Path, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", chunks=1)
    done = longvid("summarize", film, "--model", random_model, "-q", "--json")
    assert done.returncode == 3
    degraded = json.loads(done.stdout)["degraded"]
    assert degraded
    assert done.stderr.splitlines() == [f"longvid: film.mp4: {line}" for line in degraded]


def test_a_run_folder_in_use_is_refused(taught: Taught, tmp_path: Path) -> None:
    identity = FilmIdentity(taught.film, fingerprint(taught.film), taught.film.stat().st_size)
    with open_for(identity, tmp_path):
        done = summarize(taught, tmp_path)
    assert done.returncode == 1
    assert "in use" in done.stderr


def longvid_that_waits(*words: str | Path) -> None:
    """The program, which waits before its fourth answer to be interrupted: however late that is, it still runs."""
    answered, given = CogVLM2Backend.answer, 0

    def answer(self: CogVLM2Backend, *args: Any, **rest: Any) -> Any:
        nonlocal given
        given += 1
        end = time.monotonic() + 60
        while given > 3 and not rest["stopped"]() and time.monotonic() < end:
            time.sleep(0.005)
        return answered(self, *args, **rest)

    with patch.object(CogVLM2Backend, "answer", answer):
        run_longvid(*words)


def test_interrupted_it_says_what_is_kept_and_prints_the_command_that_goes_on(taught: Taught, tmp_path: Path) -> None:
    words = ["summarize", taught.film, *taught.options("hierarchical"), "-o", tmp_path, "--batch-size", "1", "--fresh"]
    with Child(longvid_that_waits, *words, folder=tmp_path) as process:
        store = tmp_path / "film.longvid" / "answers.sqlite"
        deadline = time.monotonic() + 60
        while not any(event["event"] == "end" for event in read(store)) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        ended = process.ended()
    assert (ended.returncode, ended.stdout) == (130, "")
    assert "Traceback" not in ended.stderr
    again = shlex.split(ended.stderr.splitlines()[-1])
    assert again[0] == "longvid"
    assert "--fresh" not in again
    done = longvid(*again[1:], "--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert value["calls"]["watch"] < 6
    assert value["summary"] == taught.summaries["hierarchical"]


def test_a_terminal_sees_bars_with_the_time_left(
    taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, slave = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    words = ["summarize", taught.film, *taught.options("hierarchical"), "-o", tmp_path]
    process = Child(run_longvid, *words, folder=tmp_path, stderr=Path(os.ttyname(slave)))
    seen = os.read(master, 65536)
    os.close(slave)  # not before the process has it, without which there is nothing to read from
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    ended = process.ended()
    os.close(master)
    assert ended.returncode == 0
    assert ended.stdout.startswith("# film.mp4\n"), "the result goes to stdout, not through the bars"
    assert "\x1b" not in ended.stdout
    assert b"scanning" in seen
    assert b"watching" in seen
    assert b":" in seen


def test_a_damaged_plan_or_clip_is_read_again_and_asks_nothing(taught: Taught, tmp_path: Path) -> None:
    assert summarize(taught, tmp_path).returncode == 0
    (run,) = tmp_path.glob("*.longvid")
    (plan,) = run.glob("clips/*/plan.json")
    clip = plan.parent / "00002.safetensors"
    for spoil in (lambda: plan.write_text("{"), lambda: clip.write_bytes(clip.read_bytes()[:100])):
        spoil()
        value = json.loads(summarize(taught, tmp_path, "--json").stdout)
        assert value["summary"] == taught.summaries["hierarchical"]
        assert value["calls"]["watch"] == 0


def test_a_run_whose_reading_was_broken_off_leaves_the_one_before_mergeable(taught: Taught, tmp_path: Path) -> None:
    assert summarize(taught, tmp_path).returncode == 0
    with patch("longvid.pipeline.ingest.read", side_effect=FilmError("broken off")):
        assert longvid(
            "summarize", taught.film, *taught.options("concat"), "-o", tmp_path, "--max-length", "9"
        ).returncode
    done = longvid("merge", tmp_path / "film.longvid", "--strategy", "concat")
    assert done.returncode == 0, done.stderr


def test_a_run_can_be_merged_from_anywhere(taught: Taught, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(taught.folder.parent)
    options = [word if word != str(taught.folder) else taught.folder.name for word in taught.options("concat")]
    assert longvid("summarize", taught.film, *options, "-o", tmp_path).returncode == 0
    monkeypatch.chdir("/")
    done = longvid("merge", tmp_path / "film.longvid", "--strategy", "refine")
    assert done.returncode == 0, done.stderr


def test_a_fault_in_one_film_does_not_end_the_batch(taught: Taught, tmp_path: Path) -> None:
    copy = make_film(tmp_path / "first.mp4", chunks=1)
    real = ingest.read

    def sometimes(film: Any, *rest: Any) -> Any:
        if film.path.name == "first.mp4":
            raise ZeroDivisionError("ours")
        return real(film, *rest)

    with patch("longvid.pipeline.ingest.read", side_effect=sometimes):
        done = longvid("summarize", copy, taught.film, *taught.options("concat"), "-o", tmp_path, "--json")
    assert done.returncode == 3
    assert "fault of longvid" in done.stderr
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["failed", "ok"]


def test_a_run_that_asked_for_event_lines_alone_is_merged_from_them(random_model: Path, tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", chunks=1)
    done = longvid("summarize", film, "--model", random_model, "--strategy", "ledger", "--llm", "none", "-q")
    assert done.returncode == 3
    again = longvid("merge", tmp_path / "film.longvid", "--strategy", "ledger", "--llm", "none", "--json", "-q")
    assert again.returncode == 3, again.stderr
    calls = json.loads(again.stdout)["calls"]
    assert (calls["watch"], calls["cached"]) == (0, 1)
