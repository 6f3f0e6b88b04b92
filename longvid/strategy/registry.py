"""Finding strategies by name: the entry-point group `longvid.strategies`, the built-in ones too.

Names are listed without importing anything; a strategy's code is imported when it is used. A plug-in that cannot be
loaded is reported by the command that asked for it and stops nothing else.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from longvid.errors import StrategyError
from longvid.strategy.contract import Strategy
from longvid.text import printable

GROUP = "longvid.strategies"


def names(points: Iterable[EntryPoint] | None = None) -> list[str]:
    """All names, sorted. Raises StrategyError if two plug-ins claim one name."""
    return sorted(_by_name(points))


def load(name: str, points: Iterable[EntryPoint] | None = None) -> type[Strategy[Any]]:
    """The strategy class called `name`.

    Raises StrategyError for an unknown name (with the nearest known one), and for a plug-in that cannot be imported or
    is no strategy.
    """
    known = _by_name(points)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(sorted(known))}"
        raise StrategyError(f"there is no strategy {printable(name)!r}{hint}")
    point = known[name]
    try:
        loaded = point.load()
    except Exception as error:
        reason = printable(f"{type(error).__name__}: {error}").replace("\n", " ")
        raise StrategyError(f"strategy {name} ({point.value}) cannot be loaded: {reason}") from error
    if not (isinstance(loaded, type) and issubclass(loaded, Strategy)):
        raise StrategyError(f"strategy {name} ({point.value}) is not a longvid.strategy.Strategy")
    return loaded


def _by_name(points: Iterable[EntryPoint] | None) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP) if points is None else points:
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise StrategyError(
                f"two strategies are called {printable(point.name)}: {other.value} and {point.value}; "
                "uninstall one of their packages"
            )
        found[point.name] = point
    return found
