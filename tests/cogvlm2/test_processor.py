"""Prompts, labels, lengths, batches."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from longvid.cogvlm2 import CogVLM2VideoProcessor
from longvid.cogvlm2.errors import CheckpointError, PromptTooLong
from longvid.cogvlm2.estimates import clip_tokens, tokens_per_frame
from longvid.cogvlm2.frames import resize_frame
from tests.checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("processor"), max_position_embeddings=128)


@pytest.fixture(scope="module")
def processor(folder: Path) -> CogVLM2VideoProcessor:
    return CogVLM2VideoProcessor.from_pretrained(folder)


def clip(frames: int, height: int = 60, width: int = 80, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def test_seconds_are_rounded_times_and_take_the_place_of_the_index(processor: CogVLM2VideoProcessor) -> None:
    times = [0.2, 2.6, 4.4]
    made = processor("Who?", clip(3), times=times, template="chat", label="seconds")
    labels = [processor._encode(text) for text in ("0", "3", "4")]
    ids = made["input_ids"][0].tolist()
    assert [ids[7:8], ids[14:15], ids[21:22]] == labels
    index = processor("Who?", clip(3), times=times, template="chat")["input_ids"][0].tolist()
    assert [index[7:8], index[14:15], index[21:22]] == [processor._encode(text) for text in ("0", "1", "2")]


@pytest.mark.parametrize("times", [None, [0.0], [0.0, -1.0], [0.0, float("nan")]])
def test_seconds_need_one_good_time_a_frame(processor: CogVLM2VideoProcessor, times: Any) -> None:
    with pytest.raises(ValueError, match="time"):
        processor("Who?", clip(2), times=times, template="chat", label="seconds")


def test_the_template_of_the_checkpoint_is_the_default(processor: CogVLM2VideoProcessor) -> None:
    assert processor.layout("Who?") == processor.layout("Who?", template="base")
    assert processor.layout("Who?") != processor.layout("Who?", template="chat")


def test_a_batch_is_padded_at_the_left_and_never_with_the_placeholder(processor: CogVLM2VideoProcessor) -> None:
    batch = processor(["Who?", "What happens in this video?"], [None, clip(2)], template="chat")
    pads = batch["attention_mask"] == 0
    assert pads[0, 0]
    assert not pads[:, -1].any()
    assert not (batch["input_ids"][pads] == processor.placeholder_id).any()
    assert (batch["token_type_ids"][pads] == 0).all()
    assert (batch["token_type_ids"] == 1).sum() == 2 * processor.tokens_per_frame
    assert batch["pixel_values"].shape == (2, 3, 56, 56)
    assert batch["pixel_values"].dtype == torch.float32


def test_text_only_batches_have_no_pixels(processor: CogVLM2VideoProcessor) -> None:
    assert set(processor(["a", "b c"], template="chat")) == {"input_ids", "token_type_ids", "attention_mask"}


def test_clips_of_different_sizes_share_a_batch(processor: CogVLM2VideoProcessor) -> None:
    small = [resize_frame(frame, 56) for frame in clip(2, 90, 160)]
    batch = processor(["a", "b"], [clip(3, 40, 30), small], template="base")
    assert batch["pixel_values"].shape == (5, 3, 56, 56)


def test_frames_at_size_and_channels_first_give_the_same_pixels(processor: CogVLM2VideoProcessor) -> None:
    frames = clip(2, 56, 56)
    wanted = processor.frames(frames)
    assert torch.equal(processor.frames(frames.transpose(0, 3, 1, 2)), wanted)
    assert torch.equal(processor.frames(torch.from_numpy(frames)), wanted)
    assert torch.equal(processor.frames(list(frames)), wanted)


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 4, 4, 3)), np.zeros((4, 4, 3), np.uint8), np.zeros((0, 4, 4, 3), np.uint8), []]
)
def test_what_is_no_clip_is_refused(processor: CogVLM2VideoProcessor, bad: Any) -> None:
    with pytest.raises(ValueError, match="clip"):
        processor("Who?", bad)


def test_count_is_the_length_of_what_is_built(processor: CogVLM2VideoProcessor) -> None:
    history = [("What is in the room?", "The man.")]
    for template in ("chat", "base", "vqa"):
        for frames in (0, 3):
            film = clip(frames) if frames else None
            built = processor("Who?", film, history=history, template=template)
            assert built["input_ids"].shape[1] == processor.count(
                "Who?", num_frames=frames, history=history, template=template
            )
    assert processor.count(None, num_frames=2, template="chat") == clip_tokens(2, 56)
    assert processor.count_text("the dog") == len(processor._encode("the dog"))


def test_a_prompt_that_is_too_long_is_an_error_with_both_numbers(processor: CogVLM2VideoProcessor) -> None:
    need = processor.count("Who?", num_frames=3, template="chat")
    processor("Who?", clip(3), template="chat", max_length=need + 10, answer_tokens=10)
    with pytest.raises(PromptTooLong) as caught:
        processor("Who?", clip(3), template="chat", max_length=need + 9, answer_tokens=10)
    assert (caught.value.tokens, caught.value.limit) == (need + 10, need + 9)
    assert str(need + 10) in str(caught.value)
    copied = pickle.loads(pickle.dumps(caught.value))
    assert (copied.tokens, copied.limit) == (need + 10, need + 9)
    with pytest.raises(PromptTooLong, match="128"):
        processor("Who? " * 200)


def test_special_tokens_in_a_text_are_plain_text(processor: CogVLM2VideoProcessor) -> None:
    ids = processor.layout("<|end_of_text|><|reserved_special_token_0|><|begin_of_text|>", template="base").input_ids
    assert max(ids[1:]) < 360


def test_broken_unicode_is_encoded(processor: CogVLM2VideoProcessor) -> None:
    assert processor.count("a \udcff b") > 3


def test_decoding_leaves_out_special_and_unknown_ids(processor: CogVLM2VideoProcessor) -> None:
    ids = processor._encode("The dog.")
    assert processor.decode([360, *ids, 361, 362, 380]) == "The dog."
    assert processor.batch_decode(torch.tensor([ids, ids])) == ["The dog."] * 2


def test_a_prefix_is_the_start_of_every_prompt_about_its_clip(processor: CogVLM2VideoProcessor) -> None:
    for template in ("chat", "base"):
        prefix = processor.layout(None, num_frames=3, template=template).input_ids
        assert processor.layout("Who?", num_frames=3, template=template).input_ids[: len(prefix)] == prefix
    with pytest.raises(ValueError, match="prefix"):
        processor.layout(None, num_frames=1, answer="The dog.")


def test_arguments_of_different_lengths_are_refused(processor: CogVLM2VideoProcessor) -> None:
    with pytest.raises(ValueError, match="2 texts but 1 clips"):
        processor(["a", "b"], [clip(1)])
    with pytest.raises(ValueError, match="at least one prompt"):
        processor([])
    with pytest.raises(ValueError, match="template"):
        processor("a", template="other")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="label"):
        processor("a", label="minutes")  # type: ignore[arg-type]


def test_saved_processors_reload_without_a_model(processor: CogVLM2VideoProcessor, tmp_path: Path) -> None:
    processor.save_pretrained(tmp_path / "saved")
    again = CogVLM2VideoProcessor.from_pretrained(tmp_path / "saved")
    assert again.layout("Who?", num_frames=2, template="chat") == processor.layout(
        "Who?", num_frames=2, template="chat"
    )
    assert again.max_length == processor.max_length


def test_a_folder_without_a_good_tokenizer_is_one_clear_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no tokenizer\.json"):
        CogVLM2VideoProcessor.from_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="not a tokenizer"):
        CogVLM2VideoProcessor.from_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    with pytest.raises(CheckpointError, match=r"neither config\.json"):
        CogVLM2VideoProcessor.from_pretrained(tmp_path)


def test_other_image_sizes_take_other_numbers_of_tokens(tmp_path: Path) -> None:
    other = CogVLM2VideoProcessor.from_pretrained(make_checkpoint(tmp_path, image_size=84, shards=1))
    made = other("Who?", clip(2), template="base")
    assert int(made["token_type_ids"].sum()) == 2 * 11
    assert made["pixel_values"].shape[-1] == 84


def test_estimates_are_the_published_numbers() -> None:
    assert [tokens_per_frame(size) for size in (56, 84, 112, 224)] == [6, 11, 18, 66]
    assert clip_tokens(24) == 1609
    assert clip_tokens(24, template="base") == 1585
    assert clip_tokens(0) == 1
    for arguments in ({"num_frames": -1}, {"num_frames": 1, "image_size": 200}, {"num_frames": 1, "template": "x"}):
        with pytest.raises(ValueError, match=r"negative|multiple|none of"):
            clip_tokens(**arguments)  # type: ignore[arg-type]
