"""Scanning: the scenes are those of the stock detector, times are true, losses are told, the right frames are kept."""

from __future__ import annotations

import gc
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longvid.errors import FilmError
from longvid.film import Film, Scan, probe, scan
from longvid.film.detect import Cuts
from tests.film.films import COLOURS, encode, nearest, number_in, numbered, scenes


def borders(scanned: Scan) -> list[float]:
    return [scanned.scenes[0].start, *(scene.end for scene in scanned.scenes)]


def kept(scanned: Scan) -> list[tuple[float, int]]:
    """Time and number of every kept frame."""
    found = scanned.candidates
    assert found is not None
    pictures = found.read(range(len(found)))
    return [(float(t), number_in(p)) for t, p in zip(found.times, pictures, strict=True)]


def test_cuts_are_found_where_they_are(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48, 60, 36])))
    found = scan(film)
    assert borders(found) == pytest.approx([0, 2, 4.5, 6])
    assert [scene.index for scene in found.scenes] == [0, 1, 2]
    assert all(a.end == b.start for a, b in itertools.pairwise(found.scenes))
    assert (found.frames, found.candidates, found.warning, found.broken_at) == (144, None, None, None)
    assert found.interval == pytest.approx(1 / 24)
    assert found.fps == pytest.approx(24)
    assert found.seconds == pytest.approx(6)
    assert not found.variable


def test_the_content_detector_can_be_chosen(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48, 60])))
    assert borders(scan(film, detector="content")) == pytest.approx([0, 2, 4.5])
    with pytest.raises(ValueError, match="no detector 'magic'"):
        scan(film, detector="magic")  # type: ignore[arg-type]


def test_a_film_without_a_cut_is_one_scene(tmp_path: Path) -> None:
    found = scan(probe(encode(tmp_path / "a.mp4", scenes([50]))))
    assert borders(found) == pytest.approx([0, 50 / 24])


def noise(count: int) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    """Pictures that drift, jump at irregular places and flash: plenty of scores near the thresholds."""
    chance = np.random.default_rng(7)
    pictures, base = [], chance.integers(0, 256, (36, 64, 3))
    for i in range(count):
        if chance.random() < 0.06:
            base = chance.integers(0, 256, (36, 64, 3)) * chance.random()
        pictures.append(np.clip(base + chance.integers(-25, 26, (36, 64, 3)) + i % 7, 0, 255).astype(np.uint8))
    return pictures


@pytest.mark.parametrize("detector", ["adaptive", "content"])
def test_the_cuts_are_those_of_the_stock_scene_manager_on_the_same_pictures(detector: Any) -> None:
    from scenedetect import SceneManager
    from scenedetect.common import FrameTimecode, Timecode
    from scenedetect.detectors import AdaptiveDetector, ContentDetector
    from scenedetect.video_stream import VideoStream

    pictures, base = noise(2000), Fraction(1, 90000)

    class Stream(VideoStream):
        path = name = BACKEND_NAME = "pictures"
        is_seekable = False
        aspect_ratio = 1.0
        frame_rate = Fraction(24)
        frame_size = (64, 36)
        duration = None
        count = 0

        @property
        def position(self) -> Any:
            return FrameTimecode(Timecode(pts=(self.count - 1) * 3750, time_base=base), fps=self.frame_rate)

        @property
        def position_ms(self) -> float:
            return self.position.seconds * 1000

        @property
        def frame_number(self) -> int:
            return self.count

        def read(self, decode: bool = True) -> Any:
            if self.count == len(pictures):
                return False
            self.count += 1
            return pictures[self.count - 1]

        def reset(self) -> None:
            raise AssertionError("the scene manager only reads on")

        def seek(self, target: Any) -> None:
            raise AssertionError("the scene manager only reads on")

    manager = SceneManager()
    manager.auto_downscale = False
    manager.add_detector({"adaptive": AdaptiveDetector, "content": ContentDetector}[detector](min_scene_len=0.6))
    manager.detect_scenes(Stream())
    stock = [scene[0].seconds for scene in manager.get_scene_list()][1:]
    ours = Cuts(detector, base, 24.0)
    for i, picture in enumerate(pictures):
        ours.feed(i * 3750, picture)
    assert len(stock) > 10
    assert [ticks / 90000 for ticks in ours.finish()] == pytest.approx(stock, abs=1e-9)


