"""Dialogue: found where users keep it, in film time, clean; broken files cost their lines and nothing else."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from longvid.errors import FilmError
from longvid.film import (
    Cue,
    Dialogue,
    Film,
    beyond,
    dialogue,
    dialogue_beside,
    dialogue_digest,
    parse_subtitles,
    probe,
    within,
)
from longvid.text.mark import marked
from tests.film.films import ASS_HEADER, encode, scenes

SRT = "1\n00:00:00,500 --> 00:00:01,500\n{who}\n\n"
VTT = "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\n<v Anna>{who}</v>\n"
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
EMBEDDED = [(0.25, 0.75, "Hello <i>you</i>"), (1.0, 1.5, "and \x1b[31mgood bye")]


def film(folder: Path, **options: object) -> Film:
    return probe(encode(folder / "My film.mkv", scenes([48]), **options))  # type: ignore[arg-type]


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


def two_tracks(path: Path, first: dict[str, str], second: dict[str, str], *, forced: bool = False) -> Film:
    """A film with two text tracks, each with a line that is its number; with `forced` the first is so marked."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 128, 96, "yuv420p"
        tracks = []
        for about in (first, second):
            track = container.add_stream("subrip")
            track.codec_context.subtitle_header = ASS_HEADER
            track.codec_context.time_base = track.time_base = Fraction(1, 1000)
            track.metadata.update({"language": "eng", **about})
            tracks.append(track)
        if forced:
            tracks[0].disposition = Disposition.forced | Disposition.default
        for picture in scenes([36]):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        for track in tracks:
            packet = av.Packet(f"track {track.index}".encode())
            packet.stream, packet.time_base = track, Fraction(1, 1000)
            packet.pts = packet.dts = 200
            packet.duration = 500
            container.mux(packet)
    return probe(path)


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


def test_the_digest_of_files_is_of_what_they_say(tmp_path: Path) -> None:
    a = film(tmp_path)
    assert dialogue_digest(a) == ""
    path = tmp_path / "My film.srt"
    seen = []
    for who in ("one", "two", None):
        path.write_bytes(SRT.format(who=who).encode() if who else b"broken")
        seen.append(dialogue_digest(a))
    assert len({"", *seen}) == 4
    path.write_text(SRT.format(who="one").replace("\n", "\r\n"))
    (tmp_path / "My film.de.srt").write_text(SRT.format(who="nobody asks for it"))
    assert dialogue_digest(a) == seen[0]


def chosen(a: Film, value: str) -> Dialogue:
    return dialogue(a, parse_subtitles(value))


def test_where_it_is_from_is_told(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED))
    found = dialogue(a)
    assert (found.source, found.language, found.how) == ("track 1 (srt, eng)", "en", "track")
    (tmp_path / "My film.pt-BR.srt").write_text(SRT.format(who="Quem?"))
    found = chosen(a, "lang:pt")
    assert (found.source, found.language, found.how) == ("My film.pt-BR.srt", "pt-BR", "file")
    (tmp_path / "My film.srt").write_text(SRT.format(who="Who?"))
    found = dialogue(a)
    assert (found.source, found.language, found.how) == ("My film.srt", None, "file")
    assert found.lines == found.cues


def test_none_is_nothing(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED))
    (tmp_path / "My film.srt").write_text(SRT.format(who="Who?"))
    assert chosen(a, "none") == Dialogue((), "")


def test_a_language_is_found_by_all_its_names(tmp_path: Path) -> None:
    a = two_tracks(tmp_path / "My film.mkv", {"language": "ger"}, {"language": "en-GB"})
    for name, track in (("de", 1), ("deu", 1), ("German", 1), ("en", 2), ("en-US", 2), ("eng", 2)):
        assert [cue.text for cue in chosen(a, f"lang:{name}").cues] == [f"track {track}"], name
    (tmp_path / "My film.en.forced.srt").write_text(SRT.format(who="a part"))
    assert chosen(a, "lang:en").cues[0].text == "track 2"
    (tmp_path / "My film.en-US.srt").write_text(SRT.format(who="American"))
    assert chosen(a, "lang:en-US").cues[0].text == "American"
    assert chosen(a, "lang:en-GB").cues[0].text == "track 2"


def test_a_language_that_nothing_is_in_is_refused_with_those_there_are(tmp_path: Path) -> None:
    a = two_tracks(tmp_path / "My film.mkv", {"language": "ger"}, {"language": "und"})
    (tmp_path / "My film.fr.srt").write_text(SRT.format(who="Qui?"))
    with pytest.raises(FilmError) as told:
        chosen(a, "lang:cy")
    assert str(told.value).endswith(
        "no subtitles in the language cy; there are: unnamed (track:2), fr (My film.fr.srt), de (track:1)"
    )
    with pytest.raises(FilmError, match="no subtitles in the language cy; it has none"):
        dialogue_digest(replace(a, path=tmp_path / "other.mkv", subtitles=()), parse_subtitles("lang:cy"))


def test_a_broken_file_of_the_language_is_a_warning(tmp_path: Path) -> None:
    a = film(tmp_path)
    (tmp_path / "My film.fr.srt").write_bytes(b"\0" * 100)
    found = chosen(a, "lang:fr")
    assert (found.cues, found.lost) == ((), True)
    assert found.warning is not None
    assert "My film.fr.srt" in found.warning


