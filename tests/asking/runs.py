"""Runs to ask: film texts merged without an LLM, and an LLM that says what a test wants and counts as a real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from longvid.api import IngestSettings, Job, Listening, SubtitleChoice, load_strategy, merge, open_llm_models, wait
from longvid.captions.imported import read_captions
from longvid.engine.models import Models
from longvid.engine.request import Raw, Request

TEXTS = Path(__file__).parent.parent / "data" / "filmtext"


def run_of(film: str, folder: Path) -> Path:
    """The run folder of the film text called `film`, made in `folder` by `concat`."""
    texts = TEXTS / film
    listening = Listening(SubtitleChoice("file", file=texts / "dialogue.srt"))
    job = Job(load_strategy("concat")(), IngestSettings(), directory=folder, listening=listening)
    return Path(wait(merge(read_captions(texts / "captions.jsonl"), job, open_llm_models("none"))).run)


@dataclass
class Says:
    """A `Backend` that answers by `says`, with about four bytes a token."""

    says: Callable[[str], str] = lambda prompt: "not shown"
    context: int = 2048
    batch: int = 1
    asked: list[str] = field(default_factory=list)
    identity: Mapping[str, object] = field(default_factory=lambda: {"class": "says"})

    def count(self, request: Request) -> int:
        return -(-len(request.prompt.encode()) // 4)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        self.asked += [request.prompt for request in requests]
        return [Raw(self.says(request.prompt), "stop", self.count(request), 20) for request in requests]


def models_of(llm: Says) -> Models:
    """Models of which only `llm` is there."""
    return Models("nobody", {"class": "nobody"}, None, llm, "says", image_size=0, caption_tokens=1, events_tokens=1)
