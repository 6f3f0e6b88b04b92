"""One run of a strategy as longvid runs it: the real engine, store and checkpointer in a folder.

What differs is the context, which watches the strategy: it notes what is asked, may let answers arrive in another order
and may cancel the run at a chosen call, as Ctrl-C does; or the run ends after a chosen checkpoint, as if killed there.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig

from longvid.carry import NO_CARRY, Carrier
from longvid.engine.prompts import CAPTION, EVENTS
from longvid.engine.request import ClipRef, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError, PromptTooLong
from longvid.film import Chunk
from longvid.pipeline.context import FilmContext
from longvid.run import Store
from longvid.run.journal import read
from longvid.strategy.contract import Answer, Call, Capability, Limits, Strategy
from longvid.testing.models import ScriptedCaptioner, ScriptedLLM, vectors
from longvid.testing.story import Story

THREAD = "run"
"""Name of a run for the checkpointer: a folder has but one."""

LATEST_TURN = 7
"""Turns of the event loop by which an answer may come later than the engine has it."""

STEPS, STEPS_A_CHUNK = 200, 20
"""Supersteps after which a graph is taken for one that never ends."""
SENTENCE = 40
"""Characters of a text that stands nowhere by chance."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All that decides a run but for the strategy."""

    story: Story
    limits: Limits
    capabilities: frozenset[Capability]
    captioner: ScriptedCaptioner
    llm: ScriptedLLM
    seed: int = 0
    shuffled: int | None = None
    """Seed of the order in which answers arrive; None: as they come."""
    cancel_at: int | None = None
    """The call at which the run is cancelled, counted from 1; None: never."""
    stop_after: int | None = None
    """The checkpoint after which the run is killed, counted from 1; None: never."""


@dataclass(slots=True)
class Seen:
    """What a strategy did."""

    asked: dict[str, str] = field(default_factory=dict)
    """Kind of every different call by its key."""
    faults: list[str] = field(default_factory=list)
    """Calls that may not be made."""
    calls: int = 0
    checkpoints: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    state: dict[str, Any] | None
    """The graph's final state; None if the run was cancelled."""
    texts: dict[str, str]
    """The texts behind `result`, `extras.*` and `evidence`; what the store does not have is missing."""
    seen: Seen
    finished: frozenset[str]
    """Keys of the answers that the folder holds."""
    begun: Counter[str]
    """How often the engine began each call in this folder, in all runs."""
    depth: int
    """The longest chain of calls that waited for one another."""
    usable: tuple[str, ...]
    """Texts of the answers that are some."""
    largest: int
    """Bytes of the largest checkpoint that the run wrote."""
    copied: str | None
    """A text of an answer that stands in a checkpoint; None if, as it should be, keys alone do."""

    @property
    def result(self) -> str:
        return self.texts.get("result", "")

    def count(self, kind: Call) -> int:
        return sum(asked == kind for asked in self.seen.asked.values())


class WatchedContext(FilmContext):
    """A `FilmContext` that notes what is asked and may delay or cancel."""

    def watched(self, setting: Setting, seen: Seen, engine: Engine, clips: dict[int, ClipRef], run: Any) -> None:
        """What the strategy is not told."""
        self._setting, self._seen, self._asking, self._run = setting, seen, engine, run
        self._frames = clips
        self._order = random.Random(setting.shuffled)

    async def caption(self, chunk: Chunk) -> Answer:
        request = Request("caption", CAPTION, self.limits.caption, self._frames[chunk.index])
        return await self._noted("caption", request, partial(super().caption, chunk))

    async def events(self, chunk: Chunk) -> Answer:
        request = Request("events", EVENTS, self.limits.events, self._frames[chunk.index])
        return await self._noted("events", request, partial(super().events, chunk))

    async def ask(self, chunk: Chunk, question: str, *, max_tokens: int) -> Answer:
        request = Request("ask", question, max_tokens, self._frames[chunk.index])
        return await self._noted("ask", request, partial(super().ask, chunk, question, max_tokens=max_tokens))

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        request = Request("write", prompt, max_tokens, line=line)
        return await self._noted("write", request, partial(super().write, prompt, max_tokens=max_tokens, line=line))

    async def _noted(self, kind: Capability, request: Request, call: Callable[[], Awaitable[Answer]]) -> Answer:
        seen, setting = self._seen, self._setting
        seen.calls += 1
        if kind not in self.capabilities:
            seen.faults.append(f"it calls {kind}, which Context.capabilities does not have")
            raise ModelError(f"{kind} is not answered here")
        if setting.cancel_at is not None and seen.calls >= setting.cancel_at:
            self._run.cancel()
        seen.asked[self._asking.key(request)] = kind
        try:
            answer = await call()
        except PromptTooLong as error:
            seen.faults.append(f"a {kind} call exceeds the token limit: {error}")
            raise
        for _ in range(self._order.randrange(LATEST_TURN) if setting.shuffled is not None else 0):
            await asyncio.sleep(0)
        return answer


