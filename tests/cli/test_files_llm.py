"""`--llm files:DIR` through the commands: who answers by hand or by a program of their own gets a whole run."""

from __future__ import annotations

import io
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from longvid import api
from longvid.cli import options
from longvid.engine.backends import files
from longvid.engine.models import Models
from tests.answering import somebody
from tests.cli.program import Ended, longvid
from tests.cli.scripted import answer_at_once, watched
from tests.films import make_film
from tests.standins import plainly

ROWS = [f"In place {i} a man with a red hat takes the key {i}." for i in range(6)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "POLL_SECONDS", 0.01)
    monkeypatch.chdir(tmp_path)
    rows = [{"start": 60 * i, "end": 60 * i + 60, "caption": text} for i, text in enumerate(ROWS)]
    Path("said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def told(prompt: str) -> str:
    """What somebody says to `prompt`: the first sentences of its sources."""
    return " ".join(re.findall(r"In place \d a man with a red hat takes the key \d\.", prompt)[:4]) or "no"


def merge(strategy: str, *more: str) -> Ended:
    return longvid("merge", "--captions", "said.jsonl", "--strategy", strategy, "--llm", "files:box", *more)


def prompts(asked: list[list[dict[str, Any]]]) -> list[str]:
    return [row["prompt"] for batch in asked for row in batch]


def test_a_merge_that_somebody_answers_is_a_merge_like_any_other() -> None:
    with somebody(Path("box"), told) as asked:
        done = merge("map-reduce", "--json", "--length", "60")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert (value["writer"], value["degraded"]) == ("files:box", [])
    assert "red hat" in value["summary"]
    assert value["calls"]["write"] == len(set(prompts(asked))) >= 1
    assert done.stderr.splitlines() == [
        f"longvid: prompts are in {Path.cwd()}/box/pending.json; their answers are awaited in answers/ beside it"
    ]
    again = merge("map-reduce", "--json", "--length", "60")
    assert (again.stderr, json.loads(again.stdout)["summary"]) == ("", value["summary"])
    assert json.loads(again.stdout)["calls"]["write"] == 0


def test_after_ctrl_c_only_what_is_new_is_asked_and_the_text_is_the_same() -> None:
    command = ("refine", "--length", "60", "--set", "most=1")
    with somebody(Path("box"), told) as asked:
        whole = merge(*command, "-o", "whole")
    expected = prompts(asked)
    assert len(expected) > 2, "a chain, of which the middle can be broken"

    heard: list[str] = []

    def interrupts(prompt: str) -> str:
        if prompt != expected[2]:
            return told(prompt)
        if not heard:
            os.kill(os.getpid(), signal.SIGINT)
        heard.append(prompt)
        return ""

    Path("box").rename("first")
    with somebody(Path("box"), interrupts):
        broken = merge(*command, "-o", "broken")
    assert broken.returncode == 130
    assert "interrupted" in broken.stderr
    assert not Path("box/pending.json").exists()
    with somebody(Path("box"), told) as asked:
        done = merge(*command, "-o", "broken")
    assert prompts(asked) == expected[2:]
    assert (done.returncode, done.stdout.splitlines()[2:]) == (whole.returncode, whole.stdout.splitlines()[2:])


def test_another_strategy_or_folder_of_runs_asks_only_what_is_new() -> None:
    with somebody(Path("box"), told) as asked:
        first = merge("map-reduce", "--length", "60")
        known = prompts(asked)
        assert merge("hierarchical", "--length", "60", "-o", "out").returncode == 0
        new = prompts(asked)[len(known) :]
        assert not set(new) & set(known)
    again = merge("map-reduce", "--length", "60", "-o", "out", "-q")
    assert (again.returncode, again.stderr) == (0, ""), "nobody answers any more"
    assert again.stdout == first.stdout


def test_an_answer_that_is_changed_later_is_used_by_the_next_run() -> None:
    with somebody(Path("box"), told):
        before = merge("map-reduce", "--length", "60")
    (answer,) = Path("box/answers").iterdir()
    assert "In place 3 he takes" not in before.stdout
    answer.write_text("In place 5 a man with a red hat takes the key 5. In place 3 he takes the key 3.")
    after = merge("map-reduce", "--length", "60")
    assert "In place 3 he takes" in after.stdout


def test_an_answer_that_can_be_none_ends_the_run_with_one_line_and_the_same_command_goes_on() -> None:
    with somebody(Path("box"), told):
        before = merge("map-reduce", "--length", "60")
    some = next(Path("box/answers").iterdir())
    some.write_bytes(b"\xff\xfe")
    done = merge("map-reduce", "--length", "60")
    assert (done.returncode, done.stdout) == (1, "")
    assert [some.name in line and "is not UTF-8" in line for line in done.stderr.splitlines()] == [True]
    some.unlink()
    with somebody(Path("box"), told) as asked:
        assert merge("map-reduce", "--length", "60").stdout == before.stdout
    assert [row["id"] for batch in asked for row in batch] == [some.stem]


def test_a_summary_of_a_film_is_written_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_film(Path("film.mp4"), chunks=2)
    eye = answer_at_once(monkeypatch)
    eye.says = lambda prompt: plainly(" ".join(ROWS))
    scripted = api.open_models

    def opened(name: str, *, llm: str, llm_context: int, **_: object) -> Models:
        both: Models = scripted(name)
        both.llm, both.llm_name = files.FilesLLM(llm, context=llm_context), llm
        return both

    monkeypatch.setattr(api, "open_models", opened)
    command = ("summarize", film, "--strategy", "refine", "--llm", "files:box", "--llm-context", "2048")
    with somebody(Path("box"), told) as asked:
        done = longvid(*command, "--length", "60", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["llm"] == "files:box"
    assert (watched(eye) > 0, len(prompts(asked)) > 0) == (True, True)
    merged = longvid("merge", "film.longvid", "--strategy", "refine")
    assert merged.returncode == 1, "a run folder may come from anybody"


def test_the_commands_open_it_with_the_context_that_is_named(
    random_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    monkeypatch.setattr(options, "require_llm", lambda opened, strategy: seen.append(opened.llm))
    context = ("--llm-context", "2048")
    Path("film.mp4").write_bytes(b"no film")
    longvid("summarize", "film.mp4", "--model", random_model, "--llm", "files:box", *context)
    longvid("merge", "--captions", "none.jsonl", "--llm", "files:box", *context)
    assert [one.context for one in seen if isinstance(one, files.FilesLLM)] == [2048, 2048]


def test_a_benchmark_is_written_and_judged_by_hand() -> None:
    film = Path("films/one")
    film.mkdir(parents=True)
    (film / "captions.jsonl").write_text(Path("said.jsonl").read_text())
    (film / "synopsis.txt").write_text("A man with a red hat takes six keys.\n")

    def says(prompt: str) -> str:
        return "yes" if "yes or no" in prompt else told(prompt)

    command = ("bench", "merge", "--films", "films", "--strategies", "map-reduce", "--words", "60", "--no-plots",
               "--llm", "files:box", "--llm-context", "700", "--judge", "files:box", "--json")  # fmt: skip
    with somebody(Path("box"), says) as asked:
        done = longvid(*command)
    assert done.returncode == 0, done.stderr
    assert f"{Path.cwd()}/box/pending.json" in done.stderr
    row = next(row for row in json.loads(done.stdout)["rows"] if row["strategy"] == "map-reduce")
    assert (row["writer"], row["judge_recall"]) == ("files:box", 1.0)
    assert any("yes or no" in prompt for prompt in prompts(asked))
    assert not all("yes or no" in prompt for prompt in prompts(asked))
    kept = Path("bench-merge/rows.jsonl").read_bytes()
    assert longvid(*command).returncode == 0, "and nobody answers any more"
    assert Path("bench-merge/rows.jsonl").read_bytes() == kept


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_is_shown_how_many_answers_are_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    from longvid.cli.console import TerminalMonitor
    from longvid_benchmarks.terminal import progress_bar

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with TerminalMonitor() as monitor:
        monitor.film("film")
        monitor.advance("awaited", 2, 7)
    assert "answers awaited: 5" in screen.getvalue()
    with progress_bar("merging") as advance:
        advance(1, 4, "answers awaited: 3")
    assert "answers awaited: 3" in screen.getvalue()
