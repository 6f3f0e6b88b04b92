"""Memory that is short: told by whoever says it, met by smaller batches, or one clear line where weights do not fit."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from longvid.cogvlm2.checkpoint import inspect, memory_needed
from longvid.engine import device as devices
from longvid.engine import sizing
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.device import Device
from longvid.engine.feed import Feed
from longvid.engine.memory import shortage
from longvid.engine.models import Models, open_models
from longvid.engine.request import Raw, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError
from longvid.run import Store
from longvid.run.journal import read
from longvid.strategy import Answer
from tests.checkpoints import make_checkpoint
from tests.fakecuda import FakeCuda
from tests.standins import ScriptedBackend

ROOMY = 1 << 40

SHORT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 24 GiB."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"),
    RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried 1 bytes"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: not enough memory: you tried 1 bytes"),
    OSError(12, "Cannot allocate memory"),
    MemoryError(),
]
OTHER = [
    RuntimeError("CUDA error: device-side assert triggered"),
    RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
    ValueError("out of memory of what was asked"),
    OSError(28, "No space left on device"),
]


def asked(store: Store, backend: Any, n: int) -> list[Answer]:
    async def work() -> list[Answer]:
        async with Engine(store, captioner=backend, llm=backend) as engine:
            requests = [Request("write", f"the dog walks {i}", 3) for i in range(n)]
            return list(await asyncio.gather(*map(engine.submit, requests)))

    return asyncio.run(work())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "answers.sqlite") as made:
        yield made


@pytest.mark.parametrize("error", SHORT, ids=lambda error: str(error)[:45])
def test_whoever_says_that_memory_is_short_is_understood_in_one_line(error: Exception) -> None:
    told = shortage(error)
    assert told
    assert "\n" not in told


@pytest.mark.parametrize("error", SHORT[1::8], ids=lambda error: type(error).__name__)
def test_where_memory_is_short_the_batch_is_halved(store: Store, error: Exception) -> None:
    backend = ScriptedBackend(batch=4)
    answer = backend.answer

    def narrow(requests: Sequence[Request], **rest: Any) -> list[Raw]:
        if len(requests) > 2:
            raise error
        return answer(requests, **rest)

    backend.answer = narrow  # type: ignore[method-assign]
    assert all(answer.ok for answer in asked(store, backend, 4))
    assert [len(batch) for batch in backend.batches] == [2, 2]


@pytest.mark.parametrize("error", OTHER, ids=lambda error: str(error)[:45])
def test_what_is_another_fault_is_told_as_that(store: Store, error: Exception) -> None:
    def fails(prompt: str) -> Raw:
        raise error

    assert shortage(error) is None
    with pytest.raises(type(error), match=re.escape(str(error))):
        asked(store, ScriptedBackend(fails), 2)


def test_the_half_that_was_answered_is_kept_where_the_other_half_fails(store: Store) -> None:
    backend = ScriptedBackend(batch=2)
    answer = backend.answer

    def fails(requests: Sequence[Request], **rest: Any) -> list[Raw]:
        if len(requests) > 1 or requests[0].prompt.endswith("1"):
            raise MemoryError
        return answer(requests, **rest)

    backend.answer = fails  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="no memory for a single call"):
        asked(store, backend, 2)
    assert len(store.rows("SELECT 1 FROM answers")) == 1


# -- a device that counts its bytes ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("memory") / "model", seed=1, shards=1)


@contextmanager
def answering_on(gpu: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Within it CogVLM2 backends compute on `gpu`; the sizes of their batches, also of those that failed."""
    batches: list[int] = []
    stream = CogVLM2Backend.stream

    def counted(self: CogVLM2Backend, feed: Feed, rows: int, **rest: Any) -> None:
        batches.append(rows)
        with gpu:
            stream(self, feed, rows, **rest)

    with monkeypatch.context() as patched:
        patched.setattr(CogVLM2Backend, "stream", counted)
        yield batches


def backend_on(folder: Path, batch: int) -> CogVLM2Backend:
    place = Device("cuda:0", "float32", ROOMY, "Pretended GPU")
    return CogVLM2Backend(folder, fingerprint="r", device=place, template="chat", label="index", batch=batch, threads=1)


