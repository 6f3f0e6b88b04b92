"""Scores by the likelihood of letters: how an answer may begin, which option is likeliest, and the whole way."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from longvid.engine.likelihood import Likelihood
from longvid.engine.request import Request
from longvid.run import Store
from longvid_benchmarks.published.letters import by_option, likeliest, ways_of
from longvid_benchmarks.published.likelihoods import Likelihoods
from longvid_benchmarks.published.protocols import PROTOCOLS
from longvid_benchmarks.published.questions import Question
from longvid_benchmarks.published.scoring import mark
from longvid_benchmarks.published.tallies import tally
from longvid_benchmarks.published.tasks import BY_SHORT
from tests.benchmarks.published import mvbench
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid
from tests.servers import Server, serving


def test_an_answer_begins_as_options_are_listed_and_behind_a_bracket_with_the_letter() -> None:
    assert ways_of(PROTOCOLS["official"].wording.begun, 3) == ["A", "B", "C"]
    assert ways_of(PROTOCOLS["pllava"].wording.begun, 2) == ["(A", " (A", "(B", " (B"]


def test_the_likeliest_option_is_by_the_sum_of_its_ways() -> None:
    told = [Likelihood(math.log(one), False) for one in (0.2, 0.2, 0.3, 0.01)]
    found = by_option(told, 2)
    assert [round(math.exp(one), 6) for one in found] == [0.4, 0.31]
    assert likeliest(found) == 0
    assert by_option([Likelihood(-2000.0, False)] * 2, 1) == (pytest.approx(-2000 + math.log(2)),)


def test_of_several_likeliest_options_none_is_chosen_and_they_are_counted() -> None:
    assert likeliest((-1.0, -1.0, -2.0)) is None
    assert likeliest((-1.0, -3.0, -3.0)) == 0
    question = Question(BY_SHORT["AA"], 0, "?", ("a", "b"), 0, Path("v"), 0.0, math.inf)
    found = tally("AA", [mark(question, "(A)", pair) for pair in ((-1.0, -1.0), (-1.0, -2.0))], 0)
    assert (found.likely, found.tied, found.as_json()["letters"]["tied"]) == (1, 1, 1)


def test_what_was_computed_once_is_not_computed_again(tmp_path: Path) -> None:
    class Counted:
        calls = 0

        def likelihoods(self, request: Request, continuations: Sequence[str]) -> list[Likelihood]:
            self.calls += 1
            return [Likelihood(-float(at), at == 0) for at in range(len(continuations))]

    model = Counted()
    for prompt, calls in (("one", 1), ("one", 1), ("two", 2)):
        with Store(tmp_path / "answers.sqlite") as store:
            found = Likelihoods(model, {"model": "m"}, store).of(Request("ask", prompt, 1), ["A", "B"])
        assert (found, model.calls) == ([Likelihood(0.0, True), Likelihood(-1.0, False)], calls)


def test_a_run_computes_them_once_and_sets_them_beside_what_was_said(tmp_path: Path) -> None:
    data = mvbench.make(_made(tmp_path / "data"))
    model = make_checkpoint(tmp_path / "model")
    command = ["bench", "published", "--data", data, "--model", model, "--tasks", "AA,ER", "--letters"]
    command += ["--protocol", "lmms-eval", "--device", "cpu", "-o", tmp_path / "out"]
    done = longvid(*command)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert "| by letter |" in done.stdout
    lines = [json.loads(line) for line in (tmp_path / "out" / "answers.jsonl").read_text().splitlines()]
    right = sum(line["likeliest"] == line["answer"] for line in lines)
    assert found["all"]["letters"]["right"] == right
    assert {len(line["logprobs"]) for line in lines} <= {3, 4, 5}
    (model / "model.safetensors.index.json").touch()
    again = json.loads(longvid(*command).stdout.splitlines()[-1])
    assert (again["all"], again["cached"]) == (found["all"], 4)


def test_a_server_tells_none_and_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    data = mvbench.make(_made(tmp_path / "data"))
    with serving(Server(reply=mvbench.with_a)) as server:
        done = longvid(
            "bench", "published", "--data", data, "--model", server.name, "--letters", "-o", tmp_path / "out"
        )
    assert done.returncode == 1
    assert "tells no likelihoods of words" in done.stderr
    assert server.asked == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
