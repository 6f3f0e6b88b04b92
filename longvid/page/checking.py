"""How well a sentence is founded in what it rests on: looked up by code when the page is made, by names and numbers.

It says nothing of verbs: "Anna robs Carl" and "Carl robs Anna" have the same names. Knows no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from longvid.page.ledger import Figure
from longvid.page.told import Part, Sentence, Told
from longvid.text.grounds import Grounds

Mark = Literal["founded", "elsewhere", "doubtful", "degraded", "uncited"]
SAYS: dict[Mark, str] = {
    "founded": "Every name and number of this sentence is in what it rests on.",
    "elsewhere": "It has a name or a number that the film tells in another part than those that it rests on.",
    "doubtful": "It has a name or a number that is nowhere in what was seen or said.",
    "degraded": "It rests on an answer that broke off, looped or said nothing.",
    "uncited": "It is not known what it rests on.",
}
WORD: dict[Mark, str] = {
    "founded": "founded",
    "elsewhere": "partly from elsewhere",
    "doubtful": "doubtful",
    "degraded": "rests on a degraded answer",
    "uncited": "no evidence kept",
}


@dataclass(frozen=True, slots=True)
class Check:
    mark: Mark

    @property
    def word(self) -> str:
        return WORD[self.mark]

    @property
    def says(self) -> str:
        return SAYS[self.mark]


def checks_of(told: Told, cast: Sequence[Figure]) -> tuple[Check, ...]:
    """One for each sentence of `told`."""
    named = [" ".join((figure.name, *figure.also, *figure.roles, figure.later)) for figure in cast]
    film = Grounds([*(words for part in told.parts for words in _texts(part)), *named])
    parts = {index: _texts(told.parts[index]) for sentence in told.sentences for index in sentence.parts}
    return tuple(Check(_mark(sentence, told.parts, parts, film)) for sentence in told.sentences)


def tally(checks: Sequence[Check]) -> list[tuple[Check, int]]:
    """How many sentences have each mark that any has, the best mark first."""
    found = Counter(checks)
    return [(check, found[check]) for check in map(Check, SAYS) if check in found]


def _mark(sentence: Sentence, parts: Sequence[Part], texts: dict[int, list[str]], film: Grounds) -> Mark:
    if not sentence.parts and not sentence.moments:
        return "uncited"
    if not film.has(sentence.text, film.strangers(sentence.text)):
        return "doubtful"
    if any(parts[index].fault for index in sentence.parts):
        return "degraded"
    cited = [*(moment.text for moment in sentence.moments), *(one for index in sentence.parts for one in texts[index])]
    here = Grounds(cited)
    return "founded" if here.has(sentence.text, here.strangers(sentence.text)) else "elsewhere"


def _texts(part: Part) -> list[str]:
    """What was seen and said in it."""
    return [
        part.caption,
        *(event.text for event in part.events),
        *(f"{line.speaker}: {line.text}" for line in part.lines),
    ]
