"""A checkpoint on disk: judging it and telling it from another, before a single tensor is loaded.

Only JSON and the headers of safetensors files are read; pickles and code are never opened. Knows no torch and no hub.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from .errors import CheckpointError
from .geometry import Geometry, read_json
from .precision import memory

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"

FLOATS = {"F32": 4, "F16": 2, "BF16": 2}
"""Bytes a number takes, by the dtype that a safetensors header names; nothing else is accepted as a weight."""

_HEADER_LIMIT = 100_000_000
_SAMPLE = 256
_QUANTISED = (
    ".absmax", ".quant_map", ".quant_state", ".SCB", ".qweight", ".qzeros", ".weight_packed", ".weight_scale",
    ".weight_scale_inv", ".input_scale",
)  # fmt: skip
"""Ends of the names of tensors that belong to quantised weights: of bitsandbytes, GPTQ, AWQ, compressed and FP8."""


@dataclass(frozen=True, slots=True)
class CheckpointReport:
    """What a folder holds, read from headers alone.

    Attributes:
        folder: where it lies.
        geometry: the sizes in its config.json.
        parameters: weights that the model of these sizes has.
        tensor_bytes: bytes of all tensors found.
        dtypes: (dtype, number of tensors), the most frequent first.
        shards: names of the safetensors files, in order.
        missing: tensors that the model needs and no shard holds.
        surplus: tensors that the model does not know, or that are there twice.
        misshapen: "name: found, expected" for tensors of another shape or of no floating dtype.
        broken: "file: what is wrong" for shards that are missing, cut off or damaged.
    """

    folder: Path
    geometry: Geometry
    parameters: int
    tensor_bytes: int
    dtypes: tuple[tuple[str, int], ...]
    shards: tuple[str, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    misshapen: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not (self.broken or self.misshapen or self.missing or self.surplus)

    def require_complete(self) -> None:
        """Raise for the first kind of fault there is.

        Raises:
            CheckpointError: one line that names what is wrong, and how much more of it there is.
        """
        faults = (
            ("broken shard", self.broken),
            ("misshapen tensor", self.misshapen),
            ("missing tensor", self.missing),
            ("surplus tensor", self.surplus),
        )
        for kind, names in faults:
            if names:
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                raise CheckpointError(f"{self.folder}: {kind}: {'; '.join(names[:3])}{more}")


def inspect(folder: str | os.PathLike[str]) -> CheckpointReport:
    """Judge a checkpoint from its config and the headers of its shards.

    Raises:
        CheckpointError: it is no CogVLM2-Video checkpoint in safetensors at all: no or bad config, no or bad index,
            an index that points elsewhere, pickles only, quantised weights. Faults of single tensors and shards are in
            the report.
    """
    folder = Path(folder)
    config = read_json(folder / "config.json")
    geometry = Geometry.from_dict(config, str(folder / "config.json"))
    expected = geometry.tensors()
    found: dict[str, Stored] = {}
    surplus: list[str] = []
    broken: list[str] = []
    shards = shard_names(folder)
    for shard in shards:
        try:
            tensors = read_header(folder / shard)
        except CheckpointError as error:
            broken.append(f"{shard}: {error}")
            continue
        for name, stored in tensors.items():
            if name in found:
                surplus.append(f"{name} (again in {shard})")
            found.setdefault(name, stored)
    floats = all(stored.dtype in FLOATS for name, stored in found.items() if name in expected)
    # What the config says of whole floats is not believed: they are read as they are.
    if (method := quantised(config, found)) and (quantised({}, found) or not floats):
        raise CheckpointError(f"{folder}: {no_quantised(method)}")
    surplus += [name for name in found if name not in expected]
    # A broken shard is the cause: naming each of its tensors beside it would bury it.
    missing = [] if broken else [name for name in expected if name not in found]
    misshapen = [
        f"{name}: {stored.dtype} {list(stored.shape)}, expected floats {list(expected[name])}"
        for name, stored in found.items()
        if name in expected and (stored.shape != expected[name] or stored.dtype not in FLOATS)
    ]
    return CheckpointReport(
        folder=folder,
        geometry=geometry,
        parameters=geometry.parameters,
        tensor_bytes=sum(stored.end - stored.begin for stored in found.values()),
        dtypes=tuple(Counter(stored.dtype for stored in found.values()).most_common()),
        shards=tuple(shards),
        missing=tuple(missing),
        surplus=tuple(surplus),
        misshapen=tuple(misshapen),
        broken=tuple(broken),
    )


def quantised(config: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """How the weights of a checkpoint are quantised, by its config and its tensors' names; None for not at all."""
    for key in ("quantization_config", "compression_config"):
        described = config.get(key)
        if isinstance(described, Mapping) and described:
            method = described.get("quant_method")
            bits = next((word for word in ("4bit", "8bit") if described.get(f"load_in_{word}") is True), None)
            return method[:40] if isinstance(method, str) else bits or "in a way that it does not name"
    mark = next((mark for name in names for mark in _QUANTISED if name.endswith(mark) or f"{mark}." in name), None)
    return None if mark is None else f"it has tensors called *{mark}"


