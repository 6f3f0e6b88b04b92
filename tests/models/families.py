"""Tiny random checkpoints of video models that transformers knows, each a folder as such a model is published: weights,
configuration, processor, tokenizer, template and generation settings. Making one needs torchvision.

A tokenizer is bytes and the control tokens of its family. Chat templates say what the published ones say of a video, in
as few words as will do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.engine.chains import say

TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 8192,
}
END = "<|im_end|>"
PAD = 256 + 5
"""The first control token."""
CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}"
    "{% if part.type == 'video' %}VIDEO{% elif part.type == 'text' %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


WORDS = ("A", "Ġman", "Ġwalks", "Ġover", "Ġred", "Ġsand", ".")
SENTENCE = "A man walks over red sand."


def make(family: str, folder: Path, *, says: bool = False) -> Path:
    """A random checkpoint of `family`, one of `FAMILIES`, in `folder`; one that `says` answers everything with
    `SENTENCE`. What ends an answer is named in generation_config.json alone."""
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    model, processor = FAMILIES[family]()
    if says:
        ids = _ids(processor.tokenizer)
        # Where an answer begins: after a line's end, after SmolVLM's "Assistant:".
        say(model, [ids(token) for token in ("Ċ", *WORDS, END)], [ids(":")])
    model.generation_config.eos_token_id = None
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    end = processor.tokenizer.convert_tokens_to_ids(END)
    (folder / "generation_config.json").write_text(f'{{"eos_token_id": [{end}], "do_sample": true}}')
    return folder


def tokenizer(named: Mapping[str, str], more: tuple[str, ...] = ()) -> Any:
    """Bytes as tokens 0 to 255, `WORDS` that are never read, then the control tokens: those `named`, which are its
    attributes too, and `more`."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(word for word in WORDS if len(word) > 1)]
    made = Tokenizer(models.BPE(vocab={letter: at for at, letter in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    control = dict.fromkeys(["<|endoftext|>", "<|im_start|>", END, *named.values(), *more])
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<|endoftext|>",
        extra_special_tokens=dict(named),
    )


def _ids(tokens: Any) -> Callable[[str], int]:
    return lambda token: int(tokens.convert_tokens_to_ids(token))


def _qwen_tokens() -> Any:
    return tokenizer(
        {
            "image_token": "<|image_pad|>",
            "video_token": "<|video_pad|>",
            "vision_start_token": "<|vision_start|>",
            "vision_end_token": "<|vision_end|>",
        }
    )


QWEN = CHATML.replace("VIDEO", "<|vision_start|><|video_pad|><|vision_end|>")


def qwen3_vl() -> tuple[Any, Any]:
    import transformers as t

    tokens = _qwen_tokens()
    ids = _ids(tokens)
    config = t.Qwen3VLConfig(
        text_config={
            **TEXT, "vocab_size": len(tokens), "head_dim": 16,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 8,
            "out_hidden_size": 32, "num_position_embeddings": 64, "deepstack_visual_indexes": [0],
        },
        image_token_id=ids("<|image_pad|>"), video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"), vision_end_token_id=ids("<|vision_end|>"),
    )  # fmt: skip
    processor = t.Qwen3VLProcessor(
        t.Qwen2VLImageProcessor(patch_size=8),
        tokens,
        t.Qwen3VLVideoProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 24 * 32 * 32}),
        chat_template=QWEN.replace("<|vision_start|><|video_pad|><|vision_end|>", "<|video_pad|>"),
    )
    return t.Qwen3VLForConditionalGeneration(config), processor


def qwen2_5_vl() -> tuple[Any, Any]:
    import transformers as t

    tokens = _qwen_tokens()
    ids = _ids(tokens)
    config = t.Qwen2_5_VLConfig(
        text_config={
            **TEXT, "vocab_size": len(tokens), "bos_token_id": None, "eos_token_id": None,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]},
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 8,
            "out_hidden_size": 32, "fullatt_block_indexes": [1], "window_size": 32,
        },
        image_token_id=ids("<|image_pad|>"), video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"), vision_end_token_id=ids("<|vision_end|>"),
    )  # fmt: skip
    processor = t.Qwen2_5_VLProcessor(
        t.Qwen2VLImageProcessor(patch_size=8),
        tokens,
        t.Qwen2VLVideoProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 24 * 32 * 32}),
        chat_template=QWEN,
    )
    return t.Qwen2_5_VLForConditionalGeneration(config), processor


