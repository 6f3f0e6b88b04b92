"""What a wheel holds: the code, and the bundled models with all their files."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

from longvid import models

ROOT = Path(__file__).parent.parent
FILES = {"config.json", "tokenizer.json", "model.safetensors", "card.json"}


def test_the_folder_of_bundled_models_is_inside_a_package_of_the_wheel_and_not_ignored() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = table["tool"]["hatch"]["build"]["targets"]["wheel"]
    packages = [ROOT / name for name in wheel["packages"]]
    assert set(wheel) == {"packages"}, "nothing is left out of them"
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    bundled = models.bundled()
    assert bundled
    for folder in bundled.values():
        assert any(package in folder.parents for package in packages)
        assert {path.name for path in folder.iterdir()} >= FILES
        # What git ignores, the build leaves out.
        parts = {part for path in folder.rglob("*") for part in path.relative_to(ROOT).parts}
        assert not [(part, line) for part in parts for line in ignored if fnmatch(part, line)]
