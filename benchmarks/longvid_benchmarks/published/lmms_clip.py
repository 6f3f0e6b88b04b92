"""`longvid_clip` for lmms-eval: any model that longvid knows, shown a clip and asked what the task asks.

    lmms-eval --model longvid_clip --model_args pretrained=storyfilm-tiny,frames=24 --tasks mvbench ...

The prompt is the task's, to the letter; which frames are shown is longvid's business, as for every model there. Answers
are greedy, and stored where `store` names a folder. Needs lmms-eval, in an environment of its own (`make eval-env`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from lmms_eval.api.model import lmms

from longvid.engine.likelihood import require_likely
from longvid.engine.request import Request
from longvid.errors import LongvidError
from longvid.run import Store
from longvid_benchmarks.published.asking import Answered, Asking
from longvid_benchmarks.published.likelihoods import Likelihoods
from longvid_benchmarks.published.lmms_requests import Wanted, before, kept_in, opened, wanted
from longvid_benchmarks.published.protocols import Frames, as_it_is
from longvid_benchmarks.published.questions import Question
from longvid_benchmarks.published.tasks import Task


class LongvidClip(lmms):  # type: ignore[misc]  # lmms-eval is in an environment of its own
    """A model of longvid's behind the interface of lmms-eval."""

    def __init__(
        self,
        pretrained: str,
        frames: int = 24,
        sampling: str = "minute",
        label: str | None = None,
        store: str | None = None,
        **opening: Any,
    ) -> None:
        """Open the model `pretrained`: a folder, a hub id or a server, as `--model` of longvid.

        Args:
            sampling: `minute`: evenly over at most 60 s; `even`: over all; `middles`: of equal parts.
            store: a folder for answers; without it they are lmms-eval's to keep.
            opening: how the model is opened, see `lmms_requests.opened`.

        Raises ValueError for unknown words, ModelError where the model cannot be opened.
        """
        super().__init__()
        if sampling not in get_args(Frames):
            raise ValueError(f"sampling {sampling!r} is none of {', '.join(get_args(Frames))}")
        if label not in (None, "index", "seconds"):
            raise ValueError(f"label {label!r} is neither index nor seconds")
        self._frames, self._sampling, self._store = int(frames), sampling, store
        self._models = opened(pretrained, llm="none", label=label, frames=self._frames, **opening)  # type: ignore[arg-type]  # one of its words

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """An answer a request, in order. Raises LongvidError for a video that cannot be shown: no failed call becomes
        an answer."""
        asked = [self._wanted(request.args) for request in requests]
        groups: dict[int, list[int]] = defaultdict(list)
        for place, one in enumerate(asked):
            groups[one.max_tokens].append(place)
        said: dict[int, str] = {}
        with kept_in(self._store) as folder, Store(folder / "answers.sqlite") as store:
            for tokens, places in groups.items():
                texts = self._ask([asked[place] for place in places], tokens, folder, store)
                said |= dict(zip(places, texts, strict=True))
        for place, one in enumerate(asked):
            self.cache_hook.add_partial("generate_until", one.arguments, said[place])
        return [said[place] for place in range(len(asked))]

    def loglikelihood(self, requests: Sequence[Any]) -> list[Any]:
        """How likely each continuation is, to the letter, and whether a greedy answer is it; in order.

        lmms-eval 0.7.3 makes one string of a pair; in a wrapper of its own the pair comes through. Raises ModelError
        for a server, which tells no likelihoods, and LongvidError for a video that cannot be shown or for a request
        without one.
        """
        from lmms_eval.api.instance import GenerationResult

        likely = require_likely(self._models.captioner, self._models.name)
        pairs: list[tuple[float, bool]] = []
        with (
            kept_in(self._store) as folder,
            Store(folder / "answers.sqlite") as store,
            TemporaryDirectory(dir=folder) as shown,
        ):
            kept = Likelihoods(likely, self._models.captioner_identity, store)
            asking = self._asking(1, store, Path(shown))
            # Continuations of one prompt and video come one behind the other.
            for place, (_, group) in enumerate(groupby((request.args for request in requests), _shared)):
                rows = list(group)
                context, _, *where = rows[0]
                question = self._question(place, self._wanted((context, {}, *where)), Path(shown))
                path = Path(shown) / "clip"
                request = Request("ask", context, 1, asking.shown(question, path, place))
                pairs += [(one.logprob, one.greedy) for one in kept.of(request, [self._words(row) for row in rows])]
                path.unlink()
        for request, pair in zip(requests, pairs, strict=True):
            self.cache_hook.add_partial("loglikelihood", request.args, pair)
        return [GenerationResult(pair) for pair in pairs]

    def _words(self, arguments: tuple[Any, ...]) -> str:
        """What a request asks the likelihood of."""
        _, words, _, doc_id, task, split = arguments
        return str(words(self.task_dict[task][split][doc_id]) if callable(words) else words)

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """Refused with a LongvidError: a model that watches clips keeps no conversation."""
        raise LongvidError(
            "a task goes on in several rounds, and longvid_clip answers one question at a time: choose tasks of "
            "generate_until"
        )

    def _wanted(self, arguments: tuple[Any, ...]) -> Wanted:
        return wanted(self.task_dict, arguments)

    def _ask(self, asked: Sequence[Wanted], tokens: int, folder: Path, store: Store) -> list[str]:
        with TemporaryDirectory(dir=folder) as shown:
            questions = [self._question(place, one, Path(shown)) for place, one in enumerate(asked)]
            asking = self._asking(tokens, store, Path(shown))
            found = asyncio.run(asking.all(questions, lambda done, total, doing=None: None))
        texts = []
        for one, answer in zip(asked, found, strict=True):
            if not isinstance(answer, Answered):
                raise LongvidError(f"a question cannot be asked, {answer.fault}: {answer.why}")
            texts.append(before(answer.text.strip(), one.until))
        return texts

    def _asking(self, tokens: int, store: Store, folder: Path) -> Asking:
        protocol = as_it_is(self._frames, self._sampling, tokens, "lmms-eval")  # type: ignore[arg-type]  # one of its words
        return Asking(self._models, protocol, store, folder)

    def _question(self, place: int, one: Wanted, folder: Path) -> Question:
        seen = _video(one.seen, folder / str(place))
        return Question(Task("", "lmms-eval", "", ""), place, one.prompt, (), 0, seen, 0.0, inf)


def _shared(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What requests for likelihoods share that are of one prompt and one video."""
    if len(arguments) != 6:
        raise LongvidError("a task asks how likely words are without a video; longvid_clip watches videos")
    context, _, _, doc_id, task, split = arguments
    return context, doc_id, task, split


def _video(seen: object, folder: Path) -> Path:
    """A path to what is seen: pictures are written into `folder`."""
    if isinstance(seen, str | Path):
        return Path(seen)
    folder.mkdir()
    for place, picture in enumerate(seen):  # type: ignore[var-annotated,arg-type]  # a list of pictures of Pillow's
        picture.convert("RGB").save(folder / f"{place + 1:05d}.png")
    return folder
