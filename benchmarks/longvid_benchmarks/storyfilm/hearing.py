"""Reading a film's lines without knowing its story: which event a line tells, and who is who.

For the exact reader (`solver`). Every figure that opens its mouth in the captions of a chunk says one line there, in
the same order; a line that says who somebody else is stands apart. So who speaks is known without a label too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from longvid.film import Cue
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, DEVICES, MARKS, OBJECTS, PLACES, SHAPES, SWITCHES

NAME = r"[A-Z][a-z]+"
LOOK = (
    rf"[Tt]he (?:{'|'.join(COLOURS)}) (?:(?:{'|'.join(mark for mark in MARKS if mark != 'plain')}) )?"
    rf"(?:{'|'.join(SHAPES)})"
)
THING = rf"the (?:{'|'.join(COLOURS)}) (?:{'|'.join(OBJECTS)})"
DEVICE = rf"the (?:{'|'.join(DEVICES)}) in the (?:{'|'.join(PLACES)})"
WILL = r"I (?:will|am going to)"
TURNS = {re.sub(r"^(\w+)s\b", r"\1", verb): (kind, state) for (kind, state), verb in SWITCHES.items()}
"""Base form of a verb -> device kind and state; no verb serves two kinds."""

LINES = {
    "promise": re.compile(rf"I (?:will|promise to) give (?P<object>{THING}) to (?P<to>{NAME})\."),
    "claim": re.compile(rf"(?:It was )?(?P<accused>{NAME})(?: who)? stole (?P<object>{THING})\."),
    "plan hide": re.compile(rf"{WILL} hide (?P<object>{THING}) in the chest in the (?P<place>\w+)\."),
    "plan unlock": re.compile(rf"{WILL} open (?P<device>{DEVICE}) with (?P<object>{THING})\."),
    "plan take": re.compile(rf"{WILL} take (?P<object>{THING}) out of (?P<device>{DEVICE})\."),
    "plan switch": re.compile(rf"{WILL} (?P<state>{'|'.join(TURNS)}) (?P<device>{DEVICE})\."),
    "introduce": re.compile(rf"(?:I am|My name is) (?P<name>{NAME})\."),
}
NAMING = re.compile(rf"(?:The name of )?(?P<look>{LOOK}) is (?P<name>{NAME})\.")


@dataclass(slots=True)
class Heard:
    """The lines of one chunk."""

    names: dict[str, str] = field(default_factory=dict)
    """Look -> the name that somebody else says of it."""
    lines: list[Cue] = field(default_factory=list)
    """All others, in the order in which they are said: one for each time that somebody speaks."""

    @classmethod
    def of(cls, cues: Sequence[Cue]) -> Heard:
        heard = cls()
        for cue in cues:
            naming = NAMING.fullmatch(cue.text)
            if naming is None:
                heard.lines.append(cue)
            else:
                heard.names["t" + naming["look"][1:]] = naming["name"]
        return heard


def understood(text: str) -> tuple[str, dict[str, str]] | None:
    """Which event the line tells and its roles but the agent, names for figures; for "introduce" the `name`. None for
    what tells nothing."""
    for kind, pattern in LINES.items():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        roles = match.groupdict()
        predicate, _, deed = kind.partition(" ")
        if deed:
            roles["deed"] = deed
        if deed == "switch":
            roles["state"] = TURNS[roles["state"]][1]
        return predicate, roles
    return None
