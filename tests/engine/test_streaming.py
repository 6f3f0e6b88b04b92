"""Jobs on their way through a model whose rows come and go, with a stand-in that says what a test tells it to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from longvid.engine.feed import Feed, Listed
from longvid.engine.request import ClipRef, OutOfMemory, Raw, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError, RunError
from longvid.run import Store
from longvid.run.journal import read
from longvid.strategy import Answer
from tests.standins import plainly


class Rows:
    """A model that takes its requests from a feed, `says` what it is told, and has memory for `room` rows."""

    context, batch = 2048, 4
    identity: Mapping[str, object] = {"class": "rows"}

    def __init__(self, says: Callable[[str], Raw], room: int = 99) -> None:
        self.says, self.room = says, room
        self.streams: list[tuple[int, bool, int | None, list[str]]] = []
        """Of each stream its rows, whether it watched, its seed, and the prompts it took."""

    def count(self, request: Request) -> int:
        return 10

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        feed = Listed(requests, stopped)
        self.stream(feed, len(requests), watching=False, seed=seed)
        return feed.answers()

    def stream(self, feed: Feed, rows: int, *, watching: bool, seed: int | None = None) -> None:
        took: list[str] = []
        self.streams.append((rows, watching, seed, took))
        while taken := feed.take(rows):
            took.extend(request.prompt for _, request in taken)
            if rows > self.room:
                raise OutOfMemory("pretended")
            for ticket, request in reversed(taken):
                feed.give([(ticket, self.says(request.prompt))])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "answers.sqlite") as made:
        yield made


def asked(store: Store, rows: Rows, requests: Sequence[Request]) -> list[Answer]:
    async def work() -> list[Answer]:
        async with Engine(store, captioner=rows, llm=rows) as engine:
            return list(await asyncio.gather(*map(engine.submit, requests)))

    return asyncio.run(work())


def prompts(count: int) -> list[Request]:
    return [Request("write", f"prompt {number}", 50) for number in range(count)]


def says(prompt: str) -> Raw:
    return plainly(f"It says {prompt}.")


def test_all_go_through_one_stream_and_each_has_its_own_answer(store: Store) -> None:
    rows = Rows(says)
    assert [answer.text for answer in asked(store, rows, prompts(10))] == [f"It says prompt {n}." for n in range(10)]
    assert [stream[:3] for stream in rows.streams] == [(4, False, None)]
    events = list(read(store.path))
    assert [sum(event["event"] == name for event in events) for name in ("begin", "end")] == [10, 10]


def test_what_is_asked_in_the_meantime_comes_in(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def waits(prompt: str) -> Raw:
        begun.set()
        assert go_on.wait(30)
        return says(prompt)

    rows = Rows(waits)

    async def work() -> None:
        async with Engine(store, captioner=rows, llm=rows) as engine:
            first = asyncio.ensure_future(engine.submit(prompts(1)[0]))
            await asyncio.to_thread(begun.wait, 30)
            second = asyncio.ensure_future(engine.submit(prompts(2)[1]))
            await asyncio.sleep(0.05)
            go_on.set()
            await asyncio.gather(first, second)

    asyncio.run(work())
    assert [stream[3] for stream in rows.streams] == [["prompt 0", "prompt 1"]]


def test_questions_about_clips_and_writing_and_retries_have_streams_of_their_own(store: Store) -> None:
    rows = Rows(
        lambda prompt: Raw("", "stop", 1, 0) if prompt == "prompt 1" and not rows.streams[-1][2] else says(prompt)
    )
    clip = ClipRef(Path("0"), "digest", 0, ())
    answers = asked(store, rows, [Request("caption", "What?", 50, clip), *prompts(2)])
    kinds = [(watching, seed) for _, watching, seed, _ in rows.streams]
    assert kinds == [(True, None), (False, None), (False, 0)]
    assert len(answers) == 3


def test_memory_that_is_short_halves_the_rows_and_all_is_answered(store: Store) -> None:
    rows = Rows(says, room=1)
    assert all(answer.ok for answer in asked(store, rows, prompts(6)))
    assert [stream[0] for stream in rows.streams] == [4, 2, 1]
    assert [event["batch"] for event in read(store.path) if event["event"] == "halved"] == [2, 1]


def test_no_memory_for_a_single_row_is_an_error_with_a_remedy(store: Store) -> None:
    with pytest.raises(ModelError, match="no memory for a single call"):
        asked(store, Rows(says, room=0), prompts(3))


def test_a_fault_is_told_to_whoever_asked_and_what_was_answered_before_is_kept(store: Store) -> None:
    def fails(prompt: str) -> Raw:
        if prompt == "prompt 0":
            raise ValueError("broken")
        return says(prompt)

    with pytest.raises(ValueError, match="broken"):
        asked(store, Rows(fails), prompts(3))
    assert len(store.rows("SELECT 1 FROM answers")) == 2, "those that were answered before the first"


def test_an_answer_that_cannot_be_committed_is_no_answer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put = Store.put

    def full(self: Store, records: Sequence[object], events: object = ()) -> None:
        if records:
            raise RunError("the disk is full")
        put(self, records, events)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "put", full)
    with pytest.raises(RunError, match="the disk is full"):
        asked(store, Rows(says), prompts(3))