def test_the_fast_score_is_the_stock_score_to_the_last_bit() -> None:
    from scenedetect.common import FrameTimecode
    from scenedetect.detectors import AdaptiveDetector

    from longvid.film.detect import _detectors

    ours, stock = _detectors()["adaptive"](), AdaptiveDetector()
    for i, picture in enumerate(noise(50)):
        time = FrameTimecode(i, 24.0)
        assert ours._calculate_frame_score(time, picture) == stock._calculate_frame_score(time, picture)


def test_frames_are_kept_twice_a_second_with_their_true_times(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48, 61])))
    with scan(film, transform=nearest, scratch=tmp_path / "scratch") as found:
        frames = kept(found)
        assert found.candidates is not None
        assert found.candidates.shape == (64, 64, 3)
        assert [round(t * 24) for t, _ in frames] == [n for _, n in frames]
        assert frames[0][1] == 0
        assert frames[-1][1] == 108
        assert max(np.diff([t for t, _ in frames])) <= 0.5 + 1e-6
        assert len(frames) <= 2 * found.seconds + 2
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    times, now = [], 0.0
    for i in range(120):
        times.append(round(now, 3))
        now += 0.04 if i % 20 < 15 else 0.2
    film = probe(encode(tmp_path / "vfr.mkv", scenes([50, 70]), times=times, gop=12))
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert found.variable
        assert found.frames == 120
        assert borders(found)[1] == pytest.approx(times[50], abs=0.002)
        for time, number in kept(found):
            assert time == pytest.approx(times[number], abs=0.002)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts", ".avi"])
