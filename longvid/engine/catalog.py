"""What the name of a model means, and what a checkpoint says of itself.

A name is that of a bundled checkpoint, a folder or a hub id, in this order: `./storyfilm-tiny` is a folder, whatever is
bundled. A checkpoint may bring an LLM of its own in `writer/`, and in `card.json` say for which films it was made and
that it does not write. Knows no weights and no device.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from longvid.cogvlm2.adapters import DEEPEST, base_named, hash_of, is_adapter, read_adapter
from longvid.cogvlm2.checkpoint import fingerprint
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.estimates import LABELS, Label
from longvid.cogvlm2.geometry import Geometry, read_json
from longvid.cogvlm2.hub import locate
from longvid.engine.backends.files import PREFIX, directory_of, is_files
from longvid.engine.backends.none import NONE
from longvid.models import bundled
from longvid.text.shown import clean


@dataclass(frozen=True, slots=True)
class Whole:
    """What a name stands for: a whole checkpoint, and the LoRA adapters that are added to it, in this order."""

    folder: Path
    adapters: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What a checkpoint says of itself; the published ones say nothing."""

    made_for: str | None = None
    """The one kind of film that it understands, None where it was made for all."""
    writes: bool = True
    """False where it only watches."""
    label: Label | None = None
    """What it was trained to see after each frame, where that is not its number."""


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


def whole_of(folder: Path) -> Whole:
    """The checkpoint in `folder`; where an adapter lies there, what it belongs to, which is looked for on this machine
    alone: what a folder from anybody names is not fetched.

    Raises CheckpointError where that is not here, or adapters stand on one another in a circle.
    """
    adapters: list[Path] = []
    while is_adapter(folder):
        if len(adapters) == DEEPEST:
            raise CheckpointError(f"{folder}: over {DEEPEST} adapters stand on one another; merge them")
        adapters.append(folder)
        base = base_named(folder)
        if base is None:
            raise CheckpointError(f"{folder}: does not say what it is an adapter of; {_MERGING.format(folder)}")
        beside = folder / base
        try:
            folder = beside if beside.is_dir() else folder_of(base, download=False)
        except CheckpointError as error:
            raise CheckpointError(f"{folder} is an adapter of {base}: {error}; or {_MERGING.format(folder)}") from error
    return Whole(folder, tuple(reversed(adapters)))


def fingerprint_of(whole: Whole, geometry: Geometry) -> str:
    """What decides the answers of a checkpoint with its adapters, wherever they lie: 32 hex digits.

    Raises CheckpointError where the adapters do not belong to a model of this `geometry`.
    """
    found = fingerprint(whole.folder)
    for adapter in whole.adapters:
        read_adapter(adapter, geometry)
        found = hashlib.blake2b(f"{found} {hash_of(adapter)}".encode(), digest_size=16).hexdigest()
    return found


_MERGING = "longvid train merge {} --model MODEL -o DIR, with the model that it belongs to"


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
    """Whether the checkpoint in `folder` says that it is a CogVLM2-Video; an adapter says what it belongs to."""
    try:
        named = read_json(whole_of(folder).folder / "config.json").get("architectures")
    except CheckpointError:
        return False
    return isinstance(named, list) and "CogVLMVideoForCausalLM" in named


def llm_in(folder: Path) -> Path | None:
    """Who writes for the checkpoint in `folder`: the one that it brings, or itself; None where nobody does.

    Raises CheckpointError where what it brings is no such checkpoint.
    """
    here = folder
    folder = whole_of(folder).folder
    own = folder / "writer"
    if is_cogvlm2(own):
        return own
    if own.is_dir():
        raise CheckpointError(f"{own}: no CogVLM2-Video, by its config.json; put it right, or name a --llm")
    return here if read_card(here).writes else None


def read_card(folder: Path) -> Card:
    """The card of the checkpoint in `folder`; what it does not say in the expected way it does not say.

    An adapter without a card has that of what it belongs to. ms-swift writes no card, but args.json, and trains without
    labels.
    """
    swift = trained_by_swift(folder)
    try:
        said = read_json(folder / "card.json")
    except CheckpointError:
        try:
            said = read_json(whole_of(folder).folder / "card.json") if is_adapter(folder) else {}
        except CheckpointError:
            said = {}
    kind, label = said.get("made_for"), said.get("label")
    return Card(
        clean(kind, 60) or None if isinstance(kind, str) else None,
        said.get("writes") is not False,
        "none" if swift else label if label in ("index", "seconds", "none") else None,
    )


def label_of(folder: Path, asked: str | None) -> Label:
    """What is written after each frame: as it is `asked`, else as the checkpoint in `folder` was trained."""
    return next((one for one in (*LABELS, "none") if one == asked), None) or read_card(folder).label or "index"


def trained_by_swift(folder: Path) -> bool:
    """Whether ms-swift trained what lies in `folder`: by the args.json that it writes beside its weights."""
    try:
        said = read_json(folder / "args.json")
    except CheckpointError:
        return False
    return "swift_version" in said or str(said.get("model_type", "")).startswith("cogvlm2_video")


def kind_of(backend: object) -> str | None:
    """The one kind of film that `backend` was made for, as it says or its card does; None if it is for all."""
    folder, said = getattr(backend, "folder", None), getattr(backend, "made_for", None)
    return said or (read_card(folder).made_for if isinstance(folder, Path) else None)


def made_for_by(name: str, backend: object) -> dict[str, str]:
    """The one kind of film that the checkpoint behind `backend` was made for, by `name`; nothing if it is for all."""
    return {name: kind} if (kind := kind_of(backend)) else {}
