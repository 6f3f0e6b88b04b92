"""What the oracle answers to a question of `longvid ask`: the truth where the passages that it is shown tell it, and
that they do not otherwise.

A passage tells what its sentences tell; whom the question calls by name must be tied to the deed by the passages, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from longvid.asking.prompting import ASK
from longvid.strategy import sentences
from longvid_benchmarks.oracle.author import Author, Item
from longvid_benchmarks.storyfilm.asked import StoryQuestion, ask_story
from longvid_benchmarks.storyfilm.story import Event, Story

HEAD = ASK.partition("{history}")[0]
QUESTION = re.compile(r"\nQuestion: ([^\n]*)\Z")
PASSAGE = re.compile(r"^\[(\d+)\] ([\d:, ]+) [a-z ]+: (.*)$", re.M)
SLACK = 1.5
"""Seconds by which the time of a passage may be before its chunk, since it is cut to whole seconds."""
NO = "not shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence of a numbered passage, and what it tells."""

    number: int
    text: str
    item: Item
    there: bool
    """Whether its passage is of the time of what it tells, and of no other."""


class Answerer:
    """Answers questions to one story."""

    def __init__(self, story: Story, author: Author) -> None:
        self._story, self._author = story, author
        self._events = {event.id: event for event in story.events()}
        self._questions = {question.text: question for question in ask_story(story)}

    def reply(self, prompt: str) -> str | None:
        """The answer to `prompt`; None where that is no question of `longvid ask`."""
        asked = QUESTION.search(prompt)
        if not prompt.startswith(HEAD) or asked is None:
            return None
        question = self._questions.get(asked[1])
        if question is None or question.kind == "not stated":
            return NO
        shown = list(self._read(prompt))
        told = self._by_link(question, prompt) or self._by_events(question, shown)
        answer = self._answer(question, prompt)
        if told is None or answer is None:
            return NO
        return f"The answer is {answer} [{', '.join(map(str, dict.fromkeys(told)))}]."

    def _read(self, prompt: str) -> Iterator[Shown]:
        for number, told, text in PASSAGE.findall(prompt):
            times = [_seconds(clock) for clock in told.split(", ")]
            for sentence in sentences(text):
                items = self._author.meanings(sentence)
                here = [i for i in items if i.event is not None and self._is_at(i.event, times)]
                # A sentence of a summary is told at any of its times.
                for item in (here or items)[:1]:
                    yield Shown(int(number), sentence, item, bool(here) and len(times) == 1)

    def _is_at(self, event: Event, times: Sequence[float]) -> bool:
        chunk = self._story.chunks[event.chunk]
        return any(chunk.start - SLACK <= time < chunk.end for time in times)

    def _by_link(self, question: StoryQuestion, prompt: str) -> list[int] | None:
        """From a sentence that tells the whole link."""
        for number, _, text in PASSAGE.findall(prompt):
            if question.sentence is not None and question.sentence in text:
                return [int(number)]
            if question.link == "promise-broken" and self._is_broken(text, self._events[question.events[0]]):
                return [int(number)]
        return None

    def _is_broken(self, text: str, promise: Event) -> bool:
        """Whether a sentence of `text` says that what was promised is never given."""
        needed = ["never", self._story.thing(promise.roles["object"]).phrase()]
        needed += [self._story.figure(promise.roles["to"]).name]
        return any(all(word in sentence for word in needed) for sentence in sentences(text))

    def _by_events(self, question: StoryQuestion, shown: Sequence[Shown]) -> list[int] | None:
        """From sentences that tell its events and tie whom it names to them."""
        if question.link == "promise-broken":
            return None  # that nobody keeps it is seen by whoever knows the whole film
        ties = self._author.names_in([one.item for one in shown])
        numbers = []
        for id in question.events:
            telling = [one for one in shown if one.item.event is not None and self._tells(one.item, id)]
            telling = [one for one in telling if self._names(one, self._events[id], question.named, ties)]
            if not telling:
                return None
            numbers.append(min(telling, key=lambda one: not one.there).number)
        return numbers

    @staticmethod
    def _tells(item: Item, id: str) -> bool:
        told = {item.event.id} if item.event is not None else set()
        return id in told | set(item.link.events if item.link is not None else ())

    def _names(self, one: Shown, event: Event, named: Sequence[str], ties: dict[str, set[str]]) -> bool:
        """Whether those of `named` who are in `event` are known to be so."""
        for id in named:
            if id not in event.looks:
                continue
            name = self._story.figure(id).name
            if not re.search(rf"\b{name}\b", one.text) and event.looks[id].phrase() not in ties.get(id, set()):
                return False
        return True

    @staticmethod
    def _answer(question: StoryQuestion, prompt: str) -> str | None:
        """What is to be said: a name where the passages have it, else a look; None where they have neither."""
        passages = "\n".join(text for _, _, text in PASSAGE.findall(prompt))
        if question.link in ("count", "promise-broken") or not question.right:
            return question.right[0] if question.right else "then"
        return next((right for right in question.right if re.search(rf"\b{right}\b", passages)), None)


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds
