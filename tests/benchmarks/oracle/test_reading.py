"""The oracle reads: it answers the questions of `ledger.reading` from their prompts, and the ledger links by it."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from longvid.engine.request import Raw, Request
from longvid.strategy import Answer, Limits, words_in
from longvid_benchmarks.compare.candidates import Ends, in_chunks, recall, views
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.llm import OracleLLM
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import Score, score
from longvid_benchmarks.storyfilm.story import Story
from longvid_strategies.ledger import Ledger, LedgerConfig
from longvid_strategies.ledger.reading.cast import JOIN_FORM
from longvid_strategies.ledger.reading.lines import ask
from tests.standins import ScriptedContext, plainly

STORY = invent(600_200, 14)
SIZES = {14: 600_200, 60: 600_201, 120: 600_200}


def count(text: str) -> int:
    return OracleLLM().count(Request("write", text, 1))


class Reading(ScriptedContext):
    """A context over the captions of `story` by appearance, whose LLM is the oracle; `depth` as the engine has it."""

    def __init__(self, story: Story) -> None:
        llm, captions = OracleLLM(story), gold.captions(story)

        def says(prompt: str) -> Raw:
            return llm.answer([Request("write", prompt, 99_999)])[0]

        super().__init__(
            len(captions),
            caption=lambda index: plainly(captions[index]),
            writes=says,
            limits=Limits(
                context=2048, caption=320, max_concurrency=len(captions), words=words_in(gold.reference(story))
            ),
            capabilities=frozenset({"caption", "write"}),
        )
        self.depth = 0

    def count(self, text: str) -> int:
        return count(text)

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        depth = self.depth + 1
        # All that is asked at once is asked before anything is answered.
        await asyncio.sleep(0)
        answer = await super().write(prompt, max_tokens=max_tokens)
        self.depth = max(self.depth, depth)
        return answer


@cache
def read(n: int) -> tuple[Story, Reading, Score, dict[str, Any]]:
    story = invent(SIZES[n], n)
    context = Reading(story)
    state = asyncio.run(Ledger(LedgerConfig(reader="llm")).build(context).ainvoke({}))
    ledger = json.loads(context.text(state["extras"]["ledger"]))
    return story, context, score(context.text(state["result"]), story), ledger


@pytest.mark.parametrize("n", SIZES)
def test_links_are_told_and_true(n: int) -> None:
    _, context, told, _ = read(n)
    assert told.link_recall >= 0.95
    assert told.link_precision >= 0.95
    assert told.fact_precision >= 0.95
    assert context.degraded == []


@pytest.mark.parametrize("n", SIZES)
def test_calls_grow_with_the_film_and_no_answer_waits_for_many(n: int) -> None:
    _, context, _, _ = read(n)
    assert len(context.prompts) <= 4 * n + 20
    # Of the LLM, as the calls are counted; an act that is written once more, since it is too long, is a second try.
    again = any((prompts.reading(prompt) or ("", {}))[0] == "shorten" for prompt in context.prompts)
    assert context.depth - again <= 12


@pytest.mark.parametrize("n", [60, 120])
def test_both_ends_of_every_link_are_shown_together(n: int) -> None:
    story, _, _, ledger = read(n)
    chunk = {event.id: event.chunk for event in story.events()}
    links = [link for link in story.links if len(link.events) > 1]
    shown = views(ledger, chunks=n, context=2048, count=count)
    told = [in_chunks(ledger, [chunk[link.events[0]]], [chunk[id] for id in link.events[1:]]) for link in links]
    assert recall(ledger, shown, told).ends >= 0.95
    events = [event.id for event in story.events() if gold.salient(event)]
    ids = tells(story, ledger, events)
    sharp = [Ends((ids[link.events[0]],), tuple(ids[e] for e in link.events[1:])) for link in links]
    assert recall(ledger, shown, sharp).whole >= 0.95


def tells(story: Story, ledger: dict[str, Any], events: list[str]) -> dict[str, frozenset[int]]:
    """The facts that tell each of `events`: those of its chunk that have its object or device and its verb."""
    rows: dict[str, frozenset[int]] = {}
    for fact in gold.facts(story):
        if fact["id"] in events:
            words = {word.strip(".,") for word in fact["text"].lower().split()} - names(story)
            near = [row for row in ledger["facts"] if row["chunk"] == fact["chunk"]]
            found = [row["id"] for row in near if words <= {word.strip(".,") for word in row["text"].lower().split()}]
            rows[fact["id"]] = frozenset(found)
    return rows


def names(story: Story) -> set[str]:
    return {figure.name.lower() for figure in story.figures}


def test_every_kind_of_question_is_asked_and_answered() -> None:
    asked = Counter((prompts.reading(prompt) or ("?", {}))[0] for prompt in read(14)[1].prompts)
    # Lines that stand as they are need no check, what is written from few lines is not too long, few links need no
    # second question, and only a long context holds the whole text.
    assert set(asked) == set(prompts.READING) - {"missing", "check", "shorten", "same", "whole"}


def test_questions_of_reading_are_not_among_what_the_small_model_is_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    before = prompts.digest()
    monkeypatch.setitem(prompts.READING, "join", "Who is who? {rows}")
    assert prompts.digest() == before
    assert {prompts.which(prompt) for prompt in read(14)[1].prompts} == {None}


def answer(kind: str, **places: object) -> str:
    prompt = prompts.READING[kind].format(**places)
    return OracleLLM(STORY).answer([Request("write", prompt, 9_999)])[0].text


PARTS = "\n".join(f"Part {part}: {text}" for part, text in enumerate(gold.captions(STORY), 1))


def test_a_list_of_the_cast_ties_a_name_to_a_look_only_where_a_sentence_does() -> None:
    told = answer("cast", parts=PARTS, most=40).splitlines()
    assert "Hana | 1 | - | the green striped triangle: 1, 2, 5, 6, 11, 14" in told
    # Who is seen before and after a change of colour is one.
    assert "Rosa | 2 | - | the yellow diamond: 2; the blue diamond: 2, 5, 6, 7, 10" in told
    late = answer("cast", parts=PARTS[PARTS.index("Part 6:") :], most=40)
    assert "Rosa" not in late
    assert "- | - | - | the blue diamond: 6, 7, 10" in late


def test_a_list_of_the_cast_is_as_long_as_it_may_be() -> None:
    assert len(answer("cast", parts=PARTS, most=3).splitlines()) == 3


def test_rows_are_one_by_name_or_look_and_a_mask_is_taken_off() -> None:
    rows = [
        "1. Hana |  | the green striped triangle: 1, 2",
        "2. Wilo |  | the yellow diamond: 5",
        "3. - | is the orange striped circle | the masked figure: 10, 11",
        "4. - |  | the orange striped circle: 6, 11",
        "5. - |  | the green striped triangle: 11, 14",
        "6. - |  | the blue diamond: 7, 10",
        "7. Rosa |  | the yellow diamond: 2",
    ]
    # Two have the yellow look, one after the other; and nothing here says that Rosa is the blue one.
    assert answer("join", rows="\n".join(rows)).splitlines() == ["1 = 5 | look", "3 > 4 | unmasked"]


FOUND = "Hana finds the purple key in the chest in the castle."
GIVES = "The green striped triangle gives the red bell to the white striped circle."


@pytest.mark.parametrize(
    ("cast", "called"),
    [
        ("Hana | the green striped triangle", "Hana gives the red bell to the white striped circle."),
        ("the green striped triangle [Hana] | the green striped triangle",
         "The green striped triangle [Hana] gives the red bell to the white striped circle."),
        ("Hana | the blue diamond", GIVES),
        ("(nobody is known yet)", GIVES),
    ],
)  # fmt: skip
def test_a_fact_has_a_name_only_where_the_cast_ties_it_to_the_look(cast: str, called: str) -> None:
    said = answer("facts", cast=cast, part=6, sources=f"1. The place is the glacier.\n2. {GIVES}", most=4)
    assert said == f"2 | {called} | key, open"


def test_a_link_is_seen_where_all_of_its_facts_are_shown() -> None:
    earlier = [
        f"0. (part 1) {FOUND}",
        "7. (part 2) Hana opens the gate in the garden with the purple key.",
        "9. (part 5) Hana takes the red bell out of the gate in the garden.",
    ]
    now = f"a. {GIVES.replace('The green striped triangle', 'Hana')}"
    said = answer("forward", earlier="\n".join(earlier), part=6, now=now, most=5)
    assert said.startswith("A | 0, 7, 9 -> a | Hana gives the red bell to the white striped circle, which Hana could ")
    assert answer("forward", earlier="\n".join(earlier[:2]), part=6, now=now, most=5) == "none"
    # Who is called in two ways is not known to be one.
    assert answer("forward", earlier="\n".join(earlier), part=6, now=f"a. {GIVES}", most=5) == "none"


def test_what_settles_an_open_fact_is_seen_backward() -> None:
    promise = "The blue dotted circle promises to give the yellow lantern to the orange dotted circle."
    gives = "The blue dotted circle gives the yellow lantern to the orange dotted circle."
    blocks = f"Open: 3. (part 12) {promise}\n   5. (part 13) {gives}\n"
    assert answer("backward", blocks=blocks) == f"A | 3 -> 5 | {gives[:-1]} as promised."
    assert answer("backward", blocks=f"Open: 3. (part 12) {promise}\n   5. (part 13) Nobody is there.\n") == "none"


TAKES = "Hana takes the red bell out of the gate in the garden."
LINKED = "Hana gives the red bell to Rosa, which Hana could take because Hana had found the purple key."
LINES = f"1. * {FOUND}\n2. {TAKES}\n3. Hana sleeps.\n4. ++ {LINKED}"


@pytest.mark.parametrize(
    ("words", "numbers"),
    [(60, "1234"), (38, "134"), (30, "14"), (24, "14"), (22, "34"), (5, "4")],
    ids=[
        "all",
        "what fits",
        "what is starred first",
        "a star too much",
        "not two too many",
        "links, however few words",
    ],
)
def test_links_are_written_then_what_is_starred_then_what_the_words_allow(words: int, numbers: str) -> None:
    said = answer("write", act=1, acts=2, cast="Hana", before="", lines=LINES, words=words)
    assert re.findall(r"\[(\d)\]", said) == list(numbers)


def test_an_act_is_shortened_by_what_tells_no_link() -> None:
    text = f"{FOUND} [1] {TAKES} [2, 3] {LINKED} [4]"
    assert answer("shorten", act=1, acts=2, text=text, have=42, words=32) == f"{FOUND} [1] {LINKED} [4]"
    assert answer("shorten", act=1, acts=2, text=text, have=42, words=5) == f"{LINKED} [4]"
    # By look or by name, what happens is no link.
    seen = f"{GIVES} [1] {LINKED} [4]"
    assert answer("shorten", act=1, acts=2, text=seen, have=32, words=20) == f"{LINKED} [4]"


def test_a_question_that_is_asked_again_is_known_as_well() -> None:
    context = Reading(STORY)
    prompt = prompts.READING["join"].format(rows="1. Hana |  | the green striped triangle: 1")
    asyncio.run(ask(context, f"{prompt}\n\nYour last answer had no line.", 100, lambda line: [line], JOIN_FORM))
    assert prompts.reading(context.prompts[0]) == ("join", {"rows": "1. Hana |  | the green striped triangle: 1"})
