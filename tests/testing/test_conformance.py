"""The conformance kit passes a strategy that keeps its promises, and names the promise that another one breaks."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any, ClassVar

import pytest
from langgraph.graph import END, START, StateGraph
from pydantic import ConfigDict

from longvid.strategy import (
    Answer,
    Capability,
    CaptionState,
    Chunk,
    Context,
    Estimate,
    Limits,
    Strategy,
    StrategyConfig,
    add_captions,
    ask_llm,
    keep_evidence,
    usable,
)
from longvid.strategy.merging import draft
from longvid.testing import check_strategy


class State(CaptionState, total=False):
    written: list[str]
    extras: dict[str, str]
    evidence: str


class Kept(Strategy[StrategyConfig]):
    """Writes every caption anew, one after another, and joins them."""

    name = "kept"
    version = "1"
    summary = "every caption written anew"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption", "write"})

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, write=n, depth=n + 1)

    def build(self, context: Context) -> Any:
        async def write(state: State) -> State:
            done = state.get("written", [])
            keys = usable(context, state.get("captions", []))
            return {"written": [*done, await self.one(context, keys[len(done)])]} if len(done) < len(keys) else {}

        async def join(state: State) -> State:
            return {"result": self.join(context, state), **self.beside(context)}

        def more(state: State) -> str:
            return (
                "write" if len(state.get("written", [])) < len(usable(context, state.get("captions", []))) else "join"
            )

        graph = StateGraph(State)
        add_captions(graph, context, then="write")
        graph.add_node("write", write)
        graph.add_node("join", join)
        graph.add_conditional_edges("write", more, ["write", "join"])
        graph.add_edge("join", END)
        return graph.compile()

    async def one(self, context: Context, key: str) -> str:
        told = await draft(context, "Tell it again.", [context.text(key)], words=30)
        return told.key if told.text else key

    def join(self, context: Context, state: State) -> str:
        return context.keep(" ".join(context.text(key) for key in state.get("written", [])))

    def beside(self, context: Context) -> State:
        return {}


class Understated(Kept):
    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, write=n // 2, depth=n + 1)


class Hearing(Kept):
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})


class Deaf(Hearing):
    def join(self, context: Context, state: State) -> str:
        return super().join(context, state) if "caption" in context.capabilities else context.keep("")


class Excited(Hearing):
    async def one(self, context: Context, key: str) -> str:
        if "dialogue" in context.capabilities:
            await draft(context, "Tell it loudly.", [context.text(key)], words=30)
        return await super().one(context, key)


class Shallow(Kept):
    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, write=n, depth=2)


class Asking(Kept):
    async def one(self, context: Context, key: str) -> str:
        return (await context.ask(context.chunks[0], "Who is it?", max_tokens=20)).key


class Insisting(Kept):
    uses: ClassVar[frozenset[Capability]] = frozenset({"events"})

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, events=1, write=n, depth=2 * n + 1)

    async def one(self, context: Context, key: str) -> str:
        await context.events(context.chunks[0])
        return await super().one(context, key)


class Texts(Kept):
    async def one(self, context: Context, key: str) -> str:
        return context.text(await super().one(context, key))

    def join(self, context: Context, state: State) -> str:
        return context.keep(" ".join(state.get("written", [])))


class Dice(Kept):
    def join(self, context: Context, state: State) -> str:
        return context.keep(f"{super().join(context, state)} {random.random()}")


class Uncounted(Kept):
    async def one(self, context: Context, key: str) -> str:
        return (await context.write(f"Tell it again.\n{context.text(key) * 20}", max_tokens=60)).key


class Fragile(Kept):
    async def one(self, context: Context, key: str) -> str:
        answer = await ask_llm(context, "Tell it again.", [context.text(key)], answer_tokens=60)
        return context.keep(answer.text.split()[0])


class Gullible(Kept):
    async def one(self, context: Context, key: str) -> str:
        return (await ask_llm(context, "Tell it again.", [context.text(key)], answer_tokens=60)).key


class Chatty(Kept):
    def join(self, context: Context, state: State) -> str:
        return context.keep(context.text(super().join(context, state)) or "There is no summary of this film.")


class Inventive(Kept):
    def join(self, context: Context, state: State) -> str:
        padding = "Once upon midnight dreary, while pondering weak, weary, over many quaint, curious volumes. " * 20
        return context.keep(context.text(super().join(context, state)) + padding)


class Nowhere(Kept):
    def join(self, context: Context, state: State) -> str:
        return "a key of nothing"


class Vague(Kept):
    def beside(self, context: Context) -> State:
        return {"evidence": context.keep("It is so.")}


class Misquoting(Kept):
    def beside(self, context: Context) -> State:
        return {"evidence": keep_evidence(context, [("Nobody ever wrote this.", [])])}


class Misdating(Kept):
    def beside(self, context: Context) -> State:
        cited = {"sentence": "", "chunks": [len(context.chunks)], "times": [], "rows": []}
        return {"evidence": context.keep(json.dumps([cited])), "extras": {}}


class Lost(Kept):
    def beside(self, context: Context) -> State:
        return {"extras": {"tree": "a key of nothing"}}


class Endless(Kept):
    def build(self, context: Context) -> Any:
        async def again(state: State) -> State:
            return {}

        graph = StateGraph(State)
        graph.add_node("again", again)
        graph.add_edge(START, "again")
        graph.add_conditional_edges("again", lambda state: "again", ["again", END])
        return graph.compile()


class Hurried(Strategy[StrategyConfig]):
    """Joins captions as they arrive."""

    name = "hurried"
    version = "1"
    summary = "captions as they arrive"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption"})

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=1)

    def build(self, context: Context) -> Any:
        async def step(state: State) -> State:
            arrived: list[Answer] = []

            async def one(chunk: Chunk) -> None:
                arrived.append(await context.caption(chunk))

            await asyncio.gather(*map(one, context.chunks))
            return {"result": context.keep(" ".join(answer.text for answer in arrived if answer.ok))}

        graph = StateGraph(State)
        graph.add_node("step", step)
        graph.add_edge(START, "step")
        graph.add_edge("step", END)
        return graph.compile()


class Forgetful(Kept):
    """Keeps what it wrote beside the state, where a run that goes on cannot find it."""

    def build(self, context: Context) -> Any:
        self.texts: list[str] = []
        return super().build(context)

    async def one(self, context: Context, key: str) -> str:
        written = await super().one(context, key)
        self.texts.append(context.text(written))
        return written

    def join(self, context: Context, state: State) -> str:
        return context.keep(" ".join(self.texts))


class Drawing(Kept):
    """Draws at its first node and at its last from one generator, which a process that goes on does not have."""

    def build(self, context: Context) -> Any:
        self.chance = context.rng("all")
        return super().build(context)

    async def one(self, context: Context, key: str) -> str:
        self.chance.random()
        return await super().one(context, key)

    def join(self, context: Context, state: State) -> str:
        written = state.get("written", [])
        kept = self.chance.sample(written, len(written) // 2)
        return context.keep(" ".join(context.text(key) for key in kept))


class Lots(Drawing):
    """Draws at its first node and at its last, each by a label of its own."""

    async def one(self, context: Context, key: str) -> str:
        context.rng(f"one {key}").random()
        return await super().one(context, key)

    def join(self, context: Context, state: State) -> str:
        self.chance = context.rng("join")
        return super().join(context, state)


class Early(Drawing):
    """Draws in `build` alone, for a node that asks nothing: only a kill in the last node shows it."""

    async def one(self, context: Context, key: str) -> str:
        return await Kept.one(self, context, key)

    def build(self, context: Context) -> Any:
        graph = StateGraph(State)

        async def begin(state: State) -> State:
            self.chance = context.rng("all")
            return {}

        async def caption(state: State) -> State:
            answers = await asyncio.gather(*(context.caption(chunk) for chunk in context.chunks))
            self.chance.random()
            return {"written": [answer.key for answer in answers if answer.ok]}

        async def join(state: State) -> State:
            return {"result": self.join(context, state)}

        self.chance = context.rng("all")
        for name, node in (("begin", begin), ("caption", caption), ("join", join)):
            graph.add_node(name, node)
        graph.add_edge(START, "begin")
        graph.add_edge("begin", "caption")
        graph.add_edge("caption", "join")
        graph.add_edge("join", END)
        return graph.compile()


class Loose(Kept):
    class Config(StrategyConfig):
        model_config = ConfigDict(extra="ignore")


class Thawed(Kept):
    class Config(StrategyConfig):
        model_config = ConfigDict(frozen=False)


class Unnamed(Kept):
    name = "Kept 2"


def test_a_strategy_that_keeps_its_promises_passes_as_a_class_and_with_settings() -> None:
    check_strategy(Kept, sizes=(0, 3))
    check_strategy(Kept(), sizes=(2,), seed=5)


def test_a_strategy_may_do_with_what_is_said_alone() -> None:
    check_strategy(Hearing, sizes=(2,))


def test_a_strategy_may_draw_by_a_label_of_its_own_in_every_node() -> None:
    check_strategy(Lots, sizes=(7,))


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        (Understated, "7 calls of write; its estimate says at most 3"),
        (Shallow, "8 calls waited for one another; its estimate says at most 2"),
        (Asking, "it failed with ModelError: ask is not answered|it calls ask, which"),
        (Insisting, "without events: it failed with ModelError: events is not answered"),
        (Deaf, "with dialogue alone: something is said, and there is no text"),
        (Excited, "with dialogue: 2 calls of write; its estimate says at most 1"),
        (Texts, "a checkpoint holds the text of an answer"),
        (Dice, "the same run gave another text"),
        (Uncounted, "it failed with PromptTooLong"),
        (Fragile, "with an LLM that says nothing: it failed with IndexError"),
        (Gullible, "with an LLM that says that no changes are needed: the text quotes a failed answer"),
        (Chatty, "nobody said anything, and the text is 'There is no"),
        (Inventive, "with an LLM that says nothing: most words come from no answer"),
        (Nowhere, "no text has the key of result"),
        (Lost, r"no text has the key of extras\.tree"),
        (Vague, "evidence is no list of sentence, chunks, times and events"),
        (Misquoting, "evidence is of a sentence that the text does not have: 'Nobody ever"),
        (Misdating, r"evidence names chunks \[7\] of a film of 7"),
        (Endless, "it failed with GraphRecursionError"),
        (Hurried, "the text depends on the order in which answers arrive"),
        (Forgetful, "cancelled at call [0-9]+ of 14: it went on to another text"),
        (Drawing, "(cancelled at call|killed after checkpoint) [0-9]+ of [0-9]+: it went on to another text"),
        (Early, "killed after checkpoint [0-9]+ of [0-9]+: it went on to another text"),
        (Loose, "Config takes an unknown setting"),
        (Thawed, "Config is not frozen"),
        (Unnamed, "needs a name of small letters"),
    ],
)
def test_every_broken_promise_is_named(strategy: type[Strategy[Any]], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_strategy(strategy, sizes=(7,))
