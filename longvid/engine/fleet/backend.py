"""A model that a fleet of workers has: it is counted for here and asked there.

Answers are those of one machine, with the same keys in the store: who computed them decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.engine.fleet.fleet import Fleet
from longvid.engine.opened import Models
from longvid.engine.request import Backend, Raw, Request

MOST_CALLS = 64
"""Calls of one film that are asked at once, each of which a thread waits for; further films make up what is left."""


class FleetBackend:
    """Implements `Backend`; may be called from several threads at once."""

    parallel = True
    """Each request is a call of its own: see `Engine`."""

    def __init__(self, behind: Backend, fleet: Fleet) -> None:
        """`behind` is the model as it is opened here, whose weights are never loaded."""
        self._behind, self._fleet = behind, fleet
        self.counts_slowly = bool(getattr(behind, "counts_slowly", False))
        self.context = behind.context
        self.batch = behind.batch * fleet.size
        self.workers = min(self.batch, MOST_CALLS)
        self.device: Any = getattr(behind, "device", None)
        self.folder: Path | None = getattr(behind, "folder", None)

    @property
    def identity(self) -> Mapping[str, object]:
        return self._behind.identity

    def count(self, request: Request) -> int:
        return self._behind.count(request)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        return [self._fleet.ask(request, seed, stopped) for request in requests]


def computes(backend: Backend | None) -> bool:
    """Whether `backend` computes on a device, and so can be had by workers."""
    return hasattr(backend, "device")


def on_fleet(models: Models, fleet: Fleet) -> Models:
    """`models` with `fleet` in the place of those that compute."""
    watches = models.captioner
    eye = FleetBackend(watches, fleet) if watches is not None and computes(watches) else watches
    llm: Backend = models.llm
    if computes(llm):
        llm = eye if llm is watches and eye is not None else FleetBackend(llm, fleet)
    return Models(
        models.name,
        models.captioner_identity,
        eye,
        llm,
        models.llm_name,
        image_size=models.image_size,
        caption_tokens=models.caption_tokens,
        events_tokens=models.events_tokens,
        made_for=models.made_for,
        prices=models.prices,
        held=models.held,
    )
