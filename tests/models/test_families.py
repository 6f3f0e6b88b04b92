"""Tiny random checkpoints of many families of video models, through the pipeline to the end: with torchvision alone."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from longvid.api import IngestSettings, Job, load_strategy, summarize
from longvid.cogvlm2.errors import CheckpointError
from longvid.engine.backends.decoding import generate
from longvid.engine.backends.likelihoods import measure
from longvid.engine.backends.multimodal import Shown, read_multimodal
from longvid.engine.backends.video import VideoBackend, _shown
from longvid.engine.models import open_models
from longvid.engine.request import ClipRef, Request
from longvid.errors import ModelError
from longvid.film import Clip, write_clip
from longvid.run.files import read_json
from tests.cli.program import longvid
from tests.films import make_film
from tests.models.families import FAMILIES, SENTENCE, make

pytestmark = [
    pytest.mark.models,
    # Of torch, in transformers' own processors.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

TIMES = (0.0, 3.2, 6.4, 9.6, 70.8, 75.5)
WORDS = {
    "qwen3_vl": "<1.6 seconds>", "glm4v": "<|end_of_image|>70<", "glm46v": "<|end_of_image|>70.8 seconds",
    "smolvlm": "Frame from 01:15:", "video_llama_3": "Time 70.8s:", "gemma4": "01:10 <|image>",
    "internvl": "Frame6: ", "qwen2_5_vl": "", "llava_onevision": "", "minicpmv4_6": "",
}  # fmt: skip
"""What each processor writes of `TIMES`; the last three write nothing, and the second of them tells the model else."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's checkpoint. Read-only."""
    root = tmp_path_factory.mktemp("families")

    def found(family: str) -> Path:
        return root / family if (root / family).exists() else make(family, root / family)

    return found


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", chunks=2)


def backend(folder: Path, **options: Any) -> VideoBackend:
    models = open_models(str(folder), device="cpu", frames=6, **options)
    assert isinstance(models.captioner, VideoBackend)
    return models.captioner


def clip(folder: Path, *, height: int = 36, width: int = 64, seed: int = 0) -> ClipRef:
    frames = np.random.default_rng(seed).integers(0, 256, (len(TIMES), height, width, 3), dtype=np.uint8)
    path = folder / f"{seed}-{height}.safetensors"
    write_clip(path, Clip(frames, np.array(TIMES)))
    return ClipRef(path, path.stem, 0, TIMES)


def said(model: Any, ids: torch.Tensor) -> str:
    """The prompt, each run of more than three equal tokens as one."""
    runs = ((token, len(list(run))) for token, run in itertools.groupby(ids.tolist()))
    return str(model.tokenizer.decode([kept for token, run in runs for kept in [token] * (run if run < 4 else 1)]))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_film_goes_through_it_to_its_end(film: Path, tmp_path: Path, family: str) -> None:
    models = open_models(
        str(make(family, tmp_path / family, says=True)), llm="none", device="cpu", frames=6, pixels=4096
    )
    read = IngestSettings(target_length=4.0, frames=6)
    report = asyncio.run(summarize(film, Job(load_strategy("concat")(), read, directory=tmp_path / "runs"), models))
    assert report.problems == ()
    assert [chunk.caption for chunk in report.chunks] == [SENTENCE, SENTENCE]
    settings = read_json(Path(report.run) / "run.json")
    assert settings is not None
    assert settings["model"]["watch_identity"]["type"] == family


@pytest.mark.parametrize("family", FAMILIES)
def test_times_and_tokens_are_the_true_ones_and_a_batch_says_what_single_calls_say(
    checkpoint: Any, tmp_path: Path, family: str
) -> None:
    video = backend(checkpoint(family))
    place = video._model.processor.video_token
    questions = ("What?", f"Who is <|im_end|> there, and {place} what do they do?", "Well")
    requests = [Request("caption", question, 6 + at, clip(tmp_path, seed=at)) for at, question in enumerate(questions)]
    counts = [video.count(request) for request in requests]
    answers = video.answer(requests)
    assert [answer.prompt_tokens for answer in answers] == counts
    assert [video.answer([request])[0] for request in requests] == answers
    assert video._pads
    model = video._model
    text = model.render(questions[1], watched=True)
    frames = np.zeros((6, 36, 64, 3), np.uint8)
    inputs = model.inputs([text], [Shown(frames, TIMES)])
    prompt = said(model, inputs["input_ids"][0])
    assert WORDS[family] in prompt
    assert f"< |im_end|> there, and < {place[1:]} what do they do?" in prompt
    if family == "qwen2_5_vl":
        # Pairs of frames, which are 15.1 s apart on average.
        assert inputs["second_per_grid_ts"].tolist() == pytest.approx([30.2], abs=0.01)


