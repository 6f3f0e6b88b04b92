"""Every installed strategy keeps the promises of the contract, as `longvid.testing` checks them for anybody's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from longvid.run.checkpoints import PlainSerializer
from longvid.strategy.registry import load, names
from longvid.testing import check_strategy
from longvid.testing.conformance import WIDE
from longvid.testing.models import ScriptedCaptioner, ScriptedLLM
from longvid.testing.runs import Setting, run
from longvid.testing.story import tell


@pytest.mark.parametrize("name", names())
def test_every_promise_is_kept_for_short_films(name: str) -> None:
    check_strategy(load(name), sizes=(0, 1, 7))


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 120, 300])
@pytest.mark.parametrize("name", names())
def test_every_promise_is_kept_for_films_of_other_lengths(name: str, n: int) -> None:
    check_strategy(load(name), sizes=(n,), seed=1)


@pytest.mark.parametrize("name", names())
def test_the_state_is_plain_data_so_that_a_run_goes_on_from_it(name: str, tmp_path: Path) -> None:
    strategy, story = load(name)(), tell(7, seed=0)
    captioner = ScriptedCaptioner(story, caption_tokens=WIDE.caption)
    run(strategy, Setting(story, WIDE, strategy.may_call(), captioner, ScriptedLLM(context=WIDE.context)), tmp_path)
    with closing(sqlite3.connect(tmp_path / "graph.sqlite")) as db:
        kept = db.execute(
            "SELECT type, checkpoint FROM checkpoints UNION ALL SELECT type, value FROM writes"
        ).fetchall()
    assert kept
    for one in kept:
        PlainSerializer().loads_typed(one)
