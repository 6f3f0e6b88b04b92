"""A story whose figures speak: the same story, with a share of what it tells said and no longer shown.

Promises and claims lose the pictures in their bubbles, name tags give way to a line that says the name, and fillers to
plans: somebody says beforehand what it will do. All draws are from generators of their own, one a matter, so that the
story below stays as it is, and what is said at a small share is said at a larger one too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from longvid_benchmarks.storyfilm.speech import namings, wordings
from longvid_benchmarks.storyfilm.story import Event, Link, Story, Utterance
from longvid_benchmarks.storyfilm.vocabulary import DEEDS, FILLERS

LABELLED = 0.5
"""Share of the lines whose speaker the subtitles name; real ones do so now and then."""
BEFORE, AFTER = 0.4, 0.3
"""Seconds of an event before its line and, at least, after it."""
A_WORD, A_BREATH = 0.42, 0.6
"""Seconds that a word takes, and a line besides."""
ALONE = FILLERS - {"greet"}


def speak(story: Story, share: float) -> Story:
    """`story` with `share` of its promises, claims, names and plans said and not shown; at 0 `story` itself."""
    if not share:
        return story
    speaking = _Speaking(replace(story, said=share), {event.id: event for event in story.events()})
    speaking.plan()
    speaking.hide_what_is_said()
    speaking.name()
    return speaking.told()


def in_person(event: Event) -> list[str]:
    """Who can be seen in `event` as itself: not as a look in a bubble, and not masked."""
    roles = ("agent",) if event.predicate in ("promise", "claim") else ("agent", "to", "of")
    ids = [event.roles[role] for role in roles if role in event.roles]
    return [id for id in ids if not event.looks[id].masked]


@dataclass(slots=True)
class _Naming:
    """During `event` somebody says who is who."""

    event: str
    speaker: str
    names: str


class _Speaking:
    """A story while it is being given words."""

    def __init__(self, story: Story, events: dict[str, Event]) -> None:
        self.story = story
        self.events = events
        """As they are by now, in the order of the film."""
        self.links: list[Link] = []
        self.namings: list[_Naming] = []

    def _rng(self, matter: str) -> random.Random:
        story = self.story
        return random.Random(f"said {story.seed} {len(story.chunks)} {story.level} {matter}")

    def _is_said(self, matter: str) -> bool:
        return self._rng(matter).random() < self.story.said

    def _in(self, chunk: int) -> list[Event]:
        return [self.events[event.id] for event in self.story.chunks[chunk].events]

    # -- plans -------------------------------------------------------------------------------------------------------

    def plan(self) -> None:
        """Before a share of the deeds put a plan in the place of a filler."""
        last = {link.events[-1] for link in self.story.links}
        for deed in list(self.events.values()):
            past = self.story.chunks[deed.chunk].flashback
            # A deed that pays off another link has its sentence already.
            if deed.predicate not in DEEDS or deed.masked or past or deed.id in last:
                continue
            if not self._is_said(f"plan {deed.id}"):
                continue
            places = list(self._places(deed))
            if places:
                filler, agent = self._rng(f"where {deed.id}").choice(places)
                self._put_plan(filler, agent, deed)

    def _places(self, deed: Event) -> Iterator[tuple[Event, Event]]:
        """Fillers that can give way to the plan of `deed`, each with an event of its chunk in which the agent is seen
        as it then looks."""
        who = deed.roles["agent"]
        for chunk in self.story.chunks[: deed.chunk]:
            here = self._in(chunk.index)
            changes = any(event.predicate == "change" and event.roles["agent"] == who for event in here)
            seen = next((event for event in here if who in in_person(event)), None)
            if chunk.flashback or changes or seen is None:
                continue
            for filler in here:
                others = [event for event in here if event is not filler]
                kept = {id for event in others for id in in_person(event)} | {who}
                if filler.predicate in FILLERS - {"introduce"} and kept.issuperset(filler.tags):
                    yield filler, seen

    def _put_plan(self, filler: Event, seen: Event, deed: Event) -> None:
        who = deed.roles["agent"]
        roles = {"agent": who, "deed": deed.predicate}
        roles |= {role: value for role, value in deed.roles.items() if role != "agent"}
        if deed.predicate == "hide":
            roles["place"] = self.story.chunks[deed.chunk].place
        tags = (who,) if who in seen.tags else ()
        self.events[filler.id] = replace(
            filler, predicate="plan", roles=roles, looks={who: seen.looks[who]}, tags=tags, said=True
        )
        number = len(self.story.links) + len(self.links)
        gap = deed.chunk - filler.chunk
        self.links.append(Link(f"l{number}", "plan-carried-out", (filler.id, deed.id), gap))

    # -- promises, claims and names ----------------------------------------------------------------------------------

    def hide_what_is_said(self) -> None:
        """Empty a share of the speech bubbles."""
        for event in list(self.events.values()):
            if event.predicate in ("promise", "claim") and self._is_said(event.id):
                self.events[event.id] = replace(event, said=True)

    def name(self) -> None:
        """Take away a share of the name tags, where somebody can say the name in the same chunk."""
        for chunk in self.story.chunks:
            new = dict.fromkeys(id for event in self._in(chunk.index) for id in event.tags)
            for who in new:
                if self._is_said(f"name {who}"):
                    self._say_name(chunk.index, who)

    def _say_name(self, chunk: int, who: str) -> None:
        here = self._in(chunk)
        changes = any(event.predicate == "change" and event.roles["agent"] == who for event in here)
        own = [event for event in here if event.predicate in ALONE - {"introduce"} and event.roles["agent"] == who]
        # Whoever says it is somebody else, and nothing else is said meanwhile.
        busy = {naming.event for naming in self.namings}
        silent = [e for e in here if who in in_person(e) and not wordings(self.story, e) and e.id not in busy]
        others = [id for event in here for id in in_person(event) if id != who]
        if own and not changes:
            self.events[own[0].id] = replace(own[0], predicate="introduce", said=True)
        elif silent and others:
            self.namings.append(_Naming(silent[0].id, self._rng(f"who names {who}").choice(others), who))
        else:
            return
        for event in self._in(chunk):
            self.events[event.id] = replace(event, tags=tuple(id for id in event.tags if id != who))

    # -- lines -------------------------------------------------------------------------------------------------------

    def told(self) -> Story:
        """The story with all that is said in it."""
        chunks = tuple(replace(chunk, events=tuple(self._in(chunk.index))) for chunk in self.story.chunks)
        return replace(
            self.story, chunks=chunks, links=(*self.story.links, *self.links), lines=tuple(self._lines(self.events))
        )

    def _lines(self, events: Mapping[str, Event]) -> Iterator[Utterance]:
        named = {naming.event: naming for naming in self.namings}
        for event in events.values():
            rng = self._rng(f"line {event.id}")
            if ways := wordings(self.story, event):
                # Who says its own name is no name yet.
                labelled = event.predicate != "introduce" and rng.random() < LABELLED
                yield _line(event, event.roles["agent"], rng.choice(ways), labelled)
            elif (naming := named.get(event.id)) is not None:
                name, look = self.story.figure(naming.names).name, event.looks[naming.names]
                line = _line(event, naming.speaker, rng.choice(namings(name, look)), rng.random() < LABELLED)
                yield replace(line, names=naming.names)


def _line(event: Event, speaker: str, text: str, labelled: bool) -> Utterance:
    start = event.start + BEFORE
    end = min(start + A_BREATH + A_WORD * len(text.split()), event.end - AFTER)
    return Utterance(event.id, round(start, 3), round(end, 3), speaker, text, labelled)
