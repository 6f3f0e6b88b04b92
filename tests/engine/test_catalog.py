"""What the name of a model means: bundled before a folder, and what a checkpoint says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.errors import CheckpointError
from longvid.engine import catalog
from longvid.engine.catalog import Card, folder_of, is_folder, lasting, read_card
from longvid.models import bundled


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a bundled model called small; the working directory has a folder of that name too."""
    folder = tmp_path / "installed" / "small"
    folder.mkdir(parents=True)
    (tmp_path / "here" / "small").mkdir(parents=True)
    monkeypatch.setattr(catalog, "bundled", lambda: {"small": folder})
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_a_bundled_name_goes_before_a_folder_of_that_name(small: Path) -> None:
    assert folder_of("small") == small
    assert folder_of("./small").resolve() == Path.cwd() / "small"
    assert is_folder("small", small)
    assert not is_folder("./small", small)


def test_a_bundled_name_lasts_and_a_folder_lasts_as_its_whole_path(small: Path) -> None:
    Path("none").mkdir()
    assert lasting("small") == "small"
    assert lasting("none") == "none", "nobody writes, whatever folders there are"
    assert lasting("./small") == str(Path.cwd() / "small")
    assert lasting("owner/name") == "owner/name"


@pytest.mark.usefixtures("small")
def test_who_mistypes_a_name_is_told_of_the_bundled_ones() -> None:
    with pytest.raises(CheckpointError, match=r"smal: no such folder.* small, which comes with longvid$"):
        folder_of("smal")
    with pytest.raises(CheckpointError, match=r"owner/smal is not in the local cache") as caught:
        folder_of("owner/smal")
    assert "comes with" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "card"),
    [
        ('{"made_for": "StoryFilm", "writes": false}', Card("StoryFilm", False)),
        ('{"made_for": "Two\\n\\u001b[31mlines"}', Card("Two lines")),
        ('{"made_for": 3, "writes": "no"}', Card()),
        ('["made_for"]', Card()),
        ("{", Card()),
        (None, Card()),
    ],
)
def test_a_card_says_for_what_a_model_was_made_or_nothing(tmp_path: Path, said: str | None, card: Card) -> None:
    if said is not None:
        (tmp_path / "card.json").write_text(said)
    assert read_card(tmp_path) == card


def test_what_comes_with_the_package_is_whole_small_and_says_for_what_it_was_made() -> None:
    assert "storyfilm-tiny" in bundled()
    for folder in bundled().values():
        inspect(folder).require_complete()
        assert json.loads((folder / "card.json").read_text())["made_for"] == read_card(folder).made_for
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 25_000_000
