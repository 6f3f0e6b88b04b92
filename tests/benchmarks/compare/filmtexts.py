"""A small film as text, for tests of what is read and made of such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SEEN = [
    "A boy hides a brass key under a stone.",
    "A woman bakes bread.",
    "Rain falls on the empty street.",
    "A woman with a scar opens a locker.",
]
SAID = [(2.0, 4.0, "Keep it until I am back."), (62.0, 64.0, "I knew his father."), (182.0, 184.0, "It was his!")]
LINK: dict[str, Any] = {
    "id": "key", "kind": "a thing that comes back", "from": [0], "to": [3], "weight": 3, "needs": "picture",
    "says": "The key that the boy hid opens the locker.", "a": [["key"], ["boy", "lad"]], "b": [["locker"]],
}  # fmt: skip
PROMISE: dict[str, Any] = {
    "id": "promise", "from": [0, 1], "to": [3], "weight": 1, "needs": "dialogue",
    "says": "His father did come back for it.", "a": [["father"]], "b": [["come back", "came back", "returns"]],
}  # fmt: skip
TRAP: dict[str, Any] = {
    "id": "thief", "chunks": [3], "says": "The woman stole the key.", "a": [["woman"]], "b": [["stole", "steals"]],
}  # fmt: skip
SYNOPSIS = "A boy hides a key, and with it a woman opens a locker. His father came back."


def write_rows(path: Path, *rows: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def film_text(folder: Path) -> Path:
    """Write a film of four chunks with two links and a trap into `folder`, and return it."""
    folder.mkdir(parents=True)
    seen = [{"start": 60 * i, "end": 60 * i + 60, "caption": text} for i, text in enumerate(SEEN)]
    write_rows(folder / "captions.jsonl", *seen)
    times = [(f"00:{int(a) // 60:02}:{int(a) % 60:02},000", f"00:{int(b) // 60:02}:{int(b) % 60:02},000")
             for a, b, _ in SAID]  # fmt: skip
    cues = [f"{i + 1}\n{a} --> {b}\n{SAID[i][2]}\n" for i, (a, b) in enumerate(times)]
    (folder / "dialogue.srt").write_text("\n".join(cues), encoding="utf-8")
    write_rows(folder / "links.jsonl", LINK, PROMISE)
    write_rows(folder / "traps.jsonl", TRAP)
    (folder / "synopsis.txt").write_text(SYNOPSIS + "\n", encoding="utf-8")
    return folder
