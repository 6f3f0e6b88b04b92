"""Stories of which little is filler: a film's links in a prompt short enough to be read often.

Half of what happens in a film has to be left out of a summary, and a name is shown once in twenty sentences. What is to
be learnt there, to look up who somebody is and what came before, is learnt sooner where every sentence asks for it.
"""

from __future__ import annotations

import random
from dataclasses import replace

from longvid_benchmarks.storyfilm.story import Chunk, Event, Story
from longvid_benchmarks.storyfilm.vocabulary import FILLERS


def thinned(story: Story, rng: random.Random, links: float, fillers: float, *, once: bool = False) -> Story:
    """`story` with about these shares of its links and fillers, and without the events that only other links need.

    Names are shown in the chunks where figures first appear in what is left; `once`: in the first event alone, so that
    every other one asks who it is.
    """
    kept = {link.id for link in story.links if rng.random() < links}
    needed = {id for link in story.links if link.id in kept for id in link.events}
    spare = {id for link in story.links for id in link.events} - needed
    shown: set[str] = set()
    chunks: list[Chunk] = []
    for chunk in story.chunks:
        told = [
            event
            for event in chunk.events
            if event.id in needed
            or (event.id not in spare and rng.random() < (links if event.predicate not in FILLERS else fillers))
        ]
        new = {id for event in told for id in _seen(event)} - shown
        events: list[Event] = []
        for event in told:
            tags = [id for id in _seen(event) if id in new and not (once and id in shown)]
            shown.update(tags)
            events.append(replace(event, chunk=len(chunks), tags=tuple(tags)))
        if events:
            chunks.append(replace(chunk, index=len(chunks), events=tuple(events)))
    return replace(story, chunks=tuple(chunks), links=tuple(link for link in story.links if link.id in kept))


def _seen(event: Event) -> list[str]:
    """Figures that `event` shows unmasked: not those in a speech bubble."""
    if event.predicate in ("promise", "claim"):
        return [] if event.masked else [event.roles["agent"]]
    return [id for id, look in event.looks.items() if not look.masked]
