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

WEIGHTY = (
    "who did it and how it is found out, what a thing that was hidden or handed over leads to, who somebody really is, "
    "what is revealed, promises kept or broken, small causes of great effects, and how each thread of the story ends, "
    "the small ones too"
)
GRADE = (
    "Connections that were found in a film, in the film's order, each with the parts that it joins:\n{links}\n\n"
    "Which of them does a short summary need? Weighty are: {weighty}. Write three lines:\n"
    "Same: pairs that tell the very same thing, such as 5 = 12, where 5 tells it best and 12 is dropped\n"
    "Must: the numbers of those without which the film is not understood\n"
    "Good: the numbers of those that come next, one for each smaller thread\n"
    "Leave out what only recalls, prepares or repeats."
)
CHOOSE = (
    "Connections that were found in a film, in the film's order, each with the parts that it joins:\n{links}\n\n"
    "A summary has room for {n} of them. First, only where two tell the very same thing, write a line such as 5 = 12, "
    "where 5 tells it best and 12 is dropped. Then write one line that begins with Best: and has the numbers of the "
    "{n} without which the film is least understood: first one for every thread of the story, great or small, the one "
    "that tells its beginning and its end, the weightiest thread first; only then a second one of a thread, and what "
    "is left. Weighty are: {weighty}."
)
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
SAME = re.compile(r"(\d{1,4})\s*=\s*(\d{1,4}(?:\s*,\s*\d{1,4})*)")
BEST_TOKENS, HOLD_TOKENS = 260, 360
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


async def choose(context: Context, links: Sequence[Link], facts: Sequence[Fact], n: int) -> tuple[list[Link], int]:
    """The links of `links` that are worth telling, weightiest first, about `n`; and how many answers were unread."""
    if len(links) <= 1:
        return list(links), 0
    left, rest, unread = list(links), list[Link](), 0
    groups = _groups(context, left, facts, len(GRADE) - len(CHOOSE))
    if len(groups) > 1:
        answers = await in_waves(context, [partial(_graded, context, group, facts) for group in groups])
        unread = sum(bad for _, bad in answers)
        graded = [link for level in (0, 1, 2) for lists, _ in answers for link in lists[level]]
        most = max(2, _holds(context, graded, facts))
        left, rest = sorted(graded[:most], key=lambda link: (link.at, link.early)), graded[most:]
    best, bad = await _best(context, left, facts, n)
    return [*best, *rest][:n], unread + bad


def _room(context: Context) -> int:
    return context.limits.context - context.count(CHOOSE.format(links="", n=99, weighty=WEIGHTY)) - BEST_TOKENS


