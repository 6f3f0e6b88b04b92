"""A shelf of small films, some of them damaged, each with the status that it deserves; and a batch over it.

The model is scripted: what is tried is what becomes of films, not of words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.film.films import encode, scenes, with_audio_only
from tests.films import make_film

OPTIONS = ("--strategy", "concat", "--target-length", "2", "--transcribe", "none")
TIMES = ("seconds", "begun", "ended", "calls", "tokens")
"""What of a row another run of the same films may have otherwise."""
SRT = "1\n00:00:00,100 --> 00:00:00,900\nMy name is Ada.\n"
EXPECTED: Mapping[str, str] = {
    "whole.mp4": "done",
    "three.mkv": "done",
    "said.mp4": "done",
    "odd\nname.mp4": "done",
    "season/first.mp4": "done",
    "season/second.webm": "done",
    "broken-off.mkv": "degraded",
    "ill-said.mp4": "degraded",
    "cut.mp4": "failed",
    "empty.mp4": "failed",
    "noise.mkv": "failed",
    "dangling.mp4": "failed",
    "sound.mp4": "failed",
}
"""Path below the shelf -> status; beside these lies a copy of whole.mp4, which is the same film."""


def make_shelf(folder: Path) -> Path:
    """Make the films of EXPECTED in `folder`."""
    (folder / "season").mkdir(parents=True)

    def film(name: str, rate: int, chunks: int = 1) -> Path:
        return make_film(folder / name, chunks=chunks, seconds=2, rate=rate, width=64, height=48)

    film("whole.mp4", 8, 2)
    (folder / "copy.mp4").write_bytes((folder / "whole.mp4").read_bytes())
    film("three.mkv", 8, 3)
    film("odd\nname.mp4", 9)
    film("season/first.mp4", 10)
    film("season/second.mkv", 11).rename(folder / "season/second.webm")
    film("said.mp4", 12).with_suffix(".srt").write_text(SRT)
    film("ill-said.mp4", 13).with_suffix(".srt").write_text("no subtitles")
    for name, keep in (("broken-off.mkv", 6), ("cut.mp4", 5)):
        data = encode(folder / name, scenes([24, 30, 30])).read_bytes()
        (folder / name).write_bytes(data[: len(data) * keep // 10])
    (folder / "empty.mp4").touch()
    (folder / "noise.mkv").write_bytes(bytes(range(256)) * 20)
    (folder / "dangling.mp4").symlink_to("nowhere.mp4")
    with_audio_only(folder / "sound.mp4")
    (folder / "notes.txt").write_text("no film")
    return folder


def rows(out: Path, name: str = "results.jsonl") -> dict[str, dict[str, Any]]:
    """The rows of a file of results, by the path of the film; each film has one."""
    found = [json.loads(line) for line in (out / name).read_text().splitlines()]
    by_path = {row["path"]: row for row in found}
    assert len(by_path) == len(found)
    return by_path


def lasting(out: Path) -> dict[str, dict[str, Any]]:
    """The same without what another run may have otherwise, and with what the outputs say."""
    told = {}
    for path, row in rows(out).items():
        same = {key: value for key, value in row.items() if key not in (*TIMES, "run")}
        texts = []
        for name in row.get("outputs", ()):
            if name.endswith(".json"):
                value = json.loads((Path(row["run"]) / name).read_text())
                texts.append([value["summary"], value["chunks"], value["problems"]])
        told[path] = same | {"texts": texts}
    return told
