"""What a wheel holds: the code, and the bundled models with all their files; and what it needs beside."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

from longvid import models

ROOT = Path(__file__).parent.parent
FILES = {"config.json", "tokenizer.json", "model.safetensors", "card.json"}


def test_the_folder_of_bundled_models_is_inside_a_package_of_the_wheel_and_not_ignored() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = table["tool"]["hatch"]["build"]["targets"]["wheel"]
    packages = [ROOT / name for name in wheel["packages"]]
    assert wheel["exclude"] == ["benchmarks/longvid_benchmarks/training"], "nothing else is left out of them"
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    bundled = models.bundled()
    assert bundled
    for folder in bundled.values():
        assert any(package in folder.parents for package in packages)
        assert {path.name for path in folder.iterdir()} >= FILES
        # What git ignores, the build leaves out.
        parts = {part for path in folder.rglob("*") for part in path.relative_to(ROOT).parts}
        assert not [(part, line) for part in parts for line in ignored if fnmatch(part, line)]


def test_every_distribution_that_is_imported_is_declared() -> None:
    """What is imported anywhere in the wheel is a dependency of it, in the benchmarks also of the extra `bench`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    optional = declared(extras["langchain"]) | declared(extras["speech"]) | declared(extras["video"])
    optional |= declared(extras["mcp"]) | declared(extras["train"]) | declared(extras["ray"])
    longvid = declared(project["dependencies"]) | optional
    # The package of a store, s3fs or gcsfs, brings fsspec with it.
    assert undeclared(ROOT / "longvid", longvid) == {"fsspec"}
    assert undeclared(ROOT / "strategies", longvid) == set()
    # Our models for lmms-eval are loaded by it, and by nobody else.
    assert undeclared(ROOT / "benchmarks", longvid | declared(extras["bench"])) == {"lmms_eval"}


def declared(requirements: list[str]) -> set[str]:
    return {canonical(re.split(r"[\[<>=!~; ]", line)[0]) for line in requirements}


def undeclared(folder: Path, declared: set[str]) -> set[str]:
    """Modules that the files below `folder` import, anywhere in them, and that none of the `declared` brings."""
    modules = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                modules.add(node.module)
    tops = {name.split(".")[0] for name in modules} - sys.stdlib_module_names
    bring = packages_distributions()
    # A module may be brought by several distributions; one that is not installed, as LangChain here, has its own name.
    return {
        name
        for name in tops
        if not name.startswith("longvid") and not declared & {canonical(brings) for brings in bring.get(name, [name])}
    }


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
