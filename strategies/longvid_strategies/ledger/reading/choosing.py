"""Which links are told: the LLM sorts them into the threads of the story, and one of every thread comes before a second
one of any; then each that is to be told is held against the sentences that it rests on.

Where not all links fit into one question, groups of neighbours are sorted first and the best of each go on to the last
question. Where an answer cannot be read, code ranks: links that settle something before echoes, those of marked facts
first, far ones before near ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from longvid.strategy import Context, in_waves, pack, split
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import NONE, Unread, ask, cells, numbers
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.sources import Source

THREADS = (
    "Connections that were found in a film, in the film's order, each with the parts that it joins:\n{links}\n\n"
    "Sort them into the threads of the story, great and small: who did it and how it is found out, each thing that is "
    "hidden, handed over or passes through hands, who somebody really is, each promise, lie, debt and threat, each "
    "small cause of a great effect, each gesture, phrase, gift or animal that comes back. One line a thread, the "
    "weightiest thread first:\n"
    "name of the thread: numbers, the one that tells it best first\n"
    "The best is the one that joins a thread's beginning to its end, or to what it turns out to mean. At most three "
    "numbers a thread; leave out what repeats another, and what only prepares."
)
THREADS_FORM = "name of the thread: numbers"
HOLDS = (
    "Statements about a film, each with sentences that it rests on; what is said stands in quotation marks. Each "
    "sentence was written by somebody who saw that part alone, so the same person or thing may be called otherwise; "
    "who is who is known and stands below them.\n"
    "{blocks}\n\n"
    "Is each statement true by these sentences? One line each:\n"
    "number | yes, no or partly | only where partly: the whole statement with the wrong words put right\n"
    "Yes also where it follows from the sentences taken together, as a viewer of the film would see it, or only the "
    "wording differs. Partly only where something in it is wrong. No where persons or things are mixed up, or where it "
    "is no more than a guess."
)
HOLDS_FORM = "number | yes, no or partly"
THREAD_TOKENS, HOLD_TOKENS = 380, 360
MOST_OF_A_THREAD = 3
TOGETHER = 5
"""Statements held against their sentences in one question."""
SHOWN_SOURCES = 10
"""Sentences shown for each of them."""


def ranked(links: Sequence[Link], facts: Sequence[Fact]) -> list[Link]:
    """`links` in the order that code gives them: weightiest first."""

    def weight(link: Link) -> tuple[bool, int, int]:
        marked = sum(facts[id].key for id in link.facts) + any(facts[id].open for id in link.early)
        return link.strong, marked, facts[link.at].chunk - facts[link.early[0]].chunk

    return sorted(links, key=lambda link: (*(-int(value) for value in weight(link)), link.at))


async def choose(
    context: Context, links: Sequence[Link], facts: Sequence[Fact], n: int
) -> tuple[list[list[Link]], int]:
    """The `n` weightiest threads of `links`, each with those that tell it best; and how many answers were unread."""
    if len(links) <= 1:
        return [[link] for link in links], 0
    left, rest, unread = list(links), list[Link](), 0
    groups = _groups(context, left, facts)
    if len(groups) > 1:
        answers = await in_waves(context, [partial(_threads, context, group, facts) for group in groups])
        unread = sum(bad for _, bad in answers)
        # The weightiest threads of all groups first: no part of the film stands behind another.
        ranks = zip_longest(*(threads for threads, _ in answers), fillvalue=list[Link]())
        turns = in_turns([thread for rank in ranks for thread in rank])
        most = max(2, _holds(context, turns, facts))
        left, rest = sorted(turns[:most], key=lambda link: (link.at, link.early)), turns[most:]
    threads, bad = await _threads(context, left, facts)
    # What the last question has no room for stands behind what it chose.
    return [*threads, *([link] for link in rest)][:n], unread + bad


def in_turns(threads: Sequence[Sequence[Link]]) -> list[Link]:
    """The links of `threads`: the first of every thread in their order, then the seconds, and so on."""
    longest = max(map(len, threads), default=0)
    return [thread[i] for i in range(longest) for thread in threads if i < len(thread)]


def _room(context: Context) -> int:
    return context.limits.context - context.count(THREADS.format(links="")) - THREAD_TOKENS


def _sizes(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> list[int]:
    return [context.count(_line(1000, link, facts) + "\n") - context.count("") for link in links]


def _groups(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> list[list[Link]]:
    """`links` in even runs that one question holds."""
    packed = pack(_sizes(context, links, facts), max(1, _room(context)), least=1)
    return [[links[i] for i in group] for group in split(len(links), len(packed) + (len(packed) > 1))]


def _holds(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> int:
    """How many of `links`, from the first on, one question holds."""
    total, room = 0, _room(context)
    for count, size in enumerate(_sizes(context, links, facts)):
        total += size
        if total > room:
            return count
    return len(links)


def _line(number: int, link: Link, facts: Sequence[Fact]) -> str:
    parts = sorted({facts[id].chunk + 1 for id in link.facts})
    return f"{number}. ({', '.join(map(str, parts[:5]))}) {link.text}"


async def _threads(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> tuple[list[list[Link]], int]:
    """`links` by threads, weightiest first; each for itself where the answer cannot be read, which counts 1."""
    listed = "\n".join(_line(number, link, facts) for number, link in enumerate(links, 1))

    def read(line: str) -> list[list[int]]:
        _, colon, rest = line.rpartition(":")
        found = [i - 1 for i in numbers(rest) if 1 <= i <= len(links)] if colon else []
        return [found[:MOST_OF_A_THREAD]] if found else []

    try:
        found = await ask(context, THREADS.format(links=listed), THREAD_TOKENS, read, THREADS_FORM, none=False)
    except Unread:
        return [[link] for link in ranked(links, facts)], 1
    taken: set[int] = set()
    threads: list[list[Link]] = []
    for ids in found:
        fresh = [i for i in dict.fromkeys(ids) if i not in taken]
        taken |= set(fresh)
        if fresh:
            threads.append([links[i] for i in fresh])
    return threads, 0


async def check(
    context: Context,
    links: Sequence[Link],
    facts: Sequence[Fact],
    sources: Sequence[Sequence[Source]],
    cast: Cast,
    allowed: Callable[[str], bool],
) -> tuple[list[Link | None], int, int]:
    """`links`, each as it holds, put right where it holds partly, None where it does not; how many do not hold as they
    are, and how many were not answered.

    What was not answered is not told: nothing that was not checked is. `allowed` says whether a sentence has only names
    and numbers that the film has.
    """
    asked = [i for i, link in enumerate(links) if allowed(link.text)]
    blocks = [_block(links[i], facts, sources, cast) for i in asked]
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
    held: list[Link | None] = [None] * len(links)
    for place, (word, text) in verdicts.items():
        link = links[asked[place]]
        if word == "yes":
            held[asked[place]] = link
        elif word == "partly" and len(text.split()) > 4 and not NONE.fullmatch(text) and allowed(text):
            held[asked[place]] = replace(link, text=text if text[-1] in ".!\"'\u201d" else f"{text}.")
    return held, sum(word != "yes" for word, _ in verdicts.values()), len(asked) - len(verdicts)


def _block(link: Link, facts: Sequence[Fact], sources: Sequence[Sequence[Source]], cast: Cast) -> str:
    """A statement with what it rests on: the sentences of its facts, and who the named ones are."""
    cited: list[Source] = []
    # First what the facts come from, then what stands beside it.
    for beside in (0, 1):
        for id in (*link.late, *link.early):
            fact = facts[id]
            near = {number + step for number in fact.sources for step in range(-beside, beside + 1)}
            cited += [source for source in sources[fact.chunk] if source.number in near and source not in cited]
    cited = sorted(cited[:SHOWN_SOURCES], key=lambda source: (source.chunk, source.number))
    who = [cast.identity(i) for i in cast.who(link.text)][:5]
    lines = [link.text, *(f"   part {source.part}: {source.text}" for source in cited)]
    return "\n".join([*lines, *(f"   who is who: {row}" for row in who)])
