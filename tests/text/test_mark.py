# ruff: noqa: RUF001  # letters of other scripts are what this is about
"""The mark: nothing to see, anywhere in a text, and in no text of a language that has such characters of its own."""

from __future__ import annotations

import unicodedata

from longvid.text import printable
from longvid.text.mark import MARK, is_marked, marked


def test_the_mark_is_not_seen_and_is_found_wherever_it_stands() -> None:
    assert all(unicodedata.category(c) == "Cf" for c in MARK)
    assert is_marked(f"Hello\n{marked('A man walks.')}")
    assert printable(marked("A man walks.")) == "A man walks."


def test_words_of_languages_with_joiners_are_not_marked() -> None:
    assert not is_marked("می\u200cخواهم क्\u200dष a\u200bb\u2060c " + "\u200b\u2060" * 20)
