"""What somebody is said to be going to do: "plans to hide the key", "says that she will hide the key".

For texts about films whose figures speak; elsewhere such a clause claims nothing. Knows verbs, not what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from longvid_benchmarks.storyfilm.vocabulary import DEEDS

PLANNING = frozenset({"plan", "plans", "planned", "planning", "intend", "intends", "intended", "intending"})

Frame = tuple[str, dict[str, list[str | None]]]
"""What a clause describes: a predicate, and all that can fill each role."""


class Under(Protocol):
    """A clause as far as it matters here: how it hangs on another one."""

    number: int
    infinitive: bool
    complement: bool
    modal: bool
    negative: bool

    @property
    def parent(self) -> object:
        """The clause that it hangs on, or None."""


def planned(
    clause: object, clauses: Sequence[Under], spoken: Mapping[int, Sequence[Frame]], agents: list[str | None]
) -> Iterator[Frame]:
    """The plans that `clause` tells: what the clause under it describes is what `agents` are going to do."""
    child = next((c for c in clauses if c.parent is clause and (c.infinitive or (c.complement and c.modal))), None)
    if child is None or child.negative:
        return
    for predicate, roles in spoken[child.number]:
        if predicate.split()[0] in DEEDS:
            yield f"plan {predicate}", {**roles, "agent": agents}
