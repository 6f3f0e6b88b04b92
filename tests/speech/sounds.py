"""Films that are heard: words are tones, so that a small recogniser can really read them from the samples.

    film = sounding(tmp_path / "a.mkv", Track(say({1.0: "ada", 4.0: "bell"})))

A word lasts 0.4 s; each has a pitch of its own. `ToneEar` knows them by these alone, whatever a codec did to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from longvid.speech.ear import Said, Word
from tests.film.films import numbered

WORDS = ("ada", "bell", "cup", "door", "egg", "fire", "gold", "home")
RATE = 16_000
LENGTH = 0.4
NOTHING_SAID = av.stream.Disposition(0)
Samples = NDArray[np.float32]


def pitch(word: str) -> float:
    """Hz."""
    return 500.0 + 250.0 * WORDS.index(word)


def say(words: Mapping[float, str], seconds: float = 12.0, rate: int = RATE) -> Samples:
    """Samples of one channel in which each of `words` begins at its time (s)."""
    samples = np.zeros(round(seconds * rate), np.float32)
    for start, word in words.items():
        at, count = round(start * rate), round(LENGTH * rate)
        samples[at : at + count] = 0.4 * np.sin(2 * np.pi * pitch(word) * np.arange(count) / rate)
    return samples


@dataclass(frozen=True)
class Track:
    """An audio track of a film; `start` is when its first sample is heard (s), `gap` what is left out of it (s, s)."""

    samples: Samples
    rate: int = RATE
    layout: str = "mono"
    codec: str = "pcm_s16le"
    start: float = 0.0
    gap: tuple[float, float] | None = None
    language: str | None = None
    title: str | None = None
    disposition: av.stream.Disposition = NOTHING_SAID


def sounding(path: Path, *tracks: Track, seconds: float = 12.0, first: float = 0.0) -> Path:
    """A film of `seconds` whose first picture comes at `first` (s on the container's clock), with these tracks."""
    with av.open(str(path), "w", container_options={"avoid_negative_ts": "disabled"}) as container:
        video = container.add_stream("libx264", rate=4, options={"preset": "ultrafast", "bf": "0"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        streams = []
        for track in tracks:
            stream = container.add_stream(track.codec, rate=track.rate, layout=track.layout)
            for key in ("language", "title"):
                if getattr(track, key):
                    stream.metadata[key] = getattr(track, key)
            stream.disposition = track.disposition
            streams.append(stream)
        packets = []
        for i in range(round(seconds * 4)):
            frame = av.VideoFrame.from_ndarray(numbered(i % 256, width=64, height=64), format="rgb24")
            frame.pts, frame.time_base = round((first + i / 4) * 1000), Fraction(1, 1000)
            packets += video.encode(frame)
        packets += video.encode()
        for track, stream in zip(tracks, streams, strict=True):
            for frame in _frames(track, stream):
                packets += stream.encode(frame)
            packets += stream.encode()
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def _frames(track: Track, stream: av.AudioStream) -> list[av.AudioFrame]:
    context = stream.codec_context
    size, layout = context.frame_size or 1024, av.AudioLayout(track.layout)
    planar = context.format.is_planar
    wanted = np.float32 if "flt" in context.format.name else np.int16 if "16" in context.format.name else np.int32
    scale = 1 if wanted is np.float32 else np.iinfo(wanted).max
    made = []
    for at in range(0, len(track.samples) - size + 1, size):
        if track.gap is not None and track.gap[0] <= at / track.rate < track.gap[1]:
            continue
        part = (track.samples[at : at + size] * scale).astype(wanted)
        # Of several channels the one in the middle speaks, or the first.
        channels = np.zeros((layout.nb_channels, size), wanted)
        channels[2 if layout.nb_channels > 2 else 0] = part
        rows = channels if planar else np.ascontiguousarray(channels.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(rows, format=context.format.name, layout=track.layout)
        frame.sample_rate, frame.time_base = track.rate, Fraction(1, track.rate)
        frame.pts = round(track.start * track.rate) + at
        made.append(frame)
    return made


@dataclass
class ToneEar:
    """An `Ear` that knows the words of this file. `heard` are the lengths (s) of what it was asked about."""

    name: str = "tones"
    only: str | None = "en"
    identity: dict[str, object] = field(default_factory=lambda: {"class": "tones"})
    spoken: Sequence[Mapping[str, float]] = ()
    """What it takes the windows for, one after the other, where it knows many languages."""
    heard: list[float] = field(default_factory=list)
    listened: int = 0
    languages_asked: int = 0
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def chances(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        self.listened += 1
        frames = np.pad(samples.astype(np.float32), (0, -len(samples) % 512)).reshape(-1, 512)
        return (np.abs(frames).max(axis=1) > 800).astype(np.float32)

    def languages(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        self.languages_asked += 1
        return self.spoken[self.languages_asked - 1]

    def said(self, samples: NDArray[np.int16], language: str, *, translate: bool) -> list[Said]:
        assert samples.dtype == np.int16
        self.heard.append(len(samples) / RATE)
        self.asked.append((language, translate))
        loud = np.abs(np.pad(samples.astype(np.float32), (0, -len(samples) % 160)).reshape(-1, 160)).max(axis=1) > 800
        edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(int), [0]])))
        words = []
        for a, b in edges.reshape(-1, 2):
            if b - a < 10:
                continue
            part = samples[a * 160 : b * 160].astype(np.float32)
            hertz = np.argmax(np.abs(np.fft.rfft(part * np.hanning(len(part))))) * RATE / len(part)
            word = min(WORDS, key=lambda word: abs(pitch(word) - hertz))
            words.append(Word(a / 100, b / 100, f" {word}", 0.9))
        return [Said((word,), -0.2, 0.01) for word in words]
