"""What the next part of a summary is told of those before it."""

from __future__ import annotations

from longvid_strategies.in_turn import introduced, part_lead
from tests.standins import ScriptedContext, plainly

WRITTEN = (
    "A man in a grey coat enters. It rains for days. The man is called Ben Carter.",
    "Ben Carter meets Anna at the pier. They talk. They walk away. Anna laughs. The boat leaves without them.",
)


def context() -> ScriptedContext:
    return ScriptedContext(1, caption=lambda index: plainly(""), writes=lambda prompt: plainly(""))


def test_the_end_and_where_each_name_stands_first_come_before_the_rest() -> None:
    kept = introduced(context(), WRITTEN, 26)
    assert kept == (
        "A man in a grey coat enters. The man is called Ben Carter. Ben Carter meets Anna at the pier. "
        "The boat leaves without them."
    )


def test_everything_is_told_where_it_fits_and_nothing_where_nothing_does() -> None:
    assert introduced(context(), WRITTEN, 1000) == " ".join(WRITTEN)
    assert introduced(context(), WRITTEN, 0) == ""
    assert introduced(context(), [], 100) == ""


def test_braces_of_a_text_are_no_fields() -> None:
    lead = part_lead(context(), "{part} of {parts}, {words} words: {before}", 2, 3, 50, ["He writes {words} on it."])
    assert lead == "2 of 3, 50 words: He writes {words} on it."
