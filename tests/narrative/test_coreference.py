"""Who is who over a film: names, descriptions that change, disguises, and what must stay two."""

from __future__ import annotations

from longvid.narrative import Cast, CoreferenceRules, resolve
from longvid.strategy import Event, parse_events


def events(*chunks: str) -> list[Event]:
    return [event for index, text in enumerate(chunks) for event in parse_events(text, index).events]


def agents(cast: Cast) -> list[str]:
    """What the first agent of every event is called at the end."""
    found = []
    for sense in cast.senses:
        id = cast.of(sense.event.id, sense.agents[0])
        found.append("?" if id is None else cast.entity(id).title)
    return found


def test_a_name_said_once_names_the_description_before_and_after() -> None:
    cast = resolve(events("1 | the tall nurse | waves | pier", "1 | Ada, the tall nurse | sits down | bar",
                        "1 | the tall nurse | leaves | pier"))  # fmt: skip
    assert agents(cast) == ["Ada", "Ada", "Ada"]


def test_without_the_future_a_name_says_nothing_of_before() -> None:
    film = events("1 | the tall nurse | waves | pier", "1 | Ada, the tall nurse | sits down | bar")
    assert agents(resolve(film, CoreferenceRules(lookahead=False))) == ["the tall nurse", "Ada"]


def test_a_description_moves_only_when_it_is_seen_to_change() -> None:
    cast = resolve(events(
        "1 | Ada, the blond nurse | waves | pier", "1 | the blond nurse | changes from blond to bald | bar",
        "1 | Eve, the blond nurse | sits down | bar", 
        "1 | the bald nurse | leaves | pier\n9 | the blond nurse | sings | pier",
    ))  # fmt: skip
    assert agents(cast) == ["Ada", "Ada", "Eve", "Ada", "Eve"]


def test_changing_something_else_changes_nobody() -> None:
    cast = resolve(events("1 | the old man | changes the door to a wall | hall", "1 | the old man | waves | hall"))
    assert len(cast.entities[0].descriptions) == 1
    assert agents(cast) == ["the old man", "the old man"]


def test_who_is_unmasked_was_the_masked_one_before_and_not_after() -> None:
    cast = resolve(events(
        "1 | Ada, the tall nurse | waves | pier",
        "1 | the hooded stranger | steals the map from Ben | bar",
        "1 | the hooded stranger | removes the hood and is the tall nurse | bar",
        "1 | the hooded stranger | waves | pier",
    ))  # fmt: skip
    assert agents(cast) == ["Ada", "Ada", "Ada", "the hooded stranger"]
    assert len(cast.concealed) == 3


def test_two_with_different_names_or_seen_together_are_never_merged() -> None:
    film = events("1 | the man in the coat | greets the man in the hat | bar", "1 | the man | waves | bar",
                "1 | Ada | waves | bar", "1 | Eve | waves | bar")  # fmt: skip
    cast = resolve(film)
    ids = {entity.title: entity.id for entity in cast.entities}
    coat, hat = (cast.of("0.0", phrase) for phrase in (cast.senses[0].agents[0], cast.senses[0].clauses[0].object))
    assert coat is not None
    assert hat is not None
    pairs = [(ids["Ada"], ids["Eve"]), (coat, hat)]
    assert len(resolve(film, joined=pairs).entities) == len(cast.entities)


def test_a_name_makes_nobody_one_with_somebody_seen_together_with_a_description_of_that_name() -> None:
    cast = resolve(events(
        "1 | the tall woman and the short woman | walk in | hall\n2 | the short woman | waves | hall",
        "1 | Ada | sings | bar", "1 | Ada, the tall woman | sits down | bar", "1 | Ada, the short woman | waves | pier",
    ))  # fmt: skip
    tall, short = (cast.of("0.0", agent) for agent in cast.senses[0].agents)
    assert tall is not None
    assert short is not None
    assert cast.entity(tall).names == ("Ada",)
    assert cast.entity(short).names == ()


def test_a_description_put_on_is_not_given_a_second_name() -> None:
    cast = resolve(events(
        "1 | the nurse in a blue cap | puts on a grey coat | bar", "1 | Ada | sings | bar",
        "1 | Ada, the nurse in a blue cap | waves | pier", "1 | Ben, the nurse in a grey coat | sits down | pier",
    ))  # fmt: skip
    assert [entity.names for entity in cast.entities] == [("Ada",), ("Ben",)]


def test_who_was_seen_together_with_the_masked_one_is_not_shown_to_be_that_one() -> None:
    cast = resolve(events(
        "1 | the masked man | robs the tall woman | bar", "1 | Ada | sings | bar",
        "1 | Ada, the tall woman | waves | bar", "1 | the masked man | takes off the mask and is Ada | pier",
    ))  # fmt: skip
    assert len(cast.entities) == 2
    assert cast.reveals == frozenset()


def test_what_a_model_says_is_one_becomes_one() -> None:
    film = events("1 | the man in the coat | waves | bar", *["1 | Ada | waves | pier"] * 5, "1 | the man | sings | bar")
    cast = resolve(film)
    (doubt,) = cast.doubts
    assert len(resolve(film, joined=[(doubt.one, doubt.other)]).entities) == len(cast.entities) - 1


def test_a_pronoun_means_the_one_before_and_nobody_where_there_are_two() -> None:
    cast = resolve(events("1 | Ada | enters | bar\n2 | she | sits down | bar", "1 | she | leaves | bar"))
    assert agents(cast) == ["Ada", "Ada", "?"]
    assert len(cast.unbound) == 1


