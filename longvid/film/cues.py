r"""Raw cues to cues: what is said, once, without the means by which it is shown.

The same words are in many cues where they are drawn in layers, moved picture by picture, or roll up the screen. Knows
no file and no film.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from longvid.film.labels import voice_of
from longvid.film.timedtext import LONGEST_RAW, RawCue
from longvid.film.turns import Kind as Kind
from longvid.film.turns import Row, parts_of
from longvid.text.shown import clean

LONGEST_TEXT = 500  # characters of a cue
MOST_LINES = 50_000
GAP = 0.1  # s between two cues that are one on the screen
ROLLING = 1 / 3  # of a file's cues begin with what stood there before, where captions roll
MOST_ROWS = 8  # that roll; screens have up to four
SLOWEST, PAUSE = 4.0, 6.0  # letters/s and s: nobody takes longer than both to say a line
VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]+)>|</v>")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


@dataclass(frozen=True, slots=True)
class Cue:
    """What is heard from `start` to `end` (film time, s, start < end).

    text    : one line, no markup, at most 500 characters
    speaker : who says it, where the subtitles tell
    kind    : `sound` is what is described to the deaf ("door slams"), `song` what is sung
    """

    start: float
    end: float
    text: str
    speaker: str | None = None
    kind: Kind = "speech"


Line = Cue
"""The earlier name of `Cue`."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A cue as it is on the screen, from `start` to `end`, s."""

    start: float
    end: float
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        return " ".join(row.text for row in self.rows)

    def until(self, end: float) -> _Shown:
        """The same to `end`, or to when it has certainly been said."""
        return replace(self, end=min(end, _latest(self.start, self.text)))


def cues_of(cues: Iterable[RawCue], offset: float = 0.0) -> tuple[Cue, ...]:
    """What the first 50,000 of `cues` say, by their times and in the order of the file where these are the same, each
    once; 50,000 at most. `offset` is film time 0 on their clock, s.

    Who speaks, sounds and songs are told from speech (`turns`); what two say in one cue is two, with its times. What
    ends before film time 0 is left out; none lasts longer than its words can take to be said.
    """
    shown = []
    for cue in itertools.islice(cues, MOST_LINES):
        rows = _bounded(rows_of(cue.text, voice_of(cue.speaker)))
        if not rows:
            continue
        start = cue.start - offset
        end = min(
            cue.end - offset if cue.end is not None else start + PAUSE,
            _latest(start, " ".join(row.text for row in rows)),
        )
        if max(0.0, start) < end:
            shown.append(_Shown(max(0.0, start), end, rows))
    shown.sort(key=_times)
    once = _unrolled(shown) if _rolls(shown) else _joined(shown)
    ordered = dict.fromkeys(sorted((line.until(line.end) for line in once), key=_times))
    said = (Cue(line.start, line.end, *part) for line in ordered for part in parts_of(line.rows))
    return tuple(itertools.islice(said, MOST_LINES))


def _times(cue: _Shown) -> tuple[float, float]:
    return cue.start, cue.end


def within(lines: Iterable[Cue], end: float) -> tuple[Cue, ...]:
    """Those of `lines` that begin before `end` (film time, s), cut there."""
    return tuple(replace(line, end=min(line.end, end)) for line in lines if line.start < end)


def plain(raw: str) -> str:
    r"""The words of a cue, at most 500 characters: no {\overrides}, <tags> or drawings, entities as letters."""
    return " ".join(row.text for row in _bounded(rows_of(raw)))


def rows_of(raw: str, speaker: str | None = None) -> tuple[Row, ...]:
    """The rows of words of a cue, as `plain` cleans them, each with who says it: `speaker`, or a <v Name> in it."""
    # No expression here may look past the next opening bracket, or its work grows with the square of the cue.
    words = []
    drawing = False
    for i, part in enumerate(re.split(r"(\{[^{}]*\})", raw[:LONGEST_RAW])):
        if i % 2:
            for scale in re.findall(r"\\p(\d+)", part):
                drawing = int(scale) > 0
        elif not drawing:
            unclosed = re.search(r"\{[^{}]*\\p[1-9]", part)
            words.append(part[: unclosed.start()].rstrip("{") if unclosed else part)
    pieces = VOICE.split("".join(words))
    voices = [speaker, *(voice_of(_letters(name)) if name else speaker for name in pieces[1::2])]
    return tuple(
        Row(words, voice) for voice, piece in zip(voices, pieces[::2], strict=True) for words in _words(piece) if words
    )


