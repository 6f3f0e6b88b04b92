"""What the oracle makes of the lines that are said: a source is read back into what is seen and what is said, and each
line into the event that it tells, with those whom it names.

A line counts only where its speaker is known: by its label, or as the one who speaks in what is seen of the same chunk.
The form in which strategies give lines is known here alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from longvid_benchmarks.storyfilm.speech import wordings
from longvid_benchmarks.storyfilm.story import Event, Story

SAID = re.compile(r'\bSaid: ((?:(?:"[^"]*"(?: \([^()]*\))?|\[[^\[\]]*\])(?:\s+|$))+)')
CUE = re.compile(r'"([^"]*)"(?: \(([^()]*)\))?')
SPEAKS = re.compile(r" says something\.$")
"""All that is seen of what is only said."""
SPEAKING = r"(?:says something|says that|promises to)"


@dataclass(frozen=True, slots=True)
class Passage:
    """What is seen for a while, and what is said meanwhile: text and, where it is known, who says it."""

    seen: str
    said: tuple[tuple[str, str | None], ...] = ()


def passages(source: str) -> list[Passage]:
    """`source` in order, at least one; where nothing is said there is just one, with all of it."""
    found, begin = [], 0
    for match in SAID.finditer(source):
        lines = tuple((text, speaker or None) for text, speaker in CUE.findall(match[1]))
        found.append(Passage(source[begin : match.start()], lines))
        begin = match.end()
    if begin < len(source) or not found:
        found.append(Passage(source[begin:]))
    return found


@dataclass(frozen=True, slots=True)
class Heard:
    """One line as it is understood."""

    event: Event
    """What it tells; of a line that says who is who, the event at which it says so."""
    named: frozenset[str]
    """Figures of the event whose names are known by it."""
    looks: frozenset[str]
    """Those of whom it is seen how they look."""
    names: bool = False
    """Whether it only says who is who."""


class Ear:
    """Understands the lines of one story."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._events: dict[str, list[Event]] = {}
        self._namings: dict[str, tuple[Event, str]] = {}
        events = {event.id: event for event in story.events()}
        for event in events.values() if story.said else ():
            for text in wordings(story, event):
                self._events.setdefault(text, []).append(event)
        for line in story.lines:
            if line.names is not None:
                self._namings[line.text] = (events[line.event], line.names)

    def listen(self, passage: Passage) -> Iterator[Heard]:
        """The lines of `passage` that tell something and whose speaker is known, in order."""
        for text, speaker in passage.said:
            if text in self._namings:
                event, who = self._namings[text]
                yield Heard(event, frozenset({who}), frozenset({who}), names=True)
            for event in self._events.get(text, ()):
                heard = self._understood(event, speaker, passage.seen)
                if heard is not None:
                    yield heard
                    break

    def _understood(self, event: Event, speaker: str | None, seen: str) -> Heard | None:
        agent = event.roles["agent"]
        name, look = self._story.figure(agent).name, event.looks[agent].phrase()
        named = re.search(rf"\b{name}(?:, {look},)? {SPEAKING}", seen) is not None
        looked = re.search(rf"\b[Tt]{look[1:]},? {SPEAKING}", seen) is not None
        labelled = speaker is not None and speaker.casefold() == name.casefold()
        if (speaker is not None and not labelled) or not (named or looked or labelled):
            return None
        others = frozenset(id for id in event.looks if id != agent)
        known = labelled or named or event.predicate == "introduce"
        return Heard(
            event,
            others | ({agent} if known else frozenset()),
            (frozenset() if event.said else others) | ({agent} if looked else frozenset()),
        )
