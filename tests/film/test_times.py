"""Film time of real files whose stamps, headers or sound tell something else, and what is told of losses."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from longvid.errors import FilmError
from longvid.film import Scan, exact, probe, scan
from longvid.film.decode import Frames
from tests.film.films import encode, nearest, number_in, numbered, remuxed, scenes, stamped

DATA = Path(__file__).parent.parent / "data"
CUTS = [0, 2, 4.5, 7]
PLAIN = {"preset": "ultrafast", "crf": "12", "bf": "0"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven seconds at 24 frames/s with cuts at 2 and 4.5 s, and a key frame every second."""
    return encode(tmp_path_factory.mktemp("films") / "film.mp4", scenes([48, 60, 60]))


def read(path: Path, start: float | None = None, end: float | None = None) -> tuple[Scan, list[tuple[float, int]]]:
    """What a scan finds, and time and number of every kept frame."""
    with scan(probe(path), transform=nearest, scratch=path.parent, start=start, end=end) as found:
        assert found.candidates is not None
        pictures = found.candidates.read(range(len(found.candidates)))
        return found, [(float(t), number_in(p)) for t, p in zip(found.candidates.times, pictures, strict=True)]


def borders(found: Scan) -> list[float]:
    return [found.start, *(scene.end for scene in found.scenes)]


def is_whole(path: Path) -> None:
    """The film of the fixture, all of it, with true times and nothing told."""
    found, kept = read(path)
    assert borders(found) == pytest.approx(CUTS, abs=0.05)
    assert (found.frames, found.skipped, found.warning) == (168, 0, None)
    assert [round(t * 24) for t, _ in kept] == [n for _, n in kept]


def ranges_agree(path: Path, *wanted: tuple[float, float]) -> None:
    """Every frame of a range has the time that it has in the whole film."""
    whole = [round(ticks) for ticks, _ in _frames(path)]
    pictures = dict(_frames(path))
    for start, end in wanted:
        found = dict(_frames(path, start, end))
        with Frames(probe(path)) as source:
            inside = [t for t in whole if start - 1e-6 <= source.clock.seconds(t) < end - 1e-6]
        assert list(found) == inside
        assert all(found[t] == pictures[t] for t in inside)


def _frames(path: Path, start: float = 0.0, end: float | None = None) -> list[tuple[int, int]]:
    with Frames(probe(path), start=start, end=end) as source:
        return [(ticks, number_in(frame.to_ndarray(format="rgb24"))) for ticks, frame in source]


@pytest.mark.parametrize("promised", [7.0, None, 1.0])
@pytest.mark.parametrize(
    "change",
    [
        lambda i, t: t + 300 * (i == 60),
        lambda i, t: t - 2 * (100 <= i < 110),
        lambda i, t: t + 300 * (i == 0),
        lambda i, t: t + 50 * (80 <= i < 90),
        lambda i, t: 1.0 if 90 <= i < 95 else t,
    ],
    ids=["one ahead", "ten back", "the first ahead", "ten ahead", "five stuck"],
)
def test_a_bad_stamp_shifts_nothing(
    tmp_path: Path, film: Path, change: Callable[[int, float], float], promised: float | None
) -> None:
    path = stamped(film, tmp_path / "a.mkv", change, promised=promised)
    is_whole(path)
    ranges_agree(path, (3, 6))


@pytest.mark.parametrize("again", [0.0, 2.5])
def test_a_clock_that_starts_anew_loses_nothing(tmp_path: Path, film: Path, again: float) -> None:
    path = stamped(film, tmp_path / "a.mkv", lambda i, t: t if t < 4 else t - 4 + again, promised=7)
    is_whole(path)
    ranges_agree(path, (1, 3), (4.5, 6.5))


def test_joined_recordings_are_one_film(tmp_path: Path, film: Path) -> None:
    path = remuxed(film, tmp_path / "a.ts")
    path.write_bytes(path.read_bytes() * 3)
    found, _ = read(path)
    assert borders(found) == pytest.approx([0, 2, 4.5, 7, 9, 11.5, 14, 16, 18.5, 21], abs=0.1)
    assert found.warning is None
    ranges_agree(path, (1, 3), (8, 12), (15, 21))
    assert read(path, 9.5, 11)[1][0][1] == pytest.approx(60, abs=1)


@pytest.mark.parametrize("leap", [300, 5000])
@pytest.mark.parametrize("sound", [(), ((0, 3), (1, 4))], ids=["silent", "sound"])
def test_a_clock_that_leaps_in_a_recording_makes_no_picture_stand(
    tmp_path: Path, film: Path, leap: float, sound: tuple[tuple[float, float], ...]
) -> None:
    stretches = [sound[0], (3 + leap, 7 + leap)] if sound else []
    path = remuxed(film, tmp_path / "a.ts", lambda t: t if t < 3 else t + leap, sound=stretches)
    is_whole(path)
    ranges_agree(path, (4, 6))


