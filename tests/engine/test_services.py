"""What a service refused once is asked again by the next run; what a model of this machine said stays."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from longvid.engine.request import ClipRef, Raw, Request
from longvid.engine.scheduler import Engine
from longvid.run import Store
from longvid.strategy import Answer
from tests.standins import ScriptedBackend, plainly

REFUSED = Raw("I'm sorry, but I cannot help with that.", "stop", 10, 9)
CUT = Raw("A man walks. A dog ru", "length", 10, 9)


@dataclass
class Service(ScriptedBackend):
    repeats: bool = False


WRITE = Request("write", "Tell it.", 50)
WATCH = Request("caption", "Tell it.", 50, ClipRef(Path("clip"), "digest", 0, ()))


def run(folder: Path, backend: ScriptedBackend, times: int = 1, asked: Request = WRITE) -> list[Answer]:
    """What one run asks of `backend`, the same `times` one after another."""

    async def work() -> list[Answer]:
        async with Engine(store, captioner=backend, llm=backend) as engine:
            return [await engine.submit(asked) for _ in range(times)]

    store = Store(folder / "answers.sqlite")
    try:
        return asyncio.run(work())
    finally:
        store.close()


@pytest.mark.parametrize("asked", [WRITE, WATCH], ids=["write", "watch"])
@pytest.mark.parametrize("raw", [REFUSED, Raw("He takes the kn", "refused", 10, 5), Raw("", "stop", 10, 0)])
def test_a_failure_of_a_service_is_asked_again_by_the_next_run_and_then_forgotten(
    tmp_path: Path, raw: Raw, asked: Request
) -> None:
    assert not run(tmp_path, Service(says=lambda prompt: raw), asked=asked)[0].ok
    assert run(tmp_path, Service(), asked=asked)[0].text == "It says Tell it.."
    silent = Service(says=lambda prompt: pytest.fail("the good answer is stored"))
    assert run(tmp_path, silent, asked=asked)[0].text == "It says Tell it.."


def test_within_a_run_it_is_asked_once(tmp_path: Path) -> None:
    service = Service(says=lambda prompt: REFUSED)
    answers = run(tmp_path, service, times=3)
    assert len(service.batches) == 1
    assert [answer.cached for answer in answers] == [False, True, True]


def test_what_was_cut_off_and_what_a_local_model_refused_stays(tmp_path: Path) -> None:
    for name, first in (("cut", Service(says=lambda prompt: CUT)), ("local", ScriptedBackend(says=lambda _: REFUSED))):
        folder = tmp_path / name
        folder.mkdir()
        said = run(folder, first)[0]
        first.says = lambda prompt: plainly("Something else.")
        assert run(folder, first)[0].text == said.text
