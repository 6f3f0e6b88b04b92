"""The folder of a generated film: which files it has, and how its story comes back from them.

A story is a function of its seed, length, level and share that is said, so `story.json` holds just those; it is made
again and held against the reference that was written, so that gold of another version of the generator is refused
rather than misread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from longvid.errors import LongvidError
from longvid.files import read_json
from longvid_benchmarks.storyfilm.generator import VERSION, invent
from longvid_benchmarks.storyfilm.gold import reference
from longvid_benchmarks.storyfilm.story import Story

FILM, SUBTITLES = "film.mp4", "film.srt"
STORY = "story.json"


def write(story: Story, folder: Path, *, height: int, progress: Callable[[float, float], None]) -> None:
    """Write film, subtitles and gold of `story` into `folder`, in place of what another story left there.

    The film comes first, which takes long and is whole or not there: whoever breaks it off leaves what was. Raises
    LongvidError where the folder holds a film that is none of ours, OSError where it cannot be written.
    """
    from longvid_benchmarks.storyfilm import gold
    from longvid_benchmarks.storyfilm.film import render, write_subtitles

    for name in (FILM, SUBTITLES):
        if (folder / name).exists() and not (folder / STORY).exists():
            raise LongvidError(f"{folder / name} is no StoryFilm's and would be lost; choose another folder")
    folder.mkdir(parents=True, exist_ok=True)
    render(story, folder / FILM, height=height, progress=progress)
    write_subtitles(story, folder / SUBTITLES)
    gold.write(story, folder)


def load(folder: Path) -> Story:
    """The story of the film in `folder`. Raises LongvidError if it is none, or of another version."""
    try:
        head = read_json(folder / STORY)
        seed, chunks, level = int(head["seed"]), int(head["chunks"]), str(head["level"])
        said = float(head.get("said", 0))
        told = (folder / "reference.txt").read_text(encoding="utf-8").strip()
        story = invent(seed, min(chunks, 1000), level, said=said)  # type: ignore[arg-type]
    except OSError as error:
        raise LongvidError(
            f"{folder} is no StoryFilm ({error.strerror}); make one with bench storyfilm make"
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise LongvidError(f"{folder / STORY} is damaged; make the film again") from error
    if reference(story) != told:
        raise LongvidError(f"{folder} was made by another version of the generator (not {VERSION}); make it again")
    return story
