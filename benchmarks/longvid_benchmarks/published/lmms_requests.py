"""Requests of lmms-eval as plain data, and models opened as it asks for them: what the models for it share. Imports
nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from longvid.engine.servers.settings import ServerSettings
from longvid.errors import LongvidError

if TYPE_CHECKING:
    from longvid.cogvlm2.estimates import Label
    from longvid.engine.models import Models

MOST_TOKENS = 256
"""Of an answer, where a task says nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request."""

    prompt: str
    seen: object
    """A path of a video, or of a folder of pictures; or pictures."""
    max_tokens: int
    until: tuple[str, ...]
    document: Mapping[str, Any]
    """The row of the task's data."""
    arguments: tuple[Any, ...]
    """As they came: what lmms-eval stores an answer under."""


def wanted(documents: Any, arguments: tuple[Any, ...]) -> Wanted:
    """A request of `generate_until` with these `arguments`; `documents` by task, split and number.

    Raises LongvidError for a document that shows nothing.
    """
    context, options, doc_to_visual, doc_id, task, split = arguments
    document = documents[task][split][doc_id]
    seen = doc_to_visual(document)
    if not seen:
        raise LongvidError(f"{task} {doc_id}: shows nothing; longvid watches videos")
    until = options.get("until") or ()
    return Wanted(
        context,
        seen[0] if isinstance(seen[0], str | Path) else seen,
        int(options.get("max_new_tokens") or MOST_TOKENS),
        (until,) if isinstance(until, str) else tuple(until),
        document,
        arguments,
    )


def before(text: str, until: Sequence[str]) -> str:
    """`text` before the first of `until`."""
    ends = [at for word in until if word and (at := text.find(word)) >= 0]
    return text[: min(ends)] if ends else text


@contextmanager
def kept_in(store: str | None) -> Iterator[Path]:
    """The folder `store`, made where it is not there; without one, a folder for the moment."""
    if store is not None:
        folder = Path(store)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with TemporaryDirectory() as made:
        yield Path(made)


def opened(
    pretrained: str,
    *,
    frames: int | str,
    llm: str | None = None,
    label: Label | None = None,
    template: str = "auto",
    device: str | None = None,
    dtype: str | None = None,
    batch_size: int | str | None = None,
    max_batch_size: int | None = None,
    allow_remote: object = False,
) -> Models:
    """The model `pretrained`, and `llm` where one writes: arguments as lmms-eval hands them over, whose words they are.

    Raises ModelError and LLMError where one cannot be opened.
    """
    from longvid.engine.models import open_models

    return open_models(
        pretrained,
        llm=llm,
        device=device,
        dtype=dtype,
        template=template,
        label=label,
        frames=int(frames),
        batch=int(batch_size or 1) if str(batch_size).isdecimal() else max_batch_size,
        servers=ServerSettings(is_yes(allow_remote)),
    )


def is_yes(value: object) -> bool:
    """Whether an argument of a model says yes: lmms-eval hands over words."""
    return value in (True, "True", "true", "1")
