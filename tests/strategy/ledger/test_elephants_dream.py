"""Ledger on lines that nobody generated: the described film Elephants Dream (`docs/results/elephants-dream.md`).

`tests/data/elephants_dream.jsonl` is our own rewording, in event lines, of the audio descriptions by Silvia Pfeiffer
(CC BY 4.0) of the film by the Blender Foundation.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.narrative import Cast, resolve
from longvid.strategy import parse_events
from longvid_strategies.ledger.rules.actions import find_actions
from longvid_strategies.ledger.rules.relations import find_links

DATA = Path(__file__).parents[2] / "data" / "elephants_dream.jsonl"


@pytest.fixture(scope="module")
def cast() -> Cast:
    chunks = [json.loads(line)["lines"] for line in DATA.read_text().splitlines()]
    parsed = [parse_events("\n".join(lines), index) for index, lines in enumerate(chunks)]
    assert sum(one.unread for one in parsed) == 0
    return resolve([event for one in parsed for event in one.events])


def test_the_two_who_matter_are_found_under_name_and_description(cast: Cast) -> None:
    by_name = {entity.title: entity for entity in cast.entities if entity.names}
    assert set(by_name) == {"Proog", "Emo"}
    assert [description for description, _ in by_name["Proog"].descriptions] == ["old man"]
    assert [description for description, _ in by_name["Emo"].descriptions] == ["young man"]
    bound = [(s.event.who, cast.of(s.event.id, s.agents[0])) for s in cast.senses if len(s.agents) == 1]
    told = [(who, cast.entity(id).title) for who, id in bound if id is not None]
    assert {title for who, title in told if who.lower() == "the old man"} == {"Proog"}
    assert {title for who, title in told if who.lower() == "the young man"} == {"Emo"}


def test_the_cane_comes_back_and_no_link_is_made_up(cast: Cast) -> None:
    (link,) = find_links(find_actions(cast), cast)
    assert link.kind == "again"
    assert [action.event.what for action in link.actions] == [
        "presses a button on his cane",
        "hits Emo on the head with his cane",
    ]
