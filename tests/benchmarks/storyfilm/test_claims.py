"""What the reader of claims understands, and what it must not."""

from __future__ import annotations

import pytest

from longvid_benchmarks.storyfilm.claims import Reader
from longvid_benchmarks.storyfilm.story import Chunk, Device, Event, Figure, Look, Story, Thing

MIRA, TOBO, KIRA = (
    Figure("f1", "Mira", Look("red", "plain", "circle"), 0),
    Figure("f2", "Tobo", Look("green", "striped", "star"), 0),
    Figure("f3", "Kira", Look("blue", "plain", "circle"), 0),
)
KEY, CUP, GATE, LAMP = (
    Thing("o1", "blue", "key"),
    Thing("o2", "red", "cup"),
    Device("d1", "gate", "castle"),
    Device("d2", "lamp", "cave"),
)


@pytest.fixture(scope="module")
def story() -> Story:
    """Mira turns green; the cast is shown and nothing else happens."""
    looks = {figure.id: figure.look for figure in (MIRA, TOBO, KIRA)}
    change = Event("e0", 0, 1.0, 8.0, "change", {"agent": "f1", "colour": "green"}, looks)
    chunk = Chunk(0, 0.0, 55.0, "forest", 0, False, (change,))
    return Story(0, "normal", (MIRA, TOBO, KIRA), (KEY, CUP), (GATE, LAMP), (chunk,), (), ())


def read(story: Story, text: str) -> list[str]:
    """The asserted claims as "predicate agent object ...", with "not" and "back" where they are."""
    found = []
    for sentence in Reader(story).read(text):
        for claim in sentence.claims:
            if not claim.reported:
                roles = [str(value) for value in claim.roles.values()]
                flags = ["not"] * claim.negative + ["back"] * claim.back
                found.append(" ".join([claim.predicate, *roles, *flags]))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "Mira gives the blue key to Tobo.",
        "Mira gave Tobo the blue key.",
        "The blue key is given to Tobo by Mira.",
        "Tobo is given the blue key by Mira.",
        "The blue key was handed over by Mira to Tobo.",
        "Mira presents Tobo with the blue key.",
        "Tobo receives the blue key from Mira.",
        "The red circle gives the blue key to Tobo.",
        "The red circle, tagged Mira, gives the key to the striped star.",
        "Mira (the red circle) quietly passes the key to Tobo, the green striped star.",
        "MIRA gives the Blue Key to tobo!",
        "Later, in the forest, Mira finally hands the blue key to Tobo",
    ],
)
def test_gift_is_read_in_many_forms(story: Story, text: str) -> None:
    (claim,) = [claim for sentence in Reader(story).read(text) for claim in sentence.claims]
    place = claim.roles.pop("place", "forest")
    assert (claim.predicate, claim.roles, place) == ("give", {"agent": "f1", "object": "o1", "to": "f2"}, "forest")
    assert (claim.negative, claim.reported, claim.back) == (False, False, False)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Mira uses the key and then greets Tobo.", ["use f1 o1", "greet f1 f2"]),
        ("Mira finds the key, and Tobo dances.", ["find f1 o1", "dance f2"]),
        ("Mira finds the blue key. She uses it.", ["find f1 o1", "use f1 o1"]),
        ("Tobo uses the key that Mira had given him.", ["use f2 o1", "give f1 o1 f2 back"]),
        ("The key that Mira had given to Tobo is used by him.", ["give f1 o1 f2 back", "use f2 o1"]),
        ("The key given to Tobo by Mira is used by Tobo.", ["give f1 o1 f2 back", "use f2 o1"]),
        ("Tobo, to whom Mira had given the key, uses it.", ["give f1 o1 f2 back", "use f2 o1"]),
        ("Tobo uses the key Mira had hidden.", ["use f2 o1", "hide f1 o1 back"]),
        ("Mira gives the key to Tobo, who later uses it.", ["give f1 o1 f2", "use f2 o1 back"]),
        ("After Mira had hidden the key, Tobo found it.", ["hide f1 o1 back", "find f2 o1"]),
        ("Mira uses the key to open the gate.", ["unlock f1 d1 o1"]),
        ("Mira opens the castle gate with the key.", ["unlock f1 d1 o1"]),
        ("Mira turns the lamp on; Tobo turned off the lamp.", ["switch f1 d2 turn on", "switch f2 d2 turn off"]),
        ("Tobo puts out the lamp in the cave.", ["switch f2 d2 put out"]),
        ("Tobo takes the cup out of the gate.", ["take f2 o2 d1"]),
        ("Tobo takes the cup from Mira.", ["steal f2 o2 f1"]),
        ("Tobo steals Mira's cup.", ["steal f2 o2 f1"]),
        ("Mira picks up two coins.", ["collect f1 2"]),
        ("Mira picks up 7 coins in all.", ["total f1 7"]),
        ("Mira turns from red to green.", ["change f1 green red"]),
        ("Tobo, now white, uses the key.", ["use f2 o1", "change f2 white back"]),
        ("Mira promises to give Tobo the key.", ["promise f1 o1 f2"]),
        ("Mira promised that she would give the key to Tobo.", ["promise f1 o1 f2"]),
        ("Mira says that Tobo stole the cup.", ["claim f1 f2 o2"]),
        ("Mira accuses Tobo of stealing the cup from Kira.", ["claim f1 f2 o2 f3"]),
        ("The masked figure takes off the mask and is Mira.", ["unmask the masked figure", "unmask f1"]),
        ("It is revealed that nothing is so.", []),
        ("Mira and Tobo dance.", ["dance f1", "dance f2"]),
        ("Mira never gives the key to Tobo.", ["give f1 o1 f2 not"]),
        ("Mira didn't use the key. Mira can't find the key.", ["use f1 o1 not"]),
        ("It is not true that Mira uses the key.", ["use f1 o1 not"]),
        ("Mira fails to use the key.", ["use f1 o1 not"]),
        ("Someone gives the key to Tobo.", ["give None o1 f2"]),
        ("Bobby gives the key to Tobo.", ["give o1 f2"]),
        ("Then Bobby gives the key to Tobo.", ["give None o1 f2"]),
        ("The circle uses the key. The green circle uses the cup.", ["use None o1", "use f1 o2"]),
        ("Zora uses the key.", ["use ?Zora o1"]),
        ("Mira uses the white key.", ["use f1 ?thing"]),
    ],
)
def test_sentence_claims_this_and_no_more(story: Story, text: str, claims: list[str]) -> None:
    assert read(story, text) == claims


