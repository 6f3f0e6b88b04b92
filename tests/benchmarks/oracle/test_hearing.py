"""The oracle hears: lines become facts in the third person, where it is known who speaks, and nothing else does."""

from __future__ import annotations

import pytest

from longvid.captions.spoken import said as as_text
from longvid.film import share_out
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.author import Author
from longvid_benchmarks.oracle.hearing import Passage, passages
from longvid_benchmarks.oracle.llm import OracleLLM
from longvid_benchmarks.oracle.replies import reply
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import Score, score
from longvid_benchmarks.storyfilm.speech import cues
from longvid_benchmarks.storyfilm.story import Event, Story, Utterance
from longvid_benchmarks.storyfilm.wording import event_sentence

STORY = invent(40, 14, said=1.0)


def texts(story: Story, level: gold.Level = "appearance", *, seen: bool = True, heard: bool = True) -> list[str]:
    """The text of each chunk as strategies have it: what is seen, and behind it what is said."""
    shares = share_out([(chunk.start, chunk.end) for chunk in story.chunks], cues(story))
    shown = gold.captions(story, level) if seen else [""] * len(shares)
    return [f"{one} {as_text(lines) if heard else ''}".strip() for one, lines in zip(shown, shares, strict=True)]


def told(story: Story, sources: list[str]) -> Score:
    author = Author(story)
    return score(author.tell(author.read(sources), 5000, ends=True), story, budget=10_000)


def one(predicate: str) -> tuple[Event, Utterance]:
    event = next(event for event in STORY.events() if event.predicate == predicate)
    return event, next(line for line in STORY.lines if line.event == event.id)


def read(source: str) -> list[str]:
    return [item.text for item in Author(STORY).read([source])]


@pytest.mark.parametrize("seed", range(40, 46))
@pytest.mark.parametrize("level", ["named", "appearance"])
def test_with_what_is_said_it_tells_all_and_every_link(seed: int, level: gold.Level) -> None:
    story = invent(seed, 14, said=1.0)
    got = told(story, texts(story, level))
    assert (got.fact_recall, got.fact_precision, got.link_recall, got.false_sentences) == (1.0, 1.0, 1.0, ())


@pytest.mark.parametrize("said", [0.5, 1.0])
def test_without_the_lines_it_tells_nothing_that_is_only_said(said: float) -> None:
    story = invent(41, 14, said=said)
    got = told(story, texts(story, heard=False))
    assert got.fact_channels["said"][0] == got.link_channels["said"][0] == 0
    assert got.fact_precision == 1.0


def test_all_in_one_part_is_read_like_one_after_the_other() -> None:
    author = Author(STORY)
    apart, joined = author.read(texts(STORY)), author.read([" ".join(texts(STORY))])
    assert {item.event.id for item in apart if item.event} == {item.event.id for item in joined if item.event}


def test_a_source_is_what_is_seen_and_what_is_said() -> None:
    source = 'A man waits. Said: "Stop." (Anna) [a door slams] "At (nine)?" "Yes." He leaves. Said: "Bye." (Bo)'
    assert passages(source) == [
        Passage("A man waits. ", (("Stop.", "Anna"), ("At (nine)?", None), ("Yes.", None))),
        Passage("He leaves. ", (("Bye.", "Bo"),)),
    ]
    assert passages("Nobody speaks.") == [Passage("Nobody speaks.")]
    assert passages("") == [Passage("")]


def test_who_speaks_is_known_by_the_label_or_by_the_picture_and_else_nothing_is_told() -> None:
    event, line = one("promise")
    name, look = STORY.figure(line.speaker).name, event.looks[line.speaker].phrase()
    by_name = event_sentence(STORY, event)
    assert read(f'Said: "{line.text}" ({name})') == [by_name]
    assert read(f'Said: "{line.text}" ({name.upper()})') == [by_name]
    assert read(f'T{look[1:]} says something. Said: "{line.text}"') == [by_name.replace(name, f"T{look[1:]}", 1)]
    assert read(f'T{look[1:]} says something. Said: "{line.text}" ({name})') == [
        by_name.replace(name, f"{name}, {look},", 1)
    ]
    assert read(f'Said: "{line.text}"') == []
    assert read(f'Somebody says something. Said: "{line.text}"') == []


def test_a_label_of_somebody_else_is_not_believed() -> None:
    event, line = one("promise")
    other = next(figure.name for figure in STORY.figures if figure.id not in event.looks)
    assert read(f'Said: "{line.text}" ({other})') == []


def test_names_that_are_said_are_used_from_then_on() -> None:
    event, line = one("introduce")
    look = event.looks[line.speaker].phrase()
    own = [e for e in STORY.events() if e.roles["agent"] == line.speaker and gold.salient(e) and not e.said]
    later = next(e for e in own if e.looks[line.speaker].phrase() == look)
    author = Author(STORY)
    seen = f"T{look[1:]} says something."
    unnamed = event_sentence(STORY, later, "appearance")
    items = author.read([f'{seen} Said: "{line.text}"', unnamed])
    assert STORY.figure(line.speaker).name in author.tell(items, 100)
    assert STORY.figure(line.speaker).name not in author.tell(author.read([seen, unnamed]), 100)


def test_what_is_both_shown_and_said_is_told_once_with_the_names_that_the_line_gives() -> None:
    half = invent(41, 14, said=0.5)
    event = next(e for e in half.events() if e.predicate in ("promise", "claim") and not e.said)
    line = next(line for line in half.lines if line.event == event.id)
    shown = event_sentence(half, event, "appearance")
    [item] = Author(half).read([f'{shown} Said: "{line.text}" ({half.figure(line.speaker).name})'])
    assert all(half.figure(id).name in item.text for id in event.looks)


@pytest.mark.parametrize("seen", [True, False])
def test_the_prompts_are_answered_from_what_is_said_too(seen: bool) -> None:
    event, _ = next((e, line) for e, line in spoken() if line.labelled and e.predicate != "introduce")
    source = texts(STORY, seen=seen)[event.chunk]
    about = STORY.thing(event.roles["object"]).phrase() if "object" in event.roles else "in the"
    lines = reply(Author(STORY), prompts.WRITING["ledger lines"] + "\n" + source)
    assert any(about in line for line in lines.splitlines())
    assert all(line.count(" | ") == 2 for line in lines.splitlines())
    summary = reply(Author(STORY), f"{prompts.WRITING['map-reduce reduce'].format(words=200)}\nPart 1: {source}")
    assert about in summary
    assert "Said" not in summary


def spoken() -> list[tuple[Event, Utterance]]:
    events = {event.id: event for event in STORY.events()}
    return [(events[line.event], line) for line in STORY.lines if line.names is None]


def test_of_a_story_with_and_without_words_it_is_two_llms() -> None:
    heard, silent = OracleLLM(invent(3, 4, said=1.0)), OracleLLM(invent(3, 4))
    assert heard.identity != silent.identity
    assert silent.identity == OracleLLM(invent(3, 4, said=0)).identity
