"""What is said in one film, by its sound alone: heard into the run folder, and delivered as subtitles.

Watches nothing and merges nothing. A later run of the same film, be it of this or of a summary, finds in the store
what was heard.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from longvid.engine.request import Stopped
from longvid.errors import SpeechError
from longvid.files import as_text
from longvid.film import Cue as FilmCue
from longvid.film import Film, fingerprint, probe
from longvid.output.report import Cue, Heard
from longvid.output.transcript import TRANSCRIPTS, Transcript
from longvid.pipeline.progress import Monitor
from longvid.run import FilmIdentity, RunFolder, open_for
from longvid.run.files import write_text
from longvid.speech import Ear, Hearing, SpeechSettings
from longvid.speech import Heard as Speech
from longvid.speech.checkpoints import EXTRA, installed


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who hears, and what: `settings` after they were opened."""

    settings: SpeechSettings
    ear: Ear


def open_hearer(settings: SpeechSettings) -> Hearer:
    """Raises SpeechError where nobody hears: where the extra or the checkpoint is missing, or nobody is to."""
    ear = settings.open()
    if ear is None:
        if not installed():
            raise SpeechError(f"speech cannot be heard: faster-whisper is not installed; {EXTRA}")
        raise SpeechError(
            "no checkpoint that hears is on this machine; name one with --model: small (484 MB, fetched once), another "
            "size, a hub id or a folder"
        )
    return Hearer(settings, ear)


async def transcribe_film(
    path: Path,
    hearer: Hearer,
    monitor: Monitor,
    *,
    formats: Sequence[str] = ("srt", "vtt"),
    directory: Path | None = None,
    fresh: bool = False,
    heard: Callable[[Sequence[Cue]], None] = lambda cues: None,
) -> Transcript:
    """Hear the film at `path` and write the outputs into its run folder; `heard` is told lines as they come.

    Raises LongvidError for whatever the user can mend; the run folder then holds what was heard until then; where that
    is nothing, a folder that was made for this run is gone again.
    """
    film = await asyncio.to_thread(probe, path)
    identity = FilmIdentity(path, await asyncio.to_thread(fingerprint, path), film.size)
    with open_for(identity, directory, fresh=fresh) as folder:
        if folder.notice:
            monitor.note(folder.notice)
        hearing = _Film(film, hearer, folder, monitor, heard)
        try:
            found = await hearing.run()
        except BaseException:
            if not hearing.began:
                folder.discard()
            raise
        transcript = _transcript(film, found, hearer, folder)
        for name in formats:
            write_text(
                folder.path / f"{identity.stem}.{_called(hearer.settings)}.{name}", TRANSCRIPTS[name](transcript)
            )
        return transcript


class _Film:
    """One film's hearing, in a thread of its own."""

    def __init__(
        self, film: Film, hearer: Hearer, folder: RunFolder, monitor: Monitor, heard: Callable[[Sequence[Cue]], None]
    ) -> None:
        self.began = False
        self._film, self._hearer, self._folder, self._monitor, self._heard = film, hearer, folder, monitor, heard
        self._halted = threading.Event()

    async def run(self) -> Speech:
        thread = asyncio.ensure_future(asyncio.to_thread(self._run))
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            # The folder stays locked until the thread has left it.
            self._halted.set()
            await asyncio.gather(thread, return_exceptions=True)
            raise

    def _run(self) -> Speech:
        settings, store = self._hearer.settings, self._folder.store
        hearing = Hearing(
            self._film, settings.audio, self._hearer.ear, store, self._progress, translate=settings.translate
        )
        cues: list[FilmCue] = []
        for lines in hearing.lines():
            self.began = True
            cues += lines
            self._heard([_shown(cue) for cue in lines])
        return hearing.heard(cues)

    def _progress(self, done: float, total: float) -> None:
        if self._halted.is_set():
            raise Stopped
        self._monitor.advance("hear", done, max(done, total))


def _transcript(film: Film, found: Speech, hearer: Hearer, folder: RunFolder) -> Transcript:
    return Transcript(
        film=as_text(film.path.name),
        duration=film.duration,
        track=None if found.track is None else found.track.index,
        heard=Heard(found.source, found.language, len(found.cues), found.how) if found.cues else Heard(),
        spoken=found.spoken,
        cues=tuple(map(_shown, found.cues)),
        run=str(folder.path),
        notes=found.notes,
    )


def _shown(cue: FilmCue) -> Cue:
    return Cue(cue.start, cue.end, cue.text)


def _called(settings: SpeechSettings) -> str:
    """What outputs are called: a translation, and another track, replace no transcript."""
    what = "translation" if settings.translate else "transcript"
    choice = settings.audio
    if choice.track is not None:
        return f"{what}-track{choice.track}"
    return f"{what}-{choice.language.lower()}" if choice.language is not None else what
