"""The films of a batch as its options name them: found, each with what is to be done with it, and which are left.

Knows nothing of models, and starts no work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.batch.manifest import LARGEST, Entry, read_list, read_manifest
from longvid.batch.shards import WHOLE, Shard, of_slurm, parse_shard
from longvid.batch.sources import find
from longvid.batch.stores import in_store
from longvid.cli import options as o
from longvid.cli.console import fail, note
from longvid.cli.groups import MergeOptions
from longvid.cli.listening import require_said
from longvid.cli.values import parse_path, parse_path_or_word, parse_time
from longvid.errors import BatchError, LongvidError

if TYPE_CHECKING:
    from longvid.batch.results import Results, Row
    from longvid.batch.tasks import Task
    from longvid.pipeline.job import Job
    from longvid.strategy.contract import Strategy


class OrderName(StrEnum):
    given = "given"
    name = "name"
    smallest = "smallest"
    largest = "largest"
    newest = "newest"


@dataclass(frozen=True)
class ShelfOptions:
    """Which films, in which order, and where results go."""

    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Films, folders, patterns, -.", show_default=False),
    ] = None
    manifest: Annotated[
        list[Path] | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="A list of films: .csv, or a film or JSON object a line; columns film, strategy, length, subtitles, "
            "start, end. Repeatable.",
            parser=parse_path,
            show_default=False,
        ),
    ] = None
    include: Annotated[
        list[str] | None,
        typer.Option(
            "--include", metavar="PATTERN", help="Files to take of folders and patterns; repeatable. [default: films]"
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="PATTERN", help="Files and folders to leave out; repeatable."),
    ] = None
    order: Annotated[OrderName, typer.Option("--order", help="Which films come first.")] = OrderName.given
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Do so many films at most.")] = None
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Do the I-th of N shares of the films. [default: that of a Slurm job array, else all]",
            show_default=False,
        ),
    ] = None
    output_dir: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output-dir",
            metavar="DIR",
            help="Where run folders, results.jsonl and summary.json go.",
            parser=parse_path,
        ),
    ] = Path("longvid-batch")

    def entries(self) -> list[Entry]:
        """The films that are named, in this order. Raises BatchError; faults of lists end the program, a line each."""
        if not self.sources and not self.manifest:
            raise typer.BadParameter("name films, folders or patterns, - for a list on standard input, or --manifest")
        found: list[Entry] = []
        faults: list[str] = []
        for source in self.sources or ():
            source = source if in_store(source) else parse_path_or_word(source)
            if source == "-":
                listed = read_list(_standard_input(), "standard input", Path())
                found += listed.entries
                faults += listed.faults
            else:
                found += find(source, self.include or (), self.exclude or ())
        for path in self.manifest or ():
            listed = read_manifest(path)
            found += listed.entries
            faults += listed.faults
        _end_with(faults)
        if not found:
            raise BatchError("no films are named in the lists; put a film on a line")
        return found

    def shard_of(self) -> Shard:
        """The share of this process. Raises typer.BadParameter."""
        try:
            if self.shard is not None:
                return parse_shard(self.shard)
            found = of_slurm(os.environ)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="'--shard'") from error
        if found is not None:
            note(f"share {found.index}/{found.count} of the films, as this task of a Slurm job array")
        return found or WHOLE

    def tasks(self, entries: Sequence[Entry], maker: JobMaker, named: Mapping[str, Any], shard: Shard) -> list[Task]:
        """What is to be done by `shard`; faults of options end the program, a line each."""
        from longvid.batch.tasks import plan_tasks

        jobs, faults = {}, []
        for entry in entries:
            try:
                jobs[id(entry)] = maker.make(entry)
            except (typer.BadParameter, LongvidError) as error:
                faults.append(f"{entry.where}: {error.message if isinstance(error, typer.BadParameter) else error}")
        _end_with(faults)
        planned = plan_tasks(
            entries, lambda entry: jobs[id(entry)], named, self.order.value, self.output_dir / ".fetched"
        )
        return [task for task in planned if shard.has(task)]

    def known(self) -> Mapping[str, Row]:
        """The rows that are there, without touching them. Raises BatchError."""
        from longvid.batch.results import latest, read_folder

        return latest(read_folder(self.output_dir))

    def left(self, tasks: Sequence[Task], rows: Mapping[str, Row], again: Collection[str]) -> list[Task]:
        """Those of `tasks` that have no row yet, or one that is to be tried `again`: by its status, or "all"."""
        from longvid.batch.results import ENDED

        def is_left(task: Task) -> bool:
            status = rows[task.key]["status"] if task.key in rows else None
            return status not in ENDED or status in again or "all" in again

        return [task for task in tasks if is_left(task)][: self.limit]


class JobMaker:
    """What is to be done with each film: the job of the batch with what the film's row says in its place."""

    def __init__(self, job: Job, merge: MergeOptions) -> None:
        self._job, self._merge = job, merge
        self._chosen: dict[str, Strategy[Any]] = {merge.strategy: job.strategy}

    @property
    def strategies(self) -> list[Strategy[Any]]:
        """All that a film is merged by, that of the batch first."""
        return list(self._chosen.values())

    def make(self, entry: Entry) -> Job:
        """The job for `entry`. Raises typer.BadParameter and StrategyError for options that cannot be."""
        told, job = entry.options, self._job
        name = told.get("strategy", self._merge.strategy)
        if name not in self._chosen:
            if ":" in name:
                # A list may come from anybody, and the file of a strategy is run.
                raise typer.BadParameter(f"{name!r} is no installed strategy; a file is named by --strategy alone")
            # Settings by --set are of the strategy that was named beside them; a file of settings has tables for all.
            self._chosen[name] = o.read_strategy(name, None, self._merge.config)
            require_said(self._chosen[name], job.hearing)
        strategy = self._chosen[name]
        words = job.words if "write" in strategy.may_call() else None
        if "length" in told:
            words = o.read_length(told["length"], strategy)
        start = parse_time(told["start"]) if "start" in told else job.read.start
        end = parse_time(told["end"]) if "end" in told else job.read.end
        if end is not None and end <= (start or 0.0):
            raise typer.BadParameter(f"end at {end:g} s is not after the start at {start or 0:g} s")
        job = replace(job, strategy=strategy, words=words, read=replace(job.read, start=start, end=end))
        if "subtitles" in told:
            job = replace(job, listening=replace(job.listening, subtitles=_subtitles(told["subtitles"], entry.base)))
        return replace(job, directory=(job.directory or Path()) / entry.below)


