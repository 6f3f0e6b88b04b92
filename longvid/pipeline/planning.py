"""How a film would be cut and watched, and what a summary of it would take: without a model, and nothing is written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from longvid.cogvlm2.estimates import Label, Template, clip_tokens
from longvid.engine.backends.endpoint import CONTEXT as SERVER_CONTEXT
from longvid.engine.family import GEOMETRY
from longvid.engine.fitting import settings as precisions
from longvid.engine.pictures import DEFAULT_PIXELS
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS, EVENTS, EVENTS_TOKENS
from longvid.engine.request import Stopped
from longvid.engine.servers.tokens import TEMPLATE, estimated, frame_tokens
from longvid.engine.sizing import CPU_BATCH
from longvid.engine.usage import NO_PRICES, Prices
from longvid.files import as_text
from longvid.film import Chunk, Scene, VideoTrack, beyond, dialogue, probe, scan
from longvid.output import Heard
from longvid.pipeline.ingest import frame_times, of_range, plan_chunks
from longvid.pipeline.job import Job, auto_words, dialogue_tokens
from longvid.pipeline.listening import heard_of
from longvid.pipeline.progress import Monitor
from longvid.strategy.contract import Estimate, Limits

CONTEXT, IMAGE_SIZE = 2048, 224
"""Tokens of prompt and answer, and pixels, of the published model, for which the figures are."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The models that a plan's figures are for."""

    context: int = CONTEXT
    """Tokens of prompt and answer that the LLM takes."""
    pixels: int | None = None
    """Of a frame that a server is shown; None: the published model watches."""
    prices: Prices = NO_PRICES
    clip_tokens: int | None = None
    """What a clip adds to a prompt, where the model's own processor was asked."""
    memory: Mapping[str, int] | None = None
    """Bytes that one call takes, by dtype; None: that of the published model."""
    watch_context: int = CONTEXT
    """Tokens of frames, question and answer that the model that watches takes."""

    @classmethod
    def of(cls, server: bool, context: int | None, pixels: int | None, prices: Prices) -> Reckoned:
        """For a `server` that watches, or for the published model; `context` and `pixels` where the user says them."""
        if not server:
            return cls(context or CONTEXT, None, prices)
        return cls(context or SERVER_CONTEXT, pixels or DEFAULT_PIXELS, prices, watch_context=SERVER_CONTEXT)

    def clip(self, frames: int, template: Template, label: Label) -> int:
        """Tokens of so many frames."""
        if self.clip_tokens is not None:
            return self.clip_tokens
        if self.pixels is None:
            return clip_tokens(frames, IMAGE_SIZE, template, label)
        return frames * frame_tokens(self.pixels) + TEMPLATE

    def needed(self) -> dict[str, int]:
        """Bytes that one call of the model takes, in each precision; nothing for a server."""
        if self.pixels is not None:
            return {}
        if self.memory is not None:
            return dict(self.memory)
        return {one.dtype: one.needed for one in precisions(GEOMETRY) if not one.streamed}

    def least(self) -> int | None:
        """The same where all that can waits in main memory; None where nothing does."""
        return None if self.pixels is not None or self.memory is not None else precisions(GEOMETRY)[-1].needed


PUBLISHED = Reckoned()


