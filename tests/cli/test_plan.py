"""`longvid plan`: what it says of films that are odd or broken, of ranges, and that it hears Ctrl-C throughout."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid import film as films
from longvid.cli.terminal import TerminalMonitor
from tests.cli.program import longvid
from tests.film.films import encode, scenes


def test_a_recording_that_does_not_know_its_length_is_measured(tmp_path: Path) -> None:
    film = encode(tmp_path / "live.mkv", scenes([120]), live=True)
    assert films.probe(film).duration == 0
    assert longvid("plan", film).stdout.startswith("live.mkv: 0:00:05, ")
    assert json.loads(longvid("plan", film, "--json").stdout)["duration"] == pytest.approx(5, abs=0.01)


def test_the_duration_is_that_of_the_range(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mp4", scenes([240]))
    value = json.loads(longvid("plan", film, "--start", "4", "--end", "7", "--json").stdout)
    assert value["duration"] == pytest.approx(3, abs=0.05)
    assert value["chunks"][0]["start"] == pytest.approx(4, abs=0.05)


def test_a_quiet_plan_says_why_its_status_is_3(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mkv", scenes([48, 60, 60]))
    data = film.read_bytes()
    film.write_bytes(data[: len(data) * 6 // 10])
    done = longvid("plan", film, "-q")
    assert done.returncode == 3
    assert "breaks off at" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_progress_goes_from_nothing_to_the_whole_of_the_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, float]] = []
    monkeypatch.setattr(TerminalMonitor, "advance", lambda self, stage, done, total: told.append((done, total)))
    longvid("plan", encode(tmp_path / "a.mp4", scenes([240])), "--start", "6", "--end", "8")
    assert {total for _, total in told} == {2}
    assert told[0][0] == pytest.approx(0, abs=0.05)
    assert told[-1][0] == pytest.approx(2, abs=0.05)


def test_nothing_is_read_on_the_thread_that_hears_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = encode(tmp_path / "a.mp4", scenes([48]))
    seen: dict[str, threading.Thread] = {}

    def watched(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            seen[name] = threading.current_thread()
            return work(*args, **options)

        return run

    for name in ("probe", "scan", "dialogue"):
        monkeypatch.setattr(films, name, watched(name, getattr(films, name)))
    assert longvid("plan", film).returncode == 0
    assert set(seen) == {"probe", "scan", "dialogue"}
    assert threading.main_thread() not in seen.values()


@pytest.mark.parametrize(("strategy", "told"), [("concat", 3), ("ledger", 3), ("thread-order", 6)])
def test_event_lines_are_counted_where_they_are_asked_for_beside_captions(
    tmp_path: Path, strategy: str, told: int
) -> None:
    film = encode(tmp_path / "a.mp4", scenes([48, 48, 48]))
    made = json.loads(longvid("plan", film, "--strategy", strategy, "--target-length", "2", "--json").stdout)
    assert len(made["chunks"]) == 3
    assert made["estimate"]["told"] == told
