"""Trees over a film: neighbours are merged level by level until a few calls can write the whole.

The graph that all tree strategies share. A strategy brings the instructions, and by overriding `Tree` it may say what
a node is, how it is merged and which neighbours go together. The state holds one key however long the film is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from longvid.captions.spoken import has_dialogue
from longvid.strategy.contract import Context
from longvid.strategy.graphs import CaptionState, in_waves
from longvid.strategy.merging import (
    FRAMING,
    answer_room,
    longest_answer,
    merge,
    parts_for,
    source_room,
    tokens_for,
    words_in,
    words_that_fit,
)
from longvid.strategy.packing import evenly, pack, split
from longvid.strategy.parts import before_room, part_lead

if TYPE_CHECKING:
    from langgraph.graph import StateGraph

LEAST_WORDS = 20
"""Words of a part of the summary, however short the whole is meant to be."""


class TreeState(CaptionState, total=False):
    tree: str
    """Key of the tree so far, JSON: `levels` of nodes, the leaves first, and for each level above them, how many
    `children` each node has."""


class Tree:
    """A tree of texts. Here a node is the key of its text.

    `node` and `top` are instructions with `{words}`; nodes below the top have about `words` words and at most `most`
    children. The top takes as many nodes a call, or any number that fits with `wide_top`. `reserved` tokens of each
    prompt are left for what `merge` adds to it.

    With `part`, the instruction for one of several parts of the summary ({words}, {part}, {parts}, {before}), the
    context is used as far as it goes: the top is one call wherever sources as long as the summary have room beside it,
    else its parts are written one after another; and nodes below the top have more words where the top has room.
    """

    def __init__(
        self,
        context: Context,
        *,
        node: str,
        top: str,
        words: int,
        most: int,
        wide_top: bool = False,
        reserved: int = 0,
        part: str = "",
    ) -> None:
        self.context = context
        self._part, self._reserved = part, reserved
        self._lead, self._top, self._words, self._most, self._wide_top = node, top, words, most, wide_top
        self._room = source_room(context, node.format(words=words), answer_room(context)) - reserved

    def prose(self, node: str) -> str:
        """Key of the text of `node`."""
        return node

    async def merge(self, lead: str, nodes: Sequence[str], words: int) -> str:
        """The node that stands above `nodes`: about `words` words, written as `lead` says."""
        return (await merge(self.context, lead, [self._text(node) for node in nodes], words=words)).key

    def groups(self, nodes: Sequence[str], level: int) -> list[range]:
        """Which neighbours of `nodes`, the level of this number, are merged with each other."""
        del level
        sizes = self._sizes(nodes)
        groups = pack(sizes, self._room, least=2, most=self._most)
        return evenly(sizes, len(groups), least=2, most=self._most) if self._part else groups

    def add(self, graph: StateGraph[Any, Any, Any, Any], leaves: Callable[[Any], Sequence[str]], then: str) -> None:
        """Add the nodes `begin`, which takes `leaves` of the state, `climb`, and `top`, which sets `result` and goes
        on to `then`. Whoever adds it leads to `begin`."""

        # LangGraph gives a node the keys of its annotation alone, and `leaves` may need any of the strategy's.
        async def begin(state: Any) -> TreeState:
            return {"tree": self._keep([list(leaves(state))], [])}

        async def climb(state: TreeState) -> TreeState:
            levels, children = self._load(state)
            groups = self.groups(levels[-1], len(levels) - 1)
            words = self._node_words(levels[-1], len(groups))
            merged = iter(await self._merged(self._lead, levels[-1], [g for g in groups if len(g) > 1], words))
            # A node that goes with no other is not rewritten.
            nodes = [next(merged) if len(group) > 1 else levels[-1][group.start] for group in groups]
            return {"tree": self._keep([*levels, nodes], [*children, [len(group) for group in groups]])}

        async def top(state: TreeState) -> TreeState:
            nodes = self._load(state)[0][-1]
            if not nodes:
                return {"result": self.context.keep("")}
            alone = self._text(nodes[0]) if len(nodes) == 1 else ""
            if alone and not has_dialogue(alone) and words_in(alone) <= self.context.limits.words:
                return {"result": self.prose(nodes[0])}
            groups = self._parts(nodes)
            words = max(LEAST_WORDS, self.context.limits.words // len(groups))
            if self._part and len(groups) > 1:
                written = await self._in_turn(nodes, groups, words)
            else:
                written = await self._merged(self._top, nodes, groups, words)
            return {"result": self.context.keep("\n\n".join(self._text(node) for node in written))}

        def next_step(state: TreeState) -> str:
            return "top" if self._is_enough(self._load(state)[0][-1]) else "climb"

        graph.add_node("begin", begin)
        graph.add_node("climb", climb)
        graph.add_node("top", top)
        graph.add_conditional_edges("begin", next_step, ["climb", "top"])
        graph.add_conditional_edges("climb", next_step, ["climb", "top"])
        graph.add_edge("top", then)

    async def _merged(self, lead: str, nodes: Sequence[str], groups: Sequence[range], words: int) -> list[str]:
        lead = lead.format(words=words)
        return await in_waves(
            self.context, [partial(self.merge, lead, [nodes[i] for i in group], words) for group in groups]
        )

    async def _in_turn(self, nodes: Sequence[str], groups: Sequence[range], words: int) -> list[str]:
        """The parts of the summary, each told what those before it tell."""
        written: list[str] = []
        for number, group in enumerate(groups, 1):
            told = [self._text(node) for node in written]
            lead = part_lead(self.context, self._part, number, len(groups), words, told)
            written.append(await self.merge(lead, [nodes[i] for i in group], words))
        return written

    def _is_enough(self, nodes: Sequence[str]) -> bool:
        """Whether the top can be written from `nodes`."""
        if len(nodes) < 2:
            return True
        calls, sizes = self._calls(nodes), self._sizes(nodes)
        if not self._wide_top and len(nodes) > self._most * calls:
            return False
        if not self._part:
            return sum(sizes) <= self._room * calls
        room = self._top_room([self._text(node) for node in nodes], calls)
        return all(sum(sizes[i] for i in group) <= room for group in self._parts(nodes))

    def _parts(self, nodes: Sequence[str]) -> list[range]:
        """Which of `nodes` each call of the top is given."""
        calls = self._calls(nodes)
        return evenly(self._sizes(nodes), calls) if self._part else split(len(nodes), calls)

    def _calls(self, nodes: Sequence[str]) -> int:
        """In how many calls the top is written from `nodes`."""
        texts, words = [self._text(node) for node in nodes], self.context.limits.words
        if not self._part:
            return min(len(nodes), parts_for(self.context, words, texts))
        one = parts_for(self.context, words, texts, room=longest_answer(self.context, self._top))
        several = parts_for(self.context, words, texts, room=self._longest_part())
        return min(len(nodes), one if one == 1 else several)

    def _longest_part(self) -> int:
        """The most tokens of one of several parts of the summary."""
        room = source_room(self.context, self._part, 0) - before_room(self.context)
        return max(answer_room(self.context), room // 2)

    def _top_room(self, texts: Sequence[str], calls: int) -> int:
        """Tokens of nodes that a call of the top can take beside its answer."""
        lead, before = (self._part, before_room(self.context)) if calls > 1 else (self._top, 0)
        most = self._longest_part() if calls > 1 else longest_answer(self.context, lead)
        answer = tokens_for(self.context, self.context.limits.words // calls, texts, most=most)
        return source_room(self.context, lead, answer) - before - self._reserved - FRAMING

    def _node_words(self, nodes: Sequence[str], groups: int) -> int:
        """Words of each of `groups` nodes that are made from `nodes`: more than asked for where the top can take them
        all, and never more than one answer holds."""
        if not self._part:
            return self._words
        texts = [self._text(node) for node in nodes]
        calls = min(groups, self._calls(nodes))
        share = self._top_room(texts, calls) // -(-groups // calls) - FRAMING
        most = words_that_fit(self.context, texts)
        return min(most, max(self._words, words_that_fit(self.context, texts, room=share)))

    def _sizes(self, nodes: Sequence[str]) -> list[int]:
        return [self.context.count(self._text(node)) for node in nodes]

    def _text(self, node: str) -> str:
        return self.context.text(self.prose(node))

    def _keep(self, levels: Sequence[Sequence[Any]], children: Sequence[Sequence[int]]) -> str:
        return self.context.keep(json.dumps({"levels": levels, "children": children}))

    def _load(self, state: TreeState) -> tuple[list[list[str]], list[list[int]]]:
        tree = json.loads(self.context.text(state["tree"]))
        return tree["levels"], tree["children"]


class BearingTree(Tree):
    """A tree whose nodes bear something beside their texts: a node is the key of JSON, its text's key under `text`."""

    def node(self, text: str, **borne: Any) -> str:
        """The node with the text of key `text`, bearing `borne` (JSON-plain)."""
        return self.context.keep(json.dumps({"text": text, **borne}))

    def read(self, node: str) -> dict[str, Any]:
        """What `node` bears, and `text`."""
        found: dict[str, Any] = json.loads(self.context.text(node))
        return found

    def prose(self, node: str) -> str:
        return str(self.read(node)["text"])

    def shown(self, tree: str) -> str:
        """Key of the finished tree of key `tree` with what its nodes bear, for a reader."""
        found = json.loads(self.context.text(tree))
        levels = [[self.read(node) for node in level] for level in found["levels"]]
        return self._keep(levels, found["children"])
