"""`longvid batch`: many films overnight, and `longvid batch merge-results`: what several processes made of them."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from longvid.cli import options as o
from longvid.cli.cluster import RayOptions
from longvid.cli.groups import (
    DeviceOptions,
    DialogueOptions,
    HearingOptions,
    MergeOptions,
    RangeOptions,
    ServerOptions,
    TalkOptions,
    WatchOptions,
)
from longvid.cli.listening import require_said
from longvid.cli.sharing import with_options
from longvid.cli.shelf import JobMaker, ShelfOptions, ending
from longvid.cli.values import parse_formats
from longvid.cli.workers import Devices, parse_devices, run_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from longvid.api import Job
    from longvid.batch.results import Results, Row
    from longvid.batch.tasks import Task
    from longvid.batch.turns import Turns
    from longvid.cli.console import TerminalMonitor
    from longvid.engine.embedding import Embedder

    Maker = Callable[[Sequence[Task]], Turns]

RUN = "run"


class RunByDefault(TyperGroup):
    """A group whose first word may be missing: what is no command of it is an argument of `run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if args and args[0] in self.commands else [RUN, *args])


app = typer.Typer(cls=RunByDefault, help="Many films: folders, patterns, lists; safe to stop and start again.")


class Retry(StrEnum):
    failed = "failed"
    degraded = "degraded"
    all = "all"


@app.command(RUN)
@with_options
def run(
    shelf: ShelfOptions,
    *,
    retry: Annotated[
        list[Retry] | None,
        typer.Option("--retry", help="Do films again whose row says so; repeatable.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done: films, calls, tokens, GB. Writes nothing.")
    ] = False,
    max_failures: Annotated[
        int | None, typer.Option("--max-failures", metavar="N", min=1, help="Stop once N films have failed.")
    ] = None,
    ahead: Annotated[
        int, typer.Option("--ahead", metavar="N", min=0, max=64, help="Films that are read while one is watched.")
    ] = 1,
    ahead_gb: Annotated[
        float,
        typer.Option(
            "--ahead-gb", metavar="GB", min=0, help="Read no further ahead while films read ahead take so much disk."
        ),
    ] = 20.0,
    devices: Annotated[
        Devices | None,
        typer.Option(
            "--devices",
            metavar="LIST",
            parser=parse_devices,
            show_default=False,
            help="cuda:0,cuda:1,...: a process on each, which share the films; auto: every card of this machine.",
        ),
    ] = None,
    cluster: RayOptions,
    model: o.ModelId = o.DEFAULT_MODEL,
    merge: MergeOptions,
    watch: WatchOptions,
    device: DeviceOptions,
    asked: ServerOptions,
    cut: RangeOptions,
    said: DialogueOptions,
    heard: HearingOptions,
    exact_frames: o.ExactFrames = False,
    formats: o.Formats = "md,json",
    evidence: o.Evidence = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    talk: TalkOptions,
) -> None:
    """Summarize many films, each SOURCE a film, a folder, a pattern, or - for a list on standard input.

    Each film is a row in results.jsonl, which is appended as films end; summary.json counts them. The same command
    again goes on: films that have a row are left as they are. `longvid batch merge-results DIR...` puts shards
    together.

    Example: longvid batch films --exclude 'trailers/*' --model storyfilm-tiny -o out
    """
    from longvid.api import Job

    wanted = parse_formats(formats)
    entries, shard = shelf.entries(), shelf.shard_of()
    chosen = merge.chosen()
    require_said(chosen, said.hearing)
    read = cut.settings(watch.sampler, watch.frames, watch.fit, exact_frames=exact_frames)
    job = Job(chosen, read, device.seed, o.read_length(merge.length, chosen), wanted, shelf.output_dir)
    listening = said.listening([entry.path for entry in entries], heard.settings(device.device))
    job = replace(job, evidence=evidence, carry=watch.carried(), listening=listening, hearing=said.hearing)
    maker = JobMaker(job, merge)
    named = {"model": model, "llm": merge.llm, "llm_context": merge.llm_context, "embedder": merge.embedder}
    named |= {"template": watch.template.value, "label": watch.label.value if watch.label else None}
    named |= {"pixels": watch.pixels, "dtype": device.dtype.value if device.dtype else None}
    named |= {"frames_as": watch.frames_as.value, "model_context": watch.model_context}
    tasks = shelf.tasks(entries, maker, named, shard)
    again = {retrying.value for retrying in retry or ()}
    if dry_run:
        from longvid.cli.dryrun import show_forecast

        show_forecast(shelf.left(tasks, shelf.known(), again), len(tasks), model, merge, watch, talk, as_json=as_json)
        return
    from longvid.batch.deaths import tidy
    from longvid.batch.results import Results
    from longvid.batch.turns import InOrder
    from longvid.batch.work import Batch, Bounds
    from longvid.cli.console import TerminalMonitor
    from longvid.cli.faults import unforeseen
    from longvid.cli.running import interrupted, run_interruptible, tell_of_precision, tell_of_tracing
    from longvid.cli.streams import only_results
    from longvid.errors import BatchError
    from longvid.files import as_text
    from longvid.pipeline.progress import Silent
    from longvid.text import counted

    cluster.require_alone(device.device, "" if devices is not None else None)
    places = devices.found() if devices is not None else ()
    if devices is not None and device.device is not None:
        raise typer.BadParameter("name --device or --devices, one of the two", param_hint="'--devices'")
    with (
        Results(shelf.output_dir, shard) as results,
        TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor,
    ):
        todo = shelf.left(tasks, results.rows, again)

        def do(turns: Maker, place: str | None) -> int:
            """Do what is of `turns`, in this process and on one device; films left after too many failures."""
            kinds = (merge, watch, replace(device, device=place), asked, said)
            many = cluster.opened(
                model, maker.strategies, *kinds, frames=read.frames, hears=heard.hears, tell=monitor.warn
            )
            with many as (models, at_once):
                tell_of_precision(models, quiet=talk.quiet)
                embedder = merge.meaning()
                monitors: dict[str, TerminalMonitor] = {}

                def turn(task: Task, number: int) -> TerminalMonitor:
                    # Bars are of one film; of several only their lines are shown.
                    of = monitor if at_once == 1 else TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose)
                    (monitor.film if at_once == 1 else of.detail)(
                        f"[{number + 1}/{len(todo)}] {task.address or as_text(task.path)}"
                    )
                    monitors[task.key] = of
                    return of

                def ended(row: Row) -> None:
                    monitor.stop()
                    _tell(row, monitors.pop(row["key"]))

                mine = turns([replace(task, job=_placed(task.job, embedder, place)) for task in todo])
                bounds = Bounds(ahead, round(ahead_gb * 1e9 / max(1, len(places))), max_failures, at_once)
                with only_results():
                    return run_interruptible(
                        Batch(mine, models, results, turn, unforeseen, bounds, Silent()).run(ended)
                    )

        left = lost = 0
        if todo:
            tell_of_tracing()
            monitor.note(f"{len(todo)} of {len(tasks)} to do; rows go to {results.path}")
            try:
                if len(places) > 1:
                    left, lost = _share(todo, results, places, do, max_failures, monitor)
                else:
                    left = do(InOrder, places[0] if places else device.device)
            except KeyboardInterrupt as stopped:
                monitor.stop()
                raise interrupted(stopped) from None
            finally:
                tidy(shelf.output_dir)
        rows = [results.rows[task.key] for task in tasks if task.key in results.rows]
        ending(results, rows, len(tasks) - len(rows), as_json=as_json, stopped=left, limit=max_failures)
        if lost:
            raise BatchError(f"{counted(lost, 'film')} not done, as said above; the same command again goes on")


def _placed(job: Job, embedder: Embedder | None, place: str | None) -> Job:
    """`job` as it is done by a process that has the device `place`."""
    speech = job.listening.speech
    listening = job.listening if speech is None else replace(job.listening, speech=replace(speech, device=place))
    return replace(job, embedder=embedder, listening=listening)


def _share(
    tasks: Sequence[Task],
    results: Results,
    places: Sequence[str],
    do: Callable[[Maker, str], int],
    max_failures: int | None,
    monitor: TerminalMonitor,
) -> tuple[int, int]:
    """Have `tasks` done by a process on each of `places`. How many are left after too many failures, and how many
    because processes ended early."""
    import shutil
    from datetime import UTC, datetime

    from longvid.batch.turns import FOLDER, Shared, is_done

    since = datetime.now(UTC).isoformat(timespec="milliseconds")

    def work(place: str) -> None:
        do(lambda mine: Shared(mine, results, since), place)

    try:
        statuses = run_workers(places, work)
    finally:
        results.others()
        shutil.rmtree(results.path.parent / FOLDER, ignore_errors=True)
    for place, status in zip(places, statuses, strict=True):
        if status:
            monitor.warn(f"the process on {place} ended early, with status {status}")
    done = [results.rows[task.key] for task in tasks if is_done(task, results.rows, since)]
    left = len(tasks) - len(done)
    failures = sum(row["status"] == "failed" for row in done)
    return (left, 0) if max_failures is not None and failures >= max_failures else (0, left)


def _tell(row: Row, monitor: TerminalMonitor) -> None:
    """One line for a film that has ended, and one for each thing that is not as it should be."""
    if row["status"] in ("failed", "skipped"):
        monitor.error(row["error"])
    else:
        monitor.note(f"{row['path']}: {row['status']}, {row['seconds']['total']:.1f} s; {row['run']}")
    for line in row.get("problems", ()):
        monitor.degraded(row["film"], line)


@app.command("merge-results")
def merge_results(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="Folders with results of shards.", show_default=False, file_okay=False),
    ],
    output_dir: Annotated[
        Path | None, typer.Option("-o", "--output-dir", metavar="DIR", help="Where they go. [default: the first DIR]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
) -> None:
    """Put the rows of all DIRs into one results.jsonl and one summary.json; of one film the latest row counts.

    Example: longvid batch merge-results out
    """
    from longvid.batch.results import Results, latest, read_folder
    from longvid.errors import BatchError

    found = []
    for folder in folders:
        rows = read_folder(folder)
        if not rows:
            raise BatchError(f"{folder}: holds no results of a batch; name the folder that -o DIR of `batch` named")
        found += rows
    with Results(output_dir or folders[0]) as results:
        results.replace(latest([*found, *results.rows.values()]))
        ending(results, sorted(results.rows.values(), key=lambda row: str(row.get("path"))), 0, as_json=as_json)
