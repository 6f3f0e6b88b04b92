"""What the tests of the small model share: a job of their own, and its tokenizer, in a blank checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid_benchmarks.training.sizes import write_blank


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are of training, the markers by which a run selects them being read after this."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("training")


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A captioner that has learnt nothing yet. Read-only."""
    folder = tmp_path_factory.mktemp("tiny") / "blank"
    write_blank(folder, "captioner", 0)
    return folder


@pytest.fixture(scope="session")
def processor(blank: Path) -> Any:
    from longvid.cogvlm2 import CogVLM2VideoProcessor

    return CogVLM2VideoProcessor.from_pretrained(blank)
