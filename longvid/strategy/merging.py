"""How one text is written from several inside the token limits; what every merging strategy needs.

The prompt is counted before the call and its sources are shortened by whole sentences until it fits. An answer that is
nothing never becomes text: the sources themselves, shortened, stand in its place (the answer's degraded status is
recorded all the same). Knows nothing of graphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from longvid.strategy.contract import Answer, Context, Limits
from longvid.strategy.packing import count_levels
from longvid.text import fit, says_no_change

TOKENS_PER_WORD = 1.4
"""Of English in the Llama-3 tokenizer; used where there is no text yet to measure."""
SLACK = 1.3
"""An answer may be this much longer than asked before it is cut off: models count words badly."""
MOST_TOKENS_PER_WORD = 8
"""Bound used by estimates; only byte-level tokenizers of tiny models come near it."""
FRAMING = 24
"""Tokens around a source: its number, and the template that `count` includes."""
LEAST_ANSWER = 24
"""Tokens; no useful sentence fits into fewer."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A text made from others: its key, and whether the writer made it as asked."""

    key: str
    ok: bool


def words_in(text: str) -> int:
    """Number of words of `text`."""
    return len(re.findall(r"\S+", text))


def answer_room(context: Context) -> int:
    """The longest answer that a merge may ask for, in tokens: a third of the context, so that the rest can hold at
    least two texts of that length and every merge of two or more makes the whole shorter."""
    return max(LEAST_ANSWER, context.limits.context // 3)


def tokens_for(context: Context, words: int, texts: Sequence[str]) -> int:
    """Tokens to allow for an answer of about `words` words in the language of `texts`, at most `answer_room`."""
    sample = " ".join(texts)[:2000]
    known = words_in(sample)
    ratio = (context.count(sample) - context.count("")) / known if known >= 20 else TOKENS_PER_WORD
    return max(LEAST_ANSWER, min(answer_room(context), round(words * ratio * SLACK)))


def parts_for(context: Context, words: int, texts: Sequence[str]) -> int:
    """In how many answers a summary of `words` words must be written, since one holds `answer_room` tokens."""
    one = max(1, words_that_fit(context, texts))
    return max(1, -(-words // one))


def words_that_fit(context: Context, texts: Sequence[str]) -> int:
    """About how many words one answer can hold."""
    per_word = tokens_for(context, 100, texts) / (100 * SLACK)
    if tokens_for(context, 100, texts) == answer_room(context):
        sample = " ".join(texts)[:2000]
        per_word = (context.count(sample) - context.count("")) / max(1, words_in(sample))
    return int(answer_room(context) / (max(per_word, 1.0) * SLACK))


def source_room(context: Context, lead: str, answer_tokens: int) -> int:
    """Tokens left for the sources of a merge with the instruction `lead` and an answer of `answer_tokens`."""
    return context.limits.context - answer_tokens - context.count(_prompt(lead, []))


async def ask_writer(
    context: Context, lead: str, texts: Sequence[str], *, answer_tokens: int, titles: Sequence[str] = ()
) -> Answer:
    """The writer's answer to `lead` over the numbered `texts`, which are shortened evenly until all fits.

    `titles`, one a text where there are any, stand behind the numbers.
    """
    room = source_room(context, lead, answer_tokens)
    numbering = context.count(_prompt(lead, ["" for _ in texts], titles)) - context.count(_prompt(lead, []))
    share = room - max(0, numbering)
    prompt = whole = _prompt(lead, texts, titles)
    # Token counts of parts do not add up exactly to the count of the whole, so the last few tokens are found by trying.
    while context.count(prompt) + answer_tokens > context.limits.context and share > 0:
        prompt = _prompt(lead, fit(texts, share, lambda text: context.count(text) - context.count("")), titles)
        share = min(share - 8, share * 15 // 16)
    if prompt != whole:
        context.note(f"a merge of {len(texts)} texts left sentences out: they exceed {context.limits.context} tokens")
    return await context.write(prompt, max_tokens=answer_tokens)


async def merge(context: Context, lead: str, texts: Sequence[str], *, words: int, titles: Sequence[str] = ()) -> Merged:
    """One text of about `words` words from `texts`, written as `lead` says; the texts in its place if that fails."""
    answer_tokens = tokens_for(context, words, texts)
    answer = await ask_writer(context, lead, texts, answer_tokens=answer_tokens, titles=titles)
    if answer.text and not says_no_change(answer.text):
        return Merged(answer.key, answer.ok)
    return Merged(context.keep(shortened(context, texts, answer_tokens)), False)


def shortened(context: Context, texts: Sequence[str], tokens: int) -> str:
    """The leading sentences of each of `texts`, about `tokens` tokens in all."""
    kept = fit(texts, tokens, lambda text: context.count(text) - context.count(""))
    return " ".join(text for text in kept if text)


def most_calls(n: int, limits: Limits, lead: str, *, most: int, reserved: int = 0) -> tuple[int, int]:
    """Upper bounds (writes, levels) of merging the captions of `n` chunks level by level, for any tokenizer.

    `lead` is the longest instruction. It counts a token a character here, since no tokenizer is known yet; `reserved`
    tokens are kept from the sources besides.
    """
    answer = max(LEAST_ANSWER, limits.context // 3)
    room = limits.context - answer - len(lead) - reserved
    parts = -(-round(limits.words * MOST_TOKENS_PER_WORD * SLACK) // answer)
    per_leaf = min(most, room // (limits.caption + FRAMING))
    per_node = min(most, room // (answer + FRAMING))
    return count_levels(n, per_leaf, per_node, max(1, parts))


def _prompt(lead: str, texts: Sequence[str], titles: Sequence[str] = ()) -> str:
    titled = [f" ({title})" for title in titles] or [""] * len(texts)
    numbered = "\n".join(
        f"Part {i}{title}: {' '.join(text.split())}"
        for i, (text, title) in enumerate(zip(texts, titled, strict=True), 1)
    )
    return f"{lead}\n{numbered}" if numbered else lead
