"""How many tokens a text or a frame takes, where nobody counts them: rather too many than too few.

Four ASCII letters or spaces are a token, and so is each other ASCII character: many vocabularies split numbers into
digits. Two characters of two bytes are one (accents, Greek, Cyrillic, Arabic), one of three (Chinese, Japanese, Korean
and others), a third of one of four. docs/models.md has what was measured. In a picture, a square of 28
pixels is a token.
"""

from __future__ import annotations

import string

TEMPLATE = 16
"""Tokens of a chat template around a prompt."""
PATCH = 28
AROUND_A_FRAME = 16
"""Tokens of the marks and the time beside each frame."""
SPARING = (string.ascii_letters + string.whitespace).encode()
"""Characters of which four are a token."""


def estimated(text: str) -> int:
    """Tokens that `text` takes at most, by its characters."""
    plain = text.encode("ascii", "ignore")
    quarters = len(plain) + 3 * len(plain.translate(None, SPARING))
    if len(plain) < len(text):
        for character in text:
            point = ord(character)
            if point >= 0x80:
                quarters += 2 if point < 0x800 else 4 if point < 0x10000 else 12
    return -(-quarters // 4)


def frame_tokens(pixels: int) -> int:
    """Tokens that a frame of at most `pixels` takes, with what stands beside it."""
    return -(-pixels // PATCH**2) + AROUND_A_FRAME
