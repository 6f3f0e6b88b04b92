"""Hearing a film: its sound in blocks, speech in windows, words as lines, each answer kept before the next is asked.

A block begins where the one before it left an open span of speech, so no word is cut and memory does not grow with the
film. What a window says is an answer in the store; what a block held is another, so that a run that was killed repeats
the window that was under way, and one that has ended opens neither sound nor model. Knows no recogniser by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from longvid.errors import RunError, SpeechError
from longvid.files import parse_json
from longvid.film import AudioTrack, Cue, Dialogue, Film, fingerprint
from longvid.film.cues import LONGEST_TEXT
from longvid.run import Record, Store, canonical, key_of
from longvid.speech.choice import AudioChoice, chosen
from longvid.speech.ear import Ear, Said, Word
from longvid.speech.guards import believed, unrepeated
from longvid.speech.lines import lines_of
from longvid.speech.settings import AUTO, SpeechSettings
from longvid.speech.sound import RATE, Sound
from longvid.speech.spans import Span, spans_in, windows
from longvid.text.shown import clean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
"""Raise it when the same sound would give other lines: what was heard before is then heard anew."""
BLOCK = 240 * RATE
"""Samples that are held at once."""
EARLY, LATE = RATE // 5, 3 * RATE // 10
"""Samples by which a word may begin before the detector hears a voice, and end behind it."""
SURE = 0.5
"""Mean chance of a language from which on it is that of the film."""
ASKED = 5
"""Windows of a block that are asked for their language, until one is sure."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said in a film. `notes` are lines for the user: why it may be less than there is.

    source   : who heard it in which track, "" where nobody heard anything
    track    : the one that was heard, None where the film has none
    language : short code of that of the lines; None where there are none
    spoken   : that of the film, another one where the lines are a translation
    """

    cues: tuple[Cue, ...] = ()
    source: str = ""
    track: AudioTrack | None = None
    language: str | None = None
    spoken: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def how(self) -> Literal["", "transcribed"]:
        """The word for it where dialogue comes from several places: "" where nobody heard anything."""
        return "transcribed" if self.source else ""

    @property
    def warning(self) -> str | None:
        return "; ".join(self.notes) or None


@dataclass(slots=True)
class _Block:
    """What the store keeps of a block: JSON of this. Positions are samples of film time.

    following : where the next block begins
    votes     : sums of the chances of languages over the windows that were asked for them, up to this block
    asked     : how many these were
    """

    following: int
    last: bool
    loud: bool
    votes: dict[str, float]
    asked: int
    windows: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Hearing:
    """One hearing of one track of a film, from `start` to `end` (film time, s; None: to its end).

    `progress(done, total)`, in seconds, is told at every step and may raise to end the work; what is heard until then
    is kept. `total` is what the container says, 0.0 where it says nothing.
    """

    def __init__(
        self,
        film: Film,
        choice: AudioChoice,
        ear: Ear,
        store: Store,
        progress: Callable[[float, float], None],
        *,
        translate: bool = False,
        start: float = 0.0,
        end: float | None = None,
    ) -> None:
        """Raises SpeechError where the track that was asked for is not there, FilmError where the film is gone."""
        self.track = chosen(film, choice)
        self._film, self._ear, self._store, self._progress = film, ear, store, progress
        self._translate = translate
        self._start, self._end = round(start * RATE), None if end is None else round(end * RATE)
        self._sound: Sound | None = None
        self._votes: dict[str, float] = {}
        self._asked = 0
        self._loud = False
        self._notes: list[str] = []
        self._base = {
            "v": VERSION,
            "hear": fingerprint(film.path),
            "track": None if self.track is None else self.track.index,
            "ear": dict(ear.identity),
            "translate": translate,
        }

    def lines(self) -> Iterator[tuple[Cue, ...]]:
        """The lines of one window after the other, as they are heard."""
        if self.track is None:
            return
        before: list[Cue] = []
        try:
            for key in self._windows():
                found = unrepeated(self._answered(key), before)
                before = [*before, *found][-8:]
                yield tuple(found)
        finally:
            if self._sound is not None:
                self._sound.__exit__()

    def heard(self, cues: Sequence[Cue]) -> Heard:
        """What `cues`, all that `lines` gave, are, with what is to be said of them."""
        if self.track is None:
            return Heard(notes=("there is no audio track, so nothing is heard",))
        notes = list(self._notes)
        if not cues and not notes:
            what = "no speech was heard in it" if self._loud else "it is silent"
            notes.append(f"audio track {self.track.index}: {what}")
        if not cues:
            return Heard(track=self.track, notes=tuple(notes))
        spoken = self._language()
        language = "en" if self._translate else spoken
        did = f"translated from {spoken}" if language != spoken else "transcribed"
        source = f"{did} by {self._ear.name} (track {self.track.index})"
        return Heard(tuple(cues), source, self.track, language, spoken, tuple(notes))

    def _windows(self) -> Iterator[str]:
        """Keys of the answers of all windows, each in the store when it comes."""
        at, last = self._start, False
        while not last:
            self._tell(at)
            request = self._request(start=self._start, at=at, length=self._length(at))
            block = self._stored(key_of(request), at)
            if block is None:
                block = _Block(at, True, False, self._votes, self._asked)
                yield from self._listen(at, block)
                if self._sound is not None and not self._sound.broken:
                    self._keep(request, json.dumps(_plain(block)), "")
            else:
                yield from block.windows
            self._votes, self._asked = block.votes, block.asked
            self._loud = self._loud or block.loud
            self._notes = block.notes
            at, last = block.following, block.last
        self._tell(at)

    def _listen(self, at: int, block: _Block) -> Iterator[str]:
        """The same of one block that is not in the store, and what it held in `block`."""
        if self._sound is None:
            assert self.track is not None
            self._sound = Sound(self._film, self.track.index)
        length = self._length(at)
        samples = self._sound.block(at, length, lambda: self._tell(at))
        block.last = len(samples) < length or (self._end is not None and at + length >= self._end)
        block.loud = bool(samples.any())
        chances = self._ear.chances(samples).tolist() if block.loud else []
        spans, block.following = spans_in(chances, len(samples), last=block.last)
        block.following += at
        if block.last:
            block.notes = self._faults(at + len(samples))
        packed = windows(spans)
        self._vote(samples, packed)
        block.votes, block.asked = dict(self._votes), self._asked
        for window in packed:
            self._tell(at + window[0].start)
            key = self._answer(samples, window, at)
            block.windows.append(key)
            yield key

    def _answer(self, samples: NDArray[np.int16], window: Sequence[Span], at: int) -> str:
        """The key of the answer of a window, which is asked where the store has none."""
        import numpy as np

        language = self._language() or "en"
        request = self._request(language=language, spans=[[at + span.start, at + span.end] for span in window])
        key = key_of(request)
        if self._store.get(key) is None:
            joined = np.concatenate([samples[span.start : span.end] for span in window])
            said = self._ear.said(joined, language, translate=self._translate)
            lines = [cue for one in believed(said) for cue in lines_of(_placed(one.words, window, at))]
            rows = [[round(cue.start, 3), round(cue.end, 3), cue.text] for cue in lines]
            self._keep(request, _json(rows), _json([_row(one, window, at) for one in said]))
        return key

    def _answered(self, key: str) -> list[Cue]:
        """The lines of an answer. Raises RunError where it is none: a store may come from anybody."""
        try:
            rows = parse_json(self._store.text(key))
            return [Cue(start, end, clean(text, LONGEST_TEXT)) for start, end, text in rows if 0 <= start < end]
        except (TypeError, ValueError) as error:
            raise RunError(f"{self._store.path} is damaged: an answer in it is none; --fresh begins anew") from error

    def _vote(self, samples: NDArray[np.int16], packed: Sequence[Sequence[Span]]) -> None:
        """Ask the first windows for their language, until one is sure enough to be that of the film."""
        import numpy as np

        for window in packed[:ASKED]:
            if self._ear.only is not None or max(self._votes.values(), default=0.0) >= SURE * max(1, self._asked):
                return
            found = self._ear.languages(np.concatenate([samples[span.start : span.end] for span in window]))
            self._votes = {
                code: round(self._votes.get(code, 0.0) + found.get(code, 0.0), 6) for code in {*self._votes, *found}
            }
            self._asked += 1

    def _language(self) -> str | None:
        return self._ear.only or max(self._votes, key=lambda code: (self._votes[code], code), default=None)

    def _length(self, at: int) -> int:
        return BLOCK if self._end is None else max(0, min(BLOCK, self._end - at))

    def _tell(self, at: int) -> None:
        end = self._film.duration if self._end is None else self._end / RATE
        total = max(0.0, end - self._start / RATE)
        done = (at - self._start) / RATE
        self._progress(min(done, total) if total else done, total)

    def _faults(self, at: int) -> list[str]:
        """What is to be said of the track after it was read up to position `at`."""
        sound = self._sound
        if sound is None or self.track is None:
            return []
        found = []
        if sound.locked:
            found.append("is encrypted, and there is no key")
        if sound.broken:
            where = f"breaks off at {at / RATE:.1f} s" if at > self._start else "cannot be read"
            found.append(f"{where} ({sound.broken})")
        if sound.skipped:
            found.append(f"{sound.skipped} packet{'s' * (sound.skipped > 1)} cannot be decoded")
        return [f"audio track {self.track.index}: {what}" for what in found]

    def _request(self, **more: object) -> dict[str, object]:
        return self._base | more

    def _stored(self, key: str, at: int) -> _Block | None:
        """The block at `at` as an earlier run left it; None where it is not there, or not whole."""
        record = self._store.get(key)
        if record is None:
            return None
        try:
            block = _Block(**parse_json(record.text))
            whole = block.last or int(block.following) > at
            known = all(self._store.get(window) is not None for window in block.windows)
            votes = {str(code): float(chance) for code, chance in block.votes.items()}
            notes = [str(note) for note in block.notes]
        except (AttributeError, TypeError, ValueError, RunError):
            return None
        return replace(block, votes=votes, notes=notes, asked=int(block.asked)) if whole and known else None

    def _keep(self, request: Mapping[str, object], text: str, raw: str) -> None:
        record = Record(key_of(request), "hear", text, "ok", None, 0, 0, raw or text, canonical(request))
        self._store.put([record])


def hear(
    film: Film,
    settings: SpeechSettings,
    store: Store,
    progress: Callable[[float, float], None] = lambda done, total: None,
    *,
    start: float = 0.0,
    end: float | None = None,
) -> Dialogue:
    """What is said in a film from `start` to `end` (film time, s); nothing where nobody hears (`SpeechSettings.open`).

    What was heard before is taken from the store. `progress(done, total)` counts seconds and may raise to end the work.
    Raises SpeechError where the recogniser or the track that was named cannot be used. What is wrong with the sound
    itself is the warning, and so is a recogniser that nobody named ("auto") and that fails; nothing counts as lost.
    """
    ear = settings.open()
    if ear is None:
        return Dialogue((), "")
    hearing = Hearing(film, settings.audio, ear, store, progress, translate=settings.translate, start=start, end=end)
    if hearing.track is None and settings.model == AUTO:
        return Dialogue((), "")
    cues: list[Cue] = []
    try:
        for lines in hearing.lines():
            cues += lines
    except SpeechError as error:
        if settings.model != AUTO:
            raise
        return Dialogue((), "", warning=f"speech is not heard: {error}; --transcribe none leaves it out")
    heard = hearing.heard(cues)
    return Dialogue(heard.cues, heard.source, heard.language, heard.how, heard.warning)


def _placed(words: Sequence[Word], window: Sequence[Span], at: int) -> list[Word]:
    """Words of a window in film time: each lies in the span in which its middle was heard, and not before or behind
    what is said there, where a recogniser puts the first and the last word."""
    placed = []
    for word in words:
        middle, passed = (word.start + word.end) / 2 * RATE, 0
        for span in window:
            if middle < passed + span.length or span is window[-1]:
                shift = (at + span.start - passed) / RATE
                first = (at + span.start + max(0, span.lead - EARLY)) / RATE
                last = (at + span.end - max(0, span.tail - LATE)) / RATE
                start, end = (min(max(time + shift, first), last) for time in (word.start, word.end))
                placed.append(Word(round(start, 3), round(end, 3), word.text, word.chance))
                break
            passed += span.length
    return placed


def _row(said: Said, window: Sequence[Span], at: int) -> list[Any]:
    words = [[word.start, word.end, word.text, round(word.chance, 3)] for word in _placed(said.words, window, at)]
    return [words, round(said.confidence, 3), round(said.silence, 3)]


def _json(rows: list[Any]) -> str:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def _plain(block: _Block) -> dict[str, Any]:
    return {name: getattr(block, name) for name in _Block.__slots__}
