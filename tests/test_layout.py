"""The plan of the house: imports point one way, and importing is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "files": set(),
    "sentences": set(),
    "text": {"sentences"},
    "progress": set(),
    "cogvlm2": set(),
    "models": set(),
    "film": {"errors", "files"},
    "given": {"errors", "film", "text"},
    "output": {"text"},
    "run": {"errors", "files", "output"},
    "strategy": {"errors", "film", "text"},
    "engine": {"errors", "files", "text", "cogvlm2", "film", "given", "models", "run", "strategy"},
    "carry": {"engine", "errors", "film", "run", "strategy", "text"},
    "context": {"carry", "engine", "film", "given", "run", "strategy"},
    "reading": {"cogvlm2", "engine", "errors", "film", "run"},
    "reporting": {"engine", "errors", "film", "files", "output", "run", "strategy"},
    "pipeline": {
        "carry", "context", "engine", "errors", "files", "film", "given", "output", "progress", "reading", "reporting",
        "run", "strategy",
    },
    "testing": {"carry", "context", "engine", "errors", "film", "run", "strategy", "text"},
    "cli": {
        "", "carry", "cogvlm2", "engine", "errors", "files", "film", "given", "models", "output", "pipeline", "reading",
        "run", "strategy", "text",
    },
}  # fmt: skip
"""For each room of longvid, the rooms it may import; "" is the package itself (its version)."""


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(path: Path, package: str) -> set[str]:
    """Absolute names of all modules of longvid that the file at `path` imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]) if base else ".".join(above)
            # `from longvid import reading` imports a module; `from longvid.film import probe` a name of one.
            found |= {f"{base}.{alias.name}" for alias in node.names} if base == "longvid" else {base}
    return {name for name in found if name.split(".")[0] in ("longvid", "longvid_strategies", "longvid_benchmarks")}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py"))


@pytest.mark.parametrize("path", files(ROOT / "longvid"), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    here = parts[1]
    if here in ("__init__", "__main__"):
        assert imports(path, "longvid") <= {"longvid.cli"}
        return
    package = ".".join(parts[:-1])
    for name in imports(path, package):
        assert name.split(".")[0] == "longvid", f"{path} imports {name}"
        wanted = room(name) if room(name) in MAY_IMPORT else ""
        assert wanted == here or wanted in MAY_IMPORT[here], f"{here} may not import {name}"


def test_every_room_has_its_rule() -> None:
    rooms = {path.stem if path.is_file() else path.name for path in (ROOT / "longvid").iterdir()}
    assert rooms - {"__init__", "__main__", "__pycache__", "py"} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", files(ROOT / "strategies"), ids=lambda path: path.name)
def test_strategies_know_the_contract_alone(path: Path) -> None:
    for name in imports(path, "longvid_strategies"):
        assert name == "longvid.strategy" or name.startswith("longvid_strategies"), f"{path} imports {name}"


@pytest.mark.parametrize(
    "module", ["longvid", "longvid.cli", "longvid.film", "longvid.cogvlm2", "longvid.cogvlm2.estimates"]
)
def test_importing_is_cheap(module: str) -> None:
    heavy = ["torch", "transformers", "langgraph", "av", "cv2", "scenedetect", "pydantic"]
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
