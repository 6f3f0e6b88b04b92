"""What the questions about links show together is read from the questions themselves."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from longvid.strategy.registry import load
from longvid_benchmarks.compare.candidates import Ends, by_words, in_chunks, recall, views
from longvid_strategies.ledger.reading.facts import Fact
from tests.recorded import FILMS, recorded, replay


def ledger(texts: list[str], *, waits: frozenset[int] = frozenset()) -> dict[str, Any]:
    """What a run says of a film of two facts a chunk."""
    facts = [Fact(i, i // 2, text, (1,), False, i in waits) for i, text in enumerate(texts)]
    return {"facts": [asdict(fact) for fact in facts], "cast": []}


def count(text: str) -> int:
    return len(text.split())


def test_all_facts_of_a_short_film_are_shown_with_those_of_every_chunk() -> None:
    told = ledger([f"zx{i} happens." for i in range(8)])
    assert views(told, chunks=4, context=4096, count=count) == [frozenset(range(2 * i + 2)) for i in range(4)]


def test_an_open_fact_is_shown_with_what_may_settle_it_and_with_nothing_else() -> None:
    told = ledger([f"zx{i} happens." for i in range(8)], waits=frozenset({0, 3}))
    backward = views(told, chunks=4, context=4096, count=count)[4:]
    assert backward == [frozenset({0, *range(2, 8)}), frozenset({3, *range(4, 8)})]


def test_a_link_whose_ends_are_never_shown_together_is_unseen() -> None:
    texts = [f"zx{i} {'very ' * 20}zy{i} happens." for i in range(80)]
    texts[1], texts[79] = "A sundial stands in the yard.", "The sundial is gone."
    told = ledger(texts)
    shown = views(told, chunks=40, context=1100, count=count)
    seen = in_chunks(told, [0], [39])
    unlike = Ends((frozenset({2}),), (frozenset({78}),))
    found = recall(told, shown, [seen, unlike])
    assert (found.ends, found.whole, found.unseen) == (0.5, 0.5, (1,))
    assert 0 < found.by_chance < 1


def test_a_link_of_many_parts_is_whole_only_where_one_question_shows_them_all() -> None:
    told = ledger([f"zx{i} happens." for i in range(8)])
    shown = [frozenset({0, 4}), frozenset({2, 4})]
    found = recall(told, shown, [in_chunks(told, [0, 1], [2])])
    assert (found.ends, found.whole) == (1.0, 0.0)


def test_a_film_without_links_has_no_share() -> None:
    told = ledger(["zx happens."])
    found = recall(told, views(told, chunks=1, context=4096, count=count), [])
    assert (found.ends, found.whole, found.unseen, found.by_chance) == (0, 0, (), 0)


def test_the_facts_that_say_most_of_an_end_tell_it() -> None:
    told = ledger(["A sundial stands there.", "A brass sundial turns.", "It rains.", "Nobody comes."])
    assert by_words(told, [0, 1], [["sundial", "dial"], ["Brass"]]) == (frozenset({1}),)


@pytest.mark.parametrize(("film", "words"), [("harbour", 450), ("orchard", 600), ("signal", 800)])
def test_both_ends_of_every_link_of_a_recorded_film_are_shown_together(film: str, words: int, tmp_path: Path) -> None:
    """By the very facts that tell them: of all facts of two chunks some are together almost always."""
    answers = recorded(f"{film}-ledger-2048")
    report = replay(film, load("ledger")(), words=words, context=2048, answers=answers, folder=tmp_path)
    made: Any = report.extras["ledger"]
    shown = views(made, chunks=len(report.chunks), context=2048, count=lambda text: len(text.encode()) // 4 + 1)
    rows = [json.loads(line) for line in (FILMS / film / "links.jsonl").read_text(encoding="utf-8").splitlines()]
    links = [Ends(by_words(made, row["from"], row["a"]), by_words(made, row["to"], row["b"])) for row in rows]
    assert all(link.early and link.late for link in links)
    found = recall(made, shown, links)
    # Two links of `orchard` are told by other facts than those that say most of them (docs/results/film-texts.md).
    assert len(found.unseen) <= (2 if film == "orchard" else 0)
    assert found.whole >= 0.85
