"""A text track inside a film to cues, on the container's clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from longvid.film.cues import MOST_LINES
from longvid.film.timedtext import LONGEST_RAW, RawCue

if TYPE_CHECKING:
    from longvid.film.model import Film

RAW = frozenset({"subrip", "srt", "text", "webvtt"})
"""Codecs whose packets are the text itself, which libav refuses where it is not UTF-8."""


class TrackCues:
    """The cues of the text track `index` of a film; `language` is its BCP 47 tag, where it is known. Iterate once;
    raises FFmpegError where the film breaks off.

    lost    : cues that could not be decoded and were passed over
    doubt   : what is a guess in those that are read, or None
    """

    def __init__(self, film: Film, index: int, language: str | None = None) -> None:
        self.lost = 0
        self.doubt: str | None = None
        self._film, self._index, self._language = film, index, language

    def __iter__(self) -> Iterator[RawCue]:
        from av.error import FFmpegError
        from av.stream import Discard
        from av.subtitles.stream import SubtitleStream

        from longvid.film.decode import next_packet, open_container

        raw: list[tuple[float, float | None, bytes]] = []
        with open_container(self._film.path) as container:
            stream = container.streams[self._index]
            if not isinstance(stream, SubtitleStream) or stream.time_base is None:
                return
            codec = stream.codec_context.name if stream.codec_context is not None else ""
            for other in container.streams:
                if other.index != self._index:
                    other.discard = Discard.all  # what an indexed container (MP4) then need not read
            packets = container.demux(stream)
            while (packet := next_packet(packets)) is not None:
                if packet.pts is None or not packet.size:
                    continue
                start = float(packet.pts * stream.time_base)
                length = float((packet.duration or 0) * stream.time_base)
                voiced = _voiced(bytes(packet)) if codec == "webvtt" else None
                if voiced is not None:
                    yield RawCue(start, start + length if length > 0 else None, voiced)
                    continue
                try:
                    rects = stream.decode2(packet)
                except FFmpegError:
                    if codec in RAW and len(raw) < MOST_LINES:
                        raw.append((start, start + length if length > 0 else None, bytes(packet)[:LONGEST_RAW]))
                    else:
                        self.lost += 1
                    continue
                if rects is None:
                    continue
                if length <= 0:
                    length = rects.end_display_time / 1e3
                for rect in rects:
                    ass = getattr(rect, "ass", None)  # bitmaps have none
                    if ass:
                        # ReadOrder, Layer, Style, Name, three margins, Effect, Text
                        fields = ass.decode("utf-8", "replace").split(",", 8)
                        name = fields[3] if len(fields) == 9 else ""
                        yield RawCue(start, start + length if length > 0 else None, fields[-1], name)
        yield from self._guessed(raw)

    def _guessed(self, raw: list[tuple[float, float | None, bytes]]) -> Iterator[RawCue]:
        """What libav refused, in the encoding that all of it together speaks for."""
        from longvid.film.encodings import encoding_of

        if raw:
            name, self.doubt = encoding_of(b"\n".join(data for _, _, data in raw), self._language)
            yield from (RawCue(start, end, data.decode(name, errors="replace")) for start, end, data in raw)


def _voiced(packet: bytes) -> str | None:
    """The text of a cue of WebVTT, in which libav does not keep who speaks; None where it is no plain UTF-8."""
    try:
        return packet.decode() if b"\0" not in packet else None
    except UnicodeDecodeError:
        return None
