"""`longvid batch --devices`: a process a device, which share the films by locks; whichever dies, the films are done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid.api import Job
from longvid.batch.results import Results, read_rows
from longvid.batch.tasks import Task
from longvid.batch.turns import Shared
from longvid.cli.workers import parse_devices
from longvid.pipeline.ingest import IngestSettings
from longvid.run.journal import read
from longvid_strategies.concat import Concat
from tests.batch.shelf import OPTIONS, rows
from tests.cli.program import longvid
from tests.cli.scripted import answer_at_once
from tests.films import make_film

ROOT = Path(__file__).parent.parent.parent
TWO = ("--devices", "cpu,cpu")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six films of a chunk, and one that is none."""
    folder = tmp_path_factory.mktemp("films")
    for rate in range(8, 14):
        make_film(folder / f"{rate}.mp4", chunks=1, seconds=1, rate=rate, width=64, height=48)
    (folder / "noise.mp4").write_bytes(bytes(range(256)) * 20)
    return folder


def begin(films: Path, out: Path, *more: str, **environment: Any) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.batch.answering",
        "batch",
        str(films),
        *OPTIONS,
        *TWO,
        "-o",
        str(out),
        *more,
    ]
    command += more
    env = os.environ | {f"LONGVID_TEST_{name.upper()}": str(value) for name, value in environment.items()}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until() and time.monotonic() < deadline:
        time.sleep(0.05)


def asked(out: Path) -> Counter[tuple[str, Any]]:
    """How often each answer was asked for, by run folder."""
    return Counter(
        (store.parent.name, event["key"])
        for store in out.rglob("answers.sqlite")
        for event in read(store)
        if event["event"] in ("begin", "retry")
    )


def statuses(out: Path) -> Counter[str]:
    return Counter(row["status"] for row in rows(out).values())


def test_two_processes_do_each_film_once_and_that_of_one_that_dies_is_done_by_the_other(
    films: Path, tmp_path: Path
) -> None:
    notes, out = tmp_path / "notes", tmp_path / "out"
    notes.mkdir()
    one = begin(films, out, "--json", "-v", seconds=0.2, dies_at="10.longvid", notes=notes)
    told, said = one.communicate(timeout=120)
    assert (notes / "died").exists()
    assert one.returncode == 3, said
    assert "the process on cpu ended early, with status -9" in said
    assert all(line.startswith(("[cpu] longvid:", "longvid:")) for line in said.splitlines()), said
    assert json.loads(told)["done"] == 6
    assert statuses(out) == {"done": 6, "failed": 1}
    assert sum(asked(out).values()) == 7, "the call in flight is repeated and no other"
    assert not (out / ".claims").exists()
    before = (out / "results.jsonl").read_bytes()
    again = longvid("batch", films, *OPTIONS, *TWO, "-o", out)
    assert (again.returncode, again.stderr, (out / "results.jsonl").read_bytes()) == (3, "", before)


def test_where_the_first_process_is_killed_the_others_go_on_and_keep_the_results(films: Path, tmp_path: Path) -> None:
    first = begin(films, tmp_path, seconds=1)
    wait(lambda: (tmp_path / "results.jsonl").exists() or first.poll() is not None)
    first.kill()
    first.wait()
    for stream in (first.stdout, first.stderr):
        assert stream is not None
        stream.close()
    second = longvid("batch", films, *OPTIONS, "-o", tmp_path)
    assert second.returncode == 1
    assert "is in use by another longvid batch" in second.stderr
    wait(lambda: len((tmp_path / "results.jsonl").read_text().splitlines()) == 7)
    assert statuses(tmp_path) == {"done": 6, "failed": 1}
    assert set(asked(tmp_path).values()) == {1}


def test_an_end_that_is_asked_for_is_one_for_all_and_another_command_goes_on(
    films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin(films, tmp_path, seconds=1)
    wait(lambda: bool(list(tmp_path.glob("*.longvid"))) or first.poll() is not None)
    first.send_signal(signal.SIGINT)
    _, told = first.communicate(timeout=60)
    assert first.returncode == 130, told
    assert told.count("interrupted; every finished answer is kept") == 1
    answer_at_once(monkeypatch)
    assert longvid("batch", films, *OPTIONS, "-o", tmp_path).returncode == 3
    assert statuses(tmp_path) == {"done": 6, "failed": 1}


def test_what_others_have_done_is_passed_over_and_their_failures_count(tmp_path: Path) -> None:
    jobs = [Task(name * 16, "", tmp_path / name, Job(Concat(), IngestSettings()), {}, None) for name in "abc"]
    with Results(tmp_path) as results:
        results.add({"key": jobs[2].key, "status": "done", "ended": "2026-01-01"})
        turns = Shared(jobs, results, since="2026-01-02")
        first = turns.take()
        assert first == (0, jobs[0])
        other = {"key": jobs[1].key, "status": "failed", "kind": "FilmError", "ended": "2026-01-03"}
        with results.path.open("a") as file:
            file.write(json.dumps(other) + "\n" + '{"key": "cut o')
        assert turns.take() == (2, jobs[2]), "what was done before this command is not done in it"
        assert (turns.take(), turns.awaited, turns.failures) == (None, False, 1)
        results.add({"key": jobs[0].key, "status": "done", "ended": "2026-01-04"})
    assert [row["key"] for row in read_rows(tmp_path / "results.jsonl")] == [jobs[n].key for n in (2, 1, 0)]


def test_devices_are_named_or_all() -> None:
    assert parse_devices("cuda:0,cuda:1").found() == ("cuda:0", "cuda:1")
    assert parse_devices("auto").found() == ("cpu",)
    for value, told in (("cuda,cpu", "name each"), ("tpu", "no device"), ("", "no device")):
        done = longvid("batch", ".", "--devices", value)
        assert done.returncode == 2
        assert told in done.stderr
    both = longvid("batch", __file__, "--devices", "cpu,cpu", "--device", "cpu")
    assert both.returncode == 2
