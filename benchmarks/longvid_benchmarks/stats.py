"""Figures over films: means, paired differences, link recall against gap, each with a bootstrap interval.

Films are what is resampled, never the links within one: those of a film stand and fall together. Intervals are
percentiles of a seeded bootstrap, so the same figures give the same interval. Knows no strategy and no file.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 4000
CONFIDENCE = 0.95
SEED = 0
GAP_ENDS = (2, 5, 10, 20, 40, 80, 160)
"""Last gap of each bin, in chunks, about doubling as the generator draws gaps on a logarithmic scale; then the rest."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure over films with the ends of its 95 % interval; a single film has none."""

    mean: float
    low: float | None
    high: float | None
    films: int


@dataclass(frozen=True, slots=True)
class Linked:
    """One link of a film: its kind, its gap in chunks, whether the summary tells it, and how much it weighs."""

    kind: str
    gap: int
    told: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class GapBin:
    """Recall of the links whose gap is from `first` to `last` chunks; `last` None is open."""

    first: int
    last: int | None
    links: int
    recall: Interval


def mean_of(values: Sequence[float]) -> Interval:
    """The mean of one value a film. Raises ValueError for no values."""
    import numpy as np

    if not values:
        raise ValueError("a mean needs a value")
    array = np.asarray(values, float)
    return _interval(float(array.mean()), array[_draws(len(array))].mean(axis=1), len(array))


def difference(ours: Mapping[Hashable, float], theirs: Mapping[Hashable, float]) -> Interval | None:
    """The mean of ours - theirs over the films that both have; None where they share none."""
    shared = [film for film in ours if film in theirs]
    return mean_of([ours[film] - theirs[film] for film in shared]) if shared else None


def slope(films: Sequence[Sequence[Linked]]) -> Interval | None:
    """What ten more chunks of gap do to the recall of a link: least squares over all links.

    None where fewer than two gaps occur.
    """
    import numpy as np

    sums = np.zeros((len(films), 5))
    for row, links in zip(sums, films, strict=True):
        x = np.array([link.gap / 10 for link in links])
        y = np.array([float(link.told) for link in links])
        row[:] = len(x), x.sum(), y.sum(), (x * x).sum(), (x * y).sum()
    whole = _least_squares(sums.sum(axis=0))
    if not np.isfinite(whole):
        return None
    return _interval(float(whole), _least_squares(sums[_draws(len(films))].sum(axis=1)), len(films))


def recall_of(films: Sequence[Sequence[Linked]]) -> Interval | None:
    """The share of all links of `films` that are told, by weight; None where there are none."""
    import numpy as np

    weights = [([link.weight * link.told for link in links], [link.weight for link in links]) for links in films]
    counts = np.array([[sum(told), sum(of)] for told, of in weights if of], float)
    if not len(counts):
        return None
    told, of = counts.sum(axis=0)
    drawn = counts[_draws(len(counts))].sum(axis=1)
    return _interval(float(told / of), drawn[:, 0] / drawn[:, 1], len(counts))


def recall_by_gap(films: Sequence[Sequence[Linked]]) -> list[GapBin]:
    """Recall of the links of each bin of gaps, without the bins that hold none."""
    bins = []
    first = 0
    for last in (*GAP_ENDS, None):
        within = [
            [link for link in links if link.gap >= first and (last is None or link.gap <= last)] for links in films
        ]
        recall = recall_of(within)
        if recall is not None:
            bins.append(GapBin(first, last, sum(map(len, within)), recall))
        first = (last or 0) + 1
    return bins


def _draws(films: int) -> NDArray[np.int64]:
    """For each resample the films that it drew, with replacement: [RESAMPLES, films]."""
    import numpy as np

    return np.random.default_rng(SEED).integers(0, films, (RESAMPLES, films))


def _least_squares(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope from n, sum x, sum y, sum x^2, sum xy in the last axis; NaN where x does not vary."""
    import numpy as np

    n, x, y, xx, xy = np.moveaxis(sums, -1, 0)
    below = n * xx - x * x
    varies = below > 1e-9
    return np.where(varies, (n * xy - x * y) / np.where(varies, below, 1.0), np.nan)


def _interval(mean: float, drawn: NDArray[np.float64], films: int) -> Interval:
    import numpy as np

    if films < 2:
        return Interval(mean, None, None, films)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Interval(mean, float(low), float(high), films)
