"""Streams that are closed, full or left by their reader, and plug-ins that print: results and status are as ever."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import longvid

PRINTS = '''"""Prints wherever it can."""
import os, subprocess, sys
from langgraph.graph import END, StateGraph
from longvid.strategy import CaptionState, Estimate, Strategy, StrategyConfig

print("while it is read")
OUT = sys.stdout

class Prints(Strategy[StrategyConfig]):
    name, version, summary = "prints", "1", "prints wherever it can"
    needs, Config = frozenset({"caption"}), StrategyConfig

    def estimate(self, n, limits):
        print("while it estimates")
        return Estimate(caption=n)

    def build(self, context):
        async def tell(state):
            print("while it works")
            print("where it had found stdout", file=OUT)
            subprocess.run(["echo", "from a process"], check=True)
            os.write(1, b"past Python\\n")
            return {"result": context.keep("All is well.")}

        graph = StateGraph(CaptionState)
        graph.add_node("tell", tell)
        graph.set_entry_point("tell")
        graph.add_edge("tell", END)
        return graph.compile()
'''


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with captions of three films and a strategy that prints."""
    for name in "abc":
        (tmp_path / f"{name}.jsonl").write_text(f'{{"start": 0, "end": 60, "caption": "{name} sits."}}\n')
    (tmp_path / "prints.py").write_text(PRINTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """`script` run by bash, in which LONGVID is the program."""
    program = f"{sys.executable} -m longvid"
    root = str(Path(__file__).parent.parent.parent)
    path = os.pathsep.join([root, f"{root}/strategies", f"{root}/benchmarks"])
    return subprocess.run(
        ["bash", "-c", script.replace("LONGVID", program)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )


class Broken(io.StringIO):
    """A stdout that takes nothing."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        del text
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.usefixtures("desk")
def test_what_a_strategy_prints_goes_to_stderr() -> None:
    done = shell("LONGVID merge --captions a.jsonl --strategy prints.py:Prints --json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"] == "All is well."
    for said in ("while it is read", "it estimates", "while it works", "had found", "from a process", "past Python"):
        assert said in done.stderr


@pytest.mark.usefixtures("desk")
def test_what_a_strategy_prints_while_it_is_shown_goes_to_stderr() -> None:
    done = longvid("strategies", "show", "prints.py:Prints")
    assert done.stdout.startswith("prints 1: ")
    assert "while it is read" in done.stderr


@pytest.mark.parametrize("closed", ["2>&- <&-", "2>/dev/full"])
def test_status_and_output_do_not_depend_on_stderr(desk: Path, closed: str) -> None:
    (desk / "bad.jsonl").write_text("nonsense\n")
    done = shell(f"LONGVID merge --captions bad.jsonl --captions a.jsonl --strategy concat {closed}")
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.startswith("# a.jsonl\n")


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE], ids=["full", "reader gone"])
def test_a_batch_that_cannot_print_does_the_other_films_and_says_where_they_are(
    desk: Path, number: int, more: tuple[str, ...]
) -> None:
    files = [word for name in "abc" for word in ("--captions", f"{name}.jsonl")]
    done = longvid("merge", *files, "--strategy", "concat", *more, stdout=Broken(number))
    assert done.returncode == 1
    for name, line in zip("abc", done.stderr.splitlines(), strict=True):
        said = f"longvid: error: {name}.jsonl: its result cannot be printed: {os.strerror(number)}; it is in "
        assert line.startswith(said)
        assert line.endswith(f"{name}.longvid")
    assert len(list(desk.glob("*.longvid/*.concat.md"))) == 3


def test_what_is_no_film_speaks_of_no_run_folder() -> None:
    done = longvid("strategies", "list", stdout=Broken(errno.ENOSPC))
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        ["longvid: error: the output cannot be printed: No space left on device"],
    )


def test_a_real_stdout_that_is_full_is_one_line() -> None:
    done = shell("LONGVID --version > /dev/full")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
