"""What the oracle answers about threads and acts: each link for itself, each thread once, the lines as they are.

Knows the forms of these prompts alone, no story: what it is shown is all that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from longvid.strategy import words_in

BRACKETS = re.compile(r" ?\[[^\[\]]*\]")
NUMBERED = re.compile(r"^(\d+)\. (.*)$", re.M)
LINE = re.compile(r"^(\d+)\. (\+\+ |\* |)(.*)$", re.M)
CALLED_BACK, STAR = "++ ", "* "
WORDY = 1.25
"""How much longer than it should be an act is written, as models do: it is to be shortened then."""


def threads(asked: Mapping[str, str]) -> str:
    """Each link for itself, all of one weight, in the film's order; those that say the same are told once."""
    first: dict[str, tuple[str, str]] = {}
    for number, line in NUMBERED.findall(asked["links"]):
        text = line.split(") ", 1)[1]
        first.setdefault(text, (number, " ".join(text.split()[:8])))
    return "\n".join(f"A | {name} | {number}" for number, name in first.values()) or "none"


def same(asked: Mapping[str, str]) -> str:
    """Each thread once: those of one name are one."""
    lines: dict[str, list[str]] = {}
    for number, text in NUMBERED.findall(asked["threads"]):
        lines.setdefault(text.partition(": ")[2].rpartition(" (")[0], []).append(number)
    return "\n".join(f"A | {name} | {', '.join(numbers)}" for name, numbers in lines.items()) or "none"


def write(asked: Mapping[str, str]) -> str:
    """The lines as they are: all links, what is starred where that is not much too long, others within the words."""
    lines = LINE.findall(asked["lines"])
    size = sum(words_in(text) for _, mark, text in lines if mark == CALLED_BACK)
    kept = {number for number, mark, _ in lines if mark == CALLED_BACK}
    for wanted, most in ((STAR, WORDY), ("", 1.0)):
        for number, mark, text in lines:
            if mark == wanted and size + words_in(text) <= most * int(asked["words"]):
                size += words_in(text)
                kept.add(number)
    told = []
    for number, _, text in lines:
        if number in kept:
            named = re.sub(r"\b[Tt]he [a-z ]+ \[(?!later )([^\[\]]+)\]", r"\1", text)
            told.append(f"{BRACKETS.sub('', named)} [{number}]")
    return " ".join(told)
