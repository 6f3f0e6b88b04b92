"""Three films as text, answered by hand once and replayed: the ledger end to end on real language."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.errors import LLMError
from longvid.strategy.registry import load
from longvid.text.grounds import Grounds, founded
from longvid_benchmarks.compare.claims import telling
from longvid_benchmarks.compare.filmtexts import read_texts
from tests.recorded import ANSWERS, FILMS, recorded, replay

WORDS = {"harbour": 450, "orchard": 600, "signal": 800}


PROBLEMS = {("signal", 16384): ("1 answer of the LLM broke off, looped or said nothing",)}
"""A hand wrote a little more than an answer has room for."""


@pytest.mark.parametrize("context", [2048, 16384])
@pytest.mark.parametrize("film", WORDS)
def test_a_recorded_film_is_told_as_it_was(film: str, context: int, tmp_path: Path) -> None:
    name = f"{film}-ledger-{context}"
    report = replay(film, load("ledger")(), words=WORDS[film], context=context, answers=recorded(name), folder=tmp_path)
    assert report.summary + "\n" == (ANSWERS / f"{name}.txt").read_text(encoding="utf-8")
    assert report.problems == PROBLEMS.get((film, context), ())
    n = len(report.chunks)
    assert report.calls["write"] <= 4 * n + 20, "the LLM is asked a bounded number of questions"
    assert abs(len(report.summary.split()) - WORDS[film]) <= 0.1 * WORDS[film], "about as many words as were asked for"
    cited = [one for one in report.evidence if one.events]
    assert len(cited) == len(report.evidence) > 10, "every sentence rests on what was seen or said"
    assert any(event.startswith('"') for one in cited for event in one.events), "also on what was said"
    said = [cue.text for chunk in report.chunks for cue in chunk.dialogue]
    seen = [chunk.caption for chunk in report.chunks]
    (known,) = read_texts([FILMS / film], words=None)
    assert known.claims is not None
    assert not [trap.id for trap in known.claims.traps if telling(trap, report.summary)], "nothing that is false"
    assert founded(report.summary, Grounds([*seen, *said])) == report.summary, "no name and no number of its own"


def test_a_prompt_without_a_recorded_answer_ends_the_run(tmp_path: Path) -> None:
    rows = recorded("harbour-ledger-2048")[1:]
    with pytest.raises(LLMError, match="no recorded answer"):
        replay("harbour", load("ledger")(), words=450, context=2048, answers=rows, folder=tmp_path)
