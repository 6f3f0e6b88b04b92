"""Refine: one running summary, rewritten with the captions of the next stretch until the film ends.

After incremental updating in BooookScore (arXiv 2310.00785). Its known failures are shut out: the summary's word limit
grows evenly with the film, so neither the beginning nor the end is squeezed, and each rewrite is told how many of its
words the new events have; a reply that says "no changes needed", throws half of
the summary away or breaks off is not taken for the summary: the LLM is asked for the additions alone, and those are
appended by code. What remains is that every event of the first act is rewritten at every step.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    REPLACED,
    Capability,
    CaptionState,
    Context,
    Estimate,
    Limits,
    Strategy,
    StrategyConfig,
    add_captions,
    answer_room,
    draft,
    has_dialogue,
    keep_list,
    kept_list,
    merge,
    pack,
    sentences,
    shortened,
    source_room,
    split,
    tokens_for,
    words_in,
    words_that_fit,
)
from longvid_strategies import instructions as asks
from longvid_strategies.instructions import is_told

# The terse prompts, for whoever is not told more (`instructions`).
FIRST = (
    "These are descriptions of the first parts of a film, in order. Summarize them in about {words} words. "
    "Keep who does what to whom, and where. Do not add anything."
)
UPDATE = (
    "Part 1 is the summary of a film so far; the other parts describe what comes next, in order. Write the whole "
    "summary anew in about {words} words, so that it tells the old and the new events in order. Keep calling each "
    "figure the same. Do not add anything else."
)
ADDITIONS = (
    "Part 1 is the summary of a film so far; the other parts describe what comes next, in order. Write only the "
    "sentences that have to be added to the summary, at most {words} words. Do not repeat the summary."
)
SHORTER = "the summary is shorter than asked for: it must stand twice in what the LLM can hold at once"
STRETCHES = 8
"""Of a summary that must be shortened, as many shorten evenly."""
LEAST_WORDS = 40
"""Of the summary of the first stretch, however short the whole is meant to be."""
KEPT_SHARE = 0.6
"""A new summary with fewer words than this share of the old one has thrown something away."""


class RefineConfig(StrategyConfig):
    """Settings of `refine`."""

    most: int = Field(default=4, ge=1, le=50, description="most captions taken in by one step, as far as they fit")


class State(CaptionState, total=False):
    sources: str
    """Key of the captions' keys."""
    cursor: int
    """Captions taken in so far."""
    running: str
    """Key of the running summary."""


class Refine(Strategy[RefineConfig]):
    name = "refine"
    version = "4"
    summary = "one running summary, rewritten with each next stretch; strictly one call after another"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = RefineConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        # A step may take in a single caption, and asks twice at most.
        return Estimate(caption=n, write=2 * n, depth=min(n, 1) + 2 * n)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config = self.config
        total, told = len(context.chunks), is_told(context)
        first, again, additions = (
            (asks.first_stretch(context), asks.next_stretch(context), asks.additions(context))
            if told
            else (FIRST, UPDATE, ADDITIONS)
        )
        # The summary stands in the prompt and in the answer, beside one chunk at least.
        longest = answer_room(context)
        if told:
            longest = max(longest, (source_room(context, again, 0) - context.limits.chunk) // 2)

        def target(done: int, texts: list[str]) -> int:
            whole = min(context.limits.words, words_that_fit(context, texts, room=longest))
            if told and whole < context.limits.words:
                context.note(SHORTER)
            if told:
                return min(whole, max(LEAST_WORDS, round(whole * done / max(1, total))))
            return max(20, min(whole, round(whole * done / max(1, total)) + 40))

        async def step(state: State) -> State:
            cursor, old = state.get("cursor", 0), context.text(state["running"]) if "running" in state else ""
            left = [context.text(key) for key in kept_list(context, state["sources"])[cursor:]]
            most = longest
            if told:
                texts = [old, *left[: config.most]]
                most = tokens_for(context, target(cursor + config.most, texts), texts, most=longest)
            room = source_room(context, again, most) - (context.count(old) if old else 0)
            taken = pack([context.count(text) for text in left], room, least=1, most=config.most)[0]
            news = [left[i] for i in taken if left[i]]
            done = cursor + len(taken)
            if not news:
                running = state.get("running") or context.keep("")
            elif not old:
                words = target(done, news)
                if len(news) == 1 and not has_dialogue(news[0]) and words_in(news[0]) <= words:
                    running = context.keep(news[0])
                else:
                    running = (await merge(context, first.format(words=words), news, words=words)).key
            else:
                words = target(done, [old, *news])
                running = await update(old, news, words, min(target(cursor, [old, *news]), words * cursor // done))
            return {"cursor": done, "running": running}

        async def update(old: str, news: list[str], words: int, share_of_old: int) -> str:
            """The summary `old` with `news`; of its `words`, `share_of_old` are for what `old` tells."""
            lead = again.format(words=words, old=share_of_old, new=words - share_of_old)
            room = tokens_for(context, words, [old, *news], most=longest)
            made = await draft(context, lead, [old, *news], words=words, answer_tokens=room)
            if made.ok and made.enough and words_in(made.text) >= KEPT_SHARE * min(words_in(old), words):
                return made.key
            share = max(20, words // 4)
            few = tokens_for(context, share, news)
            lead = additions.format(words=share)
            added = await draft(context, lead, [old, *news], words=share, answer_tokens=few)
            addition = added.text if added.ok else ""
            if not addition:
                context.note(REPLACED, degraded=True)
                addition = shortened(context, news, few)
            # Where it is full, every stretch of the film gives up some sentences, not the last one all of its own.
            told = sentences(old)
            stretches = [" ".join(told[i] for i in part) for part in split(len(told), STRETCHES)]
            kept = shortened(context, stretches, longest - few)
            return context.keep(f"{kept} {addition}".strip())

        async def finish(state: State) -> State:
            return {"result": state.get("running") or context.keep("")}

        def next_step(state: State) -> str:
            return "step" if state.get("cursor", 0) < total else "finish"

        async def begin(state: State) -> State:
            return {"cursor": 0, "sources": keep_list(context, state.get("captions", [])), "captions": []}

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        graph.add_node("begin", begin)
        graph.add_node("step", step)
        graph.add_node("finish", finish)
        graph.add_conditional_edges("begin", next_step, ["step", "finish"])
        graph.add_conditional_edges("step", next_step, ["step", "finish"])
        graph.add_edge("finish", END)
        return graph.compile()
