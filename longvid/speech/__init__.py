"""Hearing a film: what is said in one of its audio tracks, as lines in film time.

    heard = hear(probe("film.mkv"), SpeechSettings("small"), store)
    heard.cues[0].text

`longvid[speech]` brings the recogniser (faster-whisper); without it this package can be imported and says so where it
is asked to hear. Knows no subtitles, no pictures and no pipeline. Everything happens on this machine.
"""

from __future__ import annotations

from longvid.speech.choice import AudioChoice
from longvid.speech.ear import Ear
from longvid.speech.hearing import Heard, Hearing, hear
from longvid.speech.settings import SpeechSettings

__all__ = ["AudioChoice", "Ear", "Heard", "Hearing", "SpeechSettings", "hear"]
