"""What every test shares: nothing of the user's machine is seen, and one taught checkpoint serves a whole session.

Properties are tried with few examples in the suite and with many by `make slow` (`--hypothesis-profile many`), in both
without a deadline: the machine may be busy with other things.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.guard import sitecustomize as network

if TYPE_CHECKING:
    from tests.taught import Taught

network.install()

settings.register_profile("few", deadline=None, max_examples=30)
settings.register_profile("many", deadline=None, max_examples=500)
settings.load_profile("few")

OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
HOMES = {"HF_HOME": "hf", "XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data"}
HOMES |= {"XDG_STATE_HOME": "state"}
UNSET = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS")


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No network, no caches, logs or settings of the user, no colours, one thread in every child process.

    Holds for what reads the environment when it is used: longvid, platformdirs, and every child process. A test that
    tries to leave this machine fails, whoever swallowed the error.
    """
    home = tmp_path.with_name(f"{tmp_path.name}-home")
    notes = tmp_path.with_name(f"{tmp_path.name}-network")
    monkeypatch.setenv(network.NOTES, str(notes))
    guard = str(Path(network.__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [guard, os.environ.get("PYTHONPATH")])))
    for name, folder in HOMES.items():
        monkeypatch.setenv(name, str(home / folder))
    for name in OFFLINE:
        monkeypatch.setenv(name, "1")
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    no_network(notes)


def no_network(notes: Path) -> None:
    """Fail the test if the guard wrote to `notes`."""
    if notes.exists():
        pytest.fail(f"the test tried to leave this machine: {notes.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Small tensors gain nothing from threads, and workers side by side lose by them."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _few_collections() -> None:
    """What is imported stays to the end, so the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def _both_taught(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Taught, ...]:
    """The checkpoints of `teach`, trained once a session, whichever worker comes first."""
    from tests.films import make_film
    from tests.taught import TIGHT, WIDE, recall, teach

    base = tmp_path_factory.getbasetemp()
    # Each worker of pytest-xdist has a folder of its own in the session's.
    root = base.parent if hasattr(request.config, "workerinput") else base
    folder = root / "taught"
    with FileLock(root / "taught.lock"):
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            teach(folder, make_film(folder / "film.mp4"))
            (folder / "done").touch()
    return tuple(recall(variant.place(folder)) for variant in (WIDE, TIGHT))


@pytest.fixture(scope="session")
def taught(_both_taught: tuple[Taught, ...]) -> Taught:
    """A checkpoint that knows a film of six chunks by heart, at 2048 tokens. Read-only: copy what a test changes."""
    return _both_taught[0]


@pytest.fixture(scope="session")
def taught_tight(_both_taught: tuple[Taught, ...]) -> Taught:
    """The same with so few tokens that map-reduce has to collapse. Read-only."""
    return _both_taught[1]