@pytest.mark.parametrize(
    "text",
    [
        "Perhaps Mira uses the key.",
        "Mira might use the key.",
        "Does Mira use the key? Mira uses the key?",
        "If Mira uses the key, Tobo dances.",
        "Mira or Tobo uses the key.",
        "Mira wants to use the key.",
        "Kira thinks that Mira uses the key.",
        'The title reads "Mira uses the key".',
        "Mira will use the key.",
        "Not Mira uses the key.",
        "Nobody uses the key.",
        "The blue key is Mira. Mira key uses blue. Mira the key.",
    ],
)
def test_what_is_left_open_is_not_asserted(story: Story, text: str) -> None:
    assert [claim for claim in read(story, text) if "None" not in claim and "?" not in claim] == []


def test_look_of_two_figures_at_different_times_is_nobodys(story: Story) -> None:
    looks = {KIRA.id: Look("red", "plain", "circle")}
    event = Event("e1", 0, 9.0, 16.0, "dance", {"agent": KIRA.id}, looks)
    chunk = Chunk(0, 0.0, 55.0, "forest", 0, False, (*story.chunks[0].events, event))
    double = Story(0, "normal", story.figures, story.things, story.devices, (chunk,), (), ())
    assert read(story, "The red circle uses the key.") == ["use f1 o1"]
    assert read(double, "The red circle uses the key.") == ["use None o1"]


@pytest.mark.parametrize(
    "trick", ["Mi\u200bra uses the key.", "\uff2d\uff49\uff52\uff41 uses the key.", "Mira\xa0uses the key."]
)
def test_invisible_and_wide_letters_read_as_what_they_look_like(story: Story, trick: str) -> None:
    assert read(story, trick) == ["use f1 o1"]


def test_invisible_letters_cannot_hide_a_negation(story: Story) -> None:
    assert read(story, "Mira does n\u200bot use the key.") == ["use f1 o1 not"]


def test_letters_of_another_alphabet_are_no_name(story: Story) -> None:
    assert read(story, "\u041cira uses the key.") == ["use o1"]
