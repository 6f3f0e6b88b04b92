"""Asking a film: find, look again, let the LLM answer from what was found, hold the answer against it.

One open run folder for any number of questions. Every answer of a model is in the store before it is used, so what is
asked again computes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from longvid.asking import extracting, finding, prompting
from longvid.asking.index import Hit, Index
from longvid.asking.looking import Looked, look
from longvid.asking.meaning import nearest
from longvid.asking.passages import Passage, Source, gather
from longvid.asking.result import NO_ANSWERS, Asked, Evidence, Said, Status
from longvid.asking.words import points_back
from longvid.engine.embedding import Embedder
from longvid.engine.models import Models
from longvid.engine.request import Request
from longvid.engine.scheduler import Engine
from longvid.engine.tracing import traced
from longvid.errors import LLMError, RunError
from longvid.files import as_text
from longvid.run import RunFolder
from longvid.run.files import read_json
from longvid.text.shown import shown

ANSWER_TOKENS = 240
SHARE = 5
"""The answer may take one in so many tokens of a short context."""
LEAST_CONTEXT = 512
"""Tokens; the instruction alone has about 150."""
MOST_BEFORE = 2
"""Earlier questions that the LLM is told of."""


def anywhere(path: Path) -> bool:
    """Any film may be read."""
    del path
    return True


@dataclass
class Session:
    """A conversation about the film of `folder`, which stays open and locked meanwhile."""

    folder: RunFolder
    models: Models
    looks: int = 0
    """Chunks to look at again for each question; only where `models` can watch."""
    seed: int = 0
    embedder: Embedder | None = None
    """Finds passages by their meaning too."""
    allowed: Callable[[Path], bool] = anywhere
    """Whether the film at a path may be read."""
    history: list[tuple[str, str]] = field(default_factory=list)
    """Questions and answers so far."""

    def __post_init__(self) -> None:
        if self.models.writes and self.models.llm.context < LEAST_CONTEXT:
            raise LLMError(
                f"{self.models.llm_name} takes {self.models.llm.context} tokens; questions need {LEAST_CONTEXT}"
            )
        self._source: Source | None = None
        self._index: Index | None = None

    async def ask(self, question: str) -> Asked:
        """Answer `question`, which is told of the questions before it. Raises LongvidError where a model fails."""
        question = prompting.one_line(question)
        if not any(letter.isalnum() for letter in question):
            raise RunError("the question is empty; ask something such as: who opens the door?")
        source, index = await asyncio.to_thread(self._current)
        before = [(asked, "" if said in NO_ANSWERS else said) for asked, said in self.history[-MOST_BEFORE:]]
        looked_for = finding.wanted(question, [text for pair in before[-1:] for text in pair])
        near = await asyncio.to_thread(self._near, question, before, index)
        ranked = await asyncio.to_thread(finding.rank, index, looked_for, near)
        engine = Engine(
            self.folder.store,
            captioner=self.models.captioner,
            llm=self.models.llm,
            captioner_identity=self.models.captioner_identity,
            seed=self.seed,
        )
        self.folder.store.begin(f"ask {question}", "ask")
        async with engine:
            with traced():
                seen = Looked()
                if self.looks and self.models.captioner is not None and ranked.chunks:
                    best = ranked.chunks[: self.looks]
                    seen = await look(question, best, self.folder, self.models, engine, self.allowed)
                if self.models.writes:
                    shown_, status, said, problems = await self._written(question, before, seen, ranked, engine)
                else:
                    shown_ = finding.choose(ranked, lambda some: len(some) <= finding.MOST_SHOWN)
                    shown_ = sorted([*seen.passages, *shown_], key=lambda passage: passage.times)
                    said, problems = extracting.extract(question, looked_for, shown_), ()
                    status = "answered" if said else "not shown"
        asked = self._asked(question, source, engine, seen, shown_, status, said, problems)
        self.history.append((question, asked.answer))
        return asked

    def _current(self) -> tuple[Source, Index]:
        """What the run knows, indexed. Once a session: while the folder is locked nobody adds to it."""
        if self._source is None or self._index is None:
            self._source = gather(self.folder.path)
            self._index = finding.index_of(self._source)
        return self._source, self._index

    def _near(self, question: str, before: Sequence[tuple[str, str]], index: Index) -> list[Hit]:
        """The passages near to `question` in meaning, which may lie in what was said before."""
        if self.embedder is None:
            return []
        meant = " ".join([*before[-1], question]) if before and points_back(question) else question
        hits = index.of_chunk()
        order = nearest(meant, [hit.passage.text for hit in hits], self.embedder, self.folder.store)
        return [hits[place] for place in order[: finding.MOST_NEAR]]

    async def _written(
        self,
        question: str,
        before: Sequence[tuple[str, str]],
        seen: Looked,
        ranked: finding.Ranked,
        engine: Engine,
    ) -> tuple[list[Passage], Status, tuple[Said, ...], tuple[str, ...]]:
        """What the LLM was shown, and what of its answer counts."""
        context = self.models.llm.context
        most = min(ANSWER_TOKENS, context // SHARE)

        def request(passages: Sequence[Passage], told: Sequence[tuple[str, str]]) -> Request:
            return Request("write", prompting.prompt(question, passages, told), most)

        def ordered(passages: Sequence[Passage]) -> list[Passage]:
            return sorted(passages, key=lambda passage: passage.times)

        # What was said before may take half of the room at most.
        def shortened() -> Sequence[tuple[str, str]]:
            left = before
            while left and engine.room(request((), left)) < context // 2:
                left = left[1:]
            return left

        before = await asyncio.to_thread(shortened)

        def fits(passages: Sequence[Passage]) -> bool:
            return engine.room(request(ordered([*seen.passages, *passages]), before)) >= most

        if not await asyncio.to_thread(fits, ()):
            seen = Looked()
        if not await asyncio.to_thread(fits, ()):
            raise LLMError(f"the question is too long for {self.models.llm_name}, which takes {context} tokens")
        chosen = await asyncio.to_thread(finding.choose, ranked, fits)
        passages = ordered([*seen.passages, *chosen])
        if not passages:
            return [], "not shown", (), ()
        answer = await engine.submit(request(passages, before))
        said = prompting.read(answer.text, passages)
        if not answer.ok:
            reason = f"the answer of the LLM {answer.reason or 'is damaged'}"
            return passages, "answered" if said else "refused", said or (), (reason,)
        if said is None:
            return passages, "not shown", (), ()
        if not said:
            return passages, "refused", (), ("the LLM answered without evidence, so its answer is not shown",)
        return passages, "answered", said, ()

    def _asked(
        self,
        question: str,
        source: Source,
        engine: Engine,
        seen: Looked,
        passages: Sequence[Passage],
        status: Status,
        said: tuple[Said, ...],
        problems: tuple[str, ...],
    ) -> Asked:
        cited = sorted({number for sentence in said for number in sentence.evidence})
        evidence = tuple(
            Evidence(n, p.kind, p.times, source.chunk_at(p.time), p.text) for n in cited for p in [passages[n - 1]]
        )
        chunks = dict.fromkeys(source.chunk_at(time) for passage in passages for time in passage.times)
        comment = (read_json(self.folder.settings_path) or {}).get("comment")
        doubts = self.models.doubts(shown(Path(source.film)), comment if isinstance(comment, str) else None)
        return Asked(
            film=source.film,
            question=question,
            status=status,
            sentences=said,
            evidence=evidence,
            passages=len(passages),
            looked=seen.chunks,
            llm=self.models.llm_name,
            model=self.models.name if self.looks and self.models.captioner is not None else None,
            run=as_text(self.folder.path),
            calls=asdict(engine.calls),
            problems=(*doubts, *problems),
            notes=seen.notes,
            seen=tuple(chunks),
        )

    def close(self) -> None:
        """Drop the index; the folder is its owner's to close."""
        if self._index is not None:
            self._index.close()
        self._source = self._index = None
