"""What an act must tell and does not: the LLM compares its sentences with the lines, and writes what is missing.

A line that a sentence names may still be told by half: that somebody helps, and not that he once looked away. Code puts
the new sentences in their places, if they have no name or number of their own; knows nothing of whether they are true,
which is asked of the whole act afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from string import ascii_uppercase

from longvid.strategy import Context
from longvid_strategies.ledger.reading.acts import Act, Told
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.cited import plain, read
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import CELL, Form, Unread, ask, cells, numbers

MISSING = (
    "Who is who in a film:\n{cast}\n\nSentences of an act of its synopsis:\n{sentences}\n\n"
    "The act must tell these, each so that somebody who has not seen the film sees both the earlier thing and what "
    "becomes of it or what it turns out to mean:\n{lines}\n\n"
    "Which of them does it not tell, or tell only by half? One line for each:\n"
    "number | letter of the sentence that is to be written anew, or a letter with + for a new sentence behind it | the "
    "sentence, at most 30 words\n"
    "A sentence that is written anew keeps what it told. Add nothing that does not stand here. Of what is told write "
    "nothing; if all are told, write none.\n"
    "Example: 2 | C+ | The key that she hid under the stone opens his desk."
)
FORM = Form("number | C or C+ | sentence", rf"[0-9]+ \| [A-Z]{{1,2}}\+? \| {CELL}")
TOKENS, TOKENS_A_LINE, FEW = 300, 30, 12
"""Of the answer: at least, and for each line beyond a few that must be told."""
CAST_SHARE = 6
"""The cast may take one in so many tokens of the context."""
LABELS = [f"{first}{letter}" for first in ("", *ascii_uppercase) for letter in ascii_uppercase]
"""What sentences are called in a question: A to Z, AA to ZZ. A thousand words make some seventy sentences."""
LONGEST = 45
"""Words of a sentence that is put in."""


async def mend(context: Context, act: Act, facts: Sequence[Fact], cast: Cast, allowed: Callable[[str], bool]) -> None:
    """Put into `act` what it must tell and does not, as the LLM words it; where it says nothing of use, nothing."""
    must = [line for line in act.lines if line.must]
    told = act.told[: len(LABELS)]
    # Lines that stand as they are need no question.
    if not told or all(plain(line) in told for line in must):
        return
    shown = "\n".join(f"{i}. {line.text}" for i, line in enumerate(must, 1))
    prompt = MISSING.format(cast=people(context, act, facts, cast), sentences=lettered(told), lines=shown)

    def found(text: str) -> list[tuple[int, int, bool, str]]:
        row = cells(text)
        if len(row) < 3 or not (number := numbers(row[0])[:1]) or not 1 <= number[0] <= len(must):
            return []
        place = re.fullmatch(r"\W*([A-Z]{1,2})\s*(\+?)\W*", row[1])
        if place is None or place[1] not in LABELS[: len(told)] or not 4 < len(row[2].split()) <= LONGEST:
            return []
        return [(number[0] - 1, LABELS.index(place[1]), bool(place[2]), row[2])]

    try:
        # An act that is the whole text has many that it must tell.
        answers = await ask(context, prompt, max(TOKENS, TOKENS_A_LINE * (len(must) - FEW)), found, FORM)
    except Unread:
        return
    behind: dict[int, list[Told]] = {}
    instead: dict[int, Told] = {}
    for number, at, new, text in answers:
        old = () if new else told[at].lines
        lines = list(dict.fromkeys([*old, must[number]]))
        made = read(f"{text} [{', '.join(str(act.lines.index(line) + 1) for line in lines)}]", act, allowed)
        if len(made) != 1 or (not new and at in instead):
            continue
        if new:
            behind.setdefault(at, []).append(made[0])
        else:
            instead[at] = made[0]
    act.told = [one for i, old in enumerate(act.told) for one in (instead.get(i, old), *behind.get(i, ()))]


def lettered(told: Sequence[Told]) -> str:
    """The sentences `told`, a line each, named by letters."""
    return "\n".join(f"{label}. {one.text}" for label, one in zip(LABELS, told, strict=False))


def people(context: Context, act: Act, facts: Sequence[Fact], cast: Cast) -> str:
    """The rows of those whom the lines of an act name or who are seen in its parts, as known at its end."""
    parts = [facts[line.at].chunk + 1 for line in act.lines]
    named = cast.who(" ".join(line.text for line in act.lines))
    rest = [i for i in range(len(cast.figures)) if i not in named and set(cast.figures[i].parts) & {*parts}]
    rows: list[str] = []
    for i in [*named, *rest]:
        row = cast.row(i, parts[-1])
        if context.count("\n".join([*rows, row])) > context.limits.context // CAST_SHARE:
            break
        rows.append(row)
    return "\n".join(rows) or "(nobody is known by name)"
