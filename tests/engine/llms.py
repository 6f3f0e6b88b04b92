"""Tiny random models of transformers in folders of their own, with the small tokenizer, for tests of LLMs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from tests.checkpoints import TOKENIZER

SIZES: dict[str, Any] = {"vocab_size": 384, "bos_token_id": 360, "eos_token_id": 361, "pad_token_id": 361}


def make_llm(folder: Path, *, seed: int = 0, context: int = 512) -> Path:
    """A random Llama of two layers."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
        max_position_embeddings=context, **SIZES,
    )  # fmt: skip
    return _save(LlamaForCausalLM(config), folder)


def make_other(folder: Path, kind: str) -> Path:
    """A random model of another kind: `rwkv`, `bart` (its decoder), `gpt2`, `mixtral`, `t5`, `bert` or `llava`."""
    torch.manual_seed(0)
    return _save(getattr(_Kinds, kind)(), folder)


def _save(model: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>"
    ).save_pretrained(folder)
    return folder


class _Kinds:
    @staticmethod
    def rwkv() -> Any:
        config = transformers.RwkvConfig(
            hidden_size=32, num_hidden_layers=2, attention_hidden_size=32, context_length=512, **SIZES
        )
        return transformers.RwkvForCausalLM(config)

    @staticmethod
    def bart() -> Any:
        config = transformers.BartConfig(
            d_model=32, decoder_layers=2, decoder_attention_heads=2, decoder_ffn_dim=48, max_position_embeddings=512,
            init_std=0.5, **SIZES,
        )  # fmt: skip
        return transformers.BartForCausalLM(config)

    @staticmethod
    def gpt2() -> Any:
        return transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=32, n_layer=2, n_head=2, **SIZES))

    @staticmethod
    def mixtral() -> Any:
        config = transformers.MixtralConfig(
            hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
            num_local_experts=2, max_position_embeddings=512, **SIZES,
        )  # fmt: skip
        return transformers.MixtralForCausalLM(config)

    @staticmethod
    def t5() -> Any:
        config = transformers.T5Config(
            d_model=32, d_kv=16, d_ff=48, num_layers=2, num_heads=2, decoder_start_token_id=361, **SIZES
        )
        return transformers.T5ForConditionalGeneration(config)

    @staticmethod
    def bert() -> Any:
        config = transformers.BertConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, **SIZES
        )
        return transformers.BertForMaskedLM(config)

    @staticmethod
    def llava() -> Any:
        text = LlamaConfig(
            hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
            **SIZES,
        )  # fmt: skip
        vision = transformers.CLIPVisionConfig(
            hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, image_size=28
        )
        return transformers.LlavaForConditionalGeneration(
            transformers.LlavaConfig(text_config=text, vision_config=vision)
        )
