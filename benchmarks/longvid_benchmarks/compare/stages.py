"""Which stage loses what: the same films with ever less given for free, and what each step costs.

The best summary within the words has everything; then event lines by name are merged by code alone (what joining and
choosing lose), an LLM words them (what writing loses), the lines call figures by their looks (what settling who is
who loses), and a model's lines take their place (what perception loses). The steps are paired over the films that all
of them have, so that they add up. Knows no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from longvid_benchmarks.compare.pairs import ByFilm, Kind, kinds, mean, more, runs
from longvid_benchmarks.compare.rows import CEILING, Row
from longvid_benchmarks.compare.tables import Sheet, cell
from longvid_benchmarks.stats import Interval

STRATEGY = "ledger"
NONE = "none"
FIGURES = {"fact_recall": "facts", "fact_precision": "true", "link_recall": "links", "link_precision": "links true"}
Step = tuple[str, ByFilm]


def stages(rows: Sequence[Row]) -> list[Sheet]:
    """A table for each length and LLM whose rows reach from gold lines to those that a model watched or a look."""
    sheets = []
    for kind in kinds(rows):
        farthest = kind.captions == "model" or (kind.captions == "appearance" and not _watched(rows, kind))
        steps = _steps(rows, kind) if farthest else []
        if len(steps) > 2:
            sheets.append(_sheet(kind, steps))
    return sheets


def _watched(rows: Sequence[Row], kind: Kind) -> bool:
    ours = [other for other in kinds(rows) if other.captions == "model" and _told(other, "appearance") == kind]
    return any(runs(rows, other, STRATEGY) for other in ours)


def _told(kind: Kind, captions: str) -> Kind:
    """Films of `kind` with lines that are given."""
    return replace(kind, captions=captions, evidence="lines", captioner="")


def _steps(rows: Sequence[Row], kind: Kind) -> list[Step]:
    """What is run at each stage, over the films that all stages have."""
    gold = _told(kind, "gold")
    steps: list[Step] = [
        ("(reference)", runs(rows, kind, CEILING)),
        ("joining and choosing", runs(rows, replace(gold, llm=NONE), STRATEGY)),
    ]
    if kind.llm != NONE:
        steps.append(("writing", runs(rows, gold, STRATEGY)))
    steps.append(("identity", runs(rows, _told(kind, "appearance"), STRATEGY)))
    if kind.captions == "model":
        steps.append(("perception", runs(rows, kind, STRATEGY)))
    steps = [step for step in steps if step[1]]
    shared = set.intersection(*(set(films) for _, films in steps)) if steps else set()
    kept = [(name, {film: row for film, row in films.items() if film in shared}) for name, films in steps]
    # Without gold lines nothing can be told apart.
    return kept if shared and "joining and choosing" in dict(steps) else []


def _sheet(kind: Kind, steps: Sequence[Step]) -> Sheet:
    films = len(steps[0][1])
    head = ("stage", *FIGURES.values(), *(f"{FIGURES[name]} lost" for name in ("fact_recall", "link_recall")))
    cells, before = [], None
    for name, now in steps:
        line = [_cell(mean(now, figure)) for figure in FIGURES]
        lost = [None if before is None else more(before, now, figure) for figure in ("fact_recall", "link_recall")]
        cells.append((name, *line, *map(_cell, lost)))
        before = now
    title = f"What each stage of {STRATEGY} loses, {kind.chunks} chunks, LLM {kind.llm}, {films} films"
    return Sheet(title, head, tuple(cells))


def _cell(interval: Interval | None) -> str:
    return cell(None if interval is None else asdict(interval), "share")
