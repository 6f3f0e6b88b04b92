"""The tags by which texts say where a video is shown. A sample shows all of its videos before the first question, as
CogVLM2-Video does, so a tag elsewhere in that question is moved there. Knows no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from longvid.training.data.sample import Turn

VIDEO = "<video>"
OTHERS = ("<image>", "<audio>", "<bbox>", "<ref-object>")


def untagged(turns: Sequence[Turn], videos: int) -> tuple[Turn, ...]:
    """`turns` without their tags. Raises ValueError where these stand for other than `videos` videos, or later than
    the first question."""
    first = next((at for at, turn in enumerate(turns) if turn.role == "user"), 0)
    found = []
    for at, turn in enumerate(turns):
        if (other := next((tag for tag in OTHERS if tag in turn.content), None)) is not None:
            raise ValueError(f"{other} stands for what is no video")
        tags = turn.content.count(VIDEO)
        if tags and at != first:
            raise ValueError(f"{VIDEO} stands in a later turn than the first question")
        if at == first and tags not in (0, videos):
            raise ValueError(f"{tags} of {VIDEO} stand for {videos} videos")
        found.append(replace(turn, content=turn.content.replace(VIDEO, "").strip()) if tags else turn)
    return tuple(found)


def tagged(turns: Sequence[Turn], videos: int) -> list[Turn]:
    """`turns` with a tag for each of `videos` videos on lines of their own before the first question."""
    first = next(at for at, turn in enumerate(turns) if turn.role == "user")
    front = f"{VIDEO}\n" * videos
    return [replace(turn, content=front + turn.content) if at == first else turn for at, turn in enumerate(turns)]
