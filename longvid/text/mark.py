"""The mark by which longvid knows its own caption tracks, whatever they are called and wherever they are muxed.

They tell what is seen; taken for what is said they would feed a summary to the next one.
"""

from __future__ import annotations

MARK = "\u2060\u200b\u2060\u2060\u200b\u200b\u2060\u200b\u2060"
"""Word joiners and spaces of no width: nothing to see, nothing that a player or converter drops, in no real text."""


def marked(text: str) -> str:
    """`text` with the mark before it."""
    return MARK + text


def is_marked(text: str) -> bool:
    """Whether the mark is anywhere in `text`."""
    return MARK in text
