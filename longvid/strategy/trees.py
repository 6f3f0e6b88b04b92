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
from longvid.strategy.merging import answer_room, merge, parts_for, source_room, words_in
from longvid.strategy.packing import pack, split

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
    ) -> None:
        self.context = context
        self.lead, self.top, self.words, self.most, self.wide_top = node, top, words, most, wide_top
        self.reserved = reserved
        self.room = source_room(context, node.format(words=words), answer_room(context)) - reserved

    def prose(self, node: str) -> str:
        """Key of the text of `node`."""
        return node

    async def merge(self, lead: str, nodes: Sequence[str], words: int) -> str:
        """The node that stands above `nodes`: about `words` words, written as `lead` says."""
        return (await merge(self.context, lead, [self.told(node) for node in nodes], words=words)).key

    def groups(self, nodes: Sequence[str], level: int) -> list[range]:
        """Which neighbours of `nodes`, the level of this number, are merged with each other."""
        del level
        return pack(self.sizes(nodes), self.room, least=2, most=self.most)

    def node_words(self, nodes: Sequence[str], groups: Sequence[range]) -> int:
        """Words of each node that is made from one of the `groups` of `nodes`."""
        del nodes, groups
        return self.words

    def parts(self, nodes: Sequence[str]) -> list[range]:
        """Which of `nodes` each part of the summary tells."""
        return split(len(nodes), self.calls(nodes))

    async def write(self, nodes: Sequence[str], parts: Sequence[range], words: int) -> list[str]:
        """Nodes with the parts of the summary, each of about `words` words."""
        return await self.merged(self.top, nodes, parts, words)

    def add(self, graph: StateGraph[Any, Any, Any, Any], leaves: Callable[[Any], Sequence[str]], then: str) -> None:
        """Add the nodes `begin`, which takes `leaves` of the state, `climb`, and `top`, which sets `result` and goes
        on to `then`. Whoever adds it leads to `begin`."""

        # LangGraph gives a node the keys of its annotation alone, and `leaves` may need any of the strategy's.
        async def begin(state: Any) -> TreeState:
            return {"tree": self._keep([list(leaves(state))], [])}

        async def climb(state: TreeState) -> TreeState:
            levels, children = self._load(state)
            groups = self.groups(levels[-1], len(levels) - 1)
            words = self.node_words(levels[-1], groups)
            merged = iter(await self.merged(self.lead, levels[-1], [g for g in groups if len(g) > 1], words))
            # A node that goes with no other is not rewritten.
            nodes = [next(merged) if len(group) > 1 else levels[-1][group.start] for group in groups]
            return {"tree": self._keep([*levels, nodes], [*children, [len(group) for group in groups]])}

        async def top(state: TreeState) -> TreeState:
            nodes = self._load(state)[0][-1]
            if not nodes:
                return {"result": self.context.keep("")}
            alone = self.told(nodes[0]) if len(nodes) == 1 else ""
            if alone and not has_dialogue(alone) and words_in(alone) <= self.context.limits.words:
                return {"result": self.prose(nodes[0])}
            groups = self.parts(nodes)
            words = max(LEAST_WORDS, self.context.limits.words // len(groups))
            written = await self.write(nodes, groups, words)
            return {"result": self.context.keep("\n\n".join(self.told(node) for node in written))}

        def next_step(state: TreeState) -> str:
            return "top" if self.is_enough(self._load(state)[0][-1]) else "climb"

        graph.add_node("begin", begin)
        graph.add_node("climb", climb)
        graph.add_node("top", top)
        graph.add_conditional_edges("begin", next_step, ["climb", "top"])
        graph.add_conditional_edges("climb", next_step, ["climb", "top"])
        graph.add_edge("top", then)

    async def merged(self, lead: str, nodes: Sequence[str], groups: Sequence[range], words: int) -> list[str]:
        """A node for each of `groups` of `nodes`, all at once."""
        lead = lead.format(words=words)
        return await in_waves(
            self.context, [partial(self.merge, lead, [nodes[i] for i in group], words) for group in groups]
        )

    def is_enough(self, nodes: Sequence[str]) -> bool:
        """Whether the top can be written from `nodes`."""
        if len(nodes) < 2:
            return True
        calls = self.calls(nodes)
        return sum(self.sizes(nodes)) <= self.room * calls and (self.wide_top or len(nodes) <= self.most * calls)

    def calls(self, nodes: Sequence[str]) -> int:
        """In how many calls the top is written from `nodes`."""
        texts = [self.told(node) for node in nodes]
        return min(len(nodes), parts_for(self.context, self.context.limits.words, texts))

    def sizes(self, nodes: Sequence[str]) -> list[int]:
        """Tokens of the texts of `nodes`."""
        return [self.context.count(self.told(node)) for node in nodes]

    def told(self, node: str) -> str:
        """The text of `node`."""
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
