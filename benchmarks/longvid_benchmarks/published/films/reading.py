"""The files of the benchmarks of long films. They may come from anybody: what is no question is counted and told."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.errors import LongvidError
from longvid.files import read_bytes, read_json
from longvid.text.shown import shown
from longvid_benchmarks.published.films.questions import Asked, FilmData, film_of, place_of, task_of, text_of
from longvid_benchmarks.published.films.sets import MF2, MLVU, MOVIECHAT, SF20K, SF20K_OPEN, FilmSet
from longvid_benchmarks.published.questions import Unasked

LARGEST = 256 << 20
"""Bytes of a file of questions."""
TRUE, FALSE = "TRUE", "FALSE"
MOST_OPTIONS = 5
Made = Callable[[Any, Path, int], Sequence[Asked]]
"""The questions of a row, given the folder of the data and the row's number. Raises KeyError, TypeError, ValueError and
OSError where it is none."""


class _NoFilm(ValueError):
    """A film that is missing or empty."""


def read_films(data: Path, of: FilmSet, limit: int | None = None) -> FilmData:
    """The questions of `of` below `data`: of each of its files the first `limit` rows, of MovieChat-1K the first
    `limit` questions of each kind.

    Raises LongvidError where none of its files is there, or one is damaged.
    """
    questions: list[Asked] = []
    unasked: list[Unasked] = []
    absent = []
    found = [place_of(data, places) for places in of.files]
    if not any(found):
        names = " and no ".join(places[0] for places in of.files)
        raise LongvidError(f"{shown(data)}: holds no {names} of {of.title}; fetch {of.home}")
    for places, path in zip(of.files, found, strict=True):
        if path is None:
            absent.append(places[0])
            continue
        for part, number, row in _rows(of, path, limit):
            try:
                questions += READERS[of.name](row, data, number)
            except _NoFilm as error:
                fault, where = error.args
                unasked.append(Unasked(task_of(of, part), number, fault, where))
            except (KeyError, TypeError, ValueError) as error:
                why = f"{error}" if isinstance(error, ValueError) else "fields are missing"
                unasked.append(Unasked(task_of(of, part), number, "unusable", why))
            except OSError as error:  # a name that no file can have, or a folder that cannot be looked into
                why = f"its film cannot be looked at ({error.strerror})"
                unasked.append(Unasked(task_of(of, part), number, "unusable", why))
    return FilmData(of, tuple(questions), tuple(unasked), tuple(absent))


def _rows(of: FilmSet, path: Path, limit: int | None) -> Iterator[tuple[str, int, Any]]:
    """The rows of a file with what they are and their numbers, at most `limit` of each kind."""
    if of is MOVIECHAT:
        yield from _of_folder(path, limit)
        return
    listed = _json(path) if path.suffix == ".json" else _table(path)
    if not isinstance(listed, list) or not listed:
        raise LongvidError(f"{shown(path)}: no list of questions; fetch it again")
    part = path.stem.lstrip("0123456789_") if of is MLVU else "claims" if of is MF2 else "questions"
    for number, row in enumerate(listed[:limit]):
        yield part, number, {**row, "part": part} if of is MLVU and isinstance(row, dict) else row


def _of_folder(path: Path, limit: int | None) -> Iterator[tuple[str, int, Any]]:
    """MovieChat-1K has a file for each film, with its questions of two kinds."""
    names = sorted(path.glob("*.json"))
    if not names:
        raise LongvidError(f"{shown(path)}: holds no files of questions; fetch {MOVIECHAT.home}")
    counts = {"global": 0, "breakpoint": 0}
    for name in names:
        told = _json(name)
        info = told.get("info") if isinstance(told, dict) else None
        for part in counts:
            rows = told.get(part) if isinstance(told, dict) else None
            for row in rows if isinstance(rows, list) else [None]:
                if limit is None or counts[part] < limit:
                    whole = {**row, "info": info, "part": part} if isinstance(row, dict) else row
                    yield part, counts[part], whole
                    counts[part] += 1


def _json(path: Path) -> Any:
    try:
        return read_json(path, LARGEST)
    except OSError as error:
        raise LongvidError(f"{shown(path)}: {error.strerror}; see that it can be read") from error
    except ValueError as error:
        raise LongvidError(f"{shown(path)}: no JSON ({error}); fetch it again") from error


def _table(path: Path) -> list[dict[str, Any]]:
    return list(table(path))


def table(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file of comma-separated values, by the names in its first line. Raises LongvidError."""
    try:
        text = read_bytes(path, LARGEST).decode("utf-8-sig")
        yield from csv.DictReader(io.StringIO(text, newline=""), strict=True)
    except OSError as error:
        raise LongvidError(f"{shown(path)}: {error.strerror}; see that it can be read") from error
    except (ValueError, csv.Error) as error:
        raise LongvidError(f"{shown(path)}: no comma-separated values ({error}); fetch it again") from error


