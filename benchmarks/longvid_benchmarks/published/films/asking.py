"""Asking questions about long films, in two ways: `film` watches each film once and answers from what is then known of
it; `clip` shows one clip with frames from all over the film.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from longvid.engine.models import Models
from longvid.errors import FilmError, LongvidError
from longvid.files import write_whole
from longvid.run import Store
from longvid.text.shown import shown
from longvid_benchmarks.published.asking import Answered, Asking
from longvid_benchmarks.published.films.questions import Asked, place_of
from longvid_benchmarks.published.films.reading import table
from longvid_benchmarks.published.films.sets import FilmSet
from longvid_benchmarks.published.protocols import as_it_is
from longvid_benchmarks.published.questions import Unasked
from longvid_benchmarks.published.watching_films import FilmQuestion, FilmWatcher, Unanswered
from longvid_benchmarks.terminal import Advance


@dataclass(frozen=True, slots=True)
class Said:
    """What was said to a question, before anybody read it."""

    asked: Asked
    text: str


async def by_clip(
    models: Models, frames: int, asked: Sequence[Asked], store: Store, folder: Path, advance: Advance
) -> list[Said | Unasked]:
    """One result a question: each is shown `frames` of its film, evenly over all, or up to its moment.

    Raises LongvidError where the model cannot answer.
    """
    found: list[Said | Unasked] = []
    for of in dict.fromkeys(one.of for one in asked):
        mine = [one for one in asked if one.of is of]
        asking = Asking(models, as_it_is(frames, "even", of.tokens, of.name), store, folder)
        answers = await asking.all([one.question() for one in mine], advance)
        found += [
            Said(one, answer.text.strip()) if isinstance(answer, Answered) else answer
            for one, answer in zip(mine, answers, strict=True)
        ]
    return found


async def by_film(watcher: FilmWatcher, asked: Sequence[Asked], advance: Advance) -> list[Said | Unasked]:
    """One result a question, by film. A film that cannot be decoded is told, and the others are asked about.

    Raises LongvidError where a model cannot answer.
    """
    films: dict[Path, list[Asked]] = defaultdict(list)
    for one in asked:
        films[one.film].append(one)
    found: list[Said | Unasked] = []
    for film, mine in films.items():
        advance(len(found), len(asked), f"watching {shown(Path(film.name))}")
        questions = [FilmQuestion(one.prompt, one.text, one.of.tokens, one.until) for one in mine]
        try:
            answers = await watcher.answers(film, questions)
        except FilmError as error:
            found += [Unasked(one.task, one.number, "broken", f"{error}") for one in mine]
            continue
        for one, answer in zip(mine, answers, strict=True):
            if isinstance(answer, Unanswered):
                found.append(Unasked(one.task, one.number, answer.fault, answer.why))
            else:
                found.append(Said(one, answer))
    advance(len(found), len(asked))
    return found


def subtitles_of(data: Path, of: FilmSet, folder: Path) -> Path | None:
    """A folder with NAME.srt for the films of `of`: its own, or made in `folder` of the file that holds them all.

    None where the data has none. Raises LongvidError where they cannot be read or written.
    """
    place = place_of(data, of.subtitles)
    if place is None or place.is_dir():
        return place
    cues: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for row in table(place):
        try:
            cues[_name(row["video_id"])].append((float(row["start"]), float(row["end"]), row["text"]))
        except (KeyError, TypeError, ValueError):
            continue
    if not cues:
        raise LongvidError(f"{shown(place)}: no subtitles with video_id, start, end and text; fetch it again")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, lines in cues.items():
            write_whole(folder / f"{name}.srt", "\n".join(_srt(lines)).encode(errors="replace"))
    except OSError as error:
        raise LongvidError(f"{shown(folder)} cannot be written: {error.strerror}; choose another -o DIR") from error
    return folder


def _name(value: str) -> str:
    if not value or "/" in value or "\0" in value or value in (".", ".."):
        raise ValueError("no name of a film")
    return value


def _srt(lines: Sequence[tuple[float, float, str]]) -> Iterator[str]:
    for number, (start, end, text) in enumerate(sorted(lines), 1):
        if 0 <= start <= end < 1e6:
            yield f"{number}\n{_clock(start)} --> {_clock(end)}\n{' '.join(text.split())}\n"


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"
