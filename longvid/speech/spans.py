"""From chances of speech to what is heard at once: spans in which somebody speaks, packed into windows.

Knows numbers alone; all are samples at 16 kHz, counted from the start of a block.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from longvid.speech.sound import RATE

FRAME = 512
"""Samples that a chance of speech is of."""
ON, OFF = 0.5, 0.2
"""Speech begins at the first chance, and ends where it stays below the second."""
PAUSE = 6 * RATE // 10
"""Samples of silence that end a span."""
SHORTEST = RATE // 10
PAD = RATE // 2
"""Samples before and after a span that belong to it: voices rise and fall."""
WINDOW = 30 * RATE
"""Samples that a recogniser hears in one call."""
LONGEST = WINDOW - 4 * PAD


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch that is heard; `lead` and `tail` are how much of it, at its ends, is only around what is said."""

    start: int
    end: int
    lead: int = 0
    tail: int = 0

    @property
    def length(self) -> int:
        return self.end - self.start


def spans_in(chances: Sequence[float], length: int, *, last: bool) -> tuple[list[Span], int]:
    """The spans of speech in a block of `length` samples, and the sample from which on the next block must begin.

    `chances` has one number, 0 to 1, for every FRAME samples. Unless it is the `last` block, a span that may go on
    behind its end is left to the next one, except where it is as long as the block.
    """
    found = [part for span in _raw(chances, length) for part in _parts(chances, span)]
    goes_on = bool(found) and found[-1].end > length - PAUSE and not last
    if goes_on and max(0, found[-1].start - PAD) > 0:
        open_span = found.pop()
        spans = _padded(found, open_span.start)
        return spans, max(open_span.start - PAD, spans[-1].end if spans else 0)
    return _padded(found, length), length


def windows(spans: Sequence[Span]) -> list[tuple[Span, ...]]:
    """Neighbouring spans together, as many as fit into one call."""
    packed: list[list[Span]] = []
    for span in spans:
        if packed and sum(one.length for one in packed[-1]) + span.length <= WINDOW:
            packed[-1].append(span)
        else:
            packed.append([span])
    return [tuple(one) for one in packed]


def _raw(chances: Sequence[float], length: int) -> list[Span]:
    """Where the chances say speech, without anything around it."""
    found: list[Span] = []
    start: int | None = None
    quiet: int | None = None
    for i, chance in enumerate(chances):
        at = i * FRAME
        if chance >= ON:
            start, quiet = at if start is None else start, None
        elif start is not None and chance < OFF:
            quiet = at if quiet is None else quiet
            if at + FRAME - quiet >= PAUSE:
                found.append(Span(start, quiet))
                start = quiet = None
        # Between the two it goes on as it is.
    if start is not None:
        found.append(Span(start, min(length, quiet if quiet is not None else length)))
    return [span for span in found if span.length >= SHORTEST]


def _parts(chances: Sequence[float], span: Span) -> list[Span]:
    """`span` cut, where it is too long for a call, each time in the least likely frame of the second half."""
    parts = []
    while span.length > LONGEST:
        first, past = (span.start + LONGEST // 2) // FRAME, (span.start + LONGEST) // FRAME
        cut = min(range(first, past), key=lambda i: (chances[i], -i)) * FRAME
        parts.append(Span(span.start, cut))
        span = Span(cut, span.end)
    return [*parts, span]


def _padded(spans: Sequence[Span], end: int) -> list[Span]:
    """The spans with PAD around them, or half of the pause between two where that is less; all before `end`."""
    bounds = [0, *(b.start - a.end for a, b in itertools.pairwise(spans)), 0]
    made = []
    for i, span in enumerate(spans):
        before = PAD if i == 0 else min(PAD, bounds[i] // 2)
        after = PAD if i == len(spans) - 1 else min(PAD, bounds[i + 1] // 2)
        start, past = max(0, span.start - before), min(end, span.end + after)
        made.append(Span(start, past, span.start - start, past - span.end))
    return made
