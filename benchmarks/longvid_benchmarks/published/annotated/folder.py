"""Questions made of annotations as files in MVBench's official layout: json/TASK.json, and videos where that task has
them. Whole videos are linked, parts of them referred to by start and end where the task has these, and cut where not.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from longvid.files import write_whole
from longvid_benchmarks.published.annotated.cutting import cut
from longvid_benchmarks.published.annotated.making import Made

SLACK = 0.05
"""Seconds by which a part may miss the ends of its video and is all of it."""


def write_video(folder: Path, made: Made, seconds: Mapping[Path, float]) -> None:
    """Put the video of `made` where its task has it, unless it is there.

    Raises FilmError where it cannot be cut, OSError where it cannot be written.
    """
    draft = made.draft
    path = folder / "video" / made.task.folder / name_of(made, seconds)
    if path.exists():
        return
    if _is_cut(made, seconds):
        cut(draft.video, draft.start, min(draft.end, seconds[draft.video]), path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft_path = path.with_name(f".{path.name}")
    draft_path.unlink(missing_ok=True)
    try:
        os.link(draft.video, draft_path)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(draft.video, draft_path)
    draft_path.replace(path)


def write_questions(folder: Path, made: Sequence[Made], seconds: Mapping[Path, float]) -> None:
    """Write the questions of one task. Raises OSError where they cannot be written."""
    rows = [_row(one, seconds) for one in made]
    path = folder / "json" / f"{made[0].task.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())


def _row(made: Made, seconds: Mapping[Path, float]) -> dict[str, Any]:
    draft = made.draft
    row: dict[str, Any] = {
        "video": name_of(made, seconds),
        "question": draft.question,
        "candidates": list(made.candidates),
        "answer": draft.right,
    }
    if made.task.bound:
        row |= {"start": round(draft.start, 3), "end": round(min(draft.end, seconds[draft.video]), 3)}
    return row


def name_of(made: Made, seconds: Mapping[Path, float]) -> str:
    """What the video of `made` is called: as it was, and by where it lay, since several may be called alike."""
    draft = made.draft
    place = hashlib.sha256(os.fsencode(draft.video.absolute())).hexdigest()[:8]
    stem = draft.video.stem.encode(errors="replace").decode().replace("?", "_")[:100]
    if not _is_cut(made, seconds):
        return f"{stem}-{place}{draft.video.suffix}"
    return f"{stem}-{place}-{round(draft.start * 1000)}-{round(draft.end * 1000)}.mp4"


def _is_cut(made: Made, seconds: Mapping[Path, float]) -> bool:
    """Whether the part that is asked about needs a video of its own."""
    draft = made.draft
    end = seconds[draft.video] if math.isinf(draft.end) else draft.end
    return not made.task.bound and (draft.start > SLACK or end < seconds[draft.video] - SLACK)
