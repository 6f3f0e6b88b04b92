"""Strategies on the command line: settings, files that are not installed, plug-ins that are broken, evidence."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest

from longvid.strategy.registry import GROUP
from tests.cli.program import longvid

OWN = '''"""The first words of every caption."""
from langgraph.graph import END, StateGraph
from pydantic import Field
from longvid.strategy import CaptionState, Estimate, Strategy, StrategyConfig, add_captions

class Config(StrategyConfig):
    words: int = Field(default=3, ge=1, le=9, description="words of each caption")

class Heads(Strategy[Config]):
    name, version, summary = "heads", "1", "the first words of every caption"
    needs = frozenset({"caption"})
    Config = Config

    def estimate(self, n, limits):
        return Estimate(caption=n, depth=min(n, 1))

    def build(self, context):
        async def cut(state):
            heads = [" ".join(context.text(key).split()[: self.config.words]) for key in state.get("captions", [])]
            return {"result": context.keep(" / ".join(heads))}

        graph = StateGraph(CaptionState)
        add_captions(graph, context, then="cut")
        graph.add_node("cut", cut)
        graph.add_edge("cut", END)
        return graph.compile()
'''


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with captions of three chunks and a strategy in a file."""
    rows = [{"start": 60 * i, "end": 60 * i + 60, "caption": f"Man {i} takes the red key."} for i in range(3)]
    (tmp_path / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def merge(*more: str) -> Any:
    return longvid("merge", "--captions", "said.jsonl", "--strategy", "own.py:Heads", *more)


@pytest.mark.usefixtures("desk")
def test_a_strategy_in_a_file_is_used_and_shown_by_its_path() -> None:
    done = merge("--json")
    assert (done.returncode, done.stderr) == (0, "")
    value = json.loads(done.stdout)
    assert (value["strategy"], value["summary"]) == ("heads", "Man 0 takes / Man 1 takes / Man 2 takes")
    assert "heads" not in longvid("strategies", "list").stdout
    shown = longvid("strategies", "show", "own.py:Heads").stdout
    assert shown.startswith("heads 1: the first words of every caption\n")
    assert "words = 3  words of each caption" in shown


def test_settings_are_reported_and_leave_the_outputs_of_the_defaults_alone(desk: Path) -> None:
    assert merge().returncode == 0
    (desk / "settings.toml").write_text("[heads]\nwords = 2\n")
    value = json.loads(merge("--config", "settings.toml", "--json").stdout)
    assert (value["summary"], value["settings"]) == ("Man 0 / Man 1 / Man 2", {"words": 2})
    value = json.loads(merge("--config", "settings.toml", "--set", "words=1", "--json").stdout)
    assert (value["summary"], value["settings"]) == ("Man / Man / Man", {"words": 1})
    markdown = sorted((desk / "said.longvid").glob("said.heads*.md"))
    assert len(markdown) == 3
    assert "Man 0 takes / Man 1 takes" in (desk / "said.longvid" / "said.heads.md").read_text()
    assert sum("strategy heads (words = 1)" in path.read_text() for path in markdown) == 1


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("command", [["merge", "--captions", "said.jsonl"], ["summarize", "x.mp4"], ["plan", "x.mp4"]])
@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("word=2", "did you mean words?"),
        ("words=0", "a whole number, at least 1 and at most 9"),
        ("words", "key=value"),
    ],
)
def test_a_bad_setting_is_wrong_usage_and_says_what_is_allowed(command: list[str], setting: str, says: str) -> None:
    done = longvid(*command, "--strategy", "own.py:Heads", "--set", setting)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


def test_a_file_that_cannot_run_is_one_line_with_its_line(desk: Path) -> None:
    (desk / "own.py").write_text(OWN + "nonsense\n")
    done = merge()
    assert done.returncode == 1
    assert done.stderr.startswith(f"longvid: error: own.py, line {OWN.count(chr(10)) + 1}: NameError: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_edited_file_gives_its_own_result(desk: Path) -> None:
    assert merge().returncode == 0
    (desk / "own.py").write_text(OWN.replace('" / "', '" + "'))
    assert json.loads(merge("--json").stdout)["summary"] == "Man 0 takes + Man 1 takes + Man 2 takes"


@pytest.mark.usefixtures("desk")
def test_broken_plug_ins_are_reported_and_harm_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = [
        EntryPoint("concat", "elsewhere:Concat", GROUP),
        EntryPoint("broken", "nobody_has_this:X", GROUP),
        EntryPoint("\x1b[2Jodd", "longvid.text:printable", GROUP),
    ]
    monkeypatch.setattr("longvid.strategy.registry.entry_points", lambda group: [*entry_points(group=group), *extra])
    listed = longvid("strategies", "list")
    assert listed.returncode == 0
    assert "refine" in listed.stdout
    assert "concat" not in {line.split()[0] for line in listed.stdout.splitlines()}
    assert "several strategies are called concat" in listed.stderr
    assert "strategy broken (nobody_has_this:X) cannot be loaded" in listed.stderr
    assert "\x1b" not in listed.stdout + listed.stderr
    assert merge().returncode == 0


@pytest.mark.usefixtures("desk")
def test_evidence_that_a_strategy_does_not_keep_is_said_in_one_line() -> None:
    done = merge("--evidence")
    assert done.returncode == 0
    assert "There is none: heads keeps no record" in done.stdout
    assert done.stdout.replace("\\", "") in Path("said.longvid/said.heads.md").read_text().replace("\\", "")
    assert "Evidence" not in merge().stdout
