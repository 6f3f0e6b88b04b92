"""Event lines: what a chunk shows, one event a line, `second | who | does what | place`; and how they are read.

Read leniently, since a model wrote them: list marks, units and missing parts are allowed for, and a line that cannot be
read is counted, never guessed at. Knows nothing of who is who.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from longvid.text import printable

MOST_EVENTS = 24
"""Events of one answer; what stands behind them is a list that a model did not end."""
MOST_WORDS, MOST_LETTERS = 60, 400
"""Words and characters of one part of a line."""
LONGEST = 10_000.0
"""Seconds; no chunk is so long, so what is beyond is no second."""
MARK = re.compile(r"^\s*(?:[-\u2022]|\*(?!\*)|\(?\d{1,4}[.)](?=\s+[^\s|]))\s*")
CLOCK, UNIT = r"(?:\d{1,2}:){0,2}\d{1,5}(?:\.\d{1,3})?", "(?: ?(?:s|secs?|seconds?))?"
SECOND = re.compile(
    rf"(?:(?:at|from) )?(?:seconds? )?(?P<first>{CLOCK}){UNIT}(?: ?(?:[-\u2013\u2014]|to) ?{CLOCK}{UNIT})?\.?", re.I
)
"""A time from the start of the chunk, or a range of times, of which the first counts."""
COUNTED = re.compile(r"\d{1,3}[ -](?!(?:s|secs?|seconds?|min|minutes?|to)\b)[^\W\d_]")
"""A number that says how many or how old, as in "2 men", and not when."""
PAST = re.compile(r"\b(?:flash-?\s?backs?|in the past|years? (?:earlier|before|ago)|(?:a|the) memory)\b", re.I)
"""Said of where it plays: what is shown happened before what was shown before it."""
FLASHBACK = re.compile(r"\bflash-?\s?backs?\b", re.I)
"""The same, said of what somebody does; "that she got years ago" is no flashback."""
NOTHING = re.compile(
    r"(?:none|n/?a|unknown|unclear|not (?:applicable|specified|shown|visible)"
    r"|nothing(?: (?:else )?(?:happens|is (?:happening|shown|seen|visible)))?)?",
    re.I,
)
"""What a model writes where it has nothing to say."""
TIME_HEAD = re.compile(r"(?:time(?: ?stamp)?s?|seconds?|secs?)(?: ?[(\[][a-z :]{1,20}[)\]])?", re.I)
HEADS = frozenset({"who", "subject", "agent", "character", "person", "what", "does what", "action", "event"})
HEADS |= {"description", "where", "place", "location", "setting"}
"""What columns are called."""
EDGES = " ,;:*-"
"""What may stand around a part and is not of it."""
AROUND = EDGES + "()."
"""The same of a place."""
LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a chunk's answer tells it. Texts are single lines."""

    id: str
    """`3.0`: chunk 3, its first event."""
    chunk: int
    second: float | None
    """Seconds from the start of the chunk; None where the line names none."""
    who: str
    what: str
    """What they do, verb first: "opens the door"."""
    place: str
    past: bool = False
    """Told as a flashback."""

    def line(self) -> str:
        """The event as a line again."""
        parts = ["" if self.second is None else f"{self.second:g}", self.who, self.what, self.place]
        return " | ".join(parts if self.place else parts[:3])

    def sentence(self, *, place: bool = True) -> str:
        """The event as a sentence: "Mira, the red star, opens the door (hall)." """
        # "Mira, the red star" is a name with a description beside it, which a comma ends.
        who = f"{self.who}," if ", the " in self.who else self.who
        text = f"{who[:1].upper()}{who[1:]} {self.what}"
        if place and self.place:
            return f"{text.rstrip('.!?')} ({self.place})."
        return text if text.endswith((".", "!", "?")) else f"{text}."

    def begins(self, start: float, end: float, before: float) -> float:
        """When it begins, in a chunk from `start` to `end`, in seconds of the film: where it names no second, or none
        of the chunk's, when the event `before` it does."""
        return start + self.second if self.second is not None and start + self.second < end else before


