"""What the ledger shows an LLM to find links in: which ends of true links stand before its eyes together.

A link whose ends are never shown in one question cannot be found, whoever answers. From what a finished run says of its
facts and its cast, the questions about links are asked again of nobody, and read for the chunks that they show.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

from longvid.strategy import Answer, Context, Limits
from longvid_benchmarks.oracle import prompts
from longvid_strategies.ledger.reading.candidates import Candidates, Meaning
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.graph import BACKWARD_SHARE
from longvid_strategies.ledger.reading.links import find_links

FACT = re.compile(r"^(?:Open: |   )?(\d+)\. \(part \d+\) ", re.M)
Group = frozenset[int]
"""Facts any of which tells the same part of a link, by their ids."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The facts with which a true link begins and those in which it ends, a group for each part of it."""

    early: tuple[Group, ...]
    late: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """Shares of the links, 0 to 1, by how much of them some question shows at once."""

    whole: float
    """A fact of every group of both ends."""
    ends: float
    """A fact of the one end and a fact of the other."""
    unseen: tuple[int, ...]
    """Places in the list of those of which no question shows both ends."""
    by_chance: float
    """Of two chunks of the film, how often some question shows facts of both: what a share is to be held against where
    groups are all facts of a chunk."""


def in_chunks(ledger: Mapping[str, Any], early: Iterable[int], late: Iterable[int]) -> Ends:
    """The ends of a link of which is known in which chunks, from 0, it begins and ends."""
    facts: dict[int, set[int]] = {}
    for row in ledger["facts"]:
        facts.setdefault(row["chunk"], set()).add(row["id"])
    first, last = (tuple(frozenset(facts.get(chunk, ())) for chunk in chunks) for chunks in (early, late))
    return Ends(first, last)


def by_words(ledger: Mapping[str, Any], chunks: Iterable[int], words: Sequence[Sequence[str]]) -> tuple[Group, ...]:
    """For each of `chunks` its facts that say the most of what tells one end of a link: of each of `words` any.

    Chunks of which no fact says any of it are left out.
    """
    groups = []
    for chunk in chunks:
        here = [row for row in ledger["facts"] if row["chunk"] == chunk]
        said = [sum(any(word.lower() in row["text"].lower() for word in each) for each in words) for row in here]
        most = max(said, default=0)
        if most:
            groups.append(frozenset(row["id"] for row, number in zip(here, said, strict=True) if number == most))
    return tuple(groups)


def recall(ledger: Mapping[str, Any], shown: Sequence[Group], links: Sequence[Ends]) -> Recall:
    """How much of the true `links` of a film stands together before an LLM in the questions `shown` (`views`).

    ledger : `extras.ledger` of a finished run
    """
    whole = [any(all(view & group for group in (*link.early, *link.late)) for view in shown) for link in links]
    ends = [
        any(view & frozenset().union(*link.early) and view & frozenset().union(*link.late) for view in shown)
        for link in links
    ]
    chunk = {row["id"]: row["chunk"] for row in ledger["facts"]}
    pairs = {pair for view in shown for pair in combinations(sorted({chunk[id] for id in view}), 2)}
    all_pairs = math.comb(len(set(chunk.values())), 2)
    total = max(1, len(links))
    unseen = tuple(i for i, seen in enumerate(ends) if not seen)
    return Recall(sum(whole) / total, sum(ends) / total, unseen, len(pairs) / max(1, all_pairs))


def views(
    ledger: Mapping[str, Any],
    *,
    chunks: int,
    context: int,
    count: Callable[[str], int],
    meaning: Meaning | None = None,
) -> list[Group]:
    """The facts that each question shows, of one asked backward those of each open fact by itself.

    ledger  : `extras.ledger` of a finished run over a film of `chunks` chunks
    context : tokens of the LLM, as `count` counts them
    meaning : compares facts by meaning, where the run had it
    """
    facts = [Fact(**{**row, "sources": tuple(row["sources"])}) for row in ledger["facts"]]
    known = Candidates(facts, Cast.from_json(ledger["cast"]).words, meaning)
    asked = _Nobody(Limits(context=context, caption=1, max_concurrency=8, words=1), count)
    most = max(1, round(BACKWARD_SHARE * chunks))
    asyncio.run(find_links(cast(Context, asked), known, most_back=most))
    here: dict[int, set[int]] = {}
    for fact in facts:
        here.setdefault(fact.chunk, set()).add(fact.id)
    shown: list[Group] = []
    for prompt in asked.prompts:
        match prompts.reading(prompt):
            case ("forward", places):
                shown.append(_ids(places["earlier"]) | here[int(places["part"]) - 1])
            case ("backward", places):
                shown += [_ids(f"Open: {block}") for block in places["blocks"].split("Open: ")[1:]]
    return shown


def _ids(text: str) -> Group:
    return frozenset(map(int, FACT.findall(text)))


class _Nobody:
    """As much of a Context as questions about links need; it sees no link anywhere."""

    def __init__(self, limits: Limits, count: Callable[[str], int]) -> None:
        self.limits, self.count = limits, count
        self.prompts: list[str] = []

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        self.prompts.append(prompt)
        return Answer("none", "ok", None, self.count(prompt), 1, False, "")

    def note(self, message: str, *, degraded: bool = False) -> None:
        """What a run would tell of its questions matters to nobody here."""
