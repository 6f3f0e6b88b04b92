"""The sound of a film: its times are those of the film, whatever the track is, and a fault costs what is broken."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from longvid.film import Film, probe
from longvid.speech.sound import RATE, Mono, Sound
from tests.speech.sounds import LENGTH, Track, say, sounding

TIMES = {1.0: "ada", 5.5: "bell", 10.0: "cup"}


def loud(samples: NDArray[np.int16], least: int = 800) -> list[float]:
    """When sound begins, s."""
    frames = np.abs(samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(int)).max(axis=1) > least
    return [float(i) / 100 for i in np.flatnonzero(np.diff(np.concatenate([[0], frames.astype(int)])) == 1)]


def whole(film: Film, index: int = 1) -> NDArray[np.int16]:
    with Sound(film, index) as sound:
        return sound.block(0, 60 * RATE)


@pytest.mark.parametrize(
    ("name", "codec", "layout", "rate"),
    [
        ("a.mkv", "pcm_s16le", "mono", 16_000),
        ("a.mp4", "aac", "stereo", 44_100),
        ("a.mkv", "ac3", "5.1", 48_000),
        ("a.mkv", "flac", "stereo", 48_000),
        ("a.ts", "mp2", "stereo", 48_000),
        ("a.avi", "mp3", "mono", 22_050),
    ],
)
def test_every_kind_of_track_is_heard_at_its_times(
    tmp_path: Path, name: str, codec: str, layout: str, rate: int
) -> None:
    path = sounding(tmp_path / name, Track(say(TIMES, rate=rate), rate, layout, codec))
    samples = whole(probe(path))
    assert samples.dtype == np.int16
    assert loud(samples) == pytest.approx(list(TIMES), abs=0.06)
    assert len(samples) / RATE == pytest.approx(12, abs=0.2)


def test_times_are_those_of_the_film_and_not_of_its_container(tmp_path: Path) -> None:
    path = sounding(tmp_path / "a.mkv", Track(say(TIMES)), first=3.0)
    film = probe(path)
    assert film.start == pytest.approx(3.0)
    samples = whole(film)
    # What was heard before the first picture is no part of the film.
    assert loud(samples) == pytest.approx([2.5, 7.0], abs=0.03)


def test_a_track_that_begins_late_or_has_a_gap_keeps_its_times(tmp_path: Path) -> None:
    late = sounding(tmp_path / "late.mkv", Track(say({0.5: "ada", 3.0: "bell"}, 6), start=4.0))
    assert loud(whole(probe(late))) == pytest.approx([4.5, 7.0], abs=0.03)
    gap = sounding(tmp_path / "gap.mkv", Track(say(TIMES), gap=(2.0, 9.0)))
    samples = whole(probe(gap))
    assert loud(samples) == pytest.approx([1.0, 10.0], abs=0.03)
    assert not samples[3 * RATE : 8 * RATE].any()


def test_blocks_follow_one_another_without_a_seam_and_nothing_before_them_is_kept(tmp_path: Path) -> None:
    film = probe(sounding(tmp_path / "a.mkv", Track(say(TIMES))))
    expected = whole(film)
    told = 0

    def tell() -> None:
        nonlocal told
        told += 1

    with Sound(film, 1) as sound:
        parts, at = [], 0
        while len(part := sound.block(at, 3 * RATE, tell)):
            parts.append(part)
            at += 2 * RATE + 17  # what overlaps is given again
            assert sum(len(samples) for _, samples in sound._held) <= 3 * RATE + 4096
    for i, part in enumerate(parts):
        start = i * (2 * RATE + 17)
        assert np.array_equal(part, expected[start : start + 3 * RATE])
    assert told > 0


def test_a_track_may_change_its_layout_and_rate_on_the_way() -> None:
    mono, made = Mono(), []
    for layout, rate in (("stereo", 48_000), ("5.1", 48_000), ("mono", 44_100)):
        channels = av.AudioLayout(layout).nb_channels
        for _ in range(10):
            frame = av.AudioFrame.from_ndarray(np.full((channels, 4800), 0.3, np.float32), format="fltp", layout=layout)
            frame.sample_rate = rate
            made.append(mono.samples(frame))
    assert sum(map(len, made)) == pytest.approx(2 * 16_000 + 48_000 / 44_100 * 16_000, abs=200)


def test_a_file_that_breaks_off_is_heard_up_to_there(tmp_path: Path) -> None:
    path = sounding(tmp_path / "a.mkv", Track(say(TIMES)))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    samples = whole(probe(path))
    assert loud(samples) == pytest.approx([1.0, 5.5], abs=0.03)
    assert len(samples) < 9 * RATE


def test_packets_that_cannot_be_decoded_are_passed_over_and_counted(tmp_path: Path) -> None:
    path = sounding(tmp_path / "a.mkv", Track(say(TIMES, rate=48_000), 48_000, "stereo", "flac"))
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    for packet in packets[40:60]:
        at = data.index(bytes(packet))
        data[at : at + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    with Sound(probe(path), 1) as sound:
        samples = sound.block(0, 60 * RATE)
        assert 10 <= sound.skipped <= 30
    assert loud(samples)[0] == pytest.approx(1.0, abs=0.03)
    assert loud(samples)[-1] == pytest.approx(10.0, abs=0.03)


def test_a_tone_keeps_its_length(tmp_path: Path) -> None:
    samples = whole(probe(sounding(tmp_path / "a.mp4", Track(say({2.0: "egg"}, rate=44_100), 44_100, "stereo", "aac"))))
    assert np.count_nonzero(np.abs(samples.astype(int)) > 800) / RATE == pytest.approx(LENGTH, abs=0.1)
