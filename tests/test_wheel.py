"""The wheel, installed where nothing of the repository is: what it holds, and that the program works from it.

It is built and installed without a network: the build backend is in the extra `dev`, and the new environment sees the
dependencies where they are installed already.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.guard import sitecustomize as guard

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WITNESS = """
import atexit, json

def _note():
    imported = [[name, str(getattr(module, "__file__", ""))] for name, module in list(sys.modules.items())]
    with open({notes!r}, "a", encoding="utf-8") as file:
        file.write(json.dumps(imported) + "\\n")

atexit.register(_note)
"""
"""At the end of every Python of the new environment: the names and the files of all that it imported."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and sees the dependencies.

    Attributes:
        shared: folders in which the dependencies lie.
        customize: folder of the sitecustomize that every Python of it imports.
        notes: where that writes what was imported.
    """

    folder: Path
    shared: tuple[Path, ...]
    customize: Path
    notes: Path

    @property
    def scripts(self) -> Path:
        return self.folder / "bin"


def pip(*arguments: str | Path) -> None:
    """Run pip without a network and without settings of the user."""
    command = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    root = tmp_path_factory.mktemp("installed")
    folder = root / "venv"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip("--python", python, "install", "--no-deps", "--no-index", wheel)
    names = [re.split(r"[\[<>=!~; ]", line)[0] for line in PROJECT["dependencies"]]
    shared = tuple(sorted({Path(str(distribution(name).locate_file(""))) for name in names}))
    own = next(folder.glob("lib/python*/site-packages"))
    # Only a path: what these folders tell Python to add in their turn, as an editable longvid, is not added.
    (own / "dependencies.pth").write_text("".join(f"{path}\n" for path in shared), encoding="utf-8")
    customize, notes = root / "customize", root / "imported.txt"
    customize.mkdir()
    code = Path(guard.__file__).read_text(encoding="utf-8") + WITNESS.format(notes=str(notes))
    (customize / "sitecustomize.py").write_text(code, encoding="utf-8")
    return Installed(folder, shared, customize, notes)


@pytest.fixture
def run(installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(installed.customize))
    return Run(installed, empty)


@dataclass(frozen=True)
class Run:
    """Runs the installed `longvid` in an empty working directory."""

    installed: Installed
    folder: Path

    def __call__(self, *arguments: str | Path) -> str:
        """What it prints. It must end well, and import longvid from the wheel and nothing from the repository."""
        self.installed.notes.unlink(missing_ok=True)
        command = [str(self.installed.scripts / "longvid"), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        lines = self.installed.notes.read_text(encoding="utf-8").splitlines()
        imported = {(name, Path(file)) for line in lines for name, file in json.loads(line)}
        own = {path for name, path in imported if name.startswith("longvid")}
        assert own
        assert [path for path in own if not path.is_relative_to(self.installed.folder)] == []
        of_repository = {path for _, path in imported if path.is_relative_to(ROOT)}
        # The dependencies may be installed inside the repository.
        assert [path for path in of_repository if not any(map(path.is_relative_to, self.installed.shared))] == []
        return done.stdout


def test_it_holds_the_weights_of_the_small_model_and_not_its_training(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    sizes = {info.filename: info.file_size for info in zipfile.ZipFile(wheel).infolist()}
    assert [name for name in names if "training" in name or name.startswith("tests/")] == []
    for folder in ("longvid/models/storyfilm-tiny", "longvid/models/storyfilm-tiny/writer"):
        for name in ("model.safetensors", "config.json", "tokenizer.json", "card.json"):
            assert sizes[f"{folder}/{name}"] == (ROOT / folder / name).stat().st_size
    assert {"longvid/py.typed", "longvid_strategies/ledger/__init__.py", "longvid_benchmarks/demo.py"} <= set(names)


def test_it_knows_its_version(run: Run) -> None:
    assert PROJECT["version"] in run("--version")


def test_it_knows_the_strategies_that_come_with_it(run: Run) -> None:
    said = run("strategies", "list")
    assert [name for name in PROJECT["entry-points"]["longvid.strategies"] if name not in said] == []


def test_it_tells_what_the_machine_has(run: Run) -> None:
    assert "storyfilm-tiny" in run("doctor")


def test_the_demo_makes_a_film_and_a_summary_with_what_the_wheel_holds(run: Run, tmp_path: Path) -> None:
    run("demo", tmp_path / "demo")
    assert (tmp_path / "demo" / "summary.txt").read_text(encoding="utf-8").strip()
    assert list(run.folder.iterdir()) == []
