"""Outline and re-read: every chunk is watched again in the light of what the film around it tells, then all is merged.

Two passes, as in describing with a global context (compare MM-Narrator, arXiv 2311.17435, and StoryTeller, arXiv
2411.07076): captions give an outline, one short line a stretch of neighbours; then each chunk is asked again and told
the lines before, at and after it, and the one elsewhere that shares most rare words with its caption. Both passes are
parallel, so nothing is carried from answer to answer and no error can feed on itself. The lines are told as continuity
and never as a cast, bounded to about a hundred tokens; lines whose writing failed are not told. Known to lose: an
error of the outline may be seen into a chunk, and the second look costs as much decoding as the first.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    CALLS,
    Capability,
    Chunk,
    ChunkTexts,
    Context,
    Draft,
    Estimate,
    Limits,
    Rarity,
    Strategy,
    StrategyConfig,
    TreeState,
    add_captions,
    answer_room,
    in_waves,
    keep_list,
    kept_list,
    most_calls,
    pack,
    salient,
    sentences,
    source_room,
    tokens_for,
    usable,
    words_in,
    written,
)
from longvid_strategies.filling import FillingTree
from longvid_strategies.hierarchical import ACTS, MERGE, TOP
from longvid_strategies.instructions import children, fewest_children, is_told, longest, orders_for, outline_line

OUTLINE = (
    "These are descriptions of consecutive minutes of a film, in order. Say in at most {words} words what happens in "
    "them: who does what to whom, and where. Call everyone by name or look. Do not add anything."
)
LINE_WORDS = 25
"""Words that a line of the outline is asked for."""
WHERE = ("Before it:", "Around it:", "After it:", "Elsewhere:")
QUESTION = (
    "For continuity only, this is what the film around this video tells. {told} Whoever and whatever is named there "
    "need not be in this video. Now describe this video in detail: only what is seen in it, calling whoever is seen "
    "again by the same name or look."
)
LEAST_ANSWER = 60
"""Tokens; where the longer question leaves fewer, less is told."""


class OutlineRereadConfig(StrategyConfig):
    """Settings of `outline-reread`."""

    stretch: int = Field(default=4, ge=1, le=20, description="most captions under one line of the outline")
    told_words: int = Field(default=65, ge=0, le=150, description="most words of the outline that a chunk is told")
    fan_in: int = Field(default=20, ge=2, le=20, description="most children of a node; 20: as many as fit")
    node_words: int = Field(
        default=140, ge=20, le=400, description="words of a node below the top, more where they fit"
    )


class State(TreeState, total=False):
    outline: str
    """Key of JSON: for each line its `text` and the `chunks` it is about."""
    reread: str
    """Key of the list of what is merged: for each chunk its second answer, or its caption in its place."""
    extras: dict[str, str]


class OutlineReread(Strategy[OutlineRereadConfig]):
    name = "outline-reread"
    version = "3"
    summary = "an outline from the captions, every chunk asked again in its light, then a tree over the new answers"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption", "ask", "write"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"dialogue", "instruct"})
    Config = OutlineRereadConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        writes, levels = most_calls(n, limits, longest(limits, TOP), most=fewest_children(self.config.fan_in))
        # Where captions fill the context, a line of the outline is about a single one.
        return Estimate(caption=n, ask=n, write=CALLS * n + writes, depth=(2 + CALLS) * min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config, texts_of = self.config, ChunkTexts(context)

        async def outline(state: State) -> State:
            captions = state.get("captions", [])
            said = [i for i, key in enumerate(captions) if context.text(key)]
            texts = [context.text(captions[i]) for i in said]
            lead = (outline_line(context) if is_told(context) else OUTLINE).format(words=LINE_WORDS)
            room = source_room(context, lead, answer_room(context))
            sizes = [context.count(text) for text in texts]
            # The only chunk of a film has nothing around it.
            groups = pack(sizes, room, least=1, most=config.stretch) if len(said) > 1 else []
            calls = [partial(line, lead, [texts[i] for i in group]) for group in groups]
            lines: list[Draft] = await in_waves(context, calls)
            rows = [
                {"chunks": [said[i] for i in group], "text": one.text if one.ok and one.enough else ""}
                for group, one in zip(groups, lines, strict=True)
            ]
            return {"outline": context.keep(json.dumps(rows))}

        async def line(lead: str, texts: Sequence[str]) -> Draft:
            # Twice the room that is asked for, since a line that is cut off is not told.
            room = tokens_for(context, 2 * LINE_WORDS, texts)
            return await written(context, lead, texts, words=LINE_WORDS, answer_tokens=room)

        async def reread(state: State) -> State:
            captions = state.get("captions", [])
            rows = json.loads(context.text(state["outline"]))
            lines, rarity = [row["text"] for row in rows], Rarity(row["text"] for row in rows)
            begins = [row["chunks"][0] for row in rows]

            async def again(chunk: Chunk) -> str:
                caption = captions[chunk.index]
                at = max(0, bisect_right(begins, chunk.index) - 1)
                question = fitting(chunk, around(lines, rarity, at, context.text(caption)))
                if question is None:
                    return caption
                tokens = min(context.limits.caption, context.ask_room(chunk, question))
                answer = await context.ask(chunk, question, max_tokens=tokens)
                better = answer.ok or (answer.text and not (await context.caption(chunk)).ok)
                return texts_of.kept(chunk, answer) if better else caption

            keys = await in_waves(context, [partial(again, chunk) for chunk in context.chunks])
            return {"reread": keep_list(context, keys), "captions": [], "extras": {"outline": state["outline"]}}

        def fitting(chunk: Chunk, told: Sequence[Sequence[str]]) -> str | None:
            """The question that tells as much of `told` as leaves room for an answer; None where that is nothing."""
            words, least = config.told_words, min(LEAST_ANSWER, context.limits.caption)
            while chosen := salient(told, words, words_in):
                question = QUESTION.format(told=" ".join(f"{WHERE[place]} {text}" for place, text in chosen))
                if context.ask_room(chunk, question) >= least:
                    return question
                words //= 2
            return None

        graph = StateGraph(State)
        add_captions(graph, context, then="outline")
        graph.add_node("outline", outline)
        graph.add_node("reread", reread)
        graph.add_edge("outline", "reread")
        graph.add_edge("reread", "begin")
        orders = orders_for(context, node=MERGE, top=TOP, of=ACTS)
        tree = FillingTree(context, orders, words=config.node_words, most=children(context, config.fan_in))
        tree.add(graph, lambda state: usable(context, kept_list(context, state["reread"])), then=END)
        return graph.compile()


def around(lines: Sequence[str], rarity: Rarity, at: int, caption: str) -> list[list[str]]:
    """Sentences of the lines before, at and after the one `at`, and of that elsewhere which is most like `caption`."""
    near = [lines[i] if 0 <= i < len(lines) else "" for i in (at - 1, at, at + 1)]
    like = [i for i in rarity.most_like(caption, lines) if abs(i - at) > 1]
    return [sentences(line) for line in [*near, lines[like[0]] if like else ""]]
