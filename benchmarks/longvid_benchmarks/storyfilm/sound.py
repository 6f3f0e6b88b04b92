"""The audio track of a film whose figures speak: its lines, read by espeak-ng with a voice of its own for each figure.

Where espeak-ng is not installed the track is silent. Knows lines and times; films in which nothing is only said have no
track. Samples are mono int16 at `RATE`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from longvid_benchmarks.storyfilm.story import Story, Utterance

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

Samples = npt.NDArray[np.int16]

PROGRAM = "espeak-ng"
RATE = 22_050
"""Samples a second, as espeak-ng makes them."""
HEADER = 44
"""Bytes of its WAV before the samples."""
VARIANTS = ("m3", "f2", "m1", "f4", "m7", "f1", "m4", "f5", "m2", "f3", "m6", "m5")
PITCHES = (45, 60, 30)
"""Out of 99, for the first dozen figures, the second and the third."""
SPEED = 165
"""Words a minute; a line that takes longer than its event is read faster."""
PATIENCE = 60.0
"""Seconds that espeak-ng may take for a line; it takes some hundredths."""


def can_speak() -> bool:
    """Whether espeak-ng is installed."""
    return shutil.which(PROGRAM) is not None


def voice(story: Story, figure: str) -> tuple[str, int]:
    """Variant and pitch of the figure's voice; no two of the first 36 figures share both."""
    number = [one.id for one in story.figures].index(figure)
    return VARIANTS[number % len(VARIANTS)], PITCHES[number // len(VARIANTS) % len(PITCHES)]


def read_out(story: Story, line: Utterance) -> Samples:
    """`line` as it is heard, at most as long as its event goes on; nothing where espeak-ng is missing or fails."""
    program = shutil.which(PROGRAM)
    if program is None:
        return np.zeros(0, np.int16)
    ends = next(event.end for event in story.events() if event.id == line.event)
    room = int((ends - line.start) * RATE)
    samples = _speak(program, *voice(story, line.speaker), SPEED, line.text)
    if len(samples) > room:
        samples = _speak(program, *voice(story, line.speaker), round(1.1 * SPEED * len(samples) / room), line.text)
    return samples[:room]


def _speak(program: str, variant: str, pitch: int, speed: int, text: str) -> Samples:
    asked = [program, "-v", f"en+{variant}", "-p", str(pitch), "-s", str(speed), "--stdout", "--", text]
    try:
        done = subprocess.run(asked, capture_output=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return np.zeros(0, np.int16)
    data = done.stdout[HEADER:]
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)


def blocks(story: Story) -> Iterator[Samples]:
    """The track from the film's first second to its last, a second a block; what is said is read when it comes up."""
    length = round(story.chunks[-1].end * RATE)
    waiting = sorted(story.lines, key=lambda line: line.start)
    open_: list[tuple[int, Samples]] = []
    """Where the lines begin that are being said, with all their samples."""
    for begin in range(0, length, RATE):
        block = np.zeros(min(RATE, length - begin), np.int16)
        while waiting and waiting[0].start * RATE < begin + len(block):
            line = waiting.pop(0)
            open_.append((round(line.start * RATE), read_out(story, line)))
        for at, samples in open_:
            first, last = max(at, begin), min(at + len(samples), begin + len(block))
            if first < last:
                block[first - begin : last - begin] = samples[first - at : last - at]
        open_ = [(at, samples) for at, samples in open_ if at + len(samples) > begin + len(block)]
        yield block


def frames(story: Story) -> Iterator[AudioFrame]:
    """`blocks` for an encoder."""
    import av

    at = 0
    for block in blocks(story):
        frame = av.AudioFrame.from_ndarray(block[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
        at += len(block)
        yield frame
