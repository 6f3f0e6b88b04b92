"""The benchmark as tables: on the terminal, in Markdown, as CSV and as one JSON object. Everything shown is a mean over
films with its 95 % interval. Knows no runs."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from longvid.text import counted, printable
from longvid_benchmarks.compare.rows import EYE, Row
from longvid_benchmarks.compare.summary import COSTS, ENTRY, GROUP, QUALITY, Entry, headline, is_bound
from longvid_benchmarks.compare.variants import Skipped
from longvid_benchmarks.compare.watching import DEFAULT
from longvid_benchmarks.markdown import aligned

TITLES = {
    "fact_recall": "facts", "fact_precision": "true", "link_recall": "links", "weight_recall": "links by weight",
    "traps_told": "traps told", "link_precision": "links true",
    "order": "order", "duplication": "said twice", "contradictions": "contradicts", "over": "over budget",
    "first_third": "first third", "last_third": "last third", "composite": "composite",
    "rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L", "chrf": "chrF",
    "judge_precision": "judge: true", "judge_recall": "judge: told", "judge_f1": "judge: F1",
    "judge_questions": "judge: questions", "judge_unparsable": "judge: unparsable", "words": "words",
}  # fmt: skip
CHANNEL_TITLES = {
    "facts_shown": "facts shown", "facts_said": "facts said", "facts_both": "facts shown and said",
    "links_shown": "links shown", "links_said": "links said", "links_both": "links shown and said",
}  # fmt: skip
COST_TITLES = {
    "calls": "calls", "calls_caption": "caption", "calls_events": "events", "calls_survey": "survey",
    "calls_ask": "ask", "calls_write": "write", "depth": "depth", "prompt_tokens": "tokens read",
    "answer_tokens": "tokens written", "seconds": "seconds", "cached_share": "from store",
}  # fmt: skip
COUNTS = {*COSTS, "contradictions", "traps_told"} - {"cached_share"}
"""Figures that are whole numbers for a film (or, as seconds, need no more)."""
HEARD = {"said-only": "said only", "none": "no dialogue"}
"""What tables and plots call dialogue that is not as usual."""
WIDE = 200
"""Columns of a table that goes into a pipe."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: a title, a head, and cells as text. A cell is a mean and, in a second line, its interval."""

    title: str
    head: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


def sheets(summary: Sequence[Entry], baseline: str) -> Iterator[Sheet]:
    """For every kind of films: quality, differences to the baseline, link recall by gap and by kind, and costs."""
    for _, group in groupby(summary, key=lambda entry: tuple(entry[name] for name in GROUP)):
        entries = list(group)
        where = group_name(entries)
        yield _figures(f"Quality, {where}", TITLES, entries, "metrics")
        if any(name in entry["metrics"] for entry in entries for name in CHANNEL_TITLES):
            yield _figures(f"Recall of what is shown and said, {where}", CHANNEL_TITLES, entries, "metrics")
        metric = headline(entries)
        chosen = {name: TITLES[name] for name in TITLES if name in ("fact_recall", "link_recall", metric)}
        against = [entry for entry in entries if entry["difference"] and not is_bound(entry)]
        if against:
            yield _figures(f"Difference to {baseline}, {where}", chosen, against, "difference")
        linked = [entry for entry in entries if entry.get("gaps")]
        if linked:
            yield _gaps(f"Link recall by gap, {where}", linked)
            kinds = "what a link needs" if entries[0]["captions"] == "text" else "kind"
            yield _kinds(f"Link recall by {kinds}, {where}", linked)
        if weighed := [_by_weight(entry) for entry in linked if "by_weight" in entry]:
            yield _gaps(f"Weight of links told by gap, {where}", weighed)
            yield _kinds(f"Weight of links told by what a link needs, {where}", weighed)
        yield _figures(f"Costs, {where}", COST_TITLES, [e for e in entries if "calls" in e["metrics"]], "metrics")


def show(tables: Sequence[Sheet], skipped: Sequence[Skipped], remarks: Sequence[str]) -> None:
    """Print the tables and remarks on stdout; in a pipe in a fixed width."""
    # Rich knows what the terminal can draw: without UTF-8 the frames are plain ASCII.
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, markup=False)
    for sheet in tables:
        console.print(sheet.title, style="bold")
        for part in _parts(sheet, console.width):
            table = Table()
            for number, name in enumerate(part.head):
                table.add_column(name, justify="right" if number else "left", no_wrap=True)
            for row in part.cells:
                table.add_row(*row)
            console.print(table)
    for line in _remarks(skipped, remarks):
        console.print(line)


def _parts(sheet: Sheet, room: int) -> Iterator[Sheet]:
    """`sheet` in as many tables, one under the other, as it takes for none to be wider than `room` columns of a
    terminal, each with the first column: figures that are cut off are none."""
    rows = [sheet.head, *sheet.cells]
    widths = [max(cell_len(line) for row in rows for line in row[i].split("\n")) + 3 for i in range(len(sheet.head))]
    chosen: list[int] = []
    for column in range(1, len(widths)):
        if chosen and widths[0] + 1 + sum(widths[i] for i in chosen) + widths[column] > room:
            yield _only(sheet, chosen)
            chosen = []
        chosen.append(column)
    yield _only(sheet, chosen)


def _only(sheet: Sheet, columns: Sequence[int]) -> Sheet:
    kept = (0, *columns)
    head, *cells = (tuple(row[i] for i in kept) for row in (sheet.head, *sheet.cells))
    return Sheet(sheet.title, head, tuple(cells))


