"""Answers count only with evidence; what is asked again is not computed again; nothing in a question is an order."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from longvid.api import Asked, Session, ask, open_existing, open_llm_models, wait
from longvid.asking.result import NOT_SHOWN, REFUSED
from longvid.errors import LLMError, RunError
from tests.asking.runs import Says, models_of

QUESTION = "Who pushed Aldo from the quay?"


def number_of(prompt: str, words: str) -> str:
    """The number of the first passage of `prompt` that has `words`."""
    found = re.search(rf"^\[(\d+)\][^\n]*{re.escape(words)}", prompt, re.M)
    assert found is not None, prompt
    return found[1]


def asked(run: Path, says: Callable[[str], str], question: str = QUESTION, context: int = 2048) -> Asked:
    return wait(ask(run, question, models_of(Says(says, context=context))))


def test_an_answer_is_the_sentences_that_cite_passages_with_their_times(harbour: Path) -> None:
    found = asked(harbour, lambda prompt: f"Miss Quist did it [{number_of(prompt, 'Miss Quist')}].", QUESTION)
    assert (found.status, found.answer, found.problems) == ("answered", "Miss Quist did it.", ())
    (evidence,) = found.evidence
    assert evidence.kind == "said"
    assert "Miss Quist" in evidence.text
    assert evidence.chunk == 22
    assert 1327 < evidence.times[0] < 1387


@pytest.mark.parametrize(
    "answer",
    [
        "Miss Quist did it.",  # no number
        "Miss Quist did it [999].",  # no such passage
        "It was done by Reginald [1].",  # a name that no passage has
        "It was done 1874 times [1].",  # a number that no passage has
        "[1]",
        "He held on [10005].",  # no such passage, and no pieces of one
        "He held on (2).",  # a number in brackets may be anything
        "It is not given back to Vera.",  # no number
        "Sure! Here is the answer.",
    ],
)
def test_an_answer_without_evidence_is_refused(harbour: Path, answer: str) -> None:
    found = asked(harbour, lambda prompt: answer, f"{QUESTION} {answer[:5]}")
    assert found.status == "refused"
    assert found.sentences == found.evidence == ()
    assert answer not in found.answer
    assert found.problems


def test_of_an_answer_what_has_evidence_is_kept(harbour: Path) -> None:
    def says(prompt: str) -> str:
        return (
            f"Reginald paid for it [1]. She pushes him with both hands [{number_of(prompt, 'pushes him')}]. I am sure."
        )

    found = asked(harbour, says, "Who pushes the old man in the fog?")
    assert found.answer == "She pushes him with both hands."


@pytest.mark.parametrize(
    "answer",
    [
        "not shown",
        "Not shown.",
        "The passages do not say who did it.",
        "The film doesn't show it.",
        "not shown [1]",
        "Not shown [1, 2].",
        "The passages do not say it [2].",
        "It is not stated who did it [1]. There is no mention of a dog [2, 3].",
        "Unknown [1].",
    ],
)
def test_that_the_film_does_not_show_it_is_an_answer(harbour: Path, answer: str) -> None:
    found = asked(harbour, lambda prompt: answer, f"What is the dog called? {answer}")
    assert (found.status, found.answer, found.problems) == ("not shown", "The film does not show it.", ())


@pytest.mark.parametrize(
    "answer",
    [
        "It is not given back to him [{0}].",
        "It is not shown to anybody [{0}].",
        "No passage leads out of it [{0}].",
        "Not known to them, he held on [{0}].",
    ],
)
def test_what_is_not_done_in_the_film_is_an_answer_like_others(harbour: Path, answer: str) -> None:
    found = asked(harbour, lambda prompt: answer.format(number_of(prompt, "held on")), f"Who held on? {answer}")
    assert (found.status, found.answer) == ("answered", answer.replace(" [{0}]", ""))


@pytest.mark.parametrize(
    "written",
    [
        "[{0}, 1].",
        "[{0}][1].",
        ". [{0}]",
        "(passage {0}).",
        "(Passages 1 and {0}).",
        "[{0}\u2013{0}].",
        "[{0}]",
        "[1, {0}]!",
    ],
)
def test_citations_are_read_as_models_write_them(harbour: Path, written: str) -> None:
    def says(prompt: str) -> str:
        return "He held on" + written.format(number_of(prompt, "held on"))

    found = asked(harbour, says, f"Who held on? {written}")
    assert found.status == "answered"
    assert any("held on" in evidence.text for evidence in found.evidence)


def test_asked_again_nothing_is_computed(harbour: Path) -> None:
    llm = Says(lambda prompt: f"He held on [{number_of(prompt, 'held on')}].")
    first, second = (wait(ask(harbour, "Who held on when he fell?", models_of(llm))) for _ in range(2))
    assert len(llm.asked) == 1
    assert (first.calls["write"], second.calls["write"], second.calls["cached"]) == (1, 0, 1)
    assert first.as_json() | {"calls": {}} == second.as_json() | {"calls": {}}


def test_a_question_that_points_back_finds_by_what_was_said_before(harbour: Path) -> None:
    llm = Says(lambda prompt: f"Timo got a brass tag [{number_of(prompt, 'brass tag')}].")
    with open_existing(harbour) as folder:
        session = Session(folder, models_of(llm))
        wait(session.ask("Who got a brass tag?"))
        llm.says = lambda prompt: "not shown"
        wait(session.ask("What does it open?"))
        session.close()
    assert "Asked before: Who got a brass tag? Answer: Timo got a brass tag." in llm.asked[1]
    assert "locker" in llm.asked[1]


def test_what_was_not_answered_finds_nothing_for_the_next_question(harbour: Path) -> None:
    def seen(answer: str) -> tuple[int, ...]:
        return wait(ask(harbour, "What does it open?", models_of(Says()), before=[(question, answer)])).seen

    question = "Who was handed a brass tag?"
    llm = Says(lambda prompt: "Reginald did it [1].")
    with open_existing(harbour) as folder:
        session = Session(folder, models_of(llm))
        assert wait(session.ask(question)).status == "refused"
        wait(session.ask("What does it open?"))
        session.close()
    assert f"Asked before: {question} Answer: not shown\n" in llm.asked[1]
    assert seen(NOT_SHOWN) == seen(REFUSED) == seen("")


def test_without_an_llm_a_sentence_with_all_the_words_answers(harbour: Path) -> None:
    models = open_llm_models("none")
    found = wait(ask(harbour, "Who steers the pilot boat past the mole?", models))
    assert found.status == "not shown"
    found = wait(ask(harbour, "Who counted the sinkers in the vault?", models))
    assert found.status == "not shown"
    found = wait(ask(harbour, "When is the shattered green lamp seen?", models))
    assert found.status == "answered"
    assert found.evidence[0].chunk == 11


@pytest.mark.parametrize(
    "question",
    [
        'who "OR" NEAR(a b) AND NOT *',
        "{passages} {0} {question}",
        "\x1b[31mwho\u202e pushed?",
        "x" * 5000,
        "谁推了他",
    ],
)
def test_nothing_in_a_question_is_an_order(harbour: Path, question: str) -> None:
    llm = Says()
    found = wait(ask(harbour, question, models_of(llm)))
    assert found.status == "not shown"
    assert all("\x1b" not in prompt and "\u202e" not in prompt for prompt in llm.asked)


@pytest.mark.parametrize("question", ["", "  ", "?!"])
def test_an_empty_question_is_an_error(harbour: Path, question: str) -> None:
    with pytest.raises(RunError, match="empty"):
        wait(ask(harbour, question, models_of(Says())))


def test_an_llm_that_is_too_short_for_questions_is_refused(harbour: Path) -> None:
    with pytest.raises(LLMError, match="512"):
        wait(ask(harbour, QUESTION, models_of(Says(context=300))))


def test_what_is_no_run_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run folder"):
        wait(ask(tmp_path / "nothing", QUESTION, models_of(Says())))
