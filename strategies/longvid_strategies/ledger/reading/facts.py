"""Facts: what happens in each chunk, each readable alone and each with the sentences and cues that it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from longvid.strategy import Context, in_waves, terms
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.lines import CELL, NUMBERS, Form, Unread, ask, cells, numbers
from longvid_strategies.ledger.reading.sources import Source, numbered

FACTS = (
    "Who is who in a film, as far as this part needs it:\n{cast}\n\n"
    "Part {part} of the film, described by somebody who saw it alone; what is said stands in quotation marks:\n"
    "{sources}\n\n"
    "Write what happens in this part as facts, one a line, in order, at most {most} lines:\n"
    "numbers of the sentences it comes from | the fact | marks\n"
    "Each fact must be readable alone: name everybody as in the list, in place of he, she and they, wherever it is "
    "clear who is meant; where it is not clear, keep the look. Where the list has a look with a name in square "
    "brackets, write both, as in: the woman in blue [Anna Weber] shuts the door. Keep every object, place, time, "
    "reason, plan, promise, warning and lie, and the words that are read or said and matter; a small thing that is "
    "shown on purpose counts. Leave out moods and the camera. Add nothing.\n"
    "Marks: key for the one or two facts without which the story cannot be understood (a death, an arrest, a theft, a "
    "confession always is); open for what is still to be settled (a promise, plan, threat, question, debt or lie; what "
    "is hidden, lost, broken, foretold or handed over). Most facts have none.\n"
    "Example: 2, 5 | Anna hides the key under the stone at the well, because Carl is coming. | key, open"
)
EXAMPLE = terms(FACTS.partition("Example:")[2])
"""Words that a fact may have copied from the question."""
FORM = Form("numbers | fact | marks", rf"{NUMBERS} \| {CELL}( \| (key|open|key, open))?")
MOST, TOKENS = 9, 420
LONGEST = 60
"""Words of a fact; more is a story."""
SUPPORTED = 0.3
"""Share of the words of a fact that its part, or who is in it, must say too; whatever says less was made up."""
CAST_SHARE = 5
"""The cast may take one in so many tokens of the context."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happens.

    sources : numbers of the chunk's sentences and cues that it comes from
    key     : the story is not understood without it
    open    : it waits for something that settles it
    """

    id: int
    chunk: int
    text: str
    sources: tuple[int, ...]
    key: bool = False
    open: bool = False


async def find_facts(
    context: Context, cast: Cast, sources: Sequence[Sequence[Source]], allowed: Callable[[str], bool]
) -> tuple[list[Fact], list[int], list[int]]:
    """The facts of all chunks in order, the chunks whose answer could not be read, and those in which the LLM says that
    nothing happens: the own sentences of both stand in its place, since what was seen must not be lost.

    `allowed` says whether a text has only names and numbers of the film; a line that has others, or is of something
    else, counts as none.
    """

    async def one(chunk: Sequence[Source]) -> list[tuple[str, tuple[int, ...], bool, bool]] | None:
        if not chunk:
            return []
        part = chunk[0].part
        told = cast.told(part, context.limits.context // CAST_SHARE, context.count)
        most = min(MOST, 2 + len(chunk))
        prompt = FACTS.format(cast=told or "(nobody is known yet)", part=part, sources=numbered(chunk), most=most)
        said = terms(" ".join([told, *(source.text for source in chunk)]))

        def holds(text: str) -> bool:
            own = terms(text)
            return allowed(text) and len(own & said) >= max(SUPPORTED * len(own), len(own & EXAMPLE))

        read = partial(_fact, most=len(chunk), holds=holds)
        try:
            return (await ask(context, prompt, TOKENS, read, FORM))[: most + 3]
        except Unread:
            return None

    answers = await in_waves(context, [partial(one, chunk) for chunk in sources])
    facts: list[Fact] = []
    unread, empty = list[int](), list[int]()
    for chunk, found in zip(sources, answers, strict=True):
        if not found and chunk:
            (unread if found is None else empty).append(chunk[0].chunk)
            found = [(source.text, (source.number,), False, False) for source in chunk]
        facts += [
            Fact(len(facts) + i, chunk[0].chunk, text, cited, key, waits)
            for i, (text, cited, key, waits) in enumerate(found)
        ]
    return facts, unread, empty


def _fact(line: str, most: int, holds: Callable[[str], bool]) -> list[tuple[str, tuple[int, ...], bool, bool]]:
    found = cells(line)
    if len(found) < 2:
        return []
    star = found[0].lstrip().startswith("*")
    cited = tuple(number for number in numbers(found[0]) if 1 <= number <= most)
    text, marks = found[1].lstrip("* "), " ".join(found[2:]).lower()
    if not cited or not re.search(r"[^\W\d_]", text) or len(text.split()) > LONGEST:
        return []
    text = text if text[-1] in ".!?\"'\u201d" else f"{text}."
    if not holds(text):
        return []
    return [(text, cited, star or "key" in marks, "open" in marks)]
