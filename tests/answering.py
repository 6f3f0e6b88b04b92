"""Somebody who answers an LLM of files, in a thread."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def somebody(
    box: Path, says: Callable[[str], str] = lambda prompt: f"To {prompt} I say yes.", *, most: int | None = None
) -> Iterator[list[list[dict[str, Any]]]]:
    """Within it a thread answers what is asked, `most` prompts of each batch; gives what it was asked, by batches."""
    asked: list[list[dict[str, Any]]] = []
    done = threading.Event()

    def answer() -> None:
        while not done.is_set():
            try:
                rows = json.loads((box / "pending.json").read_bytes())
            except FileNotFoundError:
                time.sleep(0.005)
                continue
            if not asked or asked[-1] != rows:
                asked.append(rows)
            for row in rows[:most]:
                draft = box / "draft"
                draft.write_text(says(row["prompt"]) + "\n", encoding="utf-8")
                draft.replace(box / "answers" / f"{row['id']}.txt")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield asked
    finally:
        done.set()
        thread.join()