def run(strategy: Strategy[Any], setting: Setting, folder: Path) -> Outcome:
    """Run `strategy` in `folder`; in a folder where a run was cancelled, go on with it.

    Raises whatever the strategy raises.
    """
    seen = Seen()
    with Store(folder / "answers.sqlite", durable=False) as store:
        store.begin(THREAD, strategy.name)
        try:
            state = asyncio.run(_drive(strategy, setting, folder, store, seen))
        except (asyncio.CancelledError, _Killed):
            state = None
        texts = _texts(store, state)
        answers = _answers(folder)
    events = list(read(folder / "answers.sqlite"))
    checkpoints = _checkpoints(folder)
    usable = tuple(text for text in answers.values() if text)
    return Outcome(
        state=state,
        texts=texts,
        seen=seen,
        finished=frozenset(answers),
        begun=Counter(event["key"] for event in events if event["event"] in ("begin", "retry")),
        depth=max((event.get("depth", 0) for event in events if event["event"] == "end"), default=0),
        usable=usable,
        largest=max(map(len, checkpoints), default=0),
        copied=next(
            (text for text in usable if len(text) >= SENTENCE for blob in checkpoints if text.encode() in blob), None
        ),
    )


class _State(TypedDict, total=False):
    final: dict[str, Any]


async def _drive(strategy: Strategy[Any], setting: Setting, folder: Path, store: Store, seen: Seen) -> dict[str, Any]:
    from langgraph.graph import END, START, StateGraph

    from longvid.run.checkpoints import checkpointer

    story = setting.story
    clips = {
        chunk.index: ClipRef(Path("none"), hashlib.sha256(b"%d" % chunk.index).hexdigest(), chunk.index, ())
        for chunk in story.chunks
    }
    async with Engine(
        store, captioner=setting.captioner, llm=setting.llm, seed=setting.seed
    ) as engine, checkpointer(folder / "graph.sqlite", THREAD) as saver:  # fmt: skip
        # No machine loses its power here, so the disk need not keep up; syncing is most of what a run costs.
        await (await saver.conn.execute("PRAGMA synchronous=OFF")).close()
        _stop_after(saver, setting.stop_after, seen)

        def ignore(message: str, degraded: bool) -> None:
            del message, degraded

        carrier = Carrier(NO_CARRY, story.chunks, clips, engine, store, setting.limits, ignore)
        context = WatchedContext(
            story.chunks, clips, engine, carrier, store, setting.limits, setting.seed, setting.capabilities, ignore,
            embedder=vectors,
        )  # fmt: skip
        context.watched(setting, seen, engine, clips, asyncio.current_task())

        async def merge(state: _State, config: RunnableConfig) -> _State:
            final = await strategy.build(context).ainvoke({}, config)
            return {"final": {name: final[name] for name in ("result", "extras", "evidence") if name in final}}

        outer = StateGraph(_State)
        outer.add_node("merge", merge)
        outer.add_edge(START, "merge")
        outer.add_edge("merge", END)
        graph = outer.compile(checkpointer=saver)
        steps = STEPS + STEPS_A_CHUNK * len(story.chunks)
        config: RunnableConfig = {"configurable": {"thread_id": THREAD}, "recursion_limit": steps}
        before = await graph.aget_state(config)
        state = await graph.ainvoke(None if before.next else {}, config, durability="sync")
    final: dict[str, Any] = state["final"]
    return final


class _Killed(Exception):
    """The run ends here, as if the process were gone: no node begins after it."""


def _stop_after(saver: Any, most: int | None, seen: Seen) -> None:
    """Count the checkpoints that `saver` writes, and end the run after the one numbered `most`."""
    put = saver.aput

    async def counted(*args: Any, **rest: Any) -> Any:
        written = await put(*args, **rest)
        seen.checkpoints += 1
        if seen.checkpoints == most:
            raise _Killed
        return written

    saver.aput = counted


def _texts(store: Store, state: dict[str, Any] | None) -> dict[str, str]:
    keys = {"result": (state or {}).get("result"), "evidence": (state or {}).get("evidence")}
    extras = (state or {}).get("extras")
    keys |= {f"extras.{name}": key for name, key in extras.items()} if isinstance(extras, dict) else {}
    found = {}
    for name, key in keys.items():
        try:
            found[name] = store.text(str(key))
        except KeyError:
            continue
    return found


def _answers(folder: Path) -> dict[str, str]:
    """Texts of all finished answers by key."""
    db = sqlite3.connect(folder / "answers.sqlite")
    try:
        return dict(db.execute("SELECT key, text FROM answers").fetchall())
    finally:
        db.close()


def _checkpoints(folder: Path) -> list[bytes]:
    """Every checkpoint and every pending write as it lies on disk."""
    db = sqlite3.connect(folder / "graph.sqlite")
    try:
        rows = db.execute("SELECT checkpoint FROM checkpoints UNION ALL SELECT value FROM writes").fetchall()
    finally:
        db.close()
    return [bytes(row[0]) for row in rows if row[0] is not None]