def no_quantised(method: str) -> str:
    """What to say of a checkpoint quantised by `method`."""
    return f"its weights are quantised ({method}) and only float32, float16 and bfloat16 are read; name one that is not"


def tensors_in(folder: Path) -> dict[str, Stored]:
    """Every tensor in the safetensors files of `folder`, by their headers, whatever model they are of.

    Raises CheckpointError where there are none, and for a file that is missing or not whole, by its name.
    """
    return {name: stored for name, (_, stored) in _stored(folder).items()}


def _stored(folder: Path) -> dict[str, tuple[Path, Stored]]:
    found: dict[str, tuple[Path, Stored]] = {}
    for shard in shard_names(folder):
        path = folder / shard
        try:
            found |= {name: (path, stored) for name, stored in read_header(path).items()}
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from error
    return found


def memory_needed(
    report: CheckpointReport,
    dtype: str = "bfloat16",
    *,
    batch: int = 1,
    tokens: int | None = None,
    vision_batch_size: int = 24,
    streamed: bool = False,
    waiting_layers: int = 0,
) -> int:
    """Bytes that a model needs on its device to serve a batch: an estimate from above for sdpa or flash attention.

    weights      parameters * w, or what `precision.weight_bytes` says where some are quantised or wait
    cache        batch * tokens * 2 * layers * kv_heads * head_dim * w            (131,072 B a token as published)
    prefill      batch * tokens * (4 * hidden + 3 * intermediate) * w             (residual, branch, gate, up, product)
    vision       f * (patches + 1) * (5 * width + 2 * inner) * w, f = vision_batch_size; plus the encoded frames
    logits       batch * vocabulary * (w + 4)                                     (the last position only)
    unpacked     the largest quantised matrix * w
    total        weights + cache + max(prefill, vision) + logits + unpacked

    w is the bytes of a number that is computed with. The allocator's own slack (commonly 5 %) is not in it.

    Args:
        dtype: float32, float16, bfloat16, int8, int4 or int4-all.
        batch: prompts at a time.
        tokens: length of each, prompt and answer; `max_position_embeddings` if not given.
        streamed: the layers of the vision tower lie in main memory.
        waiting_layers: so many layers of the decoder do.

    Raises:
        ValueError: an unknown dtype.
    """
    return memory(
        report.geometry,
        dtype,
        batch=batch,
        tokens=tokens,
        vision_batch_size=vision_batch_size,
        streamed=streamed,
        waiting_layers=waiting_layers,
    )


