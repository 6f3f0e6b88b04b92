"""Large files from the hub that go on where they stopped, also in another process and on another day.

The hub's own client begins a file anew in every process, which for 5 GB is hours on a slow line. Here a part stays in
the cache, under the name of what it will be, and is asked for from its end on. Knows the layout of the cache and no
model; what goes wrong is explained by `hub`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CheckpointError

LARGE = ("*.safetensors", "*.bin")
"""Weights."""
PART = ".part"
"""End of the name of what is not whole yet."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the hub: its address, the name of its content (`etag`), its bytes, and where they go."""

    url: str
    etag: str
    size: int
    blob: Path

    @property
    def part(self) -> Path:
        return self.blob.with_name(self.blob.name + PART)

    @property
    def there(self) -> int:
        """Bytes that are here already."""
        return self.part.stat().st_size if self.part.exists() else 0


def fetch_large(name: str, files: Sequence[str], commit: str, cache: Path, endpoint: str | None) -> None:
    """Put the content of `files` of the model `name` at `commit` into the cache of the hub's client, which links it.

    On a terminal one bar tells how much is there, how fast it comes and how long it will take. Raises CheckpointError
    where the disk is too small and where what came is not what the hub has; and whatever the hub's client raises.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url, utils

    client: Any = utils
    folder = f"models--{name.replace('/', '--')}"
    headers = client.build_hf_headers()
    wanted = []
    for file in files:
        url = hf_hub_url(name, file, revision=commit, endpoint=endpoint)
        found = get_hf_file_metadata(url, headers=headers, endpoint=endpoint)
        # An etag comes from outside and becomes the name of a file.
        if found.size is None or not re.fullmatch(r"[\w\-]{1,128}", found.etag or ""):
            continue
        one = _File(url, str(found.etag), found.size, cache / folder / "blobs" / str(found.etag))
        if not one.blob.exists():
            wanted.append(one)
    if not wanted:
        return
    wanted[0].blob.parent.mkdir(parents=True, exist_ok=True)
    total, there = sum(one.size for one in wanted), sum(one.there for one in wanted)
    free = shutil.disk_usage(wanted[0].blob.parent).free
    if total - there > free:
        raise CheckpointError(
            f"{name}: {(total - there) / 1e9:.1f} GB are still to be fetched and {free / 1e9:.1f} GB are free on the "
            "disk: make room, or set HF_HOME to a larger disk"
        )
    with _bar(name, total, there) as bar:
        for one in wanted:
            _fetch(one, headers, cache / ".locks" / folder, bar)


def _bar(name: str, total: int, there: int) -> Any:
    """One bar for all files; it draws nothing where the bars of the hub's client draw nothing."""
    from huggingface_hub import utils

    client: Any = utils
    return client.tqdm(desc=name, total=total, initial=there, unit="B", unit_scale=True, unit_divisor=1000)


def _fetch(one: _File, headers: dict[str, Any], locks: Path, bar: Any) -> None:
    from filelock import FileLock
    from huggingface_hub.file_download import http_get

    class Share:
        """What the client takes for a bar of its own."""

        def __init__(self, *args: Any, **options: Any) -> None:
            """All that it would show is in the one bar."""

        def __enter__(self) -> Share:
            return self

        def __exit__(self, *error: object) -> None:
            """The one bar goes on."""

        def close(self) -> None:
            """The one bar goes on."""

        def update(self, count: float | None = 1) -> None:
            bar.update(count or 0)

    share: Any = Share
    locks.mkdir(parents=True, exist_ok=True)
    # Two processes that want the same: the second finds it whole.
    with FileLock(locks / f"{one.etag}.lock"):
        if one.blob.exists():
            return
        if one.there > one.size:
            one.part.unlink()
        begun = one.there
        with one.part.open("r+b" if begun else "wb") as file:
            file.seek(begun)
            http_get(
                one.url,
                file,
                resume_size=begun,
                headers=headers,
                expected_size=one.size,
                tqdm_class=share,
            )
        if begun and not _is_whole(one):
            one.part.unlink()
            raise CheckpointError("its parts do not fit together, and were removed: run again to fetch it anew")
        os.replace(one.part, one.blob)


def _is_whole(one: _File) -> bool:
    """Whether what came in parts is what the hub has; only content that is named by its SHA-256 can be told."""
    if not re.fullmatch(r"[0-9a-f]{64}", one.etag):
        return True
    digest = hashlib.sha256()
    with one.part.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest() == one.etag
