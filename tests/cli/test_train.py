"""`longvid train` without its libraries: what it says of itself, of a training to come, and of what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from longvid.cli.main import app
from longvid.cogvlm2.checkpoint import inspect
from longvid.engine.catalog import label_of
from longvid.errors import DataError, LongvidError, TrainingError
from longvid.training.data import Sample, Turn, write
from tests.checkpoints import make_adapter, make_checkpoint

QKV = "model.layers.0.self_attn.language_expert_query_key_value"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("base"))


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    write(tmp_path / "rows.jsonl", [Sample((), (Turn("user", "Who?"), Turn("assistant", "he")))] * 5)
    return tmp_path / "rows.jsonl"


def said(*words: object) -> str:
    done = CliRunner().invoke(app, ["train", *map(str, words)])
    if isinstance(done.exception, LongvidError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_recipes_are_listed_and_printed_with_their_sources() -> None:
    assert "temporal-grounding" in said("recipe")
    assert "arXiv 2408.16500" in said("recipe", "instruction")
    assert CliRunner().invoke(app, ["train", "recipe", "none"]).exit_code == 2


def test_a_dry_run_says_steps_and_memory_by_the_stage_and_trains_nothing(
    base: Path, rows: Path, tmp_path: Path
) -> None:
    told = said("sft", "--data", rows, "--model", base, "-o", tmp_path / "out", "--dry-run", "--set", "accumulation=2")
    assert "data: 5 answers, 0 held out" in told
    assert "steps: 3 of 2 answers" in told
    for word in ("weights", "gradients", "optimiser", "activations", "this recipe: full, mixed", "LoRA, bfloat16"):
        assert word in told
    assert not (tmp_path / "out").exists()


def test_pairs_are_asked_for_where_preference_is_learnt(base: Path, rows: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="sample 1 has no rejected answer"):
        said("dpo", "--data", rows, "--model", base, "-o", tmp_path / "out", "--dry-run")


@pytest.mark.parametrize("missing", ["--data", "--held-out"])
def test_rows_that_are_not_there_are_told_before_a_model_is_looked_for(
    missing: str, rows: Path, tmp_path: Path
) -> None:
    given = {"--data": rows, "--held-out": rows, missing: tmp_path / "none.jsonl"}
    words = [word for pair in given.items() for word in pair]
    with pytest.raises(DataError, match=r"none\.jsonl cannot be read: No such file"):
        said("sft", *words, "--model", "nobody/nothing", "-o", tmp_path / "out")


def test_without_the_extra_one_line_says_what_to_install(
    base: Path, rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(TrainingError, match=r"pip install 'longvid\[train\]'"):
        said("sft", "--data", rows, "--model", base, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_adapter_of_ms_swift_is_merged_with_the_model_that_is_named(base: Path, tmp_path: Path) -> None:
    adapter = make_adapter(tmp_path / "checkpoint-9", base, [QKV], base_model_name_or_path="/gone/model")
    (adapter / "args.json").write_text('{"swift_version": "4.6.0"}')
    said("merge", adapter, "--model", base, "-o", tmp_path / "whole")
    inspect(tmp_path / "whole").require_complete()
    assert label_of(tmp_path / "whole", None) == "none"
    with pytest.raises(TrainingError, match="is there already"):
        said("merge", adapter, "--model", base, "-o", tmp_path / "whole")
    with pytest.raises(TrainingError, match="holds no adapter"):
        said("merge", base, "-o", tmp_path / "other")
