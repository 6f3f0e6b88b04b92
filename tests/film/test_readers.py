# ruff: noqa: RUF001  # letters of other scripts are among what is read
"""Readers: a subtitle file with every fault that they have says what it can, and what of it is wrong, once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from longvid.film.cues import Cue
from longvid.film.readers import Dialogue, OwnCaptions, Unreadable, read_file
from longvid.output.report import ChunkReport, Report
from longvid.output.subtitles import render_srt, render_vtt

FRENCH = "Où ça ? Grüß Gott, ¿qué pasa mañana?"


def stamp(seconds: float) -> str:
    sign, millis = "-" if seconds < 0 else "", round(abs(seconds) * 1000)
    return f"{sign}{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02},{millis % 1000:03}"


def srt(*cues: tuple[float, float, str]) -> str:
    return "".join(f"{i}\n{stamp(a)} --> {stamp(b)}\n{text}\n\n" for i, (a, b, text) in enumerate(cues, 1))


def read(folder: Path, data: str | bytes, name: str = "a.srt") -> Dialogue:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, None, offset=0.0, fps=24.0)


@pytest.mark.parametrize(
    "broken", ["00:00:3x,000 --> 00:00:04,000", "00:00:03,000 ->> 00:00:04", "--> 00:00:04,000", "3 -->"]
)
def test_a_malformed_file_is_read_as_far_as_it_goes_with_one_warning(tmp_path: Path, broken: str) -> None:
    text = srt((1, 2, "one"), (3, 4, "two"), (5, 6, "three"))
    found = read(tmp_path, text.replace("00:00:03,000 --> 00:00:04,000", broken))
    assert found.cues == (Cue(1, 2, "one"), Cue(5, 6, "three"))
    assert (found.warning, found.lost) == ("a.srt: the times of 1 line cannot be read", True)


def test_a_file_that_is_cut_off_says_what_came_before(tmp_path: Path) -> None:
    text = srt((1, 2, "one"), (3, 4, "two"))
    for length in range(len(text) - 38, len(text)):
        found = read(tmp_path, text[:length])
        assert found.cues[0] == Cue(1, 2, "one")
        assert "".join(cue.text for cue in found.cues[1:]) in "two"
    assert read(tmp_path, text[: text.index(">", 40)]).lost


@pytest.mark.parametrize("data", ["", "\n\n", " \n\t\n", "\ufeff", "WEBVTT\n\n", "[Script Info]\n\n[Events]\n"])
def test_an_empty_file_is_no_dialogue_and_no_fault(tmp_path: Path, data: str) -> None:
    assert read(tmp_path, data) == Dialogue((), "a.srt", None, "file")


def test_cues_that_are_not_sorted_are_in_the_order_of_their_times(tmp_path: Path) -> None:
    found = read(tmp_path, srt((5, 6, "three"), (1, 2, "one"), (3, 4, "two")))
    assert [cue.text for cue in found.cues] == ["one", "two", "three"]


def test_of_the_same_times_the_order_of_the_file_is_kept(tmp_path: Path) -> None:
    found = read(tmp_path, srt((1, 2, "- Zoe?\n- Anna!"), (1, 2, "Bob?"), (1, 2, "[sighs] Ada.")))
    assert [cue.text for cue in found.cues] == ["Zoe?", "Anna!", "Bob?", "sighs", "Ada."]
    assert {(cue.start, cue.end) for cue in found.cues} == {(1, 2)}


def test_two_who_say_the_same_are_two(tmp_path: Path) -> None:
    assert read(tmp_path, srt((1, 2, "- No.\n- No."))).cues == (Cue(1, 2, "No."), Cue(1, 2, "No."))


def test_cues_that_overlap_are_all_heard(tmp_path: Path) -> None:
    found = read(tmp_path, srt((1, 5, "long"), (2, 3, "short"), (4, 7, "late")))
    assert [(cue.start, cue.end, cue.text) for cue in found.cues] == [(1, 5, "long"), (2, 3, "short"), (4, 7, "late")]


def test_what_is_before_the_film_is_not_in_it(tmp_path: Path) -> None:
    found = read(tmp_path, srt((-5, -4, "before"), (-1, 1, "at once"), (2, 3, "then")))
    assert found.cues == (Cue(0, 1, "at once"), Cue(2, 3, "then"))
    assert found.warning is None


def test_a_clock_that_begins_hours_late_is_read_as_it_is(tmp_path: Path) -> None:
    late = 5 * 3600
    assert read(tmp_path, srt((late + 1, late + 2, "late"))).cues == (Cue(late + 1, late + 2, "late"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_without_a_word(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, srt((1, 2, FRENCH), (3, 4, "Привет!")).encode(encoding))
    assert [cue.text for cue in found.cues] == [FRENCH, "Привет!"]
    assert found.warning is None


@pytest.mark.parametrize(
    ("encoding", "words"), [("latin-1", FRENCH), ("cp1251", "Привет, как дела"), ("cp932", "こんにちは")]
)
def test_other_encodings_are_a_guess_that_is_named(tmp_path: Path, encoding: str, words: str) -> None:
    found = read(tmp_path, srt((1, 2, words)).encode(encoding))
    assert [cue.text for cue in found.cues] == [words]
    assert found.warning is not None
    assert "is not UTF-8; read as cp" in found.warning
    assert not found.lost


def test_two_languages_in_one_file_are_both_kept(tmp_path: Path) -> None:
    found = read(tmp_path, srt((1, 2, "Who is it?\n谁啊？"), (1, 2, "¿Quién es?"), (3, 4, "Я.\n- It's me.")))
    assert [cue.text for cue in found.cues] == ["Who is it? 谁啊？", "¿Quién es?", "Я.", "It's me."]


def test_drawings_are_not_said(tmp_path: Path) -> None:
    events = [r"{\p1}m 0 0 l 100 0 100 100{\p0}Hello", r"{\an7\p2}m 0 0 b 1 1 2 2 3 3", r"{\k20}Good {\k30}bye"]
    rows = [f"Dialogue: 0,0:00:0{i}.00,0:00:0{i}.90,Default,Anna,0,0,0,,{text}" for i, text in enumerate(events, 1)]
    found = read(tmp_path, "[Events]\n" + "\n".join(rows), "a.ass")
    assert [(cue.text, cue.speaker) for cue in found.cues] == [("Hello", "Anna"), ("Good bye", "Anna")]
    assert found.warning is None


def test_a_broken_event_is_told(tmp_path: Path) -> None:
    rows = ["Dialogue: 0,0:00:01.00,0:00:02.00,,,0,0,0,,one", "Dialogue: 0,soon,0:00:02.00,,,0,0,0,,two"]
    found = read(tmp_path, "[Events]\n" + "\n".join(rows), "a.ass")
    assert found.cues == (Cue(1, 2, "one"),)
    assert (found.warning, found.lost) == ("a.ass: the times of 1 line cannot be read", True)


def test_speakers_of_webvtt_are_known(tmp_path: Path) -> None:
    cue = "00:01.000 --> 00:02.000\n<v.loud Anna O&apos;Neil>Hi, <i>you</i>.</v>\n<v Bob>Hello.</v> All\n"
    found = read(tmp_path, f"WEBVTT\n\n{cue}", "a.vtt")
    assert [(cue.speaker, cue.text) for cue in found.cues] == [
        ("Anna O'Neil", "Hi, you."),
        ("Bob", "Hello."),
        (None, "All"),
    ]


@pytest.mark.parametrize(("name", "voice"), [("Anna", "Anna"), ("", None), ("Default", None), ("sign 2", None)])
def test_the_field_of_the_speaker_names_one_or_nobody(tmp_path: Path, name: str, voice: str | None) -> None:
    found = read(tmp_path, f"[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,Default,{name},0,0,0,,Hi", "a.ass")
    assert found.cues == (Cue(1, 2, "Hi", voice),)


def test_fifty_thousand_cues_take_seconds_and_more_are_told(tmp_path: Path) -> None:
    text = srt(*((i, i + 1, f"It is {i} now.") for i in range(50_001)))
    begin = time.process_time()  # not the clock's: other tests run on the same cores
    found = read(tmp_path, text)
    assert time.process_time() - begin < 30
    assert len(found.cues) == 50_000
    assert found.cues[-1] == Cue(49_999, 50_000, "It is 49999 now.")
    assert (found.warning, found.lost) == ("a.srt: only its first 50000 lines are taken", True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("render", [render_srt, render_vtt])
def test_longvids_own_captions_are_known_by_whatever_name(tmp_path: Path, render: object, encoding: str) -> None:
    chunks = (ChunkReport(0, 0.0, 60.0, "", "degraded"), ChunkReport(1, 60.0, 120.0, "A man walks.", "ok"))
    text = render(Report("film", 120.0, "concat", "m", "w", "", chunks, {}, (), "run"))  # type: ignore[operator]
    with pytest.raises(OwnCaptions):
        read(tmp_path, text.encode(encoding), "said by people.srt")
    joined = srt((1, 2, "Hello")) + text
    with pytest.raises(OwnCaptions):
        read(tmp_path, joined)


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        read_file(tmp_path / "nowhere.srt", None, offset=0.0, fps=None)
    with pytest.raises(Unreadable):
        read_file(tmp_path, None, offset=0.0, fps=None)
