"""A summary that is too long for one answer: its parts are written one after another, each told what stands already.

So no part takes itself for the whole film, and nobody is introduced twice. What is shown of the parts before is chosen
by code: where each name stands first, and the end. Knows nothing of graphs.
"""

from __future__ import annotations

from collections.abc import Sequence

from longvid.strategy import Context, find_names, names_in, sentences

BEFORE_SHARE = 6
"""What stands already may take one of so many parts of the context."""


def part_lead(context: Context, lead: str, number: int, parts: int, words: int, written: Sequence[str]) -> str:
    """The order to write part `number` of `parts`: `lead` with its {words}, {part}, {parts} and, as {before}, what of
    the parts that are `written` the next one must know."""
    before = introduced(context, written, before_room(context))
    return lead.format(words=words, part=number, parts=parts, before=before or "(nothing yet)")


def before_room(context: Context) -> int:
    """Tokens that what stands already may take in a prompt."""
    return context.limits.context // BEFORE_SHARE


def introduced(context: Context, written: Sequence[str], room: int) -> str:
    """Those sentences of `written` in which a name stands first and those at the end, in order, at most `room` tokens;
    where there is more room, the first ones too, since looks are introduced there."""
    told = [sentence for text in written for sentence in sentences(text)]
    known, new = find_names(told), []
    for i, sentence in enumerate(told):
        if names := names_in(sentence, known):
            known -= names
            new.append(i)
    kept: list[int] = []
    left = room
    for i in dict.fromkeys([*range(len(told) - 1, -1, -1)[:1], *new, *range(len(told))]):
        size = context.count(told[i]) - context.count("")
        if size <= left:
            kept.append(i)
            left -= size
    return " ".join(told[i] for i in sorted(kept))
