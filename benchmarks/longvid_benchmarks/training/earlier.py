"""The words by which roles and examples were called before: in trainings, cards and figures on disk, and in commands.

What was written then is read as if it were written now; nothing is written in these words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from longvid_benchmarks.training.example import Role

ROLE_BEFORE: dict[Role, str] = {"captioner": "watcher", "llm": "writer"}
"""Role -> its earlier name. Random numbers are still drawn under it, so that a seed gives the examples it always
gave."""
NOW: dict[str, str] = {"lessons": "examples"} | {before: role for role, before in ROLE_BEFORE.items()}
"""Earlier word -> the word of now."""


def role_of(name: str) -> Role:
    """The role called `name`, now or earlier. Raises KeyError where there is none."""
    for role, before in ROLE_BEFORE.items():
        if name in (role, before):
            return role
    raise KeyError(name)


def in_words_of_now(said: Any) -> Any:
    """`said`, as JSON gave it, with names of now for its keys and its role, however deep they stand."""
    if isinstance(said, Mapping):
        return {
            NOW.get(key, key): _role_now(value) if key == "role" else in_words_of_now(value)
            for key, value in said.items()
        }
    if isinstance(said, list):
        return [in_words_of_now(value) for value in said]
    return said


def _role_now(value: Any) -> Any:
    return NOW.get(value, value) if isinstance(value, str) else value
