"""Small real films for tests: encoded with PyAV, each frame numbered in its picture, so that it tells its time."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 128, 96
BITS = 8  # of a number, in blocks along the lower edge of the picture
COLOURS = ((200, 30, 30), (30, 60, 220), (40, 180, 40), (220, 210, 40), (30, 30, 30), (220, 220, 220))


def numbered(
    number: int, colour: Sequence[int] = COLOURS[0], width: int = WIDTH, height: int = HEIGHT
) -> NDArray[np.uint8]:
    """uint8 RGB (height, width, 3): plain `colour` above, the bits of `number` as black and white blocks below."""
    # A strip so narrow that no change of number looks like a cut.
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = colour
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        picture[height * 7 // 8 :, left:right] = 235 if number >> bit & 1 else 20
    return picture


def number_in(picture: NDArray[np.uint8]) -> int:
    """The number of a frame, read back from a picture of any size."""
    height, width = picture.shape[:2]
    row = picture[height * 15 // 16].mean(axis=-1)
    return sum(1 << bit for bit in range(BITS) if row[(2 * bit + 1) * width // (2 * BITS)] > 128)


def nearest(rgb: NDArray[np.uint8], pixel_aspect: float) -> NDArray[np.uint8]:
    """A transform: 64 x 64 by the nearest pixel, whatever the aspect."""
    rows = np.arange(64) * rgb.shape[0] // 64
    columns = np.arange(64) * rgb.shape[1] // 64
    return np.ascontiguousarray(rgb[rows][:, columns])


def scenes(lengths: Sequence[int], *, width: int = WIDTH, height: int = HEIGHT) -> list[NDArray[np.uint8]]:
    """Numbered pictures; scene i has lengths[i] of them and a colour of its own. Numbers wrap at 256."""
    pictures = []
    for i, length in enumerate(lengths):
        for _ in range(length):
            pictures.append(numbered(len(pictures) % 256, COLOURS[i % len(COLOURS)], width, height))
    return pictures


def encode(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    *,
    rate: int = 24,
    times: Sequence[float] | None = None,
    last: float | None = None,
    live: bool = False,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: float | None = None,
    hflip: bool = False,
    pixel_aspect: Fraction | None = None,
    gop: int = 24,
    metadata: dict[str, str] | None = None,
    subtitles: tuple[str, Sequence[tuple[float, float, str]]] | None = None,
    language: str = "eng",
    options: dict[str, str] | None = None,
    colour: tuple[int, int] | None = None,
    muxer: dict[str, str] | None = None,
) -> Path:
    """Encodes RGB pictures; `times` (s) are their presentation times, otherwise one follows the other at `rate`.

    `last` is for how long (s) the container says that the last of them is shown. A `live` recording (Matroska) does
    not know how long it will be. `colour` are the primaries and the transfer that it claims, with BT.2020's matrix;
    `muxer` are libav's options for the container.
    """
    options = options or ({"preset": "ultrafast", "crf": "12", "bf": "2"} if codec == "libx264" else {})
    base = Fraction(1, rate) if times is None else Fraction(1, 1000)
    how = {"avoid_negative_ts": "disabled"} | ({"live": "1"} if live else {}) | (muxer or {})
    with av.open(str(path), "w", container_options=how) as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        text = container.add_stream(subtitles[0]) if subtitles else None
        first = True
        for i, picture in enumerate(pictures):
            if first:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = pix_fmt
                stream.gop_size = gop
                stream.codec_context.time_base = base
                if colour is not None:
                    stream.codec_context.colorspace = 9
                    stream.codec_context.color_primaries, stream.codec_context.color_trc = colour
                if pixel_aspect is not None:
                    stream.codec_context.sample_aspect_ratio = pixel_aspect
                if rotation is not None or hflip:
                    stream.set_display_rotation(rotation or 0, hflip=hflip)
                for key, value in (metadata or {}).items():
                    container.metadata[key] = stream.metadata[key] = value
                if text is not None:
                    text.metadata["language"] = language
                    text.codec_context.subtitle_header = ASS_HEADER
                    text.codec_context.time_base = text.time_base = Fraction(1, 1000)
                first = False
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if colour is not None:
                frame = frame.reformat(format=pix_fmt, dst_colorspace=9)
                frame.color_primaries, frame.color_trc = colour
            frame.time_base = base
            frame.pts = i if times is None else round(times[i] * 1000)
            container.mux(stream.encode(frame))
        rest = stream.encode()
        if last is not None:
            final = max(rest, key=lambda packet: packet.pts)
            final.duration = round(last / final.time_base)
        container.mux(rest)
        for line in _subtitle_packets(text, subtitles[1]) if subtitles else ():
            container.mux(line)
    return path


@dataclass(frozen=True)
class Track:
    """Pictures, each shown for so many seconds."""

    pictures: Sequence[NDArray[np.uint8]]
    seconds: float = 1 / 24
    codec: str = "libx264"
    disposition: av.stream.Disposition = av.stream.Disposition.default


def mux(path: Path, *tracks: Track) -> Path:
    """All tracks beside one another, none with pictures out of order."""
    with av.open(str(path), "w") as container:
        streams = []
        for track in tracks:
            options = {"preset": "ultrafast", "bf": "0"} if track.codec == "libx264" else {}
            stream = container.add_stream(track.codec, rate=24, options=options)
            stream.height, stream.width = track.pictures[0].shape[:2]
            stream.pix_fmt = "yuv420p" if track.codec == "libx264" else "yuvj420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            stream.disposition = track.disposition
            streams.append(stream)
        for track, stream in zip(tracks, streams, strict=True):
            for i, picture in enumerate(track.pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = round(i * track.seconds * 1000), Fraction(1, 1000)
                for packet in stream.encode(frame):
                    packet.duration = round(track.seconds / packet.time_base)
                    container.mux(packet)
            container.mux(stream.encode())
    return path


def two_tracks(path: Path) -> Path:
    """Two seconds with a red track, which is the likelier one, and a green one."""
    red, green = (np.full((72, 128, 3), colour, np.uint8) for colour in ((200, 30, 30), (30, 180, 30)))
    return mux(path, Track([red] * 48), Track([green] * 48))


def with_box(path: Path, name: bytes, content: bytes) -> Path:
    """Puts a box behind the decoder's configuration in an MP4 of one video track, whose index is at the end."""
    data = bytearray(path.read_bytes())
    record = data.index(b"avcC" if b"avcC" in data else b"hvcC") - 4
    end = record + int.from_bytes(data[record : record + 4], "big")
    box = (8 + len(content)).to_bytes(4, "big") + name + content
    heads = {b"stsd": 16, b"avc1": 86, b"hev1": 86}  # bytes before the boxes within; 8 in others
    at, within = 0, len(data)
    while at < record:
        size, kind = int.from_bytes(data[at : at + 4], "big"), bytes(data[at + 4 : at + 8])
        if at + size <= record:
            at += size
            continue
        data[at : at + 4] = (size + len(box)).to_bytes(4, "big")
        at, within = at + heads.get(kind, 8), at + size
    assert end <= within
    data[end:end] = box
    path.write_bytes(data)
    return path


