"""Event lines are read leniently, and what cannot be read is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.strategy import parse_events
from longvid.strategy.events import MOST_ROWS


@pytest.mark.parametrize(
    ("line", "second", "who", "what", "place"),
    [
        ("2 | the tall man | opens the door | house", 2, "the tall man", "opens the door", "house"),
        ("- 0:12 | Ada | runs away | the street", 12, "Ada", "runs away", "street"),
        ("3. 15 s | Ada, the nurse, | sits down. | in the hall", 15, "Ada, the nurse", "sits down", "hall"),
        ("Ada | sits down | hall", None, "Ada", "sits down", "hall"),
        ("Ada | sits down", None, "Ada", "sits down", ""),
        ("| 7 | Ada | sits down | hall |", 7, "Ada", "sits down", "hall"),
        (" | Ada | sits down | hall", None, "Ada", "sits down", "hall"),
    ],
)
def test_a_line_is_read_as_it_is_meant(line: str, second: float | None, who: str, what: str, place: str) -> None:
    parsed = parse_events(line, 4)
    assert parsed.unread == 0
    (row,) = parsed.rows
    assert (row.id, row.chunk) == ("4.0", 4)
    assert (row.second, row.who, row.what, row.place) == (second, who, what, place)


def test_heads_and_rules_of_tables_are_no_rows_and_no_failures() -> None:
    text = "second | who | does what | place\n--- | --- | --- | ---\n1 | Ada | waves | pier"
    parsed = parse_events(text, 0)
    assert [row.who for row in parsed.rows] == ["Ada"]
    assert parsed.unread == 0


def test_what_cannot_be_read_is_counted_and_never_a_row() -> None:
    parsed = parse_events("Here is the list.\n1 | Ada | waves | pier\nnonsense\n5 | | |\n9 | 12 | 13 | 14", 0)
    assert [row.who for row in parsed.rows] == ["Ada"]
    assert parsed.unread == 4


def test_a_flashback_is_marked_and_its_place_kept() -> None:
    (row,) = parse_events("1 | Ada | hides the map | pier (flashback)", 0).rows
    assert (row.past, row.place) == (True, "pier")
    assert not parse_events("1 | Ada | hides the map | pier", 0).rows[0].past


def test_a_list_that_does_not_end_is_cut_off() -> None:
    parsed = parse_events("\n".join(f"{i} | Ada | waves | pier" for i in range(MOST_ROWS + 5)), 0)
    assert len(parsed.rows) == MOST_ROWS
    assert parsed.unread == 5


@given(st.text(max_size=400))
def test_any_text_gives_single_line_rows_and_a_line_again_gives_the_same_row(text: str) -> None:
    for row in parse_events(text, 1).rows:
        assert "\n" not in row.who + row.what + row.place
        (again,) = parse_events(row.line(), 1).rows
        assert (again.who, again.what) == (row.who, row.what)