@dataclass(frozen=True, slots=True)
class Plan:
    """A film as it would be cut and watched. Times in seconds from its first frame."""

    path: Path
    duration: float
    """Seconds of film that would be read."""
    video_track: int
    video_tracks: tuple[VideoTrack, ...]
    scenes: tuple[Scene, ...]
    chunks: tuple[Chunk, ...]
    frames: tuple[tuple[float, ...], ...]
    """For each chunk when its frames are shown."""
    strategy: str
    words: int
    """Length of the summary."""
    calls: Estimate
    """At most so many calls of the strategy."""
    told: int
    """Of these the captions and the lists of events together."""
    watch_tokens: int
    """Read with frames, over all calls."""
    answer_tokens: int
    requests: int
    """Of all kinds."""
    write_tokens: int
    """Read without frames, over all calls."""
    cost: float | None
    """Of all that, at most, where prices are known."""
    memory: dict[str, int]
    """Bytes that one call of the model takes, in each precision; nothing for a server."""
    least_memory: int | None
    """The least of these bytes, where layers of the model wait in main memory; None where none do."""
    heard: Heard
    """Where its dialogue comes from; a plan transcribes nothing."""
    details: tuple[str, ...]
    """How its pictures are made ready, such as colours that are mapped."""
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    """What of the film could not be used."""

    def as_json(self) -> dict[str, Any]:
        """The object of `plan --json`. Keys are only ever added."""
        tracks = ({name: getattr(v, name) for name in ("index", "codec", "width", "height")} for v in self.video_tracks)
        return {
            "film": as_text(self.path.name),
            "path": as_text(self.path),
            "duration": round(self.duration, 3),
            "video_track": self.video_track,
            "video_tracks": list(tracks),
            "scenes": _spans((scene.start, scene.end) for scene in self.scenes),
            "chunks": [
                {
                    "index": chunk.index,
                    "start": round(chunk.start, 3),
                    "end": round(chunk.end, 3),
                    "scenes": _spans(chunk.scenes),
                    "frames": [round(time, 3) for time in times],
                }
                for chunk, times in zip(self.chunks, self.frames, strict=True)
            ],
            "estimate": {
                "strategy": self.strategy,
                "words": self.words,
                **asdict(self.calls),
                "told": self.told,
                "watch_tokens": self.watch_tokens,
                "answer_tokens": self.answer_tokens,
                "write_tokens": self.write_tokens,
                "requests": self.requests,
                **({} if self.cost is None else {"cost": round(self.cost, 6)}),
                "memory": self.memory,
                "least_memory": self.least_memory,
            },
            "dialogue": self.heard.as_json(),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


async def plan_film(
    path: Path, job: Job, template: Template, label: Label, monitor: Monitor, reckoned: Reckoned = PUBLISHED
) -> Plan:
    """Scan the film at `path` and say how `job` would go about it. Raises FilmError."""
    halted = threading.Event()
    settings = job.read

    def advance(done: float, total: float) -> None:
        if halted.is_set():
            raise Stopped
        monitor.advance("scan", done, total)

    film = await asyncio.to_thread(probe, path, video=settings.video_track)
    progress = of_range(film, settings, advance)
    try:
        scanned = await asyncio.to_thread(
            scan, film, detector=settings.detector, start=settings.start, end=settings.end, progress=progress
        )
    finally:
        halted.set()
    spoken = await asyncio.to_thread(dialogue, film, job.listening.subtitles)
    chunks = plan_chunks(scanned.scenes, settings, spoken.cues)
    words = job.words or auto_words(chunks[-1].end - chunks[0].start)
    context = reckoned.context
    limits = Limits(context, CAPTION_TOKENS, CPU_BATCH, words, dialogue=dialogue_tokens(chunks, context, job.hears))
    bound = job.strategy.estimate(len(chunks), limits)
    told = job.strategy.told(bound)
    # Captions and events are asked for as they stand; a question of the strategy's own may fill the model's context.
    asked = reckoned.clip(settings.frames, template, label) + max(map(estimated, (CAPTION, EVENTS)))
    watched, written = told + bound.ask, context // 3
    read = told * asked + bound.ask * max(asked, reckoned.watch_context)
    said = watched * max(CAPTION_TOKENS, EVENTS_TOKENS)
    return Plan(
        path=path,
        duration=scanned.seconds,
        video_track=film.video.index,
        video_tracks=film.videos,
        scenes=scanned.scenes,
        chunks=chunks,
        frames=tuple(tuple(frame_times(chunk, settings, scanned.shown)) for chunk in chunks),
        strategy=job.strategy.name,
        words=words,
        calls=bound,
        told=told,
        watch_tokens=read,
        answer_tokens=said + bound.write * written,
        requests=watched + bound.write,
        write_tokens=bound.write * context,
        cost=reckoned.prices.of((read, said), (bound.write * context, bound.write * written)),
        memory=reckoned.needed(),
        least_memory=reckoned.least(),
        heard=heard_of(spoken),
        details=film.notes,
        notes=_lines(
            None if spoken.lost else spoken.warning,
            beyond(spoken, scanned.scenes[-1].end) if not settings.end else None,
        ),
        warnings=_lines(scanned.warning, spoken.warning if spoken.lost else None),
    )


def _spans(spans: Iterable[tuple[float, float]]) -> list[dict[str, float]]:
    return [{"start": round(start, 3), "end": round(end, 3)} for start, end in spans]


def _lines(*lines: str | None) -> tuple[str, ...]:
    return tuple(line for line in lines if line)
