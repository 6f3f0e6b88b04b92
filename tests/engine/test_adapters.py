"""Adapters and tuned checkpoints as `--model`: what they stand for, how they are asked, what is never fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.engine.catalog import Whole, is_cogvlm2, label_of, llm_in, whole_of
from longvid.engine.models import open_models
from longvid.errors import ModelError
from tests.checkpoints import make_adapter, make_checkpoint

QKV = "model.layers.0.self_attn.language_expert_query_key_value"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("base"), seed=1)


def test_an_adapter_opens_as_a_model_with_what_it_belongs_to(base: Path, tmp_path: Path) -> None:
    first = make_adapter(tmp_path / "first", base, [QKV])
    second = make_adapter(tmp_path / "second", base, [QKV], seed=2, base_model_name_or_path="../first")
    assert whole_of(base) == Whole(base)
    stands = whole_of(second)
    assert (stands.folder, [one.resolve() for one in stands.adapters]) == (base, [first, second])
    assert is_cogvlm2(first)
    assert llm_in(first) == first, "the tuned model writes, not the one that it was"
    models = open_models(str(first), device="cpu")
    plain = open_models(str(base), device="cpu")
    assert models.llm is models.captioner
    assert models.captioner_identity["revision"] != plain.captioner_identity["revision"]
    assert models.captioner_identity["label"] == "index"


def test_what_an_adapter_says_it_belongs_to_is_never_fetched(base: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "a", base, [QKV], base_model_name_or_path="somebody/anything")
    with pytest.raises(ModelError, match=r"is an adapter of somebody/anything.*longvid train merge"):
        open_models(str(folder), device="cpu")
    circle = make_adapter(tmp_path / "b", base, [QKV], base_model_name_or_path=".")
    with pytest.raises(ModelError, match="stand on one another"):
        open_models(str(circle), device="cpu")


def test_what_ms_swift_trained_is_asked_without_labels_whole_or_as_an_adapter(base: Path, tmp_path: Path) -> None:
    whole = make_checkpoint(tmp_path / "checkpoint-10")
    adapter = make_adapter(tmp_path / "checkpoint-20", base, [QKV])
    for folder in (whole, adapter):
        (folder / "args.json").write_text(json.dumps({"model_type": "cogvlm2_video", "swift_version": "4.6.0"}))
        (folder / "training_args.bin").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
        models = open_models(str(folder), device="cpu")
        assert models.captioner_identity["label"] == "none"
        assert open_models(str(folder), device="cpu", label="index").captioner_identity["label"] == "index"
    assert label_of(base, None) == "index"


def test_a_card_says_which_label_was_trained(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(json.dumps({"label": "seconds"}))
    assert label_of(tmp_path, None) == "seconds"
    (tmp_path / "card.json").write_text(json.dumps({"label": "<script>"}))
    assert label_of(tmp_path, None) == "index"
