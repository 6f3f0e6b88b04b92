"""Lines: each thing that is said once, for as long as it can take, whatever shows it."""

from __future__ import annotations

import pytest

from longvid.film import cues
from longvid.film.cues import Cue, cues_of, plain
from longvid.film.timedtext import RawCue


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (r"{\an8}Up\Nthere", "Up there"),
        ("<i>Quiet</i>", "Quiet"),
        ("Up<br>there<BR />now", "Up there now"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        (r"{\p1}m 0 0 l 5 5{\p0}", ""),
        (r"{\an7\fs20\p1}m 0 0 l 5 5", ""),
        (r"{{\p4 m 0 0 l 5 5", ""),
        (r"{\an8}not \p1 drawn", r"not \p1 drawn"),
        ("\x00\x07 \u200f ", ""),
        (r"{\p1}m 0 0 l 100 0{\p0}Hello", "Hello"),
        (r"Up {\pos(1,1)\p2}m 0 0{\pbo5} l 1 1{\p0\i1}there", "Up there"),
        ("Tom &amp; Jerry &lt;3 &gt;&gt; hi&nbsp;you &lrm;x", "Tom & Jerry <3 >> hi you x"),
        ("&amp;lt;i&#39;m &#x41;&#27;T&T; &copy 5&", "&lt;i'm AT&T; &copy 5&"),
        ("{" * 20000, None),
        ("<" * 20000, None),
    ],
)
def test_markup_is_stripped(raw: str, words: str | None) -> None:
    assert len(plain(raw)) <= 500
    if words is not None:
        assert plain(raw) == words


def texts(found: tuple[Cue, ...]) -> list[str]:
    return [line.text for line in found]


def test_layers_of_the_same_words_are_one_line() -> None:
    layers = [RawCue(1 + i / 100, 3.0, f"{{\\blur{i}}}{text}") for i in range(8) for text in ("Sign", "Other sign")]
    assert cues_of(layers) == (Cue(1.0, 3.0, "Sign"), Cue(1.0, 3.0, "Other sign"))


def test_words_that_move_picture_by_picture_are_one_line() -> None:
    moved = [RawCue(1 + i / 25, 1 + (i + 1) / 25, f"{{\\pos({i},10)}}Shop") for i in range(20)]
    assert cues_of(moved) == (Cue(1.0, pytest.approx(1.8), "Shop"),)  # type: ignore[arg-type]


def test_what_is_said_again_later_is_said_twice() -> None:
    assert texts(cues_of([RawCue(1, 2, "No."), RawCue(2.5, 3.5, "No.")])) == ["No.", "No."]


ROLLING = [
    RawCue(0.16, 2.47, " \nhello<00:00:00.500><c> my</c><c> friends</c>"),
    RawCue(2.47, 2.48, "hello my friends\n "),
    RawCue(2.48, 5.11, "hello my friends\ntoday<c> we</c><c> cook</c>"),
    RawCue(5.11, 5.12, "today we cook\n "),
    RawCue(5.12, 8.0, "today we cook\nsoup<c> again</c>"),
]


def test_captions_that_roll_up_are_each_said_once() -> None:
    assert cues_of(ROLLING) == (
        Cue(0.16, 2.47, "hello my friends"),
        Cue(2.48, 5.11, "today we cook"),
        Cue(5.12, 8.0, "soup again"),
    )


def test_three_rows_that_roll_up_are_each_said_once() -> None:
    rows = [f"row {i}" for i in range(6)]
    rolling = [RawCue(i, i + 1, "\\N".join(rows[max(0, i - 2) : i + 1])) for i in range(6)]
    assert [(line.start, line.end, line.text) for line in cues_of(rolling)] == [
        (i, i + 1, row) for i, row in enumerate(rows)
    ]


def test_captions_that_grow_word_by_word_are_each_said_once() -> None:
    grown = ["We", "We cook", "We cook soup"]
    growing = [RawCue(i, i + 1, text) for i, text in enumerate(grown)] + [
        RawCue(5, 6, "Then"),
        RawCue(6, 7, "Then we eat"),
    ]
    assert cues_of(growing) == (Cue(0, 3, "We cook soup"), Cue(5, 7, "Then we eat"))


def test_people_who_repeat_one_another_are_heard() -> None:
    said = [RawCue(2.0 * i, 2.0 * i + 2, f"Question {i}?\nAnswer {i}.") for i in range(8)]
    said.insert(4, RawCue(7.95, 8.0, "Answer 3.\nWhat do you mean?"))
    assert "Answer 3. What do you mean?" in texts(cues_of(said))
    assert "Question 3? Answer 3." in texts(cues_of(said))


def test_nobody_talks_for_ever() -> None:
    endless, bye = cues_of([RawCue(1, 359_999, "Hello"), RawCue(4, 5, "Bye")])
    assert 3 < endless.end < 15
    assert bye == Cue(4, 5, "Bye")
    spoken = Cue(0, 30, "word " * 60)
    assert cues_of([RawCue(spoken.start, spoken.end, spoken.text)])[0].end == 30, "a long one takes its time"


def test_an_end_that_is_not_known_is_near() -> None:
    (line,) = cues_of([RawCue(3, None, "Hello")], offset=1)
    assert line.start == 2
    assert 3 < line.end < 15


def test_hostile_times_and_texts_end() -> None:
    assert cues_of([RawCue(-5, -4, "before"), RawCue(3, 2, "backwards"), RawCue(-1, 2, "at once")]) == (
        Cue(0, 2, "at once"),
    )


def test_no_more_lines_than_any_film_has_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cues, "MOST_LINES", 100)
    assert len(cues_of(RawCue(i, i + 1, f"line {i}") for i in range(1000))) == 100
