"""Lists on the command line of the benchmark: of words, and of numbers with ranges. Knows no option by its meaning."""

from __future__ import annotations

import re
from typing import Any

import typer

RANGE = re.compile(r"(\d+)(?:-(\d+))?")
MOST = 1000
"""Seeds of one benchmark, and chunks of one film."""


def choices(value: str, allowed: list[Any], option: str) -> list[Any]:
    """The different items of a comma-separated list. Raises typer.BadParameter for one that is not allowed."""
    items = list(dict.fromkeys(filter(None, (item.strip() for item in value.split(",")))))
    for item in items:
        if item not in allowed:
            raise typer.BadParameter(f"{item!r} is none of {', '.join(allowed)}", param_hint=f"'{option}'")
    return items


def numbers(value: str, option: str, least: int) -> list[int]:
    """The numbers in a list such as 3,7-9. Raises typer.BadParameter for anything else."""
    found: dict[int, None] = {}
    for item in value.split(","):
        match = RANGE.fullmatch(item.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if not least <= first <= last or last - first >= MOST or (least and last > MOST):
            raise typer.BadParameter(f"{item.strip()!r} is no number or range; write such as 14,60 or 600000-600009",
                                     param_hint=f"'{option}'")  # fmt: skip
        found.update(dict.fromkeys(range(first, last + 1)))
    return list(found)
