"""The models of a command: who writes beside a watcher, and that a later merge opens the same writer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from longvid.cogvlm2.checkpoint import revision
from longvid.engine import catalog
from longvid.engine import models as models_module
from longvid.engine.backends import decoding
from longvid.engine.models import Models, open_models, open_writer_models, reopen_models
from longvid.engine.request import Request
from longvid.errors import ModelError, RunError
from tests.checkpoints import make_checkpoint

CPU: dict[str, Any] = {"writer": None, "device": "cpu", "dtype": None, "batch": None}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two different checkpoints. Read-only."""
    folder = tmp_path_factory.mktemp("two")
    return make_checkpoint(folder / "one", seed=1, shards=1), make_checkpoint(folder / "other", seed=2, shards=1)


@pytest.fixture
def watcher(two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundled checkpoint called small that was made for one kind of film and only watches."""
    folder = shutil.copytree(two[0], tmp_path / "installed" / "small")
    (folder / "card.json").write_text(json.dumps({"made_for": "StoryFilm", "writes": False}))
    monkeypatch.setattr(catalog, "bundled", lambda: {"small": folder})
    return folder


def reopened(models: Models, **options: Any) -> Models:
    """The models of a later merge, from what run.json keeps."""
    return reopen_models(json.loads(json.dumps(models.describe())), **CPU | options)


def writes_as(models: Models) -> str:
    """The revision of who writes."""
    return str(models.writer.identity["revision"])


def test_a_checkpoint_writes_itself_where_it_says_nothing_else(two: tuple[Path, Path]) -> None:
    models = open_models(str(two[0]), device="cpu")
    assert models.writer is models.watcher
    assert models.writes
    assert not models.made_for
    assert dict(reopened(models).writer.identity) == dict(models.writer.identity)


def test_a_checkpoint_that_only_watches_leaves_the_writing_to_nobody(watcher: Path) -> None:
    for models in (open_models("small", device="cpu"), open_models("small", writer=str(watcher), device="cpu")):
        assert (models.name, models.writer_name, models.writes) == ("small", "plain", False)
        assert reopened(models).writer_name == "plain"
    assert open_writer_models("small", device="cpu").writer_name == "plain"


@pytest.mark.parametrize("named", [None, "small"])
def test_a_checkpoint_may_bring_a_writer_of_its_own(
    watcher: Path, two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    shutil.copytree(two[1], watcher / "writer")
    models = open_models("small", writer=named, device="cpu", label="seconds")
    assert writes_as(models) == revision(two[1])
    assert models.watch_identity["revision"] == revision(two[0])
    assert models.writer_name == "small"
    moved = watcher.rename(tmp_path / "moved")
    monkeypatch.setattr(catalog, "bundled", lambda: {"small": moved})
    (tmp_path / "small").mkdir()
    monkeypatch.chdir(tmp_path)
    later = reopened(models)
    assert dict(later.writer.identity) == dict(models.writer.identity), "so its answers are found again"
    assert later.watch_identity == models.watch_identity


def test_another_checkpoint_may_write_with_the_writer_that_a_checkpoint_brings(
    watcher: Path, two: tuple[Path, Path]
) -> None:
    shutil.copytree(two[1], watcher / "writer")
    assert writes_as(open_models(str(two[0]), writer="small", device="cpu")) == revision(two[1])
    assert writes_as(open_writer_models("small", device="cpu")) == revision(two[1])


@pytest.mark.parametrize(("said", "threads"), [(None, 1), ("2", None)])
def test_a_small_model_has_one_thread_unless_the_user_says_otherwise(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, said: str | None, threads: int | None
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    writer: Any = open_writer_models(str(two[0]), device="cpu").writer
    assert writer.threads == threads
    before, seen = torch.get_num_threads(), []
    monkeypatch.setattr(
        decoding, "generate", lambda *of, **more: seen.append(torch.get_num_threads()) or [([], "stop")]
    )
    writer.answer([Request("write", "Tell.", 1)])
    assert seen == [threads or before]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("config", [None, "{", '{"architectures": ["LlamaForCausalLM"]}'])
def test_a_writer_that_a_checkpoint_brings_broken_is_not_passed_over(watcher: Path, config: str | None) -> None:
    (watcher / "writer").mkdir()
    if config is not None:
        (watcher / "writer" / "config.json").write_text(config)
    with pytest.raises(ModelError, match="writer: no CogVLM2-Video"):
        open_models("small", device="cpu")
    assert open_models("small", writer="plain", device="cpu").writer_name == "plain"


@pytest.mark.parametrize("planted", ["evil/model", "openai:gpt-4o"])
def test_a_run_folder_does_not_choose_who_is_asked_outside(
    two: tuple[Path, Path], planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = json.loads(json.dumps(open_models(str(two[0]), device="cpu").describe())) | {"writer": planted}
    monkeypatch.setattr(models_module, "open_writer", lambda *of: pytest.fail("nobody is asked"))
    with pytest.raises(RunError, match=f"--writer {planted}"):
        reopen_models(described, **CPU)


@pytest.mark.usefixtures("watcher")
def test_for_what_a_model_was_made_is_known_to_a_later_merge(two: tuple[Path, Path]) -> None:
    models = open_models("small", writer=str(two[1]), device="cpu")
    assert models.made_for == {"small": "StoryFilm"}
    assert reopened(models).made_for == {"small": "StoryFilm"}


def test_a_writer_may_be_made_for_one_kind_of_film_too(watcher: Path, two: tuple[Path, Path]) -> None:
    (watcher / "card.json").write_text('{"made_for": "StoryFilm"}')
    assert open_models(str(two[0]), writer="small", device="cpu").made_for == {"small": "StoryFilm"}
    assert reopened(open_models(str(two[0]), device="cpu"), writer="small").made_for == {"small": "StoryFilm"}
