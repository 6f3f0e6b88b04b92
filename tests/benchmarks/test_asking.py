"""Questions to invented films: what is asked, who answers, and what counts as right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid_benchmarks.asking.runs import is_right
from longvid_benchmarks.storyfilm.asked import StoryQuestion, ask_story
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.wording import event_sentence, link_sentence
from tests.cli.program import longvid


@pytest.fixture(scope="module")
def questions() -> list[StoryQuestion]:
    return ask_story(invent(600000, 14))


def test_a_story_is_asked_the_same_every_time_and_nothing_twice(questions: list[StoryQuestion]) -> None:
    assert questions == ask_story(invent(600000, 14))
    texts = [question.text for question in questions]
    assert len(set(texts)) == len(texts)
    assert {question.kind for question in questions} == {"who", "when", "what", "link", "not stated"}
    assert sum(question.kind == "not stated" for question in questions) >= 10


def test_answers_are_told_by_their_events_and_what_is_not_stated_by_none(questions: list[StoryQuestion]) -> None:
    story = invent(600000, 14)
    sentences = {event.id: event_sentence(story, event) for event in story.events()}
    for question in questions:
        if question.kind == "who":
            (event,) = question.events
            assert sentences[event] == f"{question.right[0]} {question.text.removeprefix('Who ').rstrip('?')}."
        if question.kind == "what":
            assert question.right[0] in sentences[question.events[0]]
        if question.kind == "link":
            assert question.sentence in {link_sentence(story, link) for link in story.links}
        if question.kind == "not stated" and question.text.startswith("Who ") and "," not in question.text:
            assert not any(sentence.endswith(f" {question.text[4:-1]}.") for sentence in sentences.values())


def test_what_counts_as_right_is_a_right_word_and_no_wrong_one() -> None:
    from longvid.asking.result import Asked, Evidence, Said

    def asked(text: str, chunk: int = 3) -> Asked:
        evidence = (Evidence(1, "seen", (9.0,), chunk, text),)
        return Asked("film", "?", "answered", (Said(text, (1,)),), evidence, 1, (), "llm", None, "run")

    who = StoryQuestion("who", "Who?", ("e",), ("Mira",), ("Tobo",))
    assert is_right(who, asked("Mira gives it to Tobo."), {3})
    assert not is_right(who, asked("Tobo gives it to Mira."), {3})
    link = StoryQuestion("link", "Who?", ("e",), ("Mira",), ("Tobo",))
    assert not is_right(link, asked("It is Mira or Tobo."), {3})
    when = StoryQuestion("when", "When?", ("e",))
    assert is_right(when, asked("Then."), {3})
    assert not is_right(when, asked("Then.", chunk=4), {3})
    assert not is_right(StoryQuestion("not stated", "Who?"), asked("Mira."), set())


def test_with_a_perfect_llm_nearly_all_is_answered_and_without_one_nothing_is_invented(tmp_path: Path) -> None:
    ended = longvid("bench", "ask", "--chunks", "8", "--seeds", "600000", "-o", tmp_path, "-q")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split()[:6] == ["|", "chunks", "|", "captions", "|", "LLM"]
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    for llm, least in (("oracle", 0.8), ("none", 0.5)):
        own = [row for row in rows if row["llm"] == llm]
        stated = [row["right"] for row in own if row["kind"] != "not stated"]
        none = [row["right"] for row in own if row["kind"] == "not stated"]
        assert sum(stated) >= least * len(stated)
        assert sum(none) >= 0.9 * len(none)
    who = [row["right"] for row in rows if row["llm"] == "oracle" and row["kind"] in ("who", "what")]
    assert all(who)


def test_the_oracle_answers_from_its_passages_alone() -> None:
    from longvid.asking.passages import Passage
    from longvid.asking.prompting import prompt, read
    from longvid_benchmarks.oracle.asking import Answerer
    from longvid_benchmarks.oracle.author import Author

    story = invent(600000, 14)
    answerer = Answerer(story, Author(story))
    question = next(one for one in ask_story(story) if one.kind == "who")
    event = next(event for event in story.events() if event.id == question.events[0])
    other = next(one for one in story.events() if one.chunk != event.chunk)
    there = Passage("seen", (event.start,), event_sentence(story, event))
    elsewhere = Passage("seen", (other.start,), event_sentence(story, other))
    shown = [elsewhere, there]
    answer = answerer.reply(prompt(question.text, shown))
    assert answer is not None
    said = read(answer, shown)
    assert said
    assert said[0].evidence == (2,)
    assert answerer.reply(prompt(question.text, [elsewhere])) == "not shown"
    assert answerer.reply("Something else") is None
