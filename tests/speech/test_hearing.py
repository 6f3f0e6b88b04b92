"""Hearing a film end to end with a recogniser that knows tones: times, resume, languages, and what is only noted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from longvid.engine.request import Stopped
from longvid.errors import RunError, SpeechError
from longvid.film import Cue, Dialogue, Film, probe
from longvid.run import Store
from longvid.speech import AudioChoice, Heard, Hearing, SpeechSettings, hear, hearing
from longvid.speech.sound import RATE
from tests.speech.sounds import LENGTH, ToneEar, Track, say, sounding

LONG = {1.0: "ada", 9.6: "bell", 10.2: "cup", 19.0: "door", 31.0: "egg", 44.0: "fire"}
"""Words of a minute, two of them over the border of two blocks of ten seconds."""


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "BLOCK", 10 * RATE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "answers.sqlite", durable=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return probe(sounding(tmp_path_factory.mktemp("heard") / "a.mkv", Track(say(LONG, 60)), seconds=60))


def listen(film: Film, store: Store, ear: ToneEar, **how: object) -> Heard:
    choice = how.pop("choice", AudioChoice())
    one = Hearing(film, choice, ear, store, how.pop("progress", lambda done, total: None), **how)  # type: ignore[arg-type]
    return one.heard([cue for cues in one.lines() for cue in cues])


def said(cues: Sequence[Cue]) -> list[tuple[float, str]]:
    return [(round(cue.start, 1), cue.text) for cue in cues]


def test_every_word_is_heard_once_at_its_time_also_over_the_border_of_two_blocks(film: Film, store: Store) -> None:
    heard = listen(film, store, ToneEar())
    assert said(heard.cues) == list(LONG.items())
    for cue, start in zip(heard.cues, LONG, strict=True):
        assert cue.end == pytest.approx(start + LENGTH, abs=0.05)
    assert (heard.language, heard.spoken, heard.notes) == ("en", "en", ())
    assert heard.source == "transcribed by tones (track 1)"
    assert heard.how == "transcribed"


def test_speech_is_packed_so_that_there_are_few_calls(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "BLOCK", 240 * RATE)
    words = {float(t): ("ada", "bell", "cup")[t % 3] for t in range(0, 116, 2)}
    ear = ToneEar()
    heard = listen(probe(sounding(tmp_path / "a.mkv", Track(say(words, 120)), seconds=120)), store, ear)
    assert said(heard.cues) == list(words.items())
    # With what stands around it, each word is a second and 0.4 s.
    assert len(ear.heard) == 3
    assert all(length <= 30 for length in ear.heard)
    assert sum(ear.heard) == pytest.approx(58 * 1.4, abs=3)


def test_what_was_heard_is_not_asked_again(film: Film, store: Store) -> None:
    first = listen(film, store, ToneEar())
    again = ToneEar()
    assert listen(film, store, again) == first
    assert (again.listened, again.heard) == (0, [])


@pytest.mark.parametrize("killed", range(1, 5))
def test_a_run_that_was_stopped_repeats_at_most_one_window(film: Film, store: Store, killed: int) -> None:
    other = ToneEar(identity={"class": "other"})
    whole, calls = listen(film, store, other), len(other.heard)

    class Killed(BaseException):
        pass

    class Mortal(ToneEar):
        def said(self, *args: object, **options: object):  # type: ignore[no-untyped-def]
            if len(self.heard) == killed:
                raise Killed
            return super().said(*args, **options)  # type: ignore[arg-type]

    first, second = Mortal(), ToneEar()
    with pytest.raises(Killed):
        listen(film, store, first)
    assert listen(film, store, second).cues == whole.cues
    assert len(first.heard) + len(second.heard) == calls, "what was answered is not asked again"
    assert first.listened + second.listened == other.listened + 1, "one block is listened to twice"


def test_progress_counts_seconds_and_may_end_the_work(film: Film, store: Store) -> None:
    told: list[tuple[float, float]] = []
    listen(film, store, ToneEar(), progress=lambda done, total: told.append((done, total)))
    assert told[0][0] == 0
    assert told == sorted(told)
    assert told[-1][0] == pytest.approx(60, abs=0.3)
    assert [total for _, total in told] == pytest.approx([60] * len(told), abs=0.3)

    def stop(done: float, total: float) -> None:
        if done > 15:
            raise Stopped

    with pytest.raises(Stopped):
        listen(film, store, ToneEar(identity={"class": "stopped"}), progress=stop)


def test_a_range_is_heard_alone(film: Film, store: Store) -> None:
    ear = ToneEar()
    heard = listen(film, store, ear, start=8.0, end=25.0)
    assert said(heard.cues) == [(9.6, "bell"), (10.2, "cup"), (19.0, "door")]
    assert ear.listened == 2


def test_other_films_tracks_recognisers_and_translations_have_answers_of_their_own(
    tmp_path: Path, film: Film, store: Store
) -> None:
    listen(film, store, ToneEar())
    other = probe(sounding(tmp_path / "b.mkv", Track(say({2.0: "gold"})), Track(say({3.0: "home"}))))
    assert said(listen(other, store, ToneEar()).cues) == [(2.0, "gold")]
    assert said(listen(other, store, ToneEar(), choice=AudioChoice(track=2)).cues) == [(3.0, "home")]
    ear = ToneEar(only=None, spoken=[{"fr": 0.9, "en": 0.1}])
    heard = listen(other, store, ear, translate=True)
    assert ear.asked == [("fr", True)]
    assert (heard.language, heard.spoken) == ("en", "fr")
    assert heard.source == "translated from fr by tones (track 1)"


def test_a_language_is_fixed_once_the_model_is_sure_of_it(film: Film, store: Store) -> None:
    unsure, sure = {"cy": 0.4, "fr": 0.3}, {"fr": 0.9, "cy": 0.05}
    ear = ToneEar(only=None, spoken=[unsure, sure])
    heard = listen(film, store, ear)
    assert ear.languages_asked == 2, "one for the first window, one for the next, then it is known"
    assert [language for language, _ in ear.asked] == ["cy"] + ["fr"] * (len(ear.asked) - 1)
    assert heard.language == "fr"
    # And a run that goes on knows it too.
    assert listen(film, store, ToneEar(only=None, spoken=[])).language == "fr"


@pytest.mark.parametrize(
    ("tracks", "note"),
    [
        ((), "there is no audio track, so nothing is heard"),
        ((Track(say({})),), "audio track 1: it is silent"),
        ((Track(say({}) + 0.005),), "audio track 1: no speech was heard in it"),
    ],
)
def test_a_film_in_which_nothing_is_said_is_a_note(
    tmp_path: Path, store: Store, tracks: tuple[Track, ...], note: str
) -> None:
    film = probe(sounding(tmp_path / "a.mkv", *tracks))
    for _ in range(2):
        heard = listen(film, store, ToneEar())
        assert heard.cues == ()
        assert (heard.language, heard.warning) == (None, note)


def test_what_of_a_track_is_broken_is_a_note_in_this_run_and_the_next(tmp_path: Path, store: Store) -> None:
    path = sounding(tmp_path / "a.mkv", Track(say({1.0: "ada", 10.0: "cup"}, rate=48_000), 48_000, "stereo", "flac"))
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 4000, 100):
        data[at : at + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    film = probe(path)
    first, second = listen(film, store, ToneEar()), listen(film, store, ToneEar())
    assert first == second
    assert [text for _, text in said(first.cues)] == ["ada", "cup"]
    assert first.warning is not None
    assert first.warning.startswith("audio track 1: ")
    assert first.warning.endswith("cannot be decoded")


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"following": 0}', '{"following":0,"last":false,"loud":true,"votes":{},"asked":0,"windows":[]}'],
)
def test_a_block_that_is_damaged_is_heard_anew_and_none_goes_round_in_circles(
    film: Film, store: Store, text: str
) -> None:
    whole = listen(film, store, ToneEar())
    store._db.execute("UPDATE answers SET text = ? WHERE text LIKE '{%'", (text,))
    again = ToneEar()
    assert listen(film, store, again) == whole
    assert again.heard == [], "its windows are still there"


@pytest.mark.parametrize("text", ["{", "[[1]]", '[["a", 2, "b"]]', "[[1, 2, 3]]", '[[NaN, 2, "b"]]'])
def test_an_answer_that_is_damaged_is_one_line(film: Film, store: Store, text: str) -> None:
    listen(film, store, ToneEar())
    store._db.execute("UPDATE answers SET text = ? WHERE text LIKE '[%'", (text,))
    with pytest.raises(RunError, match="is damaged: an answer in it is none; --fresh begins anew"):
        listen(film, store, ToneEar())


def test_nobody_hears_where_nobody_is_to(film: Film, store: Store) -> None:
    for nobody in (SpeechSettings("none"), SpeechSettings("auto")):  # no checkpoint is on this machine
        assert hear(film, nobody, store) == Dialogue((), "")
        assert (nobody.available(), nobody.identity()) == (False, {})


def test_a_recogniser_that_fails_is_a_warning_where_nobody_named_it(
    tmp_path: Path, film: Film, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(ToneEar):
        def said(self, *args: object, **options: object):  # type: ignore[no-untyped-def]
            raise SpeechError("small: cannot be used (no cuBLAS); choose another, or --device cpu")

    monkeypatch.setattr(SpeechSettings, "open", lambda self: Broken())
    found = hear(film, SpeechSettings("auto"), store)
    assert (found.cues, found.how, found.lost) == ((), "", False)
    assert found.warning is not None
    assert found.warning.startswith("speech is not heard: small: cannot be used (no cuBLAS)")
    with pytest.raises(SpeechError):
        hear(film, SpeechSettings("small"), store)
    with pytest.raises(SpeechError, match="stream 9 is no audio track"):
        hear(film, SpeechSettings("auto", AudioChoice(track=9)), store)
    mute = probe(sounding(tmp_path / "mute.mkv"))
    assert hear(mute, SpeechSettings("auto"), store) == Dialogue((), ""), "nobody asked for its sound"
    assert hear(mute, SpeechSettings("small"), store).warning == "there is no audio track, so nothing is heard"


def test_what_is_heard_is_dialogue(film: Film, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpeechSettings, "open", lambda self: ToneEar())
    found = hear(film, SpeechSettings("any"), store, start=15.0)
    assert said(found.cues) == [(19.0, "door"), (31.0, "egg"), (44.0, "fire")]
    assert (found.source, found.language, found.how) == ("transcribed by tones (track 1)", "en", "transcribed")
    assert (found.warning, found.lost) == (None, False)
    silent = hear(film, SpeechSettings("any"), store, start=50.0)
    assert (silent.cues, silent.source, silent.how, silent.lost) == ((), "", "", False)
    assert silent.warning == "audio track 1: it is silent"
