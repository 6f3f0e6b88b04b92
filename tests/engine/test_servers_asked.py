"""Many calls to a server at once: each answered rightly, stored as it comes, and none asked twice but what failed."""

from __future__ import annotations

import re
import signal
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from longvid.engine.servers import patience
from longvid.errors import LLMError
from tests.child import Child
from tests.servers import QUICK, Answer, Asked, Server, ask_all, ask_quickly, fails, says, serving

COUNT, AT_ONCE = 200, 16
FAULTS = (
    fails(429, "slow down"),
    fails(429, "slow down", after="0.02"),
    fails(500),
    Answer(says("He takes").body, cut=30),
    Answer(b"this is {not json"),
    Answer(b'{"error": {"message": "upstream down", "code": 502}}'),
    Answer(b"", 503, stall=0.05),
)


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", QUICK)


def number(prompt: str) -> int:
    return int(re.findall(r"\d+", prompt)[0])


def stored(path: Path) -> dict[str, str]:
    """Every good answer by its key."""
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT key, text FROM answers WHERE status = 'ok'").fetchall())


class Faulty(Server):
    """Fails the first time of every third question, each time in another way; then says the question's number."""

    def take(self, asked: Asked) -> Answer:
        n = number(asked.prompt)
        with self._lock:
            first = all(number(one.prompt) != n for one in self.asked)
        self.reply = self._answer
        answer = super().take(asked)
        return FAULTS[n // 3 % len(FAULTS)] if first and n % 3 == 0 else answer

    def _answer(self, asked: Asked) -> Answer:
        time.sleep(0.05)
        return says(f"This is told of number {number(asked.prompt)}.")


def test_two_hundred_calls_at_sixteen_end_rightly_and_only_what_failed_is_asked_twice(tmp_path: Path) -> None:
    with serving(Faulty()) as server:
        engine = ask_all(tmp_path / "answers.sqlite", server.name, COUNT, AT_ONCE)
        asked = Counter(number(one.prompt) for one in server.asked)
        assert asked == {n: 2 if n % 3 == 0 else 1 for n in range(COUNT)}
        assert AT_ONCE // 2 < server.most <= AT_ONCE
        assert engine.calls.write == engine.written.answers == COUNT
        assert engine.written.prompt_tokens == 11 * COUNT
        texts = stored(tmp_path / "answers.sqlite")
        assert sorted(map(number, texts.values())) == list(range(COUNT))
        ask_all(tmp_path / "answers.sqlite", server.name, COUNT, AT_ONCE)
        assert len(server.asked) == sum(asked.values())


def test_a_key_that_is_refused_ends_all_calls_at_once(tmp_path: Path) -> None:
    with serving(Server(reply=lambda asked: fails(401, "no such key"))) as server:
        with pytest.raises(LLMError, match="no such key"):
            ask_all(tmp_path / "answers.sqlite", server.name, COUNT, 4)
        assert len(server.asked) < 20
    assert stored(tmp_path / "answers.sqlite") == {}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_what_was_answered_before_a_kill_is_not_asked_again(tmp_path: Path, how: signal.Signals) -> None:
    store, released = tmp_path / "answers.sqlite", threading.Event()

    def reply(asked: Asked) -> Answer:
        # From the ninetieth on they hang, until the program is gone.
        if len(server.asked) > 90 and not released.wait(20):
            return fails(401)
        return says(f"This is told of number {number(asked.prompt)}.")

    with serving(Server(reply=reply)) as server:
        with Child(ask_quickly, store, server.name, COUNT, AT_ONCE, folder=tmp_path) as child:
            end = time.monotonic() + 60
            while len(server.asked) < 90 + AT_ONCE and time.monotonic() < end:
                time.sleep(0.02)
            child.send_signal(how)
            child.ended()
        released.set()
        # All that was sent to the end counts, though the server may not have read it yet.
        server.settle()
        before = Counter(number(one.prompt) for one in server.asked)
        kept = stored(store)
        assert 70 < len(kept) <= 90
        ask_all(store, server.name, COUNT, AT_ONCE)
        after = Counter(number(one.prompt) for one in server.asked)
        done = {number(text) for text in kept.values()}
        assert {n for n in after if after[n] > 1} == set(before) - done
        assert max(after.values()) == 2
        assert {key: text for key, text in stored(store).items() if key in kept} == kept
        assert len(stored(store)) == COUNT
