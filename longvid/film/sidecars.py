"""Subtitle files beside a film, or beside a file of captions, and what their names say of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from longvid.film.languages import of_words

SUFFIXES = (".srt", ".vtt", ".ass", ".ssa")

PART = re.compile(r"(?<![a-z])(?:forced|signs?|songs?|karaoke|lyrics|commentary)(?![a-z])", re.IGNORECASE)
"""In the name of a track or file that holds only part of what is said, or something else."""
WHOLE = re.compile(r"(?<![a-z])(?:full|dialogues?)(?![a-z])", re.IGNORECASE)
FOR_THE_DEAF = re.compile(r"(?<![a-z])(?:sdh|cc|hi|hearing)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A subtitle file that is named like the file beside which it lies.

    words    : what its name says behind that one's, in small letters: "", "en.sdh"
    language : BCP 47 tag by these, None where they name none
    """

    path: Path
    words: str
    language: str | None


def sidecars(path: Path) -> list[Sidecar]:
    """The subtitle files beside `path`: regular files that are named like it, perhaps with a language behind. Never
    `path` itself. In no order.
    """
    found = []
    try:
        for other in path.absolute().parent.iterdir():
            if other.suffix.lower() not in SUFFIXES or other.name == path.name or not other.is_file():
                continue
            # A language and perhaps "forced" or "sdh"; not another film of a longer name.
            words = other.stem.removeprefix(path.stem)
            if other.stem == path.stem or (other.stem.startswith(f"{path.stem}.") and len(words) <= 21):
                words = words[1:].lower()
                found.append(Sidecar(other, words, of_words(words)))
    except (OSError, ValueError):
        return []
    return found


def language_in_name(path: Path, beside: Path) -> str | None:
    """The language that the name of a subtitle file, wherever it lies, says; None where it says none."""
    stem, _, words = path.stem.partition(f"{beside.stem}.")
    if stem or not words:
        # Titles have dots and short words too ("It.2017"): only what stands at the end, in small letters, counts.
        ending = re.search(r"(?<=\.)[a-z]{2,3}(?:-[A-Za-z]{2,4})?((?:\.(?:forced|sdh|cc|hi|full))*)$", path.stem)
        words = ending.group() if ending else ""
    return of_words(words)


def is_partial(name: str) -> bool:
    """Whether a track or file of this name holds only part of what is said."""
    return PART.search(name) is not None and WHOLE.search(name) is None


def is_for_the_deaf(name: str) -> bool:
    return FOR_THE_DEAF.search(name) is not None
