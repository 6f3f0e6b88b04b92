"""Links: which earlier facts a chunk pays off, explains, reveals, fulfils, breaks or repeats; asked in both directions.

Forward: each chunk, with the earlier facts that may belong to it. Backward: each fact that is open, with later facts
that may settle it. The LLM says what belongs together, in a sentence that names both ends; guesses are marked and not
told. Code finds what is shown (`candidates`), knows ids, and joins what says the same.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from longvid.strategy import Context, in_waves, terms
from longvid_strategies.ledger.reading.candidates import Candidates, spread
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import CELL, LETTERS, NUMBERS, Form, Unread, ask, numbers

FORWARD = (
    "Earlier facts of a film:\n{earlier}\n\nWhat happens now, in part {part}:\n{now}\n\n"
    "Think of every person, object, name, place, number, gesture, promise, lie and question of this part. Which "
    "earlier "
    "facts does it pay off, explain, reveal, answer, fulfil, break or repeat with a difference? A thing or a look that "
    "comes back under another name counts. At most {most} lines, the most important first:\n"
    "A or B | numbers of the earlier facts -> letters of the facts of this part | one sentence of at most 30 words "
    "that "
    "names both ends and says how they belong together\n"
    "A: it explains, reveals, fulfils or breaks. B: an echo. Put a ? at the end of a line that is only a guess. A "
    "letter may stand on the left too, where both ends lie in this part. If there is no connection that matters to the "
    "story, write none.\n"
    "Example: A | 3, 17 -> c | The key that Anna hid under the stone opens the desk in which she finds Carl's letter."
)
BACKWARD = (
    "Facts of a film that were left open, each with later facts that may settle it:\n{blocks}\n\n"
    "Which later facts keep, break, answer, use, find, repay or reveal what was left open? One line for each that "
    "does, "
    "at most two for each open fact:\n"
    "A or B | number of the open fact -> numbers of the later facts | one sentence of at most 30 words that names both "
    "ends and says how they belong together\n"
    "A: it settles or explains it. B: an echo. Put a ? at the end of a line that is only a guess. Write nothing of "
    "facts that nothing settles; if there is none at all, write none.\n"
    "Example: A | 3 -> 17 | The key that Anna hid under the stone opens the desk in which she finds Carl's letter."
)
FORM = Form("A | numbers -> letters | sentence", rf"[AB] \| ({NUMBERS}|{LETTERS}) -> {LETTERS} \| {CELL}")
BACK_FORM = Form("A | number -> numbers | sentence", rf"[AB] \| [0-9]+ -> {NUMBERS} \| {CELL}")
LINE = re.compile(
    r"\W*(?:\d{1,3}[.)]\s*)?([AB])\b\W*\|?\s*([^|>]+?)\s*(?:->|\u2192|=>)\s*([^|]+?)\s*\|\s*(.+)", re.IGNORECASE
)
MOST, TOKENS = 5, 380
LEAST_ROOM = 120
"""Tokens of candidates below which nothing is asked."""
LATER, MOST_OPEN = 7, 8
"""Later facts shown for each open one, and open facts in a question, however long the context: an answer has room for
two lines for each."""
LONGEST = 60
"""Words of a sentence that joins two ends."""


@dataclass(frozen=True, slots=True)
class Link:
    """Facts that belong together: `early` and `late` are their ids, `text` says how; `strong` ones are no mere echo;
    `name` is that of its thread, and `beside` says what else belongs to it."""

    early: tuple[int, ...]
    late: tuple[int, ...]
    text: str
    strong: bool
    name: str = ""
    beside: str = ""

    @property
    def whole(self) -> str:
        """All that is told of its thread: the name may have the point, what stands beside it the beginning."""
        named = f"{self.name}: {self.text}" if self.name else self.text
        return f"{named} Also: {self.beside}" if self.beside else named

    @property
    def facts(self) -> tuple[int, ...]:
        return tuple(sorted({*self.early, *self.late}))

    @property
    def at(self) -> int:
        """The fact under which it is told: the first in which it pays off."""
        return self.late[0]


def line_of(fact: Fact) -> str:
    return f"{fact.id}. (part {fact.chunk + 1}) {fact.text}"


async def find_links(context: Context, known: Candidates, *, most_back: int) -> tuple[list[Link], int]:
    """All links that the LLM sees, in the film's order; and how many answers could not be read. At most `most_back`
    questions are asked backward, of open facts from all over the film; a note says of how many none is asked."""
    chunks: dict[int, list[int]] = {}
    for fact in known.facts:
        chunks.setdefault(fact.chunk, []).append(fact.id)
    forward = [partial(_forward, context, known, ids) for ids in chunks.values()]
    groups = _groups(context, known)
    asked = sorted(sorted(range(len(groups)), key=lambda i: spread(i, len(groups)))[:most_back])
    if left := sum(map(len, groups)) - sum(len(groups[i]) for i in asked):
        context.note(f"of {left} facts that were left open nobody was asked what settles them: there are too many")
    backward = [partial(_backward, context, known, groups[i]) for i in asked]
    # Neither direction waits for the other.
    answers: list[list[Link] | None] = await in_waves(context, [*forward, *backward])
    found = [link for links in answers for link in links or ()]
    return joined(sorted(found, key=lambda link: (link.at, link.early))), sum(links is None for links in answers)


async def _forward(context: Context, known: Candidates, now: Sequence[int]) -> list[Link] | None:
    facts = known.facts
    now = now[: len(string.ascii_lowercase)]
    letters = {letter: id for letter, id in zip(string.ascii_lowercase, now, strict=False)}
    shown = "\n".join(f"{letter}. {facts[id].text}" for letter, id in letters.items())
    blank = FORWARD.format(earlier="", part=facts[now[0]].chunk + 1, now=shown, most=MOST)
    left = context.limits.context - context.count(blank) - TOKENS
    if left < LEAST_ROOM and now[0] > 0:
        return []
    chosen = known.choose(now, range(now[0]), _fits(context, facts, left))
    if not chosen and len(now) < 2:
        return []
    earlier = "\n".join(line_of(facts[id]) for id in chosen) or "(none: this is the first part)"
    prompt = FORWARD.format(earlier=earlier, part=facts[now[0]].chunk + 1, now=shown, most=MOST)
    try:
        return (await ask(context, prompt, TOKENS, partial(_link, left={*chosen}, right=letters), FORM))[: MOST + 1]
    except Unread:
        return None


def _fits(context: Context, facts: Sequence[Fact], room: int) -> Callable[[Sequence[int]], bool]:
    """Whether lines of facts take at most `room` tokens; each line is counted once."""
    sizes: dict[int, int] = {}
    empty = context.count("")

    def fits(ids: Sequence[int]) -> bool:
        total = 0
        for id in ids:
            if id not in sizes:
                sizes[id] = context.count(line_of(facts[id]) + "\n") - empty
            total += sizes[id]
            if total > room:
                return False
        return True

    return fits


@dataclass(frozen=True, slots=True)
class _Open:
    id: int
    later: tuple[int, ...]


def _groups(context: Context, known: Candidates) -> list[list[_Open]]:
    """Open facts with the later facts that may settle them, as many together as one question holds."""
    facts = known.facts
    room = context.limits.context - context.count(BACKWARD.format(blocks="")) - TOKENS
    groups: list[list[_Open]] = []
    size = 0
    for fact in facts:
        later = [other.id for other in facts[fact.id + 1 :] if other.chunk > fact.chunk]
        if not fact.open or not later:
            continue
        one = _Open(fact.id, tuple(known.choose([fact.id], later, lambda ids: len(ids) <= LATER)))
        tokens = context.count(_block(facts, one))
        if tokens > room:
            continue
        if not groups or size + tokens > room or len(groups[-1]) == MOST_OPEN:
            groups.append([])
            size = 0
        groups[-1].append(one)
        size += tokens
    return groups


def _block(facts: Sequence[Fact], one: _Open) -> str:
    return "\n".join([f"Open: {line_of(facts[one.id])}", *(f"   {line_of(facts[id])}" for id in one.later), ""])


async def _backward(context: Context, known: Candidates, group: Sequence[_Open]) -> list[Link] | None:
    prompt = BACKWARD.format(blocks="".join(_block(known.facts, one) for one in group))
    shown = {id for one in group for id in one.later}
    right = {str(id): id for id in shown}
    try:
        read = partial(_link, left={one.id for one in group}, right=right)
        return (await ask(context, prompt, TOKENS, read, BACK_FORM))[: 2 * len(group) + 2]
    except Unread:
        return None


def _link(line: str, left: set[int], right: Mapping[str, int]) -> list[Link] | None:
    """The link that `line` names; None for one that is only a guess."""
    match = LINE.match(line)
    if match is None:
        return []
    text = match[4].strip()
    if text.endswith("?"):
        return None
    if len(text.split()) > LONGEST or not re.search(r"[^\W\d_]", text):
        return []
    early = [number for number in numbers(match[2]) if number in left] + _marked(match[2], right)
    late = _marked(match[3], right)
    early = [id for id in dict.fromkeys(early) if id not in late and id < max(late, default=0)]
    if not early or not late:
        return []
    text = text if text[-1] in ".!\"'\u201d" else f"{text}."
    return [Link(tuple(sorted(early)), tuple(sorted(late)), text[:1].upper() + text[1:], match[1].upper() == "A")]


def _marked(text: str, known: Mapping[str, int]) -> list[int]:
    if all(mark.isdigit() for mark in known):
        return [known[str(number)] for number in numbers(text) if str(number) in known]
    return [known[mark] for mark in re.findall(r"(?<![^\W_])[a-z](?![^\W_])", text.lower()) if mark in known]


def joined(links: Sequence[Link]) -> list[Link]:
    """`links` with those joined that have the same ends: one of them is kept, the one that says most."""
    kept: list[Link] = []
    for link in links:
        same = next((i for i, other in enumerate(kept) if _is_same(link, other)), None)
        if same is None:
            kept.append(link)
            continue
        other = kept[same]
        best = max((link, other), key=lambda one: (one.strong, len(terms(one.text))))
        early, late = {*link.early, *other.early}, {*link.late, *other.late}
        kept[same] = replace(
            best,
            early=tuple(sorted(early - late)) or best.early,
            late=tuple(sorted(late)),
            strong=link.strong or other.strong,
        )
    return kept


def _is_same(one: Link, other: Link) -> bool:
    return bool({*one.early} & {*other.early}) and bool({*one.late} & {*other.late})
