"""How one text is written from several inside the token limits; what every merging strategy needs.

The prompt is counted before the call and its sources are shortened by whole sentences until it fits. Of an answer only
that is told which may be: without openings, and without sentences that say a name or a number that no source has. Where
this is far less than was asked for, the LLM is asked once more; what is still nothing or too little never becomes
text: the sources themselves, shortened, stand in its place, and the outputs say so. Knows nothing of graphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from longvid.captions.spoken import SAID, quoted
from longvid.strategy.contract import Answer, Context, Limits
from longvid.strategy.dialogue import most_telling, whole_cues
from longvid.strategy.packing import count_levels
from longvid.text import fit, normal, says_no_change, sentences
from longvid.text.grounds import Grounds, founded
from longvid.text.openings import without_openings

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
LEAST_OF_ASKED = 1 / 3
"""A text with a smaller share of the words asked for is too short, where the sources say as much as was asked for."""
LEAST_OF_SOURCES, LEAST_IF_TOLD = 1 / 10, 1 / 5
"""The same of the words of the sources, where these say less than was asked for: little may be said of little; more is
to be had of an LLM that does what it is told."""
AGAIN = " Write at least {words} words, and no name and no number that the parts do not say."
"""Behind the instruction, when it is given once more."""
ASKED = re.compile(r"\b(?:about|most|least) \d+(?= words\b)|\bsection \d+(?: of \d+)?\b")
"""What an instruction says in numbers of the text that it asks for; these are no numbers of the film."""
LEAST_REPEATED = 6
"""Words of a sentence that says nothing new when it is said again."""
CALLS = 2
"""Most calls for one text."""
UNFOUNDED = "sentences of the LLM with names or numbers that none of its sources has were left out"
REPLACED = "where an answer of the LLM could not be told or was far too short, its sources stand, shortened"
SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Letters of the scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
WORD = re.compile(rf"[{SPACELESS}]|[^\s{SPACELESS}]+")


@dataclass(frozen=True, slots=True)
class Merged:
    """A text made from others: its key, and whether the LLM made it as asked."""

    key: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What may be told of an answer of the LLM."""

    text: str
    """Empty where nothing may be."""
    key: str
    """Of `text`."""
    ok: bool
    """Whether the LLM made it as asked."""
    enough: bool
    """Whether it is no less than it must be."""


def words_in(text: str) -> int:
    """Number of words of `text`; a letter counts as one in scripts without spaces."""
    return len(WORD.findall(text))


