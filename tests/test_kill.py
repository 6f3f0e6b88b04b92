"""kill -9 at any moment, then the same command again: the same result, and nothing finished is done twice."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from longvid.run.journal import read
from tests.cli import program
from tests.killing import PHASES, killed_longvid
from tests.taught import Taught

STRATEGY = "hierarchical"


@dataclass(frozen=True)
class Outcome:
    status: int
    report: dict[str, Any] | None
    stderr: str


def command(taught: Taught, out: Path) -> list[str]:
    """The words that summarize the taught film into `out`."""
    given = ["summarize", str(taught.film), *taught.options(STRATEGY)]
    return [*given, "-o", str(out), "--json", "--batch-size", "2"]


def longvid(taught: Taught, out: Path) -> Outcome:
    """Summarize the taught film into `out`, to the end."""
    done = program.longvid(*command(taught, out))
    return Outcome(done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr)


def answers(out: Path) -> dict[str, tuple[Any, ...]]:
    """Every stored answer by its key."""
    path = next(out.glob("*.longvid/answers.sqlite"), None)
    if path is None:
        return {}
    db = sqlite3.connect(path)
    try:
        return {row[0]: row for row in db.execute("SELECT * FROM answers")}
    except sqlite3.OperationalError:
        return {}
    finally:
        db.close()


def begun(out: Path) -> Counter[str]:
    """How often each call was begun."""
    path = next(out.glob("*.longvid/answers.sqlite"), None)
    return Counter(event["key"] for event in read(path) if event["event"] in ("begin", "retry")) if path else Counter()


@pytest.fixture(scope="session")
def undisturbed(taught: Taught, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    outcome = longvid(taught, tmp_path_factory.mktemp("undisturbed"))
    assert outcome.status == 0, outcome.stderr
    assert outcome.report is not None
    assert outcome.report["summary"]
    return outcome.report


def check_kill(taught: Taught, undisturbed: dict[str, Any], out: Path, phase: str, count: int) -> bool:
    """Kill at that moment and go on; False if the run was over before the moment came."""
    killed = killed_longvid(phase, count, *command(taught, out), folder=out)
    if killed.returncode == 0:
        return False
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    kept, before = answers(out), begun(out)
    resumed = longvid(taught, out)
    assert resumed.status == 0, resumed.stderr
    assert resumed.report is not None
    assert resumed.report["summary"] == undisturbed["summary"]
    assert resumed.report["chunks"] == undisturbed["chunks"]
    final, after = answers(out), begun(out)
    assert {key: final[key] for key in kept} == kept, "a finished answer is used again byte for byte"
    assert set(final) == set(after)
    for key, times in after.items():
        in_flight = before[key] > 0 and key not in kept
        assert times == (2 if in_flight else 1), "only a call in flight is made again"
    again = longvid(taught, out)
    assert again.report is not None
    assert again.report["summary"] == undisturbed["summary"]
    assert begun(out) == after, "a finished run calls nothing"
    return True


@pytest.mark.parametrize(
    ("phase", "count"),
    [
        ("scanning", 3),
        ("watching", 9),
        ("writing", 5),
        ("committing-before", 2),
        ("committing-after", 2),
        ("checkpointing", 4),
    ],
)
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    taught: Taught, undisturbed: dict[str, Any], tmp_path: Path, phase: str, count: int
) -> None:
    assert check_kill(taught, undisturbed, tmp_path, phase, count), "the moment came"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_a_hundred_kills_at_random_moments(
    taught: Taught, undisturbed: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    phase = PHASES[seed % len(PHASES)]
    most = {"scanning": 20, "watching": 60, "writing": 60, "checkpointing": 20}.get(phase, 8)
    # A moment that this run never reaches is drawn again, earlier.
    while not check_kill(taught, undisturbed, tmp_path, phase, count := dice.randint(1, most)):
        most = count - 1
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
