"""The stages of the rules, put together as a graph: events, who is who, links between them, a text from the events.

For simple English and for an LLM that was made for one kind of films: what happens, who is who and what belongs
together is read by code (`longvid.narrative`); an LLM may reword and check.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.narrative import Cast, CoreferenceRules, resolve
from longvid.strategy import Context, Estimate, Event, Limits, keep_evidence, sentences, words_in
from longvid_strategies.ledger.rules import asking, prose
from longvid_strategies.ledger.rules.actions import find_actions
from longvid_strategies.ledger.rules.choosing import choose, salience
from longvid_strategies.ledger.rules.extract import as_they_stand, extract, keep_events, kept_events
from longvid_strategies.ledger.rules.realizer import Line, Realizer, realizable, realize, with_returns
from longvid_strategies.ledger.rules.relations import Link, find_links
from longvid_strategies.ledger.settings import LedgerConfig

DOUBTS_A_CHUNK, CHECKS_A_CHUNK = 0.5, 1.5


class State(TypedDict, total=False):
    rows: str
    """Key of the events."""
    joined: str
    """Key of the pairs of entities that are one."""
    who: str
    """Key of what looking again said: event id -> who."""
    dropped: str
    """Key of the links that do not hold: kind and events of each."""
    result: str
    evidence: str
    extras: dict[str, str]


def estimate(config: LedgerConfig, n: int, limits: Limits) -> Estimate:
    """Upper bound of the calls for `n` chunks."""
    acts = prose.most_acts(limits.words) if n else 0
    writes = n + int(DOUBTS_A_CHUNK * n) + int(CHECKS_A_CHUNK * n) + acts * (2 + prose.MOST_FIXES)
    ask = int(config.reread_share * n)
    depth = 5 + 2 + prose.MOST_FIXES if n else 0
    return Estimate(caption=n, events=n, ask=ask, write=writes, depth=depth)


def build(context: Context, config: LedgerConfig) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph for the film of `context`."""
    n = len(context.chunks)
    rules = CoreferenceRules(same=config.coreference, lookahead=config.lookahead)
    writes = "write" in context.capabilities
    wanted = "caption" if config.evidence == "captions" else "events"
    # Where nobody watched, there is only what is said.
    captions = "events" not in context.capabilities or (wanted == "caption" and "caption" in context.capabilities)
    if config.evidence != "auto" and wanted not in context.capabilities:
        context.note(f"{config.evidence} are not to be had here; the events come from the others")

    def events_of(state: State) -> list[Event]:
        who: dict[str, str] = json.loads(context.text(state["who"])) if "who" in state else {}
        return asking.answered(kept_events(context, state["rows"]), who)

    casts: dict[tuple[str, ...], Cast] = {}

    def cast_of(state: State) -> Cast:
        # Every stage needs it, and a long film's takes a second.
        key = (state["rows"], state.get("who", ""), state.get("joined", ""))
        if key not in casts:
            joined = json.loads(context.text(state["joined"])) if "joined" in state else []
            casts[key] = resolve(events_of(state), rules, [(a, b) for a, b in joined])
        return casts[key]

    async def extract_rows(state: State) -> State:
        return {"rows": keep_events(context, await extract(context, captions=captions))}

    async def look_again(state: State) -> State:
        if not (config.reread and config.coreference and "ask" in context.capabilities):
            return {}
        who, unread = await asking.look_again(context, cast_of(state), int(config.reread_share * n))
        _count(context, unread, "questions about entities")
        return {"who": context.keep(json.dumps(who))}

    async def resolve_doubts(state: State) -> State:
        if not (config.coreference and writes):
            return {}
        joined, unread = await asking.settle(context, cast_of(state), int(DOUBTS_A_CHUNK * n))
        _count(context, unread, "questions whether two entities are one")
        return {"joined": context.keep(json.dumps(joined))}

    async def check_links(state: State) -> State:
        if not (config.relations and config.check != "none" and writes):
            return {}
        cast = cast_of(state)
        told = [(link, text) for link, text in _links(cast) if config.check == "all" or _is_doubtful(link, cast)]
        events = {event.id: event for event in events_of(state)}
        dropped, unread = await asking.check_links(context, told, events, int(CHECKS_A_CHUNK * n))
        _count(context, unread, "questions whether a link holds")
        return {"dropped": context.keep(json.dumps([_id(told[i][0]) for i in sorted(dropped)]))}

    async def write(state: State) -> State:
        cast, events = cast_of(state), events_of(state)
        if not events and {"caption", "dialogue"} & context.capabilities and captions:
            text = await as_they_stand(context)
            return {
                "result": context.keep(text),
                "evidence": keep_evidence(context, [(sentence, ()) for sentence in sentences(text)]),
                "extras": {"ledger": context.keep(json.dumps(_ledger(cast, [])))},
            }
        dropped = json.loads(context.text(state["dropped"])) if "dropped" in state else []
        links = [x for x in find_links(find_actions(cast), cast) if _id(x) not in dropped] if config.relations else []
        lines = plain_lines(cast, links, context.limits.words)
        if writes and config.prose:
            passages = await prose.write(context, lines, check=config.verify)
        else:
            passages = [[prose.Said(line.text, line.events) for line in act] for act in prose.acts(lines)]
        by_id = {event.id: event for event in events}
        told = [(said.text, [by_id[id] for id in said.events]) for passage in passages for said in passage]
        text = "\n\n".join(" ".join(said.text for said in passage) for passage in passages)
        return {
            "result": context.keep(text),
            "evidence": keep_evidence(context, told),
            "extras": {"ledger": context.keep(json.dumps(_ledger(cast, links)))},
        }

    graph = StateGraph(State)
    stages = [extract_rows, look_again, resolve_doubts, check_links, write]
    for stage in stages:
        graph.add_node(stage.__name__, stage)
    for before, after in pairwise(stages):
        graph.add_edge(before.__name__, after.__name__)
    graph.add_edge(START, "extract_rows")
    graph.add_edge("write", END)
    return graph.compile()


