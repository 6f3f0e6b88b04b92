"""The sentences and cues of a chunk are numbered as they come, so that everything else can cite them."""

from __future__ import annotations

from dataclasses import replace

from longvid.film import Cue
from longvid.strategy import ChunkTexts, Limits
from longvid_strategies.ledger.reading.sources import LONGEST, MOST, numbered, room, sources_of
from tests.standins import ScriptedContext, make_chunks
from tests.strategy.ledger.reading.asked import asking, nobody

CUES = (
    Cue(61.0, 62.0, "Meet me at the pier.", "Anna"),
    Cue(63.5, 64.0, "door slams", kind="sound"),
    Cue(65.0, 66.0, "At nine?"),
)


def heard(*cues: Cue) -> ScriptedContext:
    context = asking(nobody, 2)
    context.limits = replace(context.limits, dialogue=2000)
    first, second = make_chunks(2)
    context.chunks = (first, replace(second, dialogue=cues))
    return context


def test_sentences_come_before_cues_and_both_are_numbered_from_one() -> None:
    context = heard(*CUES)
    texts, chunk = ChunkTexts(context), context.chunks[1]
    found = sources_of(chunk, texts.text(chunk, "A man waits. He  looks at   his watch."), texts)
    assert [(source.number, source.text, source.said) for source in found] == [
        (1, "A man waits.", False),
        (2, "He looks at his watch.", False),
        (3, '"Meet me at the pier." (Anna)', True),
        (4, "[door slams]", True),
        (5, '"At nine?"', True),
    ]
    assert [source.time for source in found] == [60.0, 60.0, 61.0, 63.5, 65.0]
    assert {(source.chunk, source.part) for source in found} == {(1, 2)}


def test_lines_of_a_prompt_have_the_numbers_that_facts_cite() -> None:
    context = heard(*CUES[:1])
    texts, chunk = ChunkTexts(context), context.chunks[1]
    found = sources_of(chunk, texts.text(chunk, "A man waits."), texts)
    assert numbered(found) == '1. A man waits.\n2. "Meet me at the pier." (Anna)'


def test_a_sentence_without_end_is_cut() -> None:
    context = heard()
    [only] = sources_of(context.chunks[1], "word " * 500, ChunkTexts(context))
    assert len(only.text) <= LONGEST


def test_many_sentences_leave_their_place_to_what_is_said_and_cues_leave_theirs_to_what_is_seen() -> None:
    sentences = " ".join(f"Man number {i} waits." for i in range(100))
    cues = [Cue(60 + i / 2, 60.4 + i / 2, f"I am number {i}.") for i in range(100)]
    context = heard(*cues)
    texts, chunk = ChunkTexts(context), context.chunks[1]
    found = sources_of(chunk, texts.text(chunk, sentences), texts)
    assert len(found) == MOST
    assert sum(source.said for source in found) == MOST // 2
    context = heard(*cues[:5])
    texts, chunk = ChunkTexts(context), context.chunks[1]
    assert sum(source.said for source in sources_of(chunk, texts.text(chunk, sentences), texts)) == 5


def test_an_empty_chunk_has_no_sources() -> None:
    context = heard()
    assert sources_of(context.chunks[0], "", ChunkTexts(context)) == []


def test_room_is_what_is_wanted_or_what_is_left() -> None:
    context = asking(nobody, context=100)
    assert context.limits == Limits(context=100, caption=320, max_concurrency=4, words=200)
    assert [room(context, "word " * size, 50) for size in (10, 60, 200)] == [50, 35, -105]