def markdown(tables: Sequence[Sheet], skipped: Sequence[Skipped], remarks: Sequence[str]) -> str:
    """The tables for a page of documentation."""
    lines: list[str] = []
    for sheet in tables:
        lines += [f"### {escaped(sheet.title)}", "", *aligned([_flat(row) for row in (sheet.head, *sheet.cells)]), ""]
    lines += [f"- {escaped(line)}" for line in _remarks(skipped, remarks)]
    return "\n".join(lines).rstrip() + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """A line a row, with every field that is one figure or one word."""
    out = io.StringIO()
    fields = [
        *ENTRY,
        *GROUP,
        "seed",
        "film",
        "said",
        "dialogue",
        *QUALITY,
        *COSTS,
        "writer",
        "llm",
        "llm_context",
        "version",
        "text",
        "error",
    ]
    writer = csv.DictWriter(out, fields, extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_json(
    rows: Sequence[Row], summary: Sequence[Entry], skipped: Sequence[Skipped], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole benchmark as one object. Keys are only ever added."""
    return {
        **settings,
        "rows": [{name: value for name, value in row.items() if name != "key"} for row in rows],
        "summary": list(summary),
        "skipped": [asdict(one) for one in skipped],
    }


def group_name(entries: Sequence[Entry]) -> str:
    """What the films of `entries`, which are of one kind, are called: "noisy lines, 14 chunks, 10 films"."""
    captions, evidence, chunks = (entries[0][name] for name in GROUP)
    films = max(entry["films"] for entry in entries)
    known = {"file": "captions from files", "model": "captions of a model", "text": "films as text"}
    told = known.get(captions, f"{captions} {evidence}")
    long = "" if chunks is None else f", {chunks} chunk{'s' * (chunks != 1)}"
    said = f", {entries[0]['said']:.0%} said" if "said" in entries[0] else ""
    return f"{told}{long}, {films} film{'s' if films != 1 else ''}{said}"


def _figures(title: str, titles: Mapping[str, str], entries: Sequence[Entry], part: str) -> Sheet:
    names = [name for name in titles if any(entry[part].get(name, {}).get("mean") is not None for entry in entries)]
    # Columns of nothing but noughts would only push the others off the screen.
    names = [n for n in names if not n.startswith("calls_") or any(e[part].get(n, {}).get("mean") for e in entries)]
    cells = tuple((name_of(entry), *(cell(entry[part].get(name), name) for name in names)) for entry in entries)
    return Sheet(title, ("strategy", *(titles[name] for name in names)), cells)


def _by_weight(entry: Entry) -> Entry:
    """`entry` with its figures by weight in place of those by count."""
    return {**entry, **entry["by_weight"]}


def _gaps(title: str, entries: Sequence[Entry]) -> Sheet:
    bins = sorted({(b["first"], b["last"]) for entry in entries for b in entry["gaps"]})
    head = ("strategy", *(f"gap {a}-{b}" if b is not None else f"gap {a}+" for a, b in bins), "slope per 10 chunks")
    cells = []
    for entry in entries:
        found = {(b["first"], b["last"]): b["recall"] for b in entry["gaps"]}
        cells.append((name_of(entry), *(cell(found.get(key), "recall") for key in bins), cell(entry["slope"], "slope")))
    return Sheet(title, head, tuple(cells))


def _kinds(title: str, entries: Sequence[Entry]) -> Sheet:
    kinds = sorted({kind for entry in entries for kind in entry["kinds"]})
    cells = tuple(
        (name_of(entry), *(cell(entry["kinds"].get(kind, {}).get("recall"), "recall") for kind in kinds))
        for entry in entries
    )
    return Sheet(title, ("strategy", *kinds), cells)


def name_of(entry: Entry) -> str:
    """What the tables and plots call the strategy of `entry`."""
    carry = "" if entry["carry"] == "none" else f" + {entry['carry']}"
    watch = "" if entry["watch"] == DEFAULT else f", {entry['watch']}"
    heard = f", {HEARD[entry['dialogue']]}" if entry.get("dialogue") in HEARD else ""
    eye = f", by eye ({counted(entry['films'], 'film')})" if entry["reader"] == EYE else ""
    return printable(f"{entry['strategy']}{carry}{watch}{heard}{eye}").replace("\n", " ")


def cell(interval: Mapping[str, Any] | None, name: str) -> str:
    """The mean of metric `name` and, in a second line, its interval; empty for none."""
    if interval is None:
        return ""
    text = _number(interval["mean"], name)
    if interval["low"] is None or interval["low"] == interval["high"]:
        return text
    return f"{text}\n{_number(interval['low'], name)} to {_number(interval['high'], name)}"


def _number(value: float, name: str) -> str:
    if name == "words" or (name in COUNTS and (value >= 100 or value == int(value))):
        return f"{value:.0f}"
    places = 1 if name in COUNTS else 3 if name == "slope" else 2
    # Adding nothing turns -0.00 into 0.00.
    return f"{round(value, places) + 0:.{places}f}"


def _remarks(skipped: Sequence[Skipped], remarks: Sequence[str]) -> list[str]:
    return [*(f"{one.label} was not run: {one.reason}" for one in skipped), *remarks]


def _flat(cells: Sequence[str]) -> list[str]:
    """`cells` as lines of Markdown, an interval in brackets behind its mean."""
    return [escaped(f"{cell.replace(chr(10), ' (', 1)})" if "\n" in cell else cell) for cell in cells]


def escaped(text: str) -> str:
    """`text` as one line of Markdown that says what it says."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
