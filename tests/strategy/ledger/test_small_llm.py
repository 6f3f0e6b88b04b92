"""What a language model of 135 million parameters answered, and what becomes of it: nothing that no source says.

The answers are its own, cut short; what is in doubt is said in place of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Capability, Grounds, Limits, founded, words_in
from longvid.strategy.registry import load
from tests.standins import ScriptedContext, plainly

TOLD: frozenset[Capability] = frozenset({"caption", "write", "instruct"})
SEEN = (
    "An elderly man with a white moustache stands beside a huge iron scale in a high stone hall. He moves the brass "
    "weights and writes a number in a small green notebook. A clerk points at his wristwatch and laughs.",
    "A boy in a red woollen hat sells mussels from a bucket on the quay. The old man takes a round brass tag out of "
    "his waistcoat and closes the boy's fingers around it. The boy knocks twice on an iron bollard.",
    "A bearded man in orange overalls sits in the cabin of a tall crane at night. Two figures stand in the fog and "
    "quarrel. Somebody beats a red lamp to pieces with a boat hook.",
    'Policemen pull a body out of the harbour. A woman with grey hair holds up a card that reads "Insp. D. Kallan". '
    "She finds a watch that stands at twenty to eleven.",
)
CAST = (
    "1\n\nThe story is about a man named Aldo Brennick, who is a sailor, and a woman named Aria, who is a sailor. They "
    "are in a small office with maps of the harbour.",
    "1, 4; 1, 5; 1, 6; 1, 7; 1, 8; 1, 9; 1, 10; 1, 11; 1, 12; 1, 13; 1, 14; 1, 15; 1, 16; 1, 17; 1, 18; 1, 19",
)
FACTS = (
    "1. The old man stands beside the iron scale, and the camera is on the wall.\n2. The old man looks at the camera.",
    "The movie about the movie is a film about a film.\nThe movie is a movie about a movie.",
    "2, 5 | Anna hides the key under the stone at the well, because Carl is coming. | key, open",
    "The film is about a woman in blue who is hiding a key under a stone at the well.",
)
COPIED = "2, 3 | Anna Weber, the judge, hides the key under the stone at the well. | key"
"""The example of the prompt as a fact."""
NAMED = "Anna Weber | 4 | judge, Carl's sister | woman with grey hair: 1, 4; woman in a green coat: 2"


def film(writes: Callable[[str], str], words: int = 90, *, answers: Callable[[str], Raw] | None = None) -> Any:
    limits = Limits(context=2048, caption=320, max_concurrency=4, words=words)
    return ScriptedContext(
        len(SEEN),
        caption=lambda index: plainly(SEEN[index]),
        writes=answers or (lambda prompt: plainly(writes(prompt))),
        limits=limits,
        capabilities=TOLD,
    )


def told(context: ScriptedContext) -> tuple[str, dict[str, Any]]:
    strategy = load("ledger")()
    state = asyncio.run(strategy.build(context).ainvoke({}))
    assert len(context.prompts) <= strategy.estimate(len(SEEN), context.limits).write
    return context.text(state["result"]), json.loads(context.text(state["extras"]["ledger"]))


def grounded(text: str) -> bool:
    return founded(text, Grounds(SEEN)) == text


def is_cast(prompt: str) -> bool:
    return "List everybody" in prompt


def is_facts(prompt: str) -> bool:
    return "Write what happens in this part as facts" in prompt


def is_act(prompt: str) -> bool:
    return "You write act" in prompt


@pytest.mark.parametrize("answer", [*CAST, *FACTS, "I", "1, 2, 4 **1. The old man, the first part**"])
def test_whatever_it_answers_to_everything_the_film_is_told_in_its_own_words(answer: str) -> None:
    context = film(lambda prompt: answer)
    text, _ = told(context)
    assert grounded(text)
    assert all(sentence.rstrip(".") in " ".join(SEEN) for sentence in text.replace("\n\n", " ").split(". "))
    assert abs(words_in(text) - 90) <= 0.1 * 90 + 25, "about as many words as asked for, in whole sentences"
    assert context.degraded, "the run says that it was not the LLM who told it"


def test_what_is_copied_from_an_example_is_no_fact_of_the_film() -> None:
    context = film(lambda prompt: COPIED if is_facts(prompt) else "I")
    text, ledger = told(context)
    assert "Weber" not in json.dumps(ledger)
    assert "key" not in text
    assert grounded(text)
    assert any("could not be read" in note for note in context.degraded)


def test_the_same_without_names_is_none_either() -> None:
    context = film(lambda prompt: COPIED.replace("Anna Weber, the judge,", "She") if is_facts(prompt) else "I")
    text, _ = told(context)
    assert "well" not in text


def test_names_that_the_film_does_not_say_are_nobodys() -> None:
    context = film(lambda prompt: NAMED if is_cast(prompt) else "I")
    _, ledger = told(context)
    assert "Weber" not in json.dumps(ledger)
    assert ["woman with grey hair", [1, 4]] in [look for figure in ledger["cast"] for look in figure["looks"]]


def test_a_sentence_that_cites_lines_and_says_something_else_is_not_told() -> None:
    raving = "I have more sentences in this piece, but they are just other examples of the same person. [1, 2, 3, 4, 5]"
    context = film(lambda prompt: raving if is_act(prompt) else "I")
    text, _ = told(context)
    assert "examples" not in text
    assert grounded(text)


def test_an_act_that_is_told_in_one_short_sentence_gets_what_it_left_out() -> None:
    brief = "An elderly man stands beside a scale. [1]"
    context = film(lambda prompt: brief if is_act(prompt) else "none")
    text, _ = told(context)
    assert words_in(text) >= 0.7 * 90
    assert "body out of the harbour" in text or "Kallan" in text or "watch" in text


def test_text_that_nobody_checked_is_said_to_be_so() -> None:
    def writes(prompt: str) -> str:
        return "An old man stands beside a huge scale. [1]" if is_act(prompt) else "The movie is a movie."

    context = film(writes)
    told(context)
    assert any("whether the text holds" in note for note in context.degraded)
