"""`longvid plan`: what it says of films that are odd or broken, of ranges, and that it hears Ctrl-C throughout."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid.cli.console import TerminalMonitor
from longvid.film import probe
from longvid.pipeline import planning
from tests.cli.program import longvid
from tests.film.films import COLOURS, Track, encode, mux, numbered, scenes


def test_a_recording_that_does_not_know_its_length_is_measured(tmp_path: Path) -> None:
    film = encode(tmp_path / "live.mkv", scenes([120]), live=True)
    assert probe(film).duration == 0
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
        monkeypatch.setattr(planning, name, watched(name, getattr(planning, name)))
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


def test_a_lively_minute_among_slides_has_all_its_frames(tmp_path: Path) -> None:
    slides = [float(t) for t in range(0, 96, 8)]
    times = [*slides[:6], *(48 + i / 25 for i in range(200)), *(t for t in slides if t >= 56)]
    film = encode(tmp_path / "a.mkv", scenes([1] * 6 + [200] + [1] * 5), times=times)
    made = json.loads(longvid("plan", film, "--target-length", "8", "--json").stdout)
    (lively,) = (chunk for chunk in made["chunks"] if chunk["start"] <= 50 < chunk["end"])
    assert len(lively["frames"]) == 24


def test_another_video_track_can_be_named(tmp_path: Path) -> None:
    picture = Track([numbered(1, COLOURS[3], 640, 480)], codec="mjpeg")
    film = mux(tmp_path / "a.mp4", picture, Track(scenes([48])), Track(scenes([72], width=96)))
    assert "video track 1 of 0 (mjpeg, 640x480), 1 (h264, 128x96), 2 (h264, 96x96); " in longvid("plan", film).stdout
    made = json.loads(longvid("plan", film, "--video-track", "2", "--json").stdout)
    assert (made["video_track"], made["duration"]) == (2, pytest.approx(3, abs=0.1))
    assert [track["index"] for track in made["video_tracks"]] == [0, 1, 2]
    auto = json.loads(longvid("plan", film, "--video-track", "auto", "--json").stdout)
    assert (auto["video_track"], auto["duration"]) == (1, pytest.approx(2, abs=0.1))


@pytest.mark.parametrize("number", ["-1", "first", "1234567"])
def test_a_track_that_is_no_number_is_wrong_usage(tmp_path: Path, number: str) -> None:
    done = longvid("plan", tmp_path / "a.mp4", "--video-track", number)
    assert done.returncode == 2
    assert "write the number of a video track, or auto" in done.stderr


@pytest.mark.parametrize("command", ["plan", "caption", "summarize"])
def test_a_track_that_is_not_there_is_one_line_with_those_that_are(
    tmp_path: Path, random_model: Path, command: str
) -> None:
    film = encode(tmp_path / "a.mp4", scenes([30]))
    more = [] if command == "plan" else ["--model", random_model, "--device", "cpu"]
    done = longvid(command, film, *more, "--video-track", "7")
    assert done.returncode == 1
    (line,) = (line for line in done.stderr.splitlines() if "error" in line)
    assert "stream 7 is not video; its video tracks are 0 (h264, 128x96), or choose auto" in line


def test_what_is_done_to_pictures_is_told_to_those_who_want_more_words(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "x264-params": "interlaced=1"}
    film = encode(tmp_path / "a.mkv", scenes([30]), options=options)
    assert "interlaced" in longvid("plan", film, "-v").stderr
    assert "interlaced" not in longvid("plan", film).stderr


def test_a_plan_says_what_one_call_needs_in_each_precision(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mp4", scenes([48]))
    said = longvid("plan", film).stdout.splitlines()[-1]
    assert said == (
        "GPU memory for one call: 25.8 GB in bfloat16, 18.9 GB in int8, 15.9 GB in int4, 9.5 GB in int4-all; at least "
        "4.3 GB, if layers wait in main memory"
    )
    estimate = json.loads(longvid("plan", film, "--json").stdout)["estimate"]
    memory = estimate["memory"]
    assert estimate["least_memory"] == pytest.approx(4.3e9, rel=0.01)
    assert list(memory) == ["bfloat16", "int8", "int4", "int4-all"]
    assert memory["bfloat16"] == pytest.approx(25.8e9, rel=0.01)


def test_a_plan_reckons_with_the_template_of_the_model_that_is_named(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mp4", scenes([48]))

    def tokens(*words: str) -> int:
        return int(json.loads(longvid("plan", film, "--json", *words).stdout)["estimate"]["watch_tokens"])

    base = tokens("--model", "zai-org/cogvlm2-video-llama3-base")
    assert base == tokens("--template", "base") != tokens()
    assert tokens("--model", "zai-org/cogvlm2-video-llama3-base", "--template", "chat") == tokens()
