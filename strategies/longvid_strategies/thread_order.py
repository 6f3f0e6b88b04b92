"""Thread order: chunks regrouped by the entities they share, and merged along these threads.

After the scene reordering in Mahon and Lapata's modular summarization of long video: neighbours come to share as many
entities as can be, and no entity's own order is ever inverted, so that two plots that take turns are each merged as one
story. Who is who is found by code, from event lines where the context has them and else from the captions; the order is
found by code too (`threads`), and no call is made for either. Every part says which minutes it tells, so that the last
LLM can set the threads beside each other. Known to lose: what only the order of the film tells across threads that
share nobody; where nobody is recognised twice the order of the film stays, and the outputs say so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.narrative import read_caption, resolve
from longvid.strategy import (
    CALLS,
    Capability,
    Chunk,
    Context,
    Estimate,
    Event,
    Limits,
    Strategy,
    StrategyConfig,
    TreeState,
    add_captions,
    description,
    in_waves,
    merge,
    most_calls,
    parse_events,
)
from longvid_strategies.filling import FillingBearingTree
from longvid_strategies.instructions import MOST_CHILDREN, children, fewest_children, longest, orders_for
from longvid_strategies.threads import runs, spans, thread_order

NODE = (
    "These are descriptions of parts of a film that follow the same figures; each says which minutes of the film it "
    "tells. Merge them into one description of about {words} words. Introduce each figure once by name or look and "
    "keep calling it the same. Keep the order of events and what changes from part to part. Do not add anything."
)
TOP = (
    "These are descriptions of the threads of a film: each follows figures of its own and says which minutes of the "
    "film it tells, so that threads may run at the same time. Merge them into one summary of about {words} words. "
    "Introduce each figure once by name or look and keep calling it the same. Keep the order of events within each "
    "thread, and say where threads meet and how later events follow from earlier ones. Do not add anything."
)
ALONG = (
    "These are descriptions of parts of a film that follow the same figures; each says which minutes of the film it "
    "tells."
)
THREADS = (
    "These are descriptions of the threads of a film: each follows figures of its own and says which minutes of the "
    "film it tells, so that threads may run at the same time. Say where threads meet."
)
FIT = 8
"""Children of a node, at most: each has its minutes beside its text."""
TITLE_TOKENS = 20
"""What the minutes of a part may take."""


class ThreadOrderConfig(StrategyConfig):
    """Settings of `thread-order`."""

    fan_in: int = Field(default=20, ge=2, le=20, description="most children of a node; 20: as many as fit")
    node_words: int = Field(
        default=140, ge=20, le=400, description="words of a node below the top, more where they fit"
    )


class State(TreeState, total=False):
    figures: str
    """Key of JSON: for each chunk the entities seen in it that are seen in another chunk too."""
    extras: dict[str, str]


class Threads(FillingBearingTree):
    """A tree whose nodes bear the `chunks` they tell, and whose first level merges nothing across threads."""

    def leaves(self, captions: Sequence[str], entities: Sequence[Sequence[str]]) -> list[str]:
        """The captions that say something, in the order of the threads, bearing their `entities` too."""
        said = [i for i, key in enumerate(captions) if self.context.text(key)]
        order = [said[place] for place in thread_order([frozenset(entities[i]) for i in said])]
        return [self.node(captions[i], chunks=[i], figures=entities[i]) for i in order]

    def groups(self, nodes: Sequence[str], level: int) -> list[range]:
        if level:
            return super().groups(nodes, level)
        threads = runs([frozenset(self.read(node)["figures"]) for node in nodes])
        return [
            range(thread.start + group.start, thread.start + group.stop)
            for thread in threads
            for group in super(Threads, self).groups(nodes[thread.start : thread.stop], level)
        ]

    async def merge(self, lead: str, nodes: Sequence[str], words: int) -> str:
        borne = [self.read(node) for node in nodes]
        texts = [self.context.text(one["text"]) for one in borne]
        titles = [self._minutes(one["chunks"]) for one in borne]
        merged = await merge(self.context, lead, texts, words=words, titles=titles)
        return self.node(merged.key, chunks=sorted(chunk for one in borne for chunk in one["chunks"]))

    def _minutes(self, chunks: Sequence[int]) -> str:
        minutes = sorted({int(self.context.chunks[i].start // 60) + 1 for i in chunks})
        return f"minute{'s' if len(minutes) > 1 else ''} {spans(minutes)}"


class ThreadOrder(Strategy[ThreadOrderConfig]):
    name = "thread-order"
    version = "4"
    summary = "chunks regrouped by the entities they share, then a tree along these threads"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"events", "instruct"})
    Config = ThreadOrderConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        reserved = TITLE_TOKENS * max(FIT, self.config.fan_in % MOST_CHILDREN)
        # Threads may be so short that the first level merges hardly anything, and then the whole tree comes after it.
        most = replace(limits, caption=max(limits.caption, limits.context // 3))
        writes, levels = most_calls(
            n, most, longest(limits, TOP), most=fewest_children(self.config.fan_in), reserved=reserved
        )
        return Estimate(caption=n, events=n, write=CALLS * (n // 2) + writes, depth=2 * min(n, 1) + CALLS + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        most = children(context, self.config.fan_in, FIT)
        tree = Threads(
            context,
            orders_for(context, node=NODE, top=TOP, of=THREADS, below=ALONG),
            words=self.config.node_words,
            most=most,
            reserved=TITLE_TOKENS * most,
        )

        async def recognise(state: State) -> State:
            captions = state.get("captions", [])

            async def events(chunk: Chunk) -> tuple[Event, ...]:
                text = description(context.text(captions[chunk.index]))
                # A chunk without a caption has no place in the order, whoever is in it.
                lines = (await context.events(chunk)).text if text and "events" in context.capabilities else ""
                return parse_events(lines, chunk.index).events or read_caption(text, chunk.index).events

            found: list[tuple[Event, ...]] = await in_waves(
                context, [partial(events, chunk) for chunk in context.chunks]
            )
            cast = resolve(event for some in found for event in some)
            again = [entity for entity in cast.entities if len(entity.chunks) > 1]
            if not again and len(context.chunks) > 1:
                context.note("nobody was recognised in two chunks, so the threads are merged in the order of the film")
            seen = [[entity.id for entity in again if chunk.index in entity.chunks] for chunk in context.chunks]
            titles = {entity.id: entity.title for entity in again}
            return {"figures": context.keep(json.dumps({"chunks": seen, "titles": titles}))}

        def leaves(state: State) -> list[str]:
            return tree.leaves(state.get("captions", []), json.loads(context.text(state["figures"]))["chunks"])

        async def show(state: State) -> State:
            return {
                "extras": {"tree": tree.shown(state["tree"]), "entities": state["figures"], "figures": state["figures"]}
            }

        graph = StateGraph(State)
        add_captions(graph, context, then="recognise")
        graph.add_node("recognise", recognise)
        graph.add_edge("recognise", "begin")
        tree.add(graph, leaves, then="show")
        graph.add_node("show", show)
        graph.add_edge("show", END)
        return graph.compile()
