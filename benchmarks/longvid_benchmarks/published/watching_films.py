"""A long film watched once, and each question of a benchmark answered from what is then known of it: captions,
dialogue, facts, the summary, and a second look at the few chunks that matter, as `longvid ask` finds them.

What `longvid ask` writes are sentences with evidence; a benchmark wants the answer that its own prompt asks for, such
as a letter, so that prompt stands behind the passages to the letter. Knows no benchmark.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Literal

from longvid.api import IngestSettings, Job, Listening, SubtitleChoice, load_strategy, open_existing, summarize
from longvid.asking import finding, prompting
from longvid.asking.index import Index
from longvid.asking.looking import Looked, look
from longvid.asking.passages import Passage, Source, gather
from longvid.asking.session import SHARE
from longvid.engine.answers import is_withheld
from longvid.engine.models import Models
from longvid.engine.request import Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError
from longvid.output.report import clock
from longvid.run import RunFolder, key_of
from longvid.text import counted

NOTES = (
    "Notes of a film, with the time in it. They tell what is seen, what is said and what is known.\n{passages}\n\n"
    "Answer from these notes.\n{prompt}"
)
OPTION = re.compile(r"^\(?[A-Z][.)] *(.+)$", re.MULTILINE)
"""A line of options, as tasks write them: "A. yes", "(A) yes"."""
LONGEST_PROMPT = 2_000
"""Characters of a task's prompt that are kept from its end, and more where the question begins before them. What some
tasks put before it, all subtitles of the film, longvid reads for itself."""


@dataclass(frozen=True, slots=True)
class FilmQuestion:
    """What is asked of a film."""

    prompt: str
    """As the task has it."""
    about: str
    """The question in it: what passages are sought for."""
    max_tokens: int
    until: float = inf
    """The moment that it is asked at, s: what comes behind it is not known then."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that got no answer of the model's, and why."""

    fault: Literal["too long", "withheld"]
    why: str


