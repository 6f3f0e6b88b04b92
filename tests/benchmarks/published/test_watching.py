"""The frames of a question: of the right part, in order, from files and from folders of pictures."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from longvid.errors import FilmError
from longvid_benchmarks.published.protocols import PROTOCOLS
from longvid_benchmarks.published.questions import Question
from longvid_benchmarks.published.tasks import BY_SHORT
from longvid_benchmarks.published.watching import signature, watch
from tests.benchmarks.published.mvbench import PICTURES, draw
from tests.film.films import encode, nearest, number_in, numbered

RATE, FRAMES = 8, 48
FEW = replace(PROTOCOLS["official"], frames=4)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds."""
    return encode(tmp_path_factory.mktemp("film") / "v.mp4", [numbered(at) for at in range(FRAMES)], rate=RATE)


def question(video: Path, start: float = 0.0, end: float = math.inf) -> Question:
    return Question(BY_SHORT["AS"], 0, "What?", ("a", "b"), 0, video, start, end)


def numbers(asked: Question, name: str) -> list[int]:
    return [number_in(frame) for frame in watch(asked, PROTOCOLS[name], nearest).frames]


def test_the_whole_video_is_seen_where_no_part_is_named(film: Path) -> None:
    even = numbers(question(film), "lmms-eval")
    assert (even[0], even[-1], len(even)) == (0, FRAMES - 1, 24)
    middles = numbers(question(film), "official")
    assert middles == [round((FRAMES - 1) * (at + 0.5) / 16 - 0.5) for at in range(16)]


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_nothing_outside_of_the_part_is_seen(film: Path, name: str) -> None:
    found = numbers(question(film, 2.0, 4.0), name)
    assert found == sorted(found)
    assert 2 * RATE <= found[0] <= found[-1] <= 4 * RATE


def test_a_file_that_says_nothing_of_its_length_is_decoded_to_find_it(tmp_path: Path) -> None:
    pictures = [numbered(at) for at in range(FRAMES)]
    live = encode(tmp_path / "live.mkv", pictures, rate=RATE, live=True)
    assert numbers(question(live), "lmms-eval")[-1] == FRAMES - 1


def test_pictures_come_in_the_order_of_their_numbers_three_a_second(tmp_path: Path) -> None:
    draw(tmp_path / "v")
    for path in (tmp_path / "v").iterdir():  # 1.jpg to 12.jpg, which text would put in another order
        path.rename(path.with_name(path.name.lstrip("0")))
    (tmp_path / "v" / "notes.txt").write_text("no picture")
    clip = watch(question(tmp_path / "v"), FEW, nearest)
    assert [number_in(frame) for frame in clip.frames] == [round(time * 3) for time in clip.times]
    assert [number_in(frame) for frame in watch(question(tmp_path / "v", 1.0, 2.0), FEW, nearest).frames] == [
        3,
        4,
        5,
        6,
    ]
    assert numbers(question(tmp_path / "v"), "lmms-eval")[-1] == PICTURES - 1


def test_a_broken_video_and_a_broken_picture_are_named(tmp_path: Path, film: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(film.read_bytes()[:400])
    with pytest.raises(FilmError, match=r"broken\.mp4"):
        watch(question(broken), FEW, nearest)
    draw(tmp_path / "v")
    for path in (tmp_path / "v").iterdir():
        path.write_bytes(b"\xff\xd8 no picture")
    with pytest.raises(FilmError, match=r"000\d\d\.jpg: no picture"):
        watch(question(tmp_path / "v"), FEW, nearest)


def test_a_video_that_was_replaced_is_another(tmp_path: Path, film: Path) -> None:
    other = tmp_path / "v.mp4"
    other.write_bytes(film.read_bytes())
    before = signature(other)
    assert signature(other) == before
    other.write_bytes(film.read_bytes() + b"\0")
    assert signature(other) != before
    other.unlink()
    with pytest.raises(FilmError, match="cannot be looked at"):
        signature(other)
