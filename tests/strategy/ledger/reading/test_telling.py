"""The text: as long as was asked for, whatever must be told told, nothing told that does not hold."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

import pytest

from longvid.engine.request import Raw
from longvid.strategy import Grounds, founded, words_in
from longvid_strategies.ledger.reading.acts import LEAST_SHARE, Line, acts_of, lines_of, threads_for
from longvid_strategies.ledger.reading.cast import Cast
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.telling import LONG, tell
from tests.standins import Says
from tests.strategy.ledger.reading.asked import asking, by_kind, fact, figure, link, nobody

CAST = Cast.of([figure("Anna", 1, ("woman in grey", (1,))), figure("Carl", 2, ("man in black", (2,)))])
LINE = re.compile(r"^(\d+)\. (\+\+ |\* |)(.*)$", re.M)


def told(
    says: Says,
    lines: list[Line],
    facts: list[Fact],
    words: int,
    *,
    allowed: Callable[[str], bool] | None = None,
    cast: Cast = CAST,
    context: int = 2048,
) -> tuple[list[list[str]], dict[str, int]]:
    asked = asking(says, words=words, context=context)
    passages, counts = asyncio.run(tell(asked, lines, facts, cast, words, allowed or anything))
    return [[one.text for one in passage] for passage in passages], counts


def shown(lines: list[Line], facts: list[Fact], words: int, *, context: int = 2048) -> list[tuple[str, str, str]]:
    """The lines of all acts as the LLM is shown them: number, mark and text."""
    seen: list[tuple[str, str, str]] = []

    def write(places: Mapping[str, str]) -> str:
        seen.extend(LINE.findall(places["lines"]))
        return copies(places)

    asked = asking(by_kind(write=write, shorten="", check="none"), context=context, words=words)
    asyncio.run(tell(asked, lines, facts, CAST, words, anything))
    return seen


def copies(places: Mapping[str, str]) -> str:
    """Each line as it is, with its number."""
    return " ".join(f"{text} [{number}]" for number, _, text in LINE.findall(places["lines"]))


def same(places: Mapping[str, str]) -> str:
    """What was to be shortened, as it is."""
    return places["text"]


FACTS = [
    fact(0, 0, "Anna hides a silver key under the bridge."),
    fact(1, 1, "Carl swears that he saw nobody there.", key=True),
    fact(2, 2, "A boy feeds three geese at the pond."),
    fact(3, 3, "Anna opens a desk with the silver key.", key=True),
]
OPENED = link(0, 3, "The silver key that Anna hid under the bridge opens the desk.")
LINKS = [[OPENED]]
"""Threads."""


def anything(text: str) -> bool:
    return True


# -- what is told ----------------------------------------------------------------------------------------------------


def film(size: int, *, key: Callable[[int], bool] = lambda i: i % 5 == 0) -> list[Fact]:
    """Facts of twelve words that share none but small ones, four a chunk."""
    texts = [" ".join(f"w{i}x{j}" for j in range(11)) for i in range(size)]
    return [fact(i, i // 4, f"Somebody {text}.", key=key(i)) for i, text in enumerate(texts)]


def joining(facts: list[Fact], count: int) -> list[list[Link]]:
    """Threads of one link of fifteen words, spread over the film."""
    step = len(facts) // (count + 1)
    made = []
    for i in range(1, count + 1):
        words = " ".join(f"v{i}x{j}" for j in range(13))
        made.append([link(step * (i - 1), step * i, f"Then {words} ends.")])
    return made


def test_lines_stand_in_the_films_order_with_links_under_the_fact_where_they_pay_off() -> None:
    lines = lines_of(FACTS, LINKS, 200)
    assert [(line.at, line.link) for line in lines] == [(0, False), (1, False), (2, False), (3, False), (3, True)]
    assert [line.text for line in lines] == [*(fact.text for fact in FACTS), OPENED.text]
    assert lines[-1].facts == (0, 3)


def test_links_must_be_told_and_what_they_begin_with_and_key_facts_are_starred() -> None:
    lines = lines_of(FACTS, LINKS, 200)
    assert [line.must for line in lines] == [False, False, False, False, True]
    assert [line.star for line in lines] == [True, True, False, True, False]
    seen = shown(lines, FACTS, 100)
    assert [mark for _, mark, _ in seen] == ["* ", "* ", "", "* ", "++ "]
    assert [text for _, _, text in seen] == [line.text for line in lines]


def test_what_is_key_or_called_back_more_than_once_is_worth_more_and_a_link_most() -> None:
    facts = [fact(i, i, f"Anna does deed {i}.", key=i == 1, waits=i == 4) for i in range(6)]
    threads = [[link(0, 5, "The first deed ends.")], [link(2, 5, "The other deed ends.")], [link(2, 3, "So it goes.")]]
    worth = {line.text: line.worth for line in lines_of(facts, threads, 200)}
    plain = [worth[one.text] for one in facts]
    assert plain[1] > plain[2] > plain[0] > plain[4] > 0
    assert min(worth[each.text] for [each] in threads) > max(plain)
    assert worth["The first deed ends."] > worth["The other deed ends."] > worth["So it goes."]


def test_links_of_one_thread_are_one_line_and_rest_on_the_facts_of_both() -> None:
    swears = link(1, 3, "Carl swore that nobody was where the key lay.")
    [line] = [line for line in lines_of(FACTS, [[OPENED, swears]], 200) if line.link]
    assert line.text == f"{OPENED.text} Also: {swears.text}"
    assert (line.facts, line.at) == ((0, 1, 3), 3)
    # Where code tells it itself, it tells the one that tells the thread best.
    passages, _ = told(by_kind(write="", check="none"), lines_of(FACTS, [[OPENED, swears]], 100), FACTS, 100)
    assert passages[0][-1] == OPENED.text


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


@pytest.mark.parametrize("words", [100, 250])
def test_where_not_all_facts_fit_into_the_prompt_those_that_are_worth_least_are_left_out(words: int) -> None:
    facts = film(400)
    lines = lines_of(facts, joining(facts, 6), words)
    seen = [text for _, _, text in shown(lines, facts, words)]
    left = [line for line in lines if line.text not in seen]
    assert len(left) > 100
    assert not [line for line in left if line.link]
    # Of no act is one left out that is worth more than one that stays.
    for act in acts_of(lines, words):
        facts_left = [line.worth for line in act.lines if not line.link and line.text not in seen]
        facts_shown = [line.worth for line in act.lines if not line.link and line.text in seen]
        assert max(facts_left, default=0) <= min(facts_shown)


def test_links_are_shown_all_where_not_even_they_fit_beside_an_answer() -> None:
    facts = film(40)
    lines = lines_of(facts, joining(facts, 14), 200)
    seen = [(mark, text) for _, mark, text in shown(lines, facts, 200, context=560)]
    assert [text for mark, text in seen if mark == "++ "] == [line.text for line in lines if line.link]
    assert {mark for mark, _ in seen} == {"++ "}


def test_an_act_of_more_words_than_the_context_is_written_from_its_lines() -> None:
    facts = film(6)
    lines = lines_of(facts, [], 4000)
    assert [text for _, _, text in shown(lines, facts, 4000, context=800)] == [fact.text for fact in facts]


def test_where_nothing_fits_into_the_prompt_the_lines_stand() -> None:
    facts = film(40)
    passages, counts = told(nobody, lines_of(facts, [], 400), facts, 400, context=200)
    assert counts["unwritten"] == 3
    said = [text for passage in passages for text in passage]
    assert set(said) <= {fact.text for fact in facts}
    assert 0.9 * 400 <= sum(map(words_in, said)) <= 1.1 * 400


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


def test_nothing_to_tell_makes_no_act() -> None:
    assert acts_of([], 200) == []
    assert told(by_kind(), [], [], 200) == (
        [],
        {"added": 0, "replaced": 0, "unwritten": 0, "ungrounded": 0, "unchecked": 0},
    )


# -- how it is told --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [60, 100, 160, 250, 400, 600, 800, 1200])
@pytest.mark.parametrize("links", [0, 8, 100])
def test_the_text_is_within_a_tenth_of_the_words_asked_for(words: int, links: int) -> None:
    """Of an LLM that does as it is told, from a film with more than enough to tell."""
    facts = film(600)

    def write(places: Mapping[str, str]) -> str:
        """Lines in their order, shortened or drawn out to the words asked for."""
        lines = LINE.findall(places["lines"])
        each = int(places["words"]) / len(lines)
        said = []
        for i, (number, _, text) in enumerate(lines):
            size = round(each * (i + 1)) - round(each * i)
            kept = text.rstrip(".").split()[:size]
            said.append(f"{' '.join([*kept, *['so'] * (size - len(kept))])}. [{number}]")
        return " ".join(said)

    lines = lines_of(facts, joining(facts, links), words)
    passages, counts = told(by_kind(write=write, shorten=same, check="none"), lines, facts, words)
    size = sum(words_in(text) for passage in passages for text in passage)
    assert 0.9 * words <= size <= 1.1 * words
    assert (counts["replaced"], counts["unwritten"]) == (0, 0)


@pytest.mark.parametrize("words", [60, 160, 400, 1200])
def test_a_text_that_is_far_too_short_is_filled_with_what_links_begin_with_first(words: int) -> None:
    facts = film(600, key=lambda i: False)
    threads = [[link(50 * i, 50 * i + 25, f"Then v{i} is what v{i} was.")] for i in range(8)]
    lines = lines_of(facts, threads, words)

    def write(places: Mapping[str, str]) -> str:
        """The first five words of each link."""
        told = LINE.findall(places["lines"])
        return " ".join(f"{' '.join(text.split()[:5])}. [{number}]" for number, mark, text in told if mark == "++ ")

    passages, _ = told(by_kind(write=write, check="none"), lines, facts, words)
    text = " ".join(text for passage in passages for text in passage)
    assert 0.9 * words <= words_in(text) <= 1.1 * words
    begun = [facts[line.facts[0]].text for line in lines if line.link]
    assert all(said in text for said in begun[: words // 60])
    order = [int(number) for number in re.findall(r"Somebody w(\d+)x", text)]
    assert order == sorted(order)


@pytest.mark.parametrize("words", [60, 160, 400, 1200])
def test_a_text_that_is_far_too_long_is_cut_where_it_is_worth_least(words: int) -> None:
    facts = film(600)
    lines = lines_of(facts, joining(facts, 4), words)

    def write(places: Mapping[str, str]) -> str:
        return " ".join(f"{text.rstrip('.')} {'and so on ' * 4}. [{n}]" for n, _, text in LINE.findall(places["lines"]))

    passages, _ = told(by_kind(write=write, shorten=same, check="none"), lines, facts, words)
    text = " ".join(text for passage in passages for text in passage)
    assert words_in(text) <= 1.1 * words
    # The links are told before anything else.
    assert all(line.text.split()[1] in text for line in lines if line.link and line.worth == 10.0)


def test_what_is_too_long_is_taken_from_the_act_that_is_longest_for_its_words() -> None:
    facts = film(60)
    lines = lines_of(facts, [], 240)
    first, second = acts_of(lines, 240)

    def write(places: Mapping[str, str]) -> str:
        """Nothing but its first lines, of the second act three times as much as it may be."""
        size = 1 if places["act"] == "1" else 3
        rows, said = LINE.findall(places["lines"]), ""
        for number, _, text in rows * 2:
            if words_in(said) > size * int(places["words"]):
                break
            said += f"{text} [{number}] "
        return said

    passages, _ = told(by_kind(write=write, shorten=same, check="none"), lines, facts, 240)
    sizes = [sum(map(words_in, passage)) for passage in passages]
    assert sum(sizes) <= 1.1 * 240
    assert sizes[0] >= first.words
    assert sizes[1] <= 1.25 * second.words


# -- what is too long is shortened -----------------------------------------------------------------------------------

LENGTHY = [line.text for line in lines_of(FACTS, LINKS, 36)]


def shortened(brief: str, *, words: int = 36, long: bool = True) -> tuple[list[str], list[Mapping[str, str]]]:
    """Sentences of FACTS, written as they are or within the words, and what was asked to be shortened."""
    asked: list[Mapping[str, str]] = []

    def shorten(places: Mapping[str, str]) -> str:
        asked.append(places)
        return brief

    write = copies if long else "Anna hides a key and Carl lies. [1, 2] That key opens the desk. [4, 5]"
    passages, _ = told(by_kind(write=write, shorten=shorten, check="none"), lines_of(FACTS, LINKS, words), FACTS, words)
    return [text for passage in passages for text in passage], asked


def test_an_act_that_is_too_long_is_asked_once_to_be_shortened_with_its_numbers() -> None:
    kept = ["Anna hides a silver key; Carl swears that he saw nobody.", "A boy feeds geese.", "The key opens a desk."]
    said, [places] = shortened(f"{kept[0]} [1, 2] {kept[1]} [3] {kept[2]} [4, 5]")
    assert said == kept
    assert places["text"] == " ".join(f"{text} [{number}]" for number, text in enumerate(LENGTHY, 1))
    assert (places["have"], places["words"]) == (str(sum(map(words_in, LENGTHY))), "36")


def test_an_act_that_is_long_enough_is_not_asked_to_be_shortened() -> None:
    assert shortened("Nothing. [1]", long=False)[1] == []
    # Nor one with hardly more words than it may have.
    assert shortened("Nothing. [1]", words=round(sum(map(words_in, LENGTHY)) / LONG) + 1)[1] == []


@pytest.mark.parametrize(
    "brief",
    [
        "",
        "Anna opens a desk. [4]",
        "I am sorry, but I cannot help with that.",
        "Anna hides a silver key; Carl swears that he saw nobody. With the key she opens a desk.",
        " ".join(f"{text} So it is told here at length. [{number}]" for number, text in enumerate(LENGTHY, 1)),
    ],
    ids=["nothing", "most is thrown away", "a refusal", "without numbers", "longer"],
)
def test_what_is_not_shortened_but_thrown_away_is_not_taken(brief: str) -> None:
    said, asked = shortened(brief)
    assert len(asked) == 1
    # It is still cut to length by code, and the link stays.
    assert set(said) < set(LENGTHY)
    assert OPENED.text in said


def test_a_link_that_is_lost_where_an_act_is_shortened_is_put_in_again() -> None:
    said, _ = shortened("Anna hides a silver key under the bridge, and Carl swears that he saw nobody there. [1, 2]")
    assert said[-1] == OPENED.text


def test_a_name_of_nowhere_does_not_come_in_where_an_act_is_shortened() -> None:
    brief = "Anna hides a silver key; Carl swears that he saw nobody. [1, 2] Bernadette opens the desk with it. [4, 5]"

    def allowed(text: str) -> bool:
        return "Bernadette" not in text

    says = by_kind(write=copies, shorten=brief, check="none")
    passages, _ = told(says, lines_of(FACTS, LINKS, 18), FACTS, 18, allowed=allowed)
    assert not [text for passage in passages for text in passage if "Bernadette" in text]


def test_what_must_be_told_and_is_left_out_is_put_in_where_it_belongs() -> None:
    lines = lines_of(FACTS, LINKS, 100)
    write = "Anna hides a key. [1] Carl lies. [2] A boy feeds geese. [3] Anna opens a desk. [4]"
    passages, counts = told(by_kind(write=write, check="none"), lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == [
        "Anna hides a key.",
        "Carl lies.",
        "A boy feeds geese.",
        "Anna opens a desk.",
        OPENED.text,
    ]
    assert counts == {"added": 1, "replaced": 0, "unwritten": 0, "ungrounded": 0, "unchecked": 0}


def test_a_sentence_that_does_not_hold_is_replaced_by_its_lines() -> None:
    lines = lines_of(FACTS, LINKS, 100)
    write = (
        "Anna hides a key. [1] Carl saw nobody and Anna kissed him. [2] A boy feeds geese. [3] Anna finds it. [4, 5]"
    )
    passages, counts = told(by_kind(write=write, check="B, D"), lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == [
        "Anna hides a key.",
        "Carl swears that he saw nobody there.",
        "A boy feeds geese.",
        "Anna opens a desk with the silver key.",
        OPENED.text,
    ]
    assert counts == {"added": 0, "replaced": 2, "unwritten": 0, "ungrounded": 0, "unchecked": 0}


@pytest.mark.parametrize("verdict", ["none", "None.", "none of them", "", "Z", "All of it is fine."])
def test_what_is_not_found_wrong_stays(verdict: str) -> None:
    says = by_kind(write=copies, check=verdict)
    assert told(says, lines_of(FACTS, LINKS, 100), FACTS, 100)[1]["replaced"] == 0


def test_a_sentence_with_a_name_or_number_of_nowhere_is_not_told() -> None:
    grounds = Grounds(fact.text for fact in FACTS)

    def allowed(text: str) -> bool:
        return founded(text, grounds) == text

    write = "Carl and Bernadette swear that they saw nobody. [1] The boy feeds 47 geese. [2] Anna opens the desk. [3]"
    passages, _ = told(by_kind(write=write, check="none"), lines_of(FACTS, LINKS, 100), FACTS, 100, allowed=allowed)
    text = " ".join(text for passage in passages for text in passage)
    assert not re.search("Bernadette|47", text)
    assert "Carl swears that he saw nobody there." in text


@pytest.mark.parametrize("said", ["", "I am sorry, but I cannot help with that.", "Anna hides a key."])
def test_where_nothing_can_be_told_of_what_was_written_the_lines_stand(said: str) -> None:
    lines = lines_of(FACTS, LINKS, 100)
    passages, counts = told(by_kind(write=said, check="none"), lines, FACTS, 100)
    assert counts["unwritten"] == 1
    text = " ".join(text for passage in passages for text in passage)
    assert all(line.text in text for line in lines if line.must)


def test_a_passage_that_breaks_off_keeps_the_sentences_whose_numbers_are_there() -> None:
    lines = lines_of(FACTS, LINKS, 100)
    says = by_kind(check="none")

    def broken(prompt: str) -> Raw:
        if prompt.startswith("You write act"):
            said = "Anna hides it. [1] Carl says that he saw nobody. [2] A boy feeds geese. [3] The key op"
            return Raw(said, "length", 10, 20)
        return says(prompt)

    passages, _ = told(broken, lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == [
        "Anna hides it.",
        "Carl says that he saw nobody.",
        FACTS[2].text,
        OPENED.text,
    ]


LIES, FEEDS, OPENS = "Carl lies.", "A boy feeds geese.", "The key opens it."


@pytest.mark.parametrize(
    ("written", "sentences"),
    [
        ("Carl lies. [1, 2] A boy feeds geese. [3] The key opens it. [4, 5]", [LIES, FEEDS, OPENS]),
        ("Carl lies [1, 2]. A boy feeds geese [3]. The key opens it [4, 5].", [LIES, FEEDS, OPENS]),
        ("Carl lies. He is pale. [1, 2, 3] The key opens it. [4, 5]", ["Carl lies. He is pale.", OPENS]),
        ("In this film, Carl lies. [1-3] The key opens it. [4\u20135]", [LIES, OPENS]),
        ("A man [Carl] saw nobody. [1-3] The key opens it. [4, 5, 99]", ["A man saw nobody.", OPENS]),
    ],
    ids=["behind", "before the stop", "two sentences", "an opening", "names in brackets"],
)
def test_sentences_are_read_with_the_lines_that_they_name(written: str, sentences: list[str]) -> None:
    lines = lines_of(FACTS, LINKS, 100)
    passages, counts = told(by_kind(write=written, check="none"), lines, FACTS, 100)
    assert [text for passage in passages for text in passage] == sentences
    assert counts["added"] == 0


def test_names_that_are_known_by_then_stand_in_what_code_tells_itself() -> None:
    facts = [
        fact(0, 0, "A woman in grey [Anna] hides a key.", key=True),
        fact(1, 1, "The desk is opened by somebody.", key=True),
    ]
    links = [[link(0, 1, "The woman in grey [Anna] opens the desk with what she hid.")]]
    passages, _ = told(by_kind(write="", check="none"), lines_of(facts, links, 100), facts, 100)
    text = " ".join(text for passage in passages for text in passage)
    assert "The woman in grey (Anna) opens the desk" in text
    assert "[" not in text


def test_the_act_before_is_told_by_its_last_link_or_starred_line() -> None:
    before: list[str] = []

    def write(places: Mapping[str, str]) -> str:
        before.append(places["before"])
        return copies(places)

    facts = film(100)
    lines = lines_of(facts, joining(facts, 2), 400)
    told(by_kind(write=write, shorten=same, check="none"), lines, facts, 400)
    acts = acts_of(lines, 400)
    assert len(acts) > 2
    last = [[line.text for line in act.lines if line.star or line.link][-1] for act in acts[:-1]]
    assert before == ["", *(f"The act before ends with: {text}\n\n" for text in last)]


def test_every_sentence_names_the_facts_that_it_rests_on() -> None:
    context = asking(by_kind(write=copies, check="none"))
    lines = lines_of(FACTS, LINKS, 100)
    passages, _ = asyncio.run(tell(context, lines, FACTS, CAST, 100, anything))
    rests = [[line.facts for line in one.lines] for passage in passages for one in passage]
    assert rests == [[(0,)], [(1,)], [(2,)], [(3,)], [(0, 3)]]


def test_where_the_context_is_long_one_writer_tells_more_of_the_story_in_paragraphs() -> None:
    facts = film(60)
    lines = lines_of(facts, joining(facts, 6), 800)
    asked: list[str] = []

    def write(places: Mapping[str, str]) -> str:
        asked.append(places["acts"])
        return copies(places)

    says = by_kind(write=write, shorten=same, check="none")
    short, _ = told(says, lines, facts, 800)
    assert set(asked) == {"7"}
    asked.clear()
    long, _ = told(says, lines, facts, 800, context=16384)
    assert set(asked) == {"2"}
    sizes = [sum(map(words_in, part)) for part in long]
    assert sum(sizes) <= 1.1 * 800
    assert len(sizes) > 2
    assert max(sizes) <= 240
    assert len(short) == 7
