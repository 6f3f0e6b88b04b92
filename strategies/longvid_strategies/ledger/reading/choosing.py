"""Which links are told: the LLM sorts them into threads and weighs these, and code takes of every thread what it is
worth; then each link that is to be told is held against the sentences that it rests on.

Where not all links fit into one question, groups of neighbours are sorted each, and then the names of their threads are
read together: which are one thread. Where an answer cannot be read, code ranks: links that settle something before
echoes, those of marked facts first, far ones before near ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest

from longvid.strategy import Context, in_waves, pack, split, terms
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import CELL, NONE, NUMBERS, Form, Unread, ask, cells, numbers
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.sources import Source

WEIGHTS = (
    "A: the story is not understood without it, such as who did it and how it is found out, who somebody really is, "
    "what is behind a death, a theft or a lie. B: something is hidden, handed over, lost, promised, threatened, owed, "
    "planned or foretold, and something comes of it; somebody at last does what they did not do before; a small cause "
    "has a great effect. C: a gesture, phrase, gift or animal comes back.\n"
)
THREADS = (
    "Connections that were found in a film, in the film's order, each with the parts that it joins:\n{links}\n\n"
    "Sort them into the threads of the story, great and small. One line a thread, at most {most} lines, the weightiest "
    "first:\n"
    "A, B or C | name of the thread, in at most eight words | numbers of its connections, the best first\n"
    f"{WEIGHTS}"
    "The best is the one that names both the beginning and what it turns out to mean, or what comes of it in the end. "
    "At most four numbers a thread; leave out what says the same as another, what is merely alike, and what only "
    "prepares. What becomes of another person or another thing is another thread, and so is each clue."
)
THREADS_FORM = Form("A, B or C | name of the thread | numbers", rf"[ABC] \| {CELL} \| {NUMBERS}")
SAME = (
    "Threads of the story of one film, noted stretch by stretch by people who knew one stretch each; behind each the "
    "parts from its first beginning to where it comes out:\n{threads}\n\n"
    "Many are one thread, noted several times. A synopsis has room for {most} threads. Write the {most} that it should "
    "tell, each once, the weightiest first:\n"
    "A, B or C | name of the thread, in at most eight words | numbers of its lines, first the one that joins its "
    "beginning to how it comes out\n"
    f"{WEIGHTS}"
    "One thread is one promise, one thing, one clue, one secret or one person; another one is another thread, also "
    "where both lead to the same end. Let every person and thing whose story comes to an end have its place before "
    "one thread is told from all its sides."
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
HOLDS_FORM = Form("number | yes, no or partly", rf"[0-9]+ \| (yes|no|partly)( \| {CELL})?")
THREAD_TOKENS, SAME_TOKENS, HOLD_TOKENS = 420, 600, 360
WORTH = ((3.0, 0.9, 0.5, 0.2), (2.0, 0.7, 0.4, 0.1), (1.2, 0.2, 0.1, 0.1), (0.8, 0.1, 0.1, 0.1))
"""What the first, second and further connections of a thread are worth, for A, B, C and threads that were left out
where they were read together: one of every thread comes before a second of any."""
LEFT = 3
NAME_WORDS = 10
"""Words of a thread's name that are shown."""
SPARE = 2.5
"""Threads that groups may name together, as a share of the links that are told: many are named by several groups."""
LEAST_THREADS, MOST_THREADS = 8, 28
"""Threads that one answer may name."""
NEAR = 2
"""Parts: what lies nearer stands in one stretch of the story anyway, and is chosen only where there is little else."""
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


@dataclass(frozen=True, slots=True)
class Thread:
    """Links of one thread of the story, the best first; `weight` is a place in WORTH."""

    name: str
    links: tuple[Link, ...]
    weight: int


