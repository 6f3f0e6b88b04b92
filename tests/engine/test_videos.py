"""Which folders transformers is to open as a model that watches: by config.json, never by trying."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.engine import device as devices
from longvid.engine.models import open_models
from longvid.engine.videos import is_video, open_video, watches_video
from longvid.errors import ModelError
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid
from tests.engine.llms import make_llm, make_other
from tests.models.folders import named


@pytest.mark.parametrize(
    ("kind", "watches"),
    [
        ("qwen2_5_vl", True), ("qwen3_vl", True), ("qwen3_5", True), ("llava_onevision", True), ("internvl", True),
        ("glm4v", True), ("glm46v", True), ("smolvlm", True), ("video_llama_3", True), ("minicpmv4_6", True),
        ("gemma4", True), ("molmo2", True), ("qwen2_5_omni", True), ("llama", False), ("vjepa2", False), ("", False),
    ],
)  # fmt: skip
def test_the_type_in_the_configuration_decides(tmp_path: Path, kind: str, watches: bool) -> None:
    assert watches_video(named(tmp_path / "w", kind)) == watches


def test_cogvlm2_video_is_not_for_transformers_though_it_names_a_type(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "w")
    assert not is_video(folder)
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(said | {"model_type": "llama"}))
    assert not is_video(folder)
    assert not is_video(tmp_path / "nothing")


def test_one_that_takes_no_video_is_refused_by_its_name(tmp_path: Path) -> None:
    for folder, called in (
        (make_llm(tmp_path / "llm"), r"LlamaForCausalLM \(llama\)"),
        (make_other(tmp_path / "llava", "llava"), r"LlavaForConditionalGeneration \(llava\)"),
    ):
        with pytest.raises(ModelError, match=f"{called} takes no video; name another --model"):
            open_models(str(folder), device="cpu")


def test_a_folder_that_needs_code_of_its_own_is_refused(tmp_path: Path) -> None:
    folder = named(tmp_path / "w", "some_vl")
    said = json.loads((folder / "config.json").read_text()) | {"auto_map": {"AutoConfig": "own.Config"}}
    (folder / "config.json").write_text(json.dumps(said))
    (folder / "own.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(ModelError, match="it needs code of its own, which is never run"):
        open_video("some/model", folder, devices.choose("cpu", None), batch=1)


@pytest.mark.parametrize("option", [("--template", "vqa"), ("--label", "seconds")])
def test_templates_and_labels_are_those_of_the_model(tmp_path: Path, option: tuple[str, str]) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"no film")
    ended = longvid("caption", film, "--model", named(tmp_path / "w", "qwen3_vl"), *option)
    assert ended.returncode == 1
    assert f"has a chat template and time words of its own; leave out {option[0]}" in ended.stderr