def plain_lines(cast: Cast, links: Sequence[Link], words: int) -> list[Line]:
    """The chosen events and links of a film as plain sentences of at most `words` words in all, in order; one longer
    sentence where none is so short."""
    realizer, events = Realizer(cast), [sense.event for sense in cast.senses]
    told = realizable(realizer, links)
    sizes = {event.id: words_in(realizer.event(event).text) for event in events}
    for link in sorted(told, key=lambda link: not link.replaces):
        line = realizer.link(link)
        size = words_in(line.text) if line is not None else 0
        sizes[link.last.event.id] = size if link.replaces else sizes[link.last.event.id] + size
    value = salience(find_actions(cast), told)
    chosen = choose(events, sizes, value, words, [event for link in told for event in link.events])
    lines = realize(
        realizer, [event for event in events if event.id in chosen], [x for x in told if set(x.events) <= chosen]
    )
    return with_returns(realizer, lines, [link for link in links if link.kind == "back"], words)


def _links(cast: Cast) -> list[tuple[Link, str]]:
    """All links that can be said, each with its sentence."""
    realizer = Realizer(cast)
    lines = ((link, realizer.link(link)) for link in find_links(find_actions(cast), cast))
    return [(link, line.text) for link, line in lines if line is not None]


def _id(link: Link) -> list[str]:
    return [link.kind, *link.events]


def _is_doubtful(link: Link, cast: Cast) -> bool:
    """Whether a link rests on somebody or something that is only called by a noun."""
    for action in link.actions:
        for id in (action.agent, action.to):
            if id is None:
                continue
            entity = cast.entity(id)
            if not entity.names and not any(len(description.split()) > 1 for description, _ in entity.descriptions):
                return True
        if action.agent is None or (action.thing is not None and "@" in action.thing and action.clause.state is None):
            return True
    return False


def _count(context: Context, unread: int, what: str) -> None:
    if unread:
        context.note(f"{unread} answer{'s' * (unread != 1)} to {what} could not be read", degraded=True)


def _ledger(cast: Cast, links: Sequence[Link]) -> dict[str, object]:
    """What is kept beside the text: entities with their descriptions in time, events, links."""
    entities = [
        {
            "id": entity.id,
            "names": list(entity.names),
            "descriptions": [{"description": text, "from": chunk} for text, chunk in entity.descriptions],
            "looks": [{"look": text, "from": chunk} for text, chunk in entity.descriptions],
            "chunks": list(entity.chunks),
        }
        for entity in cast.entities
    ]
    events = [{"id": sense.event.id, "chunk": sense.event.chunk, "line": sense.event.line()} for sense in cast.senses]
    found = [{"kind": link.kind, "events": list(link.events), "rows": list(link.events)} for link in links]
    # `figures`, `looks` and `rows` are the earlier names.
    return {"entities": entities, "events": events, "links": found, "figures": entities, "rows": events}