@pytest.mark.parametrize("suffix", [".ts", ".mkv", ".flv", ".mp4"])
def test_a_picture_stands_while_the_sound_goes_on(tmp_path: Path, film: Path, suffix: str) -> None:
    change = lambda t: t + 1 if t < 3 else t + 31  # noqa: E731
    path = remuxed(film, tmp_path / f"a{suffix}", change, sound=[(1, 38)])
    found, _ = read(path)
    assert borders(found) == pytest.approx([0, 2, 34.5, 37], abs=0.05)
    assert found.warning is None


@pytest.mark.parametrize("promised", [907.0, 7.0])
def test_a_leap_is_real_where_the_container_agrees(tmp_path: Path, film: Path, promised: float) -> None:
    path = stamped(film, tmp_path / "a.mkv", lambda i, t: t if t < 3 else t + 900, promised=promised)
    found, _ = read(path)
    assert found.end == pytest.approx(promised, abs=0.05)
    assert found.warning is None
    ranges_agree(path, (4, 6), (promised - 2, promised))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_picture_that_stands_belongs_to_every_range_that_it_is_shown_in(tmp_path: Path, suffix: str) -> None:
    times = [*(i / 10 for i in range(20)), *(9.5 + i / 10 for i in range(20))]
    path = encode(tmp_path / f"a{suffix}", scenes([20, 20]), times=times, options=PLAIN)
    found, kept = read(path, 3, 7)
    assert (borders(found), kept, found.warning) == ([3, 7], [(3, 19)], None)
    found, kept = read(path, 3, 11)
    assert (found.start, found.end) == (3, pytest.approx(11, abs=0.11))
    assert kept[0] == (3, 19)
    assert kept[1] == (pytest.approx(9.5, abs=0.002), 20)
    (clip,) = exact(probe(path), [[5.0, 9.6]], nearest)
    assert [number_in(picture) for picture in clip.frames] == [19, 21]


def test_a_range_behind_the_end_is_refused_by_the_true_length(tmp_path: Path, film: Path) -> None:
    path = stamped(film, tmp_path / "a.mkv", lambda i, t: t, promised=3)
    with pytest.raises(FilmError, match=r"nothing of the wanted range .* within its 7 s"):
        scan(probe(path), start=8, end=10)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".flv", ".wmv"])
def test_sound_that_goes_on_is_no_loss_of_pictures(tmp_path: Path, film: Path, suffix: str) -> None:
    if suffix == ".wmv":
        film = encode(tmp_path / "b.wmv", scenes([48, 60, 60]), codec="wmv2", options={"qmin": "2", "qmax": "3"})
    path = remuxed(film, tmp_path / f"a{suffix}", lambda t: t + 1, sound=[(1, 20)])
    is_whole(path)


def test_pictures_that_begin_late_are_no_loss(tmp_path: Path, film: Path) -> None:
    path = remuxed(film, tmp_path / "a.mkv", lambda t: t + 10, sound=[(0, 12)])
    is_whole(path)
    assert probe(path).duration == pytest.approx(7, abs=0.05)


@pytest.mark.parametrize("tag", ["DURATION-eng", "DURATION"])
def test_a_stale_tag_is_no_loss(tmp_path: Path, film: Path, tag: str) -> None:
    path = encode(tmp_path / "a.mkv", scenes([48, 60, 60]), metadata={"XXXXXXXX": "00:01:00.000000000"})
    data = path.read_bytes()
    assert data.count(b"XXXXXXXX") > 0
    path.write_bytes(data.replace(b"\x45\xa3\x88XXXXXXXX", b"\x45\xa3\x88DURATION"))
    is_whole(path)


@pytest.mark.parametrize("suffix", [".mkv", ".flv", ".mp4"])
@pytest.mark.parametrize("wrong", [2.0, 90.0])
def test_a_complete_file_whose_header_is_wrong_about_its_length_has_lost_nothing(
    tmp_path: Path, film: Path, suffix: str, wrong: float
) -> None:
    path = remuxed(film, tmp_path / f"a{suffix}", lambda t: t + (suffix == ".flv"), sound=[(1, 6)])
    name = {".mkv": b"\x44\x89\x88", ".flv": b"\0\x08duration\0", ".mp4": b"mvhd\0\0\0\0\0\0\0\0\0\0\0\0"}[suffix]
    data = bytearray(path.read_bytes())
    at = data.index(name) + len(name) + 4 * (suffix == ".mp4")
    number = struct.pack(">I" if suffix == ".mp4" else ">d", *[int(wrong * 1000) if suffix != ".flv" else wrong])
    data[at : at + len(number)] = number
    path.write_bytes(data)
    is_whole(path)


@pytest.mark.parametrize("suffix", [".mkv", ".flv", ".mp4"])
def test_a_file_that_is_cut_tells_how_much_is_lost(tmp_path: Path, film: Path, suffix: str) -> None:
    front = {"movflags": "faststart"} if suffix == ".mp4" else None
    path = remuxed(film, tmp_path / f"a{suffix}", lambda t: t + 1, sound=[(1, 8)], options=front)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    found, _ = read(path)
    assert found.broken_at is not None
    assert 2 < found.broken_at < 6
    assert found.warning is not None
    assert f"the last {7 - found.broken_at:.1f}"[:-2] in found.warning


