"""Clips: the frames are those of their times, from the kept ones and decoded anew, and survive the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longvid.errors import FilmError
from longvid.film import Candidates, Clip, clips, exact, fits_file, pick, probe, read_clip, scan, write_clip
from tests.film.films import encode, nearest, number_in, scenes


def numbers(clip: Clip) -> list[int]:
    return [number_in(frame) for frame in clip.frames]


def candidates(folder: Path, times: list[float]) -> Candidates:
    """Kept frames whose pictures are their index."""
    found = Candidates(folder)
    for i, time in enumerate(times):
        found.append(time, np.full((4, 4, 3), i, np.uint8))
    found.seal()
    return found


def chosen(clip: Clip) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in clip.frames]


def test_a_clip_is_picked_within_a_quarter_second(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48, 60, 36])))
    with scan(film, transform=nearest, scratch=tmp_path) as found:
        assert found.candidates is not None
        wanted = np.linspace(0.1, 5.9, 9)
        clip = pick(found.candidates, list(wanted), start=0, end=6)
    assert clip.frames.shape == (9, 64, 64, 3)
    assert abs(clip.times - wanted).max() <= 0.25 + 1e-6
    assert [round(t * 24) for t in clip.times] == numbers(clip)


def test_no_frame_is_picked_from_beyond_the_chunk(tmp_path: Path) -> None:
    with candidates(tmp_path, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]) as kept:
        clip = pick(kept, [0.6, 0.9, 1.9], start=0.6, end=1.9)
        assert clip.times.tolist() == [1.0, 1.0, 1.5]


def test_no_frame_is_picked_twice_where_another_is_near(tmp_path: Path) -> None:
    with candidates(tmp_path, [0.0, 0.25, 0.5, 0.75, 1.0]) as kept:
        assert chosen(pick(kept, [0.25, 0.3, 0.55, 0.8], start=0, end=2)) == [1, 2, 3, 4]
        assert chosen(pick(kept, [0.1, 0.11, 0.12, 0.13, 0.14], start=0, end=2)) == [0, 1, 1, 1, 1]


def test_a_still_picture_is_what_was_on_screen(tmp_path: Path) -> None:
    with candidates(tmp_path, [0.0, 0.5, 8.0, 8.5]) as kept:
        assert pick(kept, [3.0, 7.0, 8.1], start=0, end=9).times.tolist() == [0.5, 0.5, 8.0]
        clip = pick(kept, [3.0, 7.9, 8.0], start=2, end=9)  # nothing of the chunk is near 3.0
        assert (chosen(clip), clip.times.tolist()) == ([1, 2, 2], [2.0, 8.0, 8.0])
        clip = pick(kept, [3.0, 4.0], start=2, end=5)  # no frame came up in the whole chunk
        assert (chosen(clip), clip.times.tolist()) == ([1, 1], [2.0, 2.0])


def test_times_of_a_clip_must_ascend(tmp_path: Path) -> None:
    with candidates(tmp_path, [0.0]) as kept, pytest.raises(ValueError, match="ascend"):
        pick(kept, [1.0, 0.5], start=0, end=2)
    with candidates(tmp_path, []) as kept, pytest.raises(ValueError, match="no frame"):
        pick(kept, [1.0], start=0, end=2)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_exact_frames_are_the_ones_being_shown(tmp_path: Path, suffix: str) -> None:
    film = probe(encode(tmp_path / f"a{suffix}", scenes([48, 60, 60]), gop=30))
    wanted = [[1.0, 1.51, 1.99], [2.03, 2.04], [4.5, 4.51, 6.9, 50.0]]
    told: list[float] = []
    clips = list(exact(film, wanted, nearest, told.append))
    assert [numbers(clip) for clip in clips] == [[24, 36, 47], [48, 48], [108, 108, 165, 167]]
    for clip in clips:
        assert [round(t * 24) for t in clip.times] == numbers(clip)
    assert told == sorted(told)


def test_exact_frames_of_a_variable_frame_rate_with_a_late_start(tmp_path: Path) -> None:
    shown = [3.0, 3.04, 3.5, 3.54, 5.0, 5.04, 6.0]
    film = probe(encode(tmp_path / "a.mkv", scenes([7]), times=shown))
    (clip,) = exact(film, [[0.0, 0.03, 0.45, 0.52, 1.9, 2.03, 2.5]], nearest)
    assert numbers(clip) == [0, 0, 1, 2, 3, 4, 5]
    assert clip.times == pytest.approx([0, 0, 0.04, 0.5, 0.54, 2.0, 2.04], abs=0.002)


def test_exact_refuses_times_that_do_not_ascend(tmp_path: Path) -> None:
    film = probe(encode(tmp_path / "a.mp4", scenes([48])))
    with pytest.raises(ValueError, match="ascend"):
        list(exact(film, [[1.0], [0.5]], nearest))
    with pytest.raises(ValueError, match="must have a time"):
        list(exact(film, [[1.0], []], nearest))
    assert list(exact(film, [], nearest)) == []


def some_clip() -> Clip:
    frames = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    return Clip(frames, np.array([0.0, 0.5, 1.0, 1.0, 2.25]))


def test_a_clip_survives_the_disk(tmp_path: Path) -> None:
    clip = some_clip()
    path = tmp_path / "clips" / "0001.safetensors"
    write_clip(path, clip)
    write_clip(path, clip)
    again = read_clip(path)
    assert np.array_equal(again.frames, clip.frames)
    assert np.array_equal(again.times, clip.times)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("keep", [0, 7, 8, 40, 200, 900])
def test_a_clip_cut_off_is_an_error(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "clip"
    write_clip(path, some_clip())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FilmError, match="not a whole clip"):
        read_clip(path)


def test_other_tensors_are_no_clip(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    good: dict[str, Any] = {"frames": some_clip().frames, "times": some_clip().times}
    for change in (
        {"frames": np.zeros((5, 8, 8, 3), np.float32)},
        {"frames": np.zeros((5, 8, 9, 4), np.uint8)},
        {"frames": np.zeros((5, 0, 9, 3), np.uint8)},
        {"times": np.zeros(4)},
        {"times": np.array([0.0, 1, 2, 3, np.nan])},
        {"times": np.array([4.0, 3, 2, 1, 0])},
    ):
        save_file({**good, **change}, tmp_path / "clip")
        with pytest.raises(FilmError, match="not a whole clip"):
            read_clip(tmp_path / "clip")
    save_file({"frames": good["frames"]}, tmp_path / "clip")
    with pytest.raises(FilmError, match="not a whole clip"):
        read_clip(tmp_path / "clip")
    with pytest.raises(FilmError, match="cannot be read"):
        read_clip(tmp_path / "nothing")


def test_a_clip_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FilmError, match="cannot be written"):
        write_clip(tmp_path / "file" / "clip", some_clip())


def test_a_clip_that_could_not_be_read_back_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = some_clip()
    count, height, width = clip.frames.shape[:3]
    assert fits_file(count, height * width)
    assert not fits_file(1024, 4_194_304)
    write_clip(tmp_path / "clip", clip)
    monkeypatch.setattr(clips, "LARGEST_FILE", (tmp_path / "clip").stat().st_size - 1)
    with pytest.raises(FilmError, match=rf"{count} frames of {width} x {height} are too many; choose fewer"):
        write_clip(tmp_path / "other", clip)
    assert not (tmp_path / "other").exists()
