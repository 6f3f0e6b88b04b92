"""Which links are told: the LLM says which of them say the same and ranks those without which the film is not
understood; then each that is to be told is held against the sentences that it rests on.

Where not all links fit into one question, groups of neighbours are ranked first and the best of each go on to the last
question. An answer that cannot be read keeps the order that code has: links that settle something before echoes, those
of marked facts first, far ones before near ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from longvid.strategy import Context, in_waves, pack, split
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import NONE, Unread, ask, cells, numbers
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.sources import Source

CHOOSE = (
    "Connections that were found in a film, in the film's order, each with the parts that it joins:\n{links}\n\n"
    "A summary has room for {n} of them. First, where several tell the same or one is a piece of another, write a line "
    "such as 5 = 12, where 5 says it best and 12 is dropped. Then write one line that begins with Best: and has the "
    "numbers of the {n} without which the film is least understood, the weightiest first: who did it and why, what is "
    "revealed, what a thing turns out to mean, promises kept or broken, how each thread of the story ends. Every "
    "thread "
    "needs one, none needs three."
)
HOLDS = (
    "Statements about a film, each with the sentences that it rests on; what is said stands in quotation marks. Each "
    "sentence was written by somebody who saw that part alone, so the same person or thing may be called otherwise.\n"
    "{blocks}\n\n"
    "Do the sentences, taken together, show that the statement is true? One line each:\n"
    "number | yes, no or partly | where partly: the statement with what they do not show left out or put right\n"
    "Yes also where it follows from them beyond reasonable doubt. No where it is a guess, or mixes up persons or "
    "things."
)
HOLDS_FORM = "number | yes, no or partly"
SAME = re.compile(r"(\d{1,4})\s*=\s*(\d{1,4}(?:\s*,\s*\d{1,4})*)")
BEST_TOKENS, HOLD_TOKENS = 260, 360
TOGETHER = 6
"""Statements held against their sentences in one question."""
SHOWN_SOURCES = 7
"""Sentences shown for each of them."""
SHARE = 0.6
"""Of the links of a group, those that go on to the last question."""


def ranked(links: Sequence[Link], facts: Sequence[Fact]) -> list[Link]:
    """`links` in the order that code gives them: weightiest first."""

    def weight(link: Link) -> tuple[bool, int, int]:
        marked = sum(facts[id].key for id in link.facts) + any(facts[id].open for id in link.early)
        return link.strong, marked, facts[link.at].chunk - facts[link.early[0]].chunk

    return sorted(links, key=lambda link: (*(-int(value) for value in weight(link)), link.at))


async def choose(context: Context, links: Sequence[Link], facts: Sequence[Fact], n: int) -> tuple[list[Link], int]:
    """The links of `links` that are worth telling, weightiest first, about `n`; and how many answers were unread."""
    if len(links) <= 1:
        return list(links), 0
    left, unread = list(links), 0
    for _ in range(3):
        groups = _groups(context, left, facts)
        if len(groups) < 2:
            break
        # More is kept than is told: the last question sees what other groups have.
        keep = [max(2, round(len(group) * max(SHARE, min(1.0, 1.5 * n / len(left))))) for group in groups]
        asked = [partial(_best, context, group, facts, k) for group, k in zip(groups, keep, strict=True)]
        answers = await in_waves(context, asked)
        unread += sum(bad for _, bad in answers)
        fewer = sorted((link for best, _ in answers for link in best), key=lambda link: (link.at, link.early))
        if len(fewer) == len(left):
            break
        left = fewer
    groups = _groups(context, left, facts)
    if len(groups) > 1:  # a context so small that the best of all cannot be asked for
        return ranked(left, facts)[: 2 * n], unread
    best, bad = await _best(context, left, facts, n)
    return best, unread + bad


def _groups(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> list[list[Link]]:
    room = context.limits.context - context.count(CHOOSE.format(links="", n=99)) - BEST_TOKENS
    sizes = [context.count(_line(1000, link, facts) + "\n") - context.count("") for link in links]
    if sum(sizes) <= room:
        return [list(links)]
    return [[links[i] for i in group] for group in split(len(links), len(pack(sizes, max(1, room), least=1)) + 1)]


def _line(number: int, link: Link, facts: Sequence[Fact]) -> str:
    parts = sorted({facts[id].chunk + 1 for id in link.facts})
    return f"{number}. ({', '.join(map(str, parts[:5]))}) {link.text}"


async def _best(context: Context, links: Sequence[Link], facts: Sequence[Fact], n: int) -> tuple[list[Link], int]:
    """The best `n` of `links`, weightiest first, after those that say the same were joined."""
    order = {id(link): i for i, link in enumerate(ranked(links, facts))}
    fallback = sorted(links, key=lambda link: order[id(link)])
    listed = "\n".join(_line(number, link, facts) for number, link in enumerate(links, 1))
    prompt = CHOOSE.format(links=listed, n=min(n, len(links)))

    def read(line: str) -> list[tuple[str, list[int]]]:
        if same := SAME.search(line):
            return [("same", [int(same[1]), *numbers(same[2])])]
        head, colon, rest = line.partition(":")
        if colon and "best" in head.lower():
            return [("best", numbers(rest))]
        return [("best", numbers(line))] if re.fullmatch(r"[\d\s,.;]+", line) else []

    try:
        found = await ask(context, prompt, BEST_TOKENS, read, "Best: numbers", none=False)
    except Unread:
        return fallback[:n], 1
    dropped: dict[int, int] = {}
    for kind, ids in found:
        ids = [i - 1 for i in ids if 1 <= i <= len(links)]
        if kind == "same" and len(ids) > 1:
            dropped |= {other: ids[0] for other in ids[1:] if other != ids[0] and dropped.get(ids[0]) != other}
    best = [i - 1 for kind, ids in found if kind == "best" for i in ids if 1 <= i <= len(links)]
    chosen = list(dict.fromkeys(_kept(i, dropped) for i in best))
    rest = [i for link in fallback if (i := next(k for k, one in enumerate(links) if one is link)) not in chosen]
    chosen += [i for i in rest if i not in dropped]
    return [_with_ends(links, i, dropped) for i in chosen][:n], 0


def _kept(index: int, dropped: Mapping[int, int]) -> int:
    for _ in range(10):
        if index not in dropped:
            break
        index = dropped[index]
    return index


def _with_ends(links: Sequence[Link], index: int, dropped: Mapping[int, int]) -> Link:
    """Link `index` with the early ends of those that were joined to it, so that what they rest on is cited too."""
    own = links[index]
    early = {*own.early, *(id for other, kept in dropped.items() if kept == index for id in links[other].early)}
    return replace(own, early=tuple(sorted(id for id in early if id < own.at)) or own.early)


async def check(
    context: Context,
    links: Sequence[Link],
    facts: Sequence[Fact],
    sources: Sequence[Sequence[Source]],
    cast: Cast,
    allowed: Callable[[str], bool],
) -> tuple[list[Link], int, int]:
    """Those of `links` that hold, put right where they hold partly; how many do not, and how many were not answered.

    What was not answered is not told: nothing that was not checked is. `allowed` says whether a sentence has only names
    and numbers that the film has.
    """
    links = [link for link in links if allowed(link.text)]
    blocks = [_block(link, facts, sources, cast) for link in links]
    room = context.limits.context - context.count(HOLDS.format(blocks="")) - HOLD_TOKENS
    groups = pack([context.count(block) for block in blocks], max(1, room), least=1, most=TOGETHER)

    async def one(group: range) -> dict[int, tuple[str, str]]:
        shown = "\n".join(f"\n{i - group.start + 1}. {blocks[i]}" for i in group)

        def read(line: str) -> list[tuple[int, str, str]]:
            found = cells(line)
            number = numbers(found[0])[:1]
            said = found[1].lower() if len(found) > 1 else ""
            word = next((word for word in ("partly", "yes", "no") if re.match(rf"\W*{word}\b", said)), None)
            if not number or word is None or not 1 <= number[0] <= len(group):
                return []
            return [(number[0] - 1 + group.start, word, found[2] if len(found) > 2 else "")]

        try:
            rows = await ask(context, HOLDS.format(blocks=shown), HOLD_TOKENS, read, HOLDS_FORM, none=False)
        except Unread:
            return {}
        return {i: (word, text) for i, word, text in rows}

    verdicts: dict[int, tuple[str, str]] = {}
    for answer in await in_waves(context, [partial(one, group) for group in groups]):
        verdicts |= answer
    held: list[Link] = []
    for i, link in enumerate(links):
        word, text = verdicts.get(i, ("", ""))
        if word == "yes":
            held.append(link)
        elif word == "partly" and len(text.split()) > 4 and not NONE.fullmatch(text) and allowed(text):
            held.append(replace(link, text=text if text[-1] in ".!\"'\u201d" else f"{text}."))
    return held, sum(word in ("no", "partly") for word, _ in verdicts.values()), len(links) - len(verdicts)


def _block(link: Link, facts: Sequence[Fact], sources: Sequence[Sequence[Source]], cast: Cast) -> str:
    """A statement with what it rests on: the sentences of its facts, and who the named ones are."""
    cited: list[Source] = []
    for end in (link.late, link.early):
        for id in end:
            fact = facts[id]
            cited += [source for source in sources[fact.chunk] if source.number in fact.sources and source not in cited]
    cited = sorted(cited[:SHOWN_SOURCES], key=lambda source: (source.chunk, source.number))
    part = facts[link.at].chunk + 1
    who = [cast.row(i, max(part, 1)) for i in cast.who(link.text, part)][:4]
    lines = [link.text, *(f"   part {source.part}: {source.text}" for source in cited)]
    return "\n".join([*lines, *(f"   who: {row}" for row in who)])
