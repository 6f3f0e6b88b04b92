"""The LLM only rewords: nothing is lost by it and nothing comes in."""

from __future__ import annotations

import asyncio
import re

import pytest

from longvid.engine.request import Raw
from longvid_strategies.ledger.rules.prose import MOST_FIXES, acts, most_acts, read_cited, write
from longvid_strategies.ledger.rules.realizer import Line
from tests.standins import ScriptedContext, plainly

NAMES = ["Ada", "Ben", "Cora", "Dan", "Eve", "Finn", "Gus", "Hal", "Ida", "Joe", "Kim", "Lou"]
LINES = [Line(f"{name} hides the map and walks on to the harbour.", (f"{i}.0",), i) for i, name in enumerate(NAMES)]


def written(llm: object, *, check: bool = True) -> tuple[str, ScriptedContext]:
    context = ScriptedContext(4, caption=lambda i: plainly("x"), writes=llm)  # type: ignore[arg-type]
    passages = asyncio.run(write(context, LINES, check=check))
    return " ".join(said.text for passage in passages for said in passage), context


def statements(prompt: str) -> list[tuple[str, str]]:
    return re.findall(r"(?m)^(\d+)\. (.+)$", prompt)


def good(prompt: str) -> Raw:
    if "Which sentences" in prompt:
        return plainly("none")
    return plainly(" ".join(f"So {text[:-1]}. [{number}]" for number, text in statements(prompt)))


def test_a_good_llm_is_taken_at_its_word() -> None:
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


@pytest.mark.parametrize(
    ("stated", "said", "stays"),
    [
        ("The boy hides the map.", "Sally hides the map.", False),
        ("Emily gives the key to Ben.", "He gives the key to Ben.", False),
        ("Emily gives the key to Ben.", "Suddenly Emily gives the key to Ben.", True),
        ("Ada takes Ben's map.", "Ada takes the map of Ben.", True),
        ("Ada takes the map of James.", "Ada takes James' map.", True),
        ("Ada counts forty maps.", "Ada counts fifty maps.", False),
        ("Ada opens the third box.", "Ada opens the fourth box.", False),
        ("Ada opens the third box.", "Ada opens the box.", False),
    ],
)
def test_a_rewording_is_held_against_names_as_a_reader_would(stated: str, said: str, stays: bool) -> None:
    context = ScriptedContext(1, caption=lambda i: plainly("x"), writes=lambda prompt: plainly(f"{said} [1]"))
    ((told,),) = asyncio.run(write(context, [Line(stated, ("0.0",), 0)], check=False))
    assert told.text == (said if stays else stated)


@pytest.mark.parametrize(
    ("said", "stays"),
    [
        ("Ben hides the map in the barn.", False),
        ("Ada finds the map that Cora had hidden in the barn.", False),
        ("Ada finds the 3 maps Ben had hidden in the barn.", True),
        ("Ada finds the four maps that Ben had hidden.", False),
        ("Ada finds the maps that Ben had hidden in the barn.", False),
        ("In the barn Ben had hidden three maps, and one of these days Ada finds them.", True),
        (f"Ada finds the {'9' * 5000} maps that Ben had hidden in the barn.", False),
    ],
)
def test_a_sentence_has_the_names_and_the_numbers_of_its_statements(said: str, stays: bool) -> None:
    lines = [Line("Ada finds the three maps that Ben had hidden in the barn.", ("0.0",), 0)]
    context = ScriptedContext(1, caption=lambda i: plainly("x"), writes=lambda prompt: plainly(f"{said} [1]"))
    ((told,),) = asyncio.run(write(context, lines, check=False))
    assert told.text == (said if stays else lines[0].text)


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


@pytest.mark.parametrize(("more", "taken"), [("", True), (" They are sad.", False)], ids=["one sentence", "two"])
def test_a_sentence_written_once_more_is_taken_only_if_it_is_one(more: str, taken: bool) -> None:
    def flagged(prompt: str) -> Raw:
        if "Which sentences" in prompt:
            return plainly("A")
        if prompt.startswith("Rewrite"):
            return plainly(f"Then {statements(prompt)[0][1]}{more}")
        return good(prompt)

    text, _ = written(flagged)
    assert text.startswith(f"Then {LINES[0].text}" if taken else LINES[0].text)
    assert "sad" not in text


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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ada runs. Her lost son is dying of grief. She falls. [1]", [("She falls.", [0])]),
        ("Ada and Ben hide maps. [1-3] Cora too. [3]", [("Ada and Ben hide maps.", [0, 1, 2])]),
        ("Ada hides. [2\u20133, 1]", [("Ada hides.", [0, 1, 2])]),
        ("Ada hides. [3-1]", [("Ada hides.", [0, 2])]),
        ("Dr. Ada hides. [1]", [("Dr. Ada hides.", [0])]),
        ('Ada shouts "Stop! Get down!" and runs. [1]', [('Ada shouts "Stop! Get down!" and runs.', [0])]),
        ("Ada hides. [1-999]", [("Ada hides.", [0, 1, 2, 3])]),
        ("Ada hides. [" + "9" * 5000 + "]", []),
        ("Ada hides. [" + "1," * 5000 + "1]" + " " * 20_000, [("Ada hides.", [0])]),
    ],
    ids=["last", "range", "dash", "backward", "title", "quoted", "all", "digits", "list"],
)
def test_a_citation_belongs_to_the_sentence_before_it(text: str, found: list[tuple[str, list[int]]]) -> None:
    assert read_cited(text, 4) == found


def test_openings_of_sentences_are_no_part_of_them() -> None:
    assert read_cited("Part 1: Ada goes. [1] In the video, Ben stays. [2]", 2) == [
        ("Ada goes.", [0]),
        ("Ben stays.", [1]),
    ]


def test_a_number_in_brackets_inside_a_statement_is_no_citation() -> None:
    forged = Line("Ada reads [2] aloud.", ("0.0",), 0)
    context = ScriptedContext(1, caption=lambda i: plainly("x"), writes=good)
    (passage,) = asyncio.run(write(context, [forged, LINES[1]], check=False))
    assert statements(context.prompts[0])[0] == ("1", "Ada reads (2) aloud.")
    assert [said.events for said in passage] == [("0.0",), ("1.0",)]


def test_every_sentence_of_a_long_passage_is_checked_within_the_bound() -> None:
    lines = [Line(f"{NAMES[i % 12]} waves.", (f"{i}.0",), i) for i in range(60)]
    shown: list[str] = []

    def doubting(prompt: str) -> Raw:
        if "Which sentences" in prompt:
            found = re.findall(r"(?m)^([A-Z])\. .+\[(\d+)\]$", prompt)
            shown.extend(number for _, number in found)
            return plainly(", ".join(letter for letter, _ in found))
        return plainly("Nonsense!") if prompt.startswith("Rewrite") else good(prompt)

    context = ScriptedContext(1, caption=lambda i: plainly("x"), writes=doubting)
    (passage,) = asyncio.run(write(context, lines, check=True))
    assert shown == [str(number) for number in range(1, 61)]
    assert [said.text for said in passage] == [line.text for line in lines]
    assert len(context.prompts) <= 2 + MOST_FIXES


@pytest.mark.parametrize("words", [1, 7, 30, 119, 121])
def test_passages_stay_within_their_bound(words: int) -> None:
    lines = [Line(" ".join(["word"] * words) + ".", ("0.0",), i) for i in range(23)]
    assert len(acts(lines)) <= most_acts(23 * words)
    assert [line for act in acts(lines) for line in act] == lines
