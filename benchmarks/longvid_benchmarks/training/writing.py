"""Examples for the LLM: the built-in strategies are run over gold, and every prompt they ask gets its right answer.

So the prompts are to the letter those of a run. Beside them stand the same questions with something wrong in them,
since gold alone never gives a reason to answer no.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

from longvid.strategy import Capability, Chunk, Limits, Strategy, StrategyConfig, sentences
from longvid.strategy.registry import load
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.author import Author
from longvid_benchmarks.oracle.replies import is_plain, reply, with_errors
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.training.example import Example
from longvid_benchmarks.training.offline_context import OfflineContext

STRATEGIES: dict[str, tuple[str, dict[str, Any]]] = {
    "map-reduce": ("map-reduce", {}),
    "map-reduce in a small context": ("map-reduce", {"most": 4}),
    "single": ("single", {}),
    "refine": ("refine", {}),
    "hierarchical": ("hierarchical", {}),
    "extract-support": ("extract-support", {}),
    "chain-of-agents": ("chain-of-agents", {}),
    "outline-reread": ("outline-reread", {}),
    "thread-order": ("thread-order", {}),
    "patch": ("patch", {}),
    "ledger": ("ledger", {"check": "all"}),
    "ledger of captions": ("ledger", {"evidence": "captions"}),
}
"""Every built-in strategy that writes, with settings under which it asks all that it can ask."""
CAN: frozenset[Capability] = frozenset({"caption", "events", "ask", "write"})
CONTEXT, SMALL_CONTEXT = 2048, 700
"""Tokens; a collapse is only asked for where captions do not fit."""
LEVELS: dict[gold.Level, float] = {"appearance": 0.8, "noisy": 0.2}
"""With noise, as a captioner with bad eyes would tell it: the LLM can only go by its sources."""
COPIED = (4, 10, 20, 40)
"""Most sentences of each of the examples in copying that one film gives."""
ADDITIONS = 0.2
"""Share of the updates of a running summary that are asked for as additions too: gold's never fail, so no run asks."""


def examples(story: Story, strategy: str, words: int, rng: random.Random, count: Callable[[str], int]) -> list[Example]:
    """All that the LLM is asked when `strategy` (of STRATEGIES) merges `story` into `words` words."""
    author = Author(story)
    level = _level(rng)
    captions = gold.captions(story, level)
    lines = ["\n".join(gold.event_lines(story, chunk, level)) for chunk in story.chunks]
    chunks = [Chunk(c.index, c.start, c.end, ((c.start, c.end),), ()) for c in story.chunks]
    name, settings = STRATEGIES[strategy]
    kind = _kind(name)
    context = OfflineContext(
        chunks,
        captions,
        lines,
        write=lambda prompt, tokens: reply(author, prompt),
        ask=lambda index, question: _asked(captions[index], question),
        count=count,
        limits=Limits(
            context=SMALL_CONTEXT if "small" in strategy else CONTEXT, caption=320, max_concurrency=8, words=words
        ),
        capabilities=CAN,
    )
    context.run(kind(kind.Config.model_validate(settings)))
    found = list(context.asked)
    for prompt, _ in context.asked:
        if not is_plain(prompt):
            found = [(asked, answer) for asked, answer in found if asked != prompt]
            continue
        found += with_errors(prompt, rng)
        if prompts.which(prompt) == "refine update" and rng.random() < ADDITIONS:
            asked = _as_additions(prompt, words)
            found.append((asked, reply(author, asked)))
    return [Example(prompts.which(prompt) or "", prompt, answer) for prompt, answer in found if answer]


def copying(story: Story, rng: random.Random) -> list[Example]:
    """The ledger's order to write, over sentences of `story` in no order: what to say can only be copied."""
    told = [text for caption in gold.captions(story, _level(rng)) for text in sentences(caption)]
    found = []
    for most in COPIED:
        some = rng.sample(told, min(len(told), rng.randint(2, most)))
        statements = "\n".join(f"{number}. {text}" for number, text in enumerate(some, 1))
        prompt = prompts.WRITING["ledger write"].format(words=20 * len(some), statements=statements)
        found.append(Example("ledger write", prompt, reply(Author(story), prompt)))
    return found


@cache
def _kind(name: str) -> type[Strategy[StrategyConfig]]:
    # Looking through all plug-ins each time takes as long as a small film's prompts.
    return load(name)


def _level(rng: random.Random) -> gold.Level:
    return rng.choices(list(LEVELS), list(LEVELS.values()))[0]


def _asked(caption: str, question: str) -> str:
    """A second look says what the first one said; who it is, nobody can tell."""
    return "1 | somebody else" if prompts.which(question) == "look" else caption


def _as_additions(prompt: str, words: int) -> str:
    """The prompt of an update as one that asks for the additions alone."""
    sources = prompt.index("\nPart 1: ")
    return prompts.WRITING["refine additions"].format(words=max(20, words // 4)) + prompt[sources:]
