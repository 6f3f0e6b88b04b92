"""A made-up film for the conformance kit: people, places and things that come back, as captions, lines and dialogue.

Ordinary English, so that strategies that read names, looks and rows by code find some. The same seed tells the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from longvid.film import Chunk, Cue

SECONDS = 60.0
"""Length of a chunk."""
PEOPLE = (
    ("Ada", "woman in a green coat", "She"),
    ("Tom", "old man with a white beard", "He"),
    ("Mira", "girl with a red scarf", "She"),
    ("Victor", "tall man in a grey suit", "He"),
    ("", "masked figure in a black hood", "It"),
)
PLACES = ("kitchen", "harbour", "library", "garden", "railway station", "attic")
THINGS = ("silver key", "letter", "revolver", "leather suitcase", "photograph", "lantern")
DEEDS = (
    "hides the {thing} under a loose board",
    "finds the {thing} behind the door",
    "gives the {thing} to the {other}",
    "talks to the {other} about the {thing}",
    "walks to the window and looks out",
    "promises the {other} to come back with the {thing}",
    "puts the {thing} on the table and leaves",
)
WORDS = (
    "Did you see the {thing}?",
    "I will bring the {thing} to the {place}, {name}.",
    "{name} must never know.",
    "Well, come on.",
    "No.",
)
"""What is said, by a few of the people."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is seen in each chunk; what is said in it is its `dialogue`."""

    chunks: tuple[Chunk, ...]
    captions: tuple[str, ...]
    events: tuple[str, ...]
    """Event lines, `second | who | does what | place`, one a line."""


def tell(n: int, seed: int) -> Story:
    """A story of `n` chunks of a minute each."""
    dice, talk = random.Random(f"{n} {seed}"), random.Random(f"talk {n} {seed}")
    chunks, captions, events = [], [], []
    for index in range(n):
        start = SECONDS * index
        chunks.append(Chunk(index, start, start + SECONDS, ((start, start + SECONDS),), _dialogue(talk, start)))
        place = dice.choice(PLACES)
        sentences, lines = [f"The place is the {place}."], []
        for second in sorted(dice.sample(range(2, 58), 4)):
            (name, look, pronoun), (_, other, _) = dice.sample(PEOPLE, 2)
            deed = dice.choice(DEEDS).format(thing=dice.choice(THINGS), other=other)
            told = pronoun if sentences[-1].startswith(f"The {look}") else f"The {look}"
            sentences.append(f"{told} {deed}.")
            if name and dice.random() < 0.2:
                sentences.append(f"The {look} is called {name}.")
            lines.append(f"{second} | {look} | {deed} | {place}")
        captions.append(" ".join(sentences))
        events.append("\n".join(lines))
    return Story(tuple(chunks), tuple(captions), tuple(events))


def _dialogue(dice: random.Random, start: float) -> tuple[Cue, ...]:
    """A few cues of a chunk; in one of three there is silence."""
    found = []
    for second in sorted(dice.sample(range(2, 58, 4), dice.choice((0, 2, 4)))):
        name = dice.choice([name for name, *_ in PEOPLE if name])
        said = dice.choice(WORDS).format(thing=dice.choice(THINGS), place=dice.choice(PLACES), name=name)
        speaker = dice.choice((None, "Ada", "Victor"))
        found.append(Cue(start + second, start + second + 3, said, speaker))
    return tuple(found)
