"""The writer only rewords: nothing is lost by it and nothing comes in."""

from __future__ import annotations

import asyncio
import re

import pytest

from longvid.engine.request import Raw
from longvid_strategies.ledger.plain import Line
from longvid_strategies.ledger.prose import acts, most_acts, read_cited, write
from tests.standins import ScriptedContext, plainly

NAMES = ["Ada", "Ben", "Cora", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Joe", "Kim", "Lou"]
LINES = [Line(f"{name} hides the map and walks on to the harbour.", (f"{i}.0",), i) for i, name in enumerate(NAMES)]


def written(writer: object, *, check: bool = True) -> tuple[str, ScriptedContext]:
    context = ScriptedContext(4, caption=lambda i: plainly("x"), writes=writer)  # type: ignore[arg-type]
    passages = asyncio.run(write(context, LINES, check=check))
    return " ".join(said.text for passage in passages for said in passage), context


def statements(prompt: str) -> list[tuple[str, str]]:
    return re.findall(r"(?m)^(\d+)\. (.+)$", prompt)


def good(prompt: str) -> Raw:
    if "Which sentences" in prompt:
        return plainly("none")
    return plainly(" ".join(f"So {text[:-1]}. [{number}]" for number, text in statements(prompt)))


def test_a_good_writer_is_taken_at_its_word() -> None:
    text, context = written(good)
    assert text == " ".join(f"So {line.text}" for line in LINES)
    assert len(context.prompts) == 2 * len(acts(LINES))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "No changes are needed.",
        "A fine story about people. They hide things.",
        "Somebody hides a map. [99]",
        "[1] [2]",
    ],
)
def test_an_answer_that_cites_nothing_leaves_the_statements(answer: str) -> None:
    text, _ = written(lambda prompt: plainly(answer) if answer else Raw("", "stop", 1, 0))
    assert text == " ".join(line.text for line in LINES)


def test_a_sentence_with_a_strange_name_is_replaced_by_its_statement() -> None:
    def stranger(prompt: str) -> Raw:
        return plainly(good(prompt).text.replace("Ben", "Barbara"))

    text, _ = written(stranger)
    assert "Barbara" not in text
    assert LINES[1].text in text


def test_what_the_check_flags_is_written_once_more() -> None:
    def flagged(prompt: str) -> Raw:
        if "Which sentences" in prompt:
            return plainly("A")
        if prompt.startswith("Rewrite"):
            return plainly(f"Well said: {statements(prompt)[0][1]}")
        return good(prompt)

    text, context = written(flagged)
    assert text.startswith(f"Well said: {LINES[0].text}") is False, "'Well' is no word of the statements"
    assert text.startswith(LINES[0].text)
    assert sum(prompt.startswith("Rewrite") for prompt in context.prompts) == len(acts(LINES))


def test_a_statement_that_no_sentence_tells_is_put_back_in_its_place() -> None:
    def forgetful(prompt: str) -> Raw:
        if "Which sentences" in prompt:
            return plainly("none")
        told = [item for item in statements(prompt) if int(item[0]) % 2]
        return plainly(" ".join(f"{text} [{number}]" for number, text in reversed(told)))

    text, _ = written(forgetful)
    assert re.findall(r"[A-Z]\w+(?= hides)", text) == NAMES


def test_a_sentence_may_cite_several_and_no_statement_is_cited_twice() -> None:
    assert read_cited("Ada and Ben hide maps. [1, 2] Ben goes. [2] Cora too [3][4].", 4) == [
        ("Ada and Ben hide maps.", [0, 1]),
        ("Cora too.", [2, 3]),
    ]


@pytest.mark.parametrize("words", [1, 7, 30, 119, 121])
def test_passages_stay_within_their_bound(words: int) -> None:
    lines = [Line(" ".join(["word"] * words) + ".", ("0.0",), i) for i in range(23)]
    assert len(acts(lines)) <= most_acts(23 * words)
    assert [line for act in acts(lines) for line in act] == lines
