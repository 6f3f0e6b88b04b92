"""Batches, caches, beams, settings: what the golden cases do not pin."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import DynamicCache, StaticCache, StoppingCriteria

from longvid.cogvlm2 import CogVLM2VideoConfig, CogVLM2VideoForConditionalGeneration, CogVLM2VideoProcessor
from longvid.cogvlm2.decoder import RMSNorm
from longvid.cogvlm2.positions import model_position_ids
from tests.checkpoints import make_checkpoint

CLOSE = 2e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("model"), seed=3)


@pytest.fixture(scope="module")
def model(folder: Path) -> CogVLM2VideoForConditionalGeneration:
    return CogVLM2VideoForConditionalGeneration.from_pretrained(folder)


@pytest.fixture(scope="module")
def processor(folder: Path) -> CogVLM2VideoProcessor:
    return CogVLM2VideoProcessor.from_pretrained(folder)


def clip(frames: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (frames, 56, 56, 3), dtype=np.uint8)


TEXTS = ["What happens?", "Who is the man in the park?", "the dog is running in the room"]
CLIPS = [clip(3, 1), None, clip(1, 2)]


def answer(model: CogVLM2VideoForConditionalGeneration, inputs: Any, **kwargs: Any) -> Tensor:
    settings = {"max_new_tokens": 8, "do_sample": False, "disable_compile": True} | kwargs
    made = model.generate(**inputs, **settings)
    assert isinstance(made, Tensor)
    return made[:, inputs["input_ids"].shape[1] :]


def test_rows_of_a_batch_equal_single_rows_whatever_stands_beside_them(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    batch = processor(TEXTS, CLIPS, template="chat")
    assert batch["pixel_values"].shape == (4, 3, 56, 56)
    with torch.no_grad():
        together = model(**batch, logits_to_keep=4).logits
        for row, (text, film) in enumerate(zip(TEXTS, CLIPS, strict=True)):
            alone = model(**processor(text, film, template="chat"), logits_to_keep=4).logits
            assert float((together[row] - alone[0]).abs().max()) < CLOSE
    ids = answer(model, batch)
    for row, (text, film) in enumerate(zip(TEXTS, CLIPS, strict=True)):
        single = answer(model, processor(text, film, template="chat"))[0]
        assert torch.equal(ids[row, : len(single)], single)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("cache", ["dynamic", "static"])
def test_attention_implementations_and_caches_agree(
    folder: Path, processor: CogVLM2VideoProcessor, attention: str, cache: str
) -> None:
    other = CogVLM2VideoForConditionalGeneration.from_pretrained(folder, attn_implementation=attention)
    assert other.config._attn_implementation == attention
    batch = processor(TEXTS, CLIPS, template="chat")
    usual = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    assert torch.equal(answer(other, batch, cache_implementation=cache), answer(usual, batch, use_cache=False))


def test_beams_of_a_batch_equal_beams_of_single_rows(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    ids = answer(model, processor(TEXTS, CLIPS, template="chat"), num_beams=3)
    for row, (text, film) in enumerate(zip(TEXTS, CLIPS, strict=True)):
        single = answer(model, processor(text, film, template="chat"), num_beams=3)[0]
        assert torch.equal(ids[row, : len(single)], single)


def test_sampling_several_answers_repeats_whole_clips(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    batch = processor(TEXTS, CLIPS, template="chat")
    torch.manual_seed(0)
    # So cold that it is greedy: every copy must then answer like its row.
    ids = answer(model, batch, do_sample=True, temperature=1e-4, num_return_sequences=2)
    assert torch.equal(ids, answer(model, batch).repeat_interleave(2, dim=0))
    warm = answer(model, batch, do_sample=True, temperature=5.0, num_return_sequences=2)
    assert warm.shape[0] == 6


@pytest.mark.parametrize("template", ["chat", "base"])
def test_a_copied_prefix_answers_as_the_whole_prompt(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor, template: Any
) -> None:
    film = clip(3, 5)
    prefix = processor(None, film, template=template)
    with torch.no_grad():
        kept = model(**prefix, use_cache=True, logits_to_keep=1).past_key_values
    for question in TEXTS:
        whole = processor(question, film, template=template)
        wanted = answer(model, whole)
        assert torch.equal(answer(model, whole, past_key_values=copy.deepcopy(kept)), wanted)
        without = {name: value for name, value in whole.items() if name != "pixel_values"}
        assert torch.equal(answer(model, without, past_key_values=copy.deepcopy(kept)), wanted)
    assert kept.get_seq_length() == prefix["input_ids"].shape[1]


def test_beams_continue_a_repeated_prefix(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    film = clip(2, 12)
    with torch.no_grad():
        kept = model(**processor(None, film, template="chat"), use_cache=True, logits_to_keep=1).past_key_values
    kept.batch_repeat_interleave(3)
    whole = processor("Who?", film, template="chat")
    assert torch.equal(answer(model, whole, num_beams=3, past_key_values=kept), answer(model, whole, num_beams=3))


@pytest.mark.parametrize("heads", [{"heads": 4, "kv_heads": 4}, {"heads": 4, "kv_heads": 1}])
def test_other_ratios_of_heads_and_image_sizes_run_alike_in_eager_and_sdpa(tmp_path: Path, heads: Any) -> None:
    made = make_checkpoint(tmp_path, seed=4, image_size=112, **heads)
    prompts = CogVLM2VideoProcessor.from_pretrained(made)
    batch = prompts(["Who?", "the dog"], [clip(2), None], template="vqa")
    eager, sdpa = (
        answer(CogVLM2VideoForConditionalGeneration.from_pretrained(made, attn_implementation=name), batch)
        for name in ("eager", "sdpa")
    )
    assert torch.equal(eager, sdpa)


def test_a_decode_step_with_a_static_cache_is_one_graph(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    batch = processor(TEXTS, CLIPS, template="chat")
    wanted = answer(model, batch, max_new_tokens=3)
    cache = StaticCache(config=model.config, max_cache_len=64)
    length = batch["input_ids"].shape[1]
    step = torch.compile(model.forward, fullgraph=True, backend="eager")
    with torch.no_grad():
        made = [model(**batch, past_key_values=cache, logits_to_keep=1).logits.argmax(-1)]
        last = model_position_ids(batch["token_type_ids"], batch["attention_mask"])[:, -1:]
        for index in range(2):
            mask = torch.nn.functional.pad(batch["attention_mask"], (0, 64 - length), value=1)
            logits = step(made[-1], mask, position_ids=last + 1 + index, past_key_values=cache).logits
            made.append(logits.argmax(-1))
    assert torch.equal(torch.cat(made, dim=1), wanted)


def test_a_padded_batch_of_prefixes_can_be_reused(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    films = [clip(3, 6), clip(1, 7)]
    prefix = processor([None, None], films, template="chat")
    with torch.no_grad():
        kept = model(**prefix, use_cache=True, logits_to_keep=1).past_key_values
    text = torch.tensor([processor._encode("Question: Who? Answer:")] * 2)
    ids = torch.cat((prefix["input_ids"], text), dim=1)
    types = torch.cat((prefix["token_type_ids"], torch.zeros_like(text)), dim=1)
    mask = torch.cat((prefix["attention_mask"], torch.ones_like(text)), dim=1)
    full = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
    made = answer(model, full, past_key_values=kept)
    for row, film in enumerate(films):
        single = answer(model, processor("Who?", film, template="chat"))[0]
        assert torch.equal(made[row, : len(single)], single)


def test_a_cropped_cache_continues_as_if_the_rest_had_not_been_seen(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    whole = processor("Who is it?", clip(2, 8), template="chat")
    with torch.no_grad():
        kept = model(**whole, use_cache=True).past_key_values
    kept.crop(-5)
    assert torch.equal(answer(model, whole, past_key_values=kept), answer(model, whole))


def test_steps_by_hand_equal_generate(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    inputs = processor("Who is it?", clip(2, 9), template="chat")
    cache = StaticCache(config=model.config, max_cache_len=64)
    wanted = answer(model, inputs, max_new_tokens=5)[0]
    with torch.no_grad():
        logits = model(**inputs, past_key_values=cache, logits_to_keep=1).logits
        made = [int(logits[0, -1].argmax())]
        types = inputs["token_type_ids"]
        for _ in range(len(wanted) - 1):
            types = torch.cat((types, torch.zeros(1, 1, dtype=torch.long)), dim=1)
            mask = torch.ones_like(types)
            step = model(torch.tensor([made[-1:]]), mask, types, past_key_values=cache)
            made.append(int(step.logits[0, -1].argmax()))
    assert made == wanted.tolist()


def test_a_filled_cache_needs_positions(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    cache = DynamicCache(config=model.config)
    with torch.no_grad():
        model(**processor("a", template="base"), past_key_values=cache)
        with pytest.raises(ValueError, match="position_ids"):
            model(torch.tensor([[5]]), past_key_values=cache)


def test_only_the_logits_asked_for_are_computed(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    inputs = processor("Who is it?", clip(2), template="chat")
    seen: list[int] = []
    hook = model.lm_head.register_forward_hook(lambda module, given, made: seen.append(made.shape[1]))
    with torch.no_grad():
        whole = model(**inputs).logits
        assert torch.allclose(model(**inputs, logits_to_keep=1).logits, whole[:, -1:], atol=CLOSE)
        assert torch.allclose(model(**inputs, logits_to_keep=torch.tensor([2, 5])).logits, whole[:, [2, 5]], atol=CLOSE)
        answer(model, inputs, max_new_tokens=2)
    hook.remove()
    assert seen == [inputs["input_ids"].shape[1], 1, 2, 1, 1]
    assert whole.dtype == torch.float32


def test_vision_batches_of_any_size_give_the_same_and_bound_what_is_held(
    model: CogVLM2VideoForConditionalGeneration,
) -> None:
    frames = torch.randn(7, 3, 56, 56)
    seen: list[int] = []
    hook = model.model.vision.transformer.register_forward_hook(lambda module, given, made: seen.append(len(made)))
    with torch.no_grad():
        whole = model.model.encode_frames(frames)
        model.config.vision_batch_size = 3
        parts = model.model.encode_frames(frames)
    model.config.vision_batch_size = 24
    hook.remove()
    assert seen == [7, 3, 3, 1]
    assert whole.shape == (7, model.config.tokens_per_frame, model.config.hidden_size)
    assert torch.allclose(whole, parts, atol=1e-5)


def test_equal_rows_without_padding_pass_no_mask(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    masks: list[Tensor | None] = []
    layer = model.model.layers[0]
    hook = layer.register_forward_hook(lambda module, given, made: masks.append(given[2]))
    batch = processor(["Who?", "Who?"], [clip(2), clip(2, 1)], template="chat")
    answer(model, batch, max_new_tokens=2)
    hook.remove()
    assert masks == [None, None]


class StopAt(StoppingCriteria):
    """Stops row i after `limits[i]` new tokens."""

    def __init__(self, start: int, limits: list[int]) -> None:
        self.start, self.limits = start, torch.tensor(limits)

    def __call__(self, input_ids: Tensor, scores: Any, **kwargs: Any) -> Tensor:
        return input_ids.shape[1] - self.start >= self.limits


def test_rows_stop_by_their_own_criteria(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    batch = processor(TEXTS[:2], CLIPS[:2], template="chat")
    free = answer(model, batch)
    ids = answer(model, batch, stopping_criteria=[StopAt(batch["input_ids"].shape[1], [2, 5])])
    assert ids.shape[1] == 5
    assert torch.equal(ids[0, :2], free[0, :2])
    assert (ids[0, 2:] == model.config.pad_token_id).all()


def test_frames_and_places_must_match(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    inputs = processor("Who?", clip(2), template="chat")
    with pytest.raises(ValueError, match="no pixel_values"):
        model(inputs["input_ids"], token_type_ids=inputs["token_type_ids"])
    with pytest.raises(ValueError, match="12 vision tokens but 3 frames"):
        model(inputs["input_ids"], token_type_ids=inputs["token_type_ids"], pixel_values=torch.zeros(3, 3, 56, 56))
    with pytest.raises(ValueError, match="token_type_ids"):
        model(inputs["input_ids"], pixel_values=torch.zeros(2, 3, 56, 56))
    with pytest.raises(ValueError, match=r"\[frames, 3, 56, 56\]"):
        model.model.encode_frames(torch.zeros(2, 3, 28, 28))


def test_the_loss_ignores_what_is_no_answer(
    model: CogVLM2VideoForConditionalGeneration, processor: CogVLM2VideoProcessor
) -> None:
    batch = processor(TEXTS[:2], CLIPS[:2], answers=["The dog.", None], template="chat")
    model.train()
    loss = model(**batch).loss
    loss.backward()
    model.eval()
    alone = model(**processor(TEXTS[0], CLIPS[0], answers="The dog.", template="chat")).loss
    assert abs(loss.item() - alone.item()) < 1e-4
    assert model.model.vision.patch_embedding.cls_embedding.grad is not None
    model.zero_grad()
    with pytest.raises(ValueError, match="logits_to_keep"):
        model(**batch, logits_to_keep=1)


def test_bfloat16_reads_its_own_frequencies_and_the_table_can_be_chosen(
    folder: Path, processor: CogVLM2VideoProcessor
) -> None:
    half = CogVLM2VideoForConditionalGeneration.from_pretrained(folder, dtype=torch.bfloat16)
    assert half.model.layers[0].self_attn.rotary_emb.inv_freq.dtype == torch.bfloat16
    inputs = processor("the man and the dog " * 80, template="base")
    assert inputs["input_ids"].shape[1] > 300
    with torch.no_grad():
        published, exact = (half(**inputs, rotary_table=table).logits for table in ("published", "float32"))
        half.config.rotary_table = "float32"
        assert torch.equal(half(**inputs).logits, exact)
    assert not torch.equal(published[:, -40:], exact[:, -40:])
    half.config.rotary_table = "published"
    assert answer(half, inputs, rotary_table="float32", max_new_tokens=2).shape == (1, 2)


def test_frequencies_that_differ_by_layer_are_used_layer_by_layer(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = make_checkpoint(tmp_path, shards=1)
    weights = load_file(folder / "model.safetensors")
    usual = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    assert not usual.model.rotary_per_layer
    weights["model.layers.1.self_attn.rotary_emb.inv_freq"] *= 2
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    other = CogVLM2VideoForConditionalGeneration.from_pretrained(folder)
    assert other.model.rotary_per_layer
    ids = torch.arange(20)[None]
    with torch.no_grad():
        assert not torch.allclose(usual(ids).logits, other(ids).logits)


def test_the_norm_rounds_once() -> None:
    torch.manual_seed(0)
    norm = RMSNorm(64, eps=1e-5).bfloat16()
    norm.weight.data = torch.randn(64).bfloat16()
    x = torch.randn(32, 64).bfloat16()
    exact = x.float() * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-5)
    assert torch.equal(norm(x), (norm.weight * exact).bfloat16())


def test_a_model_made_from_a_configuration_has_finite_weights(folder: Path) -> None:
    made = CogVLM2VideoForConditionalGeneration(CogVLM2VideoConfig.from_folder(folder))
    assert all(bool(torch.isfinite(tensor).all()) for tensor in made.state_dict().values())
    assert float(made.model.vision.boi.detach().abs().max()) > 0
    assert float(made.model.layers[0].input_layernorm.weight.detach().mean()) == 1


def test_hidden_states_run_from_the_embeddings_to_the_last_norm(
    model: CogVLM2VideoForConditionalGeneration,
) -> None:
    with torch.no_grad():
        made = model(torch.arange(6)[None], output_hidden_states=True)
    assert len(made.hidden_states) == model.config.num_hidden_layers + 1
    assert torch.allclose(model.lm_head(made.hidden_states[-1]), made.logits)
    assert isinstance(model(torch.arange(6)[None], return_dict=False), tuple)
