"""A fleet of workers: calls go to whoever is free, one that dies costs what it was at, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from longvid.engine.fleet.backend import FleetBackend, on_fleet
from longvid.engine.fleet.fleet import Fleet, Lost
from longvid.engine.fleet.worker import Call, Fault
from longvid.engine.opened import Models
from longvid.engine.request import ClipRef, Raw, Request, Stopped
from longvid.errors import FilmError, LLMError, ModelError
from tests.standins import ScriptedBackend, plainly


@dataclass
class Station:
    """A worker in this process; `does` may raise Lost."""

    name: str
    does: Callable[[Sequence[Call]], list[Raw] | Fault] = lambda calls: [plainly(call[0].prompt) for call in calls]
    opens: Callable[[], Fault | None] = lambda: None
    asked: list[list[str]] = field(default_factory=list)

    def open(self, wait: Callable[[], bool]) -> Fault | None:
        return self.opens()

    def answer(self, calls: Sequence[Call], seed: int | None, wait: Callable[[], bool]) -> list[Raw] | Fault:
        self.asked.append([call[0].prompt for call in calls])
        return self.does(calls)


@contextmanager
def fleet(*stations: Station, batches: tuple[int, int] = (4, 4), **more: float) -> Iterator[tuple[Fleet, list[str]]]:
    told: list[str] = []
    with Fleet(stations, batches, told.append, pause=0.01, **more) as made:
        yield made, told


def ask(of: Fleet, *prompts: str, stopped: Callable[[], bool] = lambda: False) -> list[str]:
    """What it says to `prompts`, which are asked at once."""
    with ThreadPoolExecutor(len(prompts)) as threads:
        return [raw.text for raw in threads.map(lambda prompt: of.ask(write(prompt), None, stopped), prompts)]


def write(prompt: str) -> Request:
    return Request("write", prompt, 10)


def test_what_is_asked_at_once_is_asked_once_each_in_batches_of_their_size() -> None:
    one, two = Station("one"), Station("two")
    with fleet(one, two) as (many, told):
        assert ask(many, *"abcdefgh") == [*"abcdefgh"]
        assert sorted(prompt for each in (one, two) for batch in each.asked for prompt in batch) == [*"abcdefgh"]
        assert max(len(batch) for each in (one, two) for batch in each.asked) <= 4
        assert told == []


def test_what_a_worker_was_at_that_died_goes_to_another_and_to_it_when_it_is_back() -> None:
    left = [2]

    def dies(calls: Sequence[Call]) -> list[Raw]:
        if left[0]:
            left[0] -= 1
            raise Lost("no sign of it")
        return [plainly("from one") for _ in calls]

    one = Station("one", dies)
    with fleet(one, Station("two", lambda calls: [plainly("from two") for _ in calls])) as (many, told):
        assert set(ask(many, *"abcdefgh")) <= {"from one", "from two"}
        while left[0]:
            ask(many, *"abcd")
        assert told == ["one is lost (no sign of it); its calls go to others, and to it once it is back"] * 2


def test_a_call_over_which_workers_die_fails_alone() -> None:
    def dies(calls: Sequence[Call]) -> list[Raw]:
        if any(call[0].prompt == "bad" for call in calls):
            raise Lost("killed")
        return [plainly("well") for _ in calls]

    one = Station("one", dies)
    with fleet(one) as (many, _), ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(many.ask, write(prompt), None, lambda: False) for prompt in ("a", "bad", "b", "c")]
        with pytest.raises(ModelError, match=r"3 workers died over one question \(killed\).*--retry failed"):
            asked[1].result(30)
        assert [asked[n].result(30).text for n in (0, 2, 3)] == ["well"] * 3
    assert [batch for batch in one.asked if "bad" in batch][1:] == [["bad"]] * 2, "a suspect is asked alone"


def test_faults_are_those_of_who_asked_and_a_worker_that_cannot_open_is_left_out() -> None:
    broken = Station("one", opens=lambda: Fault("ModelError", "no such model"))
    with fleet(broken, Station("two", lambda _: Fault("LLMError", "too long"))) as (many, told):
        with pytest.raises(LLMError, match=r"^too long$"):
            ask(many, "a")
        while not told:
            time.sleep(0.01)
        assert told == ["one is left out: no such model"]
    with fleet(broken) as (many, told), pytest.raises(ModelError, match=r"^no such model$"):
        ask(many, "a")
    with (
        fleet(Station("one", lambda _: Fault("KeyError", "'x'"))) as (many, _),
        pytest.raises(RuntimeError, match="Key"),
    ):
        ask(many, "a")


def test_nobody_waits_for_ever() -> None:
    def lost() -> Fault | None:
        raise Lost("gone")

    with (
        fleet(Station("one", opens=lost), away=0.1) as (many, _),
        pytest.raises(ModelError, match=r"0\.1 s.*run again"),
    ):
        ask(many, "a")
    with fleet(Station("one", opens=lost)) as (many, _), pytest.raises(Stopped):
        ask(many, "a", stopped=lambda: True)
    ended = threading.Event()

    def slow(calls: Sequence[Call]) -> list[Raw]:
        ended.wait(30)
        raise Lost("the command ends")

    with ThreadPoolExecutor(2) as threads:
        with fleet(Station("one", slow), batches=(1, 1)) as (many, _):
            asked = [threads.submit(many.ask, write(prompt), None, lambda: False) for prompt in "ab"]
            time.sleep(0.05)
            ended.set()
        for one in asked:
            with pytest.raises((Stopped, ModelError)):
                one.result(30)


def test_a_clip_travels_as_its_bytes_and_one_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "clip").write_bytes(b"frames")
    request = Request("caption", "What is it?", 10, ClipRef(tmp_path / "clip", "d", 0, (0.0,)))
    with fleet(Station("one", lambda calls: [plainly(repr(clip)) for _, clip in calls])) as (many, _):
        assert many.ask(request, None, lambda: False).text == "b'frames'"
        (tmp_path / "clip").unlink()
        with pytest.raises(FilmError, match="run again"):
            many.ask(request, None, lambda: False)


class Computing(ScriptedBackend):
    device = "cpu"


def test_a_model_on_a_fleet_counts_here_and_has_the_keys_of_one_machine() -> None:
    eye, llm = Computing(), ScriptedBackend()
    sizes = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
    with fleet(Station("one"), Station("two")) as (many, _):
        models = on_fleet(Models("m", eye.identity, eye, llm, "l", **sizes), many)
        assert models.llm is llm, "what does not compute is asked from here"
        assert isinstance(models.captioner, FleetBackend)
        assert (models.captioner.identity, models.captioner.count(write("a b"))) == (eye.identity, 7)
        assert models.captioner.batch == 8
        assert models.captioner.answer([write("a"), write("b")]) == [plainly("a"), plainly("b")]
        both = on_fleet(Models("m", eye.identity, eye, eye, "m", **sizes), many)
        assert both.captioner is both.llm
