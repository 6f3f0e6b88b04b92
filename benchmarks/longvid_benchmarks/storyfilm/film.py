"""A story as a real film: H.264 through PyAV, a frame at a time, and what is said in it as sound and as subtitles.

Cuts are hard; on level "hard" some of them are dissolves of a second. Files appear whole or not at all. Knows how to
encode; what is to be seen is the business of `pictures`.
"""

from __future__ import annotations

import queue
import random
import secrets
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from longvid_benchmarks.storyfilm.generator import NAME, VERSION
from longvid_benchmarks.storyfilm.pictures import Shot, whole_shot, width_of
from longvid_benchmarks.storyfilm.pictures_paint import Picture
from longvid_benchmarks.storyfilm.sound import RATE
from longvid_benchmarks.storyfilm.sound import frames as sound_frames
from longvid_benchmarks.storyfilm.speech import subtitle
from longvid_benchmarks.storyfilm.story import Event, Story, Utterance

DISSOLVE = 1.0
"""Seconds that a dissolve takes, half of them before the border and half after."""
DISSOLVED = 0.3
"""Share of the borders that are dissolves on level "hard"."""
AHEAD = 8
"""Frames that may wait for the encoder."""

Item = TypeVar("Item")
Progress = Callable[[float, float], None]
"""Called with the seconds that are done and the seconds in all."""


def dissolves(story: Story) -> frozenset[int]:
    """Indices of the chunks that begin with a dissolve; none below level "hard"."""
    if story.level != "hard":
        return frozenset()
    return frozenset(
        chunk.index
        for chunk in story.chunks[1:]
        if random.Random(f"dissolve {story.seed} {chunk.index}").random() < DISSOLVED
    )


def frames(story: Story, *, height: int, rate: int, canvas: Picture | None = None) -> Iterator[tuple[bool, bool]]:
    """Draws all frames of the film in order into `canvas`, uint8 RGB [height, width, 3].

    Yields for each whether a hard cut is right before it, and whether it was drawn anew: else nothing moved.
    """
    soft = dissolves(story)
    width = width_of(height)
    canvas = np.empty((height, width, 3), np.uint8) if canvas is None else canvas
    still = -1
    at = 0
    shots: dict[int, Shot] = {}

    def shot(index: int) -> Shot:
        if index not in shots:
            for old in [i for i in shots if i < index - 1]:
                del shots[old]
            shots[index] = whole_shot(story, story.chunks[index], height)
        return shots[index]

    for number in range(round(story.chunks[-1].end * rate)):
        time = (number + 0.5) / rate
        before = at
        while at + 1 < len(story.chunks) and time >= story.chunks[at].end:
            at += 1
        cut = number == 0 or (at != before and story.chunks[at].index not in soft)
        mix = _mix(story, soft, at, time)
        if mix is not None:
            first, share = mix
            one, two = shot(first).frame(time), shot(first + 1).frame(time)
            np.rint(one + (two.astype(np.float32) - one) * share, out=canvas, casting="unsafe")
            still = -1
        elif shot(at).moves(time):
            shot(at).frame(time, canvas)
            still = -1
        elif still != at:
            shot(at).frame(time, canvas)
            still = at
        else:
            yield cut, False
            continue
        yield cut, True


def _mix(story: Story, soft: frozenset[int], at: int, time: float) -> tuple[int, float] | None:
    """The chunk that goes and how far it has gone, within a dissolve."""
    for first in (at - 1, at):
        if 0 <= first < len(story.chunks) - 1 and story.chunks[first + 1].index in soft:
            share = (time - story.chunks[first].end) / DISSOLVE + 0.5
            if 0.0 < share < 1.0:
                return first, share
    return None


