"""Which audio track is heard: the film's own sound, unless another is asked for by number or language."""

from __future__ import annotations

from pathlib import Path

import pytest
from av.stream import Disposition

from longvid.errors import SpeechError
from longvid.film import probe
from longvid.speech.choice import AudioChoice, chosen
from tests.speech.sounds import Track, say, sounding

QUIET = say({}, 2.0)


def film(tmp_path: Path, *tracks: Track):  # type: ignore[no-untyped-def]
    return probe(sounding(tmp_path / "a.mkv", *tracks, seconds=2.0))


def index(*args: object) -> int | None:
    track = chosen(*args)  # type: ignore[arg-type]
    return None if track is None else track.index


def test_it_is_the_default_one_and_else_the_first(tmp_path: Path) -> None:
    two = film(tmp_path, Track(QUIET), Track(QUIET, disposition=Disposition.default))
    assert index(two, AudioChoice()) == 2
    assert index(film(tmp_path, Track(QUIET), Track(QUIET)), AudioChoice()) == 1
    assert index(film(tmp_path), AudioChoice()) is None


@pytest.mark.parametrize(
    "aside",
    [
        Track(QUIET, title="Director's Commentary", disposition=Disposition.default),
        Track(QUIET, title="Audio description", disposition=Disposition.default),
        Track(QUIET, disposition=Disposition.default | Disposition.comment),
        Track(QUIET, disposition=Disposition.visual_impaired),
    ],
)
def test_a_commentary_or_a_description_is_heard_only_where_there_is_nothing_else(tmp_path: Path, aside: Track) -> None:
    assert index(film(tmp_path, aside, Track(QUIET, title="Surround")), AudioChoice()) == 2
    assert index(film(tmp_path, aside), AudioChoice()) == 1


def test_one_is_named_by_its_number_or_its_language_whatever_the_container_calls_it(tmp_path: Path) -> None:
    two = film(tmp_path, Track(QUIET, language="eng"), Track(QUIET, language="ger"))
    assert index(two, AudioChoice(track=2)) == 2
    for language in ("de", "de-AT"):
        assert index(two, AudioChoice(language=language)) == 2, language
    assert index(two, AudioChoice(language="en")) == 1


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (AudioChoice(track=0), "stream 0 is no audio track"),
        (AudioChoice(track=9), "stream 9 is no audio track"),
        (AudioChoice(language="fr"), "no audio track is marked as fr"),
    ],
)
def test_what_is_not_there_is_one_line_that_names_what_is(tmp_path: Path, choice: AudioChoice, said: str) -> None:
    with pytest.raises(SpeechError) as caught:
        chosen(film(tmp_path, Track(QUIET, language="eng", title="Stereo")), choice)
    assert said in str(caught.value)
    assert str(caught.value).endswith("audio tracks of this film: 1 (pcm_s16le, eng, Stereo)")


def test_of_two_regions_the_one_that_was_asked_for_is_taken(tmp_path: Path) -> None:
    two = film(tmp_path, Track(QUIET, language="en"), Track(QUIET, language="en-GB"))
    assert index(two, AudioChoice(language="en-GB")) == 2
    assert index(two, AudioChoice(language="en")) == 1
