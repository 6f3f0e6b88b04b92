"""What is shown for questions that were written from film texts before anything searched them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longvid.api import Session, open_existing, wait
from tests.asking.runs import TEXTS, Says, models_of, run_of

FILMS = ("harbour", "orchard", "signal")
CHUNKS, ANY = 0.9, 0.95
"""Of the chunks that answer a question, and of questions with one of them at least, those among the passages shown."""


def questions_of(film: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TEXTS / film / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def test_of_twenty_questions_to_each_film_text_the_true_chunks_are_shown_within_2048_tokens(tmp_path: Path) -> None:
    wanted, shown, questions, found = 0, 0, 0, 0
    for film in FILMS:
        llm = Says(context=2048)
        with open_existing(run_of(film, tmp_path / film)) as folder:
            session = Session(folder, models_of(llm))
            for row in questions_of(film):
                session.history.clear()
                asked = wait(session.ask(row["question"]))
                assert asked.status == "not shown"
                if row["chunks"]:
                    here = set(row["chunks"]) & set(asked.seen)
                    wanted, shown = wanted + len(row["chunks"]), shown + len(here)
                    questions, found = questions + 1, found + bool(here)
            session.close()
        assert max(-(-len(prompt.encode()) // 4) for prompt in llm.asked) <= 2048 - 240
    assert questions == 45
    assert shown >= CHUNKS * wanted
    assert found >= ANY * questions


@pytest.mark.parametrize("film", FILMS)
def test_the_questions_name_chunks_and_their_times(film: str) -> None:
    captions = [json.loads(line) for line in (TEXTS / film / "captions.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = questions_of(film)
    assert len(rows) == 20
    assert sum(row["answer"] is None for row in rows) == 5
    for row in rows:
        assert row["times"] == [captions[index]["start"] for index in row["chunks"]]
        assert bool(row["chunks"]) == (row["answer"] is not None)
