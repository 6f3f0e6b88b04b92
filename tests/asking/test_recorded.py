"""Twenty questions to each of three film texts, answered by hand once from the prompts alone, and replayed.

The films were merged by `ledger` with the answers of `tests/data/recorded/FILM-ledger-2048.jsonl`. Five questions of a
film ask for what it does not say. What is right was judged by eye against the answers that were written before anything
searched the texts; here it is held that every question still gets what was judged.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from longvid.api import Session, open_existing, wait
from longvid.strategy.registry import load
from tests.asking.runs import Says, models_of
from tests.recorded import ANSWERS, FILMS, recorded, replay

WORDS = {"harbour": 450, "orchard": 600, "signal": 800}
REFUSED = {"signal": ("Whose office has the fern on the windowsill?",)}
"""The hand named somebody by a name that no passage had."""


@pytest.mark.parametrize("film", WORDS)
def test_every_question_is_answered_from_its_passages_or_said_not_to_be_shown(film: str, tmp_path: Path) -> None:
    name = f"{film}-ledger-2048"
    report = replay(film, load("ledger")(), words=WORDS[film], context=2048, answers=recorded(name), folder=tmp_path)
    given = {row["id"]: row["text"] for row in recorded(f"{film}-ask-2048")}
    llm = Says(lambda prompt: given[hashlib.sha256(prompt.encode()).hexdigest()[:16]])
    judged = json.loads((ANSWERS / f"{film}-ask-2048.json").read_text(encoding="utf-8"))
    rows = [json.loads(row) for row in (FILMS / film / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 20
    with open_existing(Path(report.run)) as folder:
        for row in rows:
            session = Session(folder, models_of(llm))
            asked = wait(session.ask(row["question"]))
            session.close()
            assert asked.answer == judged[row["question"]]
            if row["answer"] is None:
                assert asked.status == "not shown"
            elif row["question"] in REFUSED.get(film, ()):
                assert asked.status == "refused"
            else:
                assert asked.status == "answered"
                assert {one.chunk for one in asked.evidence} & {*row["chunks"]}, "also where it is said or seen"
