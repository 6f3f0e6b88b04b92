"""Errors of the model package that a user can cause or mend; each message is one line with the remedy.

Knows nothing of longvid's own error tree: whoever embeds this package catches these two and names them as it likes.
"""

from __future__ import annotations


class CheckpointError(ValueError):
    """A checkpoint is absent, incomplete, damaged or not a CogVLM2-Video checkpoint."""


class PromptTooLong(ValueError):
    """A prompt and the room kept for its answer exceed the allowed length; nothing was cut.

    Attributes:
        tokens: tokens that the prompt and its answer would take.
        limit: tokens that are allowed.
    """

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"prompt and answer take {tokens} tokens but only {limit} are allowed: shorten the text")
        self.tokens = tokens
        self.limit = limit

    def __reduce__(self) -> tuple[type[PromptTooLong], tuple[int, int]]:
        return (type(self), (self.tokens, self.limit))
