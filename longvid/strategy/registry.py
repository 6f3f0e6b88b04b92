"""Finding strategies: by name, in the entry-point group `longvid.strategies` (the built-in ones too), or by file.

Names are listed without importing anything; a strategy's code is imported when it is used. A plug-in that cannot be
loaded, or whose name another one claims too, is reported by the command that asked for it and stops nothing else.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any, get_args

from longvid.errors import StrategyError, UnknownStrategy
from longvid.strategy.contract import Capability, Strategy, StrategyConfig
from longvid.strategy.files import is_file_reference, load_from_file
from longvid.text import printable

GROUP = "longvid.strategies"
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
"""What a strategy may be called: its name is part of file names and of what is typed."""
LONGEST_LINE = 200
"""Characters of a strategy's version and summary."""


def names(points: Iterable[EntryPoint] | None = None) -> list[str]:
    """All names, sorted; also those that `load` will refuse."""
    return sorted(_by_name(points))


def load(reference: str, points: Iterable[EntryPoint] | None = None) -> type[Strategy[Any]]:
    """The strategy class that `reference` names: an installed one by its name, any other by `path/to/file.py:Name`.

    Raises UnknownStrategy for an unknown name (with the nearest known one), StrategyError for a name that two plug-ins
    claim, and for a plug-in that cannot be imported or breaks the contract.
    """
    known = _by_name(points)
    if is_file_reference(reference):
        strategy = _checked(load_from_file(reference), _line(reference))
        if strategy.name in known:
            raise StrategyError(
                f"{_line(reference)} calls itself {strategy.name}, as an installed strategy does; "
                "give it another name, so that their outputs stay apart"
            )
        return strategy
    if reference not in known:
        name, _, rest = reference.partition("[")
        if rest and name in known:
            raise UnknownStrategy(f"settings do not stand in a strategy's name; use --strategy {name} --set KEY=VALUE")
        near = difflib.get_close_matches(reference, known, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(sorted(known))}"
        raise UnknownStrategy(_line(f"there is no strategy {reference!r}{hint}"))
    values = sorted({point.value for point in known[reference]})
    if len(values) > 1:
        raise StrategyError(
            _line(f"several strategies are called {reference}: {', '.join(values)}; uninstall all packages but one")
        )
    where = _line(f"strategy {reference} ({values[0]})")
    try:
        loaded = known[reference][0].load()
    except (Exception, SystemExit) as error:
        reason = _line(f"{type(error).__name__}: {error}")
        raise StrategyError(f"{where} cannot be loaded: {reason}") from error
    strategy = _checked(loaded, where)
    if strategy.name != reference:
        raise StrategyError(f"{where} is called {strategy.name} in its code; both names must be the same")
    return strategy


def identity(strategy: type[Strategy[Any]]) -> str:
    """What a strategy's code is known by: module and class. The module of a file carries the hash of its bytes."""
    return f"{strategy.__module__}:{strategy.__qualname__}"


def _checked(loaded: object, where: str) -> type[Strategy[Any]]:
    """`loaded` if it is a strategy that keeps the contract. Raises StrategyError that says what it lacks."""
    if not (isinstance(loaded, type) and issubclass(loaded, Strategy)):
        raise StrategyError(f"{where} is not a longvid.strategy.Strategy")
    wrong = fault(loaded)
    if wrong:
        raise StrategyError(f"{where} {wrong}")
    return loaded


def fault(strategy: type[Strategy[Any]]) -> str | None:
    """What a strategy class declares wrongly, for a message that goes on from its name; None if nothing."""
    if inspect.isabstract(strategy):
        return f"does not define {' and '.join(sorted(strategy.__abstractmethods__))}"
    name = getattr(strategy, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return f"needs a name of small letters, digits and hyphens (at most 32), not {_line(repr(name))}"
    for field in ("version", "summary"):
        said = getattr(strategy, field, None)
        if not isinstance(said, str) or not said.strip() or not said.isprintable() or len(said) > LONGEST_LINE:
            return f"needs a {field}: one line of text, at most {LONGEST_LINE} characters"
    for field in ("requires", "requires_one_of", "uses"):
        calls = getattr(strategy, field, None)
        if not isinstance(calls, frozenset) or not calls <= set(get_args(Capability)):
            return f"has to declare {field} as a frozenset of {', '.join(get_args(Capability))}"
    config = strategy.Config
    if not (isinstance(config, type) and issubclass(config, StrategyConfig)):
        return "has a Config that does not derive from longvid.strategy.StrategyConfig"
    required = [key for key, field in config.model_fields.items() if field.is_required()]
    if required:
        return f"has settings without a default: {', '.join(required)}"
    return None


def _by_name(points: Iterable[EntryPoint] | None) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP) if points is None else points:
        found.setdefault(point.name, []).append(point)
    return found


def _line(text: str) -> str:
    return " ".join(printable(text).split())
