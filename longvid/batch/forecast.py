"""What a batch would take, by the plan of each film: every film is scanned, nothing is asked and nothing written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from longvid.api import Monitor, Plan, Reckoned
from longvid.api import plan as plan_film
from longvid.batch.tasks import Task
from longvid.cogvlm2.estimates import Label, Template
from longvid.errors import LongvidError
from longvid.files import as_text

COUNTS = ("chunks", "watch", "write", "tokens_read", "tokens_written", "disk_bytes")


async def forecast(
    tasks: Sequence[Task],
    monitor_of: Callable[[Task, int], Monitor],
    explain: Callable[[BaseException], str],
    reckoned: Reckoned,
    pixels: int,
    template: Template,
    label: Label,
) -> dict[str, Any]:
    """For each of `tasks`, and for all of them: most calls and tokens, and bytes of the clips that will be on the disk.

    `pixels` are those of a frame. Films that cannot be planned have an `error`; `explain` says what nobody foresaw.
    """
    films, memory = [], dict(reckoned.needed())
    for number, task in enumerate(tasks):
        row: dict[str, Any] = {"film": as_text(task.path.name), "path": task.address or as_text(task.path)}
        if task.address:
            told = task.known.error or f"{row['path']}: lies in a store, and is planned once it is fetched, by its turn"
            films.append(row | {"error": as_text(told)})
            continue
        try:
            plan = await plan_film(
                task.path, task.job, monitor_of(task, number), template=template, label=label, reckoned=reckoned
            )
        except LongvidError as error:
            films.append(row | {"error": as_text(str(error))})
            continue
        except (Exception, SystemExit) as error:  # the others are still worth planning
            films.append(row | {"error": as_text(f"{row['path']}: {explain(error)}")})
            continue
        films.append(row | _counted(plan, pixels, watches=task.job.hearing != "said-only"))
    totals = {name: sum(row.get(name, 0) for row in films) for name in COUNTS}
    duration = round(sum(row.get("duration", 0) for row in films), 3)
    errors = sum("error" in row for row in films)
    return {"films": films, "failed": errors, "duration": duration, **totals, "memory_bytes": memory}


def _counted(plan: Plan, pixels: int, *, watches: bool) -> dict[str, Any]:
    frames = sum(map(len, plan.frames)) if watches else 0
    return {
        "duration": round(plan.duration, 3),
        "chunks": len(plan.chunks),
        "watch": plan.told + plan.calls.ask if watches else 0,
        "write": plan.calls.write,
        "tokens_read": (plan.watch_tokens if watches else 0) + plan.write_tokens,
        "tokens_written": plan.answer_tokens,
        "disk_bytes": frames * 3 * pixels,
        "strategy": plan.strategy,
        "warnings": list(plan.warnings),
    }
