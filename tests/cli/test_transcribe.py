"""`longvid transcribe`: lines as they are heard, files in the run folder, and one line for whatever is in the way."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path

import pytest

from longvid.speech import SpeechSettings, settings
from tests.cli.program import longvid
from tests.speech.sounds import ToneEar, Track, say, sounding


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> ToneEar:
    """Who hears, whatever is named."""
    made = ToneEar()
    monkeypatch.setattr(SpeechSettings, "open", lambda self: made)
    return made


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return sounding(tmp_path / "a.mkv", Track(say({1.1: "ada", 8.1: "bell"})), Track(say({3.1: "cup"}), language="fre"))


def test_lines_are_printed_and_files_are_written_into_the_run_folder(film: Path, ear: ToneEar) -> None:
    done = longvid("transcribe", film, "-f", "srt,vtt,json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[0:00:01] ada\n[0:00:08] bell\n"
    folder = film.with_name("a.longvid")
    srt = (folder / "a.transcript.srt").read_text()
    assert srt.startswith("1\n00:00:01,") and "\nada\n\n2\n00:00:08," in srt  # noqa: PT018
    assert (folder / "a.transcript.vtt").read_text().startswith("WEBVTT\nLanguage: en\n\nNOTE transcribed by tones")
    value = json.loads((folder / "a.transcript.json").read_text())
    assert [cue["text"] for cue in value["cues"]] == ["ada", "bell"]
    how = {"source": "transcribed by tones (track 1)", "language": "en", "cues": 2, "how": "transcribed"}
    assert (value["dialogue"], value["spoken"], value["audio_track"]) == (how, "en", 1)
    assert len(ear.heard) == 1


def test_json_is_one_object_a_film_and_what_was_heard_is_not_heard_again(film: Path, ear: ToneEar) -> None:
    first, second = (longvid("transcribe", film, "--json") for _ in range(2))
    assert first == second
    value = json.loads(first.stdout)
    assert value["status"] == "ok"
    assert value["cues"][1]["start"] == pytest.approx(8.1, abs=0.05)
    assert len(ear.heard) == 1
    longvid("transcribe", film, "--json", "--fresh")
    assert len(ear.heard) == 2


def test_another_track_and_a_translation_replace_no_transcript(film: Path, ear: ToneEar) -> None:
    assert longvid("transcribe", film).stdout == "[0:00:01] ada\n[0:00:08] bell\n"
    assert longvid("transcribe", film, "--audio-track", "lang:fr").stdout == "[0:00:03] cup\n"
    assert longvid("transcribe", film, "--audio-track", "2", "--translate").stdout == "[0:00:03] cup\n"
    names = {path.name for path in film.with_name("a.longvid").glob("*.srt")}
    assert names == {"a.transcript.srt", "a.transcript-fr.srt", "a.translation-track2.srt"}
    assert ear.asked[-1] == ("en", True)


def test_a_film_without_speech_or_sound_is_a_note_and_no_fault(tmp_path: Path, ear: ToneEar) -> None:
    for name, tracks in (("silent.mkv", [Track(say({}))]), ("mute.mkv", [])):
        done = longvid("transcribe", sounding(tmp_path / name, *tracks), "-q")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = longvid("transcribe", tmp_path / "mute.mkv")
    assert done.stderr == "longvid: mute.mkv: there is no audio track, so nothing is heard\n"
    done = longvid("transcribe", tmp_path / "silent.mkv", "-v")
    assert "silent.mkv: audio track 1: it is silent" in done.stderr or "audio track 1: it is silent" in done.stderr
    assert not ear.heard


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--audio-track", "first"), "'first' is no track"),
        (("--audio-track", "lang:"), "'lang:' is no track"),
        (("--audio-track", "lang:klingonese"), "'lang:klingonese' is no track"),
        (("-f", "md"), "'md' is no format; choose from srt, vtt, json"),
        (("--model", "https://huggingface.co/Systran/faster-whisper-small"), "write Systran/faster-whisper-small"),
        (("--device", "gpu"), "there is no device 'gpu'"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_opened(film: Path, words: tuple[str, ...], said: str) -> None:
    done = longvid("transcribe", film, *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("\u2502", "").split())


def test_a_track_that_is_not_there_is_one_line_and_leaves_no_folder(film: Path, ear: ToneEar) -> None:
    done = longvid("transcribe", film, "--audio-track", "7")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "stream 7 is no audio track; audio tracks of this film: 1 (pcm_s16le), 2 (pcm_s16le, fre)" in done.stderr
    assert not film.with_name("a.longvid").exists()


def test_without_the_extra_or_a_checkpoint_it_says_what_to_do(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "installed", lambda: False)
    for words in ((), ("--model", "small")):
        done = longvid("transcribe", film, *words)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert 'pip install "longvid[speech]"' in done.stderr or "no checkpoint that hears" in done.stderr
    assert not film.with_name("a.longvid").exists()


def test_whoever_reads_no_further_has_the_files_all_the_same(film: Path, ear: ToneEar) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    done = longvid("transcribe", film, stdout=Full())
    assert done.returncode == 1
    assert "its result cannot be printed" in done.stderr
    assert "bell" in (film.with_name("a.longvid") / "a.transcript.srt").read_text()
    assert len(ear.heard) == 1
