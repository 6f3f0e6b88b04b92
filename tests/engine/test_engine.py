"""The engine over a scripted backend and a real store: batching, memory, retries, limits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid.engine.engine import Engine
from longvid.engine.request import ClipRef, Raw, Request
from longvid.errors import ModelError, PromptTooLong
from longvid.run import Journal, Store
from longvid.run.journal import read
from longvid.strategy import Answer
from tests.standins import ScriptedBackend, plainly


class Bench:
    """A store and a journal in a folder, and engines over them."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "answers.sqlite")
        self.journal = Journal(folder / "journal.jsonl")

    def ask(self, backend: ScriptedBackend, requests: list[Request], seed: int = 0) -> tuple[Engine, list[Answer]]:
        async def work() -> tuple[Engine, list[Answer]]:
            async with Engine(self.store, self.journal, watcher=backend, writer=backend, seed=seed) as engine:
                return engine, list(await asyncio.gather(*(engine.submit(request) for request in requests)))

        return asyncio.run(work())

    def events(self, name: str) -> list[dict[str, object]]:
        return [event for event in read(self.journal.path) if event["event"] == name]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()
    made.journal.close()


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


def test_another_model_seed_or_limit_asks_anew(bench: Bench) -> None:
    request = Request("write", "prompt", 50)
    bench.ask(ScriptedBackend(), [request])
    for backend, seed, tokens in [
        (ScriptedBackend(name="other"), 0, 50),
        (ScriptedBackend(), 1, 50),
        (ScriptedBackend(), 0, 51),
    ]:
        _, answers = bench.ask(backend, [Request("write", "prompt", tokens)], seed)
        assert not answers[0].cached


def test_the_same_request_twice_at_once_is_one_call(bench: Bench) -> None:
    backend = ScriptedBackend()
    bench.ask(backend, prompts(1) * 5)
    assert [len(batch) for batch in backend.batches] == [1]


def test_chunks_that_look_the_same_are_asked_once_and_each_has_the_answer_in_the_journal(bench: Bench) -> None:
    backend = ScriptedBackend()
    clips = [ClipRef(Path(f"{index}.npz"), "same", index, ()) for index in range(3)]
    engine, answers = bench.ask(backend, [Request("caption", "What?", 50, clip) for clip in clips])
    assert [len(batch) for batch in backend.batches] == [1]
    assert len({answer.text for answer in answers}) == 1
    assert (engine.calls.watch, engine.calls.cached) == (1, 2)
    bench.journal.close()
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
    engine = Engine(bench.store, bench.journal, watcher=backend, writer=backend)
    room = engine.room(Request("write", "word " * 20, 1))
    bench.ask(backend, [Request("write", "word " * 20, room)])
    with pytest.raises(PromptTooLong):
        bench.ask(backend, [Request("write", "word " * 20, room + 1)])


def test_a_clip_that_nobody_watches_has_no_room(bench: Bench) -> None:
    clip = ClipRef(Path("clip"), "0" * 64, 3, ())
    engine = Engine(bench.store, bench.journal, watcher=None, writer=ScriptedBackend(), watch_identity={})
    with pytest.raises(ModelError, match="chunk 3"):
        engine.room(Request("ask", "What is seen?", 1, clip))


def test_a_looping_answer_is_asked_once_more_with_a_seed(bench: Bench) -> None:
    said = iter([Raw("Round. Round. Round. Round.", "loop", 1, 8), plainly("At last an end.")])
    backend = ScriptedBackend(says=lambda prompt: next(said))
    _, answers = bench.ask(backend, prompts(1))
    assert (answers[0].text, answers[0].status) == ("At last an end.", "ok")
    assert backend.seeds[0] is None
    assert backend.seeds[1] is not None


def test_the_retry_depends_on_the_seed_and_on_nothing_else(bench: Bench, tmp_path: Path) -> None:
    seeds = []
    for number, seed in enumerate([0, 0, 1]):
        folder = tmp_path / str(number)
        folder.mkdir()
        backend = ScriptedBackend(says=lambda prompt: Raw("", "stop", 1, 0))
        other = Bench(folder)
        other.ask(backend, prompts(1), seed)
        other.store.close()
        other.journal.close()
        seeds.append(backend.seeds[1])
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_failing_model_is_an_error_and_never_a_text(bench: Bench) -> None:
    def fails(prompt: str) -> Raw:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        bench.ask(ScriptedBackend(says=fails), prompts(2))
    _, answers = bench.ask(ScriptedBackend(), prompts(2))
    assert not any(answer.cached for answer in answers)


def test_the_journal_counts_every_call_and_its_end(bench: Bench) -> None:
    bench.ask(ScriptedBackend(), prompts(5))
    begun, ended = bench.events("begin"), bench.events("end")
    assert len(begun) == len(ended) == 5
    assert {event["key"] for event in begun} == {event["key"] for event in ended}


def test_nobody_waits_for_ever_when_whoever_watches_progress_fails(bench: Bench) -> None:
    def broken(progress: object) -> None:
        raise ValueError("a bar broke")

    async def work() -> None:
        backend = ScriptedBackend(batch=2)
        async with Engine(bench.store, bench.journal, watcher=backend, writer=backend, on_progress=broken) as engine:
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
        async with Engine(bench.store, bench.journal, watcher=backend, writer=backend) as engine:
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
