"""The engine over a scripted backend and a real store: batching, memory, retries, limits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from longvid.engine import scheduler as engine_module
from longvid.engine.request import ClipRef, Raw, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError, PromptTooLong
from longvid.run import Store
from longvid.run.journal import read
from longvid.strategy import Answer
from tests.standins import ScriptedBackend, plainly


class Bench:
    """A store in a folder, and engines over it."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "answers.sqlite")

    def ask(self, backend: ScriptedBackend, requests: list[Request], seed: int = 0) -> tuple[Engine, list[Answer]]:
        async def work() -> tuple[Engine, list[Answer]]:
            async with Engine(self.store, captioner=backend, llm=backend, seed=seed) as engine:
                return engine, list(await asyncio.gather(*(engine.submit(request) for request in requests)))

        return asyncio.run(work())

    def events(self, name: str) -> list[dict[str, object]]:
        return [event for event in read(self.store.path) if event["event"] == name]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def prompts(n: int) -> list[Request]:
    return [Request("write", f"prompt {i}", 50) for i in range(n)]


def test_what_is_asked_at_once_goes_in_batches_and_comes_back_in_order(bench: Bench) -> None:
    backend = ScriptedBackend(batch=4)
    _, answers = bench.ask(backend, prompts(10))
    assert [answer.text for answer in answers] == [f"It says prompt {i}." for i in range(10)]
    assert [len(batch) for batch in backend.batches] == [4, 4, 2]


def test_a_stored_answer_is_used_again_byte_for_byte_and_calls_nothing(bench: Bench) -> None:
    bench.ask(ScriptedBackend(), prompts(3))
    again = ScriptedBackend(says=lambda prompt: plainly("Something else."))
    engine, answers = bench.ask(again, prompts(3))
    assert again.batches == []
    assert [answer.text for answer in answers] == [f"It says prompt {i}." for i in range(3)]
    assert all(answer.cached for answer in answers)
    assert (engine.calls.write, engine.calls.cached) == (0, 3)


def test_another_model_or_limit_asks_anew(bench: Bench) -> None:
    request = Request("write", "prompt", 50)
    bench.ask(ScriptedBackend(), [request])
    for backend, tokens in [(ScriptedBackend(name="other"), 50), (ScriptedBackend(), 51)]:
        _, answers = bench.ask(backend, [Request("write", "prompt", tokens)])
        assert not answers[0].cached


def test_another_seed_asks_nothing_anew_that_was_answered_well(bench: Bench) -> None:
    bench.ask(ScriptedBackend(), prompts(3))
    again = ScriptedBackend()
    _, answers = bench.ask(again, prompts(3), seed=1)
    assert again.batches == []
    assert all(answer.cached for answer in answers)


def empty_first(good: str = "At last an end.") -> ScriptedBackend:
    """Says nothing to the odd prompts when asked greedily, and `good` when asked with a seed."""
    backend = ScriptedBackend(batch=4)

    def says(prompt: str) -> Raw:
        if backend.seeds[-1] is None and prompt.endswith(("1", "3", "5", "7")):
            return Raw("", "stop", 1, 0)
        return plainly(good)

    backend.says = says
    return backend


def test_retries_are_batched_together_and_the_good_answers_do_not_wait_for_them(bench: Bench) -> None:
    backend = empty_first()
    stored: list[int] = []
    answer = backend.answer

    def watched(requests: Sequence[Request], *, seed: int | None = None, **rest: Any) -> list[Raw]:
        if seed is not None:
            stored.append(len(bench.store.rows("SELECT 1 FROM answers")))
        return answer(requests, seed=seed, **rest)

    backend.answer = watched  # type: ignore[method-assign]
    _, answers = bench.ask(backend, prompts(8))
    assert [(len(batch), seed) for batch, seed in zip(backend.batches, backend.seeds, strict=True)] == [
        (4, None),
        (4, None),
        (4, 0),
    ]
    assert stored == [8], "all first answers are in the store before any is asked again"
    assert [answer.status for answer in answers] == ["ok"] * 8
    assert len(bench.events("end")) == 8, "an answer that was asked twice is given once"


def test_a_retry_that_fails_leaves_the_first_verdict_and_loses_no_good_answer(bench: Bench) -> None:
    backend = empty_first()
    answer = backend.answer

    def fails(requests: Sequence[Request], *, seed: int | None = None, **rest: Any) -> list[Raw]:
        if seed is not None:
            raise ModelError("the device is gone")
        return answer(requests, seed=seed, **rest)

    backend.answer = fails  # type: ignore[method-assign]
    _, answers = bench.ask(backend, prompts(4))
    assert [(answer.status, answer.reason) for answer in answers] == [("ok", None), ("degraded", "empty")] * 2
    again = empty_first()
    _, answers = bench.ask(again, prompts(4))
    assert [answer.status for answer in answers] == ["ok"] * 4
    assert [len(batch) for batch in again.batches] == [2], "what failed is asked again, and nothing else"


