"""Run folders whose pages are looked at: a film that plays, pictures, and a report with all that a page may show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from longvid.film import Album, fingerprint, probe, scan
from longvid.output import ChunkReport, Cited, Heard, Pictures, Report, Spoken
from longvid.run import FilmIdentity, open_for
from tests.films import make_film

SECONDS = 4.0
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>{{7*7}}\u202e\x1b[2J\"'`&"
"""What a film, its subtitles and a model may say."""
KEY = "0123456789abcdef"

EVENTS = (
    ("1 | Anna, the red star | hides the key in the chest | hall",),
    ("2 | the blue circle | sleeps | hall", "3 | Carl, the blue circle | says that 7 doves fly | hall"),
    ("1 | Anna, the red star | finds the key in the chest | attic",),
)
RULED: Mapping[str, Any] = {
    "entities": [
        {"id": "f0", "names": ["Anna"], "descriptions": [{"description": "red star", "from": 0}], "chunks": [0, 2]},
        {"id": "f1", "names": ["Carl"], "descriptions": [{"description": "blue circle", "from": 1}], "chunks": [1]},
    ],
    "events": [
        {"id": "0.0", "chunk": 0, "line": EVENTS[0][0]},
        {"id": "1.0", "chunk": 1, "line": EVENTS[1][1]},
        {"id": "2.0", "chunk": 2, "line": EVENTS[2][0]},
    ],
    "links": [{"kind": "hidden-found", "events": ["0.0", "2.0"]}, {"kind": "again", "events": ["1.0", "2.0"]}],
}
"""What `ledger` keeps where rules read."""
READ: Mapping[str, Any] = {
    "cast": [
        {"names": [["Anna", 1]], "roles": [["thief", 1]], "looks": [["woman in red", [1, 3]]], "later": None},
        {"names": [], "roles": [], "looks": [["masked figure", [2]]], "later": 0},
    ],
    "facts": [
        {"id": 0, "chunk": 0, "text": "Anna hides a key.", "sources": [1], "key": True, "open": True},
        {"id": 1, "chunk": 0, "text": "Carl sleeps.", "sources": [2], "key": False, "open": False},
        {"id": 2, "chunk": 2, "text": "Anna finds the key.", "sources": [1], "key": True, "open": False},
    ],
    "links": [{"early": [0], "late": [2], "text": "The hidden key is found.", "strong": True, "beside": "Carl slept."}],
}
"""The same where an LLM reads."""


def report(run: Path, *, says: str = "", pictures: Pictures | None = None, ledger: Mapping[str, Any] = RULED) -> Report:
    """A report of three chunks whose every text ends in `says`."""
    lines = (Spoken(5.0, 6.0, f"Seven doves.{says}", f"Carl{says}", "speech"), Spoken(6.5, 7.5, "bang", None, "sound"))
    chunks = tuple(
        ChunkReport(
            index,
            index * SECONDS,
            (index + 1) * SECONDS,
            f"Somebody is there.{says}" if index == 0 else "",
            "degraded" if index == 1 else "ok",
            "looping" if index == 1 else None,
            tuple(event + says for event in EVENTS[index]),
            dialogue=lines if index == 1 else (),
            cuts=(index * SECONDS + 2.0,),
        )
        for index in range(3)
    )
    evidence = (
        Cited(f"Anna hides the key.{says}", [0], [1.0], [EVENTS[0][0] + says]),
        Cited("Carl sleeps.", [1], [6.0], [EVENTS[1][0]]),
        Cited("Anna finds the key that she had hidden.", [0, 2], [1.0, 9.0], [EVENTS[0][0], EVENTS[2][0]]),
        Cited("Zorro rides past.", [2], [9.0], [EVENTS[2][0]]),
        Cited("It ends.", [], [], []),
    )
    first, *rest = (cited.sentence for cited in evidence)
    return Report(
        film=f"film{says}.mp4".replace("/", "_") if says else "film.mp4",
        duration=3 * SECONDS,
        strategy="ledger",
        model=f"model{says}",
        llm="none",
        summary=f"{first} {rest[0]}\n\n" + " ".join(rest[1:]),
        chunks=chunks,
        calls={"watch": 3, "ask": 0, "write": 0, "cached": 0},
        problems=(f"1 of 3 answers looping{says}",),
        run=str(run),
        notes=(f"A note.{says}",),
        extras={"ledger": json.loads(json.dumps(ledger).replace("Anna", json.dumps(f"Anna{says}")[1:-1]))},
        evidence=evidence,
        heard=Heard(f"film.srt{says}", "en", 2, "file"),
        pictures=pictures,
    )


def make_run(folder: Path, *, says: str = "", ledger: Mapping[str, Any] = RULED) -> tuple[Path, Report]:
    """A film of twelve seconds in `folder`, its run folder with pictures, and what it reports."""
    film = make_film(folder / "film.mp4", chunks=3, seconds=SECONDS, width=320, height=136)
    album = Album()
    found = probe(film)
    scan(found, album=album).close()
    with open_for(FilmIdentity(film, fingerprint(film), found.size)) as run:
        plan = run.clips_path / KEY
        plan.mkdir(parents=True)
        album.write(plan / "pictures")
        assert album.size is not None
        pictures = Pictures(f"clips/{KEY}/pictures", *album.size)
        return run.path, replace(report(run.path, says=says, pictures=pictures, ledger=ledger))
