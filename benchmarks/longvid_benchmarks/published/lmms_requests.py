"""Requests of lmms-eval as plain data, shared by the models for it. Imports nothing of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from longvid.errors import LongvidError

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


def is_yes(value: object) -> bool:
    """Whether an argument of a model says yes: lmms-eval hands over words."""
    return value in (True, "True", "true", "1")
