"""What was heard in a film, as it is delivered: subtitles in two formats, and JSON. Knows no recogniser.

These files are dialogue: unlike the tracks of captions, they say what is said in the film.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from longvid.output.report import Cue, Heard, clock
from longvid.text import printable


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything that an output may show of what was heard in one film.

    duration : seconds of film, as its container tells them
    track    : number of the audio stream that was heard, None where there is none
    heard    : who heard it, and the language of the lines
    spoken   : short code of the language of the film, another one where the lines are a translation
    run      : the run folder
    notes    : why there may be less than is said in the film
    """

    film: str
    duration: float
    track: int | None
    heard: Heard
    spoken: str | None
    cues: tuple[Cue, ...]
    run: str
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`. Keys are only ever added."""
        return {
            "film": self.film,
            "duration": round(self.duration, 3),
            "audio_track": self.track,
            "dialogue": self.heard.as_json(),
            "spoken": self.spoken,
            "cues": [{"start": round(c.start, 3), "end": round(c.end, 3), "text": c.text} for c in self.cues],
            "notes": list(self.notes),
            "run": self.run,
        }


def render_srt(transcript: Transcript) -> str:
    """SubRip: numbered cues with commas before the milliseconds."""
    return "\n".join(
        f"{number}\n{clock(cue.start, millis=',')} --> {clock(cue.end, millis=',')}\n{_line(cue.text)}\n"
        for number, cue in enumerate(transcript.cues, 1)
    )


def render_vtt(transcript: Transcript) -> str:
    """WebVTT, with its language and its source in the head, which players do not show."""
    head = ["WEBVTT", *([f"Language: {transcript.heard.language}"] if transcript.heard.language else [])]
    notes = [f"NOTE {_line(line)}\n" for line in (transcript.heard.source, *transcript.notes) if line]
    cues = [
        f"{clock(cue.start, millis='.')} --> {clock(cue.end, millis='.')}\n{_escaped(_line(cue.text))}\n"
        for cue in transcript.cues
    ]
    return "\n".join(["\n".join(head) + "\n", *notes, *cues])


def _line(text: str) -> str:
    # A blank line ends a cue and an arrow starts one; braces and tags are styles to players.
    text = " ".join(printable(text).split()).replace("-->", "--")
    return text.translate(str.maketrans("{}<>", "()()"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;")


TRANSCRIPTS: dict[str, Callable[[Transcript], str]] = {
    "srt": render_srt,
    "vtt": render_vtt,
    "json": lambda transcript: json.dumps(transcript.as_json(), indent=1, ensure_ascii=False) + "\n",
}
"""Text of the output file for each format that `longvid transcribe -f` takes."""
