"""Finding a checkpoint: a folder, the cache of downloads, or the hub.

The hub is asked only for a model that the user named, only for weights, configuration, tokenizer and templates, and
only when that is allowed. Whatever goes wrong there is the world's fault, not the program's: it becomes one line with
the remedy that fits it. Knows what makes a checkpoint whole, nothing of what it holds.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import Any

from .checkpoint import shard_names
from .errors import CheckpointError
from .resuming import LARGE, fetch_large

WANTED = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]
"""Files that a model and its tokenizer may need; no code and no pickles. Templates and vocabularies have many names."""
UNWANTED = ["original/*", "consolidated*.safetensors"]
"""The same weights once more, in another program's layout."""
TOKENIZERS = ("tokenizer.json", "*.model", "vocab.*")
"""Any of these is a tokenizer."""

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.\-]*/[A-Za-z0-9][\w.\-]*")
_STATUS = {
    400: "does not understand what it is asked: check the name and HF_ENDPOINT",
    401: "has no such model, or shows it to some alone: check the name, or log in with `hf auth login`",
    403: "does not show it to this login: ask for access on its page, or log in as somebody who has it",
    404: "has no such model: check the name",
    429: "has been asked too often from here: wait some minutes, then run again",
}
_NO_ANSWER = "gave no usable answer: check the network (a page to log in to it?) and HF_ENDPOINT"


