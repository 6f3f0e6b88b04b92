"""The questions that every chunk can be asked, and how long the answers may be.

The text is part of every key, so a changed prompt asks anew. The official caption tool asks "Please describe this video
in detail." (specification, section 8); an answer about a minute of film seldom needs more than 320 tokens.
"""

from __future__ import annotations

CAPTION = "Please describe this video in detail."
CAPTION_TOKENS = 320

EVENTS = (
    "List what happens in this video, one event a line, in order, at most six lines. Each line has four parts: "
    "second | who | does what | place. Call everyone by look, and by name where one is shown or said. "
    "Write only what is seen."
)
"""Asks for event lines. At most 110 tokens, so that carry, dialogue and six lines fit beside a clip (439 tokens)."""
EVENTS_TOKENS = 220