def test_a_capital_at_the_beginning_of_a_line_makes_no_name() -> None:
    cast = resolve(events("1 | Strangers | greet the tall man | pier", "1 | Ada | watches the strangers | pier"))
    assert [entity.names for entity in cast.entities] == [(), (), ("Ada",)]


def test_without_rules_every_wording_is_an_entity() -> None:
    film = events("1 | Ada, the tall nurse | waves | bar", "1 | Ada | waves | bar", "1 | the tall nurse | waves | bar")
    assert len(resolve(film, CoreferenceRules(same=False)).entities) == 3
    assert len(resolve(film).entities) == 1


def test_clothes_that_are_changed_or_put_on_change_the_description() -> None:
    cast = resolve(events(
        "1 | Ada, the woman in a red scarf | waves | bar", "1 | Ada | changes into a blue dress | bar",
        "1 | the woman in a blue dress | leaves | bar", "1 | Ben, the man | puts on a grey coat | pier",
        "1 | Ada | meets the man in a grey coat | pier\n5 | the man in a grey coat | sings | pier",
    ))  # fmt: skip
    assert agents(cast) == ["Ada", "Ada", "Ada", "Ben", "Ada", "Ben"]
    assert len(cast.entities) == 2


def test_a_thing_that_falls_or_rings_is_nobody() -> None:
    cast = resolve(events("1 | the gold ring | falls | hall", "1 | Ada | hides the gold ring | hall"))
    assert [entity.title for entity in cast.entities] == ["Ada"]


def test_the_nurse_was_anybody_and_another_is_somebody_else() -> None:
    cast = resolve(events(
        "1 | Ada, the nurse | waves to Ben | bar", "1 | a nurse | greets Ben | pier",
        "1 | the tall nurse | greets another nurse | pier",
    ))  # fmt: skip
    named = {entity.title: len(entity.events) for entity in cast.entities}
    assert named["Ada"] == 1
    assert len(cast.entities) == 5


def test_small_words_and_their_order_make_no_other_description() -> None:
    cast = resolve(events(
        "1 | the man in a red coat | greets Ada | bar", "1 | the man in the red coat | greets Ada | bar",
        "1 | the dark tall man | greets Ada | bar", "1 | the tall dark man | greets Ada | bar",
    ))  # fmt: skip
    assert len(cast.entities) == 3


def test_a_part_of_a_name_is_the_name() -> None:
    cast = resolve(events(
        "1 | Captain Renault | enters | bar", "1 | Renault | greets Victor Laszlo | bar", "1 | Victor | leaves | bar"
    ))  # fmt: skip
    assert agents(cast) == ["Captain Renault", "Captain Renault", "Victor Laszlo"]


def test_a_pronoun_means_nobody_where_two_may_be_meant_and_never_a_thing() -> None:
    lines = "1 | Ada | greets Ben | bar\n2 | she | sits down | bar\n3 | it | breaks | bar\n4 | nobody | moves | bar"
    cast = resolve(events(lines))
    assert agents(cast) == ["Ada", "?", "?", "?"]
    cast = resolve(events("1 | Ada, the tall woman | greets Ben | bar\n2 | he | sits down | bar"))
    assert agents(cast) == ["Ada", "Ben"]


def test_two_in_one_disguise_and_what_somebody_is_not_unmask_nobody() -> None:
    for film in (
        ["1 | a masked man | kills Ada | bar", "1 | the masked man | is not Ben | bar"],
        ["1 | a masked man | robs Ada | bar", "1 | another masked man | robs Eve | bar",
         "1 | the masked man | takes off the mask and is Ben | bar"],
        ["1 | a masked man | robs Ada | bar", "1 | the masked man | is Ben's friend | bar"],
    ):  # fmt: skip
        assert resolve(events(*film)).reveals == frozenset()


def test_who_turns_to_something_looks_the_same() -> None:
    cast = resolve(events("1 | the tall man | turns to the window | bar", "1 | the tall man | greets Ada | bar"))
    assert len(cast.entities) == 2


def test_a_name_that_one_description_has_in_a_chunk_is_not_believed_of_another_description_there() -> None:
    film = events("1 | the red clerk | takes the key | bar", "1 | the blue clerk | takes the coin | bar",
                "1 | Ada, the red clerk | waves | pier\n2 | Ada, the blue clerk | sings | pier",
                "1 | Eve, the blue clerk | sits down | bar", "1 | the red clerk | leaves | bar")  # fmt: skip
    cast = resolve(film)
    assert agents(cast) == ["Ada", "Eve", "Ada", "Eve", "Eve", "Ada"]


def test_what_is_not_believed_is_a_doubt_that_a_model_may_settle() -> None:
    film = events("1 | Ada, the clerk in a red coat | waves | pier\n2 | Ada, the clerk in a blue coat | sings | pier")
    cast = resolve(film)
    assert agents(cast) == ["Ada", "the clerk in a blue coat"]
    (doubt,) = cast.doubts
    assert agents(resolve(film, joined=[(doubt.one, doubt.other)])) == ["Ada", "Ada"]


def test_a_name_goes_with_a_description_that_says_more_or_changes_or_only_means_a_person() -> None:
    for first, then in (
        ("Ada, the clerk, waves", "Ada, the tall clerk, sings"),
        ("Ada, the bartender, waves", "Ada, the tall woman, sings"),
        ("Ada, the red clerk, changes from red to blue", "Ada, the blue clerk, sings"),
    ):
        said = [text.rsplit(", ", 1) for text in (first, then)]
        cast = resolve(events("\n".join(f"1 | {who} | {what} | pier" for who, what in said)))
        assert agents(cast) == ["Ada", "Ada"], first
        assert len(cast.entities) == 1
