"""Films as text: a folder a film, with what is seen and said in it and the links that a summary should tell.

    <id>/captions.jsonl    what is seen of each chunk: start, end (s), caption
    <id>/dialogue.srt      optional: what is said
    <id>/links.jsonl       id, says, from and to (indices of chunks), a and b (lists of cues), weight, needs, kind
    <id>/traps.jsonl       optional: id, says, a and b; what a careless reader tells and is false
    <id>/synopsis.txt      optional: the story; how long a summary is, where nobody says

Everything in it is hostile until it is read. Other files are passed over. Knows no strategy and no score.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from longvid.captions.imported import ImportedCaptions, read_captions
from longvid.errors import CaptionsError, LongvidError
from longvid.film import dialogue_beside, parse_subtitles
from longvid.run import key_of
from longvid.strategy import words_in
from longvid.text import printable
from longvid.text.shown import shown
from longvid_benchmarks.compare.claims import CHECK_VERSION, NEEDS, Claim, Claims, TrueLink, folded
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.reading import LARGEST_FILE, one_line, read_rows, read_text
from longvid_benchmarks.compare.realfilms import LEAST_WORDS

CAPTIONS, DIALOGUE, LINKS, TRAPS = "captions.jsonl", "dialogue.srt", "links.jsonl", "traps.jsonl"
MOST_CLAIMS = 1_000
"""Links and traps of a film together, and chunks at one end of a link."""
MOST_LISTS, MOST_CUES = 20, 200
"""Lists of cues of one end, and cues in one list."""
LONGEST_CUE, LONGEST = 100, 1_000
"""Characters of a cue; of an id and of what a claim says."""
HEAVIEST = 100


def read_texts(folders: Sequence[Path], *, words: int | None, heard: bool = False) -> list[Film]:
    """The films in `folders`, each one itself or a folder of some, in their order and by name, each once.

    `words` is how long every summary should be; without it as long as the film's synopsis. With `heard` each must have
    dialogue, since nothing else is told of it. Raises LongvidError for a folder without films, a film without what is
    needed, two of one name, and a file that cannot be read, with the line where it is wrong.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _films_in(folder):
            other = found.setdefault(path.name, path)
            if other != path:
                raise LongvidError(f"{shown(path)} and {shown(other)} have one name; rename one of the two")
    return [_read(path, words, heard) for path in found.values()]


def _films_in(folder: Path) -> list[Path]:
    try:
        inner = sorted(path.resolve() for path in folder.iterdir() if (path / LINKS).is_file())
    except OSError as error:
        raise LongvidError(f"{shown(folder)}: {error.strerror}; give a folder with a film's texts") from error
    found = [folder.resolve()] if (folder / LINKS).is_file() else inner
    if not found:
        raise LongvidError(f"{shown(folder)} holds no film as text: a folder with {CAPTIONS} and {LINKS}")
    return found


def _read(folder: Path, words: int | None, heard: bool) -> Film:
    source = _with_dialogue(folder, read_captions(folder / CAPTIONS))
    if heard and not any(chunk.dialogue for chunk in source.chunks):
        raise LongvidError(f"{shown(folder)} has no {DIALOGUE}; add it, or leave out --dialogue said-only")
    links = tuple(_links(folder / LINKS, len(source.chunks)))
    claims = Claims(links, tuple(_claims(folder / TRAPS, {link.id for link in links})))
    synopsis = (read_text(folder / "synopsis.txt") or "").strip() or None
    return Film(
        name=folder.name,
        captions="text",
        evidence="lines" if source.events else "captions",
        source=source,
        digest=key_of({"check": CHECK_VERSION, "name": printable(folder.name), "synopsis": synopsis, **asdict(claims)}),
        words=words or (max(LEAST_WORDS, words_in(synopsis)) if synopsis else None),
        chunks=len(source.chunks),
        synopsis=synopsis,
        claims=claims,
    )


