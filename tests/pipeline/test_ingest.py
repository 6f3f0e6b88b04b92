"""Reading a film: what is told while it is read, and how much of it was."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from longvid.engine.request import ClipRef
from longvid.film import Cue, dialogue, fingerprint, probe, read_clip
from longvid.pipeline.ingest import Ingested, IngestSettings, load, plan_key, read
from longvid.run import FilmIdentity, open_existing, open_for
from tests.film.films import encode, nearest, scenes

Told = list[tuple[str, float, float]]


def read_all(folder: Path, settings: IngestSettings, spoken: str = "") -> tuple[Ingested, Told]:
    """Read a film of 12 s; what came of it, and every progress that was told."""
    film = probe(encode(folder / "a.mp4", scenes([48] * 6)))
    identity = FilmIdentity(film.path, fingerprint(film.path), film.size)
    told: Told = []

    def progress(stage: str, done: float, total: float) -> None:
        told.append((stage, done, total))

    with open_for(identity) as run:
        key = plan_key(identity.fingerprint, settings, 64, spoken)
        return read(film, run, key, settings, nearest, progress, partial(dialogue, film)), told


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(("start", "end", "total"), [(8.0, 10.0, 2), (8.0, None, 4), (None, 3.0, 3), (9.0, 60.0, 3)])
def test_progress_goes_from_nothing_to_the_whole_of_the_range(
    tmp_path: Path, start: float | None, end: float | None, total: float, exact: bool
) -> None:
    _, told = read_all(tmp_path, IngestSettings(start=start, end=end, exact_frames=exact))
    stages: dict[str, Any] = {"scan": [], **({"frames": []} if exact else {})}
    for stage, done, whole in told:
        if stage != "clips":
            stages[stage].append(done)
            assert whole == pytest.approx(total, abs=0.01)
    assert stages["scan"][0] == pytest.approx(0, abs=0.05)
    assert all(done[-1] == pytest.approx(total, abs=0.1) for done in stages.values())


def test_a_plan_of_the_version_before_still_serves_a_merge(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("00:00:01 --> 00:00:02\nHello\n")
    found, _ = read_all(tmp_path, IngestSettings())
    (path,) = tmp_path.glob("a.longvid/clips/*/plan.json")
    value = json.loads(path.read_text())
    del value["dialogue"]
    for row in value["chunks"]:
        row["lines"] = [cue[:3] for cue in row.pop("dialogue")]
    path.write_text(json.dumps(value | {"format": 3, "warnings": ["breaks off"]}))
    with open_existing(tmp_path / "a.longvid") as run:
        again = load(run, found.key)
    assert again is not None
    assert again.chunks == found.chunks
    assert again.warnings == ("breaks off",)
    assert again.heard.cues == 1


def test_a_plan_keeps_who_says_what(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("00:00:01 --> 00:00:02\nHello\n")
    found, _ = read_all(tmp_path, IngestSettings())
    assert (found.heard.source, found.heard.cues, found.heard.how) == ("a.srt", 1, "file")
    (path,) = tmp_path.glob("a.longvid/clips/*/plan.json")
    value = json.loads(path.read_text())
    value["chunks"][0]["dialogue"] = [[1.0, 2.0, "Hello", "Anna", "song"]]
    path.write_text(json.dumps(value))
    with open_existing(tmp_path / "a.longvid") as run:
        again = load(run, found.key)
        assert again is not None
        assert again.chunks[0].dialogue == (Cue(1.0, 2.0, "Hello", "Anna", "song"),)
        for damage in ([1.0, 2.0, "Hello", "Anna", "noise"], [1.0, 2.0, "Hello", 7, "song"], [1.0, 2.0]):
            value["chunks"][0]["dialogue"] = [damage]
            path.write_text(json.dumps(value))
            assert load(run, found.key) is None, "it is read anew"


DAMAGE: list[dict[str, Any]] = [
    {"scenes": []}, {"scenes": [["a", "b"]]}, {"chunks": [7]}, {"duration": "long"}, {"dialogue": [1]}, {"warnings": 3},
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE, ids=[str(damage) for damage in DAMAGE])
def test_a_damaged_plan_lends_nothing_to_another(tmp_path: Path, damage: dict[str, Any]) -> None:
    found, _ = read_all(tmp_path, IngestSettings())
    (path,) = tmp_path.glob("a.longvid/clips/*/plan.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    (tmp_path / "a.srt").write_text("00:00:01 --> 00:00:02\nHello\n")
    again, told = read_all(tmp_path, IngestSettings(), spoken="f" * 16)
    assert told[0][0] == "scan"
    assert [chunk.end for chunk in again.chunks] == [chunk.end for chunk in found.chunks]
    assert [line.text for chunk in again.chunks for line in chunk.dialogue] == ["Hello"]


def test_the_duration_is_that_of_the_range(tmp_path: Path) -> None:
    found, _ = read_all(tmp_path, IngestSettings(start=8.0, end=10.0))
    assert found.duration == pytest.approx(2, abs=0.05)
    assert found.chunks[-1].end == pytest.approx(10, abs=0.05)


def test_pictures_for_people_are_kept_with_a_plan_and_shared_with_one_of_other_subtitles(tmp_path: Path) -> None:
    found, _ = read_all(tmp_path, IngestSettings())
    assert found.pictures is not None
    kept = tmp_path / "a.longvid" / found.pictures.folder
    names = sorted(path.name for path in kept.iterdir())
    assert names[0] == "000000000.webp"
    assert len(names) == 6
    (tmp_path / "a.srt").write_text("00:00:01 --> 00:00:02\nHello\n")
    other, told = read_all(tmp_path, IngestSettings(), spoken="f" * 64)
    assert told == []
    assert other.pictures is not None
    assert other.pictures.folder != found.pictures.folder
    assert sorted(path.name for path in (tmp_path / "a.longvid" / other.pictures.folder).iterdir()) == names


def test_a_plan_of_before_there_were_pictures_is_as_good(tmp_path: Path) -> None:
    found, _ = read_all(tmp_path, IngestSettings())
    (path,) = tmp_path.glob("a.longvid/clips/*/plan.json")
    value = json.loads(path.read_text())
    del value["pictures"]
    path.write_text(json.dumps(value))
    with open_existing(tmp_path / "a.longvid") as run:
        again = load(run, found.key)
    assert again is not None
    assert again.pictures is None
    assert again.chunks == found.chunks


def test_clips_that_are_told_early_are_those_of_the_plan(tmp_path: Path) -> None:
    """Most of them, in order, while the film is still being read; the plan and its clips are as without."""
    film = probe(encode(tmp_path / "a.mp4", scenes([24] * 40)))
    identity = FilmIdentity(film.path, fingerprint(film.path), film.size)
    settings = IngestSettings(target_length=2.0)
    early: list[ClipRef] = []
    reached: list[float] = []
    seen: list[float] = []

    def progress(stage: str, done: float, total: float) -> None:
        reached.append(done if stage == "scan" else total)

    def take(clip: ClipRef) -> None:
        seen.append(reached[-1])
        assert len(read_clip(clip.path).frames) == len(clip.times)
        early.append(clip)

    found = {}
    for tell in (None, take):
        with open_for(identity, tmp_path / str(tell is take)) as run:
            key = plan_key(identity.fingerprint, settings, 64)
            found[tell is take] = read(film, run, key, settings, nearest, progress, partial(dialogue, film), tell)
            assert load(run, key) == found[tell is take]
    assert found[True].chunks == found[False].chunks
    digests = [found[True].clips[index].digest for index in range(len(found[True].chunks))]
    assert digests == [found[False].clips[index].digest for index in range(len(digests))]
    assert [clip.digest for clip in early] == digests[: len(early)]
    assert early == [found[True].clips[clip.chunk] for clip in early]
    assert len(early) >= len(digests) - 10 >= 8
    assert seen[0] < 30, "of 40 s"
