"""`longvid transcribe`: what is said in a film, heard on this machine, without watching."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from longvid.cli import hearing
from longvid.cli import options as o
from longvid.cli.groups import TalkOptions
from longvid.cli.sharing import with_options

if TYPE_CHECKING:
    from longvid.cli.console import TerminalMonitor
    from longvid.output.report import Cue
    from longvid.output.transcript import Transcript


@with_options
def transcribe(
    films: o.Films,
    *,
    model: hearing.SpeechModel = "auto",
    audio_track: hearing.AudioTrack = "auto",
    translate: hearing.Translate = False,
    device: o.Device = None,
    output_dir: o.OutputDir = None,
    formats: hearing.Formats = "srt,vtt",
    as_json: o.Json = False,
    fresh: o.Fresh = False,
    talk: TalkOptions,
) -> None:
    """Write down what is said in each FILM, line by line as it is heard.

    Needs `pip install "longvid[speech]"`. Nothing leaves this machine. Lines stay in the language that is spoken,
    unless --translate is given; a killed run goes on where it was.

    Example: longvid transcribe film.mp4 --model small
    """
    from longvid.api import SpeechSettings, open_hearer
    from longvid.api import transcribe as transcribe_film
    from longvid.cli.running import run_films

    wanted = hearing.parse_formats(formats)
    hearer = open_hearer(SpeechSettings(model, hearing.parse_audio(audio_track), translate, device))
    lines = None if as_json else Lines()

    async def one(film: Path, monitor: TerminalMonitor) -> Transcript:
        def heard(cues: Sequence[Cue]) -> None:
            if lines is not None:
                monitor.result(lambda: lines.show(cues))

        made = await transcribe_film(
            film, hearer, monitor, formats=wanted, directory=output_dir, fresh=fresh, heard=heard
        )
        for line in () if talk.verbose else made.notes:
            monitor.note(f"{film.name}: {line}")
        return made

    def show(made: Transcript) -> None:
        del made
        if lines is not None:
            lines.check()

    run_films(films, one, show, quiet=talk.quiet, verbose=talk.verbose, as_json=as_json)


class Lines:
    """Prints lines on stdout while whatever others print there goes to stderr."""

    def __init__(self) -> None:
        self._out = _kept(sys.stdout)
        self._fault: OSError | None = None

    def show(self, cues: Sequence[Cue]) -> None:
        """Print a line for each of `cues`; once that fails nothing more is printed, and the work goes on."""
        from longvid.output import clock
        from longvid.text import printable

        if self._fault is None:
            try:
                for cue in cues:
                    print(f"[{clock(cue.start)}] {' '.join(printable(cue.text).split())}", file=self._out)
                self._out.flush()
            except OSError as error:
                self._fault = error

    def check(self) -> None:
        """Raise what kept lines from being printed."""
        if self._fault is not None:
            raise self._fault


def _kept(out: TextIO) -> TextIO:
    """`out` by a descriptor of its own, where it has one: its own is lent to stderr while films are worked on."""
    try:
        handle = os.dup(out.fileno())
    except (OSError, ValueError, AttributeError):
        return out
    return open(handle, "w", encoding=out.encoding, errors="replace")