@dataclass(frozen=True, slots=True)
class FilmWatcher:
    """Who watches films and answers; `models` must write."""

    models: Models
    folder: Path
    """Where the run folders of films lie."""
    strategy: str
    frames: int
    looks: int
    """Chunks that are looked at again for each question."""
    subtitles: Path | None = None
    """A folder with a file NAME.srt or NAME.vtt for each film; without it, what lies beside a film or inside it."""
    tell: Callable[[str], None] = lambda line: None
    """Is told what whoever reads the answers should know."""

    async def answers(self, film: Path, questions: Sequence[FilmQuestion]) -> list[str | Unanswered]:
        """What is said to each of `questions`, in order.

        Raises LongvidError where the film cannot be watched, nothing of it was told, or a model does not answer.
        """
        run = await self._watched(film)
        with open_existing(run) as folder:
            source = await asyncio.to_thread(gather, run)
            self._require_seen(source)
            engine = Engine(
                folder.store, captioner=self.models.captioner, llm=self.models.llm,
                captioner_identity=self.models.captioner_identity, again=False,
            )  # fmt: skip
            folder.store.begin("answers of a benchmark", "ask")
            said: dict[int, str | Unanswered] = {}
            async with engine:
                for until in sorted({question.until for question in questions}):
                    known = before(source, until)
                    index = await asyncio.to_thread(finding.index_of, known)
                    try:
                        for place, question in enumerate(questions):
                            if question.until == until:
                                said[place] = await self._answer(folder, engine, known, index, question)
                    finally:
                        index.close()
        return [said[place] for place in range(len(questions))]

    def _require_seen(self, source: Source) -> None:
        """Raise ModelError where the model told nothing of any part of the film: what answers then has not seen it.

        Parts that nothing is told of are told.
        """
        seen = {source.chunk_at(passage.time) for passage in source.passages if passage.kind == "seen"}
        if not seen:
            raise ModelError(
                f"{source.film}: {self.models.name} told nothing of any part of it; whoever runs it kept its captions "
                "back (a content filter), or it says nothing: run it again, or choose another model"
            )
        if missing := len(source.moments) - len(seen):
            self.tell(f"{source.film}: nothing is told of {missing} of {counted(len(source.moments), 'part')}")

    async def _watched(self, film: Path) -> Path:
        """The run folder of `film`, watched; one that is there already is gone through at once."""
        job = Job(
            load_strategy(self.strategy)(),
            IngestSettings(frames=self.frames),
            formats=("json",),
            directory=self.folder / self._place(film),
            listening=Listening(self._choice(film)),
        )
        report = await summarize(film, job, self.models)
        return Path(report.run)

    def _place(self, film: Path) -> str:
        """A folder for runs of `film`: those of one are of one model and way of watching, so that no model answers from
        what another saw. Films of several folders may be called alike."""
        told = {
            "parent": str(film.absolute().parent).encode(errors="replace").decode(),
            "captioner": dict(self.models.captioner_identity),
            "llm": dict(self.models.llm.identity),
            "strategy": self.strategy,
            "frames": self.frames,
        }
        return key_of(told)[:16]

    def _choice(self, film: Path) -> SubtitleChoice:
        if self.subtitles is None:
            return SubtitleChoice()
        found = (self.subtitles / f"{film.stem}{suffix}" for suffix in (".srt", ".vtt"))
        path = next((path for path in found if path.is_file()), None)
        return SubtitleChoice("none") if path is None else SubtitleChoice("file", file=path)

    async def _answer(
        self, folder: RunFolder, engine: Engine, source: Source, index: Index, question: FilmQuestion
    ) -> str | Unanswered:
        about, prompt = prompting.one_line(question.about), tail(question.prompt, question.about)
        options = " ".join(OPTION.findall(prompt))
        ranked = await asyncio.to_thread(finding.rank, index, finding.wanted(f"{about} {options}"))
        seen = Looked()
        if self.looks and about:
            # What no word of the question is of may be of all of the film.
            chunks = ranked.chunks or tuple(source.moments[at].index for at in spread(len(source.moments)))
            if question.until < inf:
                now = source.chunk_at(question.until)
                chunks = (now, *(chunk for chunk in chunks if chunk != now))
            seen = await look(about, chunks[: self.looks], folder, self.models, engine)
        context = self.models.llm.context
        most = max(1, min(question.max_tokens, context // SHARE))

        def request(passages: Sequence[Passage]) -> Request:
            told = sorted(passages, key=lambda passage: passage.times)
            return Request("write", _prompt(prompt, told, question.until), most)

        def fits(passages: Sequence[Passage]) -> bool:
            return engine.room(request([*seen.passages, *passages])) >= most

        if not fits(()):
            seen = Looked()
        if not fits(()):
            why = f"a question is too long for {self.models.llm_name}, which takes {context} tokens"
            return Unanswered("too long", why)
        chosen = await asyncio.to_thread(lambda: _filled(finding.choose(ranked, fits), source, fits))
        answer = await engine.submit(request([*seen.passages, *chosen]))
        record = folder.store.get(answer.key)
        if is_withheld(record):
            why = (
                f"{self.models.llm_name}: whoever runs it kept an answer back (a content filter); run it again, or "
                "name another LLM"
            )
            return Unanswered("withheld", why)
        return (answer.text if record is None else record.raw).strip()


def _filled(chosen: list[Passage], source: Source, fits: Callable[[Sequence[Passage]], bool]) -> list[Passage]:
    """`chosen`, and in the room that is left what was said in summary, then passages from all over the film."""
    rest = [passage for passage in source.passages if passage not in chosen]
    told = [passage for passage in rest if passage.kind == "summary"]
    others = [passage for passage in rest if passage.kind != "summary"]
    for passage in (*told, *(others[at] for at in spread(len(others)))):
        if len(chosen) >= finding.MOST_SHOWN or not fits([*chosen, passage]):
            break
        chosen = [*chosen, passage]
    return chosen


def before(source: Source, until: float) -> Source:
    """What is known at the moment `until`, s: of the part in which it lies, all."""
    if until == inf:
        return source
    moments = tuple(moment for moment in source.moments if moment.start <= until) or source.moments[:1]
    passages = tuple(passage for passage in source.passages if passage.times[-1] <= until)
    return replace(source, moments=moments, passages=passages)


def spread(count: int) -> list[int]:
    """The places 0 to `count` - 1, the first few of them all over: the middle, the middles of the halves, and on."""
    order: list[int] = []
    parts = deque([(0, count)])
    while parts:
        low, high = parts.popleft()
        if low < high:
            middle = (low + high) // 2
            order.append(middle)
            parts += [(low, middle), (middle + 1, high)]
    return order


def _prompt(prompt: str, passages: Sequence[Passage], until: float) -> str:
    told = "\n".join(prompting.numbered(number, passage) for number, passage in enumerate(passages, 1)) or "(none)"
    # Not str.format all at once: either may have braces.
    opening, between = NOTES.split("{passages}")
    if until < inf:
        told += f"\nIt is now {clock(until)} in the film, and the question is of now."
    return f"{opening}{told}{between.replace('{prompt}', prompt)}"


def tail(prompt: str, about: str = "") -> str:
    """The last lines of `prompt`, at most LONGEST_PROMPT characters, from the beginning of one where there is one; all
    from the line in which the question `about` begins, where that is longer."""
    if len(prompt) <= LONGEST_PROMPT:
        return prompt
    cut = prompt[-LONGEST_PROMPT:]
    cut = cut[cut.index("\n") + 1 :] if "\n" in cut[:-1] else cut
    asked = prompt.rfind(about) if about else -1
    line = prompt.rfind("\n", 0, asked) + 1
    return cut if asked < 0 or line >= len(prompt) - len(cut) else prompt[line:]