def _with_dialogue(folder: Path, seen: ImportedCaptions) -> ImportedCaptions:
    """`seen` with what the subtitles beside it say."""
    path = folder / DIALOGUE
    if not path.exists():
        return seen
    try:
        if not path.is_file():
            raise CaptionsError(f"{shown(path)}: cannot be read (no regular file)")
        if path.stat().st_size > LARGEST_FILE:
            raise CaptionsError(f"{shown(path)}: over {LARGEST_FILE >> 20} MiB")
        said = dialogue_beside(folder / CAPTIONS, parse_subtitles(str(path)))
    except OSError as error:
        raise CaptionsError(f"{shown(path)}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CaptionsError(f"{shown(path)}: {error}") from error
    if said.warning and not said.cues:
        raise CaptionsError(f"{shown(path)}: {said.warning}")
    times = [(chunk.start, chunk.end) for chunk in seen.chunks]
    lines = None if seen.events is None else [events.splitlines() for events in seen.events]
    return ImportedCaptions.of(seen.name, times, seen.captions, lines, said.cues)


def _links(path: Path, chunks: int) -> Iterator[TrueLink]:
    count, taken = 0, set[str]()
    for number, row in read_rows(path):
        where = f"{shown(path)}: line {number}"
        claim = _claim(where, row, taken)
        ends = [_chunks(where, row, end, chunks) for end in ("from", "to")]
        weight, needs, kind = row.get("weight"), row.get("needs"), row.get("kind", "")
        if type(weight) is not int or not 1 <= weight <= HEAVIEST:
            raise CaptionsError(f"{where}: weight must be a whole number from 1 to {HEAVIEST}")
        if needs not in NEEDS:
            raise CaptionsError(f"{where}: needs must be one of {', '.join(NEEDS)}")
        gap = min(abs(late - early) for early in ends[0] for late in ends[1])
        yield TrueLink(claim.id, claim.says, claim.cues, _text(where, "kind", kind, least=0), needs, weight, gap)
        count += 1
    if not count:
        raise CaptionsError(f"{shown(path)}: holds no links; a row needs id, says, from, to, a, b, weight and needs")


def _claims(path: Path, taken: set[str]) -> Iterator[Claim]:
    for number, row in read_rows(path):
        yield _claim(f"{shown(path)}: line {number}", row, taken)


def _claim(where: str, row: dict[str, Any], taken: set[str]) -> Claim:
    """What a row says, whose id must not be among those `taken`, and then is."""
    name = _text(where, "id", row.get("id"))
    if name in taken:
        raise CaptionsError(f"{where}: the id {json.dumps(name)} stands in an earlier row too")
    taken.add(name)
    if len(taken) > MOST_CLAIMS:
        raise CaptionsError(f"{where}: there are more than {MOST_CLAIMS} links and traps")
    cues = (*_cues(where, row, "a"), *_cues(where, row, "b"))
    return Claim(name, _text(where, "says", row.get("says")), cues)


def _cues(where: str, row: dict[str, Any], end: str) -> Iterator[tuple[str, ...]]:
    lists = row.get(end)
    if not isinstance(lists, list) or not 1 <= len(lists) <= MOST_LISTS:
        raise CaptionsError(f"{where}: {end} must be a list of 1 to {MOST_LISTS} lists of cues")
    for cues in lists:
        if not isinstance(cues, list) or not 1 <= len(cues) <= MOST_CUES:
            raise CaptionsError(f"{where}: {end} has what is no list of 1 to {MOST_CUES} cues")
        for cue in cues:
            if not (isinstance(cue, str) and len(cue) <= LONGEST_CUE and folded(one_line(cue))):
                raise CaptionsError(f"{where}: {end} has a cue that is no text of 1 to {LONGEST_CUE} characters")
        yield tuple(map(one_line, cues))


def _chunks(where: str, row: dict[str, Any], end: str, chunks: int) -> list[int]:
    given = row.get(end)
    if not (
        isinstance(given, list)
        and 1 <= len(given) <= MOST_CLAIMS
        and all(type(index) is int and 0 <= index < chunks for index in given)
    ):
        raise CaptionsError(f"{where}: {end} must be a list of chunks, each a whole number from 0 to {chunks - 1}")
    return given


def _text(where: str, name: str, value: object, *, least: int = 1) -> str:
    text = one_line(value) if isinstance(value, str) else None
    if text is None or not least <= len(text) <= LONGEST:
        raise CaptionsError(f"{where}: {name} must be text of at most {LONGEST} characters")
    return text
