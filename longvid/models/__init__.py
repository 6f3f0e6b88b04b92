"""The checkpoints that come with the package, by name: each is a folder of this one. Opens none of them."""

from __future__ import annotations

from pathlib import Path


def bundled() -> dict[str, Path]:
    """Name -> folder of every checkpoint that is there without a download; empty where none was installed."""
    here = Path(__file__).parent
    return {path.name: path for path in sorted(here.iterdir()) if (path / "config.json").is_file()}
