"""What is told, and where: the lines of the text in the film's order, in acts under a word budget.

Code decides it: the chosen links, under the facts where they pay off, and all facts, with what each is worth. Knows
nothing of wording, which is `telling`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from longvid.strategy import words_in
from longvid_strategies.ledger.reading.candidates import spread
from longvid_strategies.ledger.reading.cast import unrevealed
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link

LINK_WORDS = 26
"""Words of the text for each link that is told, about."""
LINK_SHARE = 1.0
"""Words of all links that are told, as they were found, as a share of the words of the text: in it each is shorter."""
LINE_WORDS = 14
"""Words of the text for each line that it is written from: where more are shown, all are told by halves."""
LEAST_LINES, LEAST_BESIDE = 6, 0.5
"""Lines shown at least, and beside those that must be told, as a share of these."""
ACT_WORDS = 120
"""Words of an act, about, where the context is small; and of a paragraph."""
LINK, FACT = 2.0, 1.0
"""How much of an act a line takes that says how two ends belong together, and one that says what happens."""
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
    """A link without its thread."""

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


def links_for(words: int) -> int:
    """How many links a text of `words` words can tell, about."""
    return max(3, words // LINK_WORDS)


def fitting(links: Sequence[Link], words: int) -> list[Link]:
    """Of `links`, from the first on, as many as a text of `words` words can tell."""
    total, kept = 0, list[Link]()
    for link in links:
        total += words_in(f"{link.name} {link.text}")
        if total > LINK_SHARE * words and len(kept) >= links_for(0):
            break
        kept.append(link)
    return kept


def lines_of(facts: Sequence[Fact], links: Sequence[Link], words: int) -> list[Line]:
    """What a text of about `words` words is written from, in the film's order: of `links`, the weightiest first, as
    many as it can tell; and all facts, those starred that are key or with which a link begins.
    """
    told: list[Line] = []
    called, paid = Counter[int](), set[int]()
    for rank, link in enumerate(fitting(links, words)):
        worth = 10.0 - rank / 100
        told.append(Line(link.whole, link.facts, link.at, worth, True, late=link.late, alone=link.text))
        called.update(link.early)
        paid.update(link.late)
    last = [fact.id for fact in facts if fact.chunk == facts[-1].chunk]
    ending = {id for id in last if facts[id].key} or {*last[-1:]}
    for fact in facts:
        star = fact.key or fact.id in called
        # What is called back comes before what is key: without its beginning a link is not understood.
        worth = 2.0 * min(called[fact.id], 2) + 1.5 * fact.key + 0.5 * fact.open
        if fact.id in paid and not called[fact.id]:
            # The link itself tells the moment in which it pays off.
            star, worth = False, 0.0
        # How the film ends is always told.
        told.append(Line(unrevealed(fact.text), (fact.id,), fact.id, worth, fact.id in ending, star))
    return sorted(told, key=lambda line: (line.at, line.link))


def picked(lines: Sequence[Line], words: int) -> list[Line]:
    """Those of `lines` that a text of `words` words is written from, in order: what must be told, and of the rest what
    is worth most, as many as the words tell."""
    must = sum(line.must for line in lines)
    most = max(round(words / LINE_WORDS), round((1 + LEAST_BESIDE) * must), LEAST_LINES)
    kept = set(_by_worth(lines)[:most])
    return [line for i, line in enumerate(lines) if i in kept]


def shown(act: Act, sizes: Sequence[int], room: int) -> list[Line]:
    """The lines of `act` that `room` holds of `sizes`, which are those of its lines: all that must be told, and of the
    rest what is worth most."""
    kept = set[int]()
    for i in _by_worth(act.lines):
        room -= sizes[i]
        if not act.lines[i].must and kept and room < 0:
            break
        kept.add(i)
    return [act.lines[i] for i in sorted(kept)]


def _by_worth(lines: Sequence[Line]) -> list[int]:
    """Places of `lines`: what must be told first, then by worth; those that are worth the same from everywhere, so that
    no stretch loses its end."""
    return sorted(range(len(lines)), key=lambda i: (not lines[i].must, -lines[i].worth, spread(i, len(lines))))


def acts_of(lines: Sequence[Line], words: int, longest: int = ACT_WORDS, *, whole: bool = False) -> list[Act]:
    """What is told of `lines`, in acts of about as many words, `longest` or fewer; if `whole`, in one act that may be
    written from all."""
    if not lines:
        return []
    if whole:
        return [Act([*lines], words)]
    lines = picked(lines, words)
    sizes = list(map(_size, lines))
    count = max(1, min(round(words / longest), len(lines)))
    total, acts, at = sum(sizes), [Act([])], 0.0
    for line, size in zip(lines, sizes, strict=True):
        if acts[-1].lines and at >= total * len(acts) / count and len(acts) < count:
            acts.append(Act([]))
        acts[-1].lines.append(line)
        at += size
    for act in acts:
        share = sum(map(_size, act.lines)) / total
        act.words = max(round(LEAST_SHARE * words / len(acts)), round(words * share))
    return acts


def _size(line: Line) -> float:
    return LINK if line.link else FACT
