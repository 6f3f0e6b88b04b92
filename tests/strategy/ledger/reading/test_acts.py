"""What is told, and where: every fact and as many links as the words allow, in acts of about as many words."""

from __future__ import annotations

import pytest

from longvid_strategies.ledger.reading.acts import (
    LEAST_SHARE,
    LINE_WORDS,
    LINK_SHARE,
    acts_of,
    lines_of,
    links_for,
    picked,
)
from tests.strategy.ledger.reading.asked import fact, link
from tests.strategy.ledger.reading.story import (
    FACTS,
    LINKS,
    OPENED,
    film,
    joining,
)


def test_lines_stand_in_the_films_order_with_links_under_the_fact_where_they_pay_off() -> None:
    lines = lines_of(FACTS, LINKS, 200)
    assert [(line.at, line.link) for line in lines] == [(0, False), (1, False), (2, False), (3, False), (3, True)]
    assert [line.text for line in lines] == [*(fact.text for fact in FACTS), OPENED.text]
    assert lines[-1].facts == (0, 3)


def test_what_is_called_back_is_worth_more_than_what_is_key_and_a_link_most() -> None:
    facts = [fact(i, i, f"Anna does deed {i}.", key=i == 1, waits=i == 4) for i in range(6)]
    links = [link(0, 5, "The first deed ends."), link(2, 5, "The other deed ends."), link(2, 3, "So it goes.")]
    worth = {line.text: line.worth for line in lines_of(facts, links, 200)}
    plain = [worth[one.text] for one in facts]
    assert plain[2] > plain[0] > plain[1] > plain[4] > 0
    assert min(worth[each.text] for each in links) > max(plain)
    assert worth["The first deed ends."] > worth["The other deed ends."] > worth["So it goes."]


@pytest.mark.parametrize("words", [80, 150, 300, 600, 1200])
def test_as_many_links_are_told_as_the_words_allow_and_every_fact_may_be(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, 100), words)
    # Each has fifteen words.
    assert sum(line.link for line in lines) == min(100, int(LINK_SHARE * words / 15))
    assert [line.text for line in lines if not line.link] == [fact.text for fact in facts]


def test_the_weightiest_links_are_told_where_not_all_can_be() -> None:
    facts = film(400)
    links = joining(facts, 60)
    lines = [line.text for line in lines_of(facts, list(reversed(links)), 200) if line.link]
    assert set(lines) == {each.text for each in links[-len(lines) :]}


def test_the_end_of_the_film_has_its_share() -> None:
    facts = film(400)
    for words in (100, 300, 800):
        acts = acts_of(lines_of(facts, [], words), words)
        sizes = [act.words for act in acts]
        assert max(sizes) - min(sizes) <= 0.12 * max(sizes)
        assert acts[-1].lines[-1].at == 399


def test_who_a_hidden_face_turns_out_to_be_is_not_given_away_in_a_fact() -> None:
    facts = [fact(0, 0, "A man with a scarf [later Carl] robs the bank."), fact(1, 1, "It rains all day long.")]
    assert next(line.text for line in lines_of(facts, [], 100)) == "A man with a scarf robs the bank."


@pytest.mark.parametrize("words", [60, 120, 250, 480, 800, 1500])
def test_every_act_has_words_for_what_it_tells(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, links_for(words)), words)
    acts = acts_of(lines, words)
    assert [line for act in acts for line in act.lines] == picked(lines, words)
    assert all(act.words >= LEAST_SHARE * words / len(acts) - 1 for act in acts)
    assert sum(act.words for act in acts) <= 1.1 * words


@pytest.mark.parametrize("words", [60, 250, 800])
def test_a_text_is_written_from_no_more_lines_than_it_tells_and_from_all_that_must_be_told(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, 8), words)
    kept = picked(lines, words)
    must = [line for line in lines if line.must]
    assert [line for line in kept if line.must] == must
    assert len(kept) == max(round(words / LINE_WORDS), round(1.5 * len(must)), 6)
    assert kept == [line for line in lines if line in kept], "in the film's order"
    assert min(line.worth for line in kept if not line.must) >= max(line.worth for line in lines if line not in kept)


def test_how_the_film_ends_is_always_told() -> None:
    facts = film(400, key=lambda i: i < 300)
    assert [line.facts for line in lines_of(facts, [], 100) if line.must] == [(399,)]
    facts = film(400, key=lambda i: i in (5, 397))
    assert [line.facts for line in lines_of(facts, [], 100) if line.must] == [(397,)]
