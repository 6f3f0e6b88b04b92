"""Which subtitles are wanted, as a user writes it: auto, none, a file, track:N or lang:CODE. Knows no film."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class SubtitleChoice:
    """Where what is said is taken from; what `kind` does not need is None.

    kind     : `auto` the best source there is, `none` no source, or one that is named
    file     : a subtitle file
    track    : index of a stream of the film
    language : BCP 47 tag
    """

    kind: Literal["auto", "none", "file", "track", "language"] = "auto"
    file: Path | None = None
    track: int | None = None
    language: str | None = None

    def __str__(self) -> str:
        """As `parse_subtitles` reads it."""
        if self.kind == "file":
            # A file may be called as a choice is.
            name = str(self.file)
            return f"./{name}" if re.match(r"(?:auto|none)$|(?:track|lang):", name, re.IGNORECASE) else name
        named = {"track": f"track:{self.track}", "language": f"lang:{self.language}"}
        return named.get(self.kind, self.kind)


AUTO = SubtitleChoice()
NONE = SubtitleChoice("none")


def parse_subtitles(value: str) -> SubtitleChoice:
    """What auto, none, FILE, track:N or lang:CODE chooses. Reads no file.

    Raises ValueError, with the remedy, for a track that is no number, a language that nobody knows and nothing at all.
    """
    from longvid.film.languages import tag_of

    word, colon, rest = value.strip().partition(":")
    word = word.lower()
    if not value.strip() or "\0" in value:
        raise ValueError("needs auto, none, a file, track:N or lang:CODE")
    if not colon and word in ("auto", "none"):
        return AUTO if word == "auto" else NONE
    if colon and word == "track":
        if not re.fullmatch(r"[0-9]{1,6}", rest.strip()):
            raise ValueError(f"track: needs the number of a stream of the film, such as track:2, not {rest.strip()!r}")
        return SubtitleChoice("track", track=int(rest))
    if colon and word == "lang":
        tag = tag_of(rest)
        if tag is None:
            raise ValueError(f"lang: needs the code of a language, such as lang:en or lang:pt-BR, not {rest.strip()!r}")
        return SubtitleChoice("language", language=tag)
    return SubtitleChoice("file", file=Path(value))
