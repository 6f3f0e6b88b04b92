"""The right video track of a file is read, and one line is said where it cannot be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import av
import pytest

from longvid.errors import FilmError
from longvid.film import decode, probe, scan
from tests.film.films import COLOURS, Track, encode, mux, number_in, numbered, scenes

CENC = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "000102030405060708090a0b0c0d0e0f",
    "encryption_kid": "101112131415161718191a1b1c1d1e1f",
}


FILM = Track(scenes([48]))
NONE = av.stream.Disposition(0)
PICTURE = numbered(1, COLOURS[3], 640, 480)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(
    "cover",
    [
        Track([PICTURE], codec="mjpeg", disposition=NONE),
        Track([PICTURE], codec="mjpeg"),
        Track([PICTURE], codec="mjpeg", seconds=2),
        Track([PICTURE] * 3, codec="mjpeg"),
    ],
    ids=["plain", "default", "long", "three"],
)
def test_a_cover_in_a_plain_track_is_not_the_film(tmp_path: Path, suffix: str, first: bool, cover: Track) -> None:
    film = probe(mux(tmp_path / f"a{suffix}", *((cover, FILM) if first else (FILM, cover))))
    assert (film.video.codec, film.video.width) == ("h264", 128)
    assert len(film.videos) == 2
    assert scan(film).end == pytest.approx(2, abs=0.1)


def test_a_cover_marked_as_such_is_no_track_at_all(tmp_path: Path) -> None:
    marked = av.stream.Disposition.attached_pic
    path = mux(tmp_path / "a.mp4", FILM, Track([PICTURE], codec="mjpeg", disposition=marked))
    assert [track.codec for track in probe(path).videos] == ["h264"]
    with pytest.raises(FilmError, match=r"stream 1 is a cover picture; its video tracks are 0 \(h264, 128x96\)"):
        probe(path, video=1)


def test_the_largest_track_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    path = mux(tmp_path / "a.mp4", FILM, Track([numbered(i, COLOURS[1], 256, 192) for i in range(48)]))
    assert probe(path).video.width == 256
    film = probe(path, video=0)
    assert (film.video.index, film.video.width, len(film.videos)) == (0, 128, 2)
    with scan(film, transform=lambda rgb, aspect: rgb[:96, :96]) as found:
        assert found.candidates is not None
        assert abs(found.candidates.read([0])[0][10, 10].astype(int) - COLOURS[0]).max() < 12
    with pytest.raises(FilmError) as caught:
        probe(path, video=7)
    assert "stream 7 is not video; its video tracks are 0 (h264, 128x96), 1 (h264, 256x192)" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_the_track_marked_as_default_goes_before_a_larger_one(tmp_path: Path) -> None:
    larger = Track([numbered(i, COLOURS[1], 256, 192) for i in range(48)], disposition=NONE)
    assert probe(mux(tmp_path / "a.mkv", larger, FILM)).video.width == 128


def test_a_film_beside_a_broken_track_is_read(tmp_path: Path) -> None:
    path = mux(tmp_path / "a.mp4", Track([numbered(i, COLOURS[1], 256, 192) for i in range(12)]), FILM)
    assert probe(path).video.width == 128
    with pytest.raises(FilmError, match=r"only 0\.5"):
        probe(path, video=0)


def joined(folder: Path, codec: str = "libx264", **muxer: str) -> Path:
    """A broadcast of 5 s whose video has another PID after half of them."""
    pictures = scenes([60, 60])
    options = None if codec == "libx264" else {"b": "2M"}
    parts = [
        encode(folder / "1.ts", pictures[:60]),
        encode(
            folder / "2.ts",
            pictures[60:],
            codec=codec,
            options=options,
            muxer={"mpegts_start_pid": "500", "output_ts_offset": "2.5", **muxer},
        ),
    ]
    path = folder / "joined.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def test_a_video_that_changes_its_pid_is_read_on(tmp_path: Path) -> None:
    film = probe(joined(tmp_path, tables_version="1"))
    found = scan(film, transform=lambda rgb, aspect: rgb[:96, :96], scratch=tmp_path)
    with found:
        assert (found.frames, found.warning) == (120, None)
        assert found.candidates is not None
        assert abs(found.candidates.read([9])[0][10, 10].astype(int) - COLOURS[1]).max() < 12


@pytest.mark.parametrize(
    "change",
    [
        {"mpegts_pmt_start_pid": "5000"},
        {"mpegts_service_id": "7"},
        {"codec": "mpeg2video"},
    ],
    ids=["table", "programme", "codec"],
)
def test_video_that_goes_on_elsewhere_is_told_as_lost(tmp_path: Path, change: dict[str, str]) -> None:
    found = scan(probe(joined(tmp_path, tables_version="1", **change)))
    assert found.end == pytest.approx(2.5, abs=0.1)
    assert found.warning is not None
    assert "goes on as another programme" in found.warning


def test_a_plain_broadcast_has_nothing_behind_its_end(tmp_path: Path) -> None:
    assert scan(probe(encode(tmp_path / "a.ts", scenes([60])))).warning is None


def scrambled(path: Path) -> Path:
    """The broadcast with the payload of its video scrambled, as its packets then say."""
    data = bytearray(encode(path, scenes([60])).read_bytes())
    chance = random.Random(1)
    for at in range(0, len(data), 188):
        if (data[at + 1] & 0x1F) << 8 | data[at + 2] == 256:
            payload = at + 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
            data[at + 3] |= 0x80
            data[payload : at + 188] = chance.randbytes(at + 188 - payload)
    path.write_bytes(data)
    return path


def locked_matroska(path: Path) -> Path:
    """Random bytes for packets, and a track that says that it is encrypted."""
    source = mux(path.with_name("clear.mkv"), FILM)
    chance = random.Random(1)
    with av.open(str(source)) as reading, av.open(str(path), "w", options={"live": "1"}) as writing:
        stream = writing.add_stream_from_template(reading.streams.video[0])
        for packet in reading.demux(video=0):
            if packet.dts is not None:
                noise = av.Packet(chance.randbytes(packet.size))
                noise.pts, noise.dts, noise.time_base = packet.pts, packet.dts, packet.time_base
                noise.is_keyframe, noise.stream = packet.is_keyframe, stream
                writing.mux(noise)

    def size(count: int) -> bytes:
        return (count | 1 << 56).to_bytes(8, "big")

    def element(name: str, content: bytes) -> bytes:
        return bytes.fromhex(name) + size(len(content)) + content

    how = element("5033", b"\x01") + element("5035", element("47e1", b"\x05") + element("47e2", bytes(16)))
    data = path.read_bytes()
    tracks = data.rindex(bytes.fromhex("1654ae6b"))
    entry = data.index(b"\xae\x01", tracks)
    length = int.from_bytes(data[entry + 2 : entry + 9], "big")
    body = data[entry + 9 : entry + 9 + length] + element("6d80", element("6240", how))
    path.write_bytes(data[:tracks] + element("1654ae6b", element("ae", body)) + data[entry + 9 + length :])
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: encode(folder / "a.mp4", scenes([60]), muxer=CENC),
        lambda folder: scrambled(folder / "a.ts"),
        lambda folder: locked_matroska(folder / "a.mkv"),
    ],
    ids=["mp4", "ts", "mkv"],
)
def test_an_encrypted_film_is_called_so_in_one_line(tmp_path: Path, make: Any) -> None:
    with pytest.raises(FilmError) as caught:
        probe(make(tmp_path))
    assert "its video track 0 is encrypted" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_film_that_is_encrypted_from_some_time_on_is_read_until_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encode(tmp_path / "a.mkv", scenes([120]), gop=24, options={"preset": "ultrafast", "bf": "0"})
    monkeypatch.setattr(decode, "locked", lambda packet: packet.pts is not None and packet.pts >= 3000)
    seen: list[int] = []
    found = scan(probe(path), transform=lambda rgb, aspect: (seen.append(number_in(rgb)), rgb[:96, :96])[1])
    assert max(seen) == 71
    assert found.warning is not None
    assert "48 encrypted packets skipped; there is no key" in found.warning
