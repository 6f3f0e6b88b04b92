"""Sentences as vectors: of length 1, each as it is alone, pooled as the folder says; no other model is taken."""

from __future__ import annotations

import json
import math
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
    with pytest.raises(ModelError, match=r"has no model\.safetensors"):
        Embedder(lacks)
    odd = encoder(tmp_path / "odd", {"pooling_mode_lasttoken": True})
    with pytest.raises(ModelError, match="pooling_mode_lasttoken"):
        Embedder(odd)
    broken = encoder(tmp_path / "broken")
    (broken / "1_Pooling").mkdir()
    (broken / "1_Pooling" / "config.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        Embedder(broken)
    strange = encoder(tmp_path / "strange")
    (strange / "config.json").write_text(json.dumps({"model_type": "nobody-knows"}))
    with pytest.raises(ModelError, match="cannot be opened as a sentence embedding model"):
        Embedder(strange)(TEXTS)
