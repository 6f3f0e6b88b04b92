"""One run folder of each film text for a session; a test that changes one makes its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asking.runs import run_of


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the film text `harbour`."""
    return run_of("harbour", tmp_path_factory.mktemp("harbour"))
