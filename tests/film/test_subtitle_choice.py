"""Which dialogue is taken: as chosen, never captions of our own, with a digest of what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

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
)
from longvid.text.mark import marked
from tests.film.films import encode, scenes
from tests.film.subtitled import EMBEDDED, SRT, film, two_tracks


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
