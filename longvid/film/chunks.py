"""Planning: scenes packed to chunks of about one minute, the unit that the model watches.

Dynamic programming over the scene borders, with a horizon: a chunk is settled once some minutes of film lie behind it,
so that all of a plan but its end is known while the film is still being read. Knows scenes, lines and lengths; reads no
film.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from longvid.film.cues import Cue
    from longvid.film.model import Scene

TARGET = 60.0  # s; CogVLM2-Video was trained on clips of up to a minute
MINIMUM = 20.0  # s; a shorter chunk costs a full clip of 24 frames and says little more than its neighbour
MAXIMUM = 72.0  # s; 3 s from frame to frame at 24 frames. Scenes of up to a minute stay whole, two are never joined
IN_A_LINE = 15.0**2  # s^2; a border inside a subtitle line is as bad as a chunk 15 s off the target
HORIZON = 8  # chunks of the maximum; what lies further ahead says nothing about where a chunk should end
CLEAR = 0.05  # s; a border this near to the end of a line does not cut it


@dataclass(frozen=True, slots=True)
class Chunk:
    """Film time [start, end), s; neighbours share their border.

    scenes   : the scenes, or pieces of a scene longer than the maximum, that tile it
    dialogue : what is said in it; a cue that crosses a border belongs to the chunk that holds most of it
    """

    index: int
    start: float
    end: float
    scenes: tuple[tuple[float, float], ...]
    dialogue: tuple[Cue, ...]

    @property
    def lines(self) -> tuple[Cue, ...]:
        """The earlier name of `dialogue`."""
        return self.dialogue

    @property
    def seconds(self) -> float:
        return self.end - self.start


Piece = tuple[float, float]
"""A scene, or a part of one that is longer than a chunk: film time [start, end), s."""


def plan(
    scenes: Sequence[Scene],
    *,
    target: float = TARGET,
    minimum: float = MINIMUM,
    maximum: float = MAXIMUM,
    lines: Sequence[Cue] = (),
    avoid: Sequence[tuple[float, float]] = (),
) -> tuple[Chunk, ...]:
    """Packs consecutive scenes to chunks: as few shorter than `minimum` as can be, then the least sum of squared
    deviations from `target` and a fine for every border within `lines` and other times to `avoid`, as far as the
    `HORIZON` reaches. None is longer than `maximum`.

    A scene longer than `maximum` is split evenly, each split moved out of a line where the limits leave room; no
    other scene is ever cut. Times in s. The same input gives the same plan.

    Raises ValueError for limits that contradict each other and for scenes that do not tile.
    """
    packer = Packer(target, minimum, maximum, lines, avoid)
    for a, b in itertools.pairwise(scenes):
        if a.end != b.start:
            raise ValueError(
                f"scenes must follow one another: one ends at {a.end:g} s, the next starts at {b.start:g} s"
            )
    if any(not scene.start < scene.end for scene in scenes):
        raise ValueError("every scene must end after it starts")
    groups = [group for scene in scenes for group in packer.add(scene)] + packer.finish()
    chunks = [(group[0][0], group[-1][1], group) for group in groups]
    said = share_out([(start, end) for start, end, _ in chunks], lines)
    return tuple(
        Chunk(i, start, end, pieces, spoken)
        for i, ((start, end, pieces), spoken) in enumerate(zip(chunks, said, strict=True))
    )


class Packer:
    """`plan`, scene by scene: takes them in order and gives the pieces of each chunk as soon as it is settled."""

    def __init__(
        self,
        target: float,
        minimum: float,
        maximum: float,
        lines: Sequence[Cue] = (),
        avoid: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Raises ValueError for limits that contradict each other."""
        if not all(math.isfinite(x) for x in (target, minimum, maximum)) or not 0 <= minimum <= target <= maximum:
            raise ValueError(
                f"chunk limits must be 0 <= minimum <= target <= maximum, not {minimum:g}, {target:g}, {maximum:g} s"
            )
        if target <= 0:
            raise ValueError("the target length of a chunk must be more than 0 s")
        self._limits = target, minimum, maximum
        self._busy = _Busy([*avoid, *((line.start, line.end) for line in lines)])
        self._open: list[Piece] = []
        """Scenes, or pieces of long ones, behind the last settled chunk."""

    def add(self, scene: Scene) -> list[tuple[Piece, ...]]:
        """The chunks that this scene settles, in order; most scenes settle none."""
        self._open += _pieces(scene, *self._limits, self._busy)
        settled: list[tuple[Piece, ...]] = []
        while self._open[-1][1] - self._open[0][0] >= HORIZON * self._limits[2]:
            (first, *_) = _pack(self._open, *self._limits, self._busy, ends=False)
            settled.append(first)
            del self._open[: len(first)]
        return settled

    def finish(self) -> list[tuple[Piece, ...]]:
        """The chunks that are left, after the last scene."""
        return _pack(self._open, *self._limits, self._busy)