def test_a_retry_of_another_seed_is_asked_and_the_first_answer_is_not(bench: Bench) -> None:
    bench.ask(empty_first(), prompts(4))
    again = empty_first("Another end.")
    _, answers = bench.ask(again, prompts(4), seed=1)
    assert again.seeds == [1]
    assert [answer.text for answer in answers] == ["At last an end.", "Another end."] * 2


def test_where_nobody_watches_a_retry_of_any_seed_serves(bench: Bench) -> None:
    clip = ClipRef(Path("0.npz"), "digest", 0, ())
    request = Request("caption", "prompt 1", 50, clip)
    backend = empty_first()
    bench.ask(backend, [request], seed=5)

    async def merge() -> Answer:
        identity = dict(backend.identity)
        async with Engine(bench.store, captioner=None, llm=backend, captioner_identity=identity, seed=9) as engine:
            return await engine.submit(request)

    assert asyncio.run(merge()).text == "At last an end."


def test_a_long_prompt_is_not_stored_with_its_answer(bench: Bench) -> None:
    prompt = "word " * 500
    bench.ask(ScriptedBackend(lambda prompt: plainly("It says so.")), [Request("write", prompt, 50)])
    assert not bench.store.rows("SELECT 1 FROM answers WHERE instr(request, 'word word')")


def test_calls_are_counted_by_what_was_asked(bench: Bench) -> None:
    clips = [ClipRef(Path(f"{index}.npz"), f"digest {index}", index, ()) for index in range(3)]
    asked = [Request("caption", "What?", 50, clip) for clip in clips]
    asked += [Request("events", "When?", 50, clips[0]), Request("ask", "Who?", 50, clips[0]), *prompts(2)]
    engine, _ = bench.ask(ScriptedBackend(), asked)
    assert (engine.calls.watch, engine.calls.ask, engine.calls.write) == (4, 1, 2)


def test_a_call_that_never_returns_is_not_waited_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "GRACE_SECONDS", 0.05)
    asked, release = threading.Event(), threading.Event()

    def never(prompt: str) -> Raw:
        asked.set()
        release.wait(30)
        return plainly("Too late.")

    async def work() -> None:
        backend = ScriptedBackend(never)
        async with Engine(bench.store, captioner=backend, llm=backend) as engine:
            task = asyncio.ensure_future(engine.submit(prompts(1)[0]))
            while not asked.is_set():
                await asyncio.sleep(0.01)
            task.cancel()

    begun = time.monotonic()
    try:
        asyncio.run(work())
        assert time.monotonic() - begun < 10
    finally:
        release.set()
    assert bench.store.rows("SELECT 1 FROM answers") == []


def test_the_same_request_twice_at_once_is_one_call(bench: Bench) -> None:
    backend = ScriptedBackend()
    bench.ask(backend, prompts(1) * 5)
    assert [len(batch) for batch in backend.batches] == [1]


def test_chunks_that_look_the_same_are_asked_once_and_each_has_the_answer_in_the_events(bench: Bench) -> None:
    backend = ScriptedBackend()
    clips = [ClipRef(Path(f"{index}.npz"), "same", index, ()) for index in range(3)]
    engine, answers = bench.ask(backend, [Request("caption", "What?", 50, clip) for clip in clips])
    assert [len(batch) for batch in backend.batches] == [1]
    assert len({answer.text for answer in answers}) == 1
    assert (engine.calls.watch, engine.calls.cached) == (1, 2)
    said = [*bench.events("end"), *bench.events("cached")]
    assert [event["chunk"] for event in said] == [0, 1, 2]


def test_many_requests_at_once_are_not_compared_with_one_another(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object, other: object) -> bool:
        raise AssertionError("jobs are compared")

    monkeypatch.setattr(Request, "__eq__", refuse)
    backend = ScriptedBackend(batch=16)
    _, answers = bench.ask(backend, prompts(100))
    assert len(answers) == 100


def test_a_device_out_of_memory_halves_the_batch_and_goes_on(bench: Bench) -> None:
    backend = ScriptedBackend(batch=8, room=3)
    _, answers = bench.ask(backend, prompts(16))
    assert [answer.text for answer in answers] == [f"It says prompt {i}." for i in range(16)]
    assert all(len(batch) <= 3 for batch in backend.batches)
    assert bench.events("halved")


def test_no_memory_for_a_single_call_is_an_error_with_a_remedy(bench: Bench) -> None:
    with pytest.raises(ModelError, match=r"no memory for a single call.*--device"):
        bench.ask(ScriptedBackend(room=0), prompts(1))


def test_a_prompt_past_the_context_is_refused_with_both_numbers(bench: Bench) -> None:
    backend = ScriptedBackend(context=40)
    with pytest.raises(PromptTooLong, match="25 tokens and an answer of 16 exceed the model's 40"):
        bench.ask(backend, [Request("write", "word " * 20, 16)])
    assert backend.batches == []


