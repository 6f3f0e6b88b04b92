"""What a merge returns: no answer that is far too short, names what no source has, or speaks of its sources."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from longvid.engine.request import Raw
from longvid.film import Cue
from longvid.strategy import Limits, Merged, merge, sentences, words_in
from longvid.strategy.merging import AGAIN, REPLACED, UNFOUNDED
from longvid.strategy.registry import load
from tests.standins import ScriptedContext, plainly

PLACES = [
    "beach",
    "harbour",
    "market",
    "forest",
    "castle",
    "glacier",
    "bridge",
    "tower",
    "cellar",
    "garden",
    "station",
    "island",
]
WRITING = (
    "chain-of-agents", "extract-support", "hierarchical", "map-reduce", "outline-reread", "patch", "refine",
    "thread-order",
)  # fmt: skip
LEAD = "Summarize them in about {words} words."
SHORT = "A man walks to the house and a dog runs after him."


def caption(index: int) -> Raw:
    place = PLACES[index % len(PLACES)]
    return plainly(
        f"At the {place} Brody hides {index + 3} letters behind a stone. A tall woman in a coat of the {place} guard "
        f"looks for them there, and a dog follows her. Then a boat leaves the {place} with both of them, and it rains."
    )


SOURCES = tuple(caption(index).text for index in range(12))


def kept(prompt: str) -> str:
    """As many sentences of the sources of `prompt` as it asks for, evenly: a good answer."""
    found = re.findall(r"At the \w+ Brody hides \d+ letters behind a stone\.|Then a boat leaves the [^.]*\.", prompt)
    asked = re.search(r"(\d+)\s+words", prompt)
    while asked and len(found) > 1 and words_in(" ".join(found)) > int(asked[1]):
        del found[1::4]
    return " ".join(found) or "Brody leaves."


def merged(
    writes: Callable[[str], Raw], *, words: int = 120, texts: tuple[str, ...] = SOURCES, limits: Limits | None = None
) -> tuple[Merged, str, ScriptedContext]:
    context = ScriptedContext(1, caption=caption, writes=writes, limits=limits)
    made = asyncio.run(merge(context, LEAD.format(words=words), texts, words=words))
    return made, context.text(made.key), context


def summary(name: str, writes: Callable[[str], Raw], limits: Limits | None = None) -> tuple[str, ScriptedContext]:
    context = ScriptedContext(12, caption=caption, writes=writes, limits=limits)
    state = asyncio.run(load(name)().build(context).ainvoke({}))
    assert len(context.prompts) <= load(name)().estimate(12, context.limits).write
    return context.text(state["result"]), context


def test_an_answer_far_too_short_is_asked_for_once_more() -> None:
    made, text, context = merged(lambda prompt: plainly(kept(prompt) if AGAIN[:15] in prompt else SHORT))
    assert made.ok
    assert text == kept(context.prompts[0])
    assert len(context.prompts) == 2
    assert context.degraded == []


def test_an_answer_that_stays_too_short_gives_way_to_the_sources() -> None:
    made, text, context = merged(lambda prompt: plainly(SHORT))
    assert not made.ok
    assert SHORT not in text
    assert all(place in text for place in PLACES)
    assert words_in(text) <= 1.4 * 120
    assert len(context.prompts) == 2
    assert context.degraded == [REPLACED]


@pytest.mark.parametrize(
    "texts",
    [
        ("The screen is black. The screen is black.",) * 10,
        ("A man walks.",),
        ("\u4e00\u4e2a\u7537\u4eba\u8d70\u8fdb\u623f\u5b50\u3002",) * 12,
    ],
)
def test_of_sources_that_say_little_little_may_be_said(texts: tuple[str, ...]) -> None:
    _, text, context = merged(lambda prompt: plainly(texts[0].split(". ")[0]), texts=texts)
    assert text == texts[0].split(". ")[0]
    assert len(context.prompts) == 1


def test_an_answer_in_a_script_without_spaces_is_as_long_as_it_is() -> None:
    source = "".join(
        f"\u7b2c\u4e00\u4e2a\u7537\u4eba\u8d70\u8fdb{c}\u5b50\u91cc\u9762\u3002" for c in "\u623f\u9662\u8f66\u697c"
    )
    texts = tuple(source + "\u4ed6\u8d70\u4e86\u3002" * i for i in range(8))
    _, text, context = merged(lambda prompt: plainly(source), texts=texts)
    assert (text, context.degraded) == (source, [])


def test_a_sentence_with_a_name_or_a_number_that_no_source_has_is_left_out() -> None:
    wild = "Ebenezer Scrooge counts his money. At the beach Brody hides 99 letters. "
    made, text, context = merged(lambda prompt: plainly(wild + kept(prompt)))
    assert made.ok
    assert text == kept(context.prompts[0])
    assert context.notes == [UNFOUNDED]
    assert context.degraded == []


def test_a_text_about_something_else_gives_way_to_the_sources() -> None:
    raving = "Old Ebenezer Scrooge counts his money in London. The ghost of Jacob Marley visits him at Christmas. " * 2
    _, text, context = merged(lambda prompt: plainly(raving))
    assert not set(re.findall(r"\w+", text)) & {"Scrooge", "Marley", "London"}
    assert context.degraded == [REPLACED]


def test_what_dialogue_says_is_a_source() -> None:
    def told(lines: tuple[Cue, ...]) -> str:
        context = ScriptedContext(
            1, caption=caption, writes=lambda prompt: plainly("Her name is Zora. " + kept(prompt))
        )
        context.chunks = tuple(replace(chunk, dialogue=lines) for chunk in context.chunks)
        return context.text(asyncio.run(merge(context, LEAD.format(words=120), SOURCES, words=120)).key)

    assert "Zora" in told((Cue(1.0, 2.0, "My name is Zora."),))
    assert "Zora" not in told(())


def test_openings_do_not_come_through() -> None:
    def writes(prompt: str) -> Raw:
        first, *rest = sentences(kept(prompt))
        return plainly(f"Summary: In the video, {first} " + " ".join(f"Part {i}: {x}" for i, x in enumerate(rest, 2)))

    _, text, context = merged(writes)
    assert text == kept(context.prompts[0])
    assert context.notes == []


def test_there_is_no_second_call_where_the_longer_instruction_has_no_room() -> None:
    limits = Limits(context=60, caption=20, max_concurrency=1, words=20)
    _, _, context = merged(lambda prompt: plainly("Dogs run."), words=20, texts=SOURCES[:1], limits=limits)
    assert len(context.prompts) == 1


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize(
    "limits", [None, Limits(context=400, caption=60, max_concurrency=3, words=120)], ids=["2048", "tight"]
)
def test_no_strategy_tells_what_no_source_has_or_next_to_nothing(name: str, limits: Limits | None) -> None:
    wild = "Part 3: Ebenezer Scrooge counts 77 coins. In the video, a dog follows her."
    text, context = summary(name, lambda prompt: plainly(wild), limits)
    assert not re.search(r"Scrooge|77|Part|video", text)
    assert words_in(text) >= context.limits.words / 3
    assert context.degraded


@pytest.mark.parametrize("name", WRITING)
def test_a_good_llm_is_not_disturbed(name: str) -> None:
    text, context = summary(name, lambda prompt: plainly(kept(prompt)))
    assert "Brody hides 3 letters" in text
    assert context.degraded == [] or name == "patch"
    assert not any(AGAIN[:15] in prompt for prompt in context.prompts)
