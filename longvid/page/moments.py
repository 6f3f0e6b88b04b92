"""Which moments of a film a page shows: what is said at a time, and which pictures it wants most.

Knows no picture and no HTML. Times in seconds from the film's first frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from longvid.page.ledger import Figure, Link
from longvid.page.timeline import STRIP
from longvid.page.timeline import Line as TimeLine
from longvid.page.told import Line, Part, Sentence, Told

A_SENTENCE = 6
"""Moments of a sentence that are shown with pictures, and lines that are shown beside them."""
BEFORE, AFTER = 4.0, 2.0
"""s from a moment to what is said at that time: its beginning after it, and its end before it."""
LATER = 2.5
"""s into a scene at which its picture is taken: before that it may still be fading in."""


def said_near(told: Told, sentence: Sentence) -> list[Line]:
    """What is said at the times of `sentence` and does not stand among what it rests on already."""
    cited = [moment.text for moment in sentence.moments]
    lines = [line for index in sentence.parts for line in told.parts[index].lines]
    near = [line for line in lines if any(line.start - BEFORE <= t <= line.end + AFTER for t in _times(sentence))]
    return [line for line in near if not any(line.text in text for text in cited)][:A_SENTENCE]


def scenes(part: Part) -> list[tuple[float, float]]:
    """When each scene of `part` begins, and when its picture is taken."""
    borders = (part.start, *part.cuts, part.end)
    return [(start, start + min(LATER, (end - start) / 2)) for start, end in pairwise(borders)]


def first_look(told: Told, figure: Figure) -> float:
    """When to look for `figure`: at what they do or say first, or in the middle of the first part with them."""
    part = told.parts[figure.parts[0]]
    words = [word for word in (figure.name, *figure.also, *(look for look, _ in figure.looks)) if word]
    for event in part.events:
        if any(word.casefold() in event.text.casefold() for word in words):
            return min(event.time + LATER, part.end)
    for line in part.lines:
        if line.speaker in words:
            return line.start
    return (part.start + part.end) / 2


def wanted(told: Told, links: Sequence[Link], cast: Sequence[Figure], line: TimeLine) -> Iterator[float]:
    """Times of pictures, the most wanted first."""
    yield from line.even(STRIP, ends=False)
    yield from (times[0] for sentence in told.sentences if (times := _times(sentence)))
    yield from (scenes(part)[0][1] for part in told.parts)
    yield from (first_look(told, figure) for figure in cast)
    yield from (moment.time for link in links for moment in (link.moments[0], link.moments[-1]))
    for place in range(1, A_SENTENCE):
        yield from (times[place] for sentence in told.sentences if len(times := _times(sentence)) > place)
    yield from (look for part in told.parts for _, look in scenes(part)[1:A_SENTENCE])


def _times(sentence: Sentence) -> list[float]:
    return [moment.time for moment in sentence.moments]
