"""Finding a Whisper checkpoint (CTranslate2's layout): a folder, a size, a hub id; and whether it can be one.

Everything in a folder comes from outside and is checked before a library reads it. The hub is asked only for what the
user named. Knows no device and loads nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.hub import fetch, hub_cache, is_hub_id, is_offline
from longvid.errors import SpeechError
from longvid.files import parse_json, read_bytes
from longvid.speech.weights import require_whole
from longvid.text.shown import clean, shown

EXTRA = 'install it with `pip install "longvid[speech]"`'
WANTED = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
LARGEST = 64 << 20
"""Bytes of any file but the weights."""
MULTILINGUAL = 51_865
"""Entries in the vocabulary of a checkpoint that knows many languages; those for English alone have fewer."""
FEATURES = {
    "feature_size": (80, 128), "sampling_rate": (16_000,), "hop_length": (160,), "chunk_length": (30,), "n_fft": (400,)
}  # fmt: skip
"""What Whisper hears of a sound; other numbers are no Whisper's, and some would take all memory."""
HUB = {
    **{name: f"Systran/faster-whisper-{name}" for name in (
        "small", "small.en", "base", "base.en", "medium", "medium.en", "large-v3", "large-v2", "large-v1", "tiny",
        "tiny.en",
    )},
    **{name: f"Systran/faster-{name.replace('distil', 'distil-whisper')}" for name in (
        "distil-large-v3", "distil-large-v2", "distil-medium.en", "distil-small.en",
    )},
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "large": "Systran/faster-whisper-large-v3",
}  # fmt: skip
"""Published checkpoints by their sizes."""
ON_GPU = (
    "large-v3", "turbo", "large-v2", "distil-large-v3.5", "distil-large-v3", "medium", "distil-large-v2", "small",
    "medium.en", "distil-medium.en", "small.en", "distil-small.en", "base", "base.en", "tiny", "tiny.en", "large-v1",
)  # fmt: skip
ON_CPU = (
    "small", "base", "medium", "turbo", "small.en", "base.en", "distil-small.en", "distil-large-v3.5",
    "distil-large-v3", "medium.en", "distil-medium.en", "distil-large-v2", "large-v3", "large-v2", "large-v1", "tiny",
    "tiny.en",
)  # fmt: skip
"""Which of those on this machine is taken unasked: the best that is worth its time there."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint in a folder, checked.

    name   : what it is called, for people
    digest : hex; another for other weights, another vocabulary or configuration
    """

    name: str
    folder: Path
    multilingual: bool
    digest: str


def installed() -> bool:
    """Whether the extra is here; nothing of it is loaded."""
    return find_spec("faster_whisper") is not None


