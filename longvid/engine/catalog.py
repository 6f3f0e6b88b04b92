"""What the name of a model means, and what a checkpoint says of itself.

A name is that of a bundled checkpoint, a folder or a hub id, in this order: `./storyfilm-tiny` is a folder, whatever is
bundled. A checkpoint may bring an LLM of its own in `writer/`, and in `card.json` say for which films it was made and
that it does not write. Knows no weights and no device.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.geometry import read_json
from longvid.cogvlm2.hub import locate
from longvid.engine.backends.files import PREFIX, directory_of, is_files
from longvid.engine.backends.none import NONE
from longvid.models import bundled
from longvid.text.shown import clean


@dataclass(frozen=True, slots=True)
class Card:
    """What a checkpoint says of itself; the published ones say nothing."""

    made_for: str | None = None
    """The one kind of film that it understands, None where it was made for all."""
    writes: bool = True
    """False where it only watches."""


def folder_of(model: str, *, download: bool = False) -> Path:
    """The folder of `model`. Raises CheckpointError where nothing is there and nothing may or can be fetched."""
    known = bundled()
    if model in known:
        return known[model]
    try:
        return locate(model, download=download)
    except CheckpointError as error:
        if "/" in model or not known:
            raise
        raise CheckpointError(f"{error}, or {' or '.join(known)}, which comes with longvid") from error


def lasting(name: str) -> str:
    """`name` so that it means the same from another working directory and, if bundled, in another installation."""
    if is_files(name):
        return f"{PREFIX}{directory_of(name)}"
    path = Path(name).expanduser()
    return str(path.resolve()) if name not in (NONE, *bundled()) and path.is_dir() else name


def is_folder(name: str, folder: Path) -> bool:
    """Whether `name` is that of the checkpoint in `folder`, be it bundled or any other folder."""
    path = bundled().get(name) or Path(name).expanduser()
    return path.is_dir() and path.resolve() == folder.resolve()


def is_cogvlm2(folder: Path) -> bool:
    """Whether the checkpoint in `folder` says that it is a CogVLM2-Video."""
    try:
        named = read_json(folder / "config.json").get("architectures")
    except CheckpointError:
        return False
    return isinstance(named, list) and "CogVLMVideoForCausalLM" in named


def llm_in(folder: Path) -> Path | None:
    """Who writes for the checkpoint in `folder`: the one that it brings, or itself; None where nobody does.

    Raises CheckpointError where what it brings is no such checkpoint.
    """
    own = folder / "writer"
    if is_cogvlm2(own):
        return own
    if own.is_dir():
        raise CheckpointError(f"{own}: no CogVLM2-Video, by its config.json; put it right, or name a --llm")
    return folder if read_card(folder).writes else None


def read_card(folder: Path) -> Card:
    """The card of the checkpoint in `folder`; what it does not say in the expected way it does not say."""
    try:
        said = read_json(folder / "card.json")
    except CheckpointError:
        return Card()
    kind = said.get("made_for")
    return Card(clean(kind, 60) or None if isinstance(kind, str) else None, said.get("writes") is not False)


def kind_of(backend: object) -> str | None:
    """The one kind of film that `backend` was made for, as it says or its card does; None if it is for all."""
    folder, said = getattr(backend, "folder", None), getattr(backend, "made_for", None)
    return said or (read_card(folder).made_for if isinstance(folder, Path) else None)


def made_for_by(name: str, backend: object) -> dict[str, str]:
    """The one kind of film that the checkpoint behind `backend` was made for, by `name`; nothing if it is for all."""
    return {name: kind} if (kind := kind_of(backend)) else {}