def test_an_answer_as_long_as_the_room_fits_and_one_token_more_does_not(bench: Bench) -> None:
    backend = ScriptedBackend(context=40)
    engine = Engine(bench.store, captioner=backend, llm=backend)
    room = engine.room(Request("write", "word " * 20, 1))
    bench.ask(backend, [Request("write", "word " * 20, room)])
    with pytest.raises(PromptTooLong):
        bench.ask(backend, [Request("write", "word " * 20, room + 1)])


def test_a_clip_that_nobody_watches_has_no_room(bench: Bench) -> None:
    clip = ClipRef(Path("clip"), "0" * 64, 3, ())
    engine = Engine(bench.store, captioner=None, llm=ScriptedBackend(), captioner_identity={})
    with pytest.raises(ModelError, match="chunk 3"):
        engine.room(Request("ask", "What is seen?", 1, clip))


def test_a_looping_answer_is_asked_once_more_with_a_seed(bench: Bench) -> None:
    said = iter([Raw("Round. Round. Round. Round.", "loop", 1, 8), plainly("At last an end.")])
    backend = ScriptedBackend(says=lambda prompt: next(said))
    _, answers = bench.ask(backend, prompts(1))
    assert (answers[0].text, answers[0].status) == ("At last an end.", "ok")
    assert backend.seeds[0] is None
    assert backend.seeds[1] is not None


def test_where_nothing_is_asked_again_a_bad_first_answer_stands_now_and_later(bench: Bench) -> None:
    backend = ScriptedBackend(says=lambda prompt: Raw("", "stop", 10, 0))

    async def ask() -> Answer:
        async with Engine(bench.store, captioner=backend, llm=backend, again=False) as engine:
            return await engine.submit(Request("write", "prompt", 50))

    first, later = asyncio.run(ask()), asyncio.run(ask())
    assert (first.reason, first.cached, later.reason, later.cached) == ("empty", False, "empty", True)
    assert backend.seeds == [None]


def test_the_retry_depends_on_the_seed_and_on_nothing_else(bench: Bench, tmp_path: Path) -> None:
    seeds = []
    for number, seed in enumerate([0, 0, 1]):
        folder = tmp_path / str(number)
        folder.mkdir()
        backend = ScriptedBackend(says=lambda prompt: Raw("", "stop", 1, 0))
        other = Bench(folder)
        other.ask(backend, prompts(1), seed)
        other.store.close()
        seeds.append(backend.seeds[1])
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_failing_model_is_an_error_and_never_a_text(bench: Bench) -> None:
    def fails(prompt: str) -> Raw:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        bench.ask(ScriptedBackend(says=fails), prompts(2))
    _, answers = bench.ask(ScriptedBackend(), prompts(2))
    assert not any(answer.cached for answer in answers)


def test_every_call_and_its_end_is_an_event(bench: Bench) -> None:
    bench.ask(ScriptedBackend(), prompts(5))
    begun, ended = bench.events("begin"), bench.events("end")
    assert len(begun) == len(ended) == 5
    assert {event["key"] for event in begun} == {event["key"] for event in ended}


def test_nobody_waits_for_ever_when_whoever_watches_progress_fails(bench: Bench) -> None:
    def broken(progress: object) -> None:
        raise ValueError("a bar broke")

    async def work() -> None:
        backend = ScriptedBackend(batch=2)
        async with Engine(bench.store, captioner=backend, llm=backend, on_progress=broken) as engine:
            await asyncio.wait_for(asyncio.gather(*(engine.submit(request) for request in prompts(6))), 10)

    with pytest.raises(ValueError, match="a bar broke"):
        asyncio.run(work())


def test_a_retry_is_a_call_like_any_other(bench: Bench) -> None:
    engine, _ = bench.ask(ScriptedBackend(says=lambda prompt: Raw("", "stop", 1, 0)), prompts(2))
    assert engine.calls.write == 4
    assert len(bench.events("retry")) == 2


def test_depth_is_the_longest_chain_of_answers_that_waited_for_one_another(bench: Bench) -> None:
    async def work() -> None:
        backend = ScriptedBackend(batch=2)
        async with Engine(bench.store, captioner=backend, llm=backend) as engine:
            await asyncio.gather(*(engine.submit(request) for request in prompts(5)))
            await asyncio.gather(*(engine.submit(Request("write", f"then {i}", 50)) for i in range(3)))
            await engine.submit(Request("write", "last", 50))

    def depths(event: str) -> list[object]:
        return [line["depth"] for line in bench.events(event)]

    asyncio.run(work())
    assert depths("end") == [1] * 5 + [2] * 3 + [3], "batches of what is asked at once do not count"
    asyncio.run(work())
    assert depths("cached") == depths("end"), "a stored answer is a step of the chain like any other"
    for event in bench.events("cached"):
        assert event["prompt_tokens"] == 10