def render(story: Story, path: Path, *, height: int = 360, rate: int = 12, progress: Progress | None = None) -> None:
    """Encode the whole film at `path`, with the container of its suffix; an old file is replaced in the end.

    The container's comment says what film this is, for models that understand no other. Where something is only said,
    there is a track of sound.

    Args:
        height: rows of a frame, even; the picture is 16:9.
        rate: frames a second.
        progress: called about once a film second.

    Raises:
        ValueError: a story without chunks, or an odd height.
        av.FFmpegError, OSError: the film cannot be written.
    """
    if not story.chunks:
        raise ValueError("a story without chunks makes no film")
    if height % 2 or height < 32 or rate < 1:
        raise ValueError(f"height {height} must be even and at least 32, rate {rate} at least 1")
    with whole(path) as draft, av.open(str(draft), "w") as container:
        container.metadata["comment"] = f"{NAME} {VERSION}"
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width_of(height), height, "yuv420p"
        stream.time_base = Fraction(1, rate)
        stream.codec_context.thread_count = 2
        # Keyframes are forced at cuts, and else there is one every ten seconds.
        stream.options = {"crf": "23", "preset": "veryfast", "g": str(rate * 10), "sc_threshold": "0"}
        seconds = story.chunks[-1].end
        # A film in which nothing is only said stays without a track.
        sound = sound_frames(story) if story.said else iter(())
        voice = container.add_stream("aac", rate=RATE, layout="mono") if story.said else None
        with closing(_ahead(_packed(story, height, rate))) as source:
            for number, frame in enumerate(source):
                container.mux(stream.encode(frame))
                if voice is not None and number % rate == 0:  # a second of sound beside every second of film
                    container.mux([packet for heard in islice(sound, 1) for packet in voice.encode(heard)])
                if progress is not None and number % rate == 0:
                    progress(number / rate, seconds)
        container.mux(stream.encode(None))
        if voice is not None:
            container.mux([packet for heard in (*sound, None) for packet in voice.encode(heard)])
        if progress is not None:
            progress(seconds, seconds)


def _packed(story: Story, height: int, rate: int) -> Iterator[av.VideoFrame]:
    """All frames, ready for the encoder. They are drawn into the memory of one frame, and converted from there."""
    width = width_of(height)
    sheet = av.VideoFrame(width, height, "rgb24")
    plane = sheet.planes[0]
    memory: Any = plane  # a writable buffer, though its stub does not say so
    rows = np.frombuffer(memory, np.uint8).reshape(height, plane.line_size)
    canvas = rows[:, : width * 3].reshape(height, width, 3)
    if not np.shares_memory(rows, canvas):
        raise RuntimeError(f"a row of {plane.line_size} bytes cannot be drawn into")
    convert = VideoReformatter()
    for number, (cut, _) in enumerate(frames(story, height=height, rate=rate, canvas=canvas)):
        # A frame of its own each time: the encoder still looks back at the last ones.
        frame = convert.reformat(sheet, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, rate)
        frame.pict_type = PictureType.I if cut else PictureType.NONE
        yield frame


def _ahead(source: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items, made in a thread that is a few of them ahead."""
    waiting: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(AHEAD)
    gone = threading.Event()

    def hand_over(item: tuple[Item] | BaseException | None) -> None:
        while not gone.is_set():
            with suppress(queue.Full):
                waiting.put(item, timeout=0.1)
                return

    def work() -> None:
        try:
            for item in source:
                hand_over((item,))
                if gone.is_set():
                    return
        except BaseException as error:  # handed to the consumer, which raises it
            hand_over(error)
        else:
            hand_over(None)

    worker = threading.Thread(target=work, name="storyfilm-draw", daemon=True)
    worker.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        gone.set()
        worker.join()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; what is there takes the place of `path` if all went well."""
    # Named before it is there: an interrupt at whatever moment then finds what to remove.
    draft = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def said(story: Story, event: Event) -> str | None:
    """The line that is spoken during `event` where all is shown: only promises and claims have one."""
    roles = event.roles
    if event.predicate == "promise":
        return f"I will give {story.thing(roles['object']).phrase()} to {story.figure(roles['to']).name}."
    if event.predicate == "claim":
        return f"It was {story.figure(roles['accused']).name} who stole {story.thing(roles['object']).phrase()}."
    return None


def write_subtitles(story: Story, path: Path) -> None:
    """All that is said as a SubRip file, UTF-8, no file if nobody speaks.

    Where all is shown too, lines have the times of their events; else their own.
    """
    spoken: list[tuple[Event | Utterance, str]] = [(line, subtitle(story, line)) for line in story.lines]
    if not story.said:
        spoken = [(event, text) for event in story.events() if (text := said(story, event)) is not None]
    blocks = [
        f"{number}\n{_stamp(at.start)} --> {_stamp(at.end)}\n{text}\n" for number, (at, text) in enumerate(spoken, 1)
    ]
    if not blocks:
        path.unlink(missing_ok=True)
        return
    with whole(path) as draft:
        draft.write_text("\n".join(blocks), encoding="utf-8")


def _stamp(seconds: float) -> str:
    total = round(seconds * 1000)
    return f"{total // 3600000:02}:{total // 60000 % 60:02}:{total // 1000 % 60:02},{total % 1000:03}"
