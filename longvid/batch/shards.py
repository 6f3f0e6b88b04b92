"""A share of the films for each of several processes, by their content: whoever counts alike needs no driver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from longvid.batch.tasks import Task

SLURM = ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT")
STEP = "SLURM_ARRAY_TASK_STEP"


@dataclass(frozen=True, slots=True)
class Shard:
    """The `index`-th of `count` shares, counted from 1."""

    index: int = 1
    count: int = 1

    @property
    def name(self) -> str:
        """In the names of its files; empty where there is one share."""
        return "" if self.count == 1 else f"-{self.index}-of-{self.count}"

    def has(self, task: Task) -> bool:
        """Whether `task` is in this share: all that is to be done with one film is in the same one."""
        return int((task.fingerprint or task.key)[:15], 16) % self.count == self.index - 1


WHOLE = Shard()


def parse_shard(value: str) -> Shard:
    """The share that "2/4" names. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", value)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError(f"{value!r} is no share; write i/n with i from 1 to n, such as 2/4")
    return Shard(int(match[1]), int(match[2]))


def of_slurm(environment: Mapping[str, str]) -> Shard | None:
    """The share of this task of a Slurm job array; None where there is no array. Raises ValueError where its numbers do
    not follow one another."""
    if not all(environment.get(name) for name in SLURM):
        return None
    try:
        number, first, count = (int(environment[name]) for name in SLURM)
        step = int(environment.get(STEP) or 1)
        place, rest = divmod(number - first, step)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{', '.join(SLURM)} are no numbers of a job array; give --shard i/n") from None
    if rest or not 0 <= place < count:
        raise ValueError(
            f"{SLURM[0]} {number} is not one of {count} that follow one another from {first}; submit "
            f"--array=1-{count}, or give --shard i/n"
        )
    return Shard(place + 1, count)
