"""`longvid bench fuzz`: damage follows from seeds, every bad end is seen, and sound ones are counted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from longvid_benchmarks.cli import app
from longvid_benchmarks.fuzz import running
from longvid_benchmarks.fuzz.damage import damaged
from longvid_benchmarks.fuzz.films import KINDS, made
from longvid_benchmarks.fuzz.inside import read

DATA = bytes(range(256)) * 40
LEFT = '{"ended": "whole", "told": "", "peak": 100, "seconds": 0.1, "left": ["threads"]}'
LARGE = '{"ended": "whole", "told": "", "peak": 99000000000, "seconds": 0.1, "left": []}'
FINE = '{"ended": "whole", "told": "", "peak": 100, "seconds": 0.1, "left": []}'


def test_damage_is_decided_by_the_seed_and_there_is_always_some() -> None:
    films = [damaged(DATA, seed) for seed in range(200)]
    assert films == [damaged(DATA, seed) for seed in range(200)]
    assert sum(film != DATA for film in films) > 190
    assert all(films)


@pytest.mark.parametrize("data", [b"a", b"ab" * 3])
def test_a_tiny_file_can_be_damaged_too(data: bytes) -> None:
    assert all(damaged(data, seed) for seed in range(300))


def test_whole_films_of_every_kind_are_read_whole_and_nothing_is_left(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for kind, how in KINDS.items():
        path = tmp_path / f"a{how.suffix}"
        path.write_bytes(made(kind, tmp_path))
        found = read(path, scratch)
        assert (found["ended"], found["told"], found["left"]) == ("whole", "", [])


@pytest.mark.parametrize(
    ("child", "ended", "told"),
    [
        ("import os; input(); os.kill(os.getpid(), 11)", "crash", "SIGSEGV"),
        ("import sys; sys.exit(7)", "crash", "status 7"),
        ("import time; time.sleep(60)", "hang", "nothing was said for 1.5 s"),
        (f"input(); print('{FINE}')", "whole", ""),
        (f"input(); print('{LARGE}')", "memory", "MiB held"),
        (f"input(); print('{LEFT}')", "left", "threads"),
    ],
)
def test_every_way_to_end_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str, ended: str, told: str
) -> None:
    monkeypatch.setattr(running, "CHILD", (sys.executable, "-I", "-c", child))
    (one,) = running.run(["mkv"], 1, 5, patience=1.5 if ended == "hang" else 60, memory=1 << 30, keep=tmp_path)
    assert (one.ended, one.seed, one.sound) == (ended, 5, ended == "whole")
    assert told in one.told
    assert [path.name for path in sorted(tmp_path.iterdir())] == (
        [] if one.sound else [f"{ended}-5.mkv", f"{ended}-5.mkv.txt"]
    )


def test_a_child_that_is_gone_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHILD", (sys.executable, "-I", "-c", f"input(); print('{FINE}', flush=True)"))
    found = running.run(["mkv"], 3, 0, patience=30, memory=1 << 30)
    assert [one.ended for one in found] == ["whole", "crash", "whole"]


def test_the_command_prints_a_table_and_one_json_line() -> None:
    done = CliRunner().invoke(app, ["fuzz", "--films", "4", "--seed", "3", "--kinds", "mkv,ts", "-q"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["films"], told["seed"]) == (4, 3)
    assert told["whole"] + told["loss"] + told["refused"] == 4
    assert done.stdout.startswith("|")
