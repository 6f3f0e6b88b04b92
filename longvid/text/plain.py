"""Plain-text tools that the engine and the strategies share: loops, boilerplate, safe characters, what fits; and the
sentences of `longvid.text.sentences`.

Knows a little English and nothing of models, tokens or films. Every function is pure and bounded in time.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from longvid.text.sentences import sentences, word_set

BOILERPLATE = re.compile(
    r"^\s*(?:(?:in|throughout)\s+(?:this|the)\s+(?:(?:short|brief|given|provided)\s+)?"
    r"(?:video|clip|segment|scene|footage)s?(?:\s+clip)?\s*,\s*"
    r"(?:(?:we\s+(?:can\s+)?see|it\s+(?:is|can\s+be)\s+seen)\s+that\s+)?"
    r"|(?:this|the)\s+(?:video|clip|segment)\s+(?:clip\s+)?(?:shows|depicts|presents|displays|reveals)\s+that\s+)",
    re.IGNORECASE,
)
"""Openings before a whole clause that say nothing of the film. What stands behind "The video shows" is mostly none."""
CLAUSE_ENDS = word_set("who whom whose that which where when while as because if until since")
"""What begins another clause, whose verb is not that of the sentence."""
SUBJECTS = word_set("i he she it they we you there everyone everybody someone somebody nobody")
FINITE = word_set(
    "is are was were has have had does do did can could will would may might must shall should isn't aren't wasn't "
    "weren't hasn't haven't doesn't don't didn't can't cannot couldn't won't"
)
PLURALS = word_set("men women people children police both all")
SMALL = word_set(
    "a an the this these those his her its their my our your some any no many several few two three four five six "
    "seven eight nine ten of in on at with without from by to for into onto over under through across along near "
    "behind between against around about and or but nor not than like"
)
"""Words before or after which no verb stands."""

CYCLES, LONGEST_CYCLE = 3, 16
"""Times that a cycle of sentences stands in a row to be a loop (twice can be style), and its most sentences."""
INSIDE, AT_END = 32, 24
"""Bytes of UTF-8 that a loop covers at least: "Help! Help! Help!" and three knocks in the middle are none."""

NO_CHANGE = re.compile(
    r"\b(?:no (?:changes?|updates?|revisions?) (?:is |are )?(?:needed|necessary|required)"
    r"|(?:existing|current|original|previous) summary (?:is|remains) (?:already )?"
    r"(?:sufficient|unchanged|complete|adequate|accurate|good)"
    r"|(?:remains?|keep|return(?:ing)?) (?:the )?(?:existing|original|current) summary)\b",
    re.IGNORECASE,
)
"""Replies that talk about a summary in place of being one."""


def counted(n: int, noun: str, several: str | None = None) -> str:
    """`n` with its noun: "1 line", "2 lines"; `several` where that is no mere s."""
    return f"{n} {noun if n == 1 else several or f'{noun}s'}"


def printable(text: str) -> str:
    """`text` without control, format and surrogate characters, so that it can go to a terminal, a file or a prompt.

    Line breaks and tabs become single spaces or line feeds; terminal escapes and bidirectional overrides vanish.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def without_boilerplate(text: str) -> str:
    """`text` without "In this video," and the like in front of its first sentence, where what remains is a sentence."""
    text = text.strip()
    match = BOILERPLATE.match(text)
    rest = text[match.end() :].lstrip() if match else ""
    if not rest or not has_verb(sentences(rest)[0]):
        return text
    return rest[:1].upper() + rest[1:]


def has_verb(sentence: str) -> bool:
    """Whether the main clause of `sentence` surely has a finite verb: a helping one, or one that its form and its
    neighbours show. False where that cannot be seen, as for most verbs in the past."""
    words = re.findall(r"[^\W_][\w'\u2019-]*", sentence)
    low = [word.lower().replace("\u2019", "'") for word in words]
    for index, word in enumerate(low):
        if word in CLAUSE_ENDS or word.endswith("ing"):
            return False
        before, after = low[index - 1] if index else "", low[index + 1] if index + 1 < len(low) else ""
        if (word in FINITE and index) or (before in SUBJECTS and index == 1 and word not in SMALL):
            return True
        ends_in_s = words[index].islower() and len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "'s"))
        if ends_in_s and before and before not in SMALL:
            return True
        if (
            (ends_in_s or word in PLURALS)
            and after
            and not (after in SMALL or after in CLAUSE_ENDS or after.endswith(("ing", "ed", "ly")) or after in FINITE)
        ):
            return True
    return False