@pytest.mark.parametrize("family", FAMILIES)
def test_clips_of_other_shapes_are_asked_one_at_a_time_and_a_single_frame_is_enough(
    checkpoint: Any, tmp_path: Path, family: str
) -> None:
    video = backend(checkpoint(family))
    write_clip(tmp_path / "one.safetensors", Clip(np.zeros((1, 36, 64, 3), np.uint8), np.array([3.0])))
    clips = [
        clip(tmp_path, height=36), clip(tmp_path, height=64), ClipRef(tmp_path / "one.safetensors", "one", 0, (3.0,)),
    ]  # fmt: skip
    requests = [Request("caption", "What?", 5, each) for each in clips]
    answers = video.answer(requests)
    assert answers == [video.answer([request])[0] for request in requests]
    assert [answer.prompt_tokens for answer in answers] == [video.count(request) for request in requests]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_it_writes_is_likelier_than_other_words_token_by_token(
    checkpoint: Any, tmp_path: Path, family: str
) -> None:
    video, request = backend(checkpoint(family)), Request("ask", "What?", 2, clip(tmp_path))
    video.answer([request])
    model, weights = video._model, video._weights
    inputs = video._placed(model.inputs([model.render("What?", watched=True)], [_shown(request.clip)]))
    ((ids, _),) = generate(weights, inputs, [2], eos=model.ends, pad=model.pad, seed=None, stopped=lambda: False)
    found = measure(weights, inputs, [ids, [*ids[:1], ids[1] - 1], [ids[0] - 1]])
    assert [one.greedy for one in found] == [True, False, False]
    assert found[0].logprob > found[1].logprob
    told = video.likelihoods(request, ["(A", "(B", " (A"])
    assert len(told) == 3
    assert all(one.logprob < 0 for one in told)


@pytest.mark.parametrize("family", ["qwen2_5_vl", "llava_onevision", "gemma4"])
def test_in_half_precision_it_answers_and_times_stay_whole(checkpoint: Any, tmp_path: Path, family: str) -> None:
    video = backend(checkpoint(family), dtype="bfloat16")
    assert video.answer([Request("caption", "What?", 5, clip(tmp_path))])[0].answer_tokens > 0
    model = video._model
    made = model.inputs([model.render("What?", watched=True)], [Shown(np.zeros((6, 36, 64, 3), np.uint8), TIMES)])
    placed = video._placed(made)
    assert {value.dtype for name, value in placed.items() if name.startswith("pixel_values")} == {torch.bfloat16}
    if family == "qwen2_5_vl":
        assert placed["second_per_grid_ts"].dtype == torch.float32


def test_four_bits_are_refused(checkpoint: Any) -> None:
    with pytest.raises(ModelError, match=r"int4 is for CogVLM2-Video checkpoints; give .* --dtype bfloat16"):
        backend(checkpoint("qwen3_vl"), dtype="int4")


def test_where_padding_changes_an_answer_it_is_asked_one_at_a_time(checkpoint: Any, tmp_path: Path) -> None:
    video = backend(checkpoint("qwen3_vl"))
    video._loaded().model.language_model.forward = _without_mask(video._loaded().model.language_model.forward)
    assert not video._heeds_padding()
    video._pads = False
    requests = [Request("caption", text, 5, clip(tmp_path)) for text in ("What?", "What is it that happens here?")]
    assert video.answer(requests) == [video.answer([request])[0] for request in requests]


def _without_mask(forward: Any) -> Any:
    def forgetful(*args: Any, attention_mask: Any = None, **options: Any) -> Any:
        return forward(*args, attention_mask=None, **options)

    return forgetful


