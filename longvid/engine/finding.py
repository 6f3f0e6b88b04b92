"""Where the checkpoint of a model lies: here already, or fetched once it is known that it fits.

Judges no files; of the published checkpoints it knows how large they are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.hub import hub_cache
from longvid.engine.catalog import folder_of
from longvid.engine.device import Device, gigabytes
from longvid.engine.family import published
from longvid.engine.fitting import settle
from longvid.errors import ModelError


def find(model: str, place: Device) -> Path:
    """The folder of `model`, fetched if it is a hub id that is not on this machine.

    A published checkpoint is fetched only if its weights fit into the memory of `place` and onto the disk.
    Raises ModelError with sizes and remedies.
    """
    try:
        return folder_of(model, download=False)
    except CheckpointError as missing:
        known = published(model)
        if known is None:
            try:
                return folder_of(model, download=True)
            except CheckpointError as error:
                raise ModelError(str(error)) from error
        settle(model, known.geometry, place)
        free = shutil.disk_usage(existing(hub_cache())).free
        if known.bytes > free:
            raise ModelError(
                f"{model} is not on this machine and its {gigabytes(known.bytes)} do not fit on the disk "
                f"({gigabytes(free)} free); set HF_HOME to a larger disk, or name a folder with --model"
            ) from missing
        try:
            return folder_of(model, download=True)
        except CheckpointError as error:
            raise ModelError(
                f"{error} ({gigabytes(known.bytes)} in all); or name a folder that holds it with --model"
            ) from error


def existing(path: Path) -> Path:
    """`path` or its nearest ancestor that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
