"""The check of cues: which sentence of a summary tells a link or a trap."""

from __future__ import annotations

import time

import pytest

from longvid_benchmarks.compare.claims import Claim, telling

KEY = Claim("key", "The boy's key opens the locker.", (("key",), ("boy", "lad"), ("locker", "old-baths")))


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("It rains. The boy's key opens the locker. He smiles.", "The boy's key opens the locker."),
        ("A boy has a key. It opens a locker. He smiles.", "A boy has a key. It opens a locker."),
        ("A boy has a key. He waits. It opens a locker.", None),
        ("A locker is opened. A boy had the key.", "A locker is opened. A boy had the key."),
        ("THE LAD\u2019S KEYS OPEN\nTHE LOCKERS.", "THE LAD\u2019S KEYS OPEN THE LOCKERS."),
        ("The ladder is a key to the block of lockers.", "The ladder is a key to the block of lockers."),
        ("The monkey and the boy see the locker.", None),
        ("A boy has a key to the old baths.", "A boy has a key to the old baths."),
        ("A boy has a key to the old\u2011baths.", "A boy has a key to the old\u2011baths."),
        ("A boy has a key of the cold baths.", None),
        ("A boy has a key.", None),
        ("", None),
    ],
)
def test_a_claim_is_told_where_two_neighbouring_sentences_have_a_cue_of_every_list(
    summary: str, told: str | None
) -> None:
    assert telling(KEY, summary) == told


def test_one_sentence_that_tells_it_alone_goes_before_an_earlier_pair() -> None:
    summary = "The boy finds a key. It is of a locker. Night falls. The boy's key opens the locker."
    assert telling(KEY, summary) == "The boy's key opens the locker."


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("# The boy\n\nA **key** opens the _locker_.", "The boy A key opens the locker."),
        ("- The boy has a key\n- It opens a locker\n", "The boy has a key It opens a locker"),
        ("1. The boy has a key.\n2. It rains.\n3. It opens a locker.", None),
        ("The boy has\na key of\nthe locker.", "The boy has a key of the locker."),
    ],
)
def test_headings_and_items_of_lists_are_sentences_and_a_wrapped_line_is_none(summary: str, told: str | None) -> None:
    assert telling(KEY, summary) == told


def test_an_abbreviation_ends_no_sentence() -> None:
    assert telling(KEY, "The boy meets Dr. Low. The key is gone. A locker stands open.") is None
    assert telling(KEY, "The boy meets Dr. Low with the key. A locker stands open.") is not None


def test_cues_are_words_and_no_pattern() -> None:
    claim = Claim("odd", "", (("a.c",), ("(x",)))
    assert telling(claim, "An a.c (x here.") is not None
    assert telling(claim, "An abc (x here.") is None


def test_a_long_text_without_sentences_is_read_in_no_time() -> None:
    claims = [Claim(str(i), "", tuple((f"word{i}{j}",) for j in range(4))) for i in range(50)]
    begun = time.perf_counter()
    assert [telling(claim, "_*` - word " * 20_000) for claim in claims] == [None] * 50
    assert time.perf_counter() - begun < 10