def answer_room(context: Context) -> int:
    """The longest answer that a merge may ask for in any case, in tokens: a third of the context, so that the rest can
    hold at least two texts of that length and every merge of two or more makes the whole shorter."""
    return max(LEAST_ANSWER, context.limits.context // 3)


def longest_answer(context: Context, lead: str) -> int:
    """The longest answer to `lead` in tokens, where that is the last word: a text needs sources no shorter than it."""
    return max(answer_room(context), source_room(context, lead, 0) // 2)


def tokens_for(context: Context, words: int, texts: Sequence[str], *, most: int | None = None) -> int:
    """Tokens to allow for an answer of about `words` words in the language of `texts`, at most `most`, which is
    `answer_room` where nothing is said."""
    sample = " ".join(texts)[:2000]
    known = words_in(sample)
    ratio = (context.count(sample) - context.count("")) / known if known >= 20 else TOKENS_PER_WORD
    return max(LEAST_ANSWER, min(answer_room(context) if most is None else most, round(words * ratio * SLACK)))


def parts_for(context: Context, words: int, texts: Sequence[str], *, room: int | None = None) -> int:
    """In how many answers a summary of `words` words must be written, since one holds `room` tokens (`answer_room`)."""
    one = max(1, words_that_fit(context, texts, room=room))
    return max(1, -(-words // one))


def words_that_fit(context: Context, texts: Sequence[str], *, room: int | None = None) -> int:
    """About how many words one answer of `room` tokens (`answer_room`) can hold."""
    per_word = tokens_for(context, 100, texts) / (100 * SLACK)
    if tokens_for(context, 100, texts) == answer_room(context):
        sample = " ".join(texts)[:2000]
        per_word = (context.count(sample) - context.count("")) / max(1, words_in(sample))
    return int((answer_room(context) if room is None else room) / (max(per_word, 1.0) * SLACK))


def source_room(context: Context, lead: str, answer_tokens: int) -> int:
    """Tokens left for the sources of a merge with the instruction `lead` and an answer of `answer_tokens`."""
    return context.limits.context - answer_tokens - context.count(_prompt(lead, []))


async def ask_llm(
    context: Context, lead: str, texts: Sequence[str], *, answer_tokens: int, titles: Sequence[str] = ()
) -> Answer:
    """The LLM's answer to `lead` over the numbered `texts`, which are shortened evenly until all fits.

    `titles`, one a text where there are any, stand behind the numbers.
    """
    room = source_room(context, lead, answer_tokens)
    numbering = context.count(_prompt(lead, ["" for _ in texts], titles)) - context.count(_prompt(lead, []))
    share = room - max(0, numbering)
    prompt = whole = _prompt(lead, texts, titles)
    # Token counts of parts do not add up exactly to the count of the whole, so the last few tokens are found by trying.
    while context.count(prompt) + answer_tokens > context.limits.context and share > 0:
        prompt = _prompt(lead, _fitted(context, texts, share), titles)
        share = min(share - 8, share * 15 // 16)
    if prompt != whole:
        context.note(f"a merge of {len(texts)} texts left sentences out: they exceed {context.limits.context} tokens")
    return await context.write(prompt, max_tokens=answer_tokens)


async def draft(
    context: Context,
    lead: str,
    texts: Sequence[str],
    *,
    words: int,
    answer_tokens: int | None = None,
    titles: Sequence[str] = (),
) -> Draft:
    """What may be told of the LLM's answer to `lead` over `texts`, which asks for about `words` words; one call.

    `answer_tokens` is the room for the answer; else it is what the words need, at most a third of the context or what
    `texts` leave of it.
    """
    room = _room_for(context, lead, texts, words) if answer_tokens is None else answer_tokens
    answer = await ask_llm(context, lead, texts, answer_tokens=room, titles=titles)
    if not answer.text or says_no_change(answer.text):
        return Draft("", answer.key, False, False)
    said = _once(without_openings(answer.text))
    if "instruct" in context.capabilities:
        # The mark of dialogue belongs to the sources; in prose the quotation marks say it.
        said = said.replace(SAID, "")
    sources = [ASKED.sub("", lead), *texts, *titles]
    told = founded(said, Grounds(sources))
    if told != said and (lines := [quoted(cue) for chunk in context.chunks for cue in chunk.dialogue]):
        # The whole film's dialogue is only looked through where a name or a number is in question.
        told = founded(said, Grounds([*sources, *lines]))
    if told != said:
        context.note(UNFOUNDED)
    key = answer.key if told == answer.text else context.keep(told)
    return Draft(told, key, answer.ok, bool(told) and words_in(told) >= least_words(context, words, texts))


def _once(text: str) -> str:
    """`text` with each of its sentences once; short ones may come again."""
    seen: set[str] = set()
    lines = []
    for line in text.split("\n"):
        found = sentences(line)
        kept = []
        for said in found:
            words = normal(said)
            if words not in seen or len(words.split()) < LEAST_REPEATED:
                kept.append(said)
            seen.add(words)
        if kept or not found:
            lines.append(line if kept == found else " ".join(kept))
    return "\n".join(lines).strip()


async def written(
    context: Context,
    lead: str,
    texts: Sequence[str],
    *,
    words: int,
    answer_tokens: int | None = None,
    titles: Sequence[str] = (),
) -> Draft:
    """The same, of a second answer where there was one and too little of it may be told; at most `CALLS` calls."""
    first = await draft(context, lead, texts, words=words, answer_tokens=answer_tokens, titles=titles)
    room = _room_for(context, lead, texts, words) if answer_tokens is None else answer_tokens
    again = lead + AGAIN.format(words=max(1, round(words * LEAST_OF_ASKED)))
    # The engine has asked again already for an answer that is none.
    if first.enough or not first.ok or source_room(context, again, room) < min(room, answer_room(context)):
        return first
    second = await draft(context, again, texts, words=words, answer_tokens=room, titles=titles)
    return second if second.enough else first


async def merge(context: Context, lead: str, texts: Sequence[str], *, words: int, titles: Sequence[str] = ()) -> Merged:
    """One text of about `words` words from `texts`, written as `lead` says; the texts in its place if that fails."""
    made = await written(context, lead, texts, words=words, titles=titles)
    if made.enough:
        return Merged(made.key, made.ok)
    context.note(REPLACED, degraded=True)
    return Merged(context.keep(shortened(context, texts, _room_for(context, lead, texts, words))), False)


def _room_for(context: Context, lead: str, texts: Sequence[str], words: int) -> int:
    """Tokens for an answer of `words` words to `lead`: no more than a third of the context, or than `texts` leave."""
    left = source_room(context, lead, 0) - sum(map(context.count, texts)) - FRAMING
    return tokens_for(context, words, texts, most=max(answer_room(context), left))


def least_words(context: Context, words: int, texts: Sequence[str]) -> float:
    """The fewest words that an answer of about `words` words over `texts` may have."""
    held = words_in(" ".join({normal(said) or said: said for text in texts for said in sentences(text)}.values()))
    asked = LEAST_OF_ASKED * min(words, words_that_fit(context, texts))
    share = LEAST_IF_TOLD if "instruct" in context.capabilities else LEAST_OF_SOURCES
    return asked if held >= words else min(asked, int(share * held))


def shortened(context: Context, texts: Sequence[str], tokens: int) -> str:
    """The leading sentences of each of `texts`, about `tokens` tokens in all."""
    kept = _fitted(context, texts, tokens)
    return " ".join(text for text in kept if text)


def _fitted(context: Context, texts: Sequence[str], tokens: int) -> list[str]:
    def count(text: str) -> int:
        return context.count(text) - context.count("")

    kept = fit(texts, tokens, count, whole_cues)
    if any(kept) or not any(texts):
        return kept
    # No even share holds one whole cue: those that tell most have the room of all.
    chosen = most_telling(texts, tokens, count)
    return [" ".join(statement for i, statement in chosen if i == text) for text in range(len(texts))]


def most_calls(n: int, limits: Limits, lead: str, *, most: int, reserved: int = 0) -> tuple[int, int]:
    """Upper bounds (writes, writes that wait for one another) of merging the captions of `n` chunks level by level, for
    any tokenizer; each text may take `CALLS`.

    `lead` is the longest instruction. It counts a token a character here, since no tokenizer is known yet; `reserved`
    tokens are kept from the sources besides.
    """
    answer = max(LEAST_ANSWER, limits.context // 3)
    room = limits.context - answer - len(lead) - reserved
    parts = max(1, -(-round(limits.words * MOST_TOKENS_PER_WORD * SLACK) // answer))
    per_leaf = min(most, room // (limits.chunk + FRAMING))
    per_node = min(most, room // (answer + FRAMING))
    calls, levels = count_levels(n, per_leaf, per_node, parts)
    # The parts of the summary may wait for one another.
    return CALLS * calls, CALLS * (levels + max(0, min(n, parts) - 1))


def _prompt(lead: str, texts: Sequence[str], titles: Sequence[str] = ()) -> str:
    titled = [f" ({title})" for title in titles] or [""] * len(texts)
    numbered = "\n".join(
        f"Part {i}{title}: {' '.join(text.split())}"
        for i, (text, title) in enumerate(zip(texts, titled, strict=True), 1)
    )
    return f"{lead}\n{numbered}" if numbered else lead
