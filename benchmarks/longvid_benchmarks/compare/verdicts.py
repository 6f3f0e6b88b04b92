"""Verdicts by eye: which links and traps a summary tells, as a person found who read it; beside what the check says.

A row a verdict: {"film": "harbour", "strategy": "ledger", "link": "watch", "told": true, "sentence": "..."}, or "trap"
in place of "link", and "dialogue" where not all that is said was merged. What is told is quoted, and the quotation must
stand in the summary. Knows no rule and no table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from longvid.errors import CaptionsError, RunError
from longvid.files import read_bytes
from longvid.pipeline.job import Hearing
from longvid.text import printable
from longvid.text.shown import clean, shown
from longvid_benchmarks.compare.claims import Claims, folded
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.reading import LARGEST_FILE, one_line, read_rows
from longvid_benchmarks.compare.rows import CHECK, EYE, HEARING, Row, read_as

KINDS = ("link", "trap")
HEARINGS: tuple[Hearing, ...] = get_args(Hearing)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim as a person found it in one summary."""

    where: str
    """The file and line that says so, for messages."""
    dialogue: str
    """What was merged, as `--dialogue` says it."""
    film: str
    strategy: str
    """With its settings, as the tables call it."""
    kind: str
    """`link` or `trap`."""
    claim: str
    """Its id."""
    told: bool
    sentence: str | None


def read_verdicts(path: Path) -> list[Verdict]:
    """The verdicts in the file at `path`. Raises CaptionsError, naming the line, for one that is none, that quotes
    nothing where something is told, or that was given before; and where there are none."""
    found: dict[tuple[str, ...], Verdict] = {}
    for number, row in read_rows(path):
        verdict = _verdict(f"{shown(path)}: line {number}", row)
        about = (verdict.film, verdict.strategy, verdict.dialogue, verdict.kind, verdict.claim)
        if about in found:
            raise CaptionsError(f"{verdict.where}: a verdict on this {verdict.kind} stands in an earlier row too")
        found[about] = verdict
    if not found:
        raise CaptionsError(f"{shown(path)}: holds no verdicts; a row needs film, strategy, link or trap, and told")
    return list(found.values())


def _verdict(where: str, row: Mapping[str, object]) -> Verdict:
    kinds = [kind for kind in KINDS if kind in row]
    if len(kinds) != 1:
        raise CaptionsError(f"{where}: a verdict needs one of link and trap")
    for name in ("film", "strategy", kinds[0]):
        if not isinstance(row.get(name), str):
            raise CaptionsError(f"{where}: {name} must be text")
    told, sentence = row.get("told"), row.get("sentence")
    if not isinstance(told, bool):
        raise CaptionsError(f"{where}: told must be true or false")
    if sentence is not None and not (isinstance(sentence, str) and sentence.strip()):
        raise CaptionsError(f"{where}: sentence must be text, or left out")
    if told and sentence is None:
        raise CaptionsError(f"{where}: what is told must be quoted; add the sentence")
    dialogue = row.get("dialogue", HEARING)
    if dialogue not in HEARINGS:
        raise CaptionsError(f"{where}: dialogue must be one of {', '.join(HEARINGS)}, or left out")
    quoted = one_line(sentence) if isinstance(sentence, str) else None
    return Verdict(
        where, str(dialogue), str(row["film"]), str(row["strategy"]), kinds[0], str(row[kinds[0]]), told, quoted
    )


def by_eye(
    rows: Sequence[Row], films: Sequence[Film], verdicts: Sequence[Verdict], folder: Path
) -> tuple[list[Row], list[str]]:
    """The rows of `verdicts`, each that of the check with a person's findings in their place; and for each film and
    strategy that `rows`, whose summaries are in `folder`, do not have a line that says so.

    Raises CaptionsError where a verdict is on what the film does not have, a link of a film that was read lacks one, or
    a quotation does not stand in the summary.
    """
    by_run: dict[tuple[str, str, str], list[Verdict]] = {}
    for verdict in verdicts:
        by_run.setdefault((verdict.film, verdict.strategy, verdict.dialogue), []).append(verdict)
    claims = {printable(film.name): film.claims for film in films}
    found, unread = [], []
    checked = {
        (row["film"], row["strategy"], row.get("dialogue", HEARING)): row
        for row in rows
        if row.get("reader") == CHECK and "text" in row
    }
    for (film, strategy, dialogue), given in by_run.items():
        row, known = checked.get((film, strategy, dialogue)), claims.get(film)
        if row is None or known is None:
            heard = "" if dialogue == HEARING else f" ({dialogue})"
            unread.append(f"{clean(strategy)}{heard} on {clean(film)} has verdicts by eye and was not run here")
            continue
        _check(given, known, _summary(folder / row["text"]))
        told = {verdict.claim: verdict.sentence if verdict.told else None for verdict in given}
        found.append({**row, **read_as(EYE, known, told)})
    return found, unread


def _check(verdicts: Sequence[Verdict], claims: Claims, summary: str) -> None:
    """Raise CaptionsError unless `verdicts`, all on one summary, are on what there is and quote what stands there."""
    ids = {"link": {link.id for link in claims.links}, "trap": {trap.id for trap in claims.traps}}
    text = folded(summary)
    for verdict in verdicts:
        if verdict.claim not in ids[verdict.kind]:
            raise CaptionsError(f"{verdict.where}: {clean(verdict.film)} has no {verdict.kind} {clean(verdict.claim)}")
        if verdict.sentence is not None and folded(verdict.sentence) not in text:
            raise CaptionsError(
                f"{verdict.where}: the summary of {clean(verdict.strategy)} does not say "
                f'"{clean(verdict.sentence)}"; quote it as it stands'
            )
    for kind, missing in _missing(verdicts, ids):
        first = verdicts[0]
        raise CaptionsError(
            f"{first.where}: {clean(first.strategy)} on {clean(first.film)} has no verdict on {kind} "
            f"{', '.join(map(clean, missing))}; every {kind} needs one"
        )


def _missing(verdicts: Sequence[Verdict], ids: Mapping[str, set[str]]) -> Iterator[tuple[str, list[str]]]:
    """What has no verdict: of links any, of traps those left out where others have one."""
    for kind in KINDS:
        given = {verdict.claim for verdict in verdicts if verdict.kind == kind}
        missing = sorted(ids[kind] - given)
        if missing and (given or kind == "link"):
            yield kind, missing


def _summary(path: Path) -> str:
    try:
        return read_bytes(path, LARGEST_FILE).decode()
    except (OSError, ValueError) as error:
        raise RunError(
            f"{shown(path)}: the summary cannot be read; remove rows.jsonl beside it to make it anew"
        ) from error