def _sizes(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> list[int]:
    return [context.count(_line(1000, link, facts) + "\n") - context.count("") for link in links]


def _groups(context: Context, links: Sequence[Link], facts: Sequence[Fact], more: int) -> list[list[Link]]:
    """`links` in runs that one question holds, whose instruction is `more` characters longer than that of the last."""
    sizes, room = _sizes(context, links, facts), max(1, _room(context) - max(0, more) // 3)
    if sum(sizes) <= _room(context):
        return [list(links)]
    return [[links[i] for i in group] for group in split(len(links), len(pack(sizes, room, least=1)))]


def _holds(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> int:
    """How many of `links`, from the first on, the last question holds."""
    total, count, room = 0, 0, _room(context)
    for size in _sizes(context, links, facts):
        total += size
        if total > room:
            break
        count += 1
    return count


def _line(number: int, link: Link, facts: Sequence[Fact]) -> str:
    parts = sorted({facts[id].chunk + 1 for id in link.facts})
    return f"{number}. ({', '.join(map(str, parts[:5]))}) {link.text}"


Found = tuple[str, list[tuple[int, list[int]]], list[int]]
"""A line read: its head, pairs of a number and those that it stands for, and the numbers alone."""


def _read(line: str, heads: Sequence[str]) -> list[Found]:
    head, colon, rest = line.partition(":")
    name = next((known for known in heads if colon and known in head.lower()), None)
    pairs = [(int(match[1]), numbers(match[2])) for match in SAME.finditer(line)]
    if pairs:
        return [("same", pairs, [])]
    if name is not None:
        return [(name, [], numbers(rest))]
    return [(heads[-1], [], numbers(line))] if re.fullmatch(r"[\d\s,.;]+", line) else []


async def _graded(
    context: Context, links: Sequence[Link], facts: Sequence[Fact]
) -> tuple[tuple[list[Link], list[Link], list[Link]], int]:
    """`links` by how much a summary needs them: must, good and the others; without what others tell as well."""
    order = ranked(links, facts)
    listed = "\n".join(_line(number, link, facts) for number, link in enumerate(links, 1))
    prompt = GRADE.format(links=listed, weighty=WEIGHTY)
    try:
        read = partial(_read, heads=("same", "must", "good"))
        found = await ask(context, prompt, BEST_TOKENS, read, "Must: numbers", none=False)
    except Unread:
        return ([], list(order), []), 1
    dropped = _dropped(found, len(links))
    grades: dict[int, int] = {}
    for level, head in enumerate(("must", "good")):
        for name, _, ids in found:
            for i in ids if name == head else ():
                if 1 <= i <= len(links):
                    grades.setdefault(_kept(i - 1, dropped), level)
    place = {id(link): i for i, link in enumerate(links)}
    kept = [link for link in order if place[id(link)] not in dropped]
    levels = tuple(
        [_with_ends(links, i, dropped) for link in kept if grades.get(i := place[id(link)], 2) == level]
        for level in range(3)
    )
    return (levels[0], levels[1], levels[2]), 0


async def _best(context: Context, links: Sequence[Link], facts: Sequence[Fact], n: int) -> tuple[list[Link], int]:
    """The best `n` of `links`, weightiest first, after those that say the same were joined."""
    order = {id(link): i for i, link in enumerate(ranked(links, facts))}
    fallback = sorted(range(len(links)), key=lambda i: order[id(links[i])])
    listed = "\n".join(_line(number, link, facts) for number, link in enumerate(links, 1))
    prompt = CHOOSE.format(links=listed, n=min(n, len(links)), weighty=WEIGHTY)
    try:
        found = await ask(context, prompt, BEST_TOKENS, partial(_read, heads=("best",)), "Best: numbers", none=False)
    except Unread:
        return [links[i] for i in fallback][:n], 1
    dropped = _dropped(found, len(links))
    best = [i - 1 for name, _, ids in found if name == "best" for i in ids if 1 <= i <= len(links)]
    chosen = list(dict.fromkeys([*(_kept(i, dropped) for i in best), *(i for i in fallback if i not in dropped)]))
    return [_with_ends(links, i, dropped) for i in chosen][:n], 0


def _dropped(found: Sequence[Found], count: int) -> dict[int, int]:
    """Which of `count` links are dropped, each for which other."""
    dropped: dict[int, int] = {}
    for name, pairs, _ in found:
        for kept, others in pairs if name == "same" else ():
            for other in others:
                if other != kept and 1 <= kept <= count and 1 <= other <= count and dropped.get(kept - 1) != other - 1:
                    dropped.setdefault(other - 1, kept - 1)
    return dropped


def _kept(index: int, dropped: Mapping[int, int]) -> int:
    for _ in range(10):
        if index not in dropped:
            break
        index = dropped[index]
    return index


def _with_ends(links: Sequence[Link], index: int, dropped: Mapping[int, int]) -> Link:
    """Link `index` with the early ends of those that were joined to it, so that what they rest on is cited too."""
    own = links[index]
    same = [links[other] for other, kept in dropped.items() if kept == index and links[other].at == own.at]
    early = {*own.early, *(id for other in same for id in other.early)}
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
