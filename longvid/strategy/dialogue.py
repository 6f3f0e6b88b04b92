"""A chunk as text: what is seen in it and what is said in it, marked as such, within a budget of tokens.

The description stands first, the cues behind it in their order (`longvid.captions.spoken`): whole ones only. Where not
all of a chunk's cues fit, those are taken that tell most: names, rare words, questions and promises before what anybody
might say anywhere. What is left out is noted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from longvid.captions.spoken import Weight, said
from longvid.film import Chunk, Cue
from longvid.strategy.contract import Context


class ChunkTexts:
    """The texts of a film's chunks, as `context` may be asked for them: description and dialogue, or one of them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._chosen: Mapping[int, tuple[Cue, ...]] | None = None

    async def key(self, chunk: Chunk) -> str:
        """Key of the text of `chunk`; of an empty one where nothing is told of it. Asks for its caption, where there
        are any."""
        if "caption" not in self._context.capabilities:
            return self._context.keep(self.text(chunk, ""))
        answer = await self._context.caption(chunk)
        text = self.text(chunk, answer.text)
        return answer.key if text == answer.text else self._context.keep(text)

    def text(self, chunk: Chunk, description: str) -> str:
        """`description` and behind it what is said in `chunk`."""
        cues = self.cues(chunk)
        return f"{description} {said(cues)}".strip() if cues else description

    def cues(self, chunk: Chunk) -> tuple[Cue, ...]:
        """What of the dialogue of `chunk` is told."""
        if self._chosen is None:
            self._chosen = self._choose()
        return self._chosen.get(chunk.index, ())

    def _choose(self) -> dict[int, tuple[Cue, ...]]:
        context, room = self._context, self._context.limits.dialogue
        spoken = {chunk.index: chunk.dialogue for chunk in context.chunks if chunk.dialogue}
        if not spoken or room < 1:
            return {}
        chosen = {}
        weigh: Weight | None = None
        for index, cues in spoken.items():
            if self._size(cues) > room:
                weigh = weigh or Weight([cue for some in spoken.values() for cue in some])
                chosen[index] = self._fitting(cues, room, weigh)
            else:
                chosen[index] = cues
        left = sum(map(len, spoken.values())) - sum(map(len, chosen.values()))
        if left:
            share = left / sum(map(len, spoken.values()))
            context.note(
                f"{left} cues of the dialogue ({share:.0%}) were left out: a chunk's may take {room} tokens of the LLM"
            )
        return chosen

    def _fitting(self, cues: Sequence[Cue], room: int, weigh: Weight) -> tuple[Cue, ...]:
        """Those of `cues` that tell most for their length, as far as there is room, in their order."""
        sizes = [self._size([cue]) for cue in cues]
        order = sorted(range(len(cues)), key=lambda i: (-weigh(cues[i]) / max(1, sizes[i]), i))
        kept: list[int] = []
        for i in order:
            if self._size([cues[j] for j in sorted([*kept, i])]) <= room:
                kept.append(i)
        return tuple(cues[i] for i in sorted(kept))

    def _size(self, cues: Sequence[Cue]) -> int:
        return self._context.count(said(cues)) - self._context.count("")
