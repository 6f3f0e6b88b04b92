"""Sentences as vectors: of length 1, each as it is alone, pooled as the folder says; no other model is taken."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longvid.engine.embedding import Embedder
from longvid.errors import ModelError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "key", "opens", "the", "desk", "dog", "barks", "at", "night"]
TEXTS = ["a key opens the desk", "the dog barks at night", "a key"]


def encoder(folder: Path, pooling: dict[str, Any] | None = None) -> Path:
    """A random encoder of two small layers over WORDS, in the layout of sentence-transformers."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def near(one: list[float], other: list[float]) -> bool:
    return all(math.isclose(a, b, abs_tol=1e-5) for a, b in zip(one, other, strict=True))


def test_every_text_has_a_vector_of_length_1_that_does_not_depend_on_the_others(tmp_path: Path) -> None:
    embed = Embedder(encoder(tmp_path / "model"))
    together = embed(TEXTS * 20)
    assert len(together) == 60
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-5) for vector in together)
    alone = [embed([text])[0] for text in TEXTS]
    assert all(near(vector, alone[i % 3]) for i, vector in enumerate(together))
    assert not near(alone[0], alone[1])
    assert embed([]) == []


def test_the_pooling_is_the_folders_own(tmp_path: Path) -> None:
    mean = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    first = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    usual = Embedder(encoder(tmp_path / "usual"))(TEXTS[:1])[0]
    assert near(Embedder(encoder(tmp_path / "mean", mean))(TEXTS[:1])[0], usual)
    assert not near(Embedder(encoder(tmp_path / "first", first))(TEXTS[:1])[0], usual)


def test_what_it_is_called_is_what_its_weights_are(tmp_path: Path) -> None:
    one, same = (Embedder(encoder(tmp_path / name)) for name in ("one", "same"))
    assert one.identity == same.identity
    import torch
    from safetensors.torch import load_file, save_file

    path = tmp_path / "same" / "model.safetensors"
    save_file({name: torch.zeros_like(value) for name, value in load_file(path).items()}, path, {"format": "pt"})
    assert Embedder(tmp_path / "same").identity != one.identity


def test_what_is_no_sentence_embedding_model_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        Embedder(tmp_path / "nowhere" / "at" / "all")
    lacks = encoder(tmp_path / "lacks")
    (lacks / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"safetensors"):
        Embedder(lacks)
    odd = encoder(tmp_path / "odd", {"pooling_mode_lasttoken": True})
    with pytest.raises(ModelError, match="pooling_mode_lasttoken"):
        Embedder(odd)
    strange = encoder(tmp_path / "strange")
    (strange / "config.json").write_text(json.dumps({"model_type": "nobody-knows"}))
    with pytest.raises(ModelError, match=r"transformers cannot read its config\.json"):
        Embedder(strange)


@pytest.mark.parametrize("said", ["{", "[]", "7", '{"a": ' * 10_000, "\udcff"])
@pytest.mark.parametrize("name", ["1_Pooling/config.json", "modules.json", "config.json"])
def test_a_file_of_its_folder_that_holds_nothing_usable_is_named_in_one_line(
    tmp_path: Path, name: str, said: str
) -> None:
    folder = encoder(tmp_path / "model", {})
    (folder / name).write_text(said, errors="surrogateescape")
    if (name, said) == ("modules.json", "[]"):
        Embedder(folder)
        return
    with pytest.raises(ModelError, match=Path(name).name) as refused:
        Embedder(folder)
    assert "\n" not in str(refused.value)


def test_layers_behind_the_pooling_that_nobody_computes_are_refused(tmp_path: Path) -> None:
    folder = encoder(tmp_path / "model")
    known = [{"type": f"sentence_transformers.models.{name}"} for name in ("Transformer", "Pooling", "Normalize")]
    (folder / "modules.json").write_text(json.dumps(known))
    Embedder(folder)
    (folder / "modules.json").write_text(json.dumps([*known, {"type": "sentence_transformers.models.Dense"}]))
    with pytest.raises(ModelError, match="a layer Dense, which is not known"):
        Embedder(folder)


def changed(folder: Path, change: Callable[[str, Any], Any]) -> Path:
    """`folder` with each tensor of its weights as `change` makes it; None leaves it out."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    made = {name: change(name, value) for name, value in load_file(path).items()}
    save_file({name: value for name, value in made.items() if value is not None}, path, {"format": "pt"})
    return folder


def test_weights_that_are_cut_off_missing_or_no_numbers_never_become_vectors(tmp_path: Path) -> None:
    cut = encoder(tmp_path / "cut")
    data = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        Embedder(cut)
    lacks = changed(encoder(tmp_path / "lacks"), lambda name, value: None if "layer.1.output" in name else value)
    with pytest.raises(ModelError, match=r"lacks tensors: encoder\.layer\.1\.output"):
        Embedder(lacks)
    broken = changed(encoder(tmp_path / "broken"), lambda name, value: value * math.nan)
    with pytest.raises(ModelError, match="gives no numbers"):
        Embedder(broken)(TEXTS)


def test_a_head_that_no_vector_comes_from_may_be_missing(tmp_path: Path) -> None:
    whole = Embedder(encoder(tmp_path / "whole"))(TEXTS)
    headless = changed(encoder(tmp_path / "headless"), lambda name, value: None if "pooler" in name else value)
    assert all(near(a, b) for a, b in zip(Embedder(headless)(TEXTS), whole, strict=True))


def test_its_identity_is_of_all_that_shapes_a_vector(tmp_path: Path) -> None:
    plain = encoder(tmp_path / "plain")
    first = encoder(tmp_path / "first", {"pooling_mode_cls_token": True})
    other = encoder(tmp_path / "other")
    settings = other / "tokenizer_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"do_lower_case": True}))
    assert len({str(Embedder(folder).identity) for folder in (plain, first, other)}) == 3
