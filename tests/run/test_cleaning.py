"""What of a run folder goes by itself: the oldest of the plans that its last run does not use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid.errors import RunError
from longvid.run import FilmIdentity, RunFolder, open_for
from longvid.run.cleaning import leftovers, trim
from longvid.run.files import write_json

PLANS = [f"{number:016x}" for number in range(1, 5)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    """Four plans of 1,000 bytes and a little; the first is the newest and the last run's, the fourth the oldest."""
    with open_for(FilmIdentity(tmp_path / "a.mp4", "ab" * 16, 1)) as run:
        for age, name in enumerate(PLANS):
            plan = run.clips_path / name
            plan.mkdir(parents=True)
            (plan / "00000.safetensors").write_bytes(bytes(1000))
            write_json(plan / "plan.json", {})
            os.utime(plan / "plan.json", (10_000 - age, 10_000 - age))
        write_json(run.settings_path, {"plan": PLANS[0]})
        yield run


def left(folder: RunFolder) -> list[str]:
    return sorted(path.name for path in folder.clips_path.iterdir())


@pytest.mark.parametrize(("budget", "kept"), [(3500, 4), (3000, 3), (1500, 2), (0, 1)])
def test_the_oldest_go_until_the_rest_is_within_the_budget(folder: RunFolder, budget: int, kept: int) -> None:
    gone = trim(folder, budget)
    assert left(folder) == PLANS[:kept]
    assert [one.path.name for one in gone] == PLANS[kept:][::-1]
    assert sum(one.size for one in leftovers(folder)) <= budget


def test_what_was_never_finished_goes_first(folder: RunFolder) -> None:
    (folder.clips_path / PLANS[1] / "plan.json").unlink()
    trim(folder, 2500)
    assert left(folder) == [PLANS[0], PLANS[2], PLANS[3]]


def test_a_folder_without_a_finished_run_keeps_all(folder: RunFolder) -> None:
    folder.settings_path.unlink()
    with pytest.raises(RunError, match="no finished run"):
        trim(folder, 0)
    assert left(folder) == PLANS
