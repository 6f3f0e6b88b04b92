"""How many tokens a text or a frame takes, where nobody counts them: rather too many than too few.

In text, three ASCII characters are a token, two letters of two bytes (accents, Greek, Cyrillic, Arabic), one character
of three (Chinese, Japanese, Korean and others), a third of one of four. Vocabularies of 32,000 tokens and more need
less on prose; docs/models.md has what was measured. In a picture, a square of 28 pixels is a token.
"""

from __future__ import annotations

TEMPLATE = 16
"""Tokens of a chat template around a prompt."""
PATCH = 28
AROUND_A_FRAME = 16
"""Tokens of the marks and the time beside each frame."""


def estimated(text: str) -> int:
    """Tokens that `text` takes at most, by its characters."""
    ascii_bytes = len(text.encode("ascii", "ignore"))
    if ascii_bytes == len(text):
        return -(-ascii_bytes // 3)
    sixths = 2 * ascii_bytes
    for character in text:
        point = ord(character)
        if point >= 0x80:
            sixths += 3 if point < 0x800 else 6 if point < 0x10000 else 18
    return -(-sixths // 6)


def frame_tokens(pixels: int) -> int:
    """Tokens that a frame of at most `pixels` takes, with what stands beside it."""
    return -(-pixels // PATCH**2) + AROUND_A_FRAME