def _film(data: Path, of: FilmSet, name: Any, folders: Sequence[str] = ()) -> Path:
    path, fault = film_of(data, of, text_of(name), folders)
    if fault is not None:
        raise _NoFilm(fault, shown(path))
    return path


def _moviechat(row: Any, data: Path, number: int) -> list[Asked]:
    text, answer, part, info = text_of(row["question"]), text_of(row["answer"]), row["part"], row["info"]
    until = math.inf
    if part == "breakpoint":
        # Moments are told as numbers of frames.
        until = _number(row["time"]) / (_number(info["fps"]) or math.nan)
        if not math.isfinite(until):
            raise ValueError("its moment is none")
    return [Asked(MOVIECHAT, part, number, _film(data, MOVIECHAT, info["video_path"]), text, answer, until=until)]


def _sf20k(row: Any, data: Path, number: int) -> list[Asked]:
    options = [row[f"option_{at}"] for at in range(MOST_OPTIONS)]
    while options and not options[-1]:
        options.pop()
    candidates = tuple(map(text_of, options))
    place = int(row["correct_answer"])
    if len(candidates) < 2 or not 0 <= place < len(candidates) or candidates.count(candidates[place]) != 1:
        raise ValueError("its answer is not one of its options")
    film = _film(data, SF20K, row["video_id"])
    return [Asked(SF20K, "questions", number, film, text_of(row["question"]), candidates[place], candidates)]


def _sf20k_open(row: Any, data: Path, number: int) -> list[Asked]:
    film = _film(data, SF20K_OPEN, row["video_id"])
    return [Asked(SF20K_OPEN, "questions", number, film, text_of(row["question"]), text_of(row["answer"]))]


def _mf2(row: Any, data: Path, number: int) -> list[Asked]:
    claims = {part: text_of(row[part.replace(" ", "_")]) for part in ("true claim", "false claim")}
    film = _film(data, MF2, row["video"])
    right = {"true claim": TRUE, "false claim": FALSE}
    return [Asked(MF2, part, number, film, claim, right[part]) for part, claim in claims.items()]


def _mlvu(row: Any, data: Path, number: int) -> list[Asked]:
    part = row["part"]
    own = ("sub_scene", "subPlot") if part == "sub_scene" else ("summary",)
    film = _film(data, MLVU, row["video"], [place for place in MLVU.films if place.endswith(own)])
    points = row["scoring_points"] if part == "sub_scene" else ""
    told = points if isinstance(points, str) else "\n".join(text_of(point) for point in points)
    return [Asked(MLVU, part, number, film, text_of(row["question"]), text_of(row["answer"]), points=told)]


READERS: Mapping[str, Made] = {
    MOVIECHAT.name: _moviechat,
    SF20K.name: _sf20k,
    SF20K_OPEN.name: _sf20k_open,
    MF2.name: _mf2,
    MLVU.name: _mlvu,
}


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or number < 0 or isinstance(value, bool):
        raise ValueError("a number of it is none")
    return number
