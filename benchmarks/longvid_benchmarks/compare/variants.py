"""What is compared: strategies with settings, as they are written on the command line.

    all,ledger[joins=false],hierarchical[fan_in=6,node_words=80]

Settings are checked by the strategy's own configuration. Knows no films.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from longvid.errors import StrategyError
from longvid.strategy import Capability, Strategy
from longvid.strategy.registry import load, names
from longvid.strategy.settings import changed, configured
from longvid.text import printable

ALL = "all"
FLOOR = "concat"
"""Always run: what every other strategy must beat."""
ITEM = re.compile(r"\s*([^,\[\]]+?)\s*(?:\[([^\[\]]*)\]\s*)?(?:,|$)")


@dataclass(frozen=True, slots=True)
class Variant:
    """A strategy with its settings, and what the tables call it."""

    label: str
    strategy: Strategy[Any]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A strategy that cannot run here, and why."""

    label: str
    reason: str


def choose(wanted: str, capabilities: frozenset[Capability]) -> tuple[list[Variant], list[Skipped]]:
    """The variants that `wanted` names and that get by with `capabilities`, each once; and those that do not.

    `concat` is always among them. `all` stands for every installed strategy that can be loaded and run here.
    Raises StrategyError for what is unknown, broken or wrongly set.
    """
    variants: dict[str, Variant] = {}
    skipped: list[Skipped] = []
    for name, settings, asked in [(FLOOR, "", True), *_items(wanted)]:
        try:
            variant = _variant(name, settings)
        except StrategyError as error:
            if asked:
                raise
            skipped.append(Skipped(printable(name), str(error)))
            continue
        missing = sorted(variant.strategy.missing(capabilities))
        if not missing:
            variants[variant.label] = variant
        elif asked:
            skipped.append(Skipped(variant.label, _why(missing)))
    return list(variants.values()), skipped


def _variant(name: str, settings: str) -> Variant:
    strategy = configured(load(name), [pair for pair in settings.split(",") if pair.strip()])
    # A setting that says the default makes no other variant.
    told = ",".join(f"{key}={_shown(value)}" for key, value in sorted(changed(strategy.config).items()))
    return Variant(f"{strategy.name}[{told}]" if told else strategy.name, strategy)


def _items(wanted: str) -> Iterator[tuple[str, str, bool]]:
    """Name, settings, and whether it was asked for by its name."""
    for name, settings in _split(wanted):
        if name == ALL and not settings:
            yield from ((each, "", False) for each in names())
        else:
            yield name, settings, True


def _split(wanted: str) -> list[tuple[str, str]]:
    """Names and settings of a comma-separated list; commas within brackets part settings."""
    items, at = [], 0
    for match in ITEM.finditer(wanted):
        if match.start() != at:
            break
        items.append((match[1], match[2] or ""))
        at = match.end()
    if at != len(wanted):
        raise StrategyError(f"{printable(wanted)!r} is no list of strategies; write a,b[setting=value],c")
    return items


def _shown(value: object) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value))


def _why(missing: Sequence[str]) -> str:
    if "write" in missing:
        return "needs a language model that writes; name one with --llm"
    return f"asks what is not given here: {', '.join(missing)}"