def find(name: str) -> Checkpoint:
    """The checkpoint called `name`: a folder, a size such as "small", or a hub id; fetched where it is not here.

    Raises SpeechError where nothing is there and nothing may or can be fetched, or where it is no checkpoint.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return inspect(folder, clean(folder.resolve().name, 80))
    hub_id = HUB.get(name, name)
    if not is_hub_id(hub_id):
        sizes = ", ".join(size for size in ("tiny", "base", "small", "medium", "turbo", "large-v3"))
        raise SpeechError(f"{clean(name)}: no such folder, and neither a hub id nor a size; sizes are {sizes}")
    cache = hub_cache()
    here = _cached(hub_id, cache)
    if here is None:
        if is_offline():
            raise SpeechError(
                f"{hub_id} is not on this machine and HF_HUB_OFFLINE is set; fetch it with `hf download {hub_id}`, or "
                "name a folder"
            )
        try:
            here = fetch(hub_id, cache, wanted=WANTED)
        except CheckpointError as error:
            raise SpeechError(str(error)) from error
    return inspect(here, hub_id)


def here(*, gpu: bool) -> Iterator[tuple[str, Path]]:
    """Hub ids and folders of the published checkpoints that lie on this machine already, the best for it first."""
    cache = hub_cache()
    for size in ON_GPU if gpu else ON_CPU:
        folder = _cached(HUB[size], cache)
        if folder is not None:
            yield HUB[size], folder


def inspect(folder: Path, name: str) -> Checkpoint:
    """What lies in `folder`. Raises SpeechError, with what is wrong, where faster-whisper could not use it, or would
    fetch a part that is missing."""
    known = (folder / "vocabulary.json", folder / "vocabulary.txt")
    vocabulary = next((path for path in known if path.exists()), None)
    for needed in (folder / "config.json", folder / "model.bin", folder / "tokenizer.json", vocabulary):
        if needed is None or not needed.exists():
            lacks = needed.name if needed is not None else "vocabulary.json"
            raise SpeechError(
                f"{shown(folder)}: no Whisper checkpoint for faster-whisper ({lacks} is missing); name one that is "
                "converted for CTranslate2"
            )
    digest = hashlib.blake2b(digest_size=16)
    for path in ("config.json", "tokenizer.json", "preprocessor_config.json"):
        value, data = _object(folder / path)
        digest.update(hashlib.blake2b(data).digest())
        if path.startswith("preprocessor"):
            _require_features(folder / path, value)
    assert vocabulary is not None
    words = _read(vocabulary)
    entries = len(_list(vocabulary, words)) if vocabulary.suffix == ".json" else words.count(b"\n")
    digest.update(hashlib.blake2b(words).digest())
    require_whole(folder / "model.bin", "WhisperSpec")
    digest.update(_sampled(folder / "model.bin"))
    return Checkpoint(name, folder, entries >= MULTILINGUAL, digest.hexdigest())


def _cached(hub_id: str, cache: Path) -> Path | None:
    """Where the cache has the checkpoint whole, or None."""
    if not (cache / f"models--{hub_id.replace('/', '--')}").is_dir():
        return None
    from huggingface_hub import snapshot_download

    try:
        found = Path(snapshot_download(hub_id, cache_dir=cache, allow_patterns=list(WANTED), local_files_only=True))
    except Exception:  # absent, broken off or unreadable: it is not there
        return None
    whole = all((found / name).is_file() for name in ("config.json", "model.bin", "tokenizer.json"))
    return found if whole and any(found.glob("vocabulary.*")) else None


def _object(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON object in a file, and its bytes; empty where there is no such file."""
    if not path.exists():
        return {}, b""
    data = _read(path)
    try:
        value = parse_json(data)
    except ValueError as error:
        raise SpeechError(f"{shown(path)}: is no JSON ({clean(str(error))}); copy it again") from error
    if not isinstance(value, dict):
        raise SpeechError(f"{shown(path)}: is no JSON object; copy it again")
    return value, data


def _list(path: Path, data: bytes) -> list[Any]:
    try:
        value = parse_json(data)
    except ValueError as error:
        raise SpeechError(f"{shown(path)}: is no JSON ({clean(str(error))}); copy it again") from error
    if not isinstance(value, list):
        raise SpeechError(f"{shown(path)}: is no list of words; copy it again")
    return value


def _require_features(path: Path, value: dict[str, Any]) -> None:
    for name, known in FEATURES.items():
        if name in value and value[name] not in known:
            raise SpeechError(f"{shown(path)}: {name} is {clean(repr(value[name]), 40)}, which no Whisper has")


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path, LARGEST)
    except OSError as error:
        raise SpeechError(f"{shown(path)}: cannot be read ({error.strerror}); name another checkpoint") from error
    except ValueError as error:
        raise SpeechError(f"{shown(path)}: {error}; name another checkpoint") from error


def _sampled(path: Path) -> bytes:
    """A digest of a large file by its size and 64 parts of it, in no time."""
    digest = hashlib.blake2b()
    with path.open("rb") as file:
        size = path.stat().st_size
        digest.update(str(size).encode())
        for part in range(64):
            file.seek(size * part // 64)
            digest.update(file.read(1 << 14))
    return digest.digest()