def test_film_time_starts_at_the_first_frame_shown(tmp_path: Path, suffix: str) -> None:
    times = None if suffix == ".avi" else [7 + i / 24 for i in range(108)]
    film = probe(encode(tmp_path / f"late{suffix}", scenes([48, 60]), times=times))
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert borders(found) == pytest.approx([0, 2, 4.5], abs=0.002)
        assert [round(t * 24) for t, _ in kept(found)] == [n for _, n in kept(found)]
        assert found.broken_at is None


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts", ".avi"])
@pytest.mark.parametrize("bounds", [(2.5, 5.0), (0.51, 3.0), (3.0, None), (0.0, 2.0)])
def test_a_range_is_exact(tmp_path: Path, suffix: str, bounds: tuple[float, float | None]) -> None:
    film = probe(encode(tmp_path / f"a{suffix}", scenes([48, 60, 60]), gop=30))
    start, end = bounds
    with scan(film, start=start, end=end, transform=nearest, scratch=tmp_path) as found:
        first = -(-start * 24 // 1)
        assert borders(found)[0] == pytest.approx(first / 24, abs=0.002)
        assert borders(found)[-1] == pytest.approx(end or 7, abs=0.05)
        inside = [cut for cut in (2.0, 4.5) if start + 0.6 < cut < (end or 7)]
        assert borders(found)[1:-1] == pytest.approx(inside, abs=0.002)
        frames = kept(found)
        assert frames[0][1] == first
        assert [round(t * 24) for t, _ in frames] == [n for _, n in frames]


def test_an_impossible_range_is_refused(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48])))
    with pytest.raises(ValueError, match="no such range"):
        scan(film, start=3, end=2)
    with pytest.raises(ValueError, match="no such range"):
        scan(film, start=-1)
    with pytest.raises(FilmError, match=r"nothing of the wanted range .* within its 2 s"):
        scan(film, start=100)
    with pytest.raises(FilmError, match=r"only 0\.50 s of the wanted range"):
        scan(film, start=0.5, end=1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_film_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path, suffix: str) -> None:
    options = {"preset": "ultrafast", "crf": "12"}
    path = encode(tmp_path / f"a{suffix}", scenes([48, 60, 60, 60]), options=options)
    if suffix == ".mp4":
        path = _index_first(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    found = scan(probe(path))
    assert found.broken_at is not None
    assert 2 < found.broken_at < 8
    assert found.scenes[-1].end == found.broken_at == found.end
    assert found.warning is not None
    assert "breaks off at" in found.warning
    assert "are lost" in found.warning
    assert path.name not in found.warning, "whoever shows it names the film"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_last_picture_that_stands_is_film_until_it_goes(tmp_path: Path, suffix: str) -> None:
    film = probe(encode(tmp_path / f"a{suffix}", scenes([80]), rate=10, last=6))
    found = scan(film)
    assert (found.broken_at, found.warning) == (None, None)
    assert borders(found) == pytest.approx([0, 13.9], abs=0.002)
    assert found.interval == pytest.approx(0.1, abs=0.002)
    assert scan(film, end=10).end == 10


def test_a_last_picture_lasts_no_longer_than_the_film(tmp_path: Path) -> None:
    # MP4 tells durations in the order of decoding: here the last frame has that of the gap before it.
    times = [*(i / 10 for i in range(39)), 12.0, 12.1, 12.2]
    film = probe(encode(tmp_path / "a.mp4", scenes([42]), times=times))
    found = scan(film)
    assert 12.2 < found.end < 12.3
    assert found.end == pytest.approx(film.duration)
    assert found.warning is None


def test_no_picture_lasts_for_hours(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mkv", scenes([40]), rate=10, last=1e6))
    assert scan(film).end < 1000


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_range_that_ends_while_a_picture_stands_is_whole(tmp_path: Path, suffix: str) -> None:
    times = [*(i / 10 for i in range(40)), *(12 + i / 10 for i in range(10))]
    found = scan(probe(encode(tmp_path / f"a{suffix}", scenes([50]), times=times)), end=9)
    assert (found.end, found.warning) == (9, None)


def _index_first(path: Path) -> Path:
    """The same MP4 with its index in front, so that a piece of it can be read."""
    import av

    target = path.with_name("front.mp4")
    with av.open(str(path)) as source, av.open(str(target), "w", options={"movflags": "faststart"}) as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    return target


def test_a_broken_packet_in_the_middle_is_skipped_and_counted(tmp_path: Path) -> None:
    import av

    path = encode(tmp_path / "a.mkv", scenes([48, 60]), gop=12, options={"preset": "ultrafast", "crf": "12", "bf": "0"})
    target = tmp_path / "b.mkv"
    with av.open(str(path)) as source, av.open(str(target), "w") as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        for i, packet in enumerate(p for p in source.demux(video=0) if p.dts is not None):
            if i == 59:
                broken = av.Packet(b"\0\0\0\xff" + b"\xaa" * 50)
                broken.pts, broken.dts, broken.time_base = packet.pts, packet.dts, packet.time_base
                packet = broken
            packet.stream = stream
            sink.mux(packet)
    found = scan(probe(target))
    assert found.skipped == 1
    assert found.warning is not None
    assert "1 broken packet skipped" in found.warning
    assert found.broken_at is None
    assert borders(found) == pytest.approx([0, 2, 4.5], abs=0.002)


def test_a_file_that_vanishes_is_an_error(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", scenes([48]))
    film = probe(path)
    path.unlink()
    with pytest.raises(FilmError, match="can no longer be read"):
        scan(film)


def test_a_transform_that_fails_is_not_swallowed(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([96])))

    def fail(rgb: Any, pixel_aspect: float) -> Any:
        raise RuntimeError("no such fit")

    with pytest.raises(RuntimeError, match="no such fit"):
        scan(film, transform=fail, scratch=tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_scratch_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48])))
    (tmp_path / "file").touch()
    with pytest.raises(FilmError, match="name another folder"):
        scan(film, transform=nearest, scratch=tmp_path / "file" / "folder")


