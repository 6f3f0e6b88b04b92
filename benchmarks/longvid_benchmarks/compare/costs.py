"""What a run cost, read from its store: calls by kind, tokens, and the longest chain of calls.

Every answer that a strategy asked for counts, whether a model gave it now or the store had it from another strategy:
what a strategy costs must not depend on which one ran first. Asking the same again within a run is free.
"""

from __future__ import annotations

from pathlib import Path

from longvid.run.journal import read

KINDS = ("caption", "events", "survey", "ask", "write")


def costs(store: Path) -> dict[str, float | int]:
    """The last run in the store at `store`: `calls`, `calls_<kind>`, `retries`, `prompt_tokens`, `answer_tokens`,
    `depth` and `cached_share` (0 to 1).

    `depth` is the length of the longest chain of answers of which each was returned before the next was asked for. It
    is an upper bound of what truly waits for what, and is the time the run would take, in calls, on a device that runs
    any number of calls at once.
    """
    answers: dict[str, dict[str, object]] = {}
    retries = 0
    for event in read(store, last=True):
        if event["event"] in ("end", "cached"):
            answers.setdefault(str(event["key"]), event)
        retries += event["event"] == "retry"

    def total(field: str) -> int:
        return sum(int(str(event[field])) for event in answers.values())

    by_kind = {f"calls_{kind}": sum(event["kind"] == kind for event in answers.values()) for kind in KINDS}
    cached = sum(event["event"] == "cached" for event in answers.values())
    return {
        "calls": len(answers),
        **by_kind,
        "retries": retries,
        "prompt_tokens": total("prompt_tokens"),
        "answer_tokens": total("answer_tokens"),
        "depth": max((int(str(event["depth"])) for event in answers.values()), default=0),
        "cached_share": cached / len(answers) if answers else 0.0,
    }
