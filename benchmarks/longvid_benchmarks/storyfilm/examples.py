"""An example picture of every kind of link: the middle of each of its events, side by side, as the model sees them.

    python -m longvid_benchmarks.storyfilm.examples docs/images

makes the pictures of docs/storyfilm.md again. Knows the drawing only through `pictures`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.pictures import clip
from longvid_benchmarks.storyfilm.story import Link, Story
from longvid_benchmarks.storyfilm.vocabulary import LINKS
from longvid_benchmarks.storyfilm.wording import event_sentence, link_sentence

SEED, CHUNKS = 7, 14
SIZE, GAP = 168, 6
MOMENT = 0.55
"""Share of an event that has passed in its picture: hands have met and screens been left by then."""


def example(story: Story, link: Link, path: Path) -> None:
    """Write the events of `link` side by side as a PNG of `SIZE` pixels height."""
    pictures = []
    for id in link.events:
        event = next(event for event in story.events() if event.id == id)
        time = event.start + MOMENT * (event.end - event.start)
        frame = clip(story, story.chunks[event.chunk], size=SIZE, times=[time])[0]
        pictures += [frame, np.full((SIZE, GAP, 3), 255, np.uint8)]
    if not cv2.imwrite(str(path), np.hstack(pictures[:-1])[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise OSError(f"cannot write {path}")


def main(folder: Path) -> None:
    """Write an example of each kind and print the rows of the table in docs/storyfilm.md."""
    story = invent(SEED, CHUNKS)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, meaning in LINKS.items():
        link = next((link for link in story.links if link.kind == kind), None)
        if link is None:
            raise ValueError(f"seed {SEED} with {CHUNKS} chunks has no {kind}: choose another for the examples")
        example(story, link, folder / f"{kind}.png")
        events = [event for id in link.events for event in story.events() if event.id == id]
        shown = " ".join(event_sentence(story, event) for event in events)
        print(f"### {kind}\n\n{meaning.capitalize()}. Shown: {shown}\nTo be told: *{link_sentence(story, link)}*\n")
        print(f"![{kind}]({folder.name}/{kind}.png)\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