def test_a_fragmented_film_of_which_only_a_part_can_be_read_says_so(tmp_path: Path, film: Path) -> None:
    path = remuxed(film, tmp_path / "a.mp4", options={"movflags": "frag_keyframe+empty_moov"})
    assert read(path)[0].warning is None
    data = bytearray(path.read_bytes())
    third = [i for i in range(len(data)) if data.startswith(b"moof", i)][3] - 4
    data[third : third + len(data) // 5] = bytes(len(data) // 5)
    path.write_bytes(data)
    found, _ = read(path)
    assert found.end == pytest.approx(3, abs=0.1)
    assert found.warning is not None
    assert "% of the file cannot be read" in found.warning


@pytest.mark.parametrize("suffix", [".mkv", ".flv"])
def test_a_hole_without_packets_is_told(tmp_path: Path, suffix: str) -> None:
    grain = np.random.default_rng(1).integers(-9, 10, (168, 96, 128, 1))
    pictures = np.clip(scenes([48, 60, 60]) + grain, 0, 255).astype(np.uint8)
    path = remuxed(encode(tmp_path / "b.mp4", pictures), tmp_path / f"a{suffix}", lambda t: t + 1, sound=[(1, 8)])
    is_whole(path)
    data = bytearray(path.read_bytes())
    data[len(data) * 4 // 10 : len(data) * 6 // 10] = bytes(len(data) * 6 // 10 - len(data) * 4 // 10)
    path.write_bytes(data)
    found, kept = read(path)
    assert found.warning is not None
    assert "of the file, in the middle, cannot be read" in found.warning
    assert kept[-1] == (pytest.approx(167 / 24, abs=0.002), 167)


def test_matroska_files_joined_one_behind_another_tell_what_is_not_read(tmp_path: Path, film: Path) -> None:
    path = remuxed(film, tmp_path / "a.mkv")
    path.write_bytes(path.read_bytes() * 3)
    found, _ = read(path)
    assert found.end == pytest.approx(21, abs=0.1) or "of the file cannot be read" in (found.warning or "")


def test_a_hole_in_a_film_moves_nothing_behind_it(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", scenes([48, 60, 60, 60]), gop=240, options={"preset": "ultrafast", "crf": "12"})
    data = bytearray(path.read_bytes())
    begin = data.find(b"mdat") + len(data) // 4
    data[begin : begin + len(data) // 4] = bytes(len(data) // 4)
    path.write_bytes(data)
    found, kept = read(path)
    assert found.end == pytest.approx(9.5, abs=0.05)
    assert found.skipped > 0
    assert found.warning is not None
    last, number = kept[-1]
    assert last == pytest.approx(number / 24, abs=0.1)


def test_a_recording_cut_between_key_frames_begins_at_the_first(tmp_path: Path) -> None:
    film = encode(tmp_path / "a.mp4", scenes([100, 100]), gop=150, options=PLAIN)
    path = remuxed(film, tmp_path / "a.ts", since=20)
    found, kept = read(path)
    assert found.end == pytest.approx(50 / 24, abs=0.05)
    assert kept[0] == (0, 150)
    assert found.skipped == 0
    assert found.warning is not None
    assert "its first 5.4 s are lost" in found.warning
    assert read(path, 0.5)[0].warning is None


def test_an_empty_packet_shows_the_same_picture_again() -> None:
    # Theora has a packet for every frame, and most of a still picture's are empty. This one breaks off in a page.
    found = scan(probe(DATA / "theora.ogv"))
    assert found.end == pytest.approx(5.32)
    assert (found.skipped, found.warning) == (0, None)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_one_picture_is_a_film_where_the_container_says_for_how_long(tmp_path: Path, suffix: str) -> None:
    found, kept = read(encode(tmp_path / f"a{suffix}", [numbered(7)], last=120, options=PLAIN))
    assert (borders(found), found.frames, kept) == ([0, 120], 1, [(0, 7)])
    assert read(tmp_path / f"a{suffix}", 30, 90)[1] == [(30, 7)]


@pytest.mark.parametrize("last", [0.02, 0.9, 3.0])
def test_the_last_frame_lasts_as_long_as_the_container_says(tmp_path: Path, last: float) -> None:
    times = [i / 5 for i in range(40)]
    path = encode(tmp_path / "a.mp4", scenes([40]), times=times, last=last, options=PLAIN)
    assert scan(probe(path)).end == pytest.approx(39 / 5 + last, abs=0.002)


def test_a_gap_does_not_lengthen_the_last_frame(tmp_path: Path, film: Path) -> None:
    path = stamped(film, tmp_path / "a.mkv", lambda i, t: t if t < 3 else t + 9.5)
    assert scan(probe(path)).end == pytest.approx(16.5, abs=0.005)
