"""The models of one command once they are open: who watches, who writes, and what each takes. Opens none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from longvid.engine.backends.none import NONE
from longvid.engine.catalog import kind_of, lasting
from longvid.engine.jobs import is_remote
from longvid.engine.pictures import ImageSize, described, transform_to
from longvid.engine.request import Backend
from longvid.engine.usage import NO_PRICES, Prices


class Models:
    """What a command asks: `captioner` answers about clips, `llm` writes; they may be one object."""

    def __init__(
        self,
        name: str,
        captioner_identity: Mapping[str, object],
        captioner: Backend | None,
        llm: Backend,
        llm_name: str,
        *,
        image_size: ImageSize,
        caption_tokens: int,
        events_tokens: int,
        made_for: Mapping[str, str] | None = None,
        prices: Prices = NO_PRICES,
        held: str | None = None,
    ) -> None:
        self.name, self.llm_name = name, llm_name
        self.captioner_identity = dict(captioner_identity)
        self.captioner, self.llm = captioner, llm
        self.image_size = image_size
        self.caption_tokens, self.events_tokens = caption_tokens, events_tokens
        self.prices = prices
        self.held = held
        """How the captioner is held in memory, where that is not whole and as it is stored."""
        self.made_for = dict(made_for or {})
        """Name of a model -> the one kind of film that it was made for; those made for all are not there."""

    @property
    def writes(self) -> bool:
        """Whether `llm` is a language model."""
        return self.llm_name != NONE

    @property
    def instructs(self) -> bool:
        """Whether `llm` does what it is told: it is one, and was not made for one kind of film alone."""
        return self.writes and not kind_of(self.llm)

    @property
    def asks_elsewhere(self) -> bool:
        """Whether servers or services are asked and no model computes on this machine."""
        asked = [one for one in (self.captioner, self.llm) if one is not None]
        return any(map(is_remote, asked)) and not any(hasattr(one, "device") for one in asked)

    @property
    def max_concurrency(self) -> int:
        """Calls in flight that fill the device, or that a server is to be asked at once."""
        return max(backend.batch for backend in (self.captioner, self.llm) if backend is not None)

    def doubts(self, film: str, comment: str | None) -> list[str]:
        """A line for each model that was made for one kind of film, unless the film called `film` says by its `comment`
        that it is of that kind: the kind alone, or with words after it."""
        return [
            f"{film} does not say that it is a {kind}; {name} understands nothing else"
            for name, kind in self.made_for.items()
            if not f"{comment or ''} ".startswith(f"{kind} ")
        ]

    def transform(self, fit: str) -> Callable[[Any, float], Any]:
        """Full-size RGB frame and pixel aspect -> the model's picture, uint8 [h, w, 3]; anew for each film."""
        return transform_to(self.image_size, fit)

    def describe(self) -> dict[str, object]:
        """What run.json keeps, so that a later merge finds the stored captions."""
        return {
            "name": lasting(self.name),
            "watch_identity": self.captioner_identity,
            "image_size": described(self.image_size),
            "caption_tokens": self.caption_tokens,
            "events_tokens": self.events_tokens,
            "llm": lasting(self.llm_name),
            **({"made_for": self.made_for[self.name]} if self.name in self.made_for else {}),
        }
