"""The questions that every chunk can be asked, how long the answers may be, and how other chunks are told of.

The text is part of every key, so a changed prompt asks anew. The official caption tool asks "Please describe this video
in detail." (specification, section 8); an answer about a minute of film seldom needs more than 320 tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

CAPTION = "Please describe this video in detail."
CAPTION_TOKENS = 320

EVENTS = (
    "List what happens in this video, one event a line, in order, at most six lines. Each line has four parts: "
    "second | who | does what | place. Call everyone by look, and by name where one is shown or said. "
    "Write only what is seen."
)
"""Asks for event lines. At most 110 tokens, so that carry, dialogue and six lines fit beside a clip (439 tokens)."""
EVENTS_TOKENS = 220

CONTINUITY = "This is told for continuity only: none of it need appear here. Describe only what is seen."
"""Stands after whatever is told of other chunks: without it models describe people who are only mentioned."""
CARRY_TOKENS = 100
"""The most that a carry adds to a question, this sentence included: 1,609 + 110 + 100 + 220 tokens fit into 2,048."""


SAID = "This is said in the video; describe what is seen, not what is said: {said}"
DIALOGUE_TOKENS = 100
"""The most that the dialogue of a chunk may add to a question."""


def carried(question: str, figures: Sequence[str], before: Sequence[str], said: Sequence[str] = ()) -> str:
    """`question` with what is told of the other chunks in front of it, all on one line.

    `figures` are people and their looks, `before` whole sentences about what comes before; the model is single-turn, so
    neither is a turn of a conversation. Both must be one line each already; so must `said`, what is said in the chunk.
    """
    told = []
    if figures:
        told.append(f"Figures of this film: {'; '.join(figures)}.")
    if before:
        told.append(f"Just before: {' '.join(before)}")
    if told:
        told.append(CONTINUITY)
    if said:
        told.append(SAID.format(said=" ".join(said)))
    return " ".join([*told, question])
