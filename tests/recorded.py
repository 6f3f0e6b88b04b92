"""Answers that were given by hand, replayed: a run over a film as text, end to end, in seconds.

`tests/data/recorded/FILM-STRATEGY-CONTEXT.jsonl` has the answers (`id`, of the prompt, and `text`), the .txt beside it
the summary that came of them. A prompt that has no answer there has changed since: the run ends and says how many.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from longvid.api import ImportedCaptions, IngestSettings, Job, Models, Report, merge, read_captions
from longvid.engine.backends.files import FilesLLM
from longvid.engine.prompts import CAPTION_TOKENS, EVENTS_TOKENS
from longvid.engine.request import Request
from longvid.errors import LLMError
from longvid.film import parse_subtitles
from longvid.pipeline.listening import Listening
from longvid.strategy.contract import Strategy

DATA = Path(__file__).parent / "data"
FILMS, ANSWERS = DATA / "filmtext", DATA / "recorded"


class Recorded(FilesLLM):
    """`--llm files:DIR` whose answers are all there: where one is not, nobody is waited for."""

    def _wait(
        self, asked: Mapping[str, Request], said: dict[str, tuple[str, bytes]], stopped: Callable[[], bool]
    ) -> None:
        missing = [request.prompt.splitlines()[0][:80] for id, request in asked.items() if id not in said]
        raise LLMError(f"{len(missing)} prompts have no recorded answer, such as {missing[0]!r}")


def recorded(name: str) -> list[dict[str, str]]:
    """The answers of the recording `name`."""
    return [json.loads(line) for line in (ANSWERS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def replay(
    film: str, strategy: Strategy[Any], *, words: int, context: int, answers: list[dict[str, str]], folder: Path
) -> Report:
    """Merge the film text `film` with `strategy`, answered by `answers`; works in `folder`."""
    box = folder / "answers"
    box.mkdir(parents=True)
    for row in answers:
        (box / f"{row['id']}.txt").write_text(row["text"], encoding="utf-8")
    llm = Recorded(f"files:{folder}", context=context)
    models = Models(
        "nobody", {"class": "nobody"}, None, llm, "by hand", image_size=0, caption_tokens=CAPTION_TOKENS,
        events_tokens=EVENTS_TOKENS,
    )  # fmt: skip
    captions: ImportedCaptions = read_captions(FILMS / film / "captions.jsonl")
    said = Listening(parse_subtitles(str(FILMS / film / "dialogue.srt")))
    job = Job(strategy, IngestSettings(), words=words, directory=folder / "out", listening=said)
    return asyncio.run(merge(captions, job, models))
