"""Scanning: one decode pass that finds the scenes of a film and keeps the frames that its clips may need.

Three threads: libav decodes for the caller's, one makes pictures and detects cuts, one turns kept frames into what
the `transform` gives and writes them to disk. Queues are a few frames deep; all that grows with the film are 8 bytes a
frame. Knows nothing of chunks, nor of what the kept frames are for.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from longvid.errors import FilmError
from longvid.film.losses import LOSS, ending, hole
from longvid.film.model import Scene
from longvid.text.shown import clean, shown

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from longvid.film.album import Album
    from longvid.film.decode import Frames
    from longvid.film.detect import Detector
    from longvid.film.foresight import Settled
    from longvid.film.model import Film, VideoTrack
    from longvid.film.pictures import Transform
    from longvid.film.spill import Candidates

KEEP_EVERY = 0.5  # s between kept frames at most, where the film has one in between: any time has one within 0.25 s
SHORTEST = 1.0  # s
ROUNDING = 0.002  # s; containers count milliseconds, or round sums of ticks
MANY_INTERVALS = 4096  # different intervals counted at most; memory must not grow with the film
# Frames that go from thread to thread at once, as many as take 7 MB: the more, the less each costs. Three batches are
# made, wait and are watched: 20 MB of film up to 1080p, 75 MB of 4K.
FEWEST, MOST, BATCH_BYTES = 2, 16, 7_000_000
DEPTH = 1  # kept pictures waiting

Batch: TypeAlias = "list[tuple[int, VideoFrame, bool]]"
"""Frames in their order, each with its ticks and whether it is kept."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a film has found.

    scenes        : at least one; they tile the scanned range without gap or overlap (shared borders)
    start, end    : film time of the scanned range, s; at the end the last frame goes
    frames        : how many were decoded
    shown         : float64 [frames], film time at which each of them came up, s
    interval      : mean time from one frame to the next, s
    variable      : the frame rate varies
    skipped       : packets in the middle that could not be decoded and were passed over
    broken_at     : film time at which the film breaks off before its promised end, s, or None
    warning       : one line about whatever was lost, without the film's name, or None
    candidates    : the kept frames, or None where no transform was given. Close them (or the scan) when done
    """

    scenes: tuple[Scene, ...]
    start: float
    end: float
    frames: int
    shown: NDArray[np.float64]
    interval: float
    variable: bool
    skipped: int
    broken_at: float | None
    warning: str | None
    candidates: Candidates | None

    @property
    def seconds(self) -> float:
        """Decoded seconds of film."""
        return self.end - self.start

    @property
    def fps(self) -> float:
        """Mean frames/s."""
        return 1 / self.interval

    def close(self) -> None:
        """Removes the kept frames."""
        if self.candidates is not None:
            self.candidates.close()

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def scan(
    film: Film,
    *,
    detector: Detector = "adaptive",
    start: float | None = None,
    end: float | None = None,
    transform: Transform | None = None,
    scratch: Path | None = None,
    album: Album | None = None,
    progress: Callable[[float], None] | None = None,
    settled: Settled | None = None,
) -> Scan:
    """Decodes the film once, from `start` to `end` (film time, s; the whole of it by default).

    detector  : "adaptive" (PySceneDetect's AdaptiveDetector) or "content", with their defaults
    transform : uint8 RGB (H, W, 3), upright, and pixel aspect -> uint8 (h, w, 3); called in another thread. Without it
                and an album nothing is kept and no full-size picture is made
    scratch   : folder for the kept frames, 2 a second (h = w = 224: 1.1 GB an hour), made if missing; the system's
                temporary folder by default. They vanish with the scan
    album     : is fed the same full-size pictures, for people to look at
    progress  : told the film time reached, s, about twice a second of film, in the caller's thread
    settled   : told of each scene but the last while the film is still being read, in the thread that keeps frames;
                only where frames are kept, and cuts are certain soon (not by "content")

    Raises FilmError where less than a second can be decoded or the scratch folder cannot hold the frames; ValueError
    for an impossible range or an unknown detector.
    """
    from longvid.film.decode import Frames
    from longvid.film.detect import Cuts
    from longvid.film.foresight import Unfolding
    from longvid.film.pictures import Upright
    from longvid.film.spill import Candidates
    from longvid.film.stage import Stage
    from longvid.film.watch import Watch

    begin = start or 0.0
    if not begin >= 0 or (end is not None and not end > begin):
        raise ValueError(f"no such range: {begin:g} s to {'the end' if end is None else f'{end:g} s'}")
    upright = Upright(film.video)
    with contextlib.ExitStack() as undo, Frames(film, start=begin, end=end, lead=KEEP_EVERY) as source:
        cuts = Cuts(detector, source.clock.time_base, film.video.average_rate or 25.0)
        watching = Watch(cuts, film.video)
        candidates: Candidates | None = None
        with contextlib.ExitStack() as threads:
            keeper: Stage[Callable[[], None]] | None = None
            unfolding = Unfolding(source.clock.seconds)
            if transform is not None:
                candidates = undo.enter_context(Candidates(scratch))
            if transform is not None or album is not None:
                keeper = threads.enter_context(Stage(lambda work: work(), depth=DEPTH, name="longvid-keep"))
            keep = _keep(candidates, transform, album)

            def watch(batch: Batch) -> None:
                watching.feed([(ticks, frame) for ticks, frame, _ in batch])
                if keeper is None:
                    return
                for ticks, frame, wanted in batch:
                    if wanted:
                        keeper.put(partial(keep, source.clock.seconds(ticks), *upright(frame)))
                if settled is not None and candidates is not None and cuts.soon:
                    for scene in unfolding.scenes([ticks for ticks, _, _ in batch], cuts.found):
                        keeper.put(partial(settled, scene, candidates, unfolding.shown))

            # Entered last, so left first: nothing is put to a keeper that has closed.
            watcher = threads.enter_context(Stage(watch, depth=1, name="longvid-watch"))
            passed = _decode(source, begin, _batch(film.video), watcher.put, progress)
        if candidates is not None:
            candidates.seal()
        found = _sum_up(film, source, passed, watching.finish(), end, candidates)
        undo.pop_all()  # the scan owns the kept frames now
        return found


def _batch(track: VideoTrack) -> int:
    return max(FEWEST, min(MOST, BATCH_BYTES // max(1, track.width * track.height * 3 // 2)))


def _keep(
    candidates: Candidates | None, transform: Transform | None, album: Album | None
) -> Callable[[float, NDArray[np.uint8], float], None]:
    def keep(time: float, picture: NDArray[np.uint8], pixel_aspect: float) -> None:
        if album is not None:
            album.add(time, picture, pixel_aspect)
        if candidates is not None and transform is not None:
            candidates.append(time, transform(picture, pixel_aspect))

    return keep


@dataclass(slots=True)
class _Pass:
    """What the decode loop has counted: ticks of the first and the last frame, frames, when each came up (s), and how
    often each interval.

    `first` is not before the range, `last` may be. `goes` is when the last frame goes, in ticks, as the file tells it;
    None where it does not.
    """

    first: int
    last: int
    goes: int | None
    frames: int
    shown: array[float]
    intervals: Counter[int]


def _decode(
    source: Frames,
    start: float,
    size: int,
    put: Callable[[Batch], None],
    progress: Callable[[float], None] | None,
) -> _Pass:
    """Hands every frame on, `size` at once and one late: whether a frame is kept depends on when the next one comes.

    A picture that already stands at the `start` of the range is given out as one that comes up there.
    """
    seconds = source.clock.seconds
    begin = math.ceil(start / source.clock.time_base)
    intervals: Counter[int] = Counter()
    shown = array("d")
    count, first, last, came = 0, 0, 0, 0
    goes: int | None = None
    held: VideoFrame | None = None
    batch: Batch = []
    kept = told = -math.inf
    for came, frame in source:
        goes = source.goes(came, frame)
        ticks = max(came, begin)
        now = seconds(ticks)
        shown.append(now)
        if held is None:
            first = ticks
        else:
            intervals[ticks - last] += 1
            keep = now - kept > KEEP_EVERY + 1e-6
            batch.append((last, held, keep))
            if keep:
                kept = seconds(last)
            if len(batch) == size:
                put(batch)
                batch = []
            if len(intervals) > MANY_INTERVALS:
                intervals = Counter(dict(intervals.most_common(MANY_INTERVALS // 2)))
        held, last, count = frame, ticks, count + 1
        if progress is not None and now - told >= KEEP_EVERY:
            told = now
            progress(now)
    if held is not None:
        put([*batch, (last, held, True)])
        if progress is not None:
            progress(seconds(last))
    if source.packets.repeated is not None:
        goes = max(goes or 0, source.clock.place(source.packets.repeated))
    return _Pass(first, came, goes, count, shown, intervals)


def _sum_up(
    film: Film, source: Frames, passed: _Pass, cuts: tuple[int, ...], end: float | None, candidates: Candidates | None
) -> Scan:
    import numpy as np

    seconds = source.clock.seconds
    step = (passed.last - passed.first) / (passed.frames - 1) if passed.frames > 1 else source.clock.step
    interval = step * float(source.clock.time_base)
    first, last = seconds(passed.first), _end(film, source, passed, interval, end)
    at_end = None if source.reached or not passed.frames else ending(film, source, last)
    if passed.frames == 0 or last - first < SHORTEST - 1e-3:
        reason = f" ({clean(at_end.reason)})" if at_end is not None and at_end.reason else ""
        what = f"only {last - first:.2f} s" if passed.frames and last > first else "nothing"
        length = film.duration if at_end is None else _end(film, source, passed, interval, None)
        within = f" within its {length:.0f} s" if length else ""
        raise FilmError(
            f"{shown(film.path)}: {what} of the wanted range can be decoded{reason}; "
            f"a second or more is needed: choose a longer range{within}, or check that the film plays"
        )
    borders = [first, *(seconds(cut) for cut in cuts if passed.first < cut <= passed.last), last]
    broken = at_end is not None and at_end.broken and (end is None or end - last >= LOSS)
    return Scan(
        scenes=tuple(Scene(i, a, b) for i, (a, b) in enumerate(itertools.pairwise(borders))),
        start=first,
        end=last,
        frames=passed.frames,
        shown=np.array(passed.shown),
        interval=interval,
        variable=_varies(passed.intervals, source.clock.time_base),
        skipped=source.skipped,
        broken_at=last if broken else None,
        warning=_warning(film, source, at_end.told(last) if at_end is not None and broken else None),
        candidates=candidates,
    )


def _end(film: Film, source: Frames, passed: _Pass, interval: float, end: float | None) -> float:
    """Film time at which the last frame goes, s: as its own length tells, or the container's of the stream, or else
    after one interval.
    """
    from longvid.film.clock import STANDS

    if end is not None and source.reached:
        return end
    clock = source.clock
    shown_at = clock.seconds(passed.last)
    told = film.video.duration if clock.shift == 0 else None
    # A mean over pictures that stood for long is no length of a last one.
    common = passed.intervals.most_common(1)[0][0] * float(clock.time_base) if passed.intervals else interval
    interval = common if interval > 1.1 * common else interval
    goes = math.inf if passed.goes is None else clock.seconds(passed.goes)
    if told is not None and (goes < math.inf or told - shown_at < LOSS) and told > shown_at:
        # MP4 tells lengths in the order of decoding, and the one found here may be another frame's.
        goes = min(goes, told)
    if goes - shown_at > STANDS or abs(goes - shown_at - interval) < ROUNDING:
        goes = shown_at + interval
    return min(goes, math.inf if end is None else end)


def _varies(intervals: Counter[int], time_base: Fraction) -> bool:
    """More than one interval in fifty is a tenth off the commonest, beyond what rounding to 1 ms, or to a longer tick,
    explains."""
    if not intervals:
        return False
    common = intervals.most_common(1)[0][0]
    leeway = max(common / 10, 0.0021 / float(time_base), 1)
    odd = sum(n for step, n in intervals.items() if abs(step - common) > leeway)
    return odd > intervals.total() / 50


def _warning(film: Film, source: Frames, breaks_off: str | None) -> str | None:
    parts = []
    if source.opening >= LOSS:
        parts.append(
            f"what comes before its first key frame cannot be decoded: its first {source.opening:.1f} s are lost"
        )
    if breaks_off is not None:
        parts.append(breaks_off)
    if (lost := hole(film, source)) is not None:
        parts.append(lost)
    if source.skipped:
        parts.append(f"{source.skipped} broken packet{'s' * (source.skipped > 1)} skipped")
    if film.strange:
        parts.append("colours are Dolby Vision's own and come out wrong; take a copy in HDR10 or in SDR")
    if source.locked:
        parts.append(f"{source.locked} encrypted packet{'s' * (source.locked > 1)} skipped; there is no key")
    if source.elsewhere:
        parts.append("goes on as another programme, which is not read; split the file there and take both parts")
    return ", ".join(parts) or None
