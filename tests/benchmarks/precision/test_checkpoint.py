"""A random checkpoint of the published widths: whole, as judged by what judges the real one, and it can be asked."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor, quantising
from longvid.cogvlm2.checkpoint import fingerprint, inspect, shard_names
from longvid.engine.family import GEOMETRY
from longvid_benchmarks.precision import checkpoint
from tests.cli.program import longvid


def test_it_is_whole_in_shards_and_the_same_for_a_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = checkpoint.sized(2, 3, small=True)
    monkeypatch.setattr(checkpoint, "SHARD", 2_000_000)
    told: list[tuple[int, int]] = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        size = checkpoint.write(
            tmp_path / name, geometry, seed=seed, advance=lambda done, total: told.append((done, total))
        )
    report = inspect(tmp_path / "a")
    report.require_complete()
    assert report.tensor_bytes == size == told[-1][0] == told[-1][1]
    assert len(shard_names(tmp_path / "a")) > 2
    prints = [fingerprint(tmp_path / name) for name in "abc"]
    assert prints[0] == prints[1] != prints[2]
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(tmp_path / "a", device="cpu")
    made = CogVLM2VideoProcessor.from_pretrained(tmp_path / "a")("Who is it?")
    assert torch.isfinite(model(**made).logits).all()


def test_at_full_depth_it_has_the_published_sizes() -> None:
    full = checkpoint.sized(32, 63)
    assert full.parameters == GEOMETRY.parameters
    assert list(full.tensors()) == list(GEOMETRY.tensors())


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    ended = longvid("bench", "precision", "make", tmp_path / "random")
    assert ended.returncode == 1
    assert "25.0 GB do not fit, 0.0 MB are free" in ended.stderr
    assert not (tmp_path / "random").exists()


def test_what_is_there_is_never_written_over_and_a_make_that_ended_early_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("--small", "--layers", "1", "--vision-layers", "3")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "config.json").write_text("{}")
    for taken in (mine, mine / "config.json"):
        ended = longvid("bench", "precision", "make", taken, *small)
        assert ended.returncode == 1
        assert "is there and not empty" in ended.stderr
    assert [path.name for path in mine.iterdir()] == ["config.json"]
    whole = checkpoint.config_of

    def gone(geometry: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "config_of", gone)
    ended = longvid("bench", "precision", "make", tmp_path / "random", *small)
    assert "No space left on device; choose another folder" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    monkeypatch.setattr(checkpoint, "config_of", whole)
    (tmp_path / ".random-new").mkdir()
    (tmp_path / ".random-new" / "left").touch()
    (tmp_path / "random").mkdir()
    assert longvid("bench", "precision", "make", tmp_path / "random", *small).returncode == 0
    inspect(tmp_path / "random").require_complete()
    assert not (tmp_path / "random" / "left").exists()


@pytest.mark.parametrize("command", [("walk", "nowhere"), ("ask", "nowhere"), ("compare",), ("walk", "random")])
def test_what_is_missing_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setattr(quantising, "installed", lambda: False)
    monkeypatch.chdir(tmp_path)
    checkpoint.write(tmp_path / "random", checkpoint.sized(1, 3, small=True), advance=lambda done, total: None)
    ended = longvid("bench", "precision", *command)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert "fault of longvid" not in ended.stderr
    assert ("no such file" if "nowhere" in command else "bitsandbytes, which is not installed") in ended.stderr.lower()


@pytest.mark.quant
def test_the_walk_of_a_card_is_walked_on_a_cpu(tmp_path: Path) -> None:
    folder = tmp_path / "random"
    made = longvid("bench", "precision", "make", folder, "--small", "--layers", "2", "--vision-layers", "3")
    assert made.returncode == 0
    few = ("--batch", "2", "--frames", "2", "--tokens", "4")
    asked = longvid("bench", "precision", "walk", folder, "--device", "cpu", *few)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.endswith("layers that wait in main memory give the same answers\n")
    assert sum(line.startswith("int4") for line in asked.stdout.splitlines()) == 8
    assert json.loads((folder / "config.json").read_text())["num_hidden_layers"] == 2
