"""The encoded film: its cuts are found, nothing else is taken for one, and what is said stands in its subtitles."""

from __future__ import annotations

import itertools
from pathlib import Path

import av
import numpy as np
import pysubs2
import pytest

from longvid.film import probe
from longvid_benchmarks.storyfilm import film as films
from longvid_benchmarks.storyfilm.film import dissolves, render, write_subtitles
from longvid_benchmarks.storyfilm.generator import VERSION
from longvid_benchmarks.storyfilm.pictures import draw
from longvid_benchmarks.storyfilm.sheet import contact_sheet, timeline
from longvid_benchmarks.storyfilm.story import Link, Story
from longvid_benchmarks.storyfilm.vocabulary import PLACES
from tests.benchmarks.storyfilm.by_hand import chunk, event, everything, story

RATE = 12


@pytest.fixture(scope="module")
def shown() -> Story:
    """Nine chunks in eight places, one of them a flashback; every predicate is shown."""
    return everything(9, seconds=18.0)


@pytest.fixture(scope="module")
def encoded(shown: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    render(shown, path, height=180, rate=RATE)
    return path


def cuts(path: Path) -> list[float]:
    """Starts of all scenes but the first that PySceneDetect's AdaptiveDetector finds with its defaults, s."""
    from scenedetect import AdaptiveDetector, detect

    return [scene[0].seconds for scene in detect(str(path), AdaptiveDetector())][1:]


def test_all_cuts_are_found_within_a_frame_and_no_others(shown: Story, encoded: Path) -> None:
    found = cuts(encoded)
    assert len(found) == len(shown.chunks) - 1
    for at, c in zip(found, shown.chunks[1:], strict=True):
        assert abs(at - c.start) <= 1 / RATE + 1e-6


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_film_says_what_it_is(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    render(story([chunk([], seconds=2.0)]), path, height=90, rate=RATE)
    assert probe(path).comment == f"StoryFilm {VERSION}"


def test_any_two_places_make_a_cut_that_is_found(tmp_path: Path) -> None:
    walk: list[tuple[str, bool]] = []
    for a, b in itertools.combinations(PLACES, 2):
        walk += [(a, False), (b, False)] if not walk or walk[-1][0] != a else [(b, False)]
    for a, b in zip(PLACES, PLACES[1:] + PLACES[:1], strict=True):
        walk += [(a, True), (b, False)] if walk[-1][0] != a else [(b, True), (a, False)]
    for a, b in itertools.combinations(PLACES, 2):
        walk += [(a, True), (b, True)] if walk[-1][0] != a else [(b, True)]
    chunks = [
        chunk([], index=i, start=2.0 * i, seconds=2.0, place=place, flashback=flashback)
        for i, (place, flashback) in enumerate(walk)
    ]
    path = tmp_path / "film.mp4"
    render(story(chunks), path, height=90, rate=RATE)
    assert cuts(path) == pytest.approx([c.start for c in chunks[1:]], abs=1e-3)


def test_the_film_is_h264_of_the_right_size_and_length(shown: Story, encoded: Path) -> None:
    with av.open(str(encoded)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert (stream.width, stream.height, stream.pix_fmt) == (320, 180, "yuv420p")
        frames = list(container.decode(stream))
    assert len(frames) == round(shown.chunks[-1].end * RATE)
    starts = {round(c.start * RATE) for c in shown.chunks}
    assert starts <= {i for i, frame in enumerate(frames) if frame.key_frame}
    for i in range(7, len(frames), 331):
        time = (i + 0.5) / RATE
        c = next(c for c in shown.chunks if time < c.end)
        decoded = frames[i].to_ndarray(format="rgb24").astype(np.int16)
        assert np.abs(decoded - draw(shown, c, time, 180)).mean() < 6


def test_only_hard_films_have_dissolves(tmp_path: Path) -> None:
    assert not dissolves(everything(40))
    hard = everything(40, level="hard")
    assert 4 <= len(dissolves(hard)) <= 22
    assert 0 not in dissolves(hard)


def test_a_dissolve_mixes_both_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films, "DISSOLVED", 1.0)
    two = story(
        [chunk([], index=i, start=5.0 * i, seconds=5.0, place=p) for i, p in enumerate(("cave", "beach"))], level="hard"
    )
    canvas = np.empty((36, 64, 3), np.uint8)
    light = []
    for cut, _ in films.frames(two, height=36, rate=8, canvas=canvas):
        light.append((float(canvas.mean()), cut))
    steps = np.diff([value for value, _ in light])
    assert (steps[:34] == 0).all()
    assert (np.delete(steps, range(34, 46)) == 0).all()
    assert np.abs(steps).max() < 0.2 * abs(light[-1][0] - light[0][0])
    assert [i for i, (_, cut) in enumerate(light) if cut] == [0]


def test_a_failed_render_leaves_the_old_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"old")
    broken = story([chunk([event("give", roles={"to": "nobody"})], seconds=10.0)])
    with pytest.raises(KeyError, match="nobody"):
        render(broken, path, height=72)
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]
    assert path.read_bytes() == b"old"


def test_impossible_films_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="without chunks"):
        render(story([]), tmp_path / "film.mp4")
    with pytest.raises(ValueError, match="even"):
        render(everything(1), tmp_path / "film.mp4", height=71)


def test_progress_ends_with_the_whole_film(tmp_path: Path) -> None:
    said: list[tuple[float, float]] = []
    one = story([chunk([], seconds=3.0)])
    render(one, tmp_path / "film.mp4", height=72, progress=lambda done, total: said.append((done, total)))
    assert said == [(0.0, 3.0), (1.0, 3.0), (2.0, 3.0), (3.0, 3.0)]


def test_subtitles_hold_what_is_promised_and_claimed(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    write_subtitles(story([chunk([event("promise", 1.0), event("dance", 11.0), event("claim", 3661.5)])]), path)
    lines = pysubs2.load(str(path), encoding="utf-8").events
    assert [(line.start, line.end, line.plaintext) for line in lines] == [
        (1000, 9000, "I will give the blue key to Tobo."),
        (3661500, 3669500, "It was Greta who stole the blue key."),
    ]


def test_a_film_in_which_nobody_speaks_has_no_subtitle_file(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    write_subtitles(story([chunk([event("promise")])]), path)
    assert path.read_text()
    write_subtitles(story([chunk([event("dance")])]), path)
    assert not path.exists()


def test_sheet_and_timeline_are_pictures(shown: Story, tmp_path: Path) -> None:
    import cv2

    linked = Story(
        shown.seed, shown.level, shown.figures, shown.things, shown.devices, shown.chunks,
        (Link("l0", "hidden-found", ("e0-2", "e4-1"), 4), Link("l1", "promise-broken", ("e1-0",), 7)), ("count",),
    )  # fmt: skip
    contact_sheet(linked, tmp_path / "sheet.png", size=56)
    timeline(linked, tmp_path / "timeline.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None
    assert sheet.shape[0] == 9 * (56 * 2 + 4) + 4
    assert cv2.imread(str(tmp_path / "timeline.png")) is not None
