"""One question about a film, how it is put, and how its benchmark is found in a folder. Opens no film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path, PurePosixPath

from longvid.errors import LongvidError
from longvid.text.shown import shown
from longvid_benchmarks.published.films import wordings
from longvid_benchmarks.published.films.sets import MF2, MLVU, MOVIECHAT, SF20K, SF20K_OPEN, FilmSet
from longvid_benchmarks.published.questions import SUFFIXES, Fault, Question, Unasked, is_text
from longvid_benchmarks.published.tasks import Task
from longvid_benchmarks.published.wordings import filled, letter

PROMPTS: Mapping[str, str] = {
    MOVIECHAT.name: f"{wordings.MOVIECHAT}{{question}}",
    SF20K.name: wordings.SF20K,
    SF20K_OPEN.name: wordings.SF20K_OPEN,
    MF2.name: f"{wordings.MF2_SYSTEM}\n\n{wordings.MF2}",
    MLVU.name: f"{wordings.MLVU_SYSTEM}{{question}}",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question."""

    of: FilmSet
    part: str
    """Of what kind it is within its benchmark: "global", "true claim", "summary"."""
    number: int
    """In its file, from 0; of several files of one kind, over all of them."""
    film: Path
    text: str
    """The question, or the claim."""
    answer: str
    candidates: tuple[str, ...] = ()
    points: str = ""
    """What a judge looks for, where the benchmark says so."""
    until: float = inf
    """The moment that it is asked at, s."""

    @property
    def task(self) -> Task:
        return task_of(self.of, self.part)

    @property
    def prompt(self) -> str:
        """As its authors put it."""
        options = "\n".join(f"{letter(at)}. {text}" for at, text in enumerate(self.candidates))
        return filled(PROMPTS[self.of.name], {"question": self.text, "options": options})

    def question(self) -> Question:
        """The same as a question about a video, whose text is the whole prompt."""
        return Question(self.task, self.number, self.prompt, (), 0, self.film, 0.0, self.until)


@dataclass(frozen=True, slots=True)
class FilmData:
    """One benchmark as it lies in a folder."""

    of: FilmSet
    questions: tuple[Asked, ...]
    unasked: tuple[Unasked, ...]
    absent: tuple[str, ...] = ()
    """Files of questions that are not there."""


def task_of(of: FilmSet, part: str) -> Task:
    return Task(part, f"{of.name} {part}", of.title, "")


def place_of(data: Path, places: Sequence[str]) -> Path | None:
    """The first of `places` below `data` that is there. Raises LongvidError where it cannot be looked into."""
    try:
        return next((path for place in places if (path := data / place).exists()), None)
    except OSError as error:
        raise LongvidError(f"{shown(data)}: {error.strerror}; name a folder that can be read") from error


def film_of(data: Path, of: FilmSet, name: str, folders: Sequence[str] = ()) -> tuple[Path, Fault | None]:
    """Where the film `name` is or should be, and what is wrong with it; names stand with a suffix or without one.

    Raises ValueError for a name that leads out of the data, OSError for one that no file can have.
    """
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or "\0" in name:
        raise ValueError("its film lies outside of the data")
    for path in _places(data, folders or of.films, name):
        if path.is_file():
            return path, None if path.stat().st_size else "empty"
    return data / (folders or of.films)[0] / name, "missing"


def _places(data: Path, folders: Sequence[str], name: str) -> Iterator[Path]:
    bare = name[: -len(suffix)] if (suffix := PurePosixPath(name).suffix).lower() in SUFFIXES else name
    for folder in folders:
        yield data / folder / name
        # Films of MovieChat-1K are called .mp4 in its questions and .MP4 on disk.
        yield from (data / folder / f"{bare}{each}" for one in SUFFIXES for each in (one, one.upper()))


def text_of(value: object) -> str:
    """`value` as a text. Raises ValueError where it is none."""
    told = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(told, str) or not is_text(told):
        raise ValueError("a part of it is no text")
    return told
