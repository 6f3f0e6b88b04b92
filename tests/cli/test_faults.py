"""What nobody foresaw: a fault of a plug-in is told as its own, with file and line; JSON has the films that failed."""

from __future__ import annotations

import json
import os
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from longvid.strategy.registry import GROUP
from tests.cli.program import Ended, longvid

OWN = '''"""A strategy of one's own, with a fault."""
import json
from langgraph.graph import END, StateGraph
from longvid.strategy import CaptionState, Estimate, Strategy, StrategyConfig

class State(CaptionState, total=False):
    extras: dict
    evidence: str

class Own(Strategy[StrategyConfig]):
    name, version, summary = "own", "1", "has a fault"
    needs, Config = frozenset({"caption"}), StrategyConfig

    def estimate(self, n, limits):
        ESTIMATE
        return Estimate(caption=n)

    def build(self, context):
        BUILD
        async def tell(state):
            TELL
            return {"result": context.keep("All is well.")}

        graph = StateGraph(State)
        graph.add_node("tell", tell)
        graph.set_entry_point("tell")
        graph.add_edge("tell", END)
        return graph.compile()
'''


@pytest.fixture(autouse=True)
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "said.jsonl").write_text('{"start": 0, "end": 60, "caption": "A man sits."}\n')
    monkeypatch.chdir(tmp_path)


def own(where: str, line: str) -> str:
    """The source of a strategy with `line` at one place; the others do nothing."""
    source = OWN
    for place in ("ESTIMATE", "BUILD", "TELL"):
        source = source.replace(place, line if place == where else "pass")
    return source


def merge(strategy: str = "own.py:Own", *more: str) -> Ended:
    return longvid("merge", "--captions", "said.jsonl", "--strategy", strategy, *more)


@pytest.mark.parametrize(
    ("where", "line", "says"),
    [
        ("TELL", "raise ValueError('my own bug')", "ValueError: my own bug"),
        ("TELL", "json.loads('{')", "JSONDecodeError: Expecting"),
        ("TELL", "assert False", "AssertionError"),
        ("TELL", "raise SystemExit(0)", "SystemExit: 0"),
        ("BUILD", "1 / 0", "ZeroDivisionError: division by zero"),
        ("ESTIMATE", "return self.none", "AttributeError: "),
    ],
)
def test_a_fault_of_ones_own_strategy_is_told_with_its_file_and_line(where: str, line: str, says: str) -> None:
    source = own(where, line)
    Path("own.py").write_text(source)
    done = merge()
    (told,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    number = source.splitlines().index(next(row for row in source.splitlines() if row.strip() == line)) + 1
    assert f"own.py, line {number}: {says}" in told
    assert "fault of longvid" not in told
    log = Path(told.partition("traceback in ")[2].rstrip(")"))
    assert "Traceback" in log.read_text()


def test_a_wrong_call_into_longvid_names_the_line_that_called() -> None:
    Path("own.py").write_text(own("TELL", "context.text('nothing')"))
    (told,) = merge().stderr.splitlines()
    assert "in a call from own.py, line 21" in told
    assert "fault of longvid" not in told


def test_a_strategy_of_another_package_is_told_as_its_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("somebody.strategies")
    module.__file__ = "somebody/strategies.py"
    exec(compile(own("TELL", "raise ValueError('theirs')"), module.__file__, "exec"), module.__dict__)
    monkeypatch.setitem(__import__("sys").modules, "somebody.strategies", module)
    known = [*entry_points(group=GROUP), EntryPoint("own", "somebody.strategies:Own", GROUP)]
    found = {"longvid.strategies": known}
    for place in ("longvid.strategy.registry", "importlib.metadata"):
        monkeypatch.setattr(f"{place}.entry_points", lambda *, group: found.get(group, []))
    (told,) = merge("own").stderr.splitlines()
    assert "somebody/strategies.py, line 21: ValueError: theirs" in told


def test_a_fault_of_longvid_is_told_as_one() -> None:
    with patch("longvid.api.merge", side_effect=ZeroDivisionError("ours")):
        (told,) = merge("concat").stderr.splitlines()
    assert "this is a fault of longvid, please report it: ZeroDivisionError: ours" in told


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{}", "gives no result"),
        ('{"result": 7}', "gives no result"),
        ('{"result": "nothing"}', "no text was kept"),
        ('{"result": context.keep("All."), "evidence": context.keep("[" * 2000)}', "evidence"),
        ('{"result": context.keep("All."), "extras": {"tree": "nothing"}}', "no text was kept"),
    ],
)
def test_a_result_that_is_none_is_told_as_the_strategys(given: str, says: str) -> None:
    Path("own.py").write_text(own("TELL", f"return {given}"))
    done = merge()
    (told,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert told.startswith("longvid: error: strategy own")
    assert says in told


def test_a_strategy_that_builds_no_graph_is_told_as_its_own() -> None:
    Path("own.py").write_text(own("BUILD", "return None"))
    (told,) = merge().stderr.splitlines()
    assert told == "longvid: error: strategy own builds no graph: `build` must return a compiled one"


def test_json_has_a_line_for_a_film_that_failed() -> None:
    name = os.fsdecode(b"caf\xe9.jsonl")
    Path("sub").mkdir()
    Path("sub/said.jsonl").write_text("nonsense\n")
    Path(name).write_text(Path("said.jsonl").read_text())
    files = [word for file in ("sub/said.jsonl", "said.jsonl", name, "none.jsonl") for word in ("--captions", file)]
    done = longvid("merge", *files, "--strategy", "concat", "--json")
    assert done.returncode == 3
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["film"], row["path"], row["status"]) for row in told] == [
        ("said.jsonl", "sub/said.jsonl", "failed"),
        ("said.jsonl", "said.jsonl", "ok"),
        ("caf\\xe9.jsonl", "caf\\xe9.jsonl", "ok"),
        ("none.jsonl", "none.jsonl", "failed"),
    ]
    assert [f"longvid: error: {row['error']}" for row in told if "error" in row] == done.stderr.splitlines()


def test_json_has_a_line_for_a_single_film_that_failed() -> None:
    done = longvid("merge", "--captions", "none.jsonl", "--strategy", "concat", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"].startswith("none.jsonl: cannot be read")
