"""A small film and what is said in it, beside it or in a track."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.stream import Disposition

from longvid.film import (
    Film,
    probe,
)
from tests.film.films import ASS_HEADER, encode, scenes

SRT = "1\n00:00:00,500 --> 00:00:01,500\n{who}\n\n"
VTT = "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\n<v Anna>{who}</v>\n"
EMBEDDED = [(0.25, 0.75, "Hello <i>you</i>"), (1.0, 1.5, "and \x1b[31mgood bye")]


def film(folder: Path, **options: object) -> Film:
    return probe(encode(folder / "My film.mkv", scenes([48]), **options))  # type: ignore[arg-type]


def two_tracks(path: Path, first: dict[str, str], second: dict[str, str], *, forced: bool = False) -> Film:
    """A film with two text tracks, each with a line that is its number; with `forced` the first is so marked."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 128, 96, "yuv420p"
        tracks = []
        for about in (first, second):
            track = container.add_stream("subrip")
            track.codec_context.subtitle_header = ASS_HEADER
            track.codec_context.time_base = track.time_base = Fraction(1, 1000)
            track.metadata.update({"language": "eng", **about})
            tracks.append(track)
        if forced:
            tracks[0].disposition = Disposition.forced | Disposition.default
        for picture in scenes([36]):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        for track in tracks:
            packet = av.Packet(f"track {track.index}".encode())
            packet.stream, packet.time_base = track, Fraction(1, 1000)
            packet.pts = packet.dts = 200
            packet.duration = 500
            container.mux(packet)
    return probe(path)
