"""A film that ends the process that reads it: found by whoever comes next, tried alone once more, then a failed row."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from longvid.api import Job
from longvid.batch.deaths import FOLDER, Deadly, Deaths, tidy
from longvid.batch.tasks import Task
from longvid.errors import FilmError
from longvid.pipeline.ingest import IngestSettings
from longvid_strategies.concat import Concat
from tests.batch.answering import arm
from tests.batch.shelf import OPTIONS, rows
from tests.child import Child, run_longvid
from tests.cli.program import longvid
from tests.cli.scripted import answer_at_once
from tests.films import make_film


def task(folder: Path, name: str = "a") -> Task:
    return Task(name * 32, "", folder / f"{name}.mp4", Job(Concat(), IngestSettings()), {}, name * 32)


def _die(folder: Path, number: int, names: tuple[str, ...]) -> None:
    faulthandler.disable()
    with Deadly(folder) as deadly, ExitStack() as under_way:
        for name in names:
            under_way.enter_context(deadly.at(task(folder, name)))
        os.kill(os.getpid(), number)


def die(folder: Path, number: int, *names: str) -> None:
    """Have a process die by signal `number` while the films called `names` are under way in it."""
    with Child(_die, folder, number, names, folder=folder) as child:
        assert child.ended().returncode == -number


def test_a_crash_is_the_film_s_doing_and_the_second_is_enough(tmp_path: Path) -> None:
    film = task(tmp_path)
    die(tmp_path, signal.SIGSEGV, "a", "b")
    with Deadly(tmp_path) as deadly:
        assert deadly.of(film) == Deaths(1, 1, "segmentation fault")
        deadly.require_harmless(film)
        with deadly.at(task(tmp_path, "b")):
            pass
        deadly.forget(task(tmp_path, "b"))
    die(tmp_path, signal.SIGABRT, "a")
    with Deadly(tmp_path) as deadly:
        with pytest.raises(FilmError, match=r"a.mp4: 2 processes died .*\(aborted\).*--retry failed"):
            deadly.require_harmless(film)
        deadly.require_harmless(film)
        assert deadly.of(task(tmp_path, "b")) == Deaths()


def test_a_process_that_somebody_kills_says_little_and_one_that_ends_well_nothing(tmp_path: Path) -> None:
    film = task(tmp_path)
    for deaths in (1, 2, 3):
        die(tmp_path, signal.SIGKILL, "a")
        with Deadly(tmp_path) as deadly:
            assert deadly.of(film) == Deaths(0, deaths, "killed")
    with Deadly(tmp_path) as deadly, pytest.raises(FilmError):
        deadly.require_harmless(film)
    with Deadly(tmp_path) as deadly, pytest.raises(KeyboardInterrupt), deadly.at(film):
        raise KeyboardInterrupt
    assert Deadly(tmp_path).of(film) == Deaths()
    tidy(tmp_path)
    assert not (tmp_path / FOLDER).exists()


def test_a_process_that_took_too_much_memory_is_told_by_the_system_s_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die(tmp_path, signal.SIGKILL, "a")
    monkeypatch.setattr("longvid.batch.deaths._oom_kills", lambda: 1 << 40)
    assert Deadly(tmp_path).of(task(tmp_path)) == Deaths(1, 1, "memory was short")


@pytest.mark.parametrize("note", ["", "{", "[]", '{"own": "x"}', '{"own": 0, "all": 0, "last": "", "process": "../x"}'])
def test_a_note_that_is_none_counts_for_little(tmp_path: Path, note: str) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / f"{'a' * 32}.json").write_text(note)
    assert Deadly(tmp_path).of(task(tmp_path)).own == 0


def _crash(arguments: tuple[str | Path, ...]) -> None:
    """Run the program; the process that is shown 9.mp4 crashes."""
    from longvid import api

    faulthandler.disable()
    arm()
    eye = api.open_models("any").captioner
    at_once = eye.answer  # type: ignore[union-attr]

    def answer(requests, **rest):  # type: ignore[no-untyped-def]
        if any("9.longvid" in str(request.clip.path) for request in requests):
            signal.raise_signal(signal.SIGSEGV)
        return at_once(requests, **rest)

    eye.answer = answer  # type: ignore[union-attr]
    run_longvid(*arguments)


def test_a_film_that_crashes_its_process_is_a_failed_row_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    for rate in (8, 9, 10):
        make_film(films / f"{rate}.mp4", chunks=1, seconds=1, rate=rate, width=64, height=48)
    command = ("batch", films, *OPTIONS, "--order", "name", "-o", out)
    for _ in range(2):
        with Child(_crash, command, folder=tmp_path) as child:
            child.ended()
    answer_at_once(monkeypatch)
    done = longvid(*command)
    assert done.returncode == 3
    assert "9.mp4: 2 processes died" in done.stderr
    told = {Path(path).name: row["status"] for path, row in rows(out).items()}
    assert told == {"8.mp4": "done", "9.mp4": "failed", "10.mp4": "done"}
    assert not (out / FOLDER).exists()
    assert longvid(*command, "--retry", "failed").returncode == 0
    assert json.loads((out / "summary.json").read_text())["done"] == 3
