"""Examples about others: words are exchanged within their class, one for one, in prompt and answer alike."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.storyfilm.generator import invent
from longvid_benchmarks.training import writing
from longvid_benchmarks.training.example import Example
from longvid_benchmarks.training.renaming import CLASSES, renamed

CLASS = {word: number for number, words in enumerate(CLASSES) for word in words}


def words_of(example: Example) -> list[str]:
    return re.findall(r"\w+|\W+", f"{example.prompt}\n{example.answer}")


@given(seed=st.integers(0, 10_000))
def test_words_keep_their_class_and_what_was_the_same_stays_the_same(seed: int) -> None:
    example = writing.copying(invent(seed % 7, 3), random.Random(seed))[-1]
    before, after = words_of(example), words_of(renamed(example, random.Random(seed)))
    assert len(before) == len(after)
    pairs = set(zip(before, after, strict=True))
    assert len(pairs) == len(set(before)) == len(set(after))
    for one, other in pairs:
        assert CLASS.get(one) == CLASS.get(other)
        assert one in CLASS or one == other


def test_hardly_anybody_keeps_a_name() -> None:
    example = writing.copying(invent(3, 6), random.Random(0))[-1]
    names = [word for word in words_of(example) if CLASS.get(word) == 0]
    kept = [
        word
        for number in range(20)
        for word, other in zip(words_of(example), words_of(renamed(example, random.Random(number))), strict=True)
        if CLASS.get(word) == 0 and word == other
    ]
    assert names
    assert len(kept) < 0.2 * 20 * len(names)


def test_no_template_holds_a_word_that_is_exchanged() -> None:
    for template in (*prompts.WRITING.values(), *prompts.FRAMES):
        assert not [word for word in re.findall(r"\w+", template) if word in CLASS]
