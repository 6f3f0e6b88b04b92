"""What the user wants heard, and by which recogniser; what of it decides the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from longvid.errors import SpeechError
from longvid.speech.checkpoints import EXTRA, find, here, inspect, installed
from longvid.speech.choice import OWN_SOUND, AudioChoice
from longvid.speech.ear import Ear

AUTO, NONE = "auto", "none"


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """model     : "auto" hears where the extra is installed and a checkpoint is on this machine already; "none" never;
                else a folder, a size or a hub id, which is fetched if need be
    audio     : which track
    translate : English is wanted, whatever is spoken
    device    : "cpu", "cuda" or "cuda:N"; None: CUDA where there is one
    """

    model: str = AUTO
    audio: AudioChoice = OWN_SOUND
    translate: bool = False
    device: str | None = None

    def open(self) -> Ear | None:
        """Who hears; None where nobody does: "none", or "auto" on a machine that has not got what it takes.

        Raises SpeechError where the recogniser that was named cannot be used. Loads no weights.
        """
        if self.model == NONE or (self.model == AUTO and not installed()):
            return None
        if not installed():
            raise SpeechError(f"speech cannot be heard: faster-whisper is not installed; {EXTRA}")
        from longvid.speech.whisper import Whisper, has_gpu

        if self.model != AUTO:
            ear = Whisper(find(self.model), self.device)
            _require_translator(ear, self.translate)
            return ear
        gpu = self.device != "cpu" and has_gpu()
        for name, folder in here(gpu=gpu):
            try:
                ear = Whisper(inspect(folder, name), self.device)
                _require_translator(ear, self.translate)
            except SpeechError:
                continue  # nobody asked for this one
            return ear
        return None

    def available(self) -> bool:
        """Whether somebody hears. Raises SpeechError as `open` does."""
        return self.open() is not None

    def identity(self, ear: Ear | None = None) -> Mapping[str, object]:
        """What of these settings, and of who hears, decides what is heard of a film: for keys; JSON-plain, and empty
        where nobody hears. Raises SpeechError as `open` does."""
        ear = self.open() if ear is None else ear
        if ear is None:
            return {}
        return {
            "ear": dict(ear.identity),
            "audio": [self.audio.track, self.audio.language],
            "translate": self.translate,
        }


def _require_translator(ear: Ear, translate: bool) -> None:
    if translate and ear.only is not None:
        raise SpeechError(
            f"{ear.name} knows English alone and translates nothing; name a checkpoint of many languages, such as small"
        )
