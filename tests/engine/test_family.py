"""The published checkpoints are known by name: their template, their size, and how they are asked."""

from __future__ import annotations

import json

import pytest

from longvid.engine.family import BYTES, FAMILY, GEOMETRY, resolve_template
from tests.cli.program import longvid


@pytest.mark.parametrize(
    ("model", "template"),
    [
        ("zai-org/cogvlm2-video-llama3-chat", "chat"),
        ("zai-org/cogvlm2-video-llama3-base", "base"),
        ("zai-org/cogvlm2-llama3-caption", "chat"),
        ("/models/CogVLM2-Video-Llama3-Base/", "base"),
        ("/cache/models--zai-org--cogvlm2-video-llama3-base/snapshots/aaaa", "base"),
        ("/models/cogvlm2-video-llama3-base/tuned/cogvlm2-video-llama3-chat-mine", "chat"),
        ("./model", "chat"),
        ("", "chat"),
    ],
)
def test_auto_takes_the_template_that_the_innermost_name_says(model: str, template: str) -> None:
    assert resolve_template(model, "auto") == template
    assert resolve_template(model, "vqa") == "vqa"


def test_all_of_the_family_have_the_published_sizes() -> None:
    frequencies = GEOMETRY.num_hidden_layers * GEOMETRY.head_dim // 2
    assert GEOMETRY.parameters == 12_507_530_496
    assert 2 * (GEOMETRY.parameters + frequencies) == BYTES
    assert {one.bytes for one in FAMILY.values()} == {BYTES}


@pytest.mark.parametrize("name", FAMILY)
def test_model_check_knows_what_is_published_before_it_is_fetched(name: str) -> None:
    ended = longvid("model", "check", name)
    assert ended.returncode == 1
    assert ended.stderr.endswith(f"or longvid model check {name} --download (25.0 GB)\n")
    assert f"  template: {FAMILY[name].template}\n" in ended.stdout
    assert f"  question: {FAMILY[name].question}\n" in ended.stdout
    assert "25.8 GB in bfloat16, 18.9 GB in int8, 15.9 GB in int4, 9.5 GB in int4-all" in ended.stdout


def test_of_others_it_knows_nothing() -> None:
    ended = longvid("model", "check", "some/model")
    assert (ended.returncode, ended.stdout) == (1, "")


def test_model_check_says_what_each_precision_needs() -> None:
    facts = json.loads(longvid("model", "check", "storyfilm-tiny", "--json").stdout)
    assert list(facts["precisions"]) == ["bfloat16", "int8", "int4", "int4-all"]
    assert facts["template"] == "chat"
