"""What the tests of the small model share: its tokenizer, in a blank checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from longvid_benchmarks.tiny.sizes import write_blank


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A watcher that has learnt nothing yet. Read-only."""
    folder = tmp_path_factory.mktemp("tiny") / "blank"
    write_blank(folder, "watcher", 0)
    return folder


@pytest.fixture(scope="session")
def processor(blank: Path) -> Any:
    from longvid.cogvlm2 import CogVLM2VideoProcessor

    return CogVLM2VideoProcessor.from_pretrained(blank)
