"""The outer graph: film -> chunks and clips -> strategy -> outputs, for one film at a time.

A LangGraph graph of three nodes with a SQLite checkpointer in the run folder; the strategy's own graph runs inside the
second. The state holds keys, never texts. A killed run goes on where it was: finished nodes are not run again, and
inside an unfinished one every finished answer comes from the store.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig

from longvid.captions.imported import ImportedCaptions
from longvid.carry import Carrier
from longvid.engine.backends.files import FilesLLM
from longvid.engine.backends.imported import imported_clips
from longvid.engine.models import Models
from longvid.engine.prompts import CAPTION, EVENTS
from longvid.engine.request import Stopped
from longvid.engine.scheduler import Engine, Progress
from longvid.engine.tracing import traced
from longvid.engine.usage import requests_of, sent, usage_of
from longvid.errors import RunError, StrategyError
from longvid.files import as_text
from longvid.film import Dialogue, Film, beyond, share_out
from longvid.output import Report
from longvid.page import rendered
from longvid.pipeline import grounding, ingest, reporting, titling
from longvid.pipeline.abilities import Abilities, limits_of
from longvid.pipeline.ahead import ahead_of
from longvid.pipeline.context import FilmContext, text_of
from longvid.pipeline.ingest import Ingested
from longvid.pipeline.job import Job, called
from longvid.pipeline.listening import heard_of, keep_faults, kept_faults
from longvid.pipeline.progress import Monitor
from longvid.run import Event, RunFolder, key_of
from longvid.run.files import write_json, write_text
from longvid.run.journal import notes
from longvid.strategy.registry import identity
from longvid.strategy.settings import changed
from longvid.text.shown import shown

GRAPH_VERSION = 3
"""Raise it when the nodes below change: an unfinished run of another version starts its graph anew (answers stay)."""


class FilmState(TypedDict, total=False):
    plan: str
    result: str
    extras: dict[str, str]
    evidence: str
    titles: str
    written: list[str]


class FilmRun:
    """One film's way through the graph."""

    def __init__(
        self,
        folder: RunFolder,
        job: Job,
        models: Models,
        monitor: Monitor,
        key: str,
        film: Film | None,
        imported: ImportedCaptions | None = None,
        doubts: Sequence[str] = (),
        spoken: Dialogue | None = None,
    ) -> None:
        self.folder, self.job, self.models, self.monitor = folder, job, models, monitor
        self.key, self.film = key, film
        self.name = as_text(folder.film().path.name)
        self.imported = imported
        self.doubts = tuple(doubts)
        self.spoken = spoken
        """The dialogue in place of that of the plan or of the captions; None where they keep theirs."""
        self.faults: tuple[str | None, bool] = (None, False)
        """What is wrong with the dialogue that this run has heard, and whether some of it was lost."""
        self.ingested: Ingested | None = None
        if imported is not None:
            self._ingest(Ingested(key, imported.chunks[-1].end, imported.chunks, imported_clips(imported), ()))
        self.engine: Engine | None = None
        self.halted = threading.Event()
        self._answers = self._expected = 0
        self._waited = False
        self._sent: int | None = None
        self._said: Dialogue | None = None  # what was heard when the film was read
        self._notes: set[tuple[str, bool]] = set()

    async def read(self) -> Path:
        """Have the chunks and clips in the run folder, for a later `run`, and say which it is; asks no model."""
        await self._ensure_ingested()
        return self.folder.path

    async def run(self) -> Report:
        self._sent = requests_of(self.models.captioner, self.models.llm)
        watched = None if self.film is None else self.models.captioner
        for line in sent(watched, self.models.llm, self.job.hears):
            self.monitor.note(line)
        for line in self.doubts:
            self.monitor.warn(line)
        if remark := getattr(self.models.llm, "remark", None):
            self.monitor.note(remark)
        if self.spoken is not None:
            self._hear(self.spoken.warning, self.spoken.lost)
        engine = Engine(
            self.folder.store,
            captioner=self.models.captioner if self.film is not None or self.imported is not None else None,
            llm=self.models.llm,
            captioner_identity=self.models.captioner_identity,
            seed=self.job.seed,
            on_progress=self._answered,
        )
        self.folder.store.begin(self._thread(), self.job.strategy.name)
        if isinstance(self.models.llm, FilesLLM):
            self.models.llm.on_wait = partial(self._awaits, self.models.llm)
        try:
            async with engine:
                self.engine = engine
                with traced():
                    state = await self._drive()
        except BaseException:
            self.halted.set()
            raise
        self.folder.store.put((), [Event("done")])
        return self._report(state)

    def _thread(self) -> str:
        """Name of this run for the checkpointer: the same run, and no other, goes on from its checkpoint."""
        strategy = self.job.strategy
        request = {
            "v": GRAPH_VERSION,
            "plan": self.key,
            "strategy": [
                identity(type(strategy)),
                strategy.version,
                strategy.config.model_dump(mode="json", by_alias=True),
            ],
            "watch": self.models.captioner_identity,
            "write": dict(self.models.llm.identity),
            "caption": [CAPTION, self.models.caption_tokens],
            "events": [EVENTS, self.models.events_tokens],
            "seed": self.job.seed,
            "words": self.job.words,
            "formats": [*sorted(self.job.formats), self.job.evidence, self.job.show_dialogue],
            "hearing": self.job.hears,
        }
        if self.spoken is not None:
            request["dialogue"] = [[*astuple(cue)] for cue in self.spoken.cues]
        request |= {"embed": dict(means.identity)} if (means := self.job.embedder) is not None else {}
        if self.job.carry.active:
            request["carry"] = self.job.carry.describe()
        return key_of(request)

    async def _drive(self) -> FilmState:
        """Run the graph, from its checkpoint where there is one."""
        from longvid.run.checkpoints import checkpointer

        thread = self._thread()
        config: Any = {"configurable": {"thread_id": thread}}
        async with checkpointer(self.folder.graph_path, thread) as saver:
            graph = self._graph().compile(checkpointer=saver)
            before = await graph.aget_state(config)
            given: FilmState | None = None if before.next else {}
            state: FilmState = await graph.ainvoke(given, config, durability="sync")
            await saver.adelete_thread(thread)
        return state

    def _graph(self) -> Any:
        from langgraph.graph import END, START, StateGraph

        graph = StateGraph(FilmState)
        graph.add_node("read", self._read)
        graph.add_node("merge", self._merge)
        graph.add_node("deliver", self._deliver)
        graph.add_edge(START, "read")
        graph.add_edge("read", "merge")
        graph.add_edge("merge", "deliver")
        graph.add_edge("deliver", END)
        return graph

    async def _read(self, state: FilmState) -> FilmState:
        del state
        await self._ensure_ingested()
        for line in self.film.notes if self.film is not None else ():
            self._noted(line, False)
        return {"plan": self.key}

    async def _merge(self, state: FilmState, config: RunnableConfig) -> FilmState:
        del state
        strategy = self.job.strategy
        context = await self._context()
        graph = strategy.build(context)
        if not hasattr(graph, "ainvoke"):
            raise StrategyError(f"strategy {strategy.name} builds no graph: `build` must return a compiled one")
        final = await graph.ainvoke({}, config)
        if not isinstance(final, dict) or not isinstance(final.get("result"), str):
            raise StrategyError(f"strategy {strategy.name} gives no result: its last state must have the key of a text")
        merged: FilmState = {"result": final["result"], "extras": dict(final.get("extras") or {})}
        if "evidence" in final:
            merged["evidence"] = final["evidence"]
        for key in (merged["result"], *merged["extras"].values(), *filter(None, [merged.get("evidence")])):
            try:
                context.text(key)
            except KeyError as error:
                raise StrategyError(f"strategy {strategy.name}: no text was kept under {str(key)[:80]!r}") from error
        result, cited = merged["result"], merged.get("evidence")
        merged["result"], cited = grounding.grounded(context, self.folder.store, self._thread(), result, cited)
        if cited is not None:
            merged["evidence"] = cited
        return merged

    async def _deliver(self, state: FilmState) -> FilmState:
        await self._ensure_ingested()
        titles = await titling.ask(self.job, self.models, self.engine, self.folder.store, self._report(state))
        report = self._report({**state, "titles": titles})
        base = f"{self.folder.film().stem}.{called(self.job)}"
        for name in self.job.formats:
            write_text(self.folder.path / f"{base}.{name}", rendered(name, report))
        return {"titles": titles, "written": [f"{base}.{name}" for name in self.job.formats]}

    async def _ensure_ingested(self) -> Ingested:
        """The chunks and clips: from this process, from the run folder, or by reading the film."""
        if self.ingested is None:
            self._ingest(ingest.load(self.folder, self.key) or await self._read_film())
            if self.film is not None:
                self._hear(*kept_faults(self.folder.store, self.key))
            self._note_settings()
        assert self.ingested is not None
        return self.ingested

    def _ingest(self, read: Ingested) -> None:
        """Take `read`, with the dialogue that is wanted in place of its own."""
        self._heard = read.chunks
        if self.spoken is not None:
            shares = share_out([(chunk.start, chunk.end) for chunk in read.chunks], self.spoken.cues)
            chunks = tuple(replace(chunk, dialogue=cues) for chunk, cues in zip(read.chunks, shares, strict=True))
            read = replace(read, chunks=chunks, heard=heard_of(self.spoken))
        self.ingested = read

    async def _read_film(self) -> Ingested:
        film = self.film
        if film is None:
            raise RunError(f"{self.folder.path} has no finished plan; run summarize on its film first")
        transform = self.models.transform(self.job.read.fit)
        early = ahead_of(self.job, self.models, self.engine)
        work = partial(ingest.read, film, self.folder, self.key, self.job.read, transform, self._read_progress)
        thread = asyncio.ensure_future(asyncio.to_thread(work, partial(self._listen, film), early))
        try:
            read = await asyncio.shield(thread)
        except asyncio.CancelledError:
            # The folder stays locked until the thread has left it.
            self.halted.set()
            await asyncio.gather(thread, return_exceptions=True)
            raise
        if early is not None:
            early.settle(read)
        if self._said is not None:
            late = beyond(self._said, read.chunks[-1].end) if read.chunks and not self.job.read.end else None
            warning = "; ".join(filter(None, [self._said.warning, late])) or None
            keep_faults(self.folder.store, self.key, replace(self._said, warning=warning))
        return read

    def _listen(self, film: Film) -> Dialogue:
        found = self.job.listening.read(
            film, self.folder.store, self._read_progress, start=self.job.read.start, end=self.job.read.end
        )
        self._said = found
        return found

    def _hear(self, warning: str | None, lost: bool) -> None:
        """Say what is wrong with the dialogue, in this run alone: others may find it mended."""
        self.faults = warning, lost
        if warning and not lost:
            self.monitor.note(f"{shown(Path(self.name))}: {warning}")

    def _note_settings(self) -> None:
        """Say in run.json what a later merge is of: this run, wherever it goes on, but only once its plan is there."""
        if self.film is not None:
            settings = {"format": 1, "plan": self.key, "seed": self.job.seed, "model": self.models.describe()}
            settings |= {"carry": self.job.carry.describe(), "comment": self.film.comment}
            settings |= {"range": [self.job.read.start, self.job.read.end]}
            write_json(self.folder.settings_path, settings)

    async def _context(self) -> FilmContext:
        read = await self._ensure_ingested()
        assert self.engine is not None
        limits = limits_of(self.job, self.models, read)
        # What chunks were told is what the run heard, whatever a merge puts in its place.
        carrier = Carrier(self.job.carry, self._heard, read.clips, self.engine, self.folder.store, limits, self._noted)
        able = Abilities(self.job, self.models, limits, self.imported, self.film is not None)
        capabilities = able.capabilities(carrier)
        missing = self.job.strategy.missing(capabilities)
        if missing:
            raise RunError(
                f"strategy {self.job.strategy.name} needs calls that cannot be answered here "
                f"({', '.join(sorted(missing))}): {able.why(missing, self.name, str(self.folder.path))}"
            )
        n = len(read.chunks)
        self._expected = self.job.strategy.most_calls(n, limits, capabilities) + self.job.carry.calls(n)
        retold = (
            self.imported is None and self.film is None and "caption" in capabilities and not carrier.stored("caption")
        )
        return FilmContext(
            read.chunks if self.job.hears != "none" else [replace(chunk, dialogue=()) for chunk in read.chunks],
            read.clips,
            self.engine,
            carrier,
            self.folder.store,
            limits,
            self.job.seed,
            capabilities,
            self._noted,
            retold=retold,
            embedder=self.job.embedder,
        )

    def _noted(self, message: str, degraded: bool) -> None:
        if (message, degraded) in self._notes:
            return
        self._notes.add((message, degraded))
        # Into the store: a run that goes on after a kill must still report it.
        self.folder.store.put((), [Event("note", details={"text": message, "degraded": degraded})])

    def _report(self, state: FilmState) -> Report:
        read, engine = self.ingested, self.engine
        assert read is not None
        assert engine is not None
        store, thread = self.folder.store, self._thread()
        given = reporting.answers_by_chunk(store, thread)
        summary = text_of(store, state["result"])
        fault, lost = self.faults
        told = [fault] if fault else []
        warnings = (*self.doubts, *read.warnings, *(told if lost else ()))
        able = self.models.writes and "write" in self.job.strategy.requires | self.job.strategy.uses
        length = reporting.length(summary, limits_of(self.job, self.models, read).words) if able else []
        bad = reporting.problems(store, thread, given, len(read.chunks), warnings, summary)
        return Report(
            film=self.name,
            duration=read.duration,
            strategy=self.job.strategy.name,
            settings=changed(self.job.strategy.config),
            model=self.models.name,
            llm=self.models.llm_name,
            summary=summary,
            chunks=reporting.chunk_reports(read.chunks, given),
            calls=asdict(engine.calls),
            usage=usage_of(engine.watched, engine.written, self.models.prices, self._requests()),
            problems=tuple(bad),
            run=str(self.folder.path),
            notes=(*(() if lost else told), *notes(store, thread), *length),
            extras=reporting.extras(store, state.get("extras", {})),
            evidence=reporting.evidence(store, state.get("evidence"), self.job.strategy.name),
            show_evidence=self.job.evidence,
            carry=self.job.carry.label,
            heard=read.heard,
            hearing=self.job.hears,
            show_dialogue=self.job.show_dialogue,
            outputs=tuple(state.get("written", ())),
            pictures=read.pictures,
            titles=titling.kept(store, state.get("titles", "")),
        )

    def _requests(self) -> int | None:
        """What this run sent to servers, so far."""
        sent = requests_of(self.models.captioner, self.models.llm)
        return None if sent is None else sent - (self._sent or 0)

    def _read_progress(self, stage: str, done: float, total: float) -> None:
        if self.halted.is_set():
            raise Stopped
        self.monitor.advance(stage, done, total)

    def _answered(self, progress: Progress) -> None:
        if self.ingested is None:
            return  # while the film is read, that is what is shown
        self._answers += 1
        self.monitor.advance("answers", self._answers, max(self._expected, self._answers))

    def _awaits(self, llm: FilesLLM, done: int, total: int) -> None:
        if not self._waited and done < total:
            self._waited = True
            where = shown(llm.pending)
            self.monitor.note(f"prompts are in {where}; their answers are awaited in answers/ beside it")
        self.monitor.advance("awaited", done, total)
