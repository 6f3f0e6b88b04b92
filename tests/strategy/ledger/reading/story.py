"""A small story, stories of any size, and what is told of them by an LLM that copies its lines."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

from longvid_strategies.ledger.reading.acts import Line
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.telling import tell
from tests.standins import Says
from tests.strategy.ledger.reading.asked import anything, asking, by_kind, fact, figure, link

LINE = re.compile(r"^(\d+)\. (\+\+ |\* |)(.*)$", re.M)


CAST = Cast.of([figure("Anna", 1, ("woman in grey", (1,))), figure("Carl", 2, ("man in black", (2,)))])


FACTS = [
    fact(0, 0, "Anna hides a silver key under the bridge."),
    fact(1, 1, "Carl swears that he saw nobody there.", key=True),
    fact(2, 2, "A boy feeds three geese at the pond."),
    fact(3, 3, "Anna opens a desk with the silver key.", key=True),
]


OPENED = link(0, 3, "The silver key that Anna hid under the bridge opens the desk.")


LINKS = [OPENED]


def told(
    says: Says,
    lines: list[Line],
    facts: list[Fact],
    words: int,
    *,
    allowed: Callable[[str], bool] | None = None,
    cast: Cast = CAST,
    context: int = 2048,
) -> tuple[list[list[str]], dict[str, int]]:
    asked = asking(says, words=words, context=context)
    passages, counts = asyncio.run(tell(asked, lines, facts, cast, words, allowed or anything))
    return [[one.text for one in passage] for passage in passages], counts


def shown(lines: list[Line], facts: list[Fact], words: int, *, context: int = 2048) -> list[tuple[str, str, str]]:
    """The lines of all acts as the LLM is shown them: number, mark and text."""
    seen: list[tuple[str, str, str]] = []

    def write(places: Mapping[str, str]) -> str:
        seen.extend(LINE.findall(places["lines"]))
        return copies(places)

    asked = asking(by_kind(write=write, shorten="", check="none", missing="none"), context=context, words=words)
    asyncio.run(tell(asked, lines, facts, CAST, words, anything))
    return seen


def copies(places: Mapping[str, str]) -> str:
    """Each line as it is, with its number."""
    return " ".join(f"{text} [{number}]" for number, _, text in LINE.findall(places["lines"]))


def same(places: Mapping[str, str]) -> str:
    """What was to be shortened, as it is."""
    return places["text"]


def film(size: int, *, key: Callable[[int], bool] = lambda i: i % 5 == 0) -> list[Fact]:
    """Facts of twelve words that share none but small ones, four a chunk."""
    texts = [" ".join(f"w{i}x{j}" for j in range(11)) for i in range(size)]
    return [fact(i, i // 4, f"Somebody {text}.", key=key(i)) for i, text in enumerate(texts)]


def joining(facts: list[Fact], count: int) -> list[Link]:
    """Links of fifteen words, spread over the film."""
    step = len(facts) // (count + 1)
    made = []
    for i in range(1, count + 1):
        words = " ".join(f"v{i}x{j}" for j in range(13))
        made.append(link(step * (i - 1), step * i, f"Then {words} ends."))
    return made
