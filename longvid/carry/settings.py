"""How a run carries: the way, and the entities that the user named. Knows no prompts and no chunks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from longvid.errors import RunError
from longvid.run import key_of

Way = Literal["none", "previous", "cast"]
FORMERLY = {"gist": "previous"}
"""Earlier names of ways."""
VERSION = 1
"""Raise it when the same answers would be told in other words: an unfinished run then begins its graph anew."""


@dataclass(frozen=True, slots=True)
class Known:
    """An entity that the user knows: one line each, safe to go into a prompt."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Carry:
    """What each chunk is told: nothing, the end of the answer before it, or who is likely to be in it.

    The entities of `known` are told in every way, also with `none`.
    """

    way: Way = "none"
    known: tuple[Known, ...] = ()
    dialogue: bool = False
    """Whether it is told what is said in it."""

    @property
    def active(self) -> bool:
        """Whether any prompt can differ from the plain one."""
        return self.way != "none" or bool(self.known) or self.dialogue

    @property
    def label(self) -> str:
        """A short name that outputs can have: the way, and a hash of the known entities where there are some."""
        known = self.describe()["known"]
        label = f"{self.way}-{key_of({'known': known})[:6]}" if known else self.way
        return f"{label}-dialogue" if self.dialogue else label

    def calls(self, n: int) -> int:
        """Calls beside those of the strategy, at most, for `n` chunks: the first look that `cast` takes."""
        return n if self.way == "cast" else 0

    def describe(self) -> dict[str, object]:
        """What run.json keeps, JSON-plain, so that a later merge finds the answers again."""
        known = [[entity.name, entity.description] for entity in self.known]
        described: dict[str, object] = {"v": VERSION, "way": self.way, "known": known}
        return described | ({"dialogue": True} if self.dialogue else {})

    @staticmethod
    def described(value: object) -> Carry:
        """The carry that `describe` gave; none for a run folder from before there was one.

        Raises RunError if `value` is anything else.
        """
        if value is None:
            return Carry()
        try:
            if not isinstance(value, Mapping) or value["v"] != VERSION:
                raise ValueError
            named = FORMERLY.get(value["way"], value["way"])
            way: Way = next(known for known in get_args(Way) if known == named)
            known = tuple(Known(str(name), str(description)) for name, description in value["known"])
            return Carry(way, known, value.get("dialogue") is True)
        except (KeyError, StopIteration, TypeError, ValueError) as error:
            raise RunError(
                "run.json does not say in a way known here what the chunks were told; run summarize on the film again"
            ) from error


NO_CARRY = Carry()
"""Every chunk is asked by itself."""
