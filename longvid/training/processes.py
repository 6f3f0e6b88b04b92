"""The processes that train together, as torchrun and accelerate start them: told by the environment alone."""

from __future__ import annotations

import os


def together() -> bool:
    """Whether there are several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first() -> bool:
    """Whether this one is the only one, or the first."""
    return int(os.environ.get("RANK", "0")) == 0


def wait(*, cpu: bool) -> None:
    """Return when all have come here."""
    if together():
        from accelerate import PartialState

        PartialState(cpu=cpu).wait_for_everyone()
