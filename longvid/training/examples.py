"""Samples as a model is trained on them: one example for every answer that is learnt, with its clip read once.

A clip is decoded when it is first wanted and kept in a folder of clips; a video may also be such a stored clip itself
(`.safetensors`, as run folders hold them). Knows no torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.sampling import sample_times
from longvid.errors import DataError, FilmError
from longvid.text.shown import clean, shown
from longvid.training.data import Sample
from longvid.training.recipe import Recipe

if TYPE_CHECKING:
    from longvid.film import Clip

STORED = ".safetensors"
RATE = 25.0
"""Frames a second of a video that names no rate."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question about a clip, after the turns before it, and its answer; `rejected` is a worse one."""

    video: str | None
    history: tuple[tuple[str, str], ...]
    question: str
    answer: str
    rejected: str | None
    row: int
    """Number of its sample, from 1."""


def examples_of(samples: Sequence[Sample], *, pairs: bool) -> list[Example]:
    """An example of every answer that is learnt; with `pairs` of every sample that has a rejected answer.

    What the system says stands before the first question. Raises DataError for a sample that cannot be shown.
    """
    found: list[Example] = []
    for row, sample in enumerate(samples, 1):
        if len(sample.videos) > 1:
            raise DataError(f"sample {row} has {len(sample.videos)} videos and one is shown; leave one")
        if pairs and sample.rejected is None:
            raise DataError(f"sample {row} has no rejected answer; DPO learns from pairs: give rejected_response")
        found += _of_sample(sample, row, pairs)
    if not found:
        raise DataError("no answer of the data is learnt; take out loss: false")
    return found


def _of_sample(sample: Sample, row: int, pairs: bool) -> Iterator[Example]:
    turns = [turn for turn in sample.turns if turn.role != "system"]
    said = list(zip(turns[::2], turns[1::2], strict=True))
    video = sample.videos[0] if sample.videos else None
    history: list[tuple[str, str]] = []
    for at, (asked, answered) in enumerate(said):
        question = asked.content if at or not sample.system else f"{sample.system}\n{asked.content}"
        last = at == len(said) - 1
        if last if pairs else answered.learnt:
            rejected = sample.rejected if pairs and last else None
            yield Example(video, tuple(history), question, answered.content, rejected, row)
        history.append((question, answered.content))


class Clips:
    """The clips of examples, decoded once and kept in `folder`."""

    def __init__(self, folder: Path, recipe: Recipe, image_size: int) -> None:
        self.folder, self.recipe, self.image_size = folder, recipe, image_size

    def read(self, example: Example) -> Clip | None:
        """The clip of `example`, times from its start; None where it is about text alone. Raises DataError."""
        if example.video is None:
            return None
        from longvid.film import Clip, read_clip, write_clip

        try:
            if example.video.endswith(STORED):
                clip = read_clip(Path(example.video))
                self._require_fit(clip, example)
                return Clip(clip.frames, clip.times - clip.times[0])
            kept = self.folder / f"{self._key(example)}{STORED}"
            if not kept.is_file():
                write_clip(kept, self._decoded(example))
            return read_clip(kept)
        except FilmError as error:
            raise DataError(f"sample {example.row}: {error}") from error

    def prepare(self, examples: Iterable[Example]) -> Iterator[int]:
        """Decode whatever is not kept; yields how many clips are there. Raises DataError."""
        for count, example in enumerate({one.video: one for one in examples}.values(), 1):
            self.read(example)
            yield count

    def frames_of(self, example: Example) -> int:
        """Frames of its clip. Raises DataError."""
        clip = self.read(example)
        return 0 if clip is None else len(clip.times)

    def _require_fit(self, clip: Clip, example: Example) -> None:
        side, count = clip.frames.shape[1:3], len(clip.times)
        if side != (self.image_size, self.image_size):
            raise DataError(
                f"sample {example.row}: {shown(Path(str(example.video)))} has frames of {side[1]} x {side[0]} pixels "
                f"and the model sees {self.image_size} x {self.image_size}; name the video itself"
            )
        if count > self.recipe.frames:
            raise DataError(
                f"sample {example.row}: its stored clip has {count} frames and the recipe shows {self.recipe.frames}; "
                "raise frames"
            )

    def _key(self, example: Example) -> str:
        path = self._path(example)
        try:
            status = path.stat()
        except OSError as error:
            raise DataError(
                f"sample {example.row}: {shown(path)} cannot be read ({error.strerror}); name a video that is there"
            ) from error
        recipe = self.recipe
        what = (str(path.resolve()), status.st_size, status.st_mtime_ns, recipe.frames, recipe.sampler)
        return hashlib.sha256(repr((*what, recipe.fit, self.image_size)).encode(errors="replace")).hexdigest()[:32]

    def _path(self, example: Example) -> Path:
        video = str(example.video)
        if "://" in video or video.startswith("data:"):
            raise DataError(f"sample {example.row}: {clean(video, 60)} is an address; download it and name the file")
        return Path(video)

    def _decoded(self, example: Example) -> Clip:
        import numpy as np

        from longvid.film import Clip, exact, probe

        film = probe(self._path(example))
        step = 1.0 / (film.video.average_rate or RATE)
        end = max(film.video.duration or film.duration, step)
        times = sample_times(self.recipe.sampler, 0.0, end, (), step, self.recipe.frames)
        clip = next(iter(exact(film, [times], self._transform)))
        # A video that ends before it says so shows its last frame again and again.
        fresh = np.concatenate([[True], np.diff(clip.times) > 0])
        return Clip(clip.frames[fresh], clip.times[fresh])

    def _transform(self, rgb: Any, pixel_aspect: float) -> Any:
        from longvid.cogvlm2.frames import resize_frame

        return resize_frame(rgb, self.image_size, self.recipe.fit, pixel_aspect)
