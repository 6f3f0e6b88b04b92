"""Scenes of a film that is still being read, told as soon as nothing can change them.

A cut is certain a few frames behind it, and what was kept before it is on its way to disk then. Knows no detector.
"""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from longvid.film.model import Scene

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from longvid.film.spill import Candidates

BEFORE = 2  # frames; the one that is shown at a time came up before it

Shown: TypeAlias = "Callable[[float], NDArray[np.float64]]"
"""Film time, s -> float64 [N]: times at which frames come up from shortly before it on, as far as is known."""
Settled: TypeAlias = "Callable[[Scene, Candidates, Shown], None]"
"""Told of a scene with the frames kept so far (no fewer than to its end) and when frames come up."""


class Unfolding:
    """Takes the frames of a film as they are watched, and tells its scenes but for the last. For one thread.

    seconds : film time, s, of ticks
    """

    def __init__(self, seconds: Callable[[int], float]) -> None:
        self._seconds = seconds
        self._times = array("d")
        self._borders: list[int] = []

    def scenes(self, ticks: Sequence[int], cuts: Sequence[int]) -> Iterator[Scene]:
        """Scenes that have become certain: `ticks` of the next frames, `cuts` all that were found up to them."""
        self._times.extend(map(self._seconds, ticks))
        if not self._borders:
            self._borders.append(ticks[0])
        for cut in cuts[bisect.bisect_right(cuts, self._borders[-1]) :]:
            start, end = self._seconds(self._borders[-1]), self._seconds(cut)
            yield Scene(len(self._borders) - 1, start, end)
            self._borders.append(cut)

    def shown(self, start: float) -> NDArray[np.float64]:
        """See `Shown`. May be called from another thread: a slice is a copy."""
        import numpy as np

        first = max(0, bisect.bisect_right(self._times, start) - BEFORE)
        return np.array(self._times[first:])