ASS_HEADER = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\nStyle: Default,Arial,20\n\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)


def _subtitle_packets(stream, lines):  # type: ignore[no-untyped-def]
    for i, (start, end, text) in enumerate(lines):
        data = text if isinstance(text, bytes) else text.encode()
        if stream.codec_context.name in ("ass", "ssa"):
            data = f"{i},0,Default,,0,0,0,,{text}".encode()
        elif stream.codec_context.name == "mov_text":
            data = len(data).to_bytes(2, "big") + data
        packet = av.Packet(data)
        packet.stream = stream
        packet.time_base = Fraction(1, 1000)
        packet.pts = packet.dts = round(start * 1000)
        packet.duration = round((end - start) * 1000)
        yield packet


def with_audio_only(path: Path, *, cover: bool = False) -> Path:
    """Two seconds of silence; with `cover` an attached picture too."""
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=16000)
        picture = None
        if cover:
            picture = container.add_stream("mjpeg", rate=1)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
            frame = av.VideoFrame.from_ndarray(numbered(1, width=64, height=64), format="rgb24")
            container.mux(picture.encode(frame))
            container.mux(picture.encode())
        for i in range(32):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, i * 1024
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return path


def stamped(
    source: Path,
    path: Path,
    change: Callable[[int, float], float],
    *,
    promised: float | None = None,
    empty: Callable[[int], bool] = lambda i: False,
) -> Path:
    """A Matroska file with the video of another whose time stamps no muxer would write: packet i, at t (s), gets
    `change(i, t)`. Its header says that it lasts `promised` s, or nothing. Packets that are `empty` hold nothing.
    """
    with av.open(str(source)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        codec = {"h264": b"V_MPEG4/ISO/AVC", "vp8": b"V_VP8"}[context.name]
        head = _element(0x86, codec) + (_element(0x63A2, context.extradata) if context.extradata else b"")
        size = _element(0xB0, _number(context.width)) + _element(0xBA, _number(context.height))
        track = _element(0xD7, _number(1)) + _element(0x73C5, _number(1)) + _element(0x83, _number(1)) + head
        told = b"" if promised is None else _element(0x4489, struct.pack(">d", promised * 1000))
        info = _element(0x1549A966, _element(0x2AD7B1, _number(1_000_000)) + told)
        body = info + _element(0x1654AE6B, _element(0xAE, track + _element(0xE0, size)))
        for i, packet in enumerate(p for p in container.demux(video) if p.size):
            time = round(1000 * change(i, float(packet.pts * packet.time_base)))
            block = b"\x81\0\0" + (b"\x80" if packet.is_keyframe else b"\0")
            block += b"" if empty(i) else bytes(packet)
            body += _element(0x1F43B675, _element(0xE7, _number(time)) + _element(0xA3, block))
    path.write_bytes(_element(0x1A45DFA3, _element(0x4282, b"matroska")) + _element(0x18538067, body))
    return path


def _element(name: int, content: bytes) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + (len(content) | 1 << 56).to_bytes(8, "big") + content


def _number(value: int) -> bytes:
    return value.to_bytes(8, "big")


def remuxed(
    source: Path,
    path: Path,
    change: Callable[[float], float] = lambda t: t,
    *,
    since: int = 0,
    sound: Sequence[tuple[float, float]] = (),
    options: dict[str, str] | None = None,
) -> Path:
    """The video of `source` (MP4) from packet `since` on in another container, its times (s) changed, with silence on a
    sound track from second to second.
    """
    muxer = {"avoid_negative_ts": "disabled"} | (options or {})
    with av.open(str(source)) as a, av.open(str(path), "w", container_options=muxer) as b:
        stream = b.add_stream_from_template(a.streams.video[0])
        silence = b.add_stream("aac", rate=16000) if sound else None
        packets = []
        for packet in [p for p in a.demux(video=0) if p.size][since:]:
            base = packet.time_base
            packet.pts = round(change(float(packet.pts * base)) / base)
            packet.dts = round(change(float(packet.dts * base)) / base)
            packet.stream = stream
            packets.append((float(packet.dts * base), packet))
        if silence is not None:
            frames = [first * 16000 + i * 1024 for first, last in sound for i in range(int((last - first) * 15.625))]
            for time in frames:
                frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = 16000, int(time), Fraction(1, 16000)
                packets += [(float(p.pts * p.time_base), p) for p in silence.encode(frame)]
            packets += [(float(p.pts * p.time_base), p) for p in silence.encode()]
        for _, packet in sorted(packets, key=lambda pair: pair[0]):
            b.mux(packet)
    return path
