"""Whisper by faster-whisper: speech to words on this machine, int8 on a CPU and float16 on a GPU.

Loads nothing before it is asked, so that a run whose answers are all stored needs neither weights nor the package.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from longvid.errors import SpeechError
from longvid.speech.checkpoints import EXTRA, Checkpoint
from longvid.speech.ear import Said, Word
from longvid.speech.spans import FRAME
from longvid.text.shown import clean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BEAM = 5
HOTTER = (0.0, 0.2, 0.4)
"""Temperatures, one after the other, where an answer repeats itself or the model does not believe it; what the last of
them gives is judged like any other."""
PIECE, LEAD = 125 * FRAME, 32 * FRAME
"""Samples in which voices are looked for at once, four seconds, and those before them that the detector hears first.
What it remembers of loud music keeps it from hearing voices for a minute, so it is made to forget."""
MOST_THREADS = 8
"""More do not make one call faster."""


class Whisper:
    """A checkpoint on `device` ("cpu", "cuda", "cuda:N"; None: CUDA where there is one). Implements `Ear`."""

    def __init__(self, checkpoint: Checkpoint, device: str | None = None) -> None:
        """Raises SpeechError where the extra is not installed."""
        self._checkpoint = checkpoint
        self._device, self._index = _placed(device)
        self._loaded: Any = None

    @property
    def name(self) -> str:
        return self._checkpoint.name

    @property
    def identity(self) -> Mapping[str, object]:
        return {
            "class": "whisper",
            "revision": self._checkpoint.digest,
            "compute": self._compute,
            "beam": BEAM,
            "temperatures": list(HOTTER),
        }

    @property
    def only(self) -> str | None:
        return None if self._checkpoint.multilingual else "en"

    @property
    def _compute(self) -> str:
        return "int8" if self._device == "cpu" else "float16"

    def chances(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        import numpy as np

        rest = -len(samples) % FRAME
        with _told("the detector of voices that comes with faster-whisper"):
            from faster_whisper.vad import get_vad_model

            detector, padded = get_vad_model(), np.pad(_floats(samples), (0, rest))
            found = [np.empty(0, np.float32)]
            for start in range(0, len(padded), PIECE):
                lead = min(start, LEAD)
                piece = padded[start - lead : start + PIECE].copy()  # it writes into what it is given
                found.append(np.asarray(detector(piece), np.float32).reshape(-1)[lead // FRAME :])
        return np.concatenate(found)

    def languages(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        with _told(self.name, gpu=self._device != "cpu"):
            _, _, found = self._model().detect_language(_floats(samples), language_detection_segments=1)
        return dict(found)

    def said(self, samples: NDArray[np.int16], language: str, *, translate: bool) -> list[Said]:
        with _told(self.name, gpu=self._device != "cpu"):
            import ctranslate2

            model = self._model()
            ctranslate2.set_random_seed(0)  # hotter answers are sampled, and must be the same in the next run
            segments, _ = model.transcribe(
                _floats(samples),
                language=language,
                task="translate" if translate else "transcribe",
                beam_size=BEAM,
                temperature=list(HOTTER),
                condition_on_previous_text=False,  # else a loop in one window goes on in all that follow
                word_timestamps=True,
                without_timestamps=False,
            )
            found = [(segment, [word for word in segment.words or () if word.word.strip()]) for segment in segments]
        return [
            Said(
                tuple(Word(float(w.start), float(w.end), str(w.word), float(w.probability)) for w in words),
                float(segment.avg_logprob),
                float(segment.no_speech_prob),
            )
            for segment, words in found
            if words
        ]

    def _model(self) -> Any:
        if self._loaded is None:
            from faster_whisper import WhisperModel

            self._loaded = WhisperModel(
                str(self._checkpoint.folder),
                device=self._device,
                device_index=self._index,
                compute_type=self._compute,
                cpu_threads=_threads(),
            )
        return self._loaded


def has_gpu() -> bool:
    """Whether CTranslate2 sees a GPU. Raises SpeechError where it is not installed as it should be."""
    return _gpus() > 0


def _gpus() -> int:
    with _told("CTranslate2"):
        import ctranslate2

        return int(ctranslate2.get_cuda_device_count())


def _placed(device: str | None) -> tuple[str, int]:
    """The device as CTranslate2 names it, and its number. Raises SpeechError where it is not there."""
    if device == "cpu":
        return "cpu", 0
    count = _gpus()
    if device is None:
        return ("cuda", 0) if count else ("cpu", 0)
    index = int(device.partition(":")[2] or 0)
    if index >= count:
        raise SpeechError(f"there is no {device} on this machine that CTranslate2 can use; choose cpu")
    return "cuda", index


@contextmanager
def _told(what: str, *, gpu: bool = False) -> Iterator[None]:
    """Whatever the libraries raise within it becomes one line: they raise everything, of everybody's folders."""
    try:
        yield
    except ImportError as error:
        raise SpeechError(f"speech cannot be heard: {clean(str(error))}; {EXTRA}") from error
    except MemoryError as error:
        raise SpeechError(f"{what}: there is not enough memory; choose a smaller checkpoint") from error
    except Exception as error:
        said = clean(str(error)) or type(error).__name__
        remedy = f"choose {'a smaller' if 'memory' in said else 'another'} checkpoint{', or --device cpu' * gpu}"
        raise SpeechError(f"{what}: cannot be used ({said}); {remedy}") from error


def _threads() -> int:
    """As many as there are cores for this process; what OMP_NUM_THREADS says where it says something."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isascii() and told.isdigit() and int(told) > 0:
        return int(told)
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(able, MOST_THREADS)


def _floats(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    import numpy as np

    return np.asarray(samples, np.float32) / np.float32(32768)
