"""Through which channel a fact and a link of a story come: the picture, the words, or both.

A fact is `said` where only words tell it, `both` where a bubble shows what is said, else `shown`. A link needs hearing
if one of its ends does, or if one whom its sentence names can be called by a name alone that was only said. Knows no
summary.
"""

from __future__ import annotations

import re
from typing import Literal

from longvid_benchmarks.storyfilm.mentions import Scanner
from longvid_benchmarks.storyfilm.story import Event, Link, Story
from longvid_benchmarks.storyfilm.wording import link_sentence

Channel = Literal["shown", "said", "both"]
CHANNELS: tuple[Channel, ...] = ("shown", "said", "both")


def fact_channel(story: Story, event: Event) -> Channel:
    """How `event` can be known. Without a word in the film (`said` of 0) everything is shown."""
    if event.said:
        return "said"
    return "both" if story.said and event.predicate in ("promise", "claim") else "shown"


def link_channels(story: Story) -> dict[str, Channel]:
    """Link -> how it can be known."""
    scanner = Scanner(story)
    events = {event.id: event for event in story.events()}
    heard = _only_heard(story)
    return {link.id: _link_channel(story, link, [events[id] for id in link.events], heard, scanner)
            for link in story.links}  # fmt: skip


def _link_channel(story: Story, link: Link, ends: list[Event], heard: set[str], scanner: Scanner) -> Channel:
    channels = {fact_channel(story, event) for event in ends}
    told = set(re.findall(r"\w+", link_sentence(story, link)))
    people = {figure.id for figure in story.figures if figure.name in told}
    if "said" in channels or any(id in heard and not _is_unmistakable(id, ends, scanner) for id in people):
        return "said"
    return "both" if "both" in channels else "shown"


def _only_heard(story: Story) -> set[str]:
    """Figures whose name no tag shows."""
    tagged = {id for event in story.events() for id in event.tags}
    return {figure.id for figure in story.figures if figure.id not in tagged}


def _is_unmistakable(id: str, ends: list[Event], scanner: Scanner) -> bool:
    """Whether a look that the figure has in one of `ends` is nobody else's in the whole film."""
    shown = [
        event for event in ends if id in event.looks and (event.predicate == "unmask" or not event.looks[id].masked)
    ]
    looks = [event.looks[id] for event in shown]
    seen = [(look.colour, None if look.mark == "plain" else look.mark, look.shape) for look in looks]
    return any(scanner.who(*look) == id for look in seen)
