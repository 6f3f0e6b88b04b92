"""The folder of a generated film: which files it has, and how its story comes back from them.

A story is a function of its seed, length and level, so `story.json` holds just those; it is made again and held against
the reference that was written, so that gold of another version of the generator is refused rather than misread.
"""

from __future__ import annotations

import json
from pathlib import Path

from longvid.errors import LongvidError
from longvid_benchmarks.storyfilm.generator import VERSION, invent
from longvid_benchmarks.storyfilm.gold import reference
from longvid_benchmarks.storyfilm.story import Story

FILM, SUBTITLES = "film.mp4", "film.srt"


def load(folder: Path) -> Story:
    """The story of the film in `folder`. Raises LongvidError if it is none, or of another version."""
    try:
        head = json.loads((folder / "story.json").read_text(encoding="utf-8"))
        seed, chunks, level = int(head["seed"]), int(head["chunks"]), str(head["level"])
        told = (folder / "reference.txt").read_text(encoding="utf-8").strip()
        story = invent(seed, min(chunks, 1000), level)  # type: ignore[arg-type]
    except OSError as error:
        raise LongvidError(
            f"{folder} is no StoryFilm ({error.strerror}); make one with bench storyfilm make"
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise LongvidError(f"{folder / 'story.json'} is damaged; make the film again") from error
    if reference(story) != told:
        raise LongvidError(f"{folder} was made by another version of the generator (not {VERSION}); make it again")
    return story