def test_an_empty_file_that_is_named_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "empty.srt").write_bytes(b"")
    found = chosen(film(tmp_path), str(tmp_path / "empty.srt"))
    assert (found.cues, found.warning, found.lost) == ((), None, False)


OWN = "1\n00:00:00,500 --> 00:00:01,500\n" + marked("A man walks.") + "\n\n"


def test_own_captions_beside_the_film_are_as_if_they_were_not_there(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED))
    (tmp_path / "My film.srt").write_text(OWN, encoding="utf-8")
    assert dialogue(a).source == "track 1 (srt, eng)"
    assert dialogue(a).warning is None
    assert dialogue_digest(a) == ""
    with pytest.raises(FilmError, match=r"My film\.srt: holds captions that longvid wrote"):
        chosen(a, str(tmp_path / "My film.srt"))
    (tmp_path / "My film.fr.srt").write_text(OWN, encoding="utf-8")
    with pytest.raises(FilmError, match="what is in the language fr holds captions that longvid wrote"):
        chosen(a, "lang:fr")


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mkv", "subrip"), (".mkv", "ass"), (".mkv", "webvtt"), (".mp4", "mov_text")]
)
def test_own_captions_within_the_film_are_none_either(tmp_path: Path, suffix: str, codec: str) -> None:
    lines = [(0.25, 0.75, marked("A man walks.")), (1.0, 1.5, "He sits.")]
    a = probe(encode(tmp_path / f"a{suffix}", scenes([48]), subtitles=(codec, lines)))
    assert dialogue(a) == Dialogue((), "")
    with pytest.raises(FilmError, match="track 1 holds captions that longvid wrote"):
        chosen(a, "track:1")


def test_speakers_of_a_track_are_known(tmp_path: Path) -> None:
    lines = [(0.25, 0.75, "<v Anna>Hi, <i>Bob</i> &amp; you.</v>"), (1.0, 1.5, "- Yes?\n- ANNA: [sighs] No.")]
    a = probe(encode(tmp_path / "a.mkv", scenes([48]), subtitles=("webvtt", lines)))
    assert [(cue.speaker, cue.kind, cue.text) for cue in dialogue(a).cues] == [
        ("Anna", "speech", "Hi, Bob & you."),
        (None, "speech", "Yes?"),
        ("ANNA", "sound", "sighs"),
        ("ANNA", "speech", "No."),
    ]


def test_each_choice_has_a_digest_of_its_own_that_follows_what_is_said(tmp_path: Path) -> None:
    a = film(tmp_path, subtitles=("subrip", EMBEDDED))
    beside, other = tmp_path / "My film.en.srt", tmp_path / "other.srt"
    other.write_text(SRT.format(who="other"))
    choices = ["auto", "none", "track:1", "lang:en", str(other)]
    before = [dialogue_digest(a, parse_subtitles(value)) for value in choices]
    assert before[0] == "", "as plans were keyed that knew no choice"
    assert len(set(before)) == len(choices)
    beside.write_text(SRT.format(who="Who?"))
    after = [dialogue_digest(a, parse_subtitles(value)) for value in choices]
    assert [x == y for x, y in zip(before, after, strict=True)] == [False, True, True, False, True]
    other.write_text(SRT.format(who="ANNA: other"))
    third = [dialogue_digest(a, parse_subtitles(value)) for value in choices]
    assert [x == y for x, y in zip(after, third, strict=True)] == [True, True, True, True, False]
    beside.unlink()
    assert dialogue_digest(a) == ""


def test_captions_have_their_dialogue_beside_them(tmp_path: Path) -> None:
    captions = tmp_path / "a.jsonl"
    assert dialogue_beside(captions) == Dialogue((), "")
    assert dialogue_digest(captions) == ""
    (tmp_path / "a.vtt").write_text(OWN, encoding="utf-8")
    (tmp_path / "a.srt").write_text(SRT.format(who="ANNA: Who?"))
    found = dialogue_beside(captions)
    assert found == Dialogue((Cue(0.5, 1.5, "Who?", "ANNA"),), "a.srt", None, "file")
    assert dialogue_digest(captions) != ""
    assert dialogue_beside(tmp_path / "a.srt") == Dialogue((), ""), "captions are not their own dialogue"
    assert dialogue_beside(captions, parse_subtitles("none")).cues == ()
    assert dialogue_beside(captions, parse_subtitles(str(tmp_path / "a.srt"))).cues == found.cues
    with pytest.raises(FilmError, match="captions have no tracks"):
        dialogue_beside(captions, parse_subtitles("track:1"))


def test_lines_of_another_film_are_told(tmp_path: Path) -> None:
    said = Dialogue(tuple(Cue(18_000.0 + i, 18_001.0 + i, "late") for i in range(3)), "a.srt")
    assert beyond(said, 60.0) == "a.srt: 3 of 3 lines begin after the film ends; is it another film's?"
    one = Dialogue(said.cues[:1], "a.srt")
    assert beyond(one, 60.0) == "a.srt: 1 of 1 line begins after the film ends; is it another film's?"
    assert beyond(said, 18_002.0) is None
    assert beyond(Dialogue((), ""), 60.0) is None