def says_no_change(text: str) -> bool:
    """Whether `text` claims that a summary needs no change, in place of being that summary."""
    return bool(NO_CHANGE.search(" ".join(sentences(text)[:2])))


def normal(sentence: str) -> str:
    """`sentence` in lower case with single spaces and no punctuation: equal for sentences that say the same words."""
    return " ".join(re.findall(r"[^\W_]+", sentence.lower()))


def without_loops(items: Sequence[str], *, stopped: bool = False) -> list[str]:
    """`items` (sentences or lines, compared by `normal`) with each loop said once; as they are where there is none.

    A loop is a cycle of at most `LONGEST_CYCLE` items that stands `CYCLES` times in a row and is more than a short cry:
    at the end, where the last cycle may break off, less of it is enough than in the middle. It is also an end of items
    that have all been said before and all stand `CYCLES` times. What stands between or behind loops is kept. `stopped`
    says that a loop was heard at the end already: whatever has been said before is then taken from there.
    """
    words = [normal(item) for item in items]
    count = Counter(words)
    kept: list[int] = []
    at = 0
    while at < len(items):
        length, period = _cycle(words, at)
        kept += range(at, at + period)
        at += length
    first: dict[str, int] = {}
    for place, index in enumerate(kept):
        first.setdefault(words[index], place)
    end = len(kept)
    while end and first[words[kept[end - 1]]] < end - 1 and (stopped or count[words[kept[end - 1]]] >= CYCLES):
        end -= 1
    again = kept[end:]
    if stopped or (len(again) >= CYCLES and _size(words[index] for index in again) >= INSIDE):
        kept = kept[:end]
    return [items[index] for index in kept]


def _cycle(words: Sequence[str], at: int) -> tuple[int, int]:
    """(items that the loop which begins at `at` covers, items of one of its cycles); both 1 where none begins."""
    for period in range(1, min(LONGEST_CYCLE, (len(words) - at) // CYCLES) + 1):
        end = at + period
        while end < len(words) and words[end] == words[end - period]:
            end += 1
        if end == len(words) - 1 and words[end] and words[end - period].startswith(words[end]):
            end += 1
        last = end == len(words)
        if end - at >= CYCLES * period and _size(words[at:end]) >= (AT_END if last else INSIDE):
            return (end - at if last else (end - at) // period * period), period
    return 1, 1


def _size(words: Iterable[str]) -> int:
    return sum(len(word.encode()) for word in words)


def repeated_tail(ids: Sequence[int], *, longest: int = 64, span: int = 36, times: int = 4) -> int | None:
    """Period of the run that `ids` ends with, or None.

    A tail is a loop when its last `period` items stand there at least `times` times in a row and the repeats cover at
    least `span` items, so that neither "very, very, very" nor a short list counts.
    """
    for period in range(1, min(longest, len(ids) // times) + 1):
        repeats = max(times, -(-span // period))
        if repeats * period > len(ids):
            continue
        tail = ids[len(ids) - repeats * period :]
        if all(tail[i] == tail[i + period] for i in range(len(tail) - period)):
            return period
    return None


def fit(
    texts: Sequence[str],
    room: int,
    count: Callable[[str], int],
    parts: Callable[[str], Sequence[str]] = sentences,
) -> list[str]:
    """Leading sentences (or other `parts`) of each of `texts`, so that all together count at most `room`.

    Texts that are shorter than their even share leave the rest to the others. A sentence is kept whole or not at all;
    only where not even one first sentence fits is it cut between words. Empty texts stay empty.
    """
    sizes = [count(text) for text in texts]
    share = _even_shares(sizes, room)
    return [
        text if size <= allowed else _leading(text, allowed, count, parts)
        for text, size, allowed in zip(texts, sizes, share, strict=True)
    ]


def _even_shares(sizes: Sequence[int], room: int) -> list[int]:
    """Shares of `room` that sum to at most `room`, each no larger than needed and otherwise even (water filling)."""
    shares = [0] * len(sizes)
    left = max(room, 0)
    for position, index in enumerate(sorted(range(len(sizes)), key=lambda i: sizes[i])):
        shares[index] = min(sizes[index], left // (len(sizes) - position))
        left -= shares[index]
    return shares


def _leading(text: str, room: int, count: Callable[[str], int], parts: Callable[[str], Sequence[str]]) -> str:
    kept = ""
    for sentence in parts(text):
        longer = f"{kept} {sentence}".strip()
        if count(longer) > room:
            break
        kept = longer
    if kept or room <= 0:
        return kept
    words = text.split()
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count(" ".join(words[:middle])) <= room else (low, middle - 1)
    return " ".join(words[:low])
