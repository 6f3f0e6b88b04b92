"""Where a sentence ends: invariants for any text, the abbreviations that it must know, other scripts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longvid.text.sentences import is_whole, sentences

ANY = st.text(max_size=300)
MARKED = st.text(alphabet='aB St.!?\u2026"\u201d()0\u3002\uff1f\u0964\u061f\u00a0\u3000\n', max_size=60)


@given(ANY | MARKED)
def test_sentences_lose_no_character(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(ANY | MARKED)
def test_a_sentence_is_stripped_and_is_something(text: str) -> None:
    assert all(sentence and sentence == sentence.strip() for sentence in sentences(text))


@pytest.mark.parametrize(
    "text",
    [
        "Lt. Cole opens the door.|Insp. Lestrade waits.",
        "Sgt. Bell and Capt. Ward meet Gen. Lee and Det. Jones.|They talk.",
        "He lives at No. 5 and waits.|St. Mary stands in Vol. 2 of the book.",
        "He says no.|Five men come.|No.|He will not.|It is no. 7 in Fig. 3.",
        "The U.S. flag waves.|He sits.",
        "He comes from the U.S.|She waits.|The U.S. Army serves.",
        "Mr. A. Fox waits.|Dr. Hen comes!|He asks: why?|I do.",
        "J. R. R. Tolkien writes.|He stops.",
        "At 9 a.m. he rises.|At 10 p.m. on Monday he sleeps.|She leaves at 5 p.m.|He is late.",
        "It costs 3.50 dollars.|He pays.",
        "He waits... and then goes.|She stays...|He sleeps.",
        "He waits\u2026 and goes.|She stays\u2026|He sleeps.",
        '"Stop!" she says.|He stops.',
        "\u201cStop!\u201d Anna says.|\u201cRun!\u201d Lt. Cole shouts.|They run.",
        '"Where is it?" asks the man.|No answer.',
        'He says "no."|She goes.',
        "'Never!' cries the king.|He falls.",
        "Mr. and Mrs. Smith, Ph.D., arrive.|They sit.",
        "He works for Acme Inc. in town.|It rains on Main St. and on Elm Ave.|A car stops.",
        "John Smith Jr. walks in.|Smith Sr. follows.",
        "He reads a letter (it is old.) and sits.|She looks.",
        "Help!|Help!|A woman calls.|What?!|He falls.",
        "Plan B.|He goes.|It is I.|He goes.",
        "1. A man enters.|He sits.",
        "Washington D.C. is seen.|They arrive, e.g. Ann, i.e. a cat, vs. Bob.",
        "a man walks.|a dog barks at mr. fox.|he runs.",
    ],
)
def test_english_sentences_end_where_a_reader_ends_them(text: str) -> None:
    assert sentences(text.replace("|", " ")) == text.split("|")


HINDI = "\u0935\u0939 \u0918\u0930 \u091c\u093e\u0924\u093e \u0939\u0948\u0964"
ARABIC = "\u0647\u0644 \u062a\u0631\u0627\u0647\u061f"
URDU = "\u062f\u0631\u0648\u0627\u0632\u06c1 \u0628\u0646\u062f \u06c1\u06d2\u06d4"
CHINESE = "\u5979\u628a\u94a5\u5319\u85cf\u5728\u62bd\u5c49\u91cc\u3002"
SHOUT = "\u505c\uff01"
QUESTION = "\u4ed6\u5728\u54ea\u91cc\uff1f"
SAID = "\u201c\u505c\uff01\u201d\u4ed6\u8bf4\u3002"
"""Somebody speaks, and stands behind the quotation."""


@pytest.mark.parametrize("parts", [[CHINESE, SHOUT, QUESTION], [SAID, CHINESE], [HINDI] * 2, [ARABIC, HINDI, URDU]])
@pytest.mark.parametrize("blank", ["", " ", "\u3000", "\n"])
def test_full_stops_of_other_scripts_end_sentences_also_without_blanks(parts: list[str], blank: str) -> None:
    assert sentences(blank.join(parts)) == parts


def test_a_whole_sentence_has_an_end_mark_of_any_script() -> None:
    assert all(
        map(
            is_whole,
            [
                "It is.",
                '"Stop!"',
                "(So.)",
                "\u662f\u3002",
                "\u300c\u662f\u3002\u300d",
                "\u0939\u0948\u0964",
                "\u0627\u061f",
            ],
        )
    )
    assert not any(map(is_whole, ["It is", "", "\u662f", "Mr. Fox"]))


def test_hostile_text_takes_no_time() -> None:
    begun = time.process_time()
    assert sentences("." * 50_000 + "x") == ["." * 50_000 + "x"]
    for bad in ("Mr. ", "a. ", '" ', ".(", "! a", "\u201c.", "A. B " + "x" * 50, ". " + "-" * 20):
        sentences(bad * 20_000)
    assert time.process_time() - begun < 2
