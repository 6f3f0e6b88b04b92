"""Links are found between events far apart, in ordinary English, and only where both ends were seen."""

from __future__ import annotations

import pytest

from longvid.narrative import resolve
from longvid.strategy import parse_events
from longvid_strategies.ledger.rules.actions import find_actions
from longvid_strategies.ledger.rules.realizer import Realizer
from longvid_strategies.ledger.rules.relations import find_links


def told(*chunks: str) -> list[tuple[str, str]]:
    """(kind, sentence) of every link of a film whose chunks have these event lines."""
    events = [event for index, text in enumerate(chunks) for event in parse_events(text, index).events]
    cast = resolve(events)
    realizer = Realizer(cast)
    lines = ((link.kind, realizer.link(link)) for link in find_links(find_actions(cast), cast))
    return [(kind, line.text) for kind, line in lines if line is not None]


MEET = "1 | Ada, the tall nurse | greets Ben, the old man | bar"
FILLER = "1 | Eve | whistles | street"


@pytest.mark.parametrize(
    ("chunks", "kind", "sentence"),
    [
        (
            [MEET, "1 | the tall nurse | hands the torn map to the old man | bar", FILLER,
             "1 | the old man | reads the torn map | street"],
            "handed-used", "Ben reads the torn map that Ada had handed Ben.",
        ),
        (
            [MEET, "1 | Ada | buries the torn map under a tree | park", FILLER,
             "1 | Ben | digs up the torn map | park"],
            "hidden-found", "Ben digs up the torn map that Ada had buried.",
        ),
        (
            [MEET, "1 | Ada | vows to return the torn map to Ben | bar", FILLER,
             "1 | Ada | gives back the torn map to Ben | bar"],
            "promise-kept", "Ada gives back the torn map to Ben as promised.",
        ),
        (
            [MEET, "1 | Ada | promises to sell the torn map to Ben | bar", FILLER],
            "promise-broken", "Ada promises to sell the torn map to Ben but is never seen to sell it to Ben.",
        ),
        (
            [MEET, "1 | Ada | locks the front door | house", FILLER, "1 | Ben | unlocks the front door | house"],
            "undone", "Ben unlocks the front door that Ada had locked.",
        ),
        (
            [MEET, "1 | Ada | gathers two apples | park", FILLER, "1 | Ada | gathers one apple | park"],
            "total", "Ada gathers three apples in all.",
        ),
        (
            [MEET, "1 | the hooded stranger | snatches the torn map from Ben | bar", FILLER,
             "1 | the hooded stranger | pulls off the hood and is the tall nurse | street"],
            "unmasked", "The hooded stranger who had snatched the torn map turns out to be Ada.",
        ),
        (
            [MEET, "1 | Ada | steals the torn map from Ben | bar", FILLER,
             "1 | Ben | claims that Eve stole the torn map | street"],
            "said-against-seen", "Ben falsely claims that Eve stole the torn map, which Ada had stolen.",
        ),
        (
            [MEET, "1 | Ada | finds the long pin | park",
             "1 | Ada | opens the safe in the bank with the long pin | bank",
             FILLER, "1 | Ada | takes the torn map out of the safe in the bank | bank",
             "1 | Ada | hands the torn map to Ben | street"],
            "made-possible",
            "Ada hands the torn map to Ben, which Ada could take because Ada had found the long pin and had opened the "
            "safe in the bank with it.",
        ),
        (
            [MEET, "1 | Ben | discovers the torn map | park", FILLER,
             "1 | Ada | buries the torn map | park (flashback)"],
            "shown-late", "A flashback shows that Ada had buried the torn map that Ben discovered.",
        ),
        (
            [MEET, "1 | the tall nurse | changes from tall to bent | bar", FILLER,
             "1 | the bent nurse | plays the old harp | bar"],
            "changed", "Ada, who had changed from tall to bent, plays the old harp.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)  # fmt: skip
def test_each_relation_is_found_and_said(chunks: list[str], kind: str, sentence: str) -> None:
    assert told(*chunks) == [(kind, sentence)]


@pytest.mark.parametrize(
    "chunks",
    [
        [MEET, "1 | Ada | hands the torn map to Ben | bar", "1 | Eve | reads the torn map | street"],
        [MEET, "1 | Ada | buries the torn map | park", "1 | Ben | digs up the new map | park"],
        [MEET, "1 | Ada | locks the front door | house", "1 | Ben | unlocks the back door | house"],
        [MEET, "1 | Ada | locks the door | house", "1 | Ben | unlocks the door | church"],
        [MEET, "1 | Ada | does not bury the torn map | park", "1 | Ben | finds the torn map | park"],
        [MEET, "1 | Ada | steals the torn map | bar", "1 | Ben | says that Ada stole the torn map | street"],
        [MEET, "1 | Ada | gathers two apples | park", "1 | Ben | gathers one apple | park"],
        [MEET, "1 | Ada | finds the torn map | park", "1 | Ada | hands the torn map to Ben | bar"],
        [MEET, "1 | Ada | promises not to open the old box | bar", "1 | Ada | opens the old box | park"],
        [MEET, "1 | Ada | promises that Ben will get the gold ring | bar", "1 | Ben | gets the gold ring | park"],
        [MEET, "1 | Ada | promises to return the ring to Ben | bar", "1 | Ada | throws the ring into the sea | bar"],
        [MEET, "1 | Ada | promises to be quiet | bar", FILLER],
        [MEET, "1 | Ada | promises to come back | bar", FILLER],
        [MEET, "1 | Ada | hopes to find the gold ring | bar", "1 | Ada | would find the gold ring | park"],
        [MEET, "1 | Ben | opens the front door | bar", "1 | Ada | says that Eve will open the front door | bar"],
        [MEET, "1 | Ben | opens the front door | bar", "1 | Ada | says that Eve opened the front door | bar"],
        [MEET, "1 | Ada | hides the gold ring | bar", "1 | Ben | nearly finds the gold ring | park"],
        [MEET, "1 | Ada | hides a red box | bar", "1 | Ben | finds another red box | park"],
        [MEET, "1 | Ada and Ben | hide the gold ring | bar", "1 | Eve | finds the gold ring | park"],
        ["1 | Ada | opens the door | ", "1 | Ben | closes the door | "],
        ["1 | Ada | opens the front door | Ada's house", "1 | Ben | closes the front door | police station"],
        [MEET, "1 | Ada | turns from the window to Ben | bar", "1 | Ada | drinks the red wine | bar"],
        [MEET, "1 | Ada | takes two steps | bar", "1 | Ada | takes three steps | bar"],
        [MEET, "1 | Ada | takes two gold coins | bar", "1 | Ada | takes the two gold coins | bar"],
        [MEET, "1 | Ada | opens her mouth | bar", "1 | Ada | closes her mouth | bar"],
        [MEET, "1 | Ada | finds the old pin | bar", "1 | Ada | loses the old pin | bar",
         "1 | Ada | opens the safe with the old pin | bar", "1 | Ada | takes the torn map out of the safe | bar"],
        [MEET, "1 | the masked man | steals the torn map | bar", "1 | Ada | says that Ben stole the torn map | street"],
        [MEET, "1 | Ben | steals the torn map | bar", "1 | Ada | says that the masked man stole the torn map | street"],
        [MEET, "1 | Ada | hides the gold ring | bar", "1 | Ben | finds the gold ring | park (flashback)"],
        [MEET, "1 | Ada | hands the torn map to Ben | bar", "1 | Ben | reads the torn map | park (flashback)"],
        [MEET, "1 | Ada | steals the torn map | bar", "1 | Ada | says that Ben stole the torn map | bar (flashback)"],
        [MEET, "1 | Ada | opens the red door | bar", "1 | Ben | closes the red door | bar (flashback)"],
        [MEET, "1 | Ada | promises to open the red box | bar", "1 | Ada | opens the red box | park (flashback)",
         "1 | Ada | burns the red box | park"],
        [MEET, "1 | Ada | finds the long pin | park",
         "1 | Ada | opens the safe in the bank with the long pin | bank (flashback)",
         "1 | Ada | takes the torn map out of the safe in the bank | bank"],
    ],
)  # fmt: skip
def test_what_only_looks_like_a_link_is_none(chunks: list[str]) -> None:
    assert told(*chunks) == []


def test_a_thief_is_known_who_was_unmasked_later() -> None:
    links = told(
        MEET, "1 | the masked man | steals the torn map | bar", "1 | Ada | says that Eve stole the torn map | street",
        "1 | the masked man | takes off the mask and is Ben | park",
    )  # fmt: skip
    said = "Ada falsely says that Eve stole the torn map, which the masked man had stolen."
    assert ("said-against-seen", said) in links


@pytest.mark.parametrize(
    ("chunks", "sentence"),
    [
        (["hides the gold ring", "finds the gold ring", "finds the gold ring"],
         "Ben finds the gold ring that Ada had hidden."),
        (["opens the red door", "closes the red door", "closes the red door"],
         "Ben closes the red door that Ada had opened."),
    ],
)  # fmt: skip
def test_a_flashback_between_two_events_changes_nothing(chunks: list[str], sentence: str) -> None:
    first, past, last = chunks
    film = [f"1 | Ada | {first} | bar", f"1 | Eve | {past} | bar (flashback)", f"1 | Ben | {last} | bar"]
    assert [text for _, text in told(*film)] == [sentence]


def test_what_a_flashback_shows_to_be_hidden_may_be_found_after_it() -> None:
    assert told("1 | Ada | hides the gold ring | bar (flashback)", "1 | Ben | finds the gold ring | bar") == [
        ("hidden-found", "Ben finds the gold ring that Ada had hidden.")
    ]


def test_a_chain_ends_with_its_entity_though_the_thing_goes_on() -> None:
    links = told(
        MEET, "1 | Ada | finds the long pin | park", "1 | Ada | opens the safe in the bank with the long pin | bank",
        "1 | Ada | takes the torn map out of the safe in the bank | bank",
        "1 | Ada | hands the torn map to Ben | street", "1 | Ben | hands the torn map to Eve | street",
    )  # fmt: skip
    assert [kind for kind, _ in links] == ["made-possible"]


def test_a_thing_taken_out_of_where_it_was_hidden_is_found() -> None:
    assert told(
        "1 | Rick | hides the letters in the piano | cafe", "1 | Rick | takes the letters out of the piano | cafe"
    ) == [("hidden-found", "Rick takes the letters that Rick had hidden.")]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1 | Ada | is shot by Ben | bar", "Ada is shot by Ben."),
        ("1 | the ring | is given to Ben by Ada | bar", "The ring is given to Ben by Ada."),
        ("1 | the man who killed Ada | runs | bar", "The man who killed Ada runs."),
        ("1 | Ada or Ben | dies | bar", "Ada or Ben dies."),
        ("1 | Ben | is a nurse | bar", "Ben is a nurse."),
        ("1 | nobody | moves | bar", "Nobody moves."),
        ("1 | Ben, the old man, | sings | bar", "Ben sings."),
        ("1 | Ben, an old man in a red coat, | sings | bar", "Ben sings."),
        ("1 | Eve and Ben, the old man in the coat | greet Ada, a nurse in a cap | bar", "Eve and Ben greet Ada."),
    ],
)
def test_an_event_is_told_as_it_stands_with_names_for_those_who_have_one(line: str, sentence: str) -> None:
    film = ["1 | Ada, the nurse | greets Ben | bar", line]
    events = [event for i, text in enumerate(film) for event in parse_events(text, i).events]
    assert Realizer(resolve(events)).event(events[-1]).text == sentence


def test_who_is_only_called_by_name_changes_too() -> None:
    links = told("1 | Ada | changes from blond to bald | bar", FILLER, "1 | Ada | plays the old harp | bar")
    assert links == [("changed", "Ada, who had changed from blond to bald, plays the old harp.")]