def glm4v() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer(
        {"image_token": "<|image|>", "video_token": "<|video|>"},
        ("<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>", "<|end_of_video|>"),
    )
    ids = _ids(tokens)
    config = t.Glm4vConfig(
        text_config={
            **TEXT, "vocab_size": len(tokens),
            "rope_parameters": {
                "rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2], "partial_rotary_factor": 1.0,
            },
        },
        vision_config={
            "depth": 2, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "patch_size": 8, "image_size": 32,
            "out_hidden_size": 32,
        },
        image_token_id=ids("<|image|>"), video_token_id=ids("<|video|>"),
        image_start_token_id=ids("<|begin_of_image|>"), image_end_token_id=ids("<|end_of_image|>"),
        video_start_token_id=ids("<|begin_of_video|>"), video_end_token_id=ids("<|end_of_video|>"),
    )  # fmt: skip
    processor = t.Glm4vProcessor(
        t.Glm4vImageProcessor(patch_size=8),
        tokens,
        t.Glm4vVideoProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 24 * 32 * 32}),
        chat_template=CHATML.replace("VIDEO", "<|begin_of_video|><|video|><|end_of_video|>")
        + "{% if add_generation_prompt %}<think>{% endif %}",
    )
    return t.Glm4vForConditionalGeneration(config), processor


def llava_onevision() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer({"image_token": "<image>", "video_token": "<video>"})
    ids = _ids(tokens)
    vision = {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 32,
        "patch_size": 8, "model_type": "siglip_vision_model", "vision_use_head": False,
    }  # fmt: skip
    config = t.LlavaOnevisionConfig(
        text_config={**TEXT, "vocab_size": len(tokens), "model_type": "qwen2"},
        vision_config=vision, image_token_index=ids("<image>"), video_token_index=ids("<video>"),
        image_grid_pinpoints=[[32, 32]],
    )  # fmt: skip
    size = {"height": 32, "width": 32}
    processor = t.LlavaOnevisionProcessor(
        t.LlavaOnevisionImageProcessor(size=size, image_grid_pinpoints=[[32, 32]]),
        tokens,
        t.LlavaOnevisionVideoProcessor(size=size),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=CHATML.replace("VIDEO", "<video>\n"),
    )
    return t.LlavaOnevisionForConditionalGeneration(config), processor


def internvl() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer(
        {
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        }
    )
    config = t.InternVLConfig(
        text_config={**TEXT, "vocab_size": len(tokens), "model_type": "qwen2"},
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": (32, 32), "patch_size": (8, 8),
        },
        image_token_id=_ids(tokens)("<IMG_CONTEXT>"), image_seq_length=4,
    )  # fmt: skip
    size = {"height": 32, "width": 32}
    processor = t.InternVLProcessor(
        t.GotOcr2ImageProcessor(size=size),
        tokens,
        t.InternVLVideoProcessor(size=size),
        image_seq_length=4,
        chat_template=CHATML.replace("VIDEO", "<video>\n"),
    )
    return t.InternVLForConditionalGeneration(config), processor


def smolvlm() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer(
        {
            "fake_image_token": "<fake_token_around_image>",
            "image_token": "<image>",
            "end_of_utterance_token": "<end_of_utterance>",
            "global_image_token": "<global-img>",
            "video_token": "<video>",
        }
    )
    config = t.SmolVLMConfig(
        text_config={**TEXT, "vocab_size": len(tokens), "model_type": "llama", "pad_token_id": PAD},
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": 32, "patch_size": 8,
        },
        image_token_id=_ids(tokens)("<image>"), pad_token_id=PAD,
    )  # fmt: skip
    size = {"longest_edge": 32}
    processor = t.SmolVLMProcessor(
        t.SmolVLMImageProcessor(size=size, max_image_size=size),
        tokens,
        t.SmolVLMVideoProcessor(
            size=size, max_image_size=size, video_sampling={"max_frames": 64, "fps": 1, "video_size": size}
        ),
        image_seq_len=4,
        chat_template=CHATML.replace("VIDEO", "<video>"),
    )
    return t.SmolVLMForConditionalGeneration(config), processor


def video_llama_3() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer({"image_token": "<image>", "video_token": "<video>"})
    ids = _ids(tokens)
    config = t.VideoLlama3Config(
        text_config={**TEXT, "vocab_size": len(tokens), "model_type": "qwen2"},
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "patch_size": 8,
        },
        image_token_id=ids("<image>"), video_token_id=ids("<video>"),
    )  # fmt: skip
    processor = t.VideoLlama3Processor(
        t.VideoLlama3ImageProcessor(patch_size=8),
        tokens,
        t.VideoLlama3VideoProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 24 * 32 * 32}),
        chat_template=CHATML.replace("VIDEO", "<video>"),
    )
    return t.VideoLlama3ForConditionalGeneration(config), processor


