"""What of a question is looked for."""

from __future__ import annotations

from longvid.asking.words import all_of, doer, forms, points_back, searchable, terms


def test_words_that_say_nothing_are_left_out_unless_nothing_else_is_there() -> None:
    assert terms("Who had hidden the white cup that Sena's brother finds?") == (
        "hidden", "white", "cup", "sena", "brother", "finds",
    )  # fmt: skip
    assert terms("Who is it?") == ("who", "is", "it")
    assert terms("Which colour has the coat?") == ("coat",)


def test_english_words_are_found_in_all_their_forms() -> None:
    assert {"hide", "hides", "hid", "hidden", "hiding"} <= forms("hidden")
    assert {"knife", "knives"} <= forms("knives")
    assert forms("Łódź") == {"Łódź"}


def test_scripts_without_spaces_are_found_in_pairs() -> None:
    assert searchable("他打开了门 at 9") == "他打 打开 开了 了门 at 9"
    assert terms("打开") == ("打开",)


def test_a_word_goes_on_over_marks() -> None:
    assert (
        searchable("\u0915\u093f\u0924\u093e\u092c \u092e\u0947\u091c")
        == "\u0915\u093f\u0924\u093e\u092c \u092e\u0947\u091c"
    )
    assert terms("\u0b95\u0b9f\u0bb2\u0bcd") == ("\u0b95\u0b9f\u0bb2\u0bcd",)
    assert searchable("x\u030cy a\u0327b") == "x\u030cy a\u0327b"
    assert searchable("\u0301 \u093f") == "", "a mark alone is no word"


def test_nothing_of_a_word_is_an_operator() -> None:
    assert all_of(terms('a" OR b*')) == '("b")'
    assert '"' not in searchable('say "NEAR(a, b)" -x').replace(" ", "")


def test_who_does_what_is_read_from_the_question() -> None:
    assert doer("When does Mira give the cup to Vera?") == ("mira", "give")
    assert doer("Who gives it?") is None


def test_questions_that_point_back_are_known() -> None:
    assert points_back("What does she do then?")
    assert not points_back("What does Mira do?")
