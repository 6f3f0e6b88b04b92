"""The sound of a film whose figures speak: every line in its place, each figure in its own voice, silence without."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from longvid_benchmarks.storyfilm import sound
from longvid_benchmarks.storyfilm.film import render
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.sound import RATE, blocks, can_speak, voice

STORY = invent(40, 2, said=1.0)
SPEAKS = """#!{python}
import json, struct, sys
with open({log!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
speed = int(sys.argv[sys.argv.index("-s") + 1])
count = int({seconds} * 22050 * 165 / speed)
sys.stdout.buffer.write(b"RIFF" + bytes(40) + struct.pack("<h", 9000) * count)
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a program called espeak-ng, which drones for two seconds, notes what it is asked."""
    return drone(tmp_path, monkeypatch, 2.0)


def drone(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> Path:
    program, log = folder / "espeak-ng", folder / "asked"
    program.write_text(SPEAKS.format(python=sys.executable, log=str(log), seconds=seconds))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def test_every_line_is_heard_when_it_is_said_and_nothing_else(asked: Path) -> None:
    track = np.concatenate(list(blocks(STORY)))
    assert len(track) == round(STORY.chunks[-1].end * RATE)
    said = np.zeros(len(track), bool)
    for line in STORY.lines:
        said[round(line.start * RATE) : round(line.start * RATE) + 2 * RATE] = True
    assert (track[said] == 9000).all()
    assert (track[~said] == 0).all()
    lines = [json.loads(row) for row in asked.read_text().splitlines()]
    assert [row[-1] for row in lines] == [line.text for line in STORY.lines]
    assert [row[row.index("-v") + 1] for row in lines] == [f"en+{voice(STORY, u.speaker)[0]}" for u in STORY.lines]


def test_each_figure_has_its_own_voice() -> None:
    long = invent(1, 60, said=1.0)
    voices = [voice(long, figure.id) for figure in long.figures]
    assert len(set(voices)) == len(voices)


def test_a_line_longer_than_its_event_is_read_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drone(tmp_path, monkeypatch, 40.0)
    line = STORY.lines[0]
    ends = next(event.end for event in STORY.events() if event.id == line.event)
    read = sound.read_out(STORY, line)
    assert 0.8 * (ends - line.start) < len(read) / RATE <= ends - line.start


@pytest.mark.parametrize("program", [None, "#!/bin/sh\nexit 3\n"])
def test_without_a_voice_the_film_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if program is not None:
        (tmp_path / "espeak-ng").write_text(program)
        (tmp_path / "espeak-ng").chmod(0o755)
    assert can_speak() == (program is not None)
    assert not any(block.any() for block in blocks(STORY))


def test_a_film_has_a_track_as_long_as_itself_where_something_is_only_said(asked: Path, tmp_path: Path) -> None:
    render(STORY, tmp_path / "said.mp4", height=36, rate=2)
    with av.open(str(tmp_path / "said.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert len(heard) / RATE == pytest.approx(STORY.chunks[-1].end, abs=0.1)
    line = STORY.lines[0]
    during = heard[round((line.start + 0.2) * RATE) : round((line.start + 1.8) * RATE)]
    before = heard[: round((line.start - 0.2) * RATE)]
    assert np.abs(during).mean() > 20 * np.abs(before).mean()
    render(invent(40, 1), tmp_path / "shown.mp4", height=36, rate=2)
    with av.open(str(tmp_path / "shown.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


@pytest.mark.voices
def test_real_speech_fits_its_event_and_differs_from_voice_to_voice() -> None:
    one, *others = STORY.lines
    read = sound.read_out(STORY, one)
    assert 0.4 < len(read) / RATE < 6
    assert np.abs(read.astype(float)).mean() > 100
    other = next(line for line in others if line.speaker != one.speaker)
    again = sound.read_out(STORY, type(other)(other.event, one.start, one.end, other.speaker, one.text, False))
    assert len(again) != len(read) or (again != read).any()