def peak(folder: Path, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Most bytes in use while so many of four calls run together."""
    gpu = FakeCuda(monkeypatch, free=ROOMY)
    with Store(tmp_path / f"{batch}.sqlite") as store, answering_on(gpu, monkeypatch):
        asked(store, backend_on(folder, batch), 4)
    return gpu.peak


def test_a_full_device_halves_the_batch_until_it_fits(
    folder: Path, tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, four = (peak(folder, batch, tmp_path, monkeypatch) for batch in (1, 4))
    assert one < four
    gpu = FakeCuda(monkeypatch, free=one + (four - one) // 10)
    with answering_on(gpu, monkeypatch) as batches:
        answers = asked(store, backend_on(folder, 4), 4)
    assert len(answers) == 4
    assert batches[:3] == [4, 2, 1], "and then retries of what a random model says"
    assert [event["batch"] for event in read(store.path) if event["event"] == "halved"] == [2, 1]
    assert gpu.peak <= gpu.free
    assert gpu.emptied == 2
    weights = inspect(folder).tensor_bytes
    assert max(gpu.held) <= weights, "what the failed batch held is free by then: before, it would have no effect"


def test_weights_that_do_not_fit_are_one_line_and_no_smaller_batch_is_tried(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = FakeCuda(monkeypatch, free=inspect(folder).parameters * 4 // 2)
    with answering_on(gpu, monkeypatch) as batches, pytest.raises(ModelError) as told:
        asked(store, backend_on(folder, 4), 4)
    assert batches == [4]
    (line,) = str(told.value).splitlines()
    assert line.startswith(f"cuda:0 has no memory to load {folder} in float32 (CUDA out of memory")
    assert "--dtype bfloat16" in line
    assert "--device cpu" in line
    assert not list(store.rows("SELECT 1 FROM events WHERE event = 'halved'"))


# -- how much is run together ---------------------------------------------------------------------------------------


def opened(folder: Path, llm: str, free: int, monkeypatch: pytest.MonkeyPatch) -> Models:
    FakeCuda(monkeypatch, free=free)
    return open_models(str(folder), llm=llm)


def test_captioner_and_llm_are_sized_for_the_memory_that_they_share(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_checkpoint(tmp_path / "other", seed=2, shards=1)
    report = inspect(folder)

    def needed(batch: int) -> int:
        return memory_needed(report, "bfloat16", batch=batch)

    free = int(needed(8) / 0.9) + 1
    assert opened(folder, "none", free, monkeypatch).captioner.batch == 8  # type: ignore[union-attr]
    both = opened(folder, str(other), free, monkeypatch)
    weights = sum(path.stat().st_size for path in other.glob("*.safetensors"))
    assert both.captioner is not None
    assert both.captioner.batch == 4, "the LLM's weights take of what the eight would need"
    assert needed(both.captioner.batch) + weights <= free


def test_the_free_memory_of_the_device_decides_and_what_does_not_fit_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCuda(monkeypatch, free=1000)
    place = devices.choose(None, None)
    assert (place.name, place.dtype, place.free) == ("cuda:0", "bfloat16", 1000)
    with pytest.raises(ModelError, match=r"Pretended GPU has 0\.0 MB free; try --device cpu"):
        open_models(str(folder))


LLAMA = {
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "max_position_embeddings": 32768,
}


@pytest.mark.parametrize(
    ("free", "config", "batch"),
    [
        (20 << 30, LLAMA, 4),  # 4 GiB a prompt: nine tenths of 20 hold four
        (200 << 30, LLAMA, 16),
        (2 << 30, LLAMA, 1),
        (20 << 30, LLAMA | {"num_hidden_layers": "many"}, 1),
        (20 << 30, {}, 1),
    ],
)
def test_an_llm_answers_as_many_prompts_together_as_its_cache_leaves_room_for(
    tmp_path: Path, free: int, config: dict[str, Any], batch: int
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert sizing.llm_batch(tmp_path, Device("cuda:0", "bfloat16", free, "Pretended GPU")) == batch
