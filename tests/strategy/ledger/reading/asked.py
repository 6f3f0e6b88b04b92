"""An LLM that answers each question of `ledger.reading` by its kind, and makers of what the stages hand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from longvid.engine.request import Raw
from longvid.strategy import Limits
from longvid_benchmarks.oracle.prompts import reading
from longvid_strategies.ledger.reading.cast import Figure
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.sources import Source
from tests.standins import Says, ScriptedContext, plainly

Reply = str | Callable[[Mapping[str, str]], str]


def by_kind(**replies: Reply) -> Says:
    """What to say to each kind of question: a text, or a function of what stands in the prompt's places."""

    def says(prompt: str) -> Raw:
        kind, places = reading(prompt) or ("", {})
        reply = replies[kind]
        return plainly(reply if isinstance(reply, str) else reply(places))

    return says


def anything(text: str) -> bool:
    """Says of every text that it has only names and numbers of the film."""
    return True


def asking(says: Says, n: int = 1, *, context: int = 2048, words: int = 200) -> ScriptedContext:
    """A context over `n` chunks of whose pictures nothing is asked."""
    return ScriptedContext(
        n,
        caption=lambda index: plainly(f"Nothing happens in chunk {index}."),
        writes=says,
        limits=Limits(context=context, caption=320, max_concurrency=4, words=words),
        capabilities=frozenset({"caption", "write", "instruct"}),
    )


def nobody(prompt: str) -> Raw:
    """Says that nobody is to be asked."""
    raise AssertionError(f"this was not to be asked: {prompt[:200]}")


def kinds(context: ScriptedContext) -> list[str]:
    """The kinds of the questions that were asked, in order."""
    return [(reading(prompt) or ("", {}))[0] for prompt in context.prompts]


def fact(id: int, chunk: int, text: str, *, key: bool = False, waits: bool = False) -> Fact:
    return Fact(id, chunk, text, (1,), key, waits)


def link(early: int, late: int, text: str, *, strong: bool = True) -> Link:
    return Link((early,), (late,), text, strong)


def source(chunk: int, number: int, text: str, *, said: bool = False) -> Source:
    return Source(chunk, number, text, 60.0 * chunk + number, said)


def figure(name: str | None, part: int, *looks: tuple[str, tuple[int, ...]], role: str = "") -> Figure:
    """Somebody whose name, where there is one, is told in `part`."""
    return Figure(((name, part),) if name else (), ((role, part),) if role else (), looks)
