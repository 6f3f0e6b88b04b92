"""Rows as ms-swift writes and reads them: `messages` and `videos`, and the older forms that it still takes.

    {"messages": [{"role": "user", "content": "<video>When ...?"}, {"role": "assistant", "content": "At ..."}],
     "videos": ["/films/a.mp4"], "rejected_response": "..."}
    {"query": "...", "response": "...", "history": [["...", "..."]], "system": "...", "videos": ["..."]}
    {"instruction": "...", "input": "...", "output": "...", "videos": ["..."]}

What a row asks for and a sample cannot hold (images, boxes, tools, marks) is refused, never dropped. Knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from longvid.training.data.sample import Sample, Turn
from longvid.training.data.tags import tagged, untagged

OLDER = ("query", "response", "history", "instruction", "input", "output", "system")
KNOWN = frozenset({"id", "messages", "videos", "video", "rejected_response", "conversations", *OLDER})
REFUSED = {
    "images": "images", "image": "images", "audios": "sound", "audio": "sound", "objects": "boxes", "tools": "tools",
    "label": "a mark in place of an answer", "rejected_images": "images", "rejected_videos": "other videos",
    "rejected_messages": "another dialogue",
}  # fmt: skip
"""Keys of what longvid's training does not know, and what they hold."""


def sample_of(row: Mapping[str, Any]) -> Sample:
    """The sample in a row of any of these forms. Raises ValueError, which says what is wrong with it."""
    for key, what in REFUSED.items():
        if row.get(key) not in (None, [], {}, ""):
            raise ValueError(f"{key}: {what}, which training here does not know")
    if "messages" in row:
        if used := [key for key in OLDER if row.get(key)]:
            raise ValueError(f"it has messages and {used[0]} too")
        turns = [_turn(message) for message in _list(row["messages"], "messages")]
    else:
        turns = _older(row)
    videos = videos_of(row)
    turns = list(untagged(turns, len(videos)))
    rejected = row.get("rejected_response")
    return Sample(
        videos,
        tuple(turns),
        None if rejected in (None, []) else _rejected(rejected, turns),
        id_of(row),
        {key: value for key, value in row.items() if key not in KNOWN and key not in REFUSED},
    )


def row_of(sample: Sample) -> dict[str, Any]:
    """`sample` as a row of today's form."""
    messages = [
        {"role": turn.role, "content": turn.content} | ({} if turn.learnt else {"loss": False})
        for turn in tagged(sample.turns, len(sample.videos))
    ]
    row: dict[str, Any] = {} if sample.id is None else {"id": sample.id}
    row |= {"messages": messages, "videos": list(sample.videos)}
    if sample.rejected is not None:
        row["rejected_response"] = sample.rejected
    return row | dict(sample.more)


def videos_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What `videos`, or `video`, names. Raises ValueError for frames in place of a video."""
    value = row.get("videos") or row.get("video") or []
    found = []
    for one in value if isinstance(value, list) else [value]:
        # Tables keep a file as its path beside its bytes.
        path = one.get("path") if isinstance(one, dict) else one
        if not isinstance(path, str) or not path:
            raise ValueError("videos: each is the path of one file; frames in place of a video are not taken")
        found.append(path)
    return tuple(found)


def id_of(row: Mapping[str, Any]) -> str | None:
    """What `id` says. Raises ValueError where it is neither text nor a whole number."""
    value = row.get("id")
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise ValueError("id: text or a whole number")
    return None if value is None else str(value)


def _turn(message: Any) -> Turn:
    if not isinstance(message, dict):
        raise ValueError("messages: each has a role and a content")
    role, content = message.get("role"), message.get("content")
    if role not in ("system", "user", "assistant"):
        raise ValueError(f"messages: a role is system, user or assistant, not {str(role)[:40]!r}")
    return Turn(role, text_of(content, "content"), _learnt(message))


def _learnt(message: Mapping[str, Any]) -> bool:
    said = [message[key] for key in ("loss", "loss_scale") if message.get(key) is not None]
    if any(value not in (True, False) for value in said):
        raise ValueError("loss: a turn is learnt or it is not; weights between are not known here")
    return all(said)


def _older(row: Mapping[str, Any]) -> list[Turn]:
    if "query" in row or "response" in row:
        asked, answer = text_of(row.get("query"), "query"), text_of(row.get("response"), "response")
    elif "instruction" in row or "output" in row:
        parts = [text_of(row.get("instruction"), "instruction"), text_of(row.get("input") or "", "input")]
        asked, answer = "\n".join(filter(None, parts)), text_of(row.get("output"), "output")
    else:
        raise ValueError("it has neither messages nor query and response")
    turns = [Turn("system", text_of(row["system"], "system"))] if row.get("system") else []
    for pair in _list(row.get("history") or [], "history"):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError("history: each is a question and its answer")
        turns += [Turn("user", text_of(pair[0], "history")), Turn("assistant", text_of(pair[1], "history"))]
    return [*turns, Turn("user", asked), Turn("assistant", answer)]


def _rejected(value: Any, turns: list[Turn]) -> str:
    """The rejected answer: a text, or a dialogue that differs from `turns` in its last answer alone."""
    if not isinstance(value, list):
        return text_of(value, "rejected_response")
    other = [_turn(message) for message in value]
    if not other or other[-1].role != "assistant":
        raise ValueError("rejected_response: its last turn is an assistant's")
    whole = list(untagged(other[:-1], sum(turn.content.count("<video>") for turn in other[:-1])))
    if whole and [(t.role, t.content) for t in whole] != [(t.role, t.content) for t in turns[:-1]]:
        raise ValueError("rejected_response: it differs from the messages in more than its last answer")
    return other[-1].content


def text_of(value: Any, key: str) -> str:
    """`value` if it is text. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{key}: text is missing")
    return value


def _list(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{key}: a list is missing")
    return value
