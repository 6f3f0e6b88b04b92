"""Dialogue: found where users keep it, in film time, clean; broken files cost their lines and nothing else."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from longvid.errors import FilmError
from longvid.film import (
    Cue,
    Dialogue,
    dialogue,
    dialogue_digest,
    parse_subtitles,
    probe,
    within,
)
from tests.film.films import encode, scenes
from tests.film.subtitled import EMBEDDED, SRT, VTT, film, two_tracks

ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n"
    "[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.10,0:00:00.30,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:00.50,0:00:01.50,Default,Bo,0,0,0,,{{\\an8\\b1}}{who}\n"
    "Dialogue: 1,0:00:00.50,0:00:01.50,Default,Bo,0,0,0,,{{\\b0}}{who}\n"
    "Dialogue: 0,0:00:00.60,0:00:01.00,Default,,0,0,0,,{{\\p1}}m 0 0 l 100 100\n"
)


FORMATS = {".srt": SRT, ".vtt": VTT, ".ass": ASS}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_beside_the_film_is_read(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"My film{suffix}").write_text(FORMATS[suffix].format(who="Who is there?"))
    found = dialogue(film(tmp_path))
    voice = {".vtt": "Anna", ".ass": "Bo"}.get(suffix)
    assert found.cues == (Cue(0.5, 1.5, "Who is there?", voice),)
    assert (found.source, found.warning) == (f"My film{suffix}", None)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mkv", "subrip"), (".mkv", "ass"), (".mkv", "webvtt"), (".mp4", "mov_text")]
)
def test_an_embedded_track_is_read(tmp_path: Path, suffix: str, codec: str) -> None:
    found = dialogue(probe(encode(tmp_path / f"a{suffix}", scenes([48]), subtitles=(codec, EMBEDDED))))
    assert [line.text for line in found.cues] == ["Hello you", "and good bye"]
    assert [(line.start, line.end) for line in found.cues] == [
        (pytest.approx(0.25), pytest.approx(0.75)),
        (pytest.approx(1.0), pytest.approx(1.5)),
    ]
    assert found.source.startswith("track 1 (")
    assert "eng" in found.source


def test_lines_are_in_film_time(tmp_path: Path) -> None:
    times = [5 + i / 24 for i in range(48)]
    late = encode(tmp_path / "a.mkv", scenes([48]), times=times, subtitles=("subrip", [(5.5, 6.0, "late")]))
    assert dialogue(probe(late)).cues == (Cue(pytest.approx(0.5), pytest.approx(1.0), "late"),)  # type: ignore[arg-type]
    (tmp_path / "a.srt").write_text(SRT.format(who="a player's 0:00 is the first frame"))
    assert dialogue(probe(late)).cues[0].start == pytest.approx(0.5)


def test_english_comes_first(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED), language="fre")
    assert dialogue(a).source == "track 1 (srt, fre)"
    (tmp_path / "My film.de.srt").write_text(SRT.format(who="Wer da?"))
    assert dialogue(a).source == "My film.de.srt"
    (tmp_path / "My film.en.sdh.srt").write_text(SRT.format(who="Who's there?"))
    assert dialogue(a).source == "My film.en.sdh.srt"
    (tmp_path / "My film.srt").write_text(SRT.format(who="Qui?"))
    assert dialogue(a).source == "My film.srt"
    (tmp_path / "My film 2.srt").write_text(SRT.format(who="another film"))
    b = film(tmp_path, subtitles=("subrip", EMBEDDED), language="eng")
    for path in tmp_path.glob("*.srt"):
        if ".de." not in path.name:
            path.unlink()
    assert dialogue(b).source == "track 1 (srt, eng)"


def test_a_film_without_subtitles_has_no_lines(tmp_path: Path) -> None:
    found = dialogue(film(tmp_path))
    assert (found.cues, found.source, found.warning) == ((), "", None)


def test_a_track_and_a_file_can_be_named(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED))
    (tmp_path / "My film.srt").write_text(SRT.format(who="beside"))
    (tmp_path / "other.vtt").write_text(VTT.format(who="other"))
    assert dialogue(a, parse_subtitles("track:1")).cues[0].text == "Hello you"
    assert dialogue(a, parse_subtitles(str(tmp_path / "other.vtt"))).cues[0].text == "other"
    with pytest.raises(FilmError, match="stream 0 is no subtitle track; text tracks of this film: 1"):
        dialogue(a, parse_subtitles("track:0"))
    with pytest.raises(FilmError, match="no subtitles can be read"):
        dialogue(a, parse_subtitles(str(tmp_path / "missing.srt")))


@pytest.mark.parametrize(
    "data", [b"\0" * 500, bytes(range(256)) * 20, b"WEBVTT\n\n00:00 --> \n\n", b"[Script Info]\n["]
)
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_broken_file_costs_its_lines_and_a_warning(tmp_path: Path, suffix: str, data: bytes) -> None:
    (tmp_path / f"My film{suffix}").write_bytes(data)
    found = dialogue(film(tmp_path))
    assert found.cues == ()
    assert found.warning is not None
    assert f"My film{suffix}" in found.warning
    assert found.lost


@pytest.mark.parametrize("data", [b"", b"\n\n \n", b"\xef\xbb\xbf\r\n", b"WEBVTT\n\n", b"[Script Info]\n\n[Events]\n"])
def test_a_file_that_says_nothing_is_no_fault(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "My film.srt").write_bytes(data)
    assert dialogue(film(tmp_path)) == Dialogue((), "")


def test_a_broken_file_gives_way_to_the_track(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED))
    (tmp_path / "My film.srt").write_bytes(b"\0" * 100)
    found = dialogue(a)
    assert found.source == "track 1 (srt, eng)"
    assert found.warning is not None
    assert "My film.srt" in found.warning
    assert not found.lost, "another source says it all"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encodings_of_old_files_are_understood(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "My film.srt").write_bytes(SRT.format(who="Où ça ?").encode(encoding))
    assert dialogue(film(tmp_path)).cues[0].text == "Où ça ?"


def test_lines_are_cleaned_bounded_and_within_the_film(tmp_path: Path) -> None:
    (tmp_path / "My film.srt").write_text(
        "1\n00:00:01,000 --> 00:00:09,000\n<font color='red'>a\x1b]0;b\x07 \u202ec</font>\n\n"
        "2\n00:00:00,200 --> 00:00:00,900\n" + "long " * 5000 + "\n\n"
        "3\n00:00:01,500 --> 00:00:01,200\nbackwards\n\n"
        "4\n01:00:00,000 --> 01:00:01,000\nafter the end\n\n"
    )
    a = film(tmp_path)
    long, short = within(dialogue(a).cues, a.duration)
    assert len(long.text) <= 500
    assert short == Cue(1.0, 2.0, "a]0;b c") or short.text == "a]0;b c"
    assert short.end <= 2.01


def srt(text: str) -> str:
    return f"1\n00:00:00,500 --> 00:00:01,500\n{text}\n\n"


HOSTILE = {
    "braces": srt("{" * 200_000),
    "overrides": srt("{\\" * 5_000) * 100,
    "tags": srt("<u" * 100_000),
    "gap": srt("a" + "\n" * 20_000 + "b"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_takes_no_time(tmp_path: Path, kind: str) -> None:
    (tmp_path / "My film.srt").write_text(HOSTILE[kind])
    a = film(tmp_path)
    begin = time.process_time()  # not the clock's: other tests run on the same cores
    dialogue(a)
    assert time.process_time() - begin < 1


def test_a_long_heading_takes_no_time(tmp_path: Path) -> None:
    (tmp_path / "My film.ass").write_text(ASS.format(who="Who is there?") + "[" + "a" * 100_000)
    a = film(tmp_path)
    begin = time.process_time()
    assert dialogue(a).cues == (Cue(0.5, 1.5, "Who is there?", "Bo"),)
    assert time.process_time() - begin < 1


def test_lines_outlast_the_duration_that_a_container_claims(tmp_path: Path) -> None:
    a = replace(film(tmp_path), duration=1.0)
    (tmp_path / "My film.srt").write_text(SRT.format(who="early") + "2\n00:00:05,000 --> 00:00:06,000\nlate\n")
    lines = dialogue(a).cues
    assert lines == (Cue(0.5, 1.5, "early"), Cue(5.0, 6.0, "late"))
    assert within(lines, 1.0) == (Cue(0.5, 1.0, "early"),), "whoever knows the real end cuts there"


def test_only_regular_files_are_subtitles(tmp_path: Path) -> None:
    a = film(tmp_path)
    os.mkfifo(tmp_path / "My film.srt")
    (tmp_path / "My film.vtt").mkdir()
    (tmp_path / "My film.ass").symlink_to("/dev/zero")
    (tmp_path / "My film.ssa").symlink_to(tmp_path / "nowhere")
    assert dialogue(a) == Dialogue((), "")
    assert dialogue_digest(a) == ""
    for name in ("My film.srt", "My film.vtt", "My film.ass"):
        with pytest.raises(FilmError, match="no subtitles can be read"):
            dialogue(a, parse_subtitles(str(tmp_path / name)))


def test_a_file_that_may_not_be_read_is_a_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = film(tmp_path)
    (tmp_path / "My film.srt").write_text(SRT.format(who="secret"))

    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refused)
    found = dialogue(a)
    assert (found.cues, found.lost) == ((), True)
    assert found.warning == "My film.srt: cannot be read; check its permissions"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"title": "Signs & Songs"}, {"title": "Full"}),
        ({"title": "English (Forced)"}, {"title": "English"}),
        ({"title": "Director's commentary"}, {}),
        ({"title": "English [SDH]"}, {"title": "English"}),
        ({"title": "Signs and songs"}, {"title": "Vollständig", "language": "ger"}),
        ({"title": "English", "language": "fre"}, {"language": "en-GB"}),
    ],
)
def test_the_track_that_holds_all_that_is_said_comes_first(
    tmp_path: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    assert [line.text for line in dialogue(two_tracks(tmp_path / "a.mkv", first, second)).cues] == ["track 2"]


def test_a_forced_track_comes_last_but_is_better_than_none(tmp_path: Path) -> None:
    a = two_tracks(tmp_path / "a.mkv", {}, {}, forced=True)
    assert a.subtitles[0].forced
    assert [line.text for line in dialogue(a).cues] == ["track 2"]
    assert [line.text for line in dialogue(replace(a, subtitles=a.subtitles[:1])).cues] == ["track 1"]


def test_of_files_too_the_one_that_holds_all_comes_first(tmp_path: Path) -> None:
    a = film(tmp_path)
    for words in ("en.forced", "en.sdh", "en"):
        (tmp_path / f"My film.{words}.srt").write_text(SRT.format(who=words))
    found = []
    while said := dialogue(a):
        if not said.cues:
            break
        found.append(said.cues[0].text)
        (tmp_path / said.source).unlink()
    assert found == ["en", "en.sdh", "en.forced"]


@pytest.mark.parametrize("codec", ["subrip", "webvtt"])
def test_a_track_that_is_not_utf_8_is_read_by_a_guess(tmp_path: Path, codec: str) -> None:
    words = ("Привет, как дела? Я давно тебя не видел.", "Что ты делаешь сегодня вечером?")
    lines = [(0.2, 0.8, words[0].encode("cp1251")), (1.0, 1.8, words[1].encode("cp1251"))]
    a = film(tmp_path, subtitles=(codec, lines))
    found = dialogue(a)
    assert [line.text for line in found.cues] == list(words)
    assert found.warning is not None
    assert "cp1251, which is a guess" in found.warning
    assert not found.lost
