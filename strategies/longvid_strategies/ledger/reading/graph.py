"""The stages of reading, put together as a graph; the state holds keys, and every stage can begin from them alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.strategy import ChunkTexts, Context, Estimate, Grounds, Limits, founded, in_waves, keep_list, kept_list
from longvid_strategies.ledger.reading import acts, choosing, facts, links, telling
from longvid_strategies.ledger.reading import cast as casting
from longvid_strategies.ledger.reading.candidates import Candidates
from longvid_strategies.ledger.reading.cast import Cast, keep_cast, kept_cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.sources import Source, sources_of

BACKWARD_SHARE = 0.5
"""Questions asked backward, as a share of the chunks."""
LEAST_LINK = 6
"""Words of the text for each link at least: a link that is told has that many and more."""
CHECKED = 1.15
"""Links that are held against their sources, as a share of those that the text can tell."""
ASKED = 2
"""Calls that a question may take: an answer that cannot be read is asked for once more."""


class State(TypedDict, total=False):
    texts: str
    """Key of the keys of the chunks' texts."""
    cast: str
    facts: str
    found: str
    """Key of the links that were found."""
    links: str
    """Key of those that may be told, the weightiest first."""
    result: str
    evidence: str
    extras: dict[str, str]


def estimate(n: int, limits: Limits) -> Estimate:
    """Upper bound of the calls for `n` chunks, in either way of hearing."""
    if not n:
        return Estimate()
    windows, passages = n, max(1, round(limits.words / acts.ACT_WORDS) + 1)
    links_told = limits.words // LEAST_LINK + 3
    ranking = 3 * (1 + n)
    once = windows + windows + n + n + round(BACKWARD_SHARE * n) + 1 + ranking + links_told + 4 * passages
    depth = 1 + ASKED * (1 + max(1, n.bit_length()) + 1 + 1 + 4 + 1 + 1 + 1 + 1 + 1)
    return Estimate(caption=n, write=ASKED * once, depth=depth)


