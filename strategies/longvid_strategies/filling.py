"""Trees that use the context as far as it goes, for an LLM that does what it is told.

The top is one call wherever sources as long as the summary have room beside it; else its parts are written one after
another, each asked for as that part. Nodes below have as many words as the top can take, in as few groups as leave room
for them. For any other LLM this is the tree of `longvid.strategy`, with the terse prompts.
"""

from __future__ import annotations

from collections.abc import Sequence

from longvid.strategy import (
    FRAMING,
    BearingTree,
    Context,
    Tree,
    answer_room,
    evenly,
    longest_answer,
    pack,
    parts_for,
    source_room,
    tokens_for,
    words_that_fit,
)
from longvid_strategies.in_turn import before_room, part_lead
from longvid_strategies.instructions import Orders


class FillingTree(Tree):
    """A `Tree` by `orders`; without an order for parts of the summary it does nothing of its own."""

    def __init__(
        self, context: Context, orders: Orders, *, words: int, most: int, wide_top: bool = False, reserved: int = 0
    ) -> None:
        node, top, self.part = orders["node"], orders["top"], orders["part"]
        super().__init__(context, node=node, top=top, words=words, most=most, wide_top=wide_top, reserved=reserved)

    def groups(self, nodes: Sequence[str], level: int) -> list[range]:
        if not self.part:
            return super().groups(nodes, level)
        sizes, texts = self.sizes(nodes), self._texts(nodes)
        room = self._beside(tokens_for(self.context, self.words, texts))
        # One group alone would be the top, written twice.
        fewest = max(2, len(pack(sizes, room, least=2, most=self.most)))
        least = 2 if len(nodes) > 3 else 1
        for count in range(fewest, len(nodes) // 2 + 1):
            groups = evenly(sizes, count, least=least, most=self.most)
            share = self._share(nodes, len(groups))
            if words_that_fit(self.context, texts, room=share) < self.words:
                break
            if max(sum(sizes[i] for i in group) for group in groups) <= self._beside(share):
                return groups
        return evenly(sizes, fewest, least=least, most=self.most)

    def node_words(self, nodes: Sequence[str], groups: Sequence[range]) -> int:
        if not self.part:
            return super().node_words(nodes, groups)
        sizes, texts = self.sizes(nodes), self._texts(nodes)
        left = self._beside(max(sum(sizes[i] for i in group) for group in groups))
        room = min(self._share(nodes, len(groups)), left)
        longest = words_that_fit(self.context, texts)
        return min(longest, max(self.words, words_that_fit(self.context, texts, room=room)))

    def is_enough(self, nodes: Sequence[str]) -> bool:
        if not self.part:
            return super().is_enough(nodes)
        if len(nodes) < 3:
            return True
        calls, sizes = self.calls(nodes), self.sizes(nodes)
        room = self._top_room(nodes, calls)
        fits = all(sum(sizes[i] for i in part) <= room for part in self.parts(nodes))
        return fits and (self.wide_top or len(nodes) <= self.most * calls)

    def calls(self, nodes: Sequence[str]) -> int:
        if not self.part:
            return super().calls(nodes)
        texts, words = self._texts(nodes), self.context.limits.words
        if parts_for(self.context, words, texts, room=longest_answer(self.context, self.top)) == 1:
            return 1
        return min(len(nodes), parts_for(self.context, words, texts, room=self._longest_part()))

    def parts(self, nodes: Sequence[str]) -> list[range]:
        return evenly(self.sizes(nodes), self.calls(nodes)) if self.part else super().parts(nodes)

    async def write(self, nodes: Sequence[str], parts: Sequence[range], words: int) -> list[str]:
        if not self.part or len(parts) == 1:
            return await super().write(nodes, parts, words)
        written: list[str] = []
        for number, part in enumerate(parts, 1):
            lead = part_lead(self.context, self.part, number, len(parts), words, self._texts(written))
            written.append(await self.merge(lead, [nodes[i] for i in part], words))
        return written

    def _texts(self, nodes: Sequence[str]) -> list[str]:
        return [self.told(node) for node in nodes]

    def _longest_part(self) -> int:
        """The most tokens of one of several parts of the summary."""
        room = source_room(self.context, self.part, 0) - before_room(self.context)
        return max(answer_room(self.context), room // 2)

    def _top_room(self, nodes: Sequence[str], calls: int) -> int:
        """Tokens of nodes that each of `calls` calls of the top can take beside its answer."""
        lead, before = (self.part, before_room(self.context)) if calls > 1 else (self.top, 0)
        most = self._longest_part() if calls > 1 else longest_answer(self.context, lead)
        answer = tokens_for(self.context, self.context.limits.words // calls, self._texts(nodes), most=most)
        return source_room(self.context, lead, answer) - before - self.reserved - FRAMING

    def _share(self, nodes: Sequence[str], groups: int) -> int:
        """Tokens that the top can take of each of `groups` nodes that are made from `nodes`."""
        calls = min(groups, self.calls(nodes))
        return min(self._top_room(nodes, calls) // -(-groups // calls) - FRAMING, answer_room(self.context))

    def _beside(self, tokens: int) -> int:
        """Tokens that a call below the top has room for beside so many."""
        return self.room + answer_room(self.context) - tokens - FRAMING


class FillingBearingTree(FillingTree, BearingTree):
    """The same of nodes that bear something beside their texts."""
