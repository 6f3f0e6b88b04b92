"""`longvid_film` for lmms-eval: a long video is watched once, and each question answered from what is then known of it.

    lmms-eval --model longvid_film --model_args pretrained=MODEL,llm=LLM,store=films --tasks videomme_long ...

Requests are grouped by film, whatever their order. The passages that longvid finds stand before the task's prompt; of
one that begins with all subtitles of a film its end counts, and `subtitles` names the folder where longvid reads them
itself. Needs lmms-eval, in an environment of its own (`make eval-env`).
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lmms_eval.api.model import lmms

from longvid.errors import LLMError, LongvidError
from longvid_benchmarks.published.lmms_requests import Wanted, before, kept_in, opened, wanted
from longvid_benchmarks.published.watching_films import FilmQuestion, FilmWatcher, Unanswered, tail


class LongvidFilm(lmms):  # type: ignore[misc]  # lmms-eval is in an environment of its own
    """longvid behind the interface of lmms-eval."""

    def __init__(
        self,
        pretrained: str,
        llm: str | None = None,
        strategy: str = "ledger",
        frames: int = 24,
        looks: int = 2,
        subtitles: str | None = None,
        store: str | None = None,
        **opening: Any,
    ) -> None:
        """Open the model `pretrained`, which watches, and `llm`, which answers: as `--model` and `--llm` of longvid.

        Args:
            strategy: whose facts and summary are sought in; `concat` has none, and asks the LLM nothing before.
            looks: chunks that are looked at again for each question; 0 for none.
            subtitles: a folder with NAME.srt or NAME.vtt for each film.
            store: a folder for what is known of films; without it a killed run begins anew.
            opening: how the model is opened, see `lmms_requests.opened`.

        Raises ModelError and LLMError where a model cannot be opened, or nobody writes.
        """
        super().__init__()
        models = opened(pretrained, llm=llm, frames=frames, **opening)
        if not models.writes:
            raise LLMError(f"{pretrained} brings no LLM, and nobody would answer; name one with llm=")
        self._told = (models, strategy, int(frames), int(looks), None if subtitles is None else Path(subtitles))
        self._store = store

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """An answer a request, in order. Raises LongvidError for a film that cannot be watched: no failed call becomes
        an answer."""
        asked = [wanted(self.task_dict, request.args) for request in requests]
        films: dict[Path, list[int]] = defaultdict(list)
        for place, one in enumerate(asked):
            films[_film(one)].append(place)
        models, strategy, frames, looks, subtitles = self._told
        said: dict[int, str] = {}
        with kept_in(self._store) as folder:
            watcher = FilmWatcher(models, folder / "films", strategy, frames, looks, subtitles, tell=_tell)
            for film, places in films.items():
                texts = asyncio.run(watcher.answers(film, [_question(asked[place]) for place in places]))
                for place, text in zip(places, texts, strict=True):
                    if isinstance(text, Unanswered):
                        raise LLMError(text.why)
                    said[place] = before(text, asked[place].until)
                    self.cache_hook.add_partial("generate_until", asked[place].arguments, said[place])
        return [said[place] for place in range(len(asked))]

    def loglikelihood(self, requests: Sequence[Any]) -> list[Any]:
        """Refused with a LongvidError: who answers has not seen the film."""
        raise LongvidError("longvid_film answers in words; for tasks of likelihoods choose longvid_clip")

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """Refused with a LongvidError: each question is answered for itself."""
        raise LongvidError("longvid_film answers one question at a time: choose tasks of generate_until")


def _film(one: Wanted) -> Path:
    """The video of a request. Raises LongvidError for pictures."""
    if isinstance(one.seen, str | Path) and (path := Path(one.seen)).is_file():
        return path
    raise LongvidError(f"{one.seen if isinstance(one.seen, str | Path) else 'a list of pictures'}: no video to watch")


def _question(one: Wanted) -> FilmQuestion:
    told = one.document.get("question")
    return FilmQuestion(one.prompt, told if isinstance(told, str) and told else tail(one.prompt), one.max_tokens)


def _tell(line: str) -> None:
    print(f"longvid_film: {line}", file=sys.stderr)
