"""What the rows of a batch come to. Counts and adds; rates are those of one worker, so that shards add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from longvid.batch.results import STATUSES, Row
from longvid.text import counted

CALLS = ("watch", "ask", "write", "cached")
TOKENS = ("prompt", "answer")


def summarize(rows: Collection[Row], left: int = 0) -> dict[str, Any]:
    """The object of summary.json for `rows`, when `left` films have none. Keys are only ever added."""
    status = Counter(str(row["status"]) for row in rows)
    seconds = sum(float(row.get("seconds", {}).get("total", 0)) for row in rows)
    film = sum(float(row.get("duration", 0)) for row in rows)
    calls = {name: sum(int(row.get("calls", {}).get(name, 0)) for row in rows) for name in CALLS}
    answers = sum(calls.values())
    ended = sum(status.values()) - status["skipped"]
    return {
        "films": len(rows) + left,
        **{name: status[name] for name in STATUSES},
        "left": left,
        "duration": round(film, 3),
        "seconds": round(seconds, 3),
        "films_per_hour": round(ended * 3600 / seconds, 3) if seconds else None,
        "film_minutes_per_hour": round(film * 60 / seconds, 3) if seconds else None,
        "failures": dict(sorted(Counter(str(row["kind"]) for row in rows if row["status"] == "failed").items())),
        "calls": calls,
        "tokens": {name: sum(int(row.get("tokens", {}).get(name, 0)) for row in rows) for name in TOKENS},
        "cached_share": round(calls["cached"] / answers, 4) if answers else None,
    }


def told(summary: dict[str, Any]) -> str:
    """The summary in a line."""
    parts = [f"{summary[name]} {name}" for name in (*STATUSES, "left") if summary[name]]
    rate = f"; {summary['film_minutes_per_hour']:g} minutes of film an hour" if summary["film_minutes_per_hour"] else ""
    return f"{counted(summary['films'], 'film')}: {', '.join(parts) or 'nothing to do'}{rate}"
