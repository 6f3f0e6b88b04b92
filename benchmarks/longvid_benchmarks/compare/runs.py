"""One run: a strategy on a film through the tool's own way, and the row that comes of it.

The engine, the store and the checkpointer are those of `longvid merge` and `longvid summarize`; each film
has one folder, so strategies share its captions. Knows no tables.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from longvid.api import merge, summarize
from longvid.captions.imported import ImportedCaptions
from longvid.carry import Carry, Way
from longvid.engine.models import Models
from longvid.errors import RunError
from longvid.film import fingerprint
from longvid.pipeline.job import Hearing, Job
from longvid.run import key_of, open_existing
from longvid.run.files import write_text
from longvid.strategy.registry import identity
from longvid_benchmarks.compare.costs import costs
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.judge import Judge
from longvid_benchmarks.compare.rows import CEILING, HEARING, Row, grade, named
from longvid_benchmarks.compare.variants import Variant
from longvid_benchmarks.compare.watching import USUAL, Watch
from longvid_benchmarks.oracle.llm import for_story

ROW_VERSION = 2
"""Raise it when the same run would give other figures: rows of an earlier version are then run anew."""


class Within(Protocol):
    """Told which share of a run is done, and what is being done now where that is worth saying."""

    def __call__(self, share: float, doing: str | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What all runs of a benchmark with one way of watching share."""

    folder: Path
    """Where its rows and summaries are."""
    models: Models
    judge: Judge | None = None
    seed: int = 0
    watch: Watch = USUAL
    hearing: Hearing = HEARING
    films: Path | None = None
    """Where films and all answers about them are kept; None is a part of `folder`."""

    @property
    def captioner(self) -> str:
        """The model that watches, told from others of its name."""
        return f"{self.models.name} {key_of(dict(self.models.captioner_identity))[:8]}"

    def key(self, film: Film, variant: Variant, way: Way) -> str:
        """What decides the row of `variant` on `film`, as a hash."""
        strategy = variant.strategy
        source = film.source.digest if isinstance(film.source, ImportedCaptions) else fingerprint(film.source)
        return key_of(
            {
                "v": ROW_VERSION,
                "film": [film.name, film.digest, source, film.words],
                "strategy": [
                    identity(type(strategy)),
                    strategy.version,
                    strategy.config.model_dump(mode="json", by_alias=True),
                ],
                "carry": Carry(way).describe(),
                "watch": [asdict(self.watch.read), self.models.caption_tokens, self.models.events_tokens],
                "models": [self.models.captioner_identity, dict(self.models.llm.identity), self.seed],
                **({"dialogue": self.hearing} if self.hearing != HEARING else {}),
                "judge": None if self.judge is None else self.judge.identity,
            }
        )


FORMERLY = {"none": "plain", "oracle": "gold"}
"""What LLMs were called; the rows say so beside the new name, for one version."""


async def run(bench: Bench, film: Film, variant: Variant, way: Way, advance: Within) -> Row:
    """Run `variant` on `film` and grade what it wrote; `advance` is told the share that is done.

    Raises LongvidError for whatever the user can mend.
    """
    folder = (bench.films or bench.folder / "films") / film.name
    folder.mkdir(parents=True, exist_ok=True)
    # A run that was killed goes on from its stored answers but through its whole graph: its costs are then whole too.
    for left in folder.glob("*.longvid/graph.sqlite*"):
        # What another benchmark works on is not ours to touch; if it is the very run wanted, its lock will say so.
        with suppress(RunError), open_existing(left.parent):
            left.unlink(missing_ok=True)
    job = Job(
        variant.strategy,
        bench.watch.read,
        bench.seed,
        film.words,
        formats=(),
        directory=folder,
        carry=Carry(way),
        hearing=bench.hearing,
    )
    models, monitor = for_story(bench.models, film.story), _Share(advance)
    begun = time.perf_counter()
    if isinstance(film.source, ImportedCaptions):
        report = await merge(film.source, job, models, monitor)
    else:
        report = await summarize(film.source, job, models, monitor)
    seconds = time.perf_counter() - begun
    key = bench.key(film, variant, way)
    path = bench.folder / "summaries" / f"{key[:16]}.txt"
    path.parent.mkdir(exist_ok=True)
    write_text(path, report.summary + "\n")
    return {
        **named(film, variant.label, way, bench.watch.name, bench.hearing),
        "chunks": len(report.chunks) if film.chunks is None else film.chunks,
        **await grade(film, report.summary, bench.judge),
        **costs(Path(report.run) / "answers.sqlite"),
        "seconds": round(seconds, 3),
        "degraded": len(report.problems),
        "llm": report.llm,
        "writer": FORMERLY.get(report.llm, report.llm),
        "captioner": "" if isinstance(film.source, ImportedCaptions) else bench.captioner,
        "watcher": "" if isinstance(film.source, ImportedCaptions) else bench.captioner,
        "asked": film.asked,
        "version": variant.strategy.version,
        "text": f"summaries/{path.name}",
        "key": key,
    }


async def ceiling(bench: Bench, film: Film) -> Row | None:
    """The row of the best summary that is known, held to the same length; None where none is known."""
    if film.ceiling is None:
        return None
    return {**named(film, CEILING, "none"), **await grade(film, film.ceiling, bench.judge)}


class _Share:
    """A monitor that tells how much of the answers is there, and how many somebody is still to give."""

    def __init__(self, advance: Within) -> None:
        self._advance = advance
        self._share = 0.0

    def note(self, message: str) -> None:
        del message

    def warn(self, message: str) -> None:
        del message

    def advance(self, stage: str, done: float, total: float) -> None:
        if stage == "answers" and total:
            self._share = min(1.0, done / total)
            self._advance(self._share)
        if stage == "awaited":
            left = round(total - done)
            self._advance(self._share, f"answers awaited: {left}" if left else None)
