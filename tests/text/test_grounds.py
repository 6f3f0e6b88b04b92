"""Which sentences of a text say a name or a number that none of its sources has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.text.grounds import Grounds, founded
from longvid.text.numerals import numerals

SHARK = (
    "A large shark swims along the beach of the island. The chief, Brody, looks at the sea and calls the mayor.",
    "Three boats leave the harbour with twenty-one men. Mr. Hooper's cage is 15 feet high, and in 1975 it was new.",
)


def told(text: str, *sources: str) -> str:
    return founded(text, Grounds(sources or SHARK))


@pytest.mark.parametrize(
    "text",
    [
        "The chief sees the shark with Ebenezer.",
        "It is Ebenezer's beach.",
        "At the beach of the island Jacob Marley waits.",
        "Gandalf walks along the beach.",
        "Gandalf, the mayor, looks at the sea.",
        "Gandalf, who swims, calls the chief.",
        "Gandalf's nephew looks at the sea.",
        "The mayor (Vaughn) is called.",
        "The chief is called \u00c9mile.",
        "Five boats leave.",
        "Twenty-two men leave.",
        "The cage is 16 feet high.",
        "It was new in 1976.",
        "There are a hundred boats.",
        "\u0661\u0666 men leave.",
    ],
)
def test_what_no_source_has_is_not_told(text: str) -> None:
    assert told(f"A shark swims. {text} The chief calls.") == "A shark swims. The chief calls."


@pytest.mark.parametrize(
    "text",
    [
        "Brody's men call MR. HOOPER, and Hooper's cage is new.",
        "Despite this, the Chief calls the Mayor, Brody.",
        "Frightened, Brody looks on. Nobody swims. Then Mayor and Chief leave.",
        'Brody says: "Swim!" and "There they go," he adds.',
        "3 boats leave the Harbour with twenty one men; the three return.",
        "The cage is fifteen feet high and was new in nineteen seventy-five.",
        "Two men and one boat are left, both of them new.",
        "I swim, I'm new, and it's on TV.",
        "Onstage, the mayor calls the chief. Offscreen, the sea.",
        "Shirtless, the chief, new, looks at the sea.",
        "Paparazzi, the mayor and a boat are there.",
        "He waits\u2026 Then he leaves \u2013 Quickly.",
        "The Brodys leave Prof. Hooper at the O'Harbour.",
    ],
)
def test_what_a_source_has_is_told(text: str) -> None:
    assert told(text) == text


def test_a_name_falls_with_every_sentence_that_says_it() -> None:
    text = "Ebenezer is here. The chief looks at Ebenezer.\n\nEBENEZER leaves. A boat leaves."
    assert told(text) == "A boat leaves."


def test_a_text_without_fault_is_as_it_was() -> None:
    text = "The chief  looks on.\n\n  A shark swims.\nIt is late"
    assert told(text) == text


def test_numbers_of_one_thing_add_up() -> None:
    sources = ("The man picks up two coins and a cup.", "He picks up one coin. A woman and another woman look on.")
    assert told("The man picks up three coins in all.", *sources)
    assert told("Two women look on.", *sources)
    assert not told("The man picks up four coins in all.", *sources)
    assert not told("The man picks up three cups.", *sources)
    many = " ".join(f"A boat brings {number} letters." for number in range(3, 15))
    assert not told("A boat brings 99 letters.", many)


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        (("\u4e00\u4e2a\u7537\u4eba\u628a\u94a5\u5319\u85cf\u5728\u62bd\u5c49\u91cc\u3002\u4e09\u53ea\u72d7\u3002",),
         "Li Wei hides a key. 3 dogs run."),
        (("\u4e00\u4e2a\u7537\u4eba\u3002\u4e09\u53ea\u72d7\u5728\u8dd1\u3002",),
         "\u4e00\u4e2a\u7537\u4eba\u3002\u4e09\u53ea\u72d7\u3002"),
        (("Der Mann legt den Brief in eine Kiste. Die Frau findet den Brief und liest ihn.",),
         "Eine Frau findet die Truhe des Mannes. Drei Leute sehen es."),
        (("\u0418\u0432\u0430\u043d \u0438\u0434\u0451\u0442 \u0434\u043e\u043c\u043e\u0439.",),
         "Then Ivan goes home."),
        (("Trois hommes partent avec le ma\u00eetre de la maison.",), "3 hommes partent. Puis ils partent."),
        (("\u05d0\u05d9\u05e9 \u05d4\u05d5\u05dc\u05da \u05d4\u05d1\u05d9\u05ea\u05d4.",), "A man, Avi, goes home."),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_not_judged(sources: tuple[str, ...], text: str) -> None:
    assert told(text, *sources) == text


def test_names_of_other_languages_and_scripts_with_case_are_judged() -> None:
    french = "Marie ouvre la porte de la maison. Un homme donne la lettre \u00e0 Marie et part."
    assert told("Un homme part avec Marie. Un homme part avec Jean.", french) == "Un homme part avec Marie."
    russian = "\u041c\u0430\u0440\u0438\u044f \u0432\u0438\u0434\u0438\u0442 \u0434\u043e\u043c."
    assert told("\u042d\u0442\u043e \u0434\u043e\u043c, \u0418\u0432\u0430\u043d.", russian) == ""


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("3 men, 1,000 boats and 3:15", ["3", "1000", "3.15"]),
        ("three men and twenty-one boats", ["3", "21"]),
        ("two hundred and fifty thousand three hundred and four", ["250304"]),
        ("a hundred men, two dozen boats, hundreds of cups", ["100", "24"]),
        ("nineteen eighty-four", ["1984"]),
        ("five and six", ["5", "6"]),
        ("007 and \u0663", ["7", "3"]),
        ("9" * 5000, ["9" * 5000]),
        ("no number at all, a dozen", ["12"]),
    ],
)
def test_numbers_are_read_in_digits_and_words(text: str, forms: list[str]) -> None:
    assert [one.form for one in numerals(text)] == forms


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_is_too_odd_and_a_text_is_founded_in_itself(text: str, other: str) -> None:
    founded(text, Grounds([other]))
    assert founded(text, Grounds([text])) == text.strip() or "\n" in text
