"""Stages 5 and 6 with an LLM: plain statements become prose act by act, and every sentence is held against the
statements that it cites.

The LLM only rewords: it gets numbered statements and has to cite them. A sentence that cites nothing, has not the
names and numbers of its statements, or that the check finds unsupported is written once more; if that fails too, the
statements themselves stand in its place. A statement that no sentence cites is put back. So no statement, name or
number is lost by the writing, and no name or number comes in; what else a sentence says is for the check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from longvid.narrative import word_set
from longvid.strategy import (
    Context,
    in_waves,
    is_whole,
    numerals,
    says_no_change,
    sentences,
    tokens_for,
    without_openings,
    words_in,
)
from longvid_strategies.ledger.rules.realizer import Line

WRITE = (
    "These statements tell a part of a film in order. Write them as one flowing passage of about {words} words. Say "
    "all of them in this order, keep every name, and add nothing. After each sentence put the numbers of its "
    "statements in brackets, as in: Somebody comes in and sits down. [1, 2]\n{statements}"
)
CHECK = (
    "Statements:\n{statements}\nSentences:\n{sentences}\n"
    "Which sentences say something that their statements do not say? Answer with their letters, or none."
)
FIX = (
    "Rewrite the sentence so that it says what the statements say and nothing else.\n{statements}\nSentence: {sentence}"
)
ACT_WORDS = 120
"""Words of one passage; what a small model can keep in mind."""
MOST_FIXES = 4
"""In one passage; with its checks it takes at most one call more."""
CITED = re.compile(r" ?((?:\[ ?\d{1,3}(?: ?(?:,|-|\u2013|and) ?\d{1,3})* ?\] ?)+)\.?")
RANGE = re.compile(r"(\d+)(?: ?[-\u2013] ?(\d+))?")
ROUND = str.maketrans("[]", "()")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
OPENERS = (
    "the a an this that these those then later next after before when while as meanwhile soon now at in on with from "
    "by to he she it they his her their its one two three both another some somebody someone there here having who "
    "once again still also and but so because since for during first only early finally lastly firstly secondly "
    "suddenly eventually immediately secretly quickly slowly quietly silently gradually briefly promptly directly "
    "carefully subsequently consequently accordingly similarly separately shortly recently previously originally "
    "initially apparently evidently presumably probably possibly actually clearly unfortunately sadly angrily calmly"
)
"""Words that may begin a sentence of the LLM though no statement has them. Each by itself, since many a name ends
as adverbs do: Emily, Sally, Billy."""
ORDINALS = word_set("third fourth fifth sixth seventh eighth ninth tenth")
"""Words that count without being numbers; a second may be one of a minute."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the final text and the events that it rests on."""

    text: str
    events: tuple[str, ...]


