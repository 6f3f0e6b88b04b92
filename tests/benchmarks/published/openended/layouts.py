"""Tiny benchmarks with a judge, in the files of Video-ChatGPT and the folders of PLLaVA's scripts, made for tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from longvid_benchmarks.published.openended.sets import SETS, VCG
from tests.film.films import encode, numbered

VIDEOS = 2


def make(folder: Path) -> Path:
    """Write all four into `folder`, two videos each, which is given back."""
    film = encode(folder / "film.mp4", [numbered(at) for at in range(8)], rate=4)
    for one in SETS:
        place = folder / one.folders[0]
        place.mkdir(parents=True)
        videos = folder / (one.videos[0] if one is VCG else f"{one.folders[0]}/videos")
        videos.mkdir(parents=True, exist_ok=True)
        for at in range(VIDEOS):
            # ActivityNet's files are called otherwise than its questions have it.
            name = f"v_{one.name}{at}" if one.name == "activitynet-qa" else f"{one.name}{at}"
            shutil.copy(film, videos / f"{name}.mp4")
        for name, rows in files(one.name).items():
            (place / name).write_text(json.dumps(rows))
    film.unlink()
    return folder


def files(name: str) -> dict[str, list[dict[str, Any]]]:
    """The files of a benchmark with their rows."""
    videos = [f"{name}{at}" for at in range(VIDEOS)]
    if name == VCG.name:
        single = [{"Q": f"What is told of {one}?", "A": f"All of {one}.", "video_name": one} for one in videos]
        timed = [{"Q": f"When is it in {one}?", "A": f"Late in {one}.", "video_name": one} for one in videos]
        double = [
            {"Q1": f"Who is in {one}?", "Q2": f"Whom does {one} show?", "A": "A cat.", "video_name": one}
            for one in videos
        ]
        return {"generic_qa.json": single, "temporal_qa.json": timed, "consistency_qa.json": double}
    asked = [
        {"question": f"what is in {one}?", "video_name": one, "question_id": f"{one}_{at}"}
        for at, one in enumerate(videos)
    ]
    # In another order than the questions: they belong together by their ids.
    answers = [{"answer": f"cat{at}", "type": 3, "question_id": f"{one}_{at}"} for at, one in enumerate(videos)]
    return {"test_q.json": asked, "test_a.json": answers[::-1]}
