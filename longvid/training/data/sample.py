"""A sample: videos, what is said about them, and which answer is wanted. Knows no form of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, get_args

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side says. The tags that stand for videos (`<video>`) are not in it."""

    role: Role
    content: str
    learnt: bool = True
    """Whether a model is trained on it; counts for an assistant's turns alone."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A dialogue about `videos`, all of which are shown before its first question.

    Raises ValueError where it is none: its turns are one of the system at most, then questions and answers in turn,
    with an answer at the end.
    """

    videos: tuple[str, ...]
    """Paths, or addresses (`https:`, `data:`)."""
    turns: tuple[Turn, ...]
    rejected: str | None = None
    """For preference: an answer worse than that of the last turn."""
    id: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else its row says, as JSON; kept, and without meaning here."""

    def __post_init__(self) -> None:
        roles = [turn.role for turn in self.turns]
        spoken = roles[1:] if roles[:1] == ["system"] else roles
        if not set(roles) <= set(get_args(Role)):
            raise ValueError("a turn is the system's, a user's or an assistant's")
        if spoken[:1] != ["user"] or spoken[-1] != "assistant" or any(a == b for a, b in pairwise(spoken)):
            raise ValueError("turns are a user's and an assistant's one after another, the last an assistant's")
        if "system" in spoken:
            raise ValueError("the system speaks first or not at all")
        if not all(self.videos):
            raise ValueError("a video has a path")

    @property
    def system(self) -> str | None:
        """What the system says, or None."""
        return self.turns[0].content if self.turns[0].role == "system" else None

    @property
    def question(self) -> str:
        """The first thing that a user says."""
        return next(turn.content for turn in self.turns if turn.role == "user")

    @property
    def answer(self) -> str:
        """The last thing that an assistant says: the chosen one, where there is a rejected one."""
        return self.turns[-1].content
