"""The oracle: true, from its sources alone, linked where they hold both ends, and no longer than asked."""

from __future__ import annotations

import random
import re

import pytest

from longvid.strategy import words_in
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.author import LEAST_FIRST, Author, shorter
from longvid_benchmarks.oracle.replies import changed, is_plain, reply, with_errors
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.storyfilm.scorer import score
from longvid_benchmarks.storyfilm.vocabulary import FILLERS
from longvid_benchmarks.storyfilm.wording import event_sentence

SEEDS = range(40, 48)


def merged(seed: int, level: gold.Level, words: int = 1000, chunks: int = 8) -> tuple[str, Author]:
    author = Author(invent(seed, chunks))
    return author.tell(author.read(gold.captions(author.story, level)), words, ends=True), author


@pytest.mark.parametrize("seed", SEEDS)
def test_with_names_it_tells_everything_and_every_link_and_nothing_false(seed: int) -> None:
    text, author = merged(seed, "named")
    found = score(text, author.story, budget=10_000)
    assert (found.fact_recall, found.fact_precision, found.link_precision) == (1.0, 1.0, 1.0)
    assert found.link_recall >= 0.9


@pytest.mark.parametrize("seed", SEEDS)
def test_by_looks_it_says_nothing_false(seed: int) -> None:
    text, author = merged(seed, "appearance")
    assert score(text, author.story).fact_precision >= 0.9


@pytest.mark.parametrize("words", [40, 80, 160, 10_000])
def test_it_keeps_to_its_words_and_tells_no_fillers(words: int) -> None:
    text, _ = merged(41, "appearance", words)
    assert words_in(text) <= words
    assert not re.search(r"\b(?:dances|sleeps|jumps|greets|walks past)\b", text)


def test_what_exceeds_its_words_goes_by_kind_and_late_before_early() -> None:
    story = invent(41, 14)
    author = Author(story)
    items = author.read(gold.captions(story))
    whole = [item.event for item in items if item.event is not None and item.event.predicate not in FILLERS]
    kept = list(shorter(items))
    for fewer in kept:
        told = {item.event.id for item in fewer if item.event is not None}
        gone = [event for event in whole if event.id not in told]
        # Of one kind alone some are told and some not, and these are its last.
        torn = [kind for kind in LEAST_FIRST if len({e.id in told for e in whole if e.predicate == kind}) == 2]
        assert len(torn) <= 1
        for kind in torn:
            order = [event.id in told for event in whole if event.predicate == kind]
            assert order == sorted(order, reverse=True)
        assert len(gone) + len(told) == len(whole)
    assert len(kept) == len(whole)


def test_claims_of_unknown_sentences_are_told_of_the_figure_that_their_look_means() -> None:
    author = Author(invent(41, 8))
    figure = author.story.figures[0]
    look = figure.look.phrase()
    named = event_sentence(author.story, next(e for e in author.story.events() if figure.id in e.tags), "appearance")
    text = author.tell(author.read([f"The place is the cave. {named} T{look[1:]} eats the moon."]), 100)
    assert f"{figure.name} eats the moon." in text or f"{figure.name}, {look}, eats the moon." in text


def test_a_link_is_told_only_where_the_sources_hold_all_of_it() -> None:
    story = invent(42, 14)
    author, captions = Author(story), gold.captions(story, "named")
    link = next(link for link in story.links if link.kind == "handover-use")
    first, last = (next(e for e in story.events() if e.id == id) for id in link.events)
    both = author.tell(author.read([captions[first.chunk], captions[last.chunk]]), 500)
    late = author.tell(author.read([captions[last.chunk]]), 500)
    assert "had given" in both
    assert "had given" not in late
    assert event_sentence(story, last) in late


def test_what_a_source_says_wrongly_is_kept_and_never_corrected() -> None:
    author = Author(invent(43, 6))
    false = "The plain dragon steals the moon from the red circle."
    assert false in author.tell(author.read([f"The place is the cave. {false}"]), 100)


@pytest.mark.parametrize(
    ("name", "sources", "answer"),
    [
        ("ledger write", "1. A b.\n2. C d.", "A b. [1] C d. [2]"),
        ("ledger fix", "1. Mira sleeps.", "Mira sleeps."),
        ("ledger check", "1. A b.", "none"),
    ],
)
def test_small_prompts_have_plain_answers(name: str, sources: str, answer: str) -> None:
    template = prompts.WRITING[name]
    prompt = template.format(words=10, statements=sources, sentences="A. x [1]", sentence="Mira jumps.")
    assert reply(Author(invent(44, 3)), prompt) == answer


def test_a_prompt_that_nobody_asks_is_refused() -> None:
    with pytest.raises(ValueError, match="no strategy"):
        reply(Author(invent(44, 3)), "Tell me a joke.")


def test_whether_two_entries_are_one_goes_by_the_name_of_either() -> None:
    author = Author(invent(44, 3))
    one, other = author.story.figures[:2]
    for figure, answer in ((one, "yes"), (other, "no")):
        entries = {"one": f"{one.name}; somebody", "other": f"{figure.name}; nobody"}
        prompt = prompts.WRITING["ledger same"].format(**entries, one_rows="[0:00:01] x.", other_rows="[0:00:02] y.")
        assert reply(author, prompt) == answer


def test_a_line_begins_with_all_that_is_said_of_who_does_it() -> None:
    author = Author(invent(44, 3))
    said = "The place is the cave. Nobody, the pink dotted star, jumps. The pink dotted star sleeps."
    prompt = prompts.WRITING["ledger lines"].format(text=said)
    lines = reply(author, prompt).split("\n")
    assert [line.split(" | ")[0] for line in lines] == ["Nobody, the pink dotted star", "the pink dotted star"]


@pytest.mark.parametrize(
    ("statement", "plain"),
    [
        ("Mira gives the key to Tobo.", True),
        ("Abel gives the key to Tobo.", False),
        ("Mira promises to give the key to Tobo but is never seen to give it to Tobo.", False),
    ],
)
def test_only_what_the_shown_rows_can_say_is_asked_about(statement: str, plain: bool) -> None:
    rows = "[0:00:01] Mira promises to give the key to Tobo."
    assert is_plain(prompts.WRITING["ledger holds"].format(rows=rows, statement=statement)) is plain


def test_a_statement_made_wrong_is_to_be_denied() -> None:
    rng = random.Random(3)
    statement = "Mira gives the blue key to Tobo."
    prompt = prompts.WRITING["ledger holds"].format(rows="[0:00:01] x.", statement=statement)
    [(asked, answer)] = with_errors(prompt, rng)
    assert answer == "no"
    assert statement not in asked
    assert changed("Nobody is there.", rng) is None


def test_letters_of_a_check_are_those_of_the_sentences_made_wrong() -> None:
    statements = [f"{name} sleeps." for name in ("Mira", "Tobo", "Abel", "Cleo", "Dako", "Edda")]
    numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(statements, 1))
    prompt = prompts.WRITING["ledger write"].format(words=10, statements=numbered)
    asked = [pair for seed in range(20) for pair in with_errors(prompt, random.Random(seed))]
    checks = [(text, answer) for text, answer in asked if prompts.which(text) == "ledger check"]
    assert checks
    for text, answer in checks:
        shown = re.findall(r"^([A-Z])\. (.*) \[(\d+)\]$", text, re.M)
        assert answer.split(", ") == [letter for letter, said, at in shown if said != statements[int(at) - 1]]
