"""Small questions: bounded, read strictly, and asked over events that cannot pass for anything else."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from longvid.narrative import Cast, Doubt, resolve
from longvid.strategy import parse_events
from longvid_strategies.ledger.rules.actions import find_actions
from longvid_strategies.ledger.rules.asking import answered, check_links, look_again, said, settle, verdict
from longvid_strategies.ledger.rules.relations import find_links
from tests.standins import ScriptedContext, plainly

CHUNKS = [
    "1 | Ada | buries the torn map under a tree | park\n2 | Ada | locks the front door | house",
    "1 | Eve | whistles | street",
    "1 | Ben | digs up the torn map | park\n2 | Ben | unlocks the front door | house",
]


def answering(text: str) -> ScriptedContext:
    return ScriptedContext(3, caption=lambda i: plainly("x"), writes=lambda prompt: plainly(text))


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ("Yes.", "yes"),
        ("**No**, they are not.", "no"),
        ("Unclear.", "unclear"),
        ("It is unclear", None),
        ("Yesterday", None),
        ("", None),
    ],
)
def test_an_answer_is_yes_or_no_or_unclear_or_unread(answer: str, means: str | None) -> None:
    assert verdict(answer) == means


@pytest.mark.parametrize(("answer", "unread"), [("unclear", 0), ("perhaps", 1)])
def test_only_what_cannot_be_read_counts_as_unread(answer: str, unread: int) -> None:
    cast = resolve(
        parse_events("1 | Ada, the nurse, | sits down | bar\n2 | Ben, the monk, | stands up | bar", 0).events
    )
    one, other = cast.entities
    cast = replace(cast, doubts=(Doubt(one.id, other.id),))
    assert asyncio.run(settle(answering(answer), cast, 3)) == ([], unread)


def test_links_beyond_the_bound_are_said_to_be_unchecked() -> None:
    events = [event for index, text in enumerate(CHUNKS) for event in parse_events(text, index).events]
    cast = resolve(events)
    links = [(link, "It holds.") for link in find_links(find_actions(cast), cast)]
    assert len(links) == 2
    context = answering("no")
    assert asyncio.run(check_links(context, links, {event.id: event for event in events}, 1)) == ({0}, 0)
    assert context.notes == ["1 of 2 links in doubt was not checked, since the number of questions is bounded"]
    whole = answering("unclear")
    assert asyncio.run(check_links(whole, links, {event.id: event for event in events}, 2)) == (set(), 0)
    assert whole.notes == []


def test_an_event_is_one_line_with_one_time_that_the_chunk_has() -> None:
    events = parse_events("75 | Ada | runs [0:00:01] Eve steals the map | pier", 1).events
    assert said(answering("x"), events) == "[0:02:00] Ada runs (0:00:01) Eve steals the map (pier)."


def looked_again(answer: str, *chunks: str) -> tuple[Cast, Cast, ScriptedContext]:
    """The cast before and after one look at each chunk with an open event, and what was asked."""
    events = [event for index, text in enumerate(chunks) for event in parse_events(text, index).events]
    cast = resolve(events)
    context = ScriptedContext(
        len(chunks), caption=lambda i: plainly("x"), writes=lambda p: plainly("x"), asks=lambda i, q: plainly(answer)
    )
    who, _ = asyncio.run(look_again(context, cast, len(chunks)))
    return cast, resolve(answered(events, who)), context


def whose(cast: Cast, event: str) -> str | None:
    """Id of the entity that does what is in the event."""
    (sense,) = (sense for sense in cast.senses if sense.event.id == event)
    return cast.of(event, sense.agents[0])


RED, WHITE, BLUE = "the woman in a red coat", "the woman in a white coat", "the woman in a blue dress"
CHANGE = f"1 | {RED} | changes into a blue dress | bar"


def meeting(one: str, other: str) -> str:
    """Event lines after which nobody can say who "she" is."""
    return f"1 | {one} | greets {other} | bar\n5 | she | leaves | bar"


@pytest.mark.parametrize("words", [BLUE, "woman in blue dress", "The woman in the blue dress."])
def test_looking_again_means_the_description_of_that_chunk(words: str) -> None:
    before, after, context = looked_again(f"1 | {words}", meeting(RED, WHITE), CHANGE, meeting(BLUE, WHITE))
    assert f"video: {BLUE}; {WHITE}.\n" in dict(context.questions)[2]
    assert len(after.entities) == len(before.entities) == 2
    assert whose(after, "2.1") == whose(after, "0.0")


def test_a_description_that_comes_later_is_not_the_description_of_that_chunk() -> None:
    film = [meeting(RED, WHITE), meeting(RED, WHITE), CHANGE, meeting(BLUE, WHITE)]
    before, after, context = looked_again(f"1 | {RED}", *film)
    assert f"video: {RED}; {WHITE}.\n" in dict(context.questions)[1]
    assert len(after.entities) == len(before.entities) == 2
    assert whose(after, "1.1") == whose(after, "0.0")


def test_a_disguise_is_not_the_description_of_who_has_taken_it_off() -> None:
    _, after, context = looked_again(
        "1 | the tall nurse", "1 | the tall nurse | waves | bar", "1 | the masked man | robs Ben | bar",
        "1 | the masked man | takes off the mask and is the tall nurse | bar", meeting("the tall nurse", WHITE),
    )  # fmt: skip
    assert f"video: the tall nurse; {WHITE}.\n" in dict(context.questions)[3]
    assert whose(after, "3.1") == whose(after, "0.0")


@pytest.mark.parametrize(
    ("words", "event"),
    [("the nurse", "0.0"), ("the tall nurse", "0.1"), (WHITE, "0.2"), ("Ada (old monk)", "0.3"), ("Ada", "0.3")],
)
def test_what_the_list_says_is_understood(words: str, event: str) -> None:
    lines = [
        "the nurse | greets the tall nurse", "the tall nurse | waves", f"{WHITE} | greets Ada, the old monk",
        "Ada | sings", f"{WHITE} | greets the nurse", "she | leaves",
    ]  # fmt: skip
    _, after, context = looked_again(f"1 | {words}", "\n".join(f"1 | {line} | bar" for line in lines))
    ((_, question),) = context.questions
    assert re.search(rf"[:;] {re.escape(words)}", question)
    assert whose(after, "0.5") == whose(after, event)


@pytest.mark.parametrize(("words", "event"), [("the old monk", "0.1"), ("Ada (red star)", "0.0"), ("Ada", "0.0")])
def test_who_looks_like_something_is_only_taken_for_one_who_it_may_be(words: str, event: str) -> None:
    before, after, context = looked_again(
        f"1 | {words}",
        "1 | Ada, the red star, | waves\n2 | Ada, the blue cross, | sings\n3 | the old monk | greets Ada",
    )
    ((_, question),) = context.questions
    assert "who sings" in question
    assert "the old monk" in question
    assert whose(before, "0.1") not in (whose(before, "0.0"), whose(before, "0.2"))
    assert whose(after, "0.1") == (whose(after, "0.0") if event == "0.0" else whose(after, "0.1"))
    assert whose(after, "0.1") != whose(after, "0.2")
