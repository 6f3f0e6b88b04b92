"""The stages together: what is told rests on the film, is cited with times, and says nothing that the film does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from longvid.engine.request import Raw
from longvid.film import Cue
from longvid.strategy import Limits
from longvid_strategies.ledger import Ledger, LedgerConfig
from longvid_strategies.ledger.reading.graph import estimate
from tests.standins import Says, ScriptedContext, plainly
from tests.strategy.ledger.reading.asked import Reply, by_kind, kinds

CAPTIONS = [
    "A woman in grey hides a silver key under the bridge. It rains.",
    "A man in black waits at the station. He looks at his watch.",
    "The woman in grey opens a desk with the silver key.",
]
CUES = {1: (Cue(70.0, 72.0, "Anna will come at nine.", "Carl"),)}
FACTS = {
    "1": "1 | The woman in grey [Anna] hides a silver key under the bridge. | key, open",
    "2": "1 | Carl waits at the station. | \n3 | Carl says that Anna will come at nine. | open",
    "3": "1 | Anna opens a desk with the silver key. | key",
}
CAST = "Anna | 2 | - | woman in grey: 1, 3\nCarl | 2 | - | man in black: 2"
LINK = "The silver key that Anna hid under the bridge opens the desk."
REPLIES: dict[str, Reply] = {
    "cast": CAST,
    "facts": lambda places: FACTS[places["part"]],
    "forward": lambda places: f"A | 0 -> a | {LINK}" if places["part"] == "3" else "none",
    "backward": "none",
    "holds": "1 | yes",
    "write": "Anna hides a silver key. [1] Carl waits for her at the station. [2, 3] Anna opens the desk with it. [5]",
    "shorten": lambda places: places["text"],
    "missing": "none",
    "check": "none",
}


def told(says: Says, *, words: int = 60) -> tuple[str, list[dict[str, Any]], dict[str, Any], ScriptedContext]:
    """Text, evidence and ledger of the film."""
    context = ScriptedContext(
        3,
        caption=lambda index: plainly(CAPTIONS[index]),
        writes=says,
        limits=Limits(context=2048, caption=320, max_concurrency=4, words=words, dialogue=200),
        capabilities=frozenset({"caption", "write", "instruct", "dialogue"}),
    )
    context.chunks = tuple(replace(chunk, dialogue=CUES.get(chunk.index, ())) for chunk in context.chunks)
    state = asyncio.run(Ledger(LedgerConfig(reader="llm")).build(context).ainvoke({}))
    ledger = json.loads(context.text(state["extras"]["ledger"]))
    return context.text(state["result"]), json.loads(context.text(state["evidence"])), ledger, context


def test_every_sentence_cites_the_sentences_and_cues_that_it_rests_on_with_their_times() -> None:
    text, evidence, ledger, context = told(by_kind(**REPLIES))
    assert text == " ".join(row["sentence"] for row in evidence)
    assert context.degraded == []
    by_sentence = {row["sentence"]: row for row in evidence}
    opens = by_sentence["Anna opens the desk with it."]
    assert (opens["chunks"], opens["times"]) == ([0, 2], [0.0, 120.0])
    assert opens["events"] == [CAPTIONS[0].split(" It")[0], CAPTIONS[2]]
    assert [row["text"] for row in ledger["found"]] == [LINK]


def test_a_cue_is_cited_with_the_time_at_which_it_is_said() -> None:
    says = by_kind(**{**REPLIES, "forward": "none", "holds": "none", "write": "Carl says Anna comes at nine. [2, 3]"})
    _, evidence, _, _ = told(says)
    [row] = [row for row in evidence if "nine" in row["sentence"] and "says Anna" in row["sentence"]]
    assert 70.0 in row["times"]
    assert '"Anna will come at nine." (Carl)' in row["events"]


def test_stages_come_in_their_order() -> None:
    _, _, _, context = told(by_kind(**REPLIES))
    assert list(dict.fromkeys(kinds(context))) == [
        "cast",
        "facts",
        "forward",
        "backward",
        "holds",
        "write",
        "missing",
        "check",
    ]


def test_an_act_that_is_too_long_is_shortened_before_it_is_checked_and_calls_are_within_the_estimate() -> None:
    lengthy = (
        "Anna hides a silver key under the bridge while it rains. [1] Carl waits and waits at the station. [2, 3] "
        "Anna opens the desk. [5]"
    )
    text, _, _, context = told(by_kind(**{**REPLIES, "write": lengthy, "shorten": REPLIES["write"]}), words=18)
    asked = kinds(context)
    assert asked[asked.index("write") :] == ["write", "missing", "shorten", "check"]
    assert "Anna opens the desk with it." in text
    assert len(asked) <= estimate(3, context.limits).write


def test_nothing_is_told_that_has_a_name_or_number_of_nowhere() -> None:
    """Whatever the LLM says of it: in the cast, in facts, in links, in what is put right, in the text."""
    strange = {
        "cast": f"{CAST}\nBernadette | 1 | - | nun: 1",
        "facts": lambda places: f"{FACTS[places['part']]}\n1 | Bernadette steals 47 rings from the nun. | key",
        "forward": lambda places: (
            f"A | 0 -> a | {LINK}\nA | 0 -> b | Bernadette knew of the key." if places["part"] == "3" else "none"
        ),
        "backward": "none",
        "threads": "The key: 1\nThe nun: 2",
        "holds": "1 | partly | The silver key that Bernadette hid opens the desk.",
        "write": "Bernadette opens 47 desks. [1, 2, 3]",
        "missing": "none",
        "check": "none",
    }
    text, evidence, _, _ = told(by_kind(**strange), words=100)
    assert text
    assert not [row for row in evidence if "Bernadette" in row["sentence"] or "47" in row["sentence"]]


def test_a_film_whose_llm_says_nothing_that_can_be_read_is_told_by_its_own_sentences_and_noted() -> None:
    def nothing(places: Mapping[str, str]) -> str:
        return "I would rather speak of the weather."

    text, _, _, context = told(by_kind(**dict.fromkeys(REPLIES, nothing)))
    assert "hides a silver key under the bridge" in text
    assert len(context.degraded) >= 3


def test_a_film_whose_llm_is_gone_is_told_by_its_own_sentences_and_noted() -> None:
    text, _, _, context = told(lambda prompt: Raw("", "stop", 1, 0))
    assert "hides a silver key under the bridge" in text
    assert context.degraded


def test_a_link_that_does_not_hold_is_not_told() -> None:
    text, _, ledger, context = told(by_kind(**{**REPLIES, "holds": "1 | no", "write": ""}))
    assert LINK not in text
    assert ledger["links"] == []
    assert any("do not hold" in note for note in context.notes)


def test_where_texts_can_be_compared_by_meaning_facts_are() -> None:
    asked: list[list[str]] = []
    context = ScriptedContext(
        3,
        caption=lambda index: plainly(CAPTIONS[index]),
        writes=by_kind(**REPLIES),
        limits=Limits(context=2048, caption=320, max_concurrency=4, words=60),
        capabilities=frozenset({"caption", "write", "instruct", "embed"}),
    )

    def embed(texts: Sequence[str]) -> list[list[float]]:
        asked.append(list(texts))
        return [[1.0, 0.0] for _ in texts]

    context.embed = embed  # type: ignore[method-assign]
    state = asyncio.run(Ledger(LedgerConfig(reader="llm")).build(context).ainvoke({}))
    facts = json.loads(context.text(state["extras"]["ledger"]))["facts"]
    assert asked == [[fact["text"] for fact in facts]]
