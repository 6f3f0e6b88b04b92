"""The models of one command: who watches, who writes, opened once for all its films.

Everything that can fail without weights fails here, before a film is touched: a model that is not on the machine, a
broken checkpoint, a device that is not there or too small. Weights are loaded by the backends at the first call.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.checkpoint import CheckpointReport, fingerprint, inspect, memory_needed, tensors_in
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.estimates import Label
from longvid.cogvlm2.precision import QUANTISED
from longvid.engine import device as devices
from longvid.engine import sizing
from longvid.engine.backends.files import FilesLLM, is_files
from longvid.engine.backends.none import FORMERLY, NONE, NoLLM
from longvid.engine.catalog import folder_of, is_cogvlm2, is_folder, kind_of, lasting, llm_in
from longvid.engine.device import AUTO, Device
from longvid.engine.family import resolve_template
from longvid.engine.finding import find
from longvid.engine.fitting import settle, told
from longvid.engine.prompts import CAPTION_TOKENS, EVENTS_TOKENS
from longvid.engine.request import Backend
from longvid.errors import LLMError, ModelError, RunError
from longvid.text.shown import clean

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

PROVIDER = re.compile(r"^[a-z][a-z0-9_-]+:.+$")


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
        image_size: int,
        caption_tokens: int,
        events_tokens: int,
        made_for: Mapping[str, str] | None = None,
        held: str | None = None,
    ) -> None:
        self.name, self.llm_name = name, llm_name
        self.captioner_identity = dict(captioner_identity)
        self.captioner, self.llm = captioner, llm
        self.image_size = image_size
        self.caption_tokens, self.events_tokens = caption_tokens, events_tokens
        self.made_for = dict(made_for or {})
        """Name of a model -> the one kind of film that it was made for; those made for all are not there."""
        self.held = held
        """How the captioner is held in memory, where there is something to say (`fitting.told`)."""

    @property
    def writes(self) -> bool:
        """Whether `llm` is a language model."""
        return self.llm_name != NONE

    @property
    def instructs(self) -> bool:
        """Whether `llm` does what it is told: it is one, and was not made for one kind of film alone."""
        return self.writes and not kind_of(self.llm)

    @property
    def max_concurrency(self) -> int:
        """Calls in flight that fill the device."""
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
        """Full-size RGB frame and pixel aspect -> the model's picture, uint8 [S, S, 3]."""
        from longvid.cogvlm2.frames import resize_frame

        def small(rgb: Any, pixel_aspect: float) -> Any:
            return resize_frame(rgb, self.image_size, fit, pixel_aspect)  # type: ignore[arg-type]

        return small

    def describe(self) -> dict[str, object]:
        """What run.json keeps, so that a later merge finds the stored captions."""
        return {
            "name": lasting(self.name),
            "watch_identity": self.captioner_identity,
            "image_size": self.image_size,
            "caption_tokens": self.caption_tokens,
            "events_tokens": self.events_tokens,
            "llm": lasting(self.llm_name),
            **({"made_for": self.made_for[self.name]} if self.name in self.made_for else {}),
        }


def open_models(
    model: str,
    *,
    llm: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    template: str = "auto",
    label: Label = "index",
    frames: int = 24,
    batch: int | None = None,
    llm_context: int | None = None,
) -> Models:
    """Find and judge the checkpoint `model` and the LLM; `llm_context` caps the tokens of an LLM of its own.

    Raises ModelError where something is missing, broken or does not fit into memory: one line with sizes and remedies.
    """
    place = devices.choose(device, dtype)
    captioner, report = _open_cogvlm2(model, place, template, label, batch, beside=sizing.weights_of(llm, model, place))
    place = captioner.device
    fits = partial(memory_needed, report, place.dtype, streamed=place.streamed)
    # Captioner and LLM lie in memory at once.
    left = replace(place, free=place.free - fits(batch=1), streamed=False)
    if llm is None or llm == model or is_folder(llm, captioner.folder):
        llm = model
        writes: Backend = _llm_of(captioner, left, batch)
        _require_cappable(writes, llm_context)
    else:
        writes = open_llm(llm, left, batch, llm_context)
    if batch is None and writes is not captioner:
        captioner.batch = sizing.batch(fits, sizing.beside(place, getattr(writes, "folder", None)), report.parameters)
    return Models(
        model,
        captioner.identity,
        captioner,
        writes,
        _shown(llm, writes),
        image_size=captioner.image_size,
        caption_tokens=sizing.caption_tokens(report, captioner.template, label, frames),
        events_tokens=sizing.events_tokens(captioner, frames),
        made_for=_made_for(llm, writes) | _made_for(model, captioner),
        held=told(place, report.geometry, always=dtype == AUTO),
    )


