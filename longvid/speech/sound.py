"""The sound of a film: one audio track as 16 kHz mono in film time, block by block, past whatever is broken.

Knows containers, decoders and the clock of a film; does not know what the samples are heard for. A position is a
number of samples from film time 0; where the track has nothing, there is silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from longvid.errors import SpeechError
from longvid.film.clock import Clock
from longvid.film.decode import TS_DISCONT, open_container, promised_end
from longvid.film.packets import readable
from longvid.film.protection import locked
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    import numpy as np
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from numpy.typing import NDArray

    from longvid.film.model import Film

RATE = 16_000
"""Samples a second."""
SLACK = RATE // 20
"""Samples by which time stamps may be off (they are rounded to milliseconds) before silence is put in or sound cut."""
OFTEN = 64
"""Pieces between two times that it is told."""
LARGEST = 64 * RATE
"""Samples of one decoded frame; no codec makes a frame of a minute."""


class Sound:
    """The samples of a film's audio stream `index`, from film time 0 on. A context manager: it holds the file open.

    broken  : why reading stopped before the end of the file, in libav's words, or None
    skipped : packets that could not be decoded and were passed over
    locked  : packets that are encrypted and were passed over
    """

    def __init__(self, film: Film, index: int) -> None:
        """Raises SpeechError where the file can no longer be read."""
        from av.error import FFmpegError
        from av.stream import Discard

        self.broken: str | None = None
        self.skipped = self.locked = 0
        try:
            self._container: InputContainer = open_container(film.path)
        except FFmpegError as error:
            raise SpeechError(f"{shown(film.path)}: can no longer be read; is the disk still there?") from error
        self._stream: Any = next((s for s in self._container.streams.audio if s.index == index), None)
        for other in self._container.streams:
            if other.index != index:
                other.discard = Discard.all
        promised = promised_end(self._container)
        self._clock = Clock(
            Fraction(1, RATE),
            RATE // 50,
            first=round(film.start * RATE),
            promised=None if promised is None else round(promised * RATE),
            leaps=bool(self._container.format.flags & TS_DISCONT),
        )
        self._pieces = self._read()
        self._held: deque[tuple[int, NDArray[np.int16]]] = deque()
        self._ended = False

    def __enter__(self) -> Sound:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def block(self, start: int, length: int, tell: Callable[[], None] = lambda: None) -> NDArray[np.int16]:
        """The `length` samples from position `start` on; fewer where the track ends.

        What lies before `start` is forgotten: the next one must not be less. `tell` is called again and again
        meanwhile, and may raise.
        """
        import numpy as np

        while not self._ended and (not self._held or _end(self._held[-1]) < start + length):
            if len(self._held) % OFTEN == 0:
                tell()
            piece = next(self._pieces, None)
            if piece is None:
                self._ended = True
            elif _end(piece) > start:
                self._held.append(piece)
        while self._held and _end(self._held[0]) <= start:
            self._held.popleft()
        last = _end(self._held[-1]) if self._held else start
        block = np.zeros(max(0, min(length, last - start)), np.int16)
        for at, samples in self._held:
            to, since = max(0, at - start), max(0, start - at)
            part = samples[since : since + max(0, len(block) - to)]
            block[to : to + len(part)] = part
        return block

    def _read(self) -> Iterator[tuple[int, NDArray[np.int16]]]:
        """Stretches of samples and their positions, one behind the other, none before film time 0."""
        from av.error import FFmpegError

        mono, at = Mono(), 0
        for frame in self._frames():
            now = at
            if frame.pts is not None and frame.time_base is not None:
                now = self._clock.ticks(round(frame.pts * frame.time_base * RATE))
            frame.pts = None  # else the resampler would fill gaps by itself
            try:
                samples = mono.samples(frame)
            except FFmpegError:
                self.skipped += 1
                continue
            if abs(now - at) <= SLACK:
                now = at
            samples = samples[max(0, at - now) :]  # what has been heard, or lies before the film
            at = max(now, at)
            if len(samples):
                yield at, samples
            at += len(samples)

    def _frames(self) -> Iterator[AudioFrame]:
        from av.error import FFmpegError

        if self._stream is None or self._stream.codec_context is None:
            self.broken = "libav cannot decode it"
            return
        for packet in self._packets():
            if packet is not None and locked(packet):
                self.locked += 1
                continue
            try:
                frames = self._stream.decode(packet)
            except FFmpegError:
                # What the decoder still holds may be broken too, and that is no packet.
                self.skipped += packet is not None
                continue
            yield from (frame for frame in frames if frame.samples > 0 and _seconds(frame) * RATE <= LARGEST)

    def _packets(self) -> Iterator[Any]:
        """The packets that hold something; at the end None, which asks the decoder for the rest."""

        def broken(why: str) -> None:
            self.broken = clean(why)

        for packet in readable(partial(self._container.demux, self._stream), broken):
            if packet.size:
                yield packet
        yield None


class Mono:
    """Frames of any layout, format and rate, which may change on the way, to samples."""

    def __init__(self) -> None:
        self._resampler: Any = None
        self._shape: tuple[str, str, int] | None = None

    def samples(self, frame: AudioFrame) -> NDArray[np.int16]:
        """Raises FFmpegError where libav cannot mix so many channels into one."""
        import av
        import numpy as np

        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._resampler, self._shape = av.AudioResampler(format="s16", layout="mono", rate=RATE), shape
        made = self._resampler.resample(frame)
        return np.concatenate([part.to_ndarray()[0] for part in made] or [np.empty(0, np.int16)])


def _seconds(frame: AudioFrame) -> float:
    return frame.samples / max(1, frame.sample_rate)


def _end(piece: tuple[int, NDArray[np.int16]]) -> int:
    return piece[0] + len(piece[1])