def glm46v() -> tuple[Any, Any]:
    import transformers as t

    model, before = glm4v()
    old = model.config
    config = t.Glm46VConfig(
        text_config=old.text_config.to_dict(), vision_config=old.vision_config.to_dict(),
        image_token_id=old.image_token_id, video_token_id=old.video_token_id,
        image_start_token_id=old.image_start_token_id, image_end_token_id=old.image_end_token_id,
        video_start_token_id=old.video_start_token_id, video_end_token_id=old.video_end_token_id,
    )  # fmt: skip
    processor = t.Glm46VProcessor(
        t.Glm46VImageProcessor(patch_size=8),
        before.tokenizer,
        t.Glm46VVideoProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 24 * 32 * 32}),
        chat_template=CHATML.replace("VIDEO", "<|begin_of_video|><|video|><|end_of_video|>")
        + "{% if add_generation_prompt and enable_thinking is defined and not enable_thinking %}<think></think>\n"
        "{% endif %}",
    )
    return t.Glm46VForConditionalGeneration(config), processor


def minicpmv4_6() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer(
        {
            "image_token": "<|image_pad|>", "video_token": "<|video_pad|>", "image_start_token": "<image>",
            "image_end_token": "</image>", "slice_start_token": "<slice>", "slice_end_token": "</slice>",
            "image_id_start_token": "<image_id>", "image_id_end_token": "</image_id>",
        }
    )  # fmt: skip
    ids = _ids(tokens)
    config = t.MiniCPMV4_6Config(
        text_config={
            **TEXT, "vocab_size": len(tokens), "model_type": "qwen3_5_text", "head_dim": 16,
            "linear_key_head_dim": 16, "linear_value_head_dim": 16, "linear_num_key_heads": 2,
            "linear_num_value_heads": 2, "layer_types": ["linear_attention", "full_attention"],
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0},
        },
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "image_size": 64, "patch_size": 8, "insert_layer_id": 0,
        },
        insert_layer_id=0, image_size=64,
        image_token_id=ids("<|image_pad|>"), video_token_id=ids("<|video_pad|>"),
    )  # fmt: skip
    processor = t.MiniCPMV4_6Processor(
        t.MiniCPMV4_6ImageProcessor(patch_size=8, scale_resolution=64),
        t.MiniCPMV4_6VideoProcessor(patch_size=8, scale_resolution=64, max_slice_nums=1),
        tokens,
        chat_template=CHATML.replace("VIDEO", "<|video_pad|>\n"),
    )
    return t.MiniCPMV4_6ForConditionalGeneration(config), processor


def gemma4() -> tuple[Any, Any]:
    import transformers as t

    tokens = tokenizer(
        {
            "image_token": "<|image|>", "boi_token": "<|image>", "eoi_token": "<image|>",
            "audio_token": "<|audio|>", "boa_token": "<|audio>", "eoa_token": "<audio|>",
        },
        ("<|video|>",),
    )  # fmt: skip
    ids = _ids(tokens)
    config = t.Gemma4Config(
        text_config={
            **TEXT, "vocab_size": len(tokens), "head_dim": 16, "global_head_dim": 16,
            "layer_types": ["sliding_attention", "full_attention"], "vocab_size_per_layer_input": len(tokens),
            "hidden_size_per_layer_input": 8, "pad_token_id": PAD, "eos_token_id": None, "bos_token_id": None,
        },
        vision_config={
            "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_key_value_heads": 2, "head_dim": 16, "patch_size": 8, "position_embedding_size": 64,
        },
        audio_config=None,
        boi_token_id=ids("<|image>"), eoi_token_id=ids("<image|>"), image_token_id=ids("<|image|>"),
        video_token_id=ids("<|video|>"), boa_token_id=ids("<|audio>"), eoa_token_index=ids("<audio|>"),
        audio_token_id=ids("<|audio|>"),
    )  # fmt: skip
    processor = t.Gemma4Processor(
        t.Gemma4AudioFeatureExtractor(),
        t.Gemma4ImageProcessor(patch_size=8, max_soft_tokens=70),
        tokens,
        t.Gemma4VideoProcessor(patch_size=8, max_soft_tokens=70),
        chat_template=CHATML.replace("VIDEO", "<|video|>"),
    )
    return t.Gemma4ForConditionalGeneration(config), processor


FAMILIES: Mapping[str, Callable[[], tuple[Any, Any]]] = {
    "qwen3_vl": qwen3_vl,
    "qwen2_5_vl": qwen2_5_vl,
    "glm4v": glm4v,
    "llava_onevision": llava_onevision,
    "internvl": internvl,
    "smolvlm": smolvlm,
    "video_llama_3": video_llama_3,
    "glm46v": glm46v,
    "minicpmv4_6": minicpmv4_6,
    "gemma4": gemma4,
}
