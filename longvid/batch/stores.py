"""Films in object stores, named by addresses such as s3://bucket/film.mp4: found, known by their content, and fetched.

fsspec opens the stores, each by a package of its own that the user has installed. A film is known by a few parts of it,
as one on this machine is, so nothing is fetched to learn that it is done. Nothing that a store says is trusted: a name
there is no path here, and no more is fetched than it said before.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from longvid.errors import BatchError, FilmError
from longvid.text.shown import clean

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
STORES = ("s3", "gs", "az", "gcs", "abfs", "abfss", "file", "memory")
BLOCK = 8 << 20
"""Bytes that are fetched at once."""
AT_ONCE = 8
"""Films that are looked at at once."""
LONGEST = 100
"""Letters of a film's name that its file here has."""


def is_address(name: str) -> bool:
    """Whether `name` is an address, and no path."""
    return ADDRESS.match(name) is not None


def in_store(name: str) -> bool:
    """Whether `name` is the address of a film that is fetched."""
    found = ADDRESS.match(name)
    return found is not None and found[1].lower() in STORES


def require_store(address: str) -> None:
    """Raise ValueError where films are not fetched from where `address` is."""
    if not in_store(address) or "::" in address:
        raise ValueError(f"is an address, and films are fetched from {', '.join(STORES[:3])} alone; download it first")
    if not address.isprintable():
        raise ValueError("no film has such an address")


def place_of(address: str) -> Path:
    """Where below a folder the film at `address` is put: a name of ours, and one that its own is like."""
    return Path(
        hashlib.sha256(address.encode(errors="replace")).hexdigest()[:16], _harmless(address.rpartition("/")[2])
    )


def _harmless(name: str) -> str:
    kept = re.sub(r"[^\w. -]", "_", name)[-LONGEST:].lstrip(".").strip()
    return kept.encode(errors="replace")[-2 * LONGEST :].decode(errors="ignore") or "film"


@dataclass(frozen=True, slots=True)
class Found:
    """A film in a store."""

    address: str
    below: Path
    """Folder below the one that was named, of harmless names; empty where a film was."""
    inside: str
    """Its path below what was named, as the store has it; for patterns alone."""


def find(address: str) -> list[Found]:
    """What is at `address`: a film, all that is below a folder, or what fits a pattern; in order of their names.

    Raises BatchError where that is no store, or it does not answer.
    """
    import glob

    try:
        require_store(address)
    except ValueError as error:
        raise BatchError(f"{clean(address)}: {error}") from error
    try:
        store, path = _opened(address)
        if glob.has_magic(path):
            base = path[: re.search(r"[*?\[]", path).start()].rpartition("/")[0]  # type: ignore[union-attr]
            names = [name for name, told in store.glob(path, detail=True).items() if told.get("type") == "file"]
        elif store.isdir(path):
            base, names = path, store.find(path)
        else:
            return [Found(address, Path(), "")]
        found = []
        for name in sorted(map(str, names)):
            inside = PurePosixPath(name[len(base) :].lstrip("/"))
            below = Path(*(_harmless(part) for part in inside.parts[:-1]))
            found.append(Found(str(store.unstrip_protocol(name)), below, str(inside)))
        return found
    except Exception as error:  # of every store's own classes
        raise BatchError(f"{clean(address)}: {_line(error)}") from error


@dataclass(frozen=True, slots=True)
class Known:
    """What a film in a store is, by a few parts of it; or what is wrong with it."""

    fingerprint: str | None = None
    """As that of a film on this machine."""
    size: int = 0
    error: str = ""


def look(addresses: Iterable[str]) -> Mapping[str, Known]:
    """Which films those at `addresses` are; fetches about 3 MB of each."""
    wanted = list(dict.fromkeys(addresses))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(wanted, threads.map(_look, wanted), strict=True))


def _look(address: str) -> Known:
    from longvid.film.probing import digest, spans

    try:
        require_store(address)
        store, path = _opened(address)
        size = int(store.size(path) or 0)
        if size <= 0:
            return Known(
                error=f"{clean(address)}: is empty, or the store does not say how large it is; upload it again"
            )
        starts, ends = zip(*spans(size), strict=True)
        parts = store.cat_ranges([path] * len(starts), list(starts), list(ends))
        if any(len(part) != end - start for part, start, end in zip(parts, starts, ends, strict=True)):
            return Known(error=f"{clean(address)}: the store gives other parts than asked for; download the film first")
        return Known(digest(size, parts), size)
    except Exception as error:
        return Known(error=f"{clean(address)}: {_line(error)}")


def fetch(address: str, known: Known, path: Path, most: int, stop: threading.Event) -> None:
    """Have the film at `address` in the file at `path`, whole, unless it is there already.

    Raises FilmError where it is not `known`, larger than `most` bytes, or another by now, where the store does not give
    it or the disk does not take it, and where it is to `stop`.
    """
    from longvid.film import fingerprint

    where = clean(address)
    if known.fingerprint is None:
        raise FilmError(known.error)
    if known.size > most:
        raise FilmError(
            f"{where}: has {known.size / 1e9:.2f} GB and --ahead-gb lets {most / 1e9:.2f} GB be fetched; name more"
        )
    if path.is_file() and path.stat().st_size == known.size and fingerprint(path) == known.fingerprint:
        return
    draft = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store, name = _opened(address)
        left = known.size
        with store.open(name, "rb", block_size=BLOCK) as source, draft.open("wb") as target:
            while left and not stop.is_set() and (block := source.read(min(BLOCK, left))):
                target.write(block)
                left -= len(block)
        if stop.is_set():
            raise FilmError(f"{where}: is not fetched to its end; run again")
        if left or fingerprint(draft) != known.fingerprint:
            raise FilmError(f"{where}: is another film than when the batch began; run again")
        draft.replace(path)
    except FilmError:
        draft.unlink(missing_ok=True)
        raise
    except Exception as error:
        draft.unlink(missing_ok=True)
        raise FilmError(f"{where}: {_line(error)}") from error


def discard(path: Path) -> None:
    """Remove what was fetched to `path`."""
    shutil.rmtree(path.parent, ignore_errors=True)


def _opened(address: str) -> tuple[Any, str]:
    """The store of `address`, and the path in it."""
    import fsspec

    store, path = fsspec.core.url_to_fs(address)
    return store, str(path)


def _line(error: BaseException) -> str:
    """What is wrong, and what to do about it."""
    said = clean(str(error)) or type(error).__name__
    if isinstance(error, ImportError):
        return f"the package that opens such a store is missing ({said}); install it beside longvid"
    if isinstance(error, FileNotFoundError):
        return "the store has no such film; check the address"
    if isinstance(error, PermissionError):
        return f"the store lets nobody read it without rights ({said}); check your credentials"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be fetched ({error.strerror}); check the store, and the space on the disk"
    return f"the store does not give it ({type(error).__name__}: {said[:200]}); check the address and your credentials"
