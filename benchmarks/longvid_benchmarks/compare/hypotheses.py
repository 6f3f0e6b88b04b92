"""What was predicted of the ledger before it was measured, and what the rows of benchmarks say to it.

Each finding states a prediction and has a line for every kind of films that the rows reach, whichever way it fell.
Differences are paired, film by film. Knows no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from longvid_benchmarks.compare.pairs import ByFilm, Kind, kinds, mean, more, runs, slope_of, usual_strategies, values
from longvid_benchmarks.compare.rows import Row
from longvid_benchmarks.compare.tables import Sheet, cell
from longvid_benchmarks.stats import Interval, mean_of

OURS, CHAINS = "ledger", ("refine", "chain-of-agents")
NO_REREAD = "ledger[reread=false]"
GAIN, LOSS = 0.20, 0.02
"""H1: what links must gain over the best other strategy, and what their precision may lose."""
FLAT = -0.02
"""H2: least slope of link recall per ten chunks that still counts as flat."""
HALF, QUARTER = 0.5, 0.25
REREAD_GAIN = 0.05
CHAIN = "refine"


@dataclass(frozen=True, slots=True)
class Finding:
    """A prediction and what was found; a table without lines is not reached by the rows."""

    predicted: str
    found: Sheet
    missing: str
    """What has to be run where nothing was found."""


def findings(rows: Sequence[Row]) -> list[Finding]:
    """H1 to H5 over `rows`, which are finished rows of stories."""
    return [
        Finding(
            f"Links told: at least {GAIN:.2f} more than the best other strategy, true links at most {LOSS:.2f} fewer",
            _sheet(rows, "H1", ("links", "best other", "its links", "more links", "more true links"), _more_links),
            f"{OURS} and another strategy that writes, on the same films",
        ),
        Finding(
            f"Link recall does not fall with the gap: at least {FLAT:.2f} per ten chunks, and rolling summaries fall",
            _sheet(rows, "H2", ("slope", *(f"slope of {name}" for name in CHAINS)), _flat),
            f"{OURS} and a rolling summary ({' or '.join(CHAINS)}) on the same films",
        ),
        Finding(
            f"With noisy captions {OURS} loses at most half of what {CHAIN} loses against gold",
            _sheet(rows, "H3", ("links lost", f"{CHAIN} loses", "facts lost", f"{CHAIN} loses facts"), _robust),
            f"{OURS} and {CHAIN} with --captions gold,noisy and one LLM",
        ),
        Finding(
            f"Asking unclear chunks again is worth at least {REREAD_GAIN:.2f} of link recall, end to end",
            _sheet(rows, "H4", ("links", "links without", "more links", "calls", "calls without"), _reread),
            f"{OURS} and {NO_REREAD} with --captions model",
        ),
        Finding(
            f"The longest chain of calls is at most a quarter of {CHAIN}'s",
            _sheet(rows, "H5", ("calls", f"calls of {CHAIN}", "depth", f"depth of {CHAIN}", "share"), _shallow),
            f"{OURS} and {CHAIN} on the same films",
        ),
    ]


Line = tuple[list[str], bool]
"""Cells, and whether it is as predicted."""


def _sheet(
    rows: Sequence[Row],
    title: str,
    head: tuple[str, ...],
    line: Callable[[Sequence[Row], Kind, ByFilm], Line | None],
) -> Sheet:
    return Sheet(title, ("films", *head, "as predicted"), tuple(_lines(rows, line)))


def _lines(
    rows: Sequence[Row], line: Callable[[Sequence[Row], Kind, ByFilm], Line | None]
) -> Iterator[tuple[str, ...]]:
    for kind in kinds(rows):
        ours = runs(rows, kind, OURS)
        found = line(rows, kind, ours) if ours else None
        if found is not None:
            cells, holds = found
            yield (f"{called(kind)}, {len(ours)} films", *cells, "yes" if holds else "no")


def called(kind: Kind) -> str:
    """What tables call films of `kind`."""
    captioner = f"captions of {kind.captioner or 'a model'}"
    captions = captioner if kind.captions == "model" else f"{kind.captions} {kind.evidence}"
    return f"{captions}, {kind.chunks} chunks, LLM {kind.llm}"


def _more_links(rows: Sequence[Row], kind: Kind, ours: ByFilm) -> Line | None:
    others = {name: runs(rows, kind, name) for name in usual_strategies(rows, kind) if not name.startswith(OURS)}
    recalls = {name: found for name, films in others.items() if (found := mean(films, "link_recall")) is not None}
    # Who has no LLM tells no links: to beat that alone would say nothing.
    recalls = {name: recall for name, recall in recalls.items() if name != "concat"}
    if not recalls:
        return None
    best = max(recalls, key=lambda name: recalls[name].mean)
    gain, true = more(ours, others[best], "link_recall"), more(ours, others[best], "link_precision")
    if gain is None or true is None:
        return None
    holds = gain.mean >= GAIN and (gain.low is None or gain.low > 0) and true.mean >= -LOSS
    links = [_cell(mean(ours, "link_recall")), best, _cell(recalls[best])]
    return [*links, _cell(gain), _cell(true)], holds


def _flat(rows: Sequence[Row], kind: Kind, ours: ByFilm) -> Line | None:
    slope = slope_of(ours)
    if slope is None:
        return None
    others = [slope_of(runs(rows, kind, name)) for name in CHAINS]
    if not any(others):
        return None
    falls = all(other.mean < 0 for other in others if other is not None)
    return [_cell(slope, "slope"), *(_cell(other, "slope") for other in others)], slope.mean >= FLAT and falls


def _robust(rows: Sequence[Row], kind: Kind, ours: ByFilm) -> Line | None:
    if kind.captions != "noisy":
        return None
    clean = replace(kind, captions="gold")
    cells, holds = [], True
    for metric in ("link_recall", "fact_recall"):
        lost = more(runs(rows, clean, OURS), ours, metric)
        theirs = more(runs(rows, clean, CHAIN), runs(rows, kind, CHAIN), metric)
        if lost is None or theirs is None:
            return None
        cells += [_cell(lost), _cell(theirs)]
        holds = holds and lost.mean <= HALF * theirs.mean
    return cells, holds


def _reread(rows: Sequence[Row], kind: Kind, ours: ByFilm) -> Line | None:
    without = runs(rows, kind, NO_REREAD)
    gain = more(ours, without, "link_recall")
    if kind.captions != "model" or gain is None:
        return None
    cells = [_cell(mean(ours, "link_recall")), _cell(mean(without, "link_recall")), _cell(gain)]
    cells += [_cell(mean(ours, "calls"), "calls"), _cell(mean(without, "calls"), "calls")]
    return cells, gain.mean >= REREAD_GAIN and (gain.low is None or gain.low > 0)


def _shallow(rows: Sequence[Row], kind: Kind, ours: ByFilm) -> Line | None:
    theirs = runs(rows, kind, CHAIN)
    one, other = values(ours, "depth"), values(theirs, "depth")
    shares = [one[film] / other[film] for film in one if other.get(film)]
    if not shares:
        return None
    share = mean_of(shares)
    cells = [_cell(mean(films, name), name) for name in ("calls", "depth") for films in (ours, theirs)]
    return [*cells, _cell(share)], share.mean <= QUARTER


def _cell(interval: Interval | None, name: str = "share") -> str:
    values: dict[str, Any] | None = None if interval is None else asdict(interval)
    return cell(values, name)
