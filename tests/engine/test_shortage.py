"""Memory that runs short at any place of a call, in anybody's words: the batch is halved, or one line says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.device import Device
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError
from longvid.run import Store
from longvid.run.journal import read
from longvid.strategy import Answer
from longvid_benchmarks.precision.asking import requests
from tests.checkpoints import make_checkpoint

CALLS, FRAMES = 4, 2
SHORT = {
    "CUDA's allocator": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 1 free."),
    "cuBLAS": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    "the CPU's allocator": RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    "Python": MemoryError(),
}
PLACES: dict[str, tuple[Callable[[Any], Any], int, int]] = {
    "the vision tower": (lambda model: model.model.vision.transformer.layers[1], FRAMES, 0),
    "the decoder's first pass": (lambda model: model.model.layers[1].mlp, 1, 0),
    "generating, tokens later": (lambda model: model.lm_head, 1, 2),
}
"""Where it is short: the module, the most rows that still pass it, and how many passes go well before."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("shortage") / "model", seed=1, shards=1)


def backend_of(folder: Path) -> CogVLM2Backend:
    place = Device("cpu", "float32", 1 << 40, "CPU")
    return CogVLM2Backend(folder, fingerprint="r", device=place, template="chat", label="index", batch=CALLS, threads=1)


def asked(backend: CogVLM2Backend, folder: Path, store: Store) -> list[Answer]:
    async def work() -> list[Answer]:
        async with Engine(store, captioner=backend, llm=backend) as engine:
            return list(
                await asyncio.gather(*map(engine.submit, requests(folder, CALLS, FRAMES, 4, backend.image_size)))
            )

    return asyncio.run(work())


def fails_at(backend: CogVLM2Backend, place: str, error: Exception, most: int | None = None) -> None:
    """Let `backend` raise `error` at `place` for more rows than pass it, or than `most`."""
    find, rows, well = PLACES[place]
    passed = 0

    def short(module: Any, args: Any) -> None:
        nonlocal passed
        if len(args[0]) > (rows if most is None else most):
            passed += 1
            if passed > well:
                passed = 0
                raise error

    find(backend._loaded()).register_forward_pre_hook(short)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("who", SHORT)
def test_wherever_memory_is_short_the_batch_is_halved_and_all_is_answered(
    folder: Path, tmp_path: Path, place: str, who: str
) -> None:
    backend = backend_of(folder)
    fails_at(backend, place, SHORT[who])
    with Store(tmp_path / "answers.sqlite") as store:
        assert len(asked(backend, tmp_path, store)) == CALLS
        assert [event["batch"] for event in read(store.path) if event["event"] == "halved"] == [2, 1]


@pytest.mark.parametrize("place", PLACES)
def test_where_not_one_call_fits_one_line_says_so(folder: Path, tmp_path: Path, place: str) -> None:
    backend = backend_of(folder)
    fails_at(backend, place, SHORT["CUDA's allocator"], most=0)
    with Store(tmp_path / "answers.sqlite") as store, pytest.raises(ModelError) as error:
        asked(backend, tmp_path, store)
    assert str(error.value) == (
        "the device has no memory for a single call (CUDA out of memory); "
        "choose --device cpu, a smaller --dtype or a machine with more memory"
    )


@pytest.mark.parametrize("who", SHORT)
def test_weights_for_which_memory_is_short_are_one_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    backend, tensors = backend_of(folder), 0

    def short(self: Any, *of: Any, **options: Any) -> Any:
        nonlocal tensors
        tensors += 1
        raise SHORT[who]

    monkeypatch.setattr(torch.nn.Module, "load_state_dict", short)
    with Store(tmp_path / "answers.sqlite") as store, pytest.raises(ModelError) as error:
        asked(backend, tmp_path, store)
    assert str(error.value).startswith(f"cpu has no memory to load {folder} in float32 (")
    assert "\n" not in str(error.value)
    assert tensors == 1, "a smaller batch would not help"