def ending(
    results: Results, rows: Collection[Row], left: int, *, as_json: bool, stopped: int = 0, limit: int | None = None
) -> None:
    """Write and print the summary of `rows`. Raises typer.Exit with the status, as films have it."""
    from longvid.batch.summary import summarize, told
    from longvid.cli.running import ERROR, INCOMPLETE, print_json

    summary = summarize(rows, left)
    results.summarize(summary)
    if stopped:
        note(f"stopped after {limit} failures; the same command again goes on with the others")
    if as_json:
        print_json(summary)
    else:
        typer.echo(f"{told(summary)}; rows in {results.path}")
    if rows and summary["failed"] == len(rows):
        raise typer.Exit(ERROR)
    if summary["done"] < len(rows):
        raise typer.Exit(INCOMPLETE)


def _subtitles(value: str, base: Path) -> Any:
    """The subtitles that a row names, a file relative to `base`. Raises typer.BadParameter."""
    from longvid.film import parse_subtitles

    try:
        choice = parse_subtitles(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return replace(choice, file=base / choice.file) if choice.file is not None else choice


def _standard_input() -> bytes:
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BatchError(f"standard input: over {LARGEST >> 20} MiB; split it into several")
    return data


def _end_with(faults: Sequence[str]) -> None:
    """End the program where there are faults of lists: one line each."""
    for line in faults:
        fail(line)
    if faults:
        raise typer.Exit(1)