def _words(piece: str) -> Iterator[str]:
    text = re.sub(r"<br ?/?>", "\n", piece, flags=re.IGNORECASE)
    text = re.sub(r"</?[A-Za-z][^<>]*>|<[\d:.]+>", "", text)  # WebVTT has times among its tags
    text = text.replace("\\h", " ")
    return (clean(_letters(row), LONGEST_TEXT) for row in re.split(r"\\[Nn]|\n", text))


def _bounded(rows: Sequence[Row]) -> tuple[Row, ...]:
    """As many of `rows` as come to 500 characters; where that is not all, the last ends with an ellipsis."""
    kept: list[Row] = []
    room = LONGEST_TEXT
    for row in rows:
        if room < 2:
            kept[-1] = kept[-1]._replace(text=kept[-1].text.rstrip("…")[:-1] + "…")
            break
        kept.append(row._replace(text=clean(row.text, room)))
        room -= len(row.text) + 1
    return tuple(kept)


def _letters(text: str) -> str:
    return ENTITY.sub(_letter, text)


def _letter(entity: re.Match[str]) -> str:
    return html.unescape(entity.group())


def _latest(start: float, text: str) -> float:
    """When a line that begins at `start` has certainly been said, whatever the file claims, s."""
    return start + PAUSE + len(text) / SLOWEST


def _joined(shown: Sequence[_Shown]) -> list[_Shown]:
    """One for each cue; the same words over one another, or directly behind, are one."""
    found: list[_Shown] = []
    last: dict[str, int] = {}
    for cue in shown:
        i = last.get(cue.text)
        if i is not None and cue.start <= found[i].end + GAP:
            found[i] = replace(found[i], end=max(found[i].end, cue.end))
        else:
            last[cue.text] = len(found)
            found.append(cue)
    return found


def _rolls(shown: Sequence[_Shown]) -> bool:
    """Whether the cues are captions that roll up the screen or grow: many begin with what the one before ends with."""
    count = rolled = 0
    for before, cue in itertools.pairwise(shown):
        kept = _kept(before, cue)
        if kept and kept == len(cue.rows) and cue.rows[-1] == before.rows[-1]:
            continue  # the same again says nothing of how
        count += 1
        rolled += kept > 0
    return rolled > 0 and rolled >= ROLLING * count


def _kept(before: _Shown, cue: _Shown) -> int:
    """How many rows of `before`, at its end, `cue` begins with; the last of them may have grown."""
    if not before.start < cue.start <= before.end + GAP:
        return 0
    for n in range(min(len(before.rows), len(cue.rows), MOST_ROWS), 0, -1):
        same = before.rows[len(before.rows) - n : -1] == cue.rows[: n - 1]
        if same and (cue.rows[n - 1] == before.rows[-1] or _grown(before.rows[-1], cue.rows[n - 1])):
            return n
    return 0


def _grown(row: Row, now: Row) -> bool:
    return now.text.startswith(row.text + " ")


def _unrolled(shown: Sequence[_Shown]) -> list[_Shown]:
    """One for each row, from when it comes up to the end of the cue in which it did or last grew."""
    found: list[_Shown] = []
    at: list[int] = []  # index of the line of each row on the screen
    before: _Shown | None = None
    for cue in shown:
        kept = _kept(before, cue) if before is not None else 0
        at = at[len(at) - kept :] if kept else []
        if kept and cue.rows[kept - 1] != found[at[-1]].rows[0]:
            found[at[-1]] = replace(found[at[-1]], end=cue.end, rows=(cue.rows[kept - 1],))
        for row in cue.rows[kept:]:
            at.append(len(found))
            found.append(_Shown(cue.start, cue.end, (row,)))
        before = cue
    return found
