"""Films whose story is known, with those who caption and ask without fault: what a data set is made of in a second."""

from __future__ import annotations

import os
import signal
from pathlib import Path

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


def made(film: Path, out: Path) -> Made:
    """The data set of the film in `out`, from the beginning or from where it was."""
    import asyncio

    models = models_of("perfect", "perfect", invent(SEED, 1), _no_model)
    return asyncio.run(make([film], models, out, SETTINGS, Silent()))


def die_making(film: Path, out: Path, count: int) -> None:
    """The same in a process that kills itself at the `count`-th sign of progress: in reading, captioning, asking or
    cutting."""
    import asyncio

    class Dying(Silent):
        left = count

        def advance(self, stage: str, done: float, total: float) -> None:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)

    models = models_of("perfect", "perfect", invent(SEED, 1), _no_model)
    asyncio.run(make([film], models, out, SETTINGS, Dying()))


def _no_model(name: str) -> object:
    raise AssertionError(f"{name} is asked for")
