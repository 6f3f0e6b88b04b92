"""Ways of watching: which frames of which parts, what is counted, and `longvid bench watch` from end to end."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from longvid.engine.models import Models, open_models
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.gold import caption, event_lines
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.watch import running
from longvid_benchmarks.watch.telling import Told, score_film
from longvid_benchmarks.watch.ways import Part, Way, parts, ways
from tests.cli.program import Ended, longvid
from tests.servers import Answer, Asked, Server, says, serving

SEED = 600_000


@pytest.fixture(scope="module")
def story() -> Story:
    return invent(SEED, 3)


def test_ways_differ_from_the_usual_one_in_one_thing_each() -> None:
    found = ways([8, 24], [30, 60], ["uniform", "first"], ["index", "seconds"])
    usual = Way()
    assert found == [usual, Way(8), Way(length=30), Way(sampling="first"), Way(label="seconds")]


def test_parts_are_whole_scenes_or_equal_parts_of_one_and_leave_nothing_out(story: Story) -> None:
    for length, count in ((20.0, 9), (30.0, 6), (60.0, 3), (120.0, 2), (180.0, 1)):
        found = list(parts(story, length))
        assert len(found) == count
        assert found[0].start == story.chunks[0].start
        assert found[-1].end == pytest.approx(story.chunks[-1].end)
        assert all(one.end == pytest.approx(two.start) for one, two in pairwise(found))
    for length in (45.0, 90.0):
        with pytest.raises(ValueError, match=r"no (part|multiple) of"):
            list(parts(story, length))


def test_frames_are_spread_evenly_or_lie_a_second_apart_at_the_beginning(story: Story) -> None:
    part = next(iter(parts(story, 60.0)))
    even, first = part.moments(Way()), part.moments(Way(sampling="first"))
    assert len(even) == len(first) == 24
    step = (part.end - part.start) / 24
    assert even[0] == pytest.approx(part.start + step / 2)
    assert even[-1] == pytest.approx(part.end - step / 2)
    assert [round(at - part.start, 3) for at in first] == list(range(24))
    short = Part(10.0, 15.0, part.scenes)
    assert max(short.moments(Way(sampling="first"))) < 15.0


def test_gold_is_told_whole_and_in_time_and_what_is_wrong_is_not(story: Story) -> None:
    def told(lines: list[str]) -> list[Told]:
        some = parts(story, 60.0)
        return [Told(one, (0.0, 30.0), caption(story, one.scenes[0]), "\n".join(lines)) for one in some]

    whole = [
        Told(one, (0.0, 30.0), caption(story, one.scenes[0]), "\n".join(event_lines(story, one.scenes[0])))
        for one in parts(story, 60.0)
    ]
    good = score_film(story, whole)
    assert (good.told, good.true) == (1.0, 1.0)
    assert good.timed > 3
    assert good.placed == good.timed
    first = event_lines(story, story.chunks[0])
    late = [f"59 |{line.split('|', 1)[1]}" for line in first]
    wrong = score_film(story, told(late))
    assert wrong.timed
    assert wrong.placed < wrong.timed
    nothing = score_film(story, [Told(one.part, one.times, "Nothing.", "nothing") for one in whole])
    assert (nothing.told, nothing.timed) == (0.0, 0)


def test_a_second_that_is_the_number_of_a_frame_is_read_as_that_too(story: Story) -> None:
    chunk = story.chunks[0]
    line = next(line for line in event_lines(story, chunk) if float(line.split("|")[0]) > 10)
    second, rest = line.split("|", 1)
    part = next(iter(parts(story, 60.0)))
    found = score_film(story, [Told(part, (0.0, float(second)), "", f"1 |{rest}")])
    assert (found.timed, found.placed, found.by_number) == (1, 0, 1)


def watch(out: Path, model: str, *more: str) -> Ended:
    return longvid("bench", "watch", "--model", model, "--films", "1", "--chunks", "1", "-o", out, *more)


def result(ended: Ended) -> dict[str, Any]:
    return json.loads(ended.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_a_model_that_says_all_of_a_film_is_told_so_in_each_way_and_asked_once(tmp_path: Path) -> None:
    story = invent(SEED, 1)

    def reply(asked: Asked) -> Answer:
        lines = "\n".join(event_lines(story, story.chunks[0]))
        return says(lines if "one event a line" in asked.prompt else caption(story, story.chunks[0]))

    more = ("--frames", "4", "--lengths", "30", "--labels", "seconds", "--samplings", "first")
    with serving(Server(reply=reply)) as server:
        done = watch(tmp_path, server.name, *more)
        assert done.returncode == 0, done.stderr
        found = result(done)
        assert len(server.asked) == 2 * (1 + 1 + 2 + 1 + 1)
        frames = {
            sum(part["type"] == "image_url" for part in asked.body["messages"][0]["content"]) for asked in server.asked
        }
        assert frames == {4, 24}
        again = result(watch(tmp_path, server.name, *more))
        assert (again, len(server.asked)) == (found, 2 * 6), "all of it is kept"
    assert [(row["frames"], row["length"], row["sampling"], row["label"]) for row in found["rows"]] == [
        (24, 60.0, "uniform", "index"),
        (4, 60.0, "uniform", "index"),
        (24, 30.0, "uniform", "index"),
        (24, 60.0, "first", "index"),
        (24, 60.0, "uniform", "seconds"),
    ]
    assert {row["told"]["mean"] for row in found["rows"]} == {1.0}
    assert {row["against_usual"]["mean"] for row in found["rows"]} == {0.0}
    assert not list(tmp_path.glob("*.clip")), "frames are not kept"
    assert "| against the first |" in (tmp_path / "table.md").read_text()


def test_a_way_that_does_not_fit_is_told_and_the_others_stand(tmp_path: Path) -> None:
    more = ("--frames", "400", "--lengths", "60", "--samplings", "uniform", "--labels", "index")
    with serving(Server(reply=lambda asked: says("Nobody is there."))) as server:
        done = watch(tmp_path, server.name, *more)
        assert done.returncode == 3, done.stderr
        rows = result(done)["rows"]
        assert [row["why"] is None for row in rows] == [True, False]
        assert "400 frames of 60 s" in done.stdout
    done = watch(tmp_path / "other", str(tmp_path / "nothing"), *more)
    assert (done.returncode, done.stdout) == (1, ""), "a model that cannot be opened at all is no way of watching"


def test_one_model_at_a_time_is_held_and_none_is_opened_twice(tmp_path: Path) -> None:
    opened: list[tuple[int, str]] = []
    held: list[weakref.ref[Models]] = []
    kept: dict[tuple[int, str], Models] = {}
    with serving(Server(reply=lambda asked: says("Nobody is there."))) as server:

        def models_for(way: Way) -> Models:
            key = (way.frames, way.label)
            if key not in kept:
                kept.clear()
                gc.collect()
                assert [one() for one in held if one() is not None] == []
                opened.append(key)
                kept[key] = open_models(server.name, llm="none", label=way.label, frames=way.frames)
                held.append(weakref.ref(kept[key]))
            return kept[key]

        wanted = [Way(2), Way(1), Way(2, length=30.0), Way(2, label="seconds")]
        rows = asyncio.run(running.run([invent(SEED, 1)], wanted, models_for, tmp_path, lambda *told: None))
    assert [row.way for row in rows] == wanted
    assert opened == [(2, "index"), (1, "index"), (2, "seconds")]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--lengths", "45"), "45 is no part and no multiple of 60"),
        (("--frames", "x"), "no list of numbers"),
        (("--frames", "2.5"), "whole numbers"),
        (("--samplings", "last"), "is none of uniform, first"),
        (("--labels", ","), "names nothing"),
        (("--lengths", "30,120"), "120 is longer than a film of 60"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_opened(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    done = watch(tmp_path, "storyfilm-tiny", *more)
    assert done.returncode == 2
    assert said in done.stderr