def test_progress_ascends_to_the_last_frame(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([96])))
    told: list[float] = []
    scan(film, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(95 / 24)


def test_a_file_that_was_read_in_part_is_let_go_of_at_once(tmp_path: Path) -> None:
    # What waits for the garbage collector is a decoder with its pictures: 40 MB of a film in 1080p.
    from longvid.film.decode import Frames
    from longvid.film.packets import Packets

    path = encode(tmp_path / "a.mp4", scenes([96]))
    gc.collect()
    gc.disable()
    try:
        before = sum(type(one) in (Packets, Frames) for one in gc.get_objects())
        scan(probe(path), start=1, end=2.5)
        assert sum(type(one) in (Packets, Frames) for one in gc.get_objects()) == before
    finally:
        gc.enable()


def corner(film: Film, folder: Path) -> tuple[Any, float]:
    """The first upright picture that a transform is given, and its pixel aspect."""
    seen: list[tuple[Any, float]] = []

    def look(rgb: Any, pixel_aspect: float) -> Any:
        seen.append((rgb, pixel_aspect))
        return nearest(rgb, pixel_aspect)

    scan(film, transform=look, scratch=folder).close()
    return seen[0]


def painted(width: int, height: int) -> Any:
    """A blue picture with its top left quarter red."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:] = COLOURS[1]
    picture[: height // 2, : width // 2] = COLOURS[0]
    return picture


@pytest.mark.parametrize(
    ("counterclockwise", "hflip", "red"),
    [
        (0, False, (0, 0)),
        (-90, False, (0, 1)),
        (180, False, (1, 1)),
        (90, False, (1, 0)),
        (0, True, (0, 1)),
    ],
)
def test_a_rotated_film_stands_upright(
    tmp_path: Path, counterclockwise: int, hflip: bool, red: tuple[int, int]
) -> None:
    path = encode(
        tmp_path / "a.mp4", [painted(128, 96)] * 30, rotation=counterclockwise, hflip=hflip, pixel_aspect=Fraction(4, 3)
    )
    picture, pixel_aspect = corner(probe(path), tmp_path)
    sideways = counterclockwise in (90, -90)
    assert picture.shape == ((128, 96, 3) if sideways else (96, 128, 3))
    assert picture.flags["C_CONTIGUOUS"]
    assert pixel_aspect == pytest.approx(3 / 4 if sideways else 4 / 3)
    for row, column in itertools.product((0, 1), repeat=2):
        height, width = picture.shape[:2]
        colour = picture[height // 4 + row * height // 2, width // 4 + column * width // 2].astype(int)
        assert abs(colour - COLOURS[0 if (row, column) == red else 1]).max() < 12


@pytest.mark.parametrize(("codec", "pix_fmt"), [("libx264", "yuv444p"), ("ffv1", "yuv420p"), ("ffv1", "yuv420p10le")])
def test_odd_sizes_and_deep_colours_keep_their_picture(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    path = encode(tmp_path / "odd.mkv", [painted(333, 187)] * 30, codec=codec, pix_fmt=pix_fmt)
    picture, _ = corner(probe(path), tmp_path)
    assert picture.shape == (187, 333, 3)
    assert abs(picture[40, 80].astype(int) - COLOURS[0]).max() < 12
    assert abs(picture[180, 330].astype(int) - COLOURS[1]).max() < 12
    numbers = [numbered(i, COLOURS[i // 30], 333, 187) for i in range(60)]
    film = probe(encode(tmp_path / "odd2.mkv", numbers, codec=codec, pix_fmt=pix_fmt))
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert [round(t * 24) for t, _ in kept(found)] == [n for _, n in kept(found)]
        assert borders(found) == pytest.approx([0, 1.25, 2.5], abs=0.002)
