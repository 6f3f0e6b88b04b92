"""Lines of words: short enough to be read, cut where one would breathe, with the times of their words."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from longvid.speech.ear import Word
from longvid.speech.lines import LONGEST, WIDEST, lines_of


def spoken(text: str, *, each: float = 0.3, start: float = 10.0, pauses: dict[int, float] | None = None) -> list[Word]:
    """The words of `text`, `each` s long; before word i there is a pause of pauses[i] s."""
    words, at = [], start
    for i, word in enumerate(text.split()):
        at += (pauses or {}).get(i, 0.0)
        words.append(Word(round(at, 3), round(at + each, 3), f" {word}", 0.9))
        at += each
    return words


def test_a_short_sentence_is_one_line_with_the_times_of_its_words() -> None:
    (line,) = lines_of(spoken("Where is the key, Anna?"))
    assert (line.text, line.start, line.end) == ("Where is the key, Anna?", 10.0, 11.5)
    assert line.kind == "speech"


def test_a_pause_parts_two_lines() -> None:
    assert [line.text for line in lines_of(spoken("Wait. I hear him.", pauses={1: 1.0}))] == ["Wait.", "I hear him."]


def test_a_long_speech_is_cut_behind_sentences_then_behind_commas_then_at_pauses() -> None:
    said = (
        "I told you before that nobody comes here at night, and still you left the gate wide open for him to walk in."
    )
    assert [line.text for line in lines_of(spoken(said, each=0.2))] == [
        "I told you before that nobody comes here at night,",
        "and still you left the gate wide open for him to walk in.",
    ]
    said = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
    assert lines_of(spoken(said, each=0.4, pauses={12: 0.3}))[0].text == "a b c d e f g h i j k l"


def test_letters_that_are_twice_as_wide_count_twice() -> None:
    words = [Word(i / 10, i / 10 + 0.1, "\u96e8", 0.9) for i in range(60)]
    assert [len(line.text) for line in lines_of(words)] == [42, 18]


def test_a_word_of_no_length_still_has_a_time() -> None:
    (line,) = lines_of([Word(3.0, 3.0, " No.", 0.9)])
    assert line.start < line.end


@given(
    st.lists(
        st.tuples(st.text("abcdefg.,!", min_size=1, max_size=12), st.floats(0.0, 1.5), st.floats(0.0, 2.0)),
        max_size=60,
    )
)
def test_every_word_is_in_one_line_and_lines_are_short(drawn: list[tuple[str, float, float]]) -> None:
    words, at = [], 0.0
    for text, length, pause in drawn:
        words.append(Word(at, at + length, f" {text}", 0.9))
        at += length + pause
    lines = lines_of(words)
    assert " ".join(line.text for line in lines).split() == [text for text, _, _ in drawn]
    for line in lines:
        assert line.start < line.end
        assert len(line.text) <= WIDEST
        assert line.end - line.start <= LONGEST + 0.01
    assert all(a.start <= b.start for a, b in itertools.pairwise(lines))
