"""What the merging strategies tell an LLM that does what it is told; and whether theirs is one.

Every prompt that merges asks the same four things, which stand here once: to introduce each figure once and to learn
names, to say how later events belong to earlier ones, to tell the story alone, and what `Said:` marks. Beside them the
strategies keep terse prompts of their own: an LLM that was made for one kind of films answers those that it was trained
on, and a small context has no room for more.
"""

from __future__ import annotations

from typing import TypedDict

from longvid.strategy import Context, Limits

LEAST_CONTEXT = 1000
"""Tokens of the LLM; with fewer the longer prompts would take from the sources."""
MOST_CHILDREN = 20
"""A `fan_in` that says: as many as fit."""
CHILDREN, TERSE_CHILDREN = 12, 4
"""What that is: of more no LLM keeps track; and what those answer well that were made for one kind of films."""

IN_ORDER = "These are descriptions of consecutive parts of a film, in order."
WHO = (
    "A figure may be described in several of them: introduce each once, by name or look, and call it the same from "
    "then on. Where a name becomes known later, say once whose it is, and use it from there on."
)
LEARN = (
    "Call each figure the same as before; but where its name becomes known, say once whose it is, and use that name "
    "from then on."
)
LINKS = "Say how later events belong to earlier ones: what is paid off, revealed, kept or broken."
KEEP = "Keep who does what to whom and where, and what is hidden, promised, handed over or not yet explained."
STORY = "Tell the story alone, with no word about parts, descriptions or a video, and add nothing that they do not say."
SAID = 'Behind "Said:" stands what is spoken, with the speaker in brackets where that is known.'
MERGE = "Merge them into one description of about {words} words."
WHOLE = "Write the summary of the film in about {words} words, in the order of events, from its beginning to its end."
PART = (
    "Write section {part} of {parts} of the summary of the film in about {words} words, in the order of events. Only "
    "section {parts} comes to the end of the film."
)
BEFORE = (
    "Already written of the summary: {before}\nGo on from there, call everyone as it does, and introduce nobody again."
)
FIRST_STRETCH = "Summarize these descriptions of the first parts of a film, in order, in about {words} words."
NEXT_STRETCH = (
    "Part 1 is the summary of a film so far; the other parts describe what comes next, in order. Write the whole "
    "summary anew in about {words} words: about {old} words for what part 1 tells, shortening it evenly if it is "
    "longer, and about {new} words for what comes next."
)
ADDITIONS = (
    "Part 1 is the summary of a film so far; the other parts describe what comes next, in order. Write only the "
    "sentences that have to be added to the summary, at most {words} words, and do not repeat it."
)
FIRST_NOTES = (
    "These are descriptions of the first parts of a film, in order. Take notes for somebody who will write the "
    "summary of the whole film and sees nothing else: at most {words} words, in order, with how everyone looks."
)
NEXT_NOTES = (
    "Part 1 is what was noted of a film so far; the other parts describe what comes next, in order. Hand on the "
    "notes for somebody who will write the summary of the whole film and sees nothing else: the old notes and the "
    "new events in order, at most {words} words. Shorten what matters least."
)
OUTLINE_LINE = "Say in at most {words} words what happens in them: who does what to whom, and where."
EVERYTHING = (IN_ORDER, PART, WHO, LINKS, KEEP, STORY, SAID, BEFORE)
"""No instruction of a tree is longer."""


class Orders(TypedDict):
    """Instructions of a `Tree`."""

    node: str
    top: str
    part: str


def is_told(context: Context) -> bool:
    """Whether the LLM gets the instructions of this module, and its context is used as far as it goes."""
    return "instruct" in context.capabilities and context.limits.context >= LEAST_CONTEXT


def order(context: Context, *sentences: str) -> str:
    """An instruction of `sentences`, and what marks dialogue where there is any."""
    return " ".join([*sentences, *([SAID] if "dialogue" in context.capabilities else [])])


def merging(context: Context, what: str = IN_ORDER) -> str:
    """To merge sources, which `what` describes, into one text that is merged again."""
    return order(context, what, MERGE, WHO, LINKS, KEEP, STORY)


def whole(context: Context, what: str = IN_ORDER) -> str:
    """To write the summary of the film from its sources."""
    return order(context, what, WHOLE, WHO, LINKS, STORY)


def part(context: Context, what: str = IN_ORDER) -> str:
    """To write one of several parts of the summary."""
    return f"{order(context, what, PART, WHO, LINKS, STORY)}\n{BEFORE}"


def orders_for(context: Context, *, node: str, top: str, of: str = IN_ORDER, below: str = IN_ORDER) -> Orders:
    """What a tree asks for: as this module says it, of leaves and nodes that `below` describes and under the top `of`;
    or tersely, as `node` and `top` say it."""
    if not is_told(context):
        return {"node": node, "top": top, "part": ""}
    return {"node": merging(context, below), "top": whole(context, of), "part": part(context, of)}


def children(context: Context, fan_in: int, fit: int = CHILDREN) -> int:
    """Most children of a tree's node by the setting `fan_in`; `fit` are as many as ever fit."""
    if fan_in < MOST_CHILDREN:
        return fan_in
    return fit if is_told(context) else TERSE_CHILDREN


def fewest_children(fan_in: int) -> int:
    """The same before there is a context, for estimates: calls for no more children are the most calls."""
    return min(fan_in, TERSE_CHILDREN) if fan_in == MOST_CHILDREN else fan_in


def longest(limits: Limits, terse: str) -> str:
    """The longest instruction that an LLM of these limits may get, for estimates: `terse`, or one of this module."""
    return terse if limits.context < LEAST_CONTEXT else max(terse, " ".join(EVERYTHING), key=len)


def first_stretch(context: Context) -> str:
    """To begin a running summary."""
    return order(context, FIRST_STRETCH, WHO, KEEP, STORY)


def next_stretch(context: Context) -> str:
    """To write a running summary anew: {old} words for what it tells and {new} for what comes next."""
    return order(context, NEXT_STRETCH, LEARN, LINKS, STORY)


def additions(context: Context) -> str:
    """To write what a running summary lacks, alone."""
    return order(context, ADDITIONS, LEARN, LINKS, STORY)


def first_notes(context: Context) -> str:
    """To begin notes of a film for whoever writes its summary."""
    return order(context, FIRST_NOTES, WHO, KEEP, STORY)


def next_notes(context: Context) -> str:
    """To hand notes on with what comes next."""
    return order(context, NEXT_NOTES, LEARN, LINKS, KEEP, STORY)


def from_notes(context: Context) -> str:
    """To write the summary from notes of the whole film."""
    return order(context, "Part 1 is what was noted of a whole film, in order.", WHOLE, WHO, LINKS, STORY)


def outline_line(context: Context) -> str:
    """To say in a line what happens in some minutes."""
    return order(context, IN_ORDER, OUTLINE_LINE, "Call everyone by name or look.", STORY)


def ledger_step(context: Context, terse: str) -> str:
    """`terse`, which asks for operations on the ledger's rows, and what else is wanted of them."""
    head, rows = terse.split(" Call everyone as the rows do.")
    asked = "Say in a row which earlier event it belongs to: what it pays off, reveals, keeps or breaks."
    return f"{order(context, head, LEARN, asked)}{rows}"


ROWS = "The parts are rows of a ledger of what happens in a film, in order."