def _shown(name: str, llm: Backend) -> str:
    """What the LLM that was asked for as `name` is called."""
    return NONE if isinstance(llm, NoLLM) else name


def _made_for(name: str, backend: Backend) -> dict[str, str]:
    """The one kind of film that the checkpoint behind `backend` was made for, by `name`; nothing if it is for all."""
    return {name: kind} if (kind := kind_of(backend)) else {}


def reopen_models(
    described: object,
    *,
    llm: str | None,
    device: str | None,
    dtype: str | None,
    batch: int | None,
    llm_context: int | None = None,
) -> Models:
    """The models of a stored run for merging again: its captioner's identity, without the captioner.

    `llm` None is the run's own: a run folder may come from anybody, so that one is neither fetched nor a service.
    Raises RunError if it would be, and if `described` is not what `Models.describe` made.
    """
    try:
        if not isinstance(described, Mapping):
            raise TypeError
        name, identity = str(described["name"]), dict(described["watch_identity"])
        image_size, caption_tokens = int(described["image_size"]), int(described["caption_tokens"])
        events_tokens = int(described.get("events_tokens", EVENTS_TOKENS))
        llm_name = llm or _named(described)
        template, label = str(identity["template"]), str(identity["label"])
        place = devices.choose(device, dtype or str(identity["dtype"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError("run.json does not say which model watched; run summarize on the film again") from error
    if llm is None:
        _require_here(llm_name)
    if llm_name == name:
        captioner = _open_cogvlm2(name, place, template, label, batch)[0]  # type: ignore[arg-type]
        writes: Backend = _llm_of(captioner, place, batch)
        _require_cappable(writes, llm_context)
    else:
        writes = open_llm(llm_name, place, batch, llm_context)
        _require_floats(writes, dtype)
    kind = described.get("made_for")
    return Models(
        name,
        identity,
        None,
        writes,
        _shown(llm_name, writes),
        image_size=image_size,
        caption_tokens=caption_tokens,
        events_tokens=events_tokens,
        made_for=_made_for(llm_name, writes) | ({name: clean(kind)} if isinstance(kind, str) else {}),
    )


def _named(described: Mapping[str, object]) -> str:
    """Who wrote, as run.json says it, also that of an earlier longvid."""
    name = str(described["llm"] if "llm" in described else described["writer"])
    return NONE if name == FORMERLY else name


def _require_here(llm: str) -> None:
    """Raise RunError unless `llm`, which a run folder names, can be opened without asking anybody outside."""
    asks = f"name it with --llm {shlex.quote(clean(llm))}"
    if llm == NONE:
        return
    if is_files(llm):
        raise RunError(f"the run was written through files, {clean(llm)}; to ask there again {asks}")
    if is_service(llm):
        raise RunError(f"the run was written by a service, {clean(llm)}; to send it the captions again {asks}")
    try:
        folder_of(llm, download=False)
    except CheckpointError as error:
        raise RunError(f"the LLM of the run: {error}; where it is to be fetched, {asks}") from error


def open_llm_models(
    llm: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    batch: int | None = None,
    llm_context: int | None = None,
) -> Models:
    """The LLM alone, for captions that nobody watched (`longvid.api.merge`).

    Raises ModelError or LLMError as `open_models` does.
    """
    place = devices.choose("cpu" if llm == NONE or is_files(llm) else device, dtype)
    writes = open_llm(llm, place, batch, llm_context)
    _require_floats(writes, dtype)
    return Models(
        "nobody",
        {"class": "nobody"},
        None,
        writes,
        _shown(llm, writes),
        image_size=0,
        caption_tokens=CAPTION_TOKENS,
        events_tokens=EVENTS_TOKENS,
    )


def open_llm(name: str, place: Device, batch: int | None, context: int | None = None) -> Backend:
    """The LLM called `name`: a bundled model, a folder or hub id of a causal language model, `provider:model`,
    `files:DIR` or `plain`. `context`: the tokens that a hosted model takes, or that a local one is to use of its own.

    Raises LLMError or ModelError for one that cannot write here.
    """
    if name in (NONE, FORMERLY):
        return NoLLM()
    if is_files(name):
        return FilesLLM(name, context=context)
    if is_service(name):
        from longvid.engine.backends.langchain import LangChainLLM

        return LangChainLLM(name, context=context)
    try:
        folder = folder_of(name, download=True)
    except CheckpointError as error:
        raise LLMError(f"--llm: {error}") from error
    if is_cogvlm2(folder):
        own = _llm_of(_open_cogvlm2(name, place, "auto", "index", batch)[0], place, batch)
        _require_cappable(own, context)
        return own
    from longvid.engine.backends.causal import read_causal
    from longvid.engine.backends.local import LocalLLM

    # A language model of its own is not quantised: it computes in what the rest of a quantised captioner does.
    place = replace(place, dtype=place.compute)
    try:
        # Its files may hold numbers of another size than those it computes with.
        numbers = sum(math.prod(stored.shape) for stored in tensors_in(folder).values())
    except CheckpointError as error:
        raise LLMError(f"--llm: {error}") from error
    sizing.check_fits(name, numbers * (4 if place.dtype == "float32" else 2), place)
    calls = batch or sizing.llm_batch(folder, place)
    return LocalLLM(read_causal(folder), device=place, batch=calls, context=context)


def is_service(name: str) -> bool:
    """Whether `name` is that of a hosted model, `provider:model`; an address of a page is none."""
    if is_files(name):
        return False
    return PROVIDER.match(name) is not None and "://" not in name and not Path(name).exists()


def _require_cappable(llm: Backend, context: int | None) -> None:
    """Raise LLMError where a context is asked for and `llm` is a CogVLM2-Video, whose context is its own."""
    if context is not None and not isinstance(llm, NoLLM):
        raise LLMError(f"the model itself writes and takes {llm.context} tokens; leave out --llm-context")


def _require_floats(llm: Backend, dtype: str | None) -> None:
    """Raise LLMError where `dtype` asks for packed weights and `llm` is none of the models that are packed."""
    if dtype in QUANTISED and dtype != llm.identity.get("dtype"):
        raise LLMError(f"{dtype} is for CogVLM2-Video checkpoints; give the LLM --dtype float32, bfloat16 or float16")


def _llm_of(model: CogVLM2Backend, place: Device, batch: int | None) -> Backend:
    """Who writes where `model` is asked to: the LLM that it brings, itself, or nobody."""
    try:
        folder = llm_in(model.folder)
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    if folder is None:
        return NoLLM()
    if folder == model.folder:
        return model
    own: CogVLM2Backend = _open_cogvlm2(str(folder), place, "auto", "index", batch)[0]
    return own


def _open_cogvlm2(
    model: str, place: Device, template: str, label: Label, batch: int | None, *, beside: int = 0
) -> tuple[Any, CheckpointReport]:
    """The backend and the report of `model`, on `place` as it is settled for it; `beside` as in `settle`."""
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

    try:
        folder = find(model, place)
        report = inspect(folder)
        report.require_complete()
        place = settle(model, report.geometry, place, batch or 1, beside=beside)
        fits = partial(memory_needed, report, place.dtype, streamed=place.streamed)
        backend = CogVLM2Backend(
            folder,
            fingerprint=fingerprint(folder),
            device=place,
            template=resolve_template(model, template),
            label=label,
            batch=batch or sizing.batch(fits, place, report.parameters),
            threads=sizing.threads(place, report.parameters),
        )
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    return backend, report