def fingerprint(folder: str | os.PathLike[str]) -> str:
    """A fingerprint of what decides the answers of a checkpoint, wherever it lies: 32 hex digits.

    Hashes config.json, tokenizer.json, the header of every shard and three samples of 256 bytes of every tensor. It
    reads about a megabyte of 25 GB: a tensor that was replaced is seen, a few numbers changed inside one may not be.

    Raises:
        CheckpointError: a shard is missing or damaged, or there is no checkpoint.
    """
    folder = Path(folder)
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(read_json(folder / "config.json"), sort_keys=True).encode())
    tokenizer = folder / "tokenizer.json"
    if tokenizer.is_file():
        digest.update(hashlib.blake2b(tokenizer.read_bytes()).digest())
    # By tensor name, so that sharding does not count.
    for name, (path, stored) in sorted(_stored(folder).items()):
        digest.update(f"{name} {stored.dtype} {stored.shape}".encode())
        with path.open("rb") as file:
            for start in stored.samples():
                file.seek(start)
                digest.update(file.read(min(_SAMPLE, stored.end - start)))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor in a shard: its bytes lie in [begin, end) of the file; the dtype is the header's word for it."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    def samples(self) -> Iterator[int]:
        yield from sorted({self.begin, (self.begin + self.end) // 2, max(self.begin, self.end - _SAMPLE)})


def shard_names(folder: Path) -> list[str]:
    """Names of the safetensors files that make up the weights in `folder`, in order.

    Raises CheckpointError where there are none, and for an index that is damaged or points elsewhere.
    """
    index = folder / INDEX
    if not index.is_file():
        if (folder / SINGLE).is_file():
            return [SINGLE]
        pickles = sorted(path.name for path in folder.glob("*.bin")) + sorted(path.name for path in folder.glob("*.pt"))
        if pickles:
            raise CheckpointError(f"{folder}: holds pickles only ({pickles[0]}): they are never loaded, convert them")
        raise CheckpointError(f"{folder}: no {INDEX} and no {SINGLE}: not a safetensors checkpoint")
    weights = read_json(index).get("weight_map")
    if not isinstance(weights, dict) or not weights:
        raise CheckpointError(f"{index}: weight_map is missing or empty")
    for shard in weights.values():
        # A plain name of this folder, nothing else: an index comes from outside.
        if not isinstance(shard, str) or not re.fullmatch(r"[\w\-][\w.\-]*\.safetensors", shard):
            raise CheckpointError(f"{index}: {str(shard)[:80]!r} is no plain safetensors file name of this folder")
    return sorted(set(weights.values()))


def read_header(path: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file, after checking that every byte they claim is there."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # Opening a pipe would wait for a writer that never comes.
            raise CheckpointError("is no regular file")
        size = status.st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _HEADER_LIMIT):
                raise CheckpointError("cut off or no safetensors file: its header is not whole")
            header: Any = json.loads(file.read(length))
    except FileNotFoundError as error:
        raise CheckpointError("the file is missing") from error
    except OSError as error:
        raise CheckpointError(f"cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError("its header is not valid JSON") from error
    if not isinstance(header, dict):
        raise CheckpointError("its header is no JSON object")
    tensors: dict[str, Stored] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            tensors[name] = _entry(name, entry, 8 + length)
    end = max((stored.end for stored in tensors.values()), default=8 + length)
    if end > size:
        raise CheckpointError(f"cut off: {size} bytes of {end}")
    return tensors


def _entry(name: str, entry: object, data: int) -> Stored:
    if isinstance(entry, Mapping):
        dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
        if isinstance(dtype, str) and _naturals(shape) and _naturals(offsets) and len(offsets) == 2:
            begin, end = offsets
            bytes_ = math.prod(shape) * FLOATS.get(dtype, 0)
            if begin <= end and (dtype not in FLOATS or end - begin == bytes_):
                return Stored(dtype, tuple(shape), data + begin, data + end)
    raise CheckpointError(f"its header describes {name[:120]!r} wrongly")


def _naturals(values: object) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62 for value in values
    )
