"""Plain-text tools that the engine and the strategies share: sentences, loops, boilerplate, safe characters.

Knows English punctuation and nothing of models, tokens or films. Every function is pure and bounded in time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "st", "prof", "sr", "jr", "vs", "etc", "e.g", "i.e"})
"""Words whose full stop ends no sentence, lower case and without the stop."""

CLOSING = "[\"'\u201d\u2019)\\]]*"
"""Quotation marks and brackets that may follow an end mark."""

SENTENCE_END = re.compile(rf"(?<![.!?\u2026])[.!?\u2026]+{CLOSING}(?=\s|$)|\n+")

BOILERPLATE = re.compile(
    r"^\s*(?:(?:in|throughout)\s+(?:this|the)\s+(?:video|clip|segment|scene)s?\s*,\s*(?:we\s+(?:can\s+)?see\s+)?"
    r"|(?:this|the)\s+(?:video|clip|segment)\s+(?:clip\s+)?"
    r"(?:begins|starts|opens|shows|depicts|features|showcases|captures|presents|displays)"
    r"(?:\s+(?:with|by\s+showing|on))?\s+)",
    re.IGNORECASE,
)
"""Openings such as "The video shows" that say nothing of the film. CogVLM2-Video begins most answers so."""

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


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, stripped; what follows the last end mark is the last item."""
    found, start = [], 0
    for match in SENTENCE_END.finditer(text):
        if match.group().startswith("."):
            before = text[start : match.start()].rsplit(None, 1)
            word = before[-1].lower().lstrip("(\"'") if before else ""
            if word in ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i"):
                continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def is_whole(sentence: str) -> bool:
    """Whether `sentence` ends with an end mark, a closing quotation mark or bracket after it allowed."""
    return bool(re.search(rf"[.!?\u2026]{CLOSING}$", sentence.strip()))


def without_boilerplate(text: str) -> str:
    """`text` with "The video shows" and the like taken from the front of its first sentence."""
    match = BOILERPLATE.match(text)
    if not match or match.end() >= len(text.strip()):
        return text.strip()
    rest = text[match.end() :].strip()
    return rest[:1].upper() + rest[1:]


def says_no_change(text: str) -> bool:
    """Whether `text` claims that a summary needs no change, in place of being that summary."""
    return bool(NO_CHANGE.search(" ".join(sentences(text)[:2])))


def normal(sentence: str) -> str:
    """`sentence` in lower case with single spaces and no punctuation: equal for sentences that say the same words."""
    return " ".join(re.findall(r"[^\W_]+", sentence.lower()))


def first_repeat(items: Sequence[str], times: int) -> int | None:
    """Index at which some item of `items` occurs for the second time, if it occurs at least `times` times."""
    count: dict[str, int] = {}
    for item in items:
        count[item] = count.get(item, 0) + 1
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item and count[item] >= times and item in seen:
            return index
        seen.add(item)
    return None


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


def fit(texts: Sequence[str], room: int, count: Callable[[str], int]) -> list[str]:
    """Leading sentences of each of `texts`, so that all together count at most `room`.

    Texts that are shorter than their even share leave the rest to the others. A sentence is kept whole or not at all;
    only where not even one first sentence fits is it cut between words. Empty texts stay empty.
    """
    sizes = [count(text) for text in texts]
    share = _even_shares(sizes, room)
    return [
        text if size <= allowed else _leading(text, allowed, count)
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


def _leading(text: str, room: int, count: Callable[[str], int]) -> str:
    kept = ""
    for sentence in sentences(text):
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
