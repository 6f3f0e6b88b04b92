"""Passages are found by their meaning too, and vectors are computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from longvid.api import Embedder, ask, wait
from longvid.asking.meaning import nearest
from longvid.run import Store
from tests.asking.runs import Says, models_of, run_of
from tests.engine.test_embedding import encoder


@dataclass
class Counted:
    """Texts to vectors by whether they are of animals."""

    texts: list[str] = field(default_factory=list)
    identity: Mapping[str, object] = field(default_factory=lambda: {"class": "counted"})

    def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        self.texts += texts
        return [[1.0, 0.0] if any(word in text for word in ("dog", "gull", "beast")) else [0.0, 1.0] for text in texts]


def test_what_shares_no_word_with_the_question_is_found_by_meaning(tmp_path: Path) -> None:
    run = run_of("harbour", tmp_path)
    embedder, llm = Counted(), Says()
    question = "Which beasts?"
    assert wait(ask(run, question, models_of(llm))).passages == 0
    for _ in range(2):
        found = wait(ask(run, question, models_of(llm), embedder=embedder))  # type: ignore[arg-type]  # as good as one
    assert {3, 8, 11} <= set(found.seen)
    assert embedder.texts.count(question) == 1
    assert len(llm.asked) == 1


def test_a_real_encoder_ranks_and_what_it_computed_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a key opens the desk", "the dog barks at night", "a key"]
    with Store(tmp_path / "answers.sqlite") as store:
        embedder = Embedder(encoder(tmp_path / "model"))
        order = nearest("a key", texts, embedder, store)
        assert sorted(order) == [0, 1, 2]
        assert order[0] == 2
        monkeypatch.setattr(embedder, "_open", None)
        assert nearest("a key", texts, embedder, store) == order