def locate(
    model: str | os.PathLike[str],
    *,
    download: bool = False,
    revision: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Path:
    """Find a checkpoint: a folder, or a hub id in the local cache, or, if allowed, on the hub.

    A model that lies whole in the cache is found without any request. HF_HUB_CACHE, HF_HOME, HF_HUB_OFFLINE and
    HF_ENDPOINT are honoured as they are set now.

    Args:
        model: a folder, or "owner/name".
        download: fetch what is not cached (`WANTED` only).
        revision: branch, tag or commit; only for a hub id.
        cache_dir: the hub's cache, where it is not the usual one.

    Raises:
        CheckpointError: nothing is there and nothing may or can be fetched; the message says what to do.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    name = os.fspath(model)
    if not is_hub_id(name):
        if "://" in name:
            raise CheckpointError(f"{name}: an address, not a hub id: write owner/name, the end of a model's address")
        raise CheckpointError(f"{name}: no such folder, and not a hub id such as owner/name: give one that exists")
    cache = Path(cache_dir) if cache_dir is not None else hub_cache()
    cached, lacks = _cached(name, revision, cache)
    if cached is not None and lacks is None:
        return cached
    state = "is not in the local cache" if cached is None else f"is only partly in the local cache ({lacks} is missing)"
    if not download or is_offline():
        why = "HF_HUB_OFFLINE is set" if download else "fetching was not allowed"
        raise CheckpointError(f"{name} {state} and {why}: fetch it with `hf download {name}`, or name a folder")
    fetched = fetch(name, cache, revision=revision)
    lacks = _lacks(fetched)
    if lacks is not None:
        raise CheckpointError(f"{name} was fetched and {lacks} is missing, on the hub too: name a model that is whole")
    return fetched


def is_hub_id(name: str) -> bool:
    """Whether `name` has the form owner/name."""
    return _HUB_ID.fullmatch(name) is not None


def hub_cache() -> Path:
    """The hub's cache on this machine, by HF_HUB_CACHE and HF_HOME as they are set now."""
    # Read now, not when huggingface_hub was imported: a caller may have set them since.
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def is_offline() -> bool:
    """Whether the hub may not be asked, by HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE as they are set now."""
    return any(
        os.environ.get(name, "").strip().upper() in {"1", "ON", "YES", "TRUE"}
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )


def _cached(name: str, revision: str | None, cache: Path) -> tuple[Path | None, str | None]:
    """Where the cache has `name`, None for nowhere, and what is missing there, None for nothing."""
    from huggingface_hub import snapshot_download

    try:
        found = Path(
            snapshot_download(
                name,
                revision=revision,
                cache_dir=cache,
                allow_patterns=WANTED,
                ignore_patterns=UNWANTED,
                local_files_only=True,
            )
        )
    except Exception as error:
        # Absent, misnamed or unreadable: to the caller all the same, it is not there. Of a download that was broken off
        # newer clients say where it is.
        part = getattr(error, "snapshot_path", None)
        return (Path(part), _lacks(Path(part)) or "a file") if isinstance(part, str | Path) else (None, None)
    return found, _lacks(found) or (None if _has_tokenizer(found) else "its tokenizer")


def _lacks(folder: Path) -> str | None:
    """The first file that a checkpoint needs and `folder` does not have; None for one that is whole."""
    if not (folder / "config.json").is_file():
        return "config.json"
    try:
        return next((shard for shard in shard_names(folder) if not (folder / shard).is_file()), None)
    except CheckpointError:
        # Another kind of checkpoint, or a broken one: whoever opens it says so.
        return None


def _has_tokenizer(folder: Path) -> bool:
    return any(path.is_file() for pattern in TOKENIZERS for path in folder.glob(pattern))


def fetch(name: str, cache: Path, *, revision: str | None = None, wanted: Sequence[str] = WANTED) -> Path:
    """Fetch the `wanted` files of `name` from the hub.

    Raises CheckpointError with the remedy that fits what went wrong.
    """
    endpoint = os.environ.get("HF_ENDPOINT") or None
    if endpoint is not None and not re.match(r"https?://[^/]", endpoint):
        raise CheckpointError(f"HF_ENDPOINT is {endpoint!r}, no address: write it with https://, or unset it")
    try:
        with _quiet():
            return _fetched(name, cache, revision, list(wanted), endpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{name} was not fetched: {error}") from error
    except Exception as error:
        # The client lets through the errors of whatever libraries it uses; none of them is a fault of ours.
        raise CheckpointError(f"{name} was not fetched: {_explained(error, revision)}") from error


def _fetched(name: str, cache: Path, revision: str | None, wanted: list[str], endpoint: str | None) -> Path:
    """Small files first, so that what is missing can be told; then weights, which go on where they stopped."""
    from huggingface_hub import HfApi, snapshot_download, utils

    client: Any = utils

    class Hidden(client.tqdm):  # type: ignore[misc]  # whatever the client's bars are
        """A bar that draws nothing: small files come at once, and of large ones `fetch_large` tells."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})

    def whole(unwanted: Sequence[str]) -> Path:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                cache_dir=cache,
                allow_patterns=wanted,
                ignore_patterns=list(unwanted),
                endpoint=endpoint,
                tqdm_class=Hidden,
            )
        )

    folder = whole([*UNWANTED, *LARGE])
    described = HfApi(endpoint=endpoint).model_info(name, revision=folder.name)
    names = [file.rfilename for file in described.siblings or ()]
    named = client.filter_repo_objects(names, allow_patterns=wanted, ignore_patterns=UNWANTED)
    large = list(client.filter_repo_objects(named, allow_patterns=list(LARGE)))
    if not large:
        return folder
    fetch_large(name, large, folder.name, cache, endpoint)
    return whole(UNWANTED)


@contextmanager
def _quiet() -> Iterator[None]:
    """Within it the hub's client logs nothing but errors, and draws its bars on a terminal alone."""
    from huggingface_hub import constants, utils

    client: Any = utils
    before = client.logging.get_verbosity()
    # Who sets HF_HUB_DISABLE_PROGRESS_BARS decides by it.
    hide = (
        constants.HF_HUB_DISABLE_PROGRESS_BARS is None
        and not client.are_progress_bars_disabled()
        and not sys.stderr.isatty()
    )
    client.logging.set_verbosity_error()
    if hide:
        client.disable_progress_bars()
    try:
        yield
    finally:
        client.logging.set_verbosity(before)
        if hide:
            client.enable_progress_bars()


_REACHED_BY = (
    "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "https_proxy", "http_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables that say how other machines are reached."""


def _explained(error: BaseException, revision: str | None) -> str:
    """What went wrong at the hub and what to do: by its status, else by the kind of the first error that has one."""
    chain = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    # By name: which HTTP library raises them depends on the client's version, and none of them is a dependency of ours.
    kinds = {kind.__name__ for link in chain for kind in type(link).__mro__}
    if "GatedRepoError" in kinds:
        return "the hub gives it only to who accepts its terms: do so on its page, then log in with `hf auth login`"
    if "RevisionNotFoundError" in kinds:
        return f"the hub has the model, but no revision {revision}: name another"
    for link in chain:
        status = getattr(getattr(link, "response", None), "status_code", None)
        if isinstance(status, int) and status >= 400:
            return f"the hub {_STATUS.get(status, _other(status))} (status {status})"
    for link in chain:
        # A library of the client's, in another language, has words for it alone.
        if (isinstance(link, OSError) and link.errno == ENOSPC) or os.strerror(ENOSPC) in str(link):
            return "the disk is full: make room, or set HF_HOME to a larger disk"
        if isinstance(link, OSError) and link.errno is not None and link.filename is not None:
            return f"{link.filename}: {link.strerror}: make it writable, or set HF_HOME to another folder"
    if "OfflineModeIsEnabled" in kinds:
        return "HF_HUB_OFFLINE is set: unset it"
    if "ProxyError" in kinds:
        return "the proxy did not let it through: check HTTPS_PROXY"
    if kinds & {"UnsupportedProtocol", "InvalidURL"}:
        return "the hub's address is none: check HF_ENDPOINT and the proxy"
    if "ConnectError" in kinds or "ConnectTimeout" in kinds:
        return "the hub cannot be reached: check the network and HF_ENDPOINT"
    if kinds & {"TimeoutException", "TimeoutError"}:
        return "the hub stopped answering: run again to go on, what was fetched is kept"
    if "TransportError" in kinds or "Consistency check failed" in str(error):
        return "the download broke off: run again to go on, what was fetched is kept"
    named = [name for name in _REACHED_BY if os.environ.get(name)]
    odd = any(isinstance(link, ImportError | FileNotFoundError) or "proxy" in str(link).lower() for link in chain)
    if named and (odd or "SSLError" in kinds):
        return f"the hub cannot be asked: put right or unset {', '.join(named)}"
    return f"the hub {_NO_ANSWER} ({type(error).__name__})"


def _other(status: int) -> str:
    if status >= 500:
        return "has a fault of its own: run again later"
    return "refuses: check the name, the login and HF_ENDPOINT"
