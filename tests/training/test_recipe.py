"""Recipes: the published ones come with longvid, files stand on them, and what makes no sense is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.errors import TrainingError
from longvid.training.recipe import NAMES, Recipe, read_recipe, text_of


def test_the_published_rates_are_those_of_the_named_recipes() -> None:
    assert read_recipe("instruction").learning_rate == 4e-6
    assert read_recipe("temporal-grounding").learning_rate == 1e-6
    assert (read_recipe("instruction").method, read_recipe("instruction").vision_rate) == ("full", 0.1)
    assert (read_recipe("lora").method, read_recipe("preference").method) == ("lora", "lora")


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_a_recipe_has_its_source(name: str) -> None:
    settings = [line for line in text_of(name).splitlines() if "=" in line and not line.startswith(("#", "base"))]
    assert settings
    assert all("  # " in line for line in settings)


def test_a_file_stands_on_another_and_settings_go_over_it(tmp_path: Path) -> None:
    (tmp_path / "below.toml").write_text('base = "lora"\nlora_rank = 16\n')
    (tmp_path / "own.toml").write_text('base = "below.toml"\nbatch = 2\n')
    found = read_recipe(str(tmp_path / "own.toml"), ["learning_rate=1", 'lora_parts=["vision"]', "label=none"])
    assert (found.lora_rank, found.batch, found.learning_rate, found.lora_alpha) == (16, 2, 1.0, 32.0)
    assert (found.lora_parts, found.label) == (("vision",), "none")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rank = 3", "no setting 'rank'"),
        ("batch = 0", "batch is 0, not within 1 to 4096"),
        ("batch = true", "which is no int"),
        ("batch = 1.5", "which is no int"),
        ('method = "qlora"', "choose full, lora"),
        ("lora_parts = []", "names nothing"),
        ('lora_parts = ["head"]', "choose attention, mlp"),
        ("learning_rate = nan", "not within"),
        ("base = 3", "no name of a recipe"),
        ('base = "own.toml"', "in a circle"),
        ("= 3", "no recipe"),
    ],
)
def test_what_makes_no_recipe_is_one_line_with_the_setting(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(TrainingError, match=said) as caught:
        read_recipe(str(tmp_path / "own.toml"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_names_the_recipes_that_are() -> None:
    with pytest.raises(TrainingError, match=r"nothing\.toml: no recipe .*instruction"):
        read_recipe("nothing.toml")
    with pytest.raises(TrainingError, match="write KEY=VALUE"):
        read_recipe("lora", ["batch"])
    assert Recipe().as_json["lora_parts"] == ["attention", "mlp"]
