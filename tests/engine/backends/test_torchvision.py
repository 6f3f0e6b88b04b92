"""A torchvision that is missing, or built for another torch, is one line with the command that helps."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest

from longvid.engine.backends.torchvision import fitting, require_torchvision
from longvid.errors import ModelError
from tests.cli.program import longvid
from tests.films import make_film
from tests.models.folders import named


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A torchvision that fails as one does beside another build of torch."""
    package, described = tmp_path / "site" / "torchvision", tmp_path / "site" / "torchvision-0.28.0.dist-info"
    package.mkdir(parents=True)
    described.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not\\nexist')")
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: torchvision\nVersion: 0.28.0\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path / "site")


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


@pytest.mark.parametrize(
    ("torch", "wanted"), [("2.6.0", "0.21"), ("2.13.0+cpu", "0.28"), ("2.14.1", "0.29"), ("2.10.0a0+git", "0.25")]
)
def test_the_release_that_fits_follows_from_that_of_torch(torch: str, wanted: str) -> None:
    assert fitting(torch) == f"torchvision=={wanted}.*"


@pytest.mark.usefixtures("missing")
def test_where_it_is_missing_the_line_names_the_extra() -> None:
    with pytest.raises(ModelError, match=r"not installed: pip install 'longvid\[video\]'") as caught:
        require_torchvision("some/model")
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("broken")
def test_where_it_does_not_fit_the_line_says_what_fails_and_how_to_take_a_pair() -> None:
    with pytest.raises(ModelError, match=r"torchvision 0\.28\.0 does not fit torch 2\.") as caught:
        require_torchvision("some/model")
    said = str(caught.value)
    assert "operator torchvision::nms does not exist" in said
    assert "pip install --force-reinstall 'torch===2." in said
    assert "\n" not in said


@pytest.mark.usefixtures("broken")
def test_it_is_told_before_the_film_is_touched(tmp_path: Path) -> None:
    folder, film = named(tmp_path / "qwen", "qwen3_vl"), make_film(tmp_path / "film.mp4", chunks=1)
    ended = longvid("summarize", film, "--model", folder, "--llm", "none")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("longvid: error: qwen needs torchvision for its pictures, and torchvision 0.28.0")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "film.longvid").exists()
    checked = longvid("model", "check", folder)
    assert (checked.returncode, checked.stderr) == (1, ended.stderr)
