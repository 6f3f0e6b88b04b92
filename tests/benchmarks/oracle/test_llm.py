"""The oracle: it answers what built-in strategies ask about its story, and what they lose is their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.engine.models import open_llm_models
from longvid.engine.request import Request
from longvid.errors import LLMError
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.llm import ORACLE, OracleLLM, with_oracle
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import score
from tests.cli.program import longvid

REDUCE = prompts.WRITING["map-reduce reduce"]
STORY = invent(3, 4)


def asked(words: int = 400) -> str:
    parts = "\n".join(f"Part {number}: {text}" for number, text in enumerate(gold.captions(STORY), 1))
    return f"{REDUCE.format(words=words)}\n{parts}"


def test_it_tells_all_that_the_sources_tell() -> None:
    [said] = OracleLLM(STORY).answer([Request("write", asked(), 1000)])
    assert said.finish == "stop"
    assert score(said.text, STORY, budget=1000).fact_recall == 1.0


def test_an_answer_longer_than_allowed_is_cut_off_and_says_so() -> None:
    [said] = OracleLLM(STORY).answer([Request("write", asked(), 5)])
    assert said.finish == "length"


def test_of_two_stories_it_is_two_llms() -> None:
    assert OracleLLM(STORY).identity != OracleLLM(invent(4, 4)).identity
    assert OracleLLM(STORY).identity == OracleLLM(invent(3, 4)).identity


@pytest.mark.parametrize(
    ("llm", "prompt", "says"), [(OracleLLM(), asked(), "storyfilm"), (OracleLLM(STORY), "Hello?", "built-in")]
)
def test_what_it_cannot_know_is_refused_in_one_line(llm: OracleLLM, prompt: str, says: str) -> None:
    with pytest.raises(LLMError, match=says) as raised:
        llm.answer([Request("write", prompt, 100)])
    assert "\n" not in str(raised.value)


def test_models_that_it_joins_watch_as_before() -> None:
    models = open_llm_models("none")
    joined = with_oracle(models)
    assert (joined.llm_name, joined.writes) == (ORACLE, True)
    assert joined.captioner_identity == models.captioner_identity


def test_all_strategies_that_write_can_be_compared_by_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = longvid(
        "bench", "merge", "--seeds", "3,4", "--chunks", "6", "--llm", "oracle", "--no-plots", "-o", out
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [row for row in json.loads(done.stdout.splitlines()[-1])["rows"] if row["strategy"] != "(reference)"]
    assert {row["strategy"] for row in rows} >= {"ledger", "refine", "map-reduce", "hierarchical", "patch"}
    assert not [row for row in rows if "error" in row]
    assert {(row["llm"], row["writer"]) for row in rows} == {(ORACLE, "gold")}
    assert all(row["fact_precision"] == 1.0 for row in rows)
    assert min(row["fact_recall"] for row in rows if row["strategy"] == "map-reduce") > 0.5


def test_films_of_ones_own_have_no_gold_llm(tmp_path: Path) -> None:
    done = longvid("bench", "merge", "--films", tmp_path, "--llm", "oracle", "-o", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert "invented stories" in done.stderr
