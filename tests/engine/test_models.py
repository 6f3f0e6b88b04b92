"""The models of a command: who writes beside a captioner, and that a later merge opens the same LLM."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from longvid.cogvlm2.checkpoint import fingerprint
from longvid.engine import catalog
from longvid.engine import models as models_module
from longvid.engine.backends import rows
from longvid.engine.feed import Feed
from longvid.engine.models import Models, open_llm_models, open_models, reopen_models
from longvid.engine.request import Raw, Request
from longvid.errors import ModelError, RunError
from tests.checkpoints import make_checkpoint

CPU: dict[str, Any] = {"llm": None, "device": "cpu", "dtype": None, "batch": None}


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two different checkpoints. Read-only."""
    folder = tmp_path_factory.mktemp("two")
    return make_checkpoint(folder / "one", seed=1, shards=1), make_checkpoint(folder / "other", seed=2, shards=1)


@pytest.fixture
def captioner(two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
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
    return str(models.llm.identity["revision"])


def test_a_checkpoint_writes_itself_where_it_says_nothing_else(two: tuple[Path, Path]) -> None:
    models = open_models(str(two[0]), device="cpu")
    assert models.llm is models.captioner
    assert models.writes
    assert not models.made_for
    assert dict(reopened(models).llm.identity) == dict(models.llm.identity)


def test_a_checkpoint_that_only_watches_leaves_the_writing_to_nobody(captioner: Path) -> None:
    for models in (open_models("small", device="cpu"), open_models("small", llm=str(captioner), device="cpu")):
        assert (models.name, models.llm_name, models.writes) == ("small", "none", False)
        assert reopened(models).llm_name == "none"
    assert open_llm_models("small", device="cpu").llm_name == "none"


@pytest.mark.parametrize("named", [None, "small"])
def test_a_checkpoint_may_bring_an_llm_of_its_own(
    captioner: Path, two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    shutil.copytree(two[1], captioner / "writer")
    models = open_models("small", llm=named, device="cpu", label="seconds")
    assert writes_as(models) == fingerprint(two[1])
    assert models.captioner_identity["revision"] == fingerprint(two[0])
    assert models.llm_name == "small"
    moved = captioner.rename(tmp_path / "moved")
    monkeypatch.setattr(catalog, "bundled", lambda: {"small": moved})
    (tmp_path / "small").mkdir()
    monkeypatch.chdir(tmp_path)
    later = reopened(models)
    assert dict(later.llm.identity) == dict(models.llm.identity), "so its answers are found again"
    assert later.captioner_identity == models.captioner_identity


def test_another_checkpoint_may_write_with_the_llm_that_a_checkpoint_brings(
    captioner: Path, two: tuple[Path, Path]
) -> None:
    shutil.copytree(two[1], captioner / "writer")
    assert writes_as(open_models(str(two[0]), llm="small", device="cpu")) == fingerprint(two[1])
    assert writes_as(open_llm_models("small", device="cpu")) == fingerprint(two[1])


@pytest.mark.parametrize(("said", "threads"), [(None, 1), ("2", None)])
def test_a_small_model_has_one_thread_unless_the_user_says_otherwise(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, said: str | None, threads: int | None
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if said is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", said)
    llm: Any = open_llm_models(str(two[0]), device="cpu").llm
    assert llm.threads == threads
    before, seen = torch.get_num_threads(), []

    def serve(made: object, feed: Feed, *rest: object) -> None:
        seen.append(torch.get_num_threads())
        feed.give([(ticket, Raw("", "stop", 1, 0)) for ticket, _ in feed.take(1)])

    monkeypatch.setattr(rows, "serve", serve)
    llm.answer([Request("write", "Tell.", 1)])
    assert seen == [threads or before]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("config", [None, "{", '{"architectures": ["LlamaForCausalLM"]}'])
def test_an_llm_that_a_checkpoint_brings_broken_is_not_passed_over(captioner: Path, config: str | None) -> None:
    (captioner / "writer").mkdir()
    if config is not None:
        (captioner / "writer" / "config.json").write_text(config)
    with pytest.raises(ModelError, match="writer: no CogVLM2-Video"):
        open_models("small", device="cpu")
    assert open_models("small", llm="none", device="cpu").llm_name == "none"


@pytest.mark.parametrize("planted", ["evil/model", "openai:gpt-4o"])
def test_a_run_folder_does_not_choose_who_is_asked_outside(
    two: tuple[Path, Path], planted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = json.loads(json.dumps(open_models(str(two[0]), device="cpu").describe())) | {"llm": planted}
    monkeypatch.setattr(models_module, "open_llm", lambda *of: pytest.fail("nobody is asked"))
    with pytest.raises(RunError, match=f"--llm {planted}"):
        reopen_models(described, **CPU)


@pytest.mark.usefixtures("captioner")
def test_for_what_a_model_was_made_is_known_to_a_later_merge(two: tuple[Path, Path]) -> None:
    models = open_models("small", llm=str(two[1]), device="cpu")
    assert models.made_for == {"small": "StoryFilm"}
    assert reopened(models).made_for == {"small": "StoryFilm"}


def test_an_llm_may_be_made_for_one_kind_of_film_too(captioner: Path, two: tuple[Path, Path]) -> None:
    (captioner / "card.json").write_text('{"made_for": "StoryFilm"}')
    assert open_models(str(two[0]), llm="small", device="cpu").made_for == {"small": "StoryFilm"}
    assert reopened(open_models(str(two[0]), device="cpu"), llm="small").made_for == {"small": "StoryFilm"}
