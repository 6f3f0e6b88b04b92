"""What an LLM puts before its text does not come through; whole sentences do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.text.openings import without_openings


@pytest.mark.parametrize(
    "opening",
    [
        "Part 3:", "Part 3 (minutes 4-6):", "Parts 1-3:", "**Part 3:**", "PART TWO -", "Chunk 2:", "Chunks 2 and 3:",
        "Scene IV:", "Act 1:", "Minutes 3-5:", "In part 2,", "In Part 2 of the film,", "Summary:", "**Summary:**",
        "Summary of the film:", "Final summary:", "# Summary\n\n", "Here is the summary of the film:",
        "Sure! Here's a summary in about 260 words:", "In the video,", "In this video, we see that",
        "Throughout the clip,", "The video shows that", "This film then depicts that", "Summary: Part 1: In the video,",
        "Part 2 of 3:", "Part 2 of 3 of the summary:", "**Part 1 of 2 of the summary**:",
    ],
)  # fmt: skip
def test_an_opening_is_taken_off_the_text(opening: str) -> None:
    told = "a man walks to the house. A dog runs after him."
    assert without_openings(f"{opening} {told}") == f"A{told[1:]}"


@pytest.mark.parametrize("opening", ["Part 3:", "In the video,", "The video shows that", "Chunk 2:", "In part 2,"])
def test_an_opening_is_taken_off_every_sentence(opening: str) -> None:
    assert without_openings(f"It rains. {opening} a dog runs.\n\n{opening} he falls.") == (
        "It rains. A dog runs.\n\nHe falls."
    )


def test_a_label_alone_is_nothing() -> None:
    assert without_openings("Part 1\nIt rains.\n\nPart 2.\nIt is dry.") == "It rains.\n\nIt is dry."
    assert without_openings("1. It rains.\n2. It is dry.") == "It rains.\nIt is dry."
    assert without_openings("Part 3:") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Part of the house burns. Scene by scene it falls.",
        "The summary of the trial lies on the desk.",
        "Here is the man who stole it: Ben.",
        "In the end, all is well.\n\n  In the house, he says: Part it.",
        "The video store opens. The films show a man.",
        "He reads the letter. The text describes a murder. The part shows its age. Clip 4 (a paper clip) is bent.",
        "She reads the letter (in part) and his note [to Ben].",
        "\u7b2c\u4e00\u3002\u4e00\u4e2a\u7537\u4eba\u3002",
        "What? ... He leaves!",
    ],
)
def test_a_text_without_openings_is_as_it_was(text: str) -> None:
    assert without_openings(text) == text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The video shows a group of inmates being led away.", "We see a group of inmates being led away."),
        ("It rains. The film then depicts Ben running.", "It rains. We see Ben running."),
        ("Part 3 describes two men.\nPart 4 also shows the pier.", "We see two men.\nWe see the pier."),
        ("The clip begins with a dog.", "We see a dog."),
        ("The film ends with both of them at sea.", "At last we see both of them at sea."),
        ("In the video, we see a man.", "We see a man."),
    ],
)
def test_what_the_video_shows_is_told_as_a_whole_sentence(said: str, told: str) -> None:
    assert without_openings(said) == told


@pytest.mark.parametrize(
    "source", ["(Part 3)", "[part 2]", "(parts 1, 2)", "(see part 4)", "(Parts 1-3)", "(parts 1 and 2)"]
)
def test_where_the_model_has_it_from_is_not_told(source: str) -> None:
    assert without_openings(f"Ben leaves {source}. He is late.") == "Ben leaves. He is late."


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    without_openings(text)
