"""From a film to its summary with a model that knows what to say: every command, every strategy, to the letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from longvid.cli.main import app
from tests.films import LOOKS, make_film
from tests.taught import STRATEGIES, WAYS, Taught, recall


def run(*words: object) -> Any:
    """What `longvid WORDS --json` prints; it must end well and say nothing on stderr."""
    result = CliRunner().invoke(app, [*map(str, words), "--json", "--quiet"])
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return json.loads(result.stdout)


@pytest.fixture(params=["taught", "taught_tight"])
def either(request: pytest.FixtureRequest) -> Taught:
    """Each of the two checkpoints."""
    model: Taught = request.getfixturevalue(request.param)
    return model


@pytest.mark.parametrize(("chunks", "seconds"), [(6, 4.0), (8, 3.0), (1, 4.0)])
def test_film_is_planned_as_one_chunk_a_look(tmp_path: Path, chunks: int, seconds: float) -> None:
    film = make_film(tmp_path / "film.mp4", chunks=chunks, seconds=seconds)
    plan = run("plan", film, "--target-length", seconds)
    borders = [(chunk["start"], chunk["end"]) for chunk in plan["chunks"]]
    assert borders == [(seconds * i, seconds * (i + 1)) for i in range(chunks)]
    # Every border is a cut that was found, not a long scene split in two.
    assert [(scene["start"], scene["end"]) for scene in plan["scenes"]] == borders


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_summary_is_what_was_taught(either: Taught, tmp_path: Path, strategy: str) -> None:
    report = run("summarize", either.film, "-o", tmp_path, *either.options(strategy))
    assert report["summary"] == either.summaries[strategy]
    assert [chunk["caption"] for chunk in report["chunks"]] == list(either.captions)
    assert report["degraded"] == []
    assert report["calls"] == {"watch": 6, "ask": 0, "write": either.writes[strategy], "cached": 0}


@pytest.mark.parametrize(("sampler", "fit", "label"), WAYS[1:])
def test_captions_are_what_was_taught_however_it_watches(
    taught: Taught, tmp_path: Path, sampler: str, fit: str, label: str
) -> None:
    way = ["--sampler", sampler, "--fit", fit, "--label", label]
    report = run("summarize", taught.film, "-o", tmp_path, *taught.options("concat"), *way)
    assert [chunk["caption"] for chunk in report["chunks"]] == list(taught.captions)


@pytest.mark.parametrize("batch", [1, 5, 16])
def test_summary_does_not_depend_on_the_batch_or_the_seed(taught: Taught, tmp_path: Path, batch: int) -> None:
    way = ["--batch-size", batch, "--seed", batch]
    report = run("summarize", taught.film, "-o", tmp_path, *taught.options("hierarchical"), *way)
    assert report["summary"] == taught.summaries["hierarchical"]


def test_what_was_taught_tells_chunks_and_strategies_apart(either: Taught) -> None:
    assert either.captions == tuple(look.caption for look in LOOKS[:6])
    assert len(set(either.captions)) == 6
    assert list(either.summaries) == list(STRATEGIES)
    assert len(set(either.summaries.values())) == len(STRATEGIES)
    for name, summary in either.summaries.items():
        assert [look.name for look in LOOKS if look.name in summary.lower()] == [look.name for look in LOOKS[:6]], name


def test_strategies_need_several_calls(taught: Taught, taught_tight: Taught) -> None:
    assert taught.writes == {"concat": 0, "map-reduce": 1, "refine": 2, "hierarchical": 1}
    # Two collapses and the reduce.
    assert taught_tight.writes["map-reduce"] == 3


def test_what_was_taught_is_written_beside_the_checkpoint(either: Taught) -> None:
    assert recall(either.folder) == either
    assert len(list(either.folder.glob("*.safetensors"))) > 1
