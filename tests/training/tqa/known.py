"""Films whose story is known, with those who caption and ask without fault: what a data set is made of in a second."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from longvid.engine.models import Models
from longvid.pipeline.progress import Silent
from longvid.training.tqa.making import Made, make
from longvid.training.tqa.settings import TQASettings
from longvid_benchmarks.storyfilm.film import render
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.tqa.running import models_of

SEED = 600_001
SETTINGS = TQASettings(clip_length=12.0, held_out=0.5)


def known_film(folder: Path) -> Path:
    """One minute of StoryFilm."""
    path = folder / f"{SEED}.mp4"
    render(invent(SEED, 1), path, height=90)
    return path


def perfect() -> Models:
    """Who captions, judges and asks without fault."""

    def no_other(name: str) -> Models:
        raise AssertionError(f"{name} is asked for")

    return models_of("perfect", "perfect", invent(SEED, 1), no_other)


def made(film: Path, out: Path) -> Made:
    """The data set of the film in `out`, from the beginning or from where it was."""
    return asyncio.run(make([film], perfect(), out, SETTINGS, Silent()))


def die_making(film: Path, out: Path, count: int) -> None:
    """The same in a process that kills itself at the `count`-th sign of progress: in reading, captioning, asking or
    cutting."""

    class Dying(Silent):
        left = count

        def advance(self, stage: str, done: float, total: float) -> None:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(make([film], perfect(), out, SETTINGS, Dying()))
