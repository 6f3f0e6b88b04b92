"""The benchmark as a whole: all runs one after another, each finished row kept, and the files that come of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from longvid.captions.imported import ImportedCaptions
from longvid.carry import Way
from longvid.cli.faults import unforeseen
from longvid.cli.running import run_interruptible
from longvid.engine.models import Models
from longvid.errors import LongvidError
from longvid.run.files import write_text
from longvid.strategy import Capability
from longvid_benchmarks.compare.films import Film, prepare
from longvid_benchmarks.compare.plots import draw
from longvid_benchmarks.compare.rows import CEILING, Row, RowLog, named
from longvid_benchmarks.compare.runs import Bench, Within, ceiling, run
from longvid_benchmarks.compare.tables import Sheet, as_csv, markdown
from longvid_benchmarks.compare.variants import Skipped, Variant
from longvid_benchmarks.terminal import Advance


def answerable(films: Sequence[Film], models: Models) -> frozenset[Capability]:
    """The calls that are answered for every one of `films`."""
    capabilities: set[Capability] = {"caption", "events", "ask", "dialogue"}
    for film in films:
        if isinstance(film.source, ImportedCaptions):
            held: dict[Capability, object] = {"caption": film.source.captions, "events": film.source.events}
            held["dialogue"] = next((chunk.dialogue for chunk in film.source.chunks if chunk.dialogue), None)
            capabilities &= {need for need, texts in held.items() if texts is not None}
        else:
            capabilities -= {"dialogue"}  # not known before it is read
    return frozenset(capabilities | {"write"} if models.writes else capabilities)


def run_all(
    benches: Sequence[Bench], films: Sequence[Film], variants: Sequence[Variant], ways: Sequence[Way], advance: Advance
) -> list[Row]:
    """The rows of every film: its ceiling, then each carry and variant; one way of watching after the other, each a
    bench of the same folder, and so one dialogue. Those that are in rows.jsonl are not run again.

    `advance` is told how many runs are done, and how many there are.
    What fails becomes a row with `error`, and the others go on. Raises KeyboardInterrupt on Ctrl-C: all finished rows
    are kept. Raises RunError where a row cannot be kept.
    """
    log = RowLog(benches[0].folder / "rows.jsonl")
    rows: list[Row] = []
    total, done = len(benches) * len(films) * len(ways) * len(variants), 0

    def within(share: float, doing: str | None = None) -> None:
        advance(done + share, total, doing)

    for film in films:
        best = _attempt(named(film, CEILING, "none"), partial(ceiling, benches[0], film))
        rows += [best] if best is not None else []
    for bench in benches:
        for film in films:
            for way in ways:
                for variant in variants:
                    rows.append(_row(bench, log, film, variant, way, within))
                    done += 1
                    within(0)
    return rows


def _row(bench: Bench, log: RowLog, film: Film, variant: Variant, way: Way, within: Within) -> Row:
    """The row of rows.jsonl if it is finished there; else that of a run, which is then kept there."""
    name = named(film, variant.label, way, bench.watch.name, bench.hearing)
    try:
        prepare(film, lambda drawn, of: within(0.5 * drawn / of))
        key = bench.key(film, variant, way)
    except LongvidError as error:
        return {**name, "error": str(error)}
    row = log.get(key)
    if row is None:
        row = _attempt(name, partial(run, bench, film, variant, way, within))
        log.add({**row, "key": key})
    # The same settings may have been written otherwise when the row was made.
    return {**row, "strategy": variant.label}


def _attempt(name: Row, work: Callable[[], Coroutine[Any, Any, Row | None]]) -> Any:
    """The row that `work` gives, or one that says why there is none."""
    try:
        return run_interruptible(work())
    except LongvidError as error:
        return {**name, "error": str(error)}
    except Exception as error:
        # Whatever is wrong with one strategy, the others of a night's benchmark are still worth doing.
        return {**name, "error": unforeseen(error)}


def write_files(
    folder: Path,
    result: dict[str, Any],
    tables: Sequence[Sheet],
    skipped: Sequence[Skipped],
    remarks: Sequence[str],
    *,
    plots: bool,
    links: str | None = None,
) -> list[Path]:
    """Write results.json, rows.csv, table.md, `links` as links.md and, if wanted, the plots into `folder`; return their
    paths."""
    texts = {
        "results.json": json.dumps(result, indent=1) + "\n",
        "rows.csv": as_csv(result["rows"]),
        "table.md": markdown(tables, skipped, remarks),
        **({} if links is None else {"links.md": links}),
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [*(folder / name for name in texts), *(draw(result["summary"], folder) if plots else [])]
