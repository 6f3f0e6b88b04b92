"""Rows side by side: those of one kind of runs, by film, and what one kind has more than another on the same films.

Knows no hypothesis and no table.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from longvid_benchmarks.compare.rows import CEILING, Row
from longvid_benchmarks.compare.watching import DEFAULT
from longvid_benchmarks.stats import Interval, Linked, difference, mean_of, slope

ByFilm = dict[Hashable, Row]


@dataclass(frozen=True, slots=True)
class Kind:
    """What decides a run but for strategy and film."""

    captions: str
    evidence: str
    chunks: int
    llm: str
    captioner: str = ""
    """The model that watched and the digest of what it is; none where captions were given."""
    asked: int | None = None
    """Words that were asked for; None where every story had its own length."""


def finished(rows: Iterable[Row]) -> list[Row]:
    """The rows of stories without an error, each run once: the last where several folders have the same.

    Films of which something is only said are others, which the hypotheses predict nothing of.
    """
    found: dict[tuple[object, ...], Row] = {}
    for row in rows:
        if "error" in row or row.get("seed") is None or "said" in row or "dialogue" in row:
            continue
        found[*(row.get(name) for name in (*FIELDS, "asked", "film")), *models_of(row)] = row
    return list(found.values())


FIELDS = ("strategy", "carry", "watch", "captions", "evidence", "chunks")


def kinds(rows: Iterable[Row]) -> list[Kind]:
    """The kinds of runs in `rows`, those without a model and short films first."""
    found = {kind_of(row) for row in rows if row["strategy"] != CEILING}
    return sorted(found, key=_rank)


def _rank(kind: Kind) -> tuple[object, ...]:
    return LEVELS.index(kind.captions), kind.evidence, kind.llm, kind.captioner, kind.chunks, kind.asked or 0


LEVELS = ("gold", "appearance", "noisy", "model")


def kind_of(row: Row) -> Kind:
    return Kind(row["captions"], row["evidence"], row["chunks"], *models_of(row), row.get("asked"))


def models_of(row: Row) -> tuple[str, str]:
    """The LLM and the captioner of a row, also of one of an earlier longvid, which knew them by other names."""
    llm = str(row.get("llm", row.get("writer", "")))
    return EARLIER.get(llm, llm), str(row.get("captioner", row.get("watcher", "")))


EARLIER = {"plain": "none", "gold": "oracle"}
"""What LLMs were called in rows of an earlier longvid."""


def runs(rows: Iterable[Row], kind: Kind, strategy: str, *, carry: str = "none", watch: str = DEFAULT) -> ByFilm:
    """The rows of `strategy` among those of `kind`, by film."""
    return {
        row["film"]: row
        for row in rows
        if row["strategy"] == strategy
        and (row["carry"], row.get("watch", DEFAULT)) == (carry, watch)
        and (strategy == CEILING or kind_of(row) == kind)
    }


def usual_strategies(rows: Iterable[Row], kind: Kind) -> list[str]:
    """The strategies that ran on films of `kind` without a carry, watched as usual."""
    return list(
        dict.fromkeys(
            row["strategy"]
            for row in rows
            if row["strategy"] != CEILING
            and kind_of(row) == kind
            and (row["carry"], row.get("watch", DEFAULT)) == ("none", DEFAULT)
        )
    )


def values(films: Mapping[Hashable, Row], metric: str) -> dict[Hashable, float]:
    """`metric` of each film that has it."""
    return {film: float(row[metric]) for film, row in films.items() if row.get(metric) is not None}


def mean(films: Mapping[Hashable, Row], metric: str) -> Interval | None:
    found = list(values(films, metric).values())
    return mean_of(found) if found else None


def more(ours: ByFilm, theirs: ByFilm, metric: str) -> Interval | None:
    """How much more of `metric` ours have, paired; None where they share no film."""
    return difference(values(ours, metric), values(theirs, metric))


def slope_of(films: Mapping[Hashable, Row]) -> Interval | None:
    """What ten more chunks of gap do to the recall of a link."""
    linked: Sequence[Sequence[Linked]] = [
        [Linked(kind, gap, told) for kind, gap, told in row["links"]] for row in films.values() if row.get("links")
    ]
    return slope(linked) if linked else None