class _Busy:
    """Times at which no border should lie: the insides of intervals, overlapping ones joined."""

    def __init__(self, intervals: Sequence[tuple[float, float]]) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []
        for start, end in sorted((a + CLEAR, b - CLEAR) for a, b in intervals if b - a > 2 * CLEAR):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def around(self, time: float) -> tuple[float, float] | None:
        """The interval that holds this time strictly inside, or None."""
        i = bisect.bisect_left(self._starts, time) - 1
        return (self._starts[i], self._ends[i]) if i >= 0 and time < self._ends[i] else None


def _pieces(scene: Scene, target: float, minimum: float, maximum: float, busy: _Busy) -> list[Piece]:
    length = scene.end - scene.start
    if length <= maximum:
        return [(scene.start, scene.end)]
    count = max(math.ceil(length / maximum), round(length / target))
    borders = [scene.start]
    for left in range(count - 1, 0, -1):
        # Evenly over what is left, so that a shift is shared by all pieces behind it.
        split = borders[-1] + (scene.end - borders[-1]) / (left + 1)
        around = busy.around(split)
        if around is not None:
            low = max(borders[-1] + minimum, scene.end - left * maximum)
            high = min(borders[-1] + maximum, scene.end - left * minimum)
            free = [time for time in sorted(around, key=lambda time: abs(time - split)) if low <= time <= high]
            split = free[0] if free else split
        borders.append(split)
    borders.append(scene.end)
    return list(itertools.pairwise(borders))


def _pack(
    atoms: list[Piece], target: float, minimum: float, maximum: float, busy: _Busy, *, ends: bool = True
) -> list[tuple[Piece, ...]]:
    """Groups of consecutive atoms of the least cost: (chunks too short, squared deviations and cut lines). `ends`: the
    film ends with them, which cuts no line."""
    best: list[tuple[int, float]] = [(0, 0.0)]
    back = [0]
    for j in range(1, len(atoms) + 1):
        end = atoms[j - 1][1]
        last = ends and j == len(atoms)
        penalty = IN_A_LINE if not last and busy.around(end) is not None else 0.0
        choice, source = (len(atoms) + 1, math.inf), j - 1
        for i in range(j - 1, -1, -1):
            length = end - atoms[i][0]
            # One atom alone is always allowed: rounding may leave a piece a hair over the maximum.
            if length > maximum and i < j - 1:
                break
            short, cost = best[i]
            option = (short + (length < minimum), cost + (length - target) ** 2 + penalty)
            if option < choice:
                choice, source = option, i
        best.append(choice)
        back.append(source)
    groups: list[tuple[Piece, ...]] = []
    j = len(atoms)
    if not ends:
        # Whatever comes may join the last atoms, so none of the ways to them has to end well.
        near = (i for i in range(1, len(atoms)) if atoms[-1][1] - atoms[i][0] <= maximum)
        j = min(near, key=best.__getitem__, default=j)
    while j > 0:
        groups.append(tuple(atoms[back[j] : j]))
        j = back[j]
    return groups[::-1]


def share_out(spans: Sequence[tuple[float, float]], cues: Sequence[Cue]) -> list[tuple[Cue, ...]]:
    """The cues of each of `spans` (s, in order); each cue once, where most of it lies, the earlier of equals."""
    ends = [end for _, end in spans]
    shares: list[list[Cue]] = [[] for _ in spans]
    for line in sorted(cues, key=lambda cue: (cue.start, cue.end)):
        most, home = 0.0, None
        for i in range(bisect.bisect_right(ends, line.start), len(spans)):
            start, end = spans[i]
            if start >= line.end:
                break
            overlap = min(end, line.end) - max(start, line.start)
            if overlap > most + 1e-9:
                most, home = overlap, i
        if home is not None:
            shares[home].append(line)
    return [tuple(share) for share in shares]
