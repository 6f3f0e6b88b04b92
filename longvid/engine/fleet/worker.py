"""What runs on each machine of a fleet: the models as one machine opens them, and answers of theirs.

Whatever is wrong comes back as a value, so that nothing depends on how errors travel. Clips come as bytes: no folder is
shared with whoever asks. Knows no Ray.
"""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid import errors
from longvid.engine.device import Device, choose
from longvid.engine.memory import no_memory, release, shortage
from longvid.engine.request import Backend, Raw, Request
from longvid.engine.scheduler import KEY_VERSION

if TYPE_CHECKING:
    from longvid.engine.models import Models

Call = tuple[Request, bytes | None]
"""A request, and the bytes of its clip's file."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a worker is to open, and what that must be: the same as with whoever asks."""

    model: str | None
    """None where nobody watches."""
    llm: str | None
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of `open_models`, or of `open_llm_models` where nobody watches; all but the device."""
    cpu: bool = False
    """Whether it computes on the CPU, also where there is a card."""
    watch: Mapping[str, object] | None = None
    write: Mapping[str, object] | None = None
    """Identities of those that are asked; None where none is."""
    version: int = KEY_VERSION


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong with a worker; `kind` is the name of its class in `longvid.errors`, or of any other."""

    kind: str
    message: str

    def error(self) -> Exception:
        """As an exception: a fault of longvid where the class is none of its own."""
        kind = getattr(errors, self.kind, None)
        known = isinstance(kind, type) and issubclass(kind, errors.LongvidError)
        return kind(self.message) if known and kind is not None else RuntimeError(f"{self.kind}: {self.message}")


class Worker:
    """Models on one machine. Called from one thread at a time."""

    def __init__(self) -> None:
        self._opened: tuple[Opening, Models] | None = None
        self._most: dict[bool, int] = {}
        """Requests that there has been memory for at once, with a clip and without."""

    def place(self, *, cpu: bool, dtype: str | None) -> Device | Fault:
        """Where this worker computes, and what memory is free there."""
        try:
            return choose("cpu" if cpu else None, dtype)
        except Exception as error:
            return _fault(error)

    def open(self, opening: Opening) -> Fault | None:
        """Open the models of `opening`, unless they are."""
        try:
            self._models(opening)
        except Exception as error:
            return _fault(error)
        return None

    def answer(self, opening: Opening, calls: Sequence[Call], seed: int | None) -> list[Raw] | Fault:
        """One result a call, in order; all have a clip or none has."""
        try:
            models = self._models(opening)
            backend = models.llm if calls[0][0].clip is None else models.captioner
            assert backend is not None
            with tempfile.TemporaryDirectory(prefix="longvid-") as folder:
                return self._answer(
                    backend, [_here(*call, Path(folder) / str(n)) for n, call in enumerate(calls)], seed
                )
        except Exception as error:
            return _fault(error)

    def _answer(self, backend: Backend, requests: Sequence[Request], seed: int | None) -> list[Raw]:
        """As many at once as there is memory for."""
        watches = requests[0].clip is not None
        raws: list[Raw] = []
        while len(raws) < len(requests):
            part = requests[len(raws) :][: self._most.get(watches, len(requests))]
            try:
                raws += backend.answer(part, seed=seed)
                continue
            except Exception as error:
                short = shortage(error)
                if short is None:
                    raise
            # Not while the error is handled, for it holds all that the batch had in memory.
            release()
            if len(part) == 1:
                raise no_memory(short)
            self._most[watches] = len(part) // 2
        return raws

    def _models(self, opening: Opening) -> Models:
        """Raises LongvidError, also where they are others than with whoever asks."""
        if self._opened is not None and self._opened[0] == opening:
            return self._opened[1]
        from longvid.engine.models import open_llm_models, open_models

        here = f"the worker on {platform.node()}"
        if opening.version != KEY_VERSION:
            raise errors.ModelError(f"{here} has another version of longvid; install the same on all machines")
        options = {**opening.options, "device": "cpu" if opening.cpu else None}
        if opening.model is None:
            models = open_llm_models(str(opening.llm), **options)
        else:
            models = open_models(opening.model, llm=opening.llm, **options)
        for name, backend, expected in (
            (models.name, models.captioner, opening.watch),
            (models.llm_name, models.llm, opening.write),
        ):
            if expected is not None and (backend is None or dict(backend.identity) != dict(expected)):
                what = "nothing" if backend is None else _different(expected, backend.identity)
                raise errors.ModelError(
                    f"{here} has another {name}: {what}; have the same files on all machines, and name a --dtype that "
                    "all can do"
                )
        self._opened = opening, models
        return models


def _different(expected: Mapping[str, object], found: Mapping[str, object]) -> str:
    names = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
    return ", ".join(f"its {name} is {found.get(name)}, not {expected.get(name)}" for name in names)


def _here(request: Request, clip: bytes | None, path: Path) -> Request:
    """`request` with its clip in a file at `path`."""
    if request.clip is None or clip is None:
        return request
    path.write_bytes(clip)
    return replace(request, clip=replace(request.clip, path=path))


def _fault(error: Exception) -> Fault:
    return Fault(type(error).__name__, str(error))
