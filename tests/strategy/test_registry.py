"""Finding strategies: unknown, doubled, broken."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from longvid.errors import StrategyError
from longvid.strategy.registry import GROUP, load, names


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


GOOD = point("concat", "longvid_strategies.concat:Concat")


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(StrategyError, match="did you mean hierarchical"):
        load("heirarchical")
    with pytest.raises(StrategyError, match=r"there are: .*concat"):
        load("zzzzz")


def test_two_strategies_of_one_name_are_an_error() -> None:
    with pytest.raises(StrategyError, match="two strategies"):
        names([GOOD, point("concat", "elsewhere:Concat")])
    assert names([GOOD, GOOD]) == ["concat"], "one package seen twice on the path is one"


@pytest.mark.parametrize("value", ["missing_package:X", "longvid.text:absent", "longvid.text:printable"])
def test_a_broken_plug_in_is_named_and_harms_no_other(value: str) -> None:
    points = [GOOD, point("broken", value)]
    assert names(points) == ["broken", "concat"]
    assert load("concat", points).name == "concat"
    with pytest.raises(StrategyError, match="broken"):
        load("broken", points)
