"""Who is who: one cast for the whole film.

The LLM lists who matters in each window of neighbouring chunks, all windows at once, and then says which rows of
several lists are one person; lists are joined in a tree. Code never rewrites a row: it joins the looks, names and parts
of rows that are said to be one, and refuses to join two that were told of the same part, who are two. A face that is
hidden keeps a row of its own that knows who it turns out to be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

from longvid.strategy import Context, in_waves, pack
from longvid_strategies.ledger.reading.lines import CELL, Form, Unread, ask, cells, numbers

CAST = (
    "These are parts of a film, in order, each described by somebody who saw that part alone; what is said stands in "
    "quotation marks.\n{parts}\n\n"
    "List everybody who matters to the story, one line each, at most {most} lines:\n"
    "name, or - where none is known | number of the part that tells the name, or - | who they are in the story, at "
    "most "
    "six words | each look or wording by which they are called, with the numbers of its parts\n"
    "The same person may be called by a look in one part and by a name in another: write one line for them wherever "
    "clothes, age, role, deeds or words show that they are one. Two who are seen together are two. Somebody whose face "
    "is hidden, or who goes by a false name, keeps a line of their own.\n"
    "Example: Anna Weber | 4 | judge, Carl's sister | woman with short grey hair: 1, 4; woman in a green coat: 5"
)
FORM = Form("name | part | who they are | look: parts; look: parts", rf"{CELL} \| ([0-9]+|-) \| {CELL} \| {CELL}")
JOIN = (
    "Cast lists of one film, made from different parts of it. Number, name, who they are, looks with the parts in "
    "which "
    "they have them:\n{rows}\n\n"
    "Which rows are one person? A name found late names whoever was known by a look or a role before. Join only where "
    "role, deeds, relations or an unusual look show it; plain looks that many have show nothing, and a like look many "
    "years apart is more likely a relative. One line each:\n"
    "number = number | what shows it\n"
    "or, where a hidden face or a false name turns out to be somebody:\n"
    "number > number | what shows it\n"
    "If no two are one, write none."
)
JOIN_FORM = Form("number = number | what shows it", rf"[0-9]+ [=>] [0-9]+ \| {CELL}")
ROWS, CAST_TOKENS, JOIN_TOKENS = 12, 520, 420
ROWS_A_PART = 3
"""Rows that a list has at most for each of its parts, where there is room for more than ROWS."""
WINDOW = 8
"""Parts that one list is made from at most; fewer where they do not fit."""
LISTS = 6
"""Lists that one question joins at most."""
MOST_ROWS = 60
"""Rows of a film's cast; those with the most parts stay."""
PAIR = re.compile(r"(\d{1,3})\s*(=|>)\s*(\d{1,3})")
LOOK_WORDS = 14
LATER = "later "
"""In brackets behind a look, before the name of whom a hidden face turns out to be."""
BRACKETS = re.compile(rf" ?\[(?P<later>{LATER})?(?P<name>[^\[\]]{{1,60}})\]")


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody who matters.

    names : each with the first part that tells it, the first told first
    roles : who they are in the story, each with the first part of which it was said
    looks : each with its parts, in order
    later : what a hidden face is later known to be: the number of a row, None where it is not hidden
    """

    names: tuple[tuple[str, int], ...]
    roles: tuple[tuple[str, int], ...]
    looks: tuple[tuple[str, tuple[int, ...]], ...]
    later: int | None = None

    @property
    def parts(self) -> tuple[int, ...]:
        return tuple(sorted({part for _, parts in self.looks for part in parts} | {part for _, part in self.names}))

    @property
    def name(self) -> str:
        """The fullest form of the name that the film tells first; a look or the role where there is none."""
        if self.names:
            first = self.names[0][0]
            forms = [name for name, _ in self.names if first.split()[-1] in name.split()]
            return max(forms or [first], key=lambda name: (len(name.split()), -len(name)))
        return self.looks[0][0] if self.looks else self.role(0)

    def others(self, part: int) -> list[str]:
        """Further names, no forms of `name`, that the film has told by the part of this number."""
        own = {*self.name.split()}
        return [name for name, told in self.names if told <= part and not own & {*name.split()}]

    def role(self, part: int) -> str:
        """Who they are as far as the part of this number: what was said last before its end, else first behind it."""
        return min(self.roles, key=lambda role: (role[1] > part, abs(role[1] - part), role), default=("", 0))[0]

    def named_by(self, part: int) -> bool:
        """Whether the film has told a name by the part of this number."""
        return any(told <= part for _, told in self.names)


@dataclass(frozen=True, slots=True)
class Cast:
    """The figures of a film; `Figure.later` is an index here."""

    figures: tuple[Figure, ...] = ()
    words: frozenset[str] = field(default=frozenset())
    """The words of the names, as they are written."""

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(figure) for figure in self.figures]

    @staticmethod
    def of(figures: Iterable[Figure]) -> Cast:
        made = tuple(figures)
        names = (name for figure in made for name, _ in figure.names)
        return Cast(made, frozenset(word for name in names for word in re.findall(r"[^\W\d_]+", name)))

    @staticmethod
    def from_json(rows: Sequence[dict[str, Any]]) -> Cast:
        return Cast.of(
            Figure(
                tuple((name, part) for name, part in row["names"]),
                tuple((role, part) for role, part in row["roles"]),
                tuple((look, tuple(parts)) for look, parts in row["looks"]),
                row["later"],
            )
            for row in rows
        )

    def told(self, part: int, room: int, size: Any) -> str:
        """The rows that a question about `part` needs, within `room`: those seen in it first, then by nearness.

        A name that the film has not told by then stands in square brackets behind a look; so does, marked as later,
        what a hidden face turns out to be.
        """
        order = sorted(
            range(len(self.figures)),
            key=lambda i: (
                min((abs(p - part) for p in self.figures[i].parts), default=999),
                -len(self.figures[i].parts),
            ),
        )
        lines: list[str] = []
        for i in order:
            line = self.row(i, part)
            if size("\n".join([*lines, line])) > room:
                break
            lines.append(line)
        return "\n".join(lines)

    def row(self, index: int, part: int) -> str:
        """Row `index` as it is known by `part`."""
        figure = self.figures[index]
        worn = sorted(figure.looks, key=lambda look: (min((abs(p - part) for p in look[1]), default=999), look[1]))
        looks = "; ".join(look for look, _ in worn[:2])
        label = figure.name if figure.named_by(part) or not figure.looks else worn[0][0]
        later = ""
        if figure.later is not None:
            later = f" [{LATER}{self.figures[figure.later].name}]"
        elif figure.names and label != figure.name:
            later = f" [{figure.name}]"
        if label == figure.name and (others := figure.others(part)):
            later = f", also {', '.join(others)}{later}"
        return " | ".join(filter(None, [f"{label}{later}", figure.role(part), looks if looks != label else ""]))

    def identity(self, index: int) -> str:
        """Row `index` with all that it is known by, through the whole film."""
        figure = self.figures[index]
        known = [f"{look} (part {', '.join(map(str, parts[:3]))})" for look, parts in figure.looks[:5]]
        hidden = [
            f"{look} (part {', '.join(map(str, parts[:2]))})"
            for other in self.figures
            if other.later == index
            for look, parts in other.looks[:2]
        ]
        return f"{figure.name} is {'; '.join([*hidden, *known])}"

    def who(self, text: str) -> list[int]:
        """Rows whose names `text` says."""
        words = set(re.findall(r"[^\W\d_]+", text))
        return [
            i
            for i, figure in enumerate(self.figures)
            if any(words & {w for w in re.findall(r"[^\W\d_]+", name) if len(w) > 2} for name, _ in figure.names)
        ]


def unrevealed(text: str) -> str:
    """`text` without what gives away early who a hidden face is."""
    return BRACKETS.sub(lambda match: "" if match["later"] else match[0], text)


def unbracketed(text: str) -> str:
    """`text` without any names in square brackets: as the film tells it by then."""
    return BRACKETS.sub("", text)


def rounded(text: str) -> str:
    """`text` with names in round brackets: as it may be told once they are known."""
    return BRACKETS.sub(r" (\g<name>)", text)


async def find_cast(
    context: Context, texts: Sequence[tuple[int, str]], allowed: Callable[[str], bool]
) -> tuple[Cast, int]:
    """The cast of the film whose parts have `texts`, each with its number; and how many lists could not be read.

    `allowed` says whether a sentence has only names and numbers of the film; nobody is called otherwise.
    """
    lines = [f"Part {part}: {' '.join(text.split())}" for part, text in texts]
    lead = context.count(CAST.format(parts="", most=ROWS))
    free = context.limits.context - lead - CAST_TOKENS
    groups = pack([context.count(line) for line in lines], max(1, free), least=1, most=max(WINDOW, free // 400))
    windows = [[lines[i] for i in group] for group in groups]
    parts = [{texts[i][0] for i in group} for group in groups]

    async def one(window: Sequence[str], known: set[int]) -> list[Figure] | None:
        shown = "\n".join(window)
        most = _rows(context, CAST.format(parts=shown, most=ROWS), len(window))
        prompt, tokens = CAST.format(parts=shown, most=most), CAST_TOKENS * most // ROWS
        try:
            return (await ask(context, prompt, tokens, partial(_figure, known=known, allowed=allowed), FORM))[:most]
        except Unread:
            return None

    found = await in_waves(context, [partial(one, w, k) for w, k in zip(windows, parts, strict=True)])
    lists: list[list[Figure]] = [figures for figures in found if figures]
    unread = sum(figures is None for figures in found)
    while len(lists) > 1:
        groups = pack([_size(context, figures) for figures in lists], _join_room(context), least=2, most=LISTS)
        joined = [partial(_joined, context, [lists[i] for i in group]) for group in groups]
        answers = await in_waves(context, joined)
        lists, unread = [figures for figures, _ in answers], unread + sum(bad for _, bad in answers)
    return Cast.of(lists[0] if lists else ()), unread


def _rows(context: Context, prompt: str, parts: int) -> int:
    """How many rows the list of `parts` parts may have: more than ROWS where `prompt` leaves room for more of them."""
    left = context.limits.context - context.count(prompt)
    return max(ROWS, min(ROWS * (left // CAST_TOKENS), ROWS_A_PART * parts))


def _join_room(context: Context) -> int:
    return max(1, context.limits.context - context.count(JOIN.format(rows="")) - JOIN_TOKENS)


def _size(context: Context, figures: Sequence[Figure]) -> int:
    return context.count("\n".join(_listed(i, figure) for i, figure in enumerate(figures, 1)))


def _listed(number: int, figure: Figure) -> str:
    names = " or ".join(dict.fromkeys(name for name, _ in figure.names)) or "-"
    looks = "; ".join(f"{look}: {', '.join(map(str, parts[:6]))}" for look, parts in figure.looks[:3])
    hidden = " (hidden face)" if figure.later is not None else ""
    roles = "; ".join(role for role, _ in figure.roles[:2])
    return f"{number}. {names}{hidden} | {roles} | {looks}"


async def _joined(context: Context, lists: Sequence[list[Figure]]) -> tuple[list[Figure], int]:
    """The rows of `lists` in one list, those joined that the LLM says are one; and whether that could not be read."""
    rows: list[Figure] = []
    for figures in lists:
        start = len(rows)
        rows += [replace(f, later=None if f.later is None else f.later + start) for f in figures]
    if len(lists) < 2:
        return rows, 0
    shown = rows
    # Where not all rows fit, those that have no name and were seen least cannot be asked about.
    order = sorted(range(len(rows)), key=lambda i: (not rows[i].names, -len(rows[i].parts), i))
    while len(order) > 2 and _size(context, [shown[i] for i in order]) > _join_room(context):
        order.pop()
    asked = sorted(order)
    listed = "\n".join(_listed(number, rows[i]) for number, i in enumerate(asked, 1))

    def pair(line: str) -> list[tuple[int, str, int]]:
        match = PAIR.match(line)
        if match is None:
            return []
        one, other = int(match[1]) - 1, int(match[3]) - 1
        if one == other or not (0 <= one < len(asked) and 0 <= other < len(asked)):
            return []
        return [(asked[one], match[2], asked[other])]

    try:
        pairs = await ask(context, JOIN.format(rows=listed), JOIN_TOKENS, pair, JOIN_FORM)
    except Unread:
        return _most(rows), 1
    return _most(_union(rows, pairs)), 0


def _union(rows: Sequence[Figure], pairs: Sequence[tuple[int, str, int]]) -> list[Figure]:
    """`rows` after `pairs`: joined where that is allowed, hidden ones pointing to who they are."""
    group = list(range(len(rows)))

    def root(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    parts = {i: set(row.parts) for i, row in enumerate(rows)}
    for one, sign, other in pairs:
        a, b = sorted((root(one), root(other)))
        # Who was told of one part in two rows was seen together with the other there.
        if sign == "=" and a != b and not parts[a] & parts[b]:
            group[b] = a
            parts[a] |= parts.pop(b)
    heads = sorted({root(i) for i in range(len(rows))})
    place = {head: i for i, head in enumerate(heads)}
    later = {root(one): place[root(other)] for one, sign, other in pairs if sign == ">" and root(one) != root(other)}
    made = []
    for head in heads:
        members = [rows[i] for i in range(len(rows)) if root(i) == head]
        pointed = [place[root(m.later)] for m in members if m.later is not None]
        hidden = later.get(head, pointed[0] if pointed else None)
        made.append(replace(_merged(members), later=None if hidden == place[head] else hidden))
    return made


def _merged(rows: Sequence[Figure]) -> Figure:
    names: dict[str, int] = {}
    looks: dict[str, set[int]] = {}
    roles: dict[str, int] = {}
    for row in rows:
        for role, part in row.roles:
            roles[role] = min(part, roles.get(role, part))
        for name, part in row.names:
            names[name] = min(part, names.get(name, part))
        for look, parts in row.looks:
            looks.setdefault(look, set()).update(parts)
    return Figure(
        tuple(sorted(names.items(), key=lambda item: item[1])),
        tuple(sorted(roles.items(), key=lambda item: (item[1], item[0]))),
        tuple(
            (look, tuple(sorted(parts))) for look, parts in sorted(looks.items(), key=lambda i: min(i[1], default=0))
        ),
    )


def _most(rows: list[Figure]) -> list[Figure]:
    """The rows that are kept of a long list: no hidden face is lost and nobody to whom it points, and names, which may
    be told only once, go last."""
    if len(rows) <= MOST_ROWS:
        return rows
    needed = {j for i, row in enumerate(rows) if row.later is not None for j in (i, row.later)}
    order = sorted(range(len(rows)), key=lambda i: (i not in needed, not rows[i].names, -len(rows[i].parts), i))
    kept = sorted(order[:MOST_ROWS])
    place = {old: new for new, old in enumerate(kept)}
    return [replace(rows[i], later=place.get(-1 if (later := rows[i].later) is None else later)) for i in kept]


def _figure(line: str, known: set[int], allowed: Callable[[str], bool]) -> list[Figure]:
    """The row of a line, without what the film does not say; none where it cannot be read."""
    found = cells(line)
    if len(found) < 4:
        return []
    # Nobody asked for numbers, which would be part of the name.
    name = re.sub(r"^\W*\d{1,3}[.)]\s*", "", found[0])
    # Behind other words a capital is a name's.
    name, role = (said if allowed(f"It is {said}.") else "" for said in (name, found[2]))
    told, looks = found[1], "; ".join(found[3:])
    parsed: list[tuple[str, tuple[int, ...]]] = []
    for look in looks.split(";"):
        words, _, where = look.rpartition(":")
        parts = tuple(sorted(set(numbers(where)) & known))
        words = " ".join((words or look).split()[:LOOK_WORDS]).strip(" -")
        if words and parts and re.search(r"[^\W\d_]", words) and allowed(f"It is {words}."):
            parsed.append((words, parts))
    seen = {part for _, parts in parsed for part in parts}
    first = [part for part in numbers(told) if part in known] or sorted(seen)[:1]
    named = re.search(r"[^\W\d_]", name) is not None and first
    names = ((name.strip(" -"), first[0]),) if named else ()
    begun = min(seen | set(first), default=0)
    roles = ((role.strip(" -"), begun),) if role.strip(" -") else ()
    return [Figure(names, roles, tuple(parsed))] if names or parsed else []


def keep_cast(context: Context, cast: Cast) -> str:
    return context.keep(json.dumps(cast.as_json()))


def kept_cast(context: Context, key: str) -> Cast:
    return Cast.from_json(json.loads(context.text(key)))
