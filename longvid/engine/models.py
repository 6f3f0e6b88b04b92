"""The models of one command: who watches, who writes, opened once for all its films.

Everything that can fail without weights fails here, before a film is touched: a model that is not on the machine, a
broken checkpoint, a device that is not there or too small. Weights are loaded by the backends at the first call.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.checkpoint import CheckpointReport, inspect, tensors_in
from longvid.cogvlm2.errors import CheckpointError
from longvid.cogvlm2.estimates import Label
from longvid.cogvlm2.precision import QUANTISED
from longvid.engine import device as devices
from longvid.engine import sizing
from longvid.engine.backends.files import FilesLLM, is_files
from longvid.engine.backends.none import FORMERLY, NONE, NoLLM
from longvid.engine.budget import budget
from longvid.engine.catalog import (
    fingerprint_of,
    folder_of,
    is_cogvlm2,
    is_folder,
    label_of,
    llm_in,
    made_for_by,
    whole_of,
)
from longvid.engine.device import AUTO, Device
from longvid.engine.family import resolve_template
from longvid.engine.finding import find
from longvid.engine.fitting import needs, settle, told
from longvid.engine.naming import is_elsewhere, is_service, recorded_name
from longvid.engine.opened import Models
from longvid.engine.pictures import image_size_of
from longvid.engine.prompts import CAPTION, CAPTION_TOKENS, EVENTS, EVENTS_TOKENS
from longvid.engine.request import Backend
from longvid.engine.servers.addresses import is_address
from longvid.engine.servers.settings import SERVERS, ServerSettings, allowed, open_hosted, open_server, open_watcher
from longvid.engine.videos import is_video, open_video, require_no_labels, watches_video
from longvid.engine.watcher import Watcher
from longvid.errors import LLMError, ModelError, RunError
from longvid.text.shown import clean

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend
    from longvid.engine.backends.video import VideoBackend

__all__ = ["Models", "find", "open_llm", "open_llm_models", "open_models", "reopen_models", "resolve_template"]


def open_models(
    model: str,
    *,
    llm: str | None = None,
    device: str | Device | None = None,
    dtype: str | None = None,
    template: str = "auto",
    label: Label | None = None,
    frames: int = 24,
    pixels: int | None = None,
    batch: int | None = None,
    llm_context: int | None = None,
    servers: ServerSettings = SERVERS,
) -> Models:
    """Find and judge the checkpoint or server `model` and the LLM.

    `llm_context` caps the tokens of an LLM of its own, `pixels` the pixels of a frame for a model that takes any shape;
    `label` None is what suits the model. A server is asked what it is, and nothing else.

    Raises ModelError where something is missing, broken or does not fit into memory: one line with sizes and remedies.
    """
    if llm is not None and is_address(llm):
        allowed(llm, servers, LLMError)  # before anything large is fetched
    if is_address(model):
        eye = open_watcher(model, servers, template, label, pixels, frames)
        llm, own = llm or model, servers.model_context if llm in (None, model) else None
        place = devices.choose("cpu" if llm == NONE or is_elsewhere(llm) else device, dtype)
        writes: Backend = open_llm(llm, place, batch, llm_context or own, servers, beside=eye)
        return Models(
            model,
            eye.identity,
            eye,
            writes,
            _shown(llm, writes),
            image_size=eye.picture,
            caption_tokens=eye.room(frames, CAPTION, CAPTION_TOKENS),
            events_tokens=eye.room(frames, EVENTS, EVENTS_TOKENS),
            made_for=made_for_by(llm, writes),
            prices=servers.prices,
        )
    place = devices.choose(device, dtype)
    watcher = _open_checkpoint(
        model,
        place,
        template,
        label,
        batch,
        frames,
        pixels,
        beside=sizing.weights_of(llm, model, place),
        told_always=dtype == AUTO,
    )
    captioner = watcher.backend
    place = captioner.device
    # Captioner and LLM lie in memory at once.
    left = replace(place, free=place.free - watcher.fits(batch=1), streamed=False, waiting_layers=0)
    if llm is None or llm == model or is_folder(llm, captioner.folder):
        llm = model
        writes = _llm_of(captioner, left, batch)
        _require_cappable(writes, llm_context)
    else:
        writes = open_llm(llm, left, batch, llm_context, servers)
    servers.require_used(captioner, writes)
    if writes is not captioner:
        beside = sizing.beside(place, getattr(writes, "folder", None))
        if batch is None:
            captioner.batch = sizing.batch(watcher.fits, beside, watcher.parameters)
        if hasattr(captioner, "budget"):
            captioner.budget = budget(watcher.fits, beside, captioner.batch)
    return Models(
        model,
        captioner.identity,
        captioner,
        writes,
        _shown(llm, writes),
        image_size=captioner.image_size,
        caption_tokens=watcher.caption_tokens,
        events_tokens=watcher.events_tokens,
        made_for=made_for_by(llm, writes) | made_for_by(model, captioner),
        prices=servers.prices,
        held=watcher.held,
    )


def _open_checkpoint(
    model: str,
    place: Device,
    template: str,
    label: str | None,
    batch: int | None,
    frames: int = 24,
    pixels: int | None = None,
    *,
    beside: int = 0,
    told_always: bool = False,
) -> Watcher[CogVLM2Backend | VideoBackend]:
    """The checkpoint called `model`, of either kind; `beside` as in `settle`, `told_always` in `told`.

    Raises ModelError as `open_models`.
    """
    if is_video(folder := find(model, place)):
        require_no_labels(model, template, label)
        return open_video(model, folder, place, batch=batch, frames=frames, pixels=pixels)
    marks = label_of(folder, label)
    captioner, report = _open_cogvlm2(model, place, template, marks, batch, beside=beside)
    place = captioner.device
    if pixels is not None:
        raise ModelError(f"{model} sees squares of {captioner.image_size} pixels; leave out --pixels")
    return Watcher(
        captioner,
        report.parameters,
        needs(report.geometry, place),
        sizing.caption_tokens(report, captioner.template, marks, frames),
        sizing.events_tokens(captioner, frames),
        told(place, report.geometry, always=told_always),
    )


def _shown(name: str, llm: Backend) -> str:
    """What the LLM that was asked for as `name` is called."""
    return NONE if isinstance(llm, NoLLM) else name


def reopen_models(
    described: object,
    *,
    llm: str | None,
    device: str | None,
    dtype: str | None,
    batch: int | None,
    llm_context: int | None = None,
    servers: ServerSettings = SERVERS,
) -> Models:
    """The models of a stored run for merging again: its captioner's identity, without the captioner.

    `llm` None is the run's own: a run folder may come from anybody, so that one is neither fetched nor a service.
    Raises RunError if it would be, and if `described` is not what `Models.describe` made.
    """
    try:
        if not isinstance(described, Mapping):
            raise TypeError
        name, identity = str(described["name"]), dict(described["watch_identity"])
        image_size, caption_tokens = image_size_of(described["image_size"]), int(described["caption_tokens"])
        events_tokens = int(described.get("events_tokens", EVENTS_TOKENS))
        llm_name = llm or recorded_name(described)
        template, label = str(identity.get("template", "auto")), str(identity.get("label", "index"))
        stored = identity.get("dtype")
        place = devices.choose(
            "cpu" if is_elsewhere(llm_name) else device, dtype or (None if stored is None else str(stored))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError("run.json does not say which model watched; run summarize on the film again") from error
    if llm is None:
        _require_here(llm_name)
    if llm_name == name and not is_address(name):
        writes: Backend = _llm_of(_open_checkpoint(name, place, template, label, batch).backend, place, batch)
        _require_cappable(writes, llm_context)
    else:
        writes = open_llm(llm_name, place, batch, llm_context, servers)
        _require_floats(writes, dtype)
    servers.require_used(writes)
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
        made_for=made_for_by(llm_name, writes) | ({name: clean(kind)} if isinstance(kind, str) else {}),
        prices=servers.prices,
    )


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
    device: str | Device | None = None,
    dtype: str | None = None,
    batch: int | None = None,
    llm_context: int | None = None,
    servers: ServerSettings = SERVERS,
) -> Models:
    """The LLM alone, for captions that nobody watched (`longvid.api.merge`).

    Raises ModelError or LLMError as `open_models` does.
    """
    place = devices.choose("cpu" if llm == NONE or is_elsewhere(llm) else device, dtype)
    writes = open_llm(llm, place, batch, llm_context, servers)
    servers.require_used(writes)
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
        prices=servers.prices,
    )


def open_llm(
    name: str,
    place: Device,
    batch: int | None,
    context: int | None = None,
    servers: ServerSettings = SERVERS,
    *,
    beside: Backend | None = None,
) -> Backend:
    """The LLM called `name`: a bundled model, a folder or hub id of a causal language model, a server's address,
    `provider:model`, `files:DIR` or `none`. `context`: the tokens that one elsewhere takes, or that a local one is to
    use of its own; `beside`: the model that watches.

    Raises LLMError or ModelError for one that cannot write here.
    """
    if name in (NONE, FORMERLY):
        return NoLLM()
    if is_files(name):
        return FilesLLM(name, context=context)
    if is_address(name):
        return open_server(name, LLMError, servers, context, beside=beside)
    if is_service(name):
        return open_hosted(name, servers, context)
    try:
        folder = folder_of(name, download=True)
    except CheckpointError as error:
        raise LLMError(f"--llm: {error}") from error
    if is_cogvlm2(folder) or watches_video(folder):
        # What only writes needs no room for frames.
        opened: CogVLM2Backend | VideoBackend = (
            _open_cogvlm2(name, place, "auto", "index", batch)[0]
            if is_cogvlm2(folder)
            else _open_checkpoint(name, place, "auto", None, batch).backend
        )
        own = _llm_of(opened, place, batch)
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


def _require_cappable(llm: Backend, context: int | None) -> None:
    """Raise LLMError where a context is asked for and `llm` is a CogVLM2-Video, whose context is its own."""
    if context is not None and not isinstance(llm, NoLLM):
        raise LLMError(f"the model itself writes and takes {llm.context} tokens; leave out --llm-context")


def _require_floats(llm: Backend, dtype: str | None) -> None:
    """Raise LLMError where `dtype` asks for packed weights and `llm` is none of the models that are packed."""
    if dtype in QUANTISED and dtype != llm.identity.get("dtype"):
        raise LLMError(f"{dtype} is for CogVLM2-Video checkpoints; give the LLM --dtype float32, bfloat16 or float16")


def _llm_of(model: CogVLM2Backend | VideoBackend, place: Device, batch: int | None) -> Backend:
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
        whole = whole_of(folder)
        report = inspect(whole.folder)
        report.require_complete()
        place = settle(model, report.geometry, place, batch or 1, beside=beside)
        fits = needs(report.geometry, place)
        calls = batch or sizing.batch(fits, place, report.parameters)
        backend = CogVLM2Backend(
            folder,
            whole=whole,
            fingerprint=fingerprint_of(whole, report.geometry),
            device=place,
            template=resolve_template(model, template),
            label=label,
            batch=calls,
            threads=sizing.threads(place, report.parameters),
            budget=budget(fits, place, calls),
        )
    except CheckpointError as error:
        raise ModelError(str(error)) from error
    return backend, report
