"""The plan of the house: imports point one way, without circles; files are short; importing is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOPS = {"longvid": ROOT, "longvid_strategies": ROOT / "strategies", "longvid_benchmarks": ROOT / "benchmarks"}
"""The packages, and the folder that each lies in."""

LOW = {"errors", "files", "text"}
DATA = LOW | {"film", "captions"}
WORK = DATA | {"cogvlm2", "models", "output", "run", "strategy"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "files": set(),
    "cogvlm2": set(),
    "models": set(),
    "text": {"files"},
    "output": {"text"},
    "run": {"errors", "files", "output"},
    "page": LOW | {"captions", "output", "run"},
    "film": LOW,
    "captions": LOW | {"film"},
    "speech": LOW | {"cogvlm2", "film", "run"},
    "strategy": DATA,
    "narrative": DATA,
    "engine": WORK - {"output"},
    "carry": DATA | {"engine", "narrative", "run", "strategy"},
    "pipeline": WORK | {"carry", "engine", "page", "speech"},
    "asking": WORK | {"engine", "pipeline"},
    "api": WORK | {"asking", "carry", "engine", "page", "pipeline", "speech"},
    "batch": WORK | {"api", "carry", "engine", "pipeline", "speech"},
    "mcp": WORK | {"", "api", "asking", "engine"},
    "testing": WORK | {"carry", "engine", "pipeline"},
    "training": WORK | {"engine", "pipeline"},
    "cli": WORK | {"", "api", "asking", "batch", "carry", "engine", "mcp", "page", "pipeline", "speech", "training"},
}
"""For each room of longvid, the rooms it may import; "" is the package itself (its version)."""
BENCHMARKS_MAY_IMPORT: dict[str, set[str]] = {
    "terminal": set(),
    "claiming": set(),
    "markdown": set(),
    "stats": set(),
    "storyfilm": set(),
    "oracle": {"storyfilm"},
    "compare": {"claiming", "markdown", "oracle", "stats", "storyfilm", "terminal"},
    "asking": {"compare", "markdown", "oracle", "storyfilm", "terminal"},
    "demo": {"storyfilm", "terminal"},
    "engine": {"compare", "ingest", "markdown", "precision", "terminal"},
    "fuzz": {"compare", "markdown", "terminal"},
    "ingest": {"compare", "markdown", "terminal"},
    "precision": {"claiming", "storyfilm", "terminal"},
    "published": {"claiming", "markdown", "storyfilm", "terminal"},
    "watch": {"claiming", "markdown", "published", "stats", "storyfilm", "terminal"},
    "training": {"claiming", "markdown", "oracle", "stats", "storyfilm", "terminal"},
    "tqa": {"claiming", "markdown", "published", "storyfilm", "terminal"},
    "cli": {"asking", "compare", "engine", "fuzz", "ingest", "precision", "published", "storyfilm", "terminal", "tqa"}
    | {"training", "watch"},
}
"""The same among the benchmarks, which may import whatever they measure."""
LONGEST = 400


def module_of(path: Path) -> str:
    """The dotted name of the module in the file at `path`."""
    top = next(top for top in TOPS.values() if top != ROOT and path.is_relative_to(top)) if _beside(path) else ROOT
    parts = path.relative_to(top).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _beside(path: Path) -> bool:
    return not path.is_relative_to(ROOT / "longvid")


MODULES = {module_of(path): path for package, top in TOPS.items() for path in sorted((top / package).rglob("*.py"))}


def imports(module: str) -> set[str]:
    """The modules of ours that `module` imports, anywhere in its file, also for types alone."""
    path, found = MODULES[module], set()
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from longvid.text import shown` imports a module, `from longvid.film import probe` a name of one.
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= (names & MODULES.keys()) | ({base} if names - MODULES.keys() else set())
    return {name for name in found if name.split(".")[0] in TOPS and name != module}


IMPORTS = {module: imports(module) for module in MODULES}


def room(module: str, rooms: dict[str, set[str]]) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in rooms else ""


def strays(package: str, rooms: dict[str, set[str]]) -> list[str]:
    """Imports from one room of `package` into another that its rules do not know."""
    found = []
    for module, names in IMPORTS.items():
        here = room(module, rooms)
        if module.split(".")[0] == package and here:
            inside = {name for name in names if name.split(".")[0] == package}
            found += [f"{module} -> {n}" for n in inside if room(n, rooms) not in {here} | rooms[here]]
    return found


def test_imports_point_one_way() -> None:
    assert strays("longvid", MAY_IMPORT) == []
    assert strays("longvid_benchmarks", BENCHMARKS_MAY_IMPORT) == []


def test_longvid_knows_nothing_of_what_stands_beside_it() -> None:
    for module, names in IMPORTS.items():
        if module.split(".")[0] == "longvid":
            assert {name.split(".")[0] for name in names} <= {"longvid"}, module
    assert IMPORTS["longvid"] | IMPORTS["longvid.__main__"] <= {"longvid.cli", "longvid.cli.main"}


def test_strategies_know_the_contract_and_the_reader_of_english_alone() -> None:
    for module, names in IMPORTS.items():
        if module.split(".")[0] == "longvid_strategies":
            ours = {name for name in names if name.split(".")[0] != "longvid_strategies"}
            assert ours <= {"longvid.strategy", "longvid.narrative"}, module


def test_there_are_no_circles() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_every_room_has_its_rule() -> None:
    for package, rooms in (("longvid", MAY_IMPORT), ("longvid_benchmarks", BENCHMARKS_MAY_IMPORT)):
        there = {name.split(".")[1] for name in MODULES if name.startswith(f"{package}.")}
        assert there - {"__main__"} == set(rooms)


def test_no_file_is_longer_than_one_idea() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_the_contract_of_strategies_stays_small() -> None:
    folder = ROOT / "longvid" / "strategy"
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.glob("*.py")) < 1500


@pytest.mark.parametrize(
    "module",
    ["longvid", "longvid.cli", "longvid.film", "longvid.speech", "longvid.cogvlm2", "longvid.cogvlm2.estimates"],
)
def test_importing_is_cheap(module: str) -> None:
    heavy = [
        "torch",
        "transformers",
        "langgraph",
        "av",
        "cv2",
        "scenedetect",
        "pydantic",
        "lemminflect",
        "faster_whisper",
    ]
    if module == "longvid.cli":
        # Half of what `--help` takes.
        heavy.append("numpy")
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
