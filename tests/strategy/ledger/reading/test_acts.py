"""What is told, and where: every fact and as many links as the words allow, in acts of about as many words."""

from __future__ import annotations

import pytest

from longvid_strategies.ledger.reading.acts import LEAST_SHARE, acts_of, lines_of, threads_for
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


def test_what_is_key_or_called_back_more_than_once_is_worth_more_and_a_link_most() -> None:
    facts = [fact(i, i, f"Anna does deed {i}.", key=i == 1, waits=i == 4) for i in range(6)]
    threads = [[link(0, 5, "The first deed ends.")], [link(2, 5, "The other deed ends.")], [link(2, 3, "So it goes.")]]
    worth = {line.text: line.worth for line in lines_of(facts, threads, 200)}
    plain = [worth[one.text] for one in facts]
    assert plain[1] > plain[2] > plain[0] > plain[4] > 0
    assert min(worth[each.text] for [each] in threads) > max(plain)
    assert worth["The first deed ends."] > worth["The other deed ends."] > worth["So it goes."]


@pytest.mark.parametrize("words", [80, 150, 300, 600, 1200])
def test_as_many_links_are_told_as_the_words_allow_and_every_fact_may_be(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, 100), words)
    assert sum(line.link for line in lines) == min(100, threads_for(words))
    assert [line.text for line in lines if not line.link] == [fact.text for fact in facts]


def test_the_weightiest_links_are_told_where_not_all_can_be() -> None:
    facts = film(400)
    links = joining(facts, 60)
    lines = [line.text for line in lines_of(facts, list(reversed(links)), 200) if line.link]
    assert set(lines) == {each.text for [each] in links[-len(lines) :]}


def test_the_end_of_the_film_has_its_share() -> None:
    facts = film(400)
    for words in (100, 300, 800):
        acts = acts_of(lines_of(facts, [], words), words)
        sizes = [act.words for act in acts]
        assert max(sizes) - min(sizes) <= 0.1 * max(sizes)
        assert acts[-1].lines[-1].at == 399


def test_who_a_hidden_face_turns_out_to_be_is_not_given_away_in_a_fact() -> None:
    facts = [fact(0, 0, "A man with a scarf [later Carl] robs the bank."), fact(1, 1, "It rains all day long.")]
    assert next(line.text for line in lines_of(facts, [], 100)) == "A man with a scarf robs the bank."


@pytest.mark.parametrize("words", [60, 120, 250, 480, 800, 1500])
def test_every_act_has_words_for_what_it_tells(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, threads_for(words)), words)
    acts = acts_of(lines, words)
    assert [line for act in acts for line in act.lines] == lines
    assert all(act.words >= LEAST_SHARE * words / len(acts) - 1 for act in acts)
    assert sum(act.words for act in acts) <= 1.1 * words
