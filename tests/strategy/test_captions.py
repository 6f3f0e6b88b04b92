"""Captions in prose become rows, sentence by sentence."""

from __future__ import annotations

from longvid.strategy import read_caption


def test_every_plain_sentence_is_a_row_at_the_place_that_was_named() -> None:
    parsed = read_caption("The place is the old pier. The tall nurse opens a box. In the bar, Ada sits down.", 2)
    assert [(row.id, row.who, row.what, row.place) for row in parsed.rows] == [
        ("2.0", "the tall nurse", "opens a box", "old pier"),
        ("2.1", "Ada", "sits down", "bar"),
    ]
    assert parsed.unread == 0


def test_a_flashback_marks_all_its_rows() -> None:
    parsed = read_caption("A flashback shows the pier. Ada hides the map. Ben leaves.", 0)
    assert [row.past for row in parsed.rows] == [True, True]


def test_what_has_no_verb_is_counted() -> None:
    assert read_caption("Silence. A long and dark night.", 0).unread == 2
