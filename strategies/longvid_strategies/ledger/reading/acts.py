"""What is told, and where: the lines of the text in the film's order, in acts under a word budget.

Code decides it: the chosen links, under the facts where they pay off, and all facts, with what each is worth. Knows
nothing of wording, which is `telling`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from longvid_strategies.ledger.reading.cast import unrevealed
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link

LINK_WORDS = 22
"""Words that a link takes when it is told so that a reader knows again what it goes back to."""
ALSO = "Also: "
MOST_OF_A_THREAD = 2
"""Links of a thread that are told together."""
ACT_WORDS = 120
"""Words of an act, about, where the context is small; and of a paragraph."""
LINK, STAR, PLAIN = 3, 2, 1
"""How much of an act a line takes, beside others."""
LEAST_SHARE = 0.5
"""Of an even share of the words, what every act has at least."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is to be told: a fact, or a link under the fact where it pays off."""

    text: str
    facts: tuple[int, ...]
    at: int
    """The fact under which it stands."""
    worth: float
    must: bool
    star: bool = False
    """Whether the story rests on it, or it is called back later."""
    late: tuple[int, ...] = ()
    """The facts in which a link pays off; empty where it is none."""
    alone: str = ""
    """A link without what else its thread has."""

    @property
    def link(self) -> bool:
        return bool(self.late)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the lines that it tells."""

    text: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Act:
    """A stretch of the text: the lines that it is written from, how many words it has, and what it tells."""

    lines: list[Line]
    words: int = 0
    told: list[Told] = field(default_factory=list)


def threads_for(words: int) -> int:
    """How many threads of links a text of `words` words can tell."""
    return max(3, words // LINK_WORDS)


def lines_of(facts: Sequence[Fact], threads: Sequence[Sequence[Link]], words: int) -> list[Line]:
    """What a text of about `words` words is written from, in the film's order: the links of `threads`, the weightiest
    first, of each the one that tells it best; and all facts, those starred that are key or with which a link begins.
    """
    told: list[Line] = []
    called: Counter[int] = Counter()
    for rank, (link, *others) in enumerate(threads[: threads_for(words)]):
        also = others[: MOST_OF_A_THREAD - 1]
        text = " ".join([link.text, *(f"{ALSO}{other.text}" for other in also)])
        rests = {id for one in (link, *also) for id in one.facts}
        worth = 10.0 - rank / 100
        told.append(Line(text, tuple(sorted(rests)), link.at, worth, True, late=link.late, alone=link.text))
        called.update({id for one in (link, *also) for id in one.facts})
    for fact in facts:
        star = fact.key or fact.id in called
        worth = 3.0 * fact.key + min(called[fact.id], 3) + 0.5 * fact.open
        told.append(Line(unrevealed(fact.text), (fact.id,), fact.id, worth, False, star))
    return sorted(told, key=lambda line: (line.at, line.link))


def spread(index: int, count: int) -> int:
    """A place for `index` such that the first few places lie all over `count`."""
    bits = max(1, count - 1).bit_length()
    return int(format(index, f"0{bits}b")[::-1], 2)


def acts_of(lines: Sequence[Line], words: int, longest: int = ACT_WORDS) -> list[Act]:
    """`lines` in acts of about as many words, `longest` or fewer."""
    if not lines:
        return []
    sizes = [LINK if line.link else STAR if line.star else PLAIN for line in lines]
    count = max(1, min(round(words / longest), len(lines)))
    total, acts, at = sum(sizes), [Act([])], 0
    for line, size in zip(lines, sizes, strict=True):
        if acts[-1].lines and at >= total * len(acts) / count and len(acts) < count:
            acts.append(Act([]))
        acts[-1].lines.append(line)
        at += size
    for act in acts:
        share = sum(LINK if line.link else STAR if line.star else PLAIN for line in act.lines) / total
        act.words = max(round(LEAST_SHARE * words / len(acts)), round(words * share))
    return acts