def build(context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph for the film of `context`."""
    texts = ChunkTexts(context)

    def sources(state: State) -> list[list[Source]]:
        keys = kept_list(context, state["texts"])
        return [sources_of(chunk, context.text(key), texts) for chunk, key in zip(context.chunks, keys, strict=True)]

    def known(state: State) -> list[Fact]:
        return [Fact(**{**row, "sources": tuple(row["sources"])}) for row in json.loads(context.text(state["facts"]))]

    async def gather(state: State) -> State:
        del state
        keys = await in_waves(context, [partial(texts.key, chunk) for chunk in context.chunks])
        return {"texts": keep_list(context, keys)}

    async def find_cast(state: State) -> State:
        found = sources(state)
        shown = [(chunk[0].part, " ".join(source.text for source in chunk)) for chunk in found if chunk]
        cast, unread = await casting.find_cast(context, shown, _grounded(found)) if shown else (Cast(), 0)
        _count(context, unread, "lists of the cast")
        return {"cast": keep_cast(context, cast)}

    async def find_facts(state: State) -> State:
        cast, given = kept_cast(context, state["cast"]), sources(state)
        found, unread, empty = await facts.find_facts(context, cast, given, _grounded(given))
        if unread:
            context.note(
                f"what the LLM said happens in {len(unread)} of {len(context.chunks)} chunks could not be read; their "
                "own sentences stand for it",
                degraded=True,
            )
        if empty:
            context.note(f"{len(empty)} chunks in which nothing happens, says the LLM, are told as they are described")
        return {"facts": context.keep(json.dumps([asdict(fact) for fact in found]))}

    async def find_links(state: State) -> State:
        cast, rows = kept_cast(context, state["cast"]), known(state)
        candidates = Candidates(rows, cast.words, context.embed if "embed" in context.capabilities else None)
        most = max(1, round(BACKWARD_SHARE * len(context.chunks)))
        found, unread = await links.find_links(context, candidates, most_back=most) if rows else ([], 0)
        _count(context, unread, "questions about links")
        return {"found": _keep_links(context, found)}

    async def choose(state: State) -> State:
        rows, found, all_sources = known(state), _kept_links(context, state["found"]), sources(state)
        words = context.limits.words
        ranking, unread = await choosing.choose(context, found, rows, acts.links_for(words))
        # Some will not hold: more are checked than are told.
        chosen = acts.fitting(ranking, round(CHECKED * words))
        allowed = _grounded(all_sources)
        cast = kept_cast(context, state["cast"])
        held, wrong, unanswered = await choosing.check(context, chosen, rows, all_sources, cast, allowed)
        _count(context, unread + unanswered, "questions about which links are told")
        if wrong:
            context.note(f"{wrong} links that the LLM saw do not hold, or not as it said: told otherwise or not at all")
        return {"links": _keep_links(context, [link for link in held if link is not None])}

    async def tell(state: State) -> State:
        rows, all_sources = known(state), sources(state)
        told = _kept_links(context, state["links"])
        words = context.limits.words
        lines = acts.lines_of(rows, told, words)
        cast = kept_cast(context, state["cast"])
        passages, counts = await telling.tell(context, lines, rows, cast, words, _grounded(all_sources))
        if counts["unwritten"]:
            context.note(
                f"{counts['unwritten']} passages could not be written by the LLM; their facts stand as they are",
                degraded=True,
            )
        _count(context, counts["unchecked"], "questions whether the text holds")
        if counts["replaced"]:
            context.note(f"{counts['replaced']} sentences said what their facts do not say; the facts stand for them")
        if counts["ungrounded"]:
            context.note(
                f"{counts['ungrounded']} facts have a name or a number that the film has not; they are not told"
            )
        text = "\n\n".join(" ".join(one.text for one in passage) for passage in passages)
        evidence = [_evidence(one, rows, all_sources) for passage in passages for one in passage]
        ledger = {
            "cast": kept_cast(context, state["cast"]).as_json(),
            "facts": [asdict(fact) for fact in rows],
            "found": [asdict(link) for link in _kept_links(context, state["found"])],
            "links": [asdict(link) for link in told],
        }
        return {
            "result": context.keep(text),
            "evidence": context.keep(json.dumps(evidence)),
            "extras": {"ledger": context.keep(json.dumps(ledger))},
        }

    graph = StateGraph(State)
    stages = [gather, find_cast, find_facts, find_links, choose, tell]
    for stage in stages:
        graph.add_node(stage.__name__, stage)
    for before, after in pairwise(stages):
        graph.add_edge(before.__name__, after.__name__)
    graph.add_edge(START, "gather")
    graph.add_edge("tell", END)
    return graph.compile()


def _grounded(sources: Sequence[Sequence[Source]]) -> Callable[[str], bool]:
    """Whether a sentence has only names and numbers that the film's descriptions or dialogue have."""
    grounds = Grounds(source.text for chunk in sources for source in chunk)
    return lambda text: founded(text, grounds) == text.strip()


def _evidence(told: acts.Told, facts: Sequence[Fact], sources: Sequence[Sequence[Source]]) -> dict[str, Any]:
    """What a sentence rests on: the sentences and cues of its facts, with their times."""
    cited: list[Source] = []
    for line in told.lines:
        for id in line.facts:
            fact = facts[id]
            cited += [source for source in sources[fact.chunk] if source.number in fact.sources and source not in cited]
    cited.sort(key=lambda source: (source.chunk, source.number))
    return {
        "sentence": told.text,
        "chunks": sorted({source.chunk for source in cited}),
        "times": [round(source.time, 3) for source in cited],
        "events": [source.text for source in cited],
    }


def _keep_links(context: Context, found: Sequence[Link]) -> str:
    return context.keep(json.dumps([asdict(link) for link in found]))


def _kept_links(context: Context, key: str) -> list[Link]:
    return list(map(_link, json.loads(context.text(key))))


def _link(row: dict[str, Any]) -> Link:
    return Link(tuple(row["early"]), tuple(row["late"]), row["text"], row["strong"], row["name"], row["beside"])


def _count(context: Context, unread: int, what: str) -> None:
    if unread:
        context.note(f"{unread} answer{'s' * (unread != 1)} to {what} could not be read", degraded=True)