Row = Event
"""The earlier name of `Event`."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of one answer, and how many of its lines could not."""

    events: tuple[Event, ...]
    unread: int

    @property
    def rows(self) -> tuple[Event, ...]:
        """The earlier name of `events`."""
        return self.events


def parse_events(text: str, chunk: int) -> Parsed:
    """The events of the answer `text` about the chunk with index `chunk`."""
    events: list[Event] = []
    unread = 0
    for raw in printable(text).split("\n"):
        parts = _parts(raw)
        if _says_nothing(parts):
            continue
        event = _event(parts, chunk, len(events))
        if event is not None and len(events) < MOST_EVENTS:
            events.append(event)
        else:
            unread += 1
    return Parsed(tuple(events), unread)


def read_events(answers: Sequence[tuple[int, str]]) -> Parsed:
    """The events of all `answers`, each the index of a chunk and a text about it, in order."""
    parsed = [parse_events(text, chunk) for chunk, text in answers]
    return Parsed(tuple(event for one in parsed for event in one.events), sum(one.unread for one in parsed))


def read_place(part: str) -> tuple[str, bool]:
    """(the place without article and without what says that it is a flashback, whether that is said)."""
    past = PAST.search(part) is not None
    part = " ".join(re.sub(r"\(\s*\)", " ", PAST.sub(" ", part)).split()).strip(AROUND)
    part = re.sub(r"^(?:(?:in|at|on|of|to|inside|the|an?)(?: |$))+", "", part, flags=re.I).strip(AROUND)
    return ("" if NOTHING.fullmatch(part) else part), past


def _parts(line: str) -> list[str]:
    """What stands between the bars, without marks of lists and without the empty place of a second."""
    line = MARK.sub("", line).strip().strip("`").strip("|").strip()
    parts = [" ".join(part.split()) for part in line.split("|")]
    return parts[1:] if len(parts) > 3 and not parts[0] else parts


def _event(parts: Sequence[str], chunk: int, number: int) -> Event | None:
    """The event of a line that is no head and says something; None where it cannot be read."""
    second = _seconds(parts[0])
    parts = parts if second is None else parts[1:]
    if len(parts) < 2:
        return None
    who, what, where = parts[0].strip(EDGES), parts[1].strip(EDGES + "."), " ".join(filter(None, parts[2:]))
    if any(len(part) > MOST_LETTERS or len(re.findall(r"\w+", part)) > MOST_WORDS for part in (who, what, where)):
        return None
    if second is None and re.match(r"\W*\d", who) and not COUNTED.match(who):
        # A time that cannot be read, rather than somebody.
        return None
    if NOTHING.fullmatch(who) or not LETTER.search(who) or not LETTER.search(what):
        return None
    place, past = read_place(where)
    return Event(f"{chunk}.{number}", chunk, second, who, what, place, past or FLASHBACK.search(what) is not None)


def _seconds(part: str) -> float | None:
    match = SECOND.fullmatch(part.strip(" []()*").rstrip(EDGES))
    if match is None:
        return None
    total = 0.0
    for piece in match["first"].split(":"):
        total = 60 * total + float(piece)
    total = round(total, 2)
    return total if total < LONGEST else None


def _says_nothing(parts: Sequence[str]) -> bool:
    """Whether a line is empty, the head of a table, the rule under it, or says that nothing happens."""
    timed = _seconds(parts[0]) is not None
    parts = [part.strip(EDGES + ".") for part in parts]
    if TIME_HEAD.fullmatch(parts[0]) or not any(re.search(r"\w", part) for part in parts):
        return True
    if len(parts) < 2:
        return NOTHING.fullmatch(parts[0]) is not None
    if all(part.lower() in HEADS for part in parts if part):
        return True
    what = parts[2 if timed and len(parts) > 2 else 1]
    return bool(what) and NOTHING.fullmatch(what) is not None
