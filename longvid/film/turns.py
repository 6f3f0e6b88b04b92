# ruff: noqa: RUF001  # the dashes, brackets and colons of many languages are what this is about
"""What the rows of one cue say, apart: who speaks, what is sung, what the deaf are told of sounds.

By the conventions of subtitles as they are really written: dashes or ">>" before the words of each speaker, "ANNA:" and
"[ANNA]" before a speaker's first, "[door slams]", "(sighs)" and "*sighs*" for sounds, notes or "#" around songs. What
is surely none of these stays as it is said. Work is linear in the length of a cue, which is bounded. Knows no times.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from longvid.film.labels import is_name, is_sound, is_upper

Kind = Literal["speech", "sound", "song"]

ENDS = ".?!…:;♪♫\"”’'»)]）］】。？！」』-–—"
"""Characters behind which something new may begin."""
DASHES = r"\-‐‑–—―−"
DASH = re.compile(rf"[{DASHES}](?![{DASHES}>\d])[ \t]*(?=\S)")
DASH_WITHIN = re.compile(rf"(?<=[{re.escape(ENDS)}])[ \t]+(?=[{DASHES}][ \t]?[^\s\d{DASHES}])")
CHANGE = re.compile(r"(?:^|(?<=\s))>{2,3}(?!>|\s?\d)\s*")
SENTENCE = re.compile(r"(?<=[.?!…])[ \t]+")
TITLE = re.compile(r"\b(?:capt|col|dr|gen|jr|lt|mr|mrs|ms|prof|rev|sgt|sr|st)\.$", re.IGNORECASE)
LABEL = re.compile(
    r"(?P<name>[^:：()\[\]（）]{1,40}?)[ \t]*(?:[(\[（](?P<manner>[^()\[\]（）:：]{1,60})[)\]）])?[ \t]*"
    r"(?P<colon>[:：])(?!//)"
)
MARK = re.compile(
    r"\[(?P<square>[^\[\]]{1,200})\]|(?P<wide>（[^（）]{1,200}）|［[^［］]{1,200}］|【[^【】]{1,200}】)"
    r"|\((?P<round>[^()]{1,200})\)|(?<!\S)\*(?P<star>[^\s*](?:[^*]{0,78}[^\s*])?)\*(?!\w)"
)
SCREENPLAY = re.compile(r"(?:v\.? ?o|o\.? ?[sc]|cont['’]?d|off)\.?", re.IGNORECASE)
"""What a screenplay writes behind a name; it is no manner of speaking."""
NOTES = re.compile(r"[♩♪♫♬🎵🎶][♩♪♫♬🎵🎶\s]*")
HASHES = re.compile(r"#.*[^\s#].*#|#\s+[^\W\d].*")
SIGN = re.compile(rf"[{DASHES}>:：()\[\]（［【*#♩♪♫♬🎵🎶]|^[\s.…,;]*$")
"""What is in every cue that is more than the words of one speaker, or less."""
NOTHING = re.compile(rf"[\s.…,:;*#()\[\]♩♪♫♬🎵🎶>{DASHES}]*")


class Row(NamedTuple):
    """A row of a cue: words without markup, and who says them where the format itself tells."""

    text: str
    voice: str | None = None


class Part(NamedTuple):
    """What one speaker says, or one sound or song."""

    text: str
    speaker: str | None
    kind: Kind


def parts_of(rows: Sequence[Row]) -> tuple[Part, ...]:
    """The parts of a cue in their order; none is empty. A sound that is heard within a sentence stands before it."""
    if not any(SIGN.search(row.text) for row in rows):  # as most cues are
        grouped = itertools.groupby(rows, key=lambda row: row.voice)
        return tuple(Part(" ".join(row.text for row in same), voice, "speech") for voice, same in grouped)
    parts = (part for text, voice in _turns(rows) for part in _of_turn(text, voice))
    return tuple(part for part in parts if not NOTHING.fullmatch(part.text))


def _turns(rows: Sequence[Row]) -> Iterator[tuple[str, str | None]]:
    """What each speaker says, its rows together, without the marks between speakers."""
    turn: list[str] = []
    voice: str | None = None
    before = ""
    dashed, named = (bool(rows) and find(rows[0].text) is not None for find in (DASH.match, _label))
    for row in rows:
        for text, new in _pieces(row.text, before, dashed=dashed, named=named):
            if turn and (new or row.voice != voice):
                yield " ".join(turn), voice
                turn = []
            turn += [text] if text else []
            voice = row.voice
        before = row.text
    if turn:
        yield " ".join(turn), voice


def _pieces(row: str, before: str, *, dashed: bool, named: bool) -> Iterator[tuple[str, bool]]:
    """The pieces of a row at the marks between speakers, and whether another one begins to speak with each. `dashed`
    and `named`: the first row of the cue begins with a dash, or a name; the rows after it then do so for a reason.
    """
    for i, changed in enumerate(CHANGE.split(row)):
        for j, piece in enumerate(_within(changed, dashed=dashed, named=named)):
            dash = DASH.match(piece)
            ended = before[-1:] in ENDS if before else False
            if dash is not None and (dashed or (ended and not piece[dash.end()].islower())):
                yield piece[dash.end() :].strip(), True
            else:
                yield piece.strip(), i + j > 0 or ((named or ended) and _label(piece) is not None)


def _within(text: str, *, dashed: bool, named: bool) -> list[str]:
    """`text` apart where, within a row, another speaker's words begin with a dash or a name."""
    ends = [match.end() for match in DASH_WITHIN.finditer(text)] if dashed else []
    if named:
        after = (m for m in SENTENCE.finditer(text) if TITLE.search(text[max(0, m.start() - 6) : m.start()]) is None)
        labels = ((m.end(), _label(text[m.end() : m.end() + 120])) for m in after)
        ends += [end for end, label in labels if label is not None and is_upper(label["name"])]
    bounds = [0, *sorted(ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


def _label(text: str) -> re.Match[str] | None:
    """The name that `text` begins with, and how is spoken: "ANNA (whispering):". None where it begins otherwise."""
    match = LABEL.match(text)
    if match is None or not is_name(match["name"].strip()):
        return None
    name, after = match["name"].strip(), text[match.end() :]
    if match["colon"] == "：":
        return match
    if sum(c.isalpha() for c in name) < 2 and name.isascii():
        return None  # "Q:", "C:\"
    if after and not after[0].isspace() and not (is_upper(name) and after[0].isalpha()):
        return None  # a time, a ratio, a smile
    # "Breakfast: eggs" is no name, and a speaker's sentence begins with a capital.
    first = after.lstrip()[:1]
    return match if is_upper(name) or not (first.islower() or first.isdigit()) else None


def _of_turn(text: str, speaker: str | None) -> Iterator[Part]:
    held, rest = "", text  # held: the beginning of a sentence in which a sound is heard
    while rest:
        label = None if held else _label(rest)
        if label is not None:
            speaker, rest = label["name"].strip(), rest[label.end() :].strip()
            if label["manner"] and not SCREENPLAY.fullmatch(label["manner"].strip()):
                yield Part(label["manner"].strip(), speaker, "sound")
            continue
        mark = next((mark for mark in MARK.finditer(rest) if _is_mark(mark, held)), None)
        if mark is None:
            break
        before, after = f"{held} {rest[: mark.start()]}".strip(), rest[mark.end() :].strip()
        if before and (before[-1] in ENDS or not after):
            yield from _sung(before, speaker)
            before = ""
        name, manner = _named(mark, after) if not before else (None, _content(mark))
        if name is not None:
            speaker, after = name, after.lstrip(":： ")
        if manner:
            yield Part(manner, speaker, "sound")
        held, rest = before, after
    said = f"{held} {rest}".strip()
    if said:
        yield from _sung(said, speaker)


def _content(mark: re.Match[str]) -> str:
    return mark.group()[1:-1].strip(" \t:：♪♫")


def _is_mark(mark: re.Match[str], held: str) -> bool:
    """Whether what stands in brackets is no part of what is said: it is of a sound, or stands between sentences."""
    content = _content(mark)
    if not any(c.isalpha() for c in content):
        return False
    before = f"{held} {mark.string[: mark.start()]}".rstrip()
    after = mark.string[mark.end() :].lstrip()
    between = not before or before[-1] in ENDS
    if mark["round"] is not None:
        if between:  # a sentence in brackets between others is said
            return content[-1] not in ".?!" or not (before or after)
        return is_sound(content) or (is_upper(content) and " " in content)
    if mark["star"] is not None and not is_sound(content):
        return between and not after[:1].islower()
    return between or not after or is_sound(content) or is_upper(content)


def _named(mark: re.Match[str], after: str) -> tuple[str | None, str]:
    """Who speaks by what stands in brackets before speech, and what else it says of a sound."""
    content = _content(mark)
    name, _, manner = content.partition(",")
    if mark["star"] is None and after and is_name(name.strip()) and not is_sound(name):
        return name.strip(), manner.strip()
    return None, content


def _sung(text: str, speaker: str | None) -> Iterator[Part]:
    """Speech without marks, of which what stands between notes or hashes is sung."""
    if HASHES.fullmatch(text):
        text = text.replace("#", "♪")
    first, *rest = (piece.strip() for piece in NOTES.split(text))
    if not rest:
        yield Part(text, speaker, "speech")
        return
    *sung, last = rest
    if not sung and not last:  # the notes only close the song
        first, sung = "", [first]
    if len(rest) % 2:
        sung, last = [*sung, last], ""
    parts = (
        Part(first, speaker, "speech"),
        Part(" ".join(filter(None, sung)), speaker, "song"),
        Part(last, speaker, "speech"),
    )
    yield from (part for part in parts if part.text)
