"""What a strategy may ask for in a run, how much a call may hold, and why something cannot be had.

Knows the models, what is stored and what the user wants told; makes no call.
"""

from __future__ import annotations

from dataclasses import dataclass

from longvid.captions.imported import ImportedCaptions
from longvid.carry import Carrier
from longvid.engine.models import Models
from longvid.pipeline.ingest import Ingested
from longvid.pipeline.job import Job, auto_words, dialogue_tokens
from longvid.strategy.contract import Capability, Limits


def limits_of(job: Job, models: Models, read: Ingested) -> Limits:
    """What one call of a run over `read` may hold."""
    return Limits(
        context=models.llm.context,
        caption=models.caption_tokens,
        events=models.events_tokens,
        max_concurrency=models.max_concurrency,
        words=job.words if job.words is not None else auto_words(_seconds(read)),
        dialogue=dialogue_tokens(read.chunks, models.llm.context, job.hears),
    )


@dataclass(frozen=True, slots=True)
class Abilities:
    """What is there to answer calls: `imported` captions, or a film that is watched, or else what is stored."""

    job: Job
    models: Models
    limits: Limits
    imported: ImportedCaptions | None
    watched: bool
    """Whether the film is there, so that its chunks can be asked anything."""

    def capabilities(self, carrier: Carrier) -> frozenset[Capability]:
        """The calls that will be answered, and whether there is dialogue, as the user wants it told."""
        answered: frozenset[Capability] = frozenset({"write"} if self.models.writes else ())
        if self.models.instructs:
            answered |= {"instruct"}
        if self.job.embedder is not None:
            answered |= {"embed"}
        if self.job.hears != "said-only":
            answered |= self._of_chunks(carrier)
        return answered | {"dialogue"} if self.limits.dialogue else answered

    def _of_chunks(self, carrier: Carrier) -> frozenset[Capability]:
        """The calls about chunks; where nobody watches, what is stored for every chunk."""
        if self.imported is not None:
            return frozenset(self.imported.capabilities)
        if self.models.captioner is not None and self.watched:
            return frozenset({"caption", "events", "ask"} if self.limits.events else {"caption", "ask"})
        if carrier.stored("events"):
            # Of these captions can be made.
            return frozenset({"caption", "events"})
        return frozenset({"caption"} if carrier.stored("caption") else ())

    def why(self, missing: frozenset[Capability], name: str, folder: str) -> str:
        """Why the calls of `missing` cannot be answered for the film called `name`, and what would help."""
        if "write" in missing:
            return "the LLM called none writes nothing; name another with --llm"
        if self.job.hears == "said-only":
            if "dialogue" in missing or not self.limits.dialogue:
                return "nothing that is said was found: name subtitles with --subtitles FILE, or leave out --dialogue"
            return "--dialogue said-only leaves them out; choose another strategy, or leave that out"
        if self.imported is not None:
            return f"{name} does not hold them"
        if self.watched:
            return "the model's context is too short for them"
        return f"{folder} does not hold them; run summarize on the film with this strategy"


def _seconds(read: Ingested) -> float:
    """Seconds of film that the chunks cover."""
    return read.chunks[-1].end - read.chunks[0].start if read.chunks else 0.0
