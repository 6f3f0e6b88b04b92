"""A summary tells at least one event, and as many as its length allows."""

from __future__ import annotations

import pytest

from longvid.narrative import resolve
from longvid.strategy import parse_events
from longvid_strategies.ledger.rules.choosing import choose
from longvid_strategies.ledger.rules.graph import plain_lines

EVENTS = parse_events("1 | Ada | waves | bar\n2 | Ben | sings | bar\n3 | Eve | leaves | bar", 0).events
SIZES = {"0.0": 12, "0.1": 14, "0.2": 11}
VALUE = {"0.0": 3.0, "0.1": 5.0, "0.2": 1.0}


@pytest.mark.parametrize(
    ("linked", "told"),
    [([], "0.1"), (["0.1", "0.0"], "0.0"), (["0.1"], "0.1")],
    ids=["best", "shortest linked", "only linked"],
)
def test_where_no_event_fits_one_is_told(linked: list[str], told: str) -> None:
    assert choose(EVENTS, SIZES, VALUE, 10, linked) == {told}


def test_of_no_events_none_is_told() -> None:
    assert choose([], {}, {}, 10, []) == set()


def test_where_some_event_fits_none_that_does_not_is_told() -> None:
    assert choose(EVENTS, SIZES, VALUE, 11, ["0.1"]) == {"0.2"}


def test_the_shortest_summary_of_long_events_is_not_empty() -> None:
    what = "in the old garden behind the big white house near the river"
    cast = resolve(parse_events(f"1 | Ada | waves {what} | park\n2 | Ben | sings {what} | park", 0).events)
    (line,) = plain_lines(cast, [], 10)
    assert line.text in {f"Ada waves {what}.", f"Ben sings {what}."}