def test_summarize_says_what_it_says_and_merge_asks_it_again(film: Path, tmp_path: Path) -> None:
    folder = make("qwen3_vl", tmp_path / "model", says=True)
    command = ("--model", folder, "--device", "cpu", "--frames", 6, "--pixels", 4096, "--target-length", 4)
    ended = longvid("summarize", film, *map(str, command), "--strategy", "concat", "-o", tmp_path / "runs")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert SENTENCE in ended.stdout
    again = longvid("merge", tmp_path / "runs" / "film.longvid", "--strategy", "map-reduce", "--device", "cpu")
    assert SENTENCE in again.stdout


def test_what_it_thinks_aloud_is_no_answer_though_its_marks_are_special(tmp_path: Path) -> None:
    folder = make("glm4v", tmp_path / "model")
    video = backend(folder)
    assert video._model.render("What?", watched=True).endswith("assistant\n<think>\n\n</think>\n\n")
    assert "<think></think>" in backend(make("glm46v", tmp_path / "other"))._model.render("What?", watched=True)


def test_check_tells_its_size(checkpoint: Any) -> None:
    facts = json.loads(longvid("model", "check", checkpoint("qwen3_vl"), "--device", "cpu", "--json").stdout)
    stored = (checkpoint("qwen3_vl") / "model.safetensors").stat().st_size
    assert facts["type"] == "qwen3_vl"
    assert 0.9 * stored < facts["bytes"] < stored
    assert facts["needed"] > facts["bytes"]
    assert "opened by transformers" in longvid("model", "check", checkpoint("qwen3_vl"), "--device", "cpu").stdout


def test_more_frames_take_more_tokens_and_too_many_are_refused(checkpoint: Any) -> None:
    folder = checkpoint("internvl")
    few, many = (open_models(str(folder), device="cpu", frames=frames).captioner for frames in (4, 8))
    assert isinstance(few, VideoBackend)
    assert isinstance(many, VideoBackend)
    assert few.measure(8, 36, 64) == many.measure(8, 36, 64)
    assert few.measure(4, 36, 64)[0] < few.measure(8, 36, 64)[0]
    with pytest.raises(ModelError, match=r"1024 frames take \d+ of .* tokens.*fewer --frames or --pixels"):
        open_models(str(folder), device="cpu", frames=1024)


def test_more_pixels_take_more_tokens(checkpoint: Any) -> None:
    small, large = (
        open_models(str(checkpoint("qwen3_vl")), device="cpu", frames=4, pixels=pixels) for pixels in (1024, 16384)
    )
    assert small.image_size != large.image_size
    assert small.captioner is not None
    video = small.captioner
    assert isinstance(video, VideoBackend)
    assert video.measure(4, 24, 40)[0] < video.measure(4, 96, 160)[0]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda folder: (folder / "chat_template.jinja").unlink(), "has no chat template, so no question can be put"),
        (lambda folder: (folder / "chat_template.jinja").write_text("{{ messages[0].role }}"), "leaves out|cannot be"),
        (
            lambda folder: (folder / "chat_template.jinja").write_text(
                "{% for part in messages[0].content %}{{ part.text }}{% endfor %}"
            ),
            "template or processor cannot be used|no place for a video",
        ),
        (lambda folder: (folder / "chat_template.jinja").write_text("{{ messages"), "cannot be used"),
        (lambda folder: (folder / "processor_config.json").unlink(), "cannot read its processor|takes no video"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "cannot read its processor"),
        (lambda folder: (folder / "generation_config.json").write_text("{}"), "names no end token"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), "model.safetensors"),
    ],
)
def test_a_folder_that_lacks_something_is_one_line(
    checkpoint: Any, tmp_path: Path, change: Callable[[Path], Any], line: str
) -> None:
    folder = shutil.copytree(checkpoint("qwen3_vl"), tmp_path / "w")
    change(folder)
    with pytest.raises(CheckpointError, match=line) as caught:
        read_multimodal(folder)
    assert "\n" not in str(caught.value)


def test_a_missing_tensor_is_named(checkpoint: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(checkpoint("llava_onevision"), tmp_path / "w")
    weights = load_file(folder / "model.safetensors")
    gone = next(name for name in weights if "q_proj.weight" in name)
    save_file(
        {name: one for name, one in weights.items() if name != gone}, folder / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(
        CheckpointError, match=r"lacks tensors: .*q_proj\.weight; copy it again, or name another --model"
    ):
        read_multimodal(folder)