async def choose(context: Context, links: Sequence[Link], facts: Sequence[Fact], n: int) -> tuple[list[Link], int]:
    """`links` that are worth telling, the weightiest first, where about `n` can be told; and how many answers were
    unread."""
    far = [link for link in links if facts[link.facts[-1]].chunk - facts[link.facts[0]].chunk >= NEAR]
    left = far if len(far) >= n + max(2, n // 6) else list(links)
    if len(left) <= 1:
        return left, 0
    wanted = round(SPARE * (n + max(2, n // 6)))
    groups = _groups(context, left, facts, least=-(-min(len(left), wanted) // MOST_THREADS))
    most = min(MOST_THREADS, max(LEAST_THREADS, round(wanted / len(groups))))
    answers = await in_waves(context, [partial(_threads, context, group, facts, most) for group in groups])
    unread = sum(bad for _, bad in answers)
    lists, rest = [threads for threads, _ in answers], list[Link]()
    while len(lists) > 1:
        # Neighbours first: they are most likely to have noted the same.
        sizes = [_size(context, threads, facts) for threads in lists]
        packed = pack(sizes, max(1, _same_room(context)), least=2)
        for group in packed:
            rest += _cut(context, [lists[i] for i in group], facts)
        # Before the last question nobody knows what the others have.
        most = n if len(packed) == 1 else 2 * n
        joins = [partial(_joined, context, [lists[i] for i in group], facts, most) for group in packed]
        answers = await in_waves(context, joins)
        lists, unread = [threads for threads, _ in answers], unread + sum(bad for _, bad in answers)
    # What a question had no room for stands behind what was chosen.
    return [*by_worth([pointed(thread) for thread in lists[0]]), *rest], unread


def pointed(thread: Thread) -> Thread:
    """`thread` with the name before what its best link says, and beside it what the second one says, since the best may
    lack the point or the beginning; it rests on both. What the LLM named is held against the sources with the rest."""
    best, *others = thread.links
    name = "" if terms(thread.name) <= terms(best.text) else thread.name
    early = {id for link in (best, *others[:1]) for id in link.facts} - {*best.late}
    beside = others[0].text if others else ""
    return replace(thread, links=(replace(best, early=tuple(sorted(early)), name=name, beside=beside), *others))


def by_worth(threads: Sequence[Thread]) -> list[Link]:
    """The links of `threads` by what they are worth; of equals those of the first thread first."""
    valued = [
        (WORTH[thread.weight][min(place, len(WORTH[0]) - 1)], link)
        for thread in threads
        for place, link in enumerate(thread.links)
    ]
    return [link for _, link in sorted(valued, key=lambda one: -one[0])]


def _cut(context: Context, lists: Sequence[list[Thread]], facts: Sequence[Fact]) -> list[Link]:
    """Take from `lists` what one question has no room for, the lightest and last first; the links of what was taken."""
    taken: list[Thread] = []
    while sum(_size(context, threads, facts) for threads in lists) > _same_room(context):
        longest = max(lists, key=lambda threads: (threads[-1].weight, len(threads)) if threads else (-1, 0))
        if len(longest) < 2:
            break
        taken.append(longest.pop())
    return by_worth(list(reversed(taken)))


async def _joined(
    context: Context, lists: Sequence[list[Thread]], facts: Sequence[Fact], most: int
) -> tuple[list[Thread], int]:
    """The threads of `lists` in one list, those joined that the LLM says are one, the `most` that it chooses first; and
    whether that was not read."""
    # The first of every list, then the second: where the answer breaks off or is not read, no stretch stands behind.
    given = [thread for rank in zip_longest(*lists) for thread in rank if thread is not None]
    given.sort(key=lambda thread: thread.weight)
    if len(lists) < 2:
        return given, 0
    shown = sorted(given, key=lambda thread: (thread.links[0].at, thread.links[0].early))
    listed = "\n".join(_thread_line(number, thread, facts) for number, thread in enumerate(shown, 1))
    try:
        prompt = SAME.format(threads=listed, most=min(most, len(shown)))
        found = await ask(context, prompt, SAME_TOKENS, partial(_row, most=len(shown)), THREADS_FORM, none=False)
    except Unread:
        return given, 1
    taken: set[int] = set()
    threads: list[Thread] = []
    for weight, name, ids in sorted(found, key=lambda one: one[0]):
        fresh = [shown[i] for i in dict.fromkeys(ids) if i not in taken]
        taken |= set(ids)
        if fresh:
            # The first link of every line before the second of any.
            ranks = zip_longest(*(thread.links for thread in fresh))
            links = dict.fromkeys(link for rank in ranks for link in rank if link is not None)
            threads.append(Thread(name, tuple(links), weight))
    left = [replace(thread, weight=LEFT) for i, thread in enumerate(shown) if i not in taken]
    return [*threads, *left], 0


def _row(line: str, most: int) -> list[tuple[int, str, list[int]]]:
    """Weight, name and places of a line of an answer about threads."""
    found = cells(line)
    letter = re.match(r"\W*([ABC])\b", found[0]) if len(found) > 2 else None
    ids = [i - 1 for i in numbers(found[-1]) if 1 <= i <= most]
    return [("ABC".index(letter[1]), " ".join(found[1].split()[:NAME_WORDS]), ids)] if letter and ids else []


def _thread_line(number: int, thread: Thread, facts: Sequence[Fact]) -> str:
    parts = [facts[id].chunk + 1 for id in thread.links[0].facts]
    return f"{number}. {'ABC'[thread.weight]}: {thread.name} ({min(parts)} to {max(parts)})"


def _size(context: Context, threads: Sequence[Thread], facts: Sequence[Fact]) -> int:
    return sum(context.count(_thread_line(100, thread, facts) + "\n") for thread in threads)


def _same_room(context: Context) -> int:
    return context.limits.context - context.count(SAME.format(threads="", most=99)) - SAME_TOKENS


def _room(context: Context) -> int:
    return context.limits.context - context.count(THREADS.format(links="", most=99)) - THREAD_TOKENS


def _sizes(context: Context, links: Sequence[Link], facts: Sequence[Fact]) -> list[int]:
    return [context.count(_line(1000, link, facts) + "\n") - context.count("") for link in links]


def _groups(context: Context, links: Sequence[Link], facts: Sequence[Fact], least: int) -> list[list[Link]]:
    """`links` in even runs that one question holds, `least` or more."""
    packed = pack(_sizes(context, links, facts), max(1, _room(context)), least=1)
    return [[links[i] for i in group] for group in split(len(links), max(least, len(packed) + (len(packed) > 1)))]


def _line(number: int, link: Link, facts: Sequence[Fact]) -> str:
    parts = sorted({facts[id].chunk + 1 for id in link.facts})
    return f"{number}. ({', '.join(map(str, parts[:5]))}) {link.text}"


async def _threads(
    context: Context, links: Sequence[Link], facts: Sequence[Fact], most: int
) -> tuple[list[Thread], int]:
    """`links` by threads, weightiest first; each for itself where the answer cannot be read, which counts 1."""
    listed = "\n".join(_line(number, link, facts) for number, link in enumerate(links, 1))
    prompt = THREADS.format(links=listed, most=most)
    try:
        found = await ask(context, prompt, THREAD_TOKENS, partial(_row, most=len(links)), THREADS_FORM, none=False)
    except Unread:
        return [Thread(_short(link), (link,), 0 if link.strong else 2) for link in ranked(links, facts)], 1
    taken: set[int] = set()
    threads: list[Thread] = []
    for weight, name, ids in sorted(found, key=lambda one: one[0]):
        fresh = [i for i in dict.fromkeys(ids) if i not in taken]
        taken |= set(fresh)
        if fresh:
            threads.append(Thread(name or _short(links[fresh[0]]), tuple(links[i] for i in fresh), weight))
    return threads, 0


def _short(link: Link) -> str:
    return " ".join(link.text.split()[:NAME_WORDS])


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
    asked = [i for i, link in enumerate(links) if allowed(link.whole)]
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
            whole = text if text[-1] in ".!\"'\u201d" else f"{text}."
            held[asked[place]] = replace(link, text=whole, name="", beside="")
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
    who = [cast.identity(i) for i in cast.who(link.whole)][:5]
    lines = [link.whole, *(f"   part {source.part}: {source.text}" for source in cited)]
    return "\n".join([*lines, *(f"   who is who: {row}" for row in who)])
