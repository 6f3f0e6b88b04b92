"""Rows as LLaVA's trainers and their many children read them: `video` and `conversations`.

    {"id": "7", "video": "a.mp4",
     "conversations": [{"from": "human", "value": "<video>\\nWhen ...?"}, {"from": "gpt", "value": "At ..."}]}

or, as ms-swift takes it too, a question and its answer in one: {"human": "When ...?", "assistant": "At ..."}.

The form knows one video, no rejected answer and nothing of what is not learnt. Knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from longvid.training.data.sample import Role, Sample, Turn
from longvid.training.data.swift import REFUSED, id_of, text_of, videos_of
from longvid.training.data.tags import tagged, untagged

ROLES: Final[Mapping[str, Role]] = {
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "bot": "assistant",
    "system": "system",
}  # fmt: skip
KEYS = ("conversations", "conversation")
KNOWN = frozenset({"id", "video", "videos", "system", *KEYS})


def sample_of(row: Mapping[str, Any]) -> Sample:
    """The sample in a row of this form. Raises ValueError, which says what is wrong with it."""
    for key, what in REFUSED.items():
        if row.get(key) not in (None, [], {}, ""):
            raise ValueError(f"{key}: {what}, which training here does not know")
    said = next((row[key] for key in KEYS if key in row), None)
    if not isinstance(said, list):
        raise ValueError("conversations: a list is missing")
    videos = videos_of(row)
    turns = [Turn("system", text_of(row["system"], "system"))] if row.get("system") else []
    turns += [turn for each in said for turn in _turns(each)]
    more = {key: value for key, value in row.items() if key not in KNOWN and key not in REFUSED}
    return Sample(videos, untagged(turns, len(videos)), id=id_of(row), more=more)


def row_of(sample: Sample) -> dict[str, Any]:
    """`sample` as a row. Raises ValueError where the form cannot say what it holds."""
    if len(sample.videos) > 1:
        raise ValueError(f"LLaVA's form has one video, not {len(sample.videos)}")
    if sample.rejected is not None:
        raise ValueError("LLaVA's form has no rejected answers; write ms-swift's")
    if sample.system is not None or not all(turn.learnt for turn in sample.turns):
        raise ValueError("LLaVA's form has no system and learns every answer; write ms-swift's")
    names = {"user": "human", "assistant": "gpt"}
    row: dict[str, Any] = {} if sample.id is None else {"id": sample.id}
    row |= {"video": sample.videos[0]} if sample.videos else {}
    said = tagged(sample.turns, len(sample.videos))
    row["conversations"] = [{"from": names[turn.role], "value": turn.content} for turn in said]
    return row | dict(sample.more)


def _turns(each: Any) -> list[Turn]:
    if isinstance(each, dict) and set(each) == {"human", "assistant"}:
        return [Turn(ROLES[side], text_of(each[side], side)) for side in ("human", "assistant")]
    if not isinstance(each, dict) or each.get("from") not in ROLES:
        raise ValueError("conversations: each is from human, gpt or system, and has a value")
    return [Turn(ROLES[each["from"]], text_of(each.get("value"), "value"))]
