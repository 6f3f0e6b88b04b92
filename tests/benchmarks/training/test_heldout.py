"""Held-out figures: every way of asking is judged, on films that their seeds decide, with intervals over films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from longvid_benchmarks.training import heldout, tables
from longvid_benchmarks.training.example import VALIDATE, Example
from longvid_benchmarks.training.heldout import Films

FILMS = Films(2, VALIDATE.start, 1)


@pytest.fixture
def perfect(monkeypatch: pytest.MonkeyPatch) -> list[Example]:
    """Every question gets its right answer; all that was asked is in this list."""
    asked: list[Example] = []

    def answers(model: Any, processor: Any, examples: Sequence[Example], tokens: int) -> list[str]:
        asked.extend(examples)
        return [example.answer for example in examples]

    monkeypatch.setattr(heldout, "answers", answers)
    return asked


def test_a_perfect_captioner_has_full_marks_in_every_way_of_asking(processor: Any, perfect: list[Example]) -> None:
    done: list[float] = []
    found = heldout.captioner(None, processor, FILMS, lambda at, of: done.append(at / of))
    ways = {(row["task"], row["sampler"], row["label"]) for row in found["by_way"]}
    assert len(ways) == len(found["by_way"]) == 2 * 3 * 2
    for row in (*found["by_way"], found["caption"], found["events"]):
        assert row["recall"] == row["precision"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "films": 2}
    assert found["line_seconds"]["right"]["mean"] == 1.0
    assert {row["task"] for row in found["questions"] if row["right"]["mean"] == 1.0} == {"when", "who", "look"}
    assert all(row["right"] == 1.0 for row in found["words"].values())
    assert found["confusions"] == []
    assert done == sorted(done)
    assert done[-1] == 1.0


def test_the_same_is_asked_with_both_labels_and_again(processor: Any, perfect: list[Example]) -> None:
    heldout.captioner(None, processor, FILMS, lambda at, of: None)
    first = [(example.task, example.label, example.prompt, example.times) for example in perfect]
    by_label = {label: [(t, p, s) for t, of, p, s in first if of == label] for label in ("index", "seconds")}
    assert by_label["index"] == by_label["seconds"]
    perfect.clear()
    heldout.captioner(None, processor, FILMS, lambda at, of: None)
    assert first == [(example.task, example.label, example.prompt, example.times) for example in perfect]


def test_a_word_taken_for_another_of_its_class_is_a_confusion(processor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def colour_blind(model: Any, processor: Any, examples: Sequence[Example], tokens: int) -> list[str]:
        return [example.answer.replace("red", "green").replace("blue", "green") for example in examples]

    monkeypatch.setattr(heldout, "answers", colour_blind)
    found = heldout.captioner(None, processor, Films(3, VALIDATE.start, 2), lambda at, of: None)
    assert {(kind, said) for kind, _, said, _ in found["confusions"]} == {("colour", "green")}
    assert found["words"]["colour"]["right"] < 1.0
    assert found["words"]["shape"]["right"] == 1.0
    assert found["caption"]["recall"]["mean"] < 1.0


def test_a_perfect_llm_tells_all_that_the_words_allow(processor: Any, perfect: list[Example]) -> None:
    found = heldout.llm(None, processor, FILMS, lambda at, of: None)
    assert found["fact_recall_of_limit"]["mean"] == 1.0
    assert found["fact_precision"]["mean"] == 1.0
    assert found["exact"] == 1.0
    assert all(example.prompt.count("Part ") >= heldout.MERGED for example in perfect)


def test_an_llm_that_says_half_is_half_as_good(processor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(model: Any, processor: Any, examples: Sequence[Example], tokens: int) -> list[str]:
        return [". ".join(example.answer.split(". ")[: example.answer.count(". ") // 2]) + "." for example in examples]

    monkeypatch.setattr(heldout, "answers", half)
    found = heldout.llm(None, processor, FILMS, lambda at, of: None)
    assert 0.2 < found["fact_recall_of_limit"]["mean"] < 0.8
    assert found["exact"] == 0.0


def test_the_tables_show_every_way_and_say_on_what_they_rest(processor: Any, perfect: list[Example]) -> None:
    head = {"films": 2, "first_seed": FILMS.first, "chunks": 1, "film": False}
    watched = heldout.captioner(None, processor, FILMS, lambda at, of: None)
    written = heldout.llm(None, processor, FILMS, lambda at, of: None)
    lines = tables.show({**head, "captioner": watched, "llm": written})
    text = "\n".join(lines)
    assert "2 films from seed 500000 on; 1 of the 14 chunks" in text
    told = [line for line in lines if line.startswith(("| captions", "| event lines"))]
    assert len(told) == 2 * 3 * 2 + 2
    assert all(line.count("1.000 (1.000 to 1.000)") == 2 for line in told)
    # Every row of a table is as wide as its head.
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("|")]
    assert all(len({len(line) for line in block}) == 1 for block in blocks)
