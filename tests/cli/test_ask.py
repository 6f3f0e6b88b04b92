"""`longvid ask` and `longvid search`: what is printed, and how they end."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.asking.runs import run_of
from tests.cli.program import longvid


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_of("harbour", tmp_path_factory.mktemp("asked"))


def test_an_answer_is_printed_with_its_times_and_what_it_rests_on(run: Path) -> None:
    ended = longvid("ask", run, "When is the shattered green lamp seen?", "--llm", "none")
    assert ended.returncode == 0, ended.stderr
    answer, blank, *evidence = ended.stdout.splitlines()
    assert answer.endswith("[0:11:03]")
    assert blank == ""
    assert evidence[0].startswith("[0:11:03] seen: ")


def test_that_the_film_does_not_show_it_is_status_0(run: Path) -> None:
    ended = longvid("ask", run, "What is the dog called?", "--llm", "none")
    assert (ended.returncode, ended.stdout) == (0, "The film does not show it.\n")


def test_an_answer_without_evidence_is_status_3(run: Path, tmp_path: Path) -> None:
    box = tmp_path / "box"
    question = "Who pushed Aldo?"
    from longvid.api import Session, open_existing, open_llm_models, wait
    from longvid.engine.backends.files import id_of
    from longvid.engine.request import Raw, Request

    models = open_llm_models(f"files:{box}")
    asked: list[Request] = []

    def answer(requests: list[Request], **_: object) -> list[Raw]:
        asked.extend(requests)
        return [Raw("not shown", "stop", 1, 1) for _ in requests]

    models.llm.answer = answer  # type: ignore[method-assign, assignment]  # to see what will be asked
    with open_existing(run) as folder:
        wait(Session(folder, models).ask(question + " "))
    # Asked through files, the same prompt finds this answer waiting.
    other = asked[0].prompt
    (box / "answers" / f"{id_of(Request('write', other, 1))}.txt").write_text("Reginald did it [1].")
    for store in run.glob("answers.sqlite*"):
        store.unlink()
    ended = longvid("ask", run, question, "--llm", f"files:{box}")
    assert ended.returncode == 3
    assert "Reginald" not in ended.stdout
    assert "without evidence" in ended.stderr


def test_wrong_usage_and_errors_have_their_status(run: Path, tmp_path: Path) -> None:
    assert longvid("ask", run, "--llm", "none").returncode == 2  # no question, and no terminal to ask for one
    assert longvid("ask", run, "", "--llm", "none").returncode == 2
    assert longvid("ask", run, "Who?", "--pixels", "70000").returncode == 2
    assert "name --model" in longvid("ask", run, "Who?", "--llm", "none", "--looks", "2").stderr
    assert longvid("search", tmp_path, "locker", "--most", "0").returncode == 2
    for arguments in (("ask", tmp_path, "Who?", "--llm", "none"), ("search", tmp_path, "x"), ("ask", run, "Who?")):
        ended = longvid(*arguments)
        assert ended.returncode == 1
        assert ended.stderr.count("\n") == 1


def test_on_a_terminal_questions_are_asked_for_until_an_empty_line(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    lines = "What is the dog called?\n?!\nWhen is the shattered green lamp seen?\n\n"
    monkeypatch.setattr(sys, "stdin", Terminal(lines))
    ended = longvid("ask", run, "--llm", "none", "--json")
    assert ended.returncode == 0
    assert [json.loads(line)["answered"] for line in ended.stdout.splitlines()] == [False, True]
    assert "the question is empty" in ended.stderr


def test_a_search_prints_film_time_and_text(run: Path) -> None:
    ended = longvid("search", run, "knocks twice", "--most", "1")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("captions.jsonl [0:")
    assert "knocks twice" in ended.stdout
    nothing = longvid("search", run, "helicopter")
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "nothing of it in 1 run" in nothing.stderr