def acts(lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Consecutive lines in passages of about `ACT_WORDS` words."""
    found: list[list[Line]] = []
    words = ACT_WORDS
    for line in lines:
        size = words_in(line.text)
        if words + size > ACT_WORDS:
            found.append([])
            words = 0
        found[-1].append(line)
        words += size
    return list(found)


def most_acts(words: int) -> int:
    """Most passages that lines of `words` words in all can make: every two neighbours exceed `ACT_WORDS` together."""
    return 2 * words // ACT_WORDS + 2


async def write(context: Context, lines: Sequence[Line], *, check: bool) -> list[list[Said]]:
    """The passages of the text, each a list of sentences."""
    return await in_waves(context, [partial(_act, context, act, check) for act in acts(lines)])


async def _act(context: Context, lines: Sequence[Line], check: bool) -> list[Said]:
    plain = [Said(line.text, line.events) for line in lines]
    texts = [line.text for line in lines]
    words = sum(words_in(text) for text in texts)
    prompt = WRITE.format(words=words, statements=_numbered(texts))
    # The numbers in brackets take about as much again as short sentences do.
    room = min(2 * tokens_for(context, words, texts), context.limits.context - context.count(prompt))
    if room < words:
        return plain
    answer = await context.write(prompt, max_tokens=room)
    written = [] if says_no_change(answer.text) else read_cited(answer.text, len(lines))
    if not written:
        return plain
    bad = {i for i, (text, cited) in enumerate(written) if not _is_faithful(text, [texts[c] for c in cited])}
    fixes = MOST_FIXES
    if check:
        # A passage of many short sentences takes several checks; each further one is paid with a fix.
        starts = range(0, len(written), len(LETTERS))[: 1 + MOST_FIXES]
        shown = [written[start : start + len(LETTERS)] for start in starts]
        flagged = await in_waves(context, [partial(_unsupported, context, texts, some) for some in shown])
        bad |= {start + i for start, found in zip(starts, flagged, strict=True) for i in found}
        bad |= set(range(sum(map(len, shown)), len(written)))
        fixes -= len(shown) - 1
    tried = sorted(bad)[:fixes]
    made: list[tuple[int, Said]] = []
    for position, (text, cited) in enumerate(written):
        events = tuple(dict.fromkeys(event for c in cited for event in lines[c].events))
        if position not in bad:
            made.append((cited[0], Said(text, events)))
        elif position in tried and (fixed := await _fix(context, text, [texts[c] for c in cited])):
            made.append((cited[0], Said(fixed, events)))
        else:
            made += [(c, plain[c]) for c in cited]
    told = {c for _, cited in written for c in cited}
    made += [(c, plain[c]) for c in range(len(lines)) if c not in told]
    # The order is the film's, whatever the LLM did.
    return [said for _, said in sorted(made, key=lambda item: item[0])]


def read_cited(text: str, count: int) -> list[tuple[str, list[int]]]:
    """(sentence, statements that it cites from 0) in order. What cites nothing that is there is left out, a citation
    belongs to the one sentence before it, and a statement to the first sentence that cites it."""
    text = " ".join(text.split())
    found: list[tuple[str, list[int]]] = []
    start = 0
    used: set[int] = set()
    for match in CITED.finditer(text):
        sentence = without_openings(_last_sentence(text[start : match.start()]).strip(" -"))
        start = match.end()
        cited = [number for number in _numbers(match[1]) if 0 <= number < count and number not in used]
        if not cited or not re.search(r"[^\W\d_]", sentence):
            continue
        used |= set(cited)
        found.append((sentence if is_whole(sentence) else sentence + ".", cited))
    return found


def _numbers(brackets: str) -> list[int]:
    """The statements that are cited, from 0 and ascending: "[1-3, 5]" is 0, 1, 2 and 4."""
    found: set[int] = set()
    for first, last in RANGE.findall(brackets):
        low, high = int(first), int(last or first)
        found |= {low - 1, high - 1} | set(range(low - 1, high))
    return sorted(found)


def _last_sentence(text: str) -> str:
    """The last sentence of `text`; what is said in quotation marks does not end it."""
    *before, last = sentences(text) or [""]
    while before and (last[:1].islower() or last.count('"') % 2 or last.count("\u201d") > last.count("\u201c")):
        last = f"{before.pop()} {last}"
    return last


def _is_faithful(sentence: str, statements: Sequence[str]) -> bool:
    """Whether the sentence has the names and the numbers of the statements, all of them and no others."""
    known = {_bare(word) for text in statements for word in WORD.findall(text)}
    said = {_bare(word) for word in WORD.findall(sentence)}
    names = {name for text in statements for name in _names(text)}
    return _names(sentence) <= known and names <= said and _counts([sentence]) == _counts(statements)


def _names(text: str) -> set[str]:
    """Words of `text` with a capital, as `_bare` has them; not a first word that may only open the sentence."""
    first, *rest = WORD.findall(text) or [""]
    opens = first.lower() in OPENERS.split() or not first[:1].isupper()
    return {_bare(word) for word in (rest if opens else [first, *rest]) if word[:1].isupper()}


def _bare(word: str) -> str:
    """In small letters; a name is the same with and without the ending that makes something its own."""
    return re.sub(r"['\u2019]s?$", "", word.lower())


def _counts(texts: Sequence[str]) -> set[str]:
    """The numbers from two on in `texts`, in digits or in words: "one" need not be a number."""
    ordinals = {word for text in texts for word in re.findall(r"\w+", text.lower())} & ORDINALS
    return (ordinals | {one.form for text in texts for one in numerals(text)}) - {"0", "1"}


async def _unsupported(context: Context, texts: Sequence[str], shown: Sequence[tuple[str, list[int]]]) -> set[int]:
    """Positions in `shown`, at most as many sentences as there are letters, of those that the LLM flags."""
    lettered = "\n".join(
        f"{LETTERS[i]}. {in_round(text)} [{', '.join(str(c + 1) for c in cited)}]"
        for i, (text, cited) in enumerate(shown)
    )
    prompt = CHECK.format(statements=_numbered(texts), sentences=lettered)
    room = min(3 * len(LETTERS), context.limits.context - context.count(prompt))
    if room < 1:
        return set()
    answer = await context.write(prompt, max_tokens=room)
    # Only a plain list of letters says which; prose around them cannot be trusted to mean them.
    if not re.fullmatch(r"[\s,.;and]*(?:[A-Z][\s,.;]*(?:and\s+)?)+", answer.text.strip()):
        return set()
    return {
        LETTERS.index(letter) for letter in re.findall(r"\b[A-Z]\b", answer.text) if LETTERS.index(letter) < len(shown)
    }


async def _fix(context: Context, sentence: str, statements: Sequence[str]) -> str:
    """The sentence written once more, or nothing where that fails."""
    prompt = FIX.format(statements=_numbered(statements), sentence=in_round(sentence))
    words = sum(words_in(text) for text in statements)
    room = min(tokens_for(context, words, statements), context.limits.context - context.count(prompt))
    if room < words:
        return ""
    answer = await context.write(prompt, max_tokens=room)
    text = " ".join(CITED.sub(" ", answer.text).split())
    one = len(sentences(text)) == 1 and "\n" not in answer.text
    return text if answer.ok and one and _is_faithful(text, statements) else ""


def _numbered(texts: Sequence[str]) -> str:
    return "\n".join(f"{number}. {in_round(text)}" for number, text in enumerate(texts, 1))


def in_round(text: str) -> str:
    """`text` with round brackets for square ones, as it is shown to an LLM: "[3]" in what somebody reads aloud is no
    citation."""
    return text.translate(ROUND)
