"""Chain of agents: each worker reads the next stretch and hands on bounded notes; a manager writes from the last ones.

After Chain-of-Agents (arXiv 2406.02818): worker i gets its evidence and the notes of worker i - 1. Unlike a running
summary the notes are written for whoever writes in the end, so they may keep what is still open. Notes that broke off,
say nothing or claim that nothing changes are not handed on: the old ones stay and the most telling sentences of the
stretch are appended by code, within the same bound. Its known loss remains: all of the film has to pass through one
answer, so what a worker drops is gone (arXiv 2603.09835), and the summary is never longer than one answer.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    CALLS,
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
    longest_answer,
    merge,
    most_telling,
    pack,
    salient,
    sentences,
    shortened,
    source_room,
    tokens_for,
    usable,
    words_in,
    words_that_fit,
)
from longvid_strategies import instructions as asks
from longvid_strategies.instructions import is_told

# The terse prompts, for whoever is not told more (`instructions`).
FIRST = (
    "These are descriptions of the first parts of a film, in order. Take notes for somebody who will write the summary "
    "of the whole film and sees nothing else: at most {words} words, in order, who does what to whom and where, how "
    "everyone looks, and what is still open: things hidden or handed over, promises, secrets. Do not add anything."
)
WORKER = (
    "Part 1 is what was noted of a film so far; the other parts describe what comes next, in order. Hand on the notes "
    "for somebody who will write the summary of the whole film and sees nothing else: the old notes and the new events "
    "in order, at most {words} words; who does what to whom and where, what of it answers something earlier, and what "
    "is still open. Shorten what matters least. Keep calling everyone the same. Do not add anything else."
)
MANAGER = (
    "Part 1 is what was noted of a whole film, in order. Write the summary of the film from it in about {words} words, "
    "in the order of events, and say how later events follow from earlier ones. Do not add anything."
)
SHORTER = "the summary is shorter than asked for: it is one answer, from notes that were one answer too"
OWN_SHARE = 4
"""Evidence that code appends takes a quarter of the notes at most, so that four failures in a row leave the old ones
something."""


class ChainConfig(StrategyConfig):
    """Settings of `chain-of-agents`."""

    most: int = Field(default=4, ge=1, le=50, description="most captions that one worker reads, as far as they fit")
    unit_words: int = Field(default=250, ge=40, le=1000, description="words of the notes handed on, as far as they fit")


class State(CaptionState, total=False):
    sources: str
    """Key of the list of captions that say something."""
    cursor: int
    """How many of them have been read."""
    unit: str
    """Key of the notes."""
    extras: dict[str, str]


class ChainOfAgents(Strategy[ChainConfig]):
    name = "chain-of-agents"
    version = "3"
    summary = "bounded notes handed from stretch to stretch, and a manager who writes from the last ones"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = ChainConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        # A worker may get no more than one caption into its prompt.
        writes = n + CALLS * min(n, 1)
        return Estimate(caption=n, write=writes, depth=min(n, 1) + writes)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config, told = self.config, is_told(context)
        first, worker, manager = (
            (asks.first_notes(context), asks.next_notes(context), asks.from_notes(context))
            if told
            else (FIRST, WORKER, MANAGER)
        )
        # Notes that are shorter than the summary would leave nothing to write it from.
        noted = max(config.unit_words, context.limits.words) if told else config.unit_words

        def size(text: str) -> int:
            return context.count(text) - context.count("")

        async def begin(state: State) -> State:
            # The loop below writes a checkpoint a step: from here on the state holds no list.
            return {
                "captions": [],
                "sources": keep_list(context, usable(context, state.get("captions", []))),
                "cursor": 0,
            }

        async def work(state: State) -> State:
            keys = kept_list(context, state["sources"])[state["cursor"] : state["cursor"] + config.most]
            texts = [context.text(key) for key in keys]
            old = context.text(state["unit"]) if "unit" in state else ""
            room = source_room(context, worker, answer_room(context)) - (context.count(old) if old else 0)
            news = [texts[i] for i in pack([context.count(text) for text in texts], room, least=1)[0]]
            tokens = tokens_for(context, noted, [old, *news])
            words = min(noted, words_that_fit(context, [old, *news]))
            lead = (worker if old else first).format(words=words)
            sources = [old, *news] if old else news
            notes = await draft(context, lead, sources, words=words, answer_tokens=tokens)
            if notes.ok and notes.enough:
                unit = notes.key
            else:
                context.note(REPLACED, degraded=True)
                unit = context.keep(appended(old, news, tokens))
            return {"cursor": state["cursor"] + len(news), "unit": unit}

        def appended(old: str, news: list[str], tokens: int) -> str:
            """The old notes and the stretch's own words, `tokens` in all."""
            few = tokens // OWN_SHARE
            own = [text for _, text in most_telling(news, few, size)]
            own = own or [shortened(context, news, few)]
            room = tokens - sum(map(size, own))
            kept = [old] if size(old) <= room else [text for _, text in salient([sentences(old)], room, size)]
            return " ".join([*kept, *own]).strip()

        async def manage(state: State) -> State:
            sources = kept_list(context, state["sources"])
            if not sources:
                return {"result": context.keep("")}
            only = state.get("unit", sources[0])
            text = context.text(only)
            if "unit" not in state and not has_dialogue(text) and words_in(text) <= context.limits.words:
                return {"result": only}
            room = longest_answer(context, manager) if told else answer_room(context)
            words = max(20, min(context.limits.words, words_that_fit(context, [text], room=room)))
            if told and words < context.limits.words:
                context.note(SHORTER)
            written = await merge(context, manager.format(words=words), [text], words=words)
            return {"result": written.key, "extras": {"notes": only}}

        def next_step(state: State) -> str:
            sources = kept_list(context, state["sources"])
            return "work" if len(sources) > 1 and state["cursor"] < len(sources) else "manage"

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        graph.add_node("begin", begin)
        graph.add_node("work", work)
        graph.add_node("manage", manage)
        graph.add_conditional_edges("begin", next_step, ["work", "manage"])
        graph.add_conditional_edges("work", next_step, ["work", "manage"])
        graph.add_edge("manage", END)
        return graph.compile()
