"""The question that every chunk is asked, and how long its answer may be.

The text is part of every key, so a changed prompt asks anew. The official caption tool asks "Please describe this video
in detail." (specification, section 8); an answer about a minute of film seldom needs more than 320 tokens.
"""

from __future__ import annotations

CAPTION = "Please describe this video in detail."
CAPTION_TOKENS = 320
