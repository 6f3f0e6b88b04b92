"""Tiny benchmarks of long films in their authors' layouts, made for tests: two films each."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.film.films import encode, numbered

FILMS = 2
RATE = 4


def make(folder: Path) -> Path:
    """Write all of them below `folder`, which is given back: a folder for each."""
    folder.mkdir(exist_ok=True)
    film = encode(folder / "film.mp4", [numbered(at) for at in range(8)], rate=RATE)
    _moviechat(folder / "moviechat", film)
    _sf20k(folder / "sf20k", film)
    _mf2(folder / "mf2", film)
    _mlvu(folder / "mlvu-gen", film)
    film.unlink()
    return folder


def _moviechat(home: Path, film: Path) -> None:
    for at in range(FILMS):
        # On disk the suffix is in capitals.
        _copy(film, home / "videos" / f"{at}.MP4")
        told = {
            "info": {"video_path": f"{at}.mp4", "fps": RATE, "num_frame": 8, "class": "movie"},
            "global": [{"question": f"Is film {at} long?", "answer": "No."}],
            "breakpoint": [{"time": 4, "question": f"What is now in film {at}?", "answer": "A number."}],
        }
        _write(home / "gt" / f"{at}.json", told)


def _sf20k(home: Path, film: Path) -> None:
    rows: list[dict[str, Any]] = []
    cues: list[dict[str, Any]] = []
    for at in range(FILMS):
        name = f"-x_{at}"
        _copy(film, home / "videos" / f"{name}.mkv")
        options = {f"option_{place}": f"word {place} of {at}" for place in range(5)}
        asked = {"question_id": f"{name}_01", "video_id": name, "video_url": "", "question": f"Which, in {name}?"}
        rows.append({**asked, "answer": options["option_2"], **options, "correct_answer": 2, "correct_letter": "C"})
        cues += [{"id": 1, "start": 0.25, "end": 1.0, "text": f" I am {name}.", "video_id": name}]
    write_table(home / "data" / "test.csv", rows)
    write_table(home / "data" / "test_subtitles.csv", cues)


def _mf2(home: Path, film: Path) -> None:
    rows = []
    for at in range(1, FILMS + 1):
        _copy(film, home / "videos" / f"{at}.mp4")
        claims = {"true_claim": f"Film {at} counts, and more.", "false_claim": f"Film {at} sleeps."}
        kinds = {"granularity": "Single", "category": "Event/Entity, Causal"}
        rows.append({"movie_id": at, "video": f"{at}.mp4", "claim_id": 0, **claims, **kinds})
        (home / "transcripts").mkdir(exist_ok=True)
        (home / "transcripts" / f"{at}.srt").write_text(f"1\n00:00:00,200 --> 00:00:01,000\nI count {at}.\n")
    write_table(home / "data" / "MF2_claims.csv", rows)


def _mlvu(home: Path, film: Path) -> None:
    for part, folder in (("sub_scene", "8_sub_scene"), ("summary", "9_summary")):
        rows: list[dict[str, Any]] = []
        for at in range(FILMS):
            _copy(film, home / "MLVU" / "video" / folder / f"{part}{at}.mp4")
            row = {"video": f"{part}{at}.mp4", "duration": 2.0, "question": f"What happens in {part} {at}?"}
            points = {"scoring_points": [f"It counts {at}.", "It ends."]} if part == "sub_scene" else {}
            rows.append({**row, "answer": f"It counts {at}.", "question_type": part, **points})
        _write(home / "MLVU" / "json" / f"{folder}.json", rows)


def _copy(film: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(film, place)


def _write(path: Path, told: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))


def write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
