"""A chunk as text: what is seen in it and what is said in it, marked as such, within a budget of tokens.

The description stands first, the cues behind it in their order (`longvid.captions.spoken`): whole ones only. Where not
all of a chunk's cues fit, those are taken that tell most: names, rare words, questions and promises before what anybody
might say anywhere. What is left out is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from longvid.captions.spoken import SAID, Weight, apart, marked, quoted, said, statements
from longvid.film import Chunk, Cue
from longvid.strategy.contract import Answer, Context
from longvid.text import leading
from longvid.text.salience import salient


def most_telling(texts: Sequence[str], room: int, count: Callable[[str], int]) -> list[tuple[int, str]]:
    """Sentences and whole cues of `texts`, those of chunks, that together count at most `room`, each with the index of
    its text, in order (`salient`). A cue has the mark that it is said, and no word of that decides what is chosen."""
    chosen = salient([statements(text) for text in texts], room, lambda statement: count(marked(statement)))
    return [(text, marked(statement)) for text, statement in chosen]


def whole_cues(text: str, room: int, count: Callable[[str], int]) -> str:
    """As much of the beginning of `text`, that of a chunk, as counts at most `room`: sentences as `leading` takes them,
    and behind the last of them cues, each whole or not at all."""
    seen, cues = apart(text)
    if not cues or count(seen) > room:
        return leading(seen, room, count)
    kept: list[str] = []
    for cue in cues:
        if count(f"{seen} {SAID}{' '.join([*kept, cue])}".strip()) <= room:
            kept.append(cue)
        elif kept or seen:
            break
    return f"{seen} {SAID}{' '.join(kept)}".strip() if kept else seen


class ChunkTexts:
    """The texts of a film's chunks, as `context` may be asked for them: description and dialogue, or one of them."""

    def __init__(self, context: Context, *, said: bool = True) -> None:
        """Without `said` the dialogue stands only for chunks of which there is no description."""
        self._context, self._said = context, said
        self._chosen: Mapping[int, tuple[Cue, ...]] | None = None

    async def key(self, chunk: Chunk) -> str:
        """Key of the text of `chunk`, which may be empty. Asks for its caption, where there are any."""
        if "caption" not in self._context.capabilities:
            return self._context.keep(self.text(chunk, ""))
        return self.kept(chunk, await self._context.caption(chunk))

    def kept(self, chunk: Chunk, answer: Answer) -> str:
        """Key of the text of `chunk` with `answer` as its description; that of the answer where nothing is said."""
        text = self.text(chunk, answer.text)
        return answer.key if text == answer.text else self._context.keep(text)

    def text(self, chunk: Chunk, description: str) -> str:
        """`description` and behind it what is said in `chunk`."""
        cues = self.cues(chunk) if self._said or not description else ()
        return f"{description} {said(cues)}".strip() if cues else description

    def cues(self, chunk: Chunk) -> tuple[Cue, ...]:
        """What of the dialogue of `chunk` is told."""
        if self._chosen is None:
            self._chosen = self._choose()
        return self._chosen.get(chunk.index, ())

    def quoted(self, chunk: Chunk) -> list[tuple[Cue, str]]:
        """The cues of `cues`, each with its words as texts have them: in quotation marks, with who says them."""
        return [(cue, quoted(cue)) for cue in self.cues(chunk)]

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
        sizes = [self._count(f" {quoted(cue)}") for cue in cues]
        order = sorted(range(len(cues)), key=lambda i: (-weigh(cues[i]) / max(1, sizes[i]), i))
        kept, left = [], room
        for i in order:
            if sizes[i] <= left:
                kept.append(i)
                left -= sizes[i]
        # The mark counts too, and counts of parts need not add up to that of the whole: the least goes first.
        while kept and self._size([cues[i] for i in sorted(kept)]) > room:
            kept.pop()
        return tuple(cues[i] for i in sorted(kept))

    def _size(self, cues: Sequence[Cue]) -> int:
        return self._count(said(cues))

    def _count(self, text: str) -> int:
        return self._context.count(text) - self._context.count("")
