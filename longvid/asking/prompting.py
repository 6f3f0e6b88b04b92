"""The question as the LLM gets it, and what of its answer counts.

The LLM sees numbered passages and nothing else. A sentence counts where it cites passages that are there and says no
name and no number that no passage has; the rest is left out, and an answer of which nothing is left is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from longvid.asking.passages import Kind, Passage
from longvid.asking.result import Said
from longvid.output.report import clock
from longvid.text import printable, sentences
from longvid.text.grounds import Grounds

ASK = (
    "Answer a question about a film from the numbered passages alone. They tell what is seen and what is said, with "
    "the time in the film.\n"
    "Write at most three sentences. Behind each sentence write the numbers of the passages it rests on in square "
    "brackets, as in: Anna shuts the door [2, 5].\n"
    "If the passages do not say it, write only: not shown\n"
    "{history}Question: {question}\n"
    "Passages:\n{passages}\n"
    "Question: {question}"
)
HISTORY = "Asked before: {question} Answer: {answer}\n"
NOTHING = "not shown"
"""What stands for the answer of a question that got none."""
KINDS: dict[Kind, str] = {
    "seen": "seen",
    "said": "said",
    "fact": "fact",
    "summary": "told",
    "looked": "seen on a second look",
}
LISTED = r"(\d[\d\s,;&and\u2013-]*)"
CITED = re.compile(rf"\s*(?:\[(?i:passages?\s*)?{LISTED}\]|\((?i:passages?)\s*{LISTED}\))")
"""Numbers of passages as models write them: [2], [2, 5], [2-4], (passage 3). A number alone in round brackets may be
anything."""
QUOTED = re.compile(r"\"[^\"\[\]]*\"|\u201c[^\u201c\u201d\[\]]*\u201d|\u00ab[^\u00ab\u00bb\[\]]*\u00bb")
ENDINGS = ".!?\u2026\u3002\uff01\uff1f"
SHOW_ENDS = "".join(chr(0xE000 + i) for i in range(len(ENDINGS)))
HIDE, SHOW = str.maketrans(ENDINGS, SHOW_ENDS), str.maketrans(SHOW_ENDS, ENDINGS)
"""What ends a sentence, and what stands for it inside a quotation while sentences are looked for."""
QUOTED_END = re.compile(rf"(?<=[{SHOW_ENDS}])([\"\u201d\u00bb])((?:{CITED.pattern})+)(?!\s*[.!?,;])")
ADDED = "\ue009."
"""What ends a sentence that ends with a quotation, and is no part of it."""
MOST_DIGITS = 4
"""Of the number of a passage; what has more is the number of none, and so is every piece of it."""
GIVEN = r"(?:(?:the|these|this|any) )?(?:film|video|passages?|text|sources?)"
LACKS = (
    rf"{GIVEN} (?:do|does|did)(?: not|n't) (?:show|say|tell|state|mention|give|answer|specify|provide)|"
    r"i (?:cannot|can't|could not) (?:answer|tell|find|determine)|there is no (?:information|mention)"
)
"""What can be said of what was given, and of nothing in a film."""
TOLD = r"not (?:shown|stated|said|mentioned|told|known|given)"
UNSURE = rf"(?:this|that|it) is {TOLD}"
"""So may things in a film be; then something else follows than these."""
ENDS = rf"(?=\W*$|\W+(?:who|what|when|where|why|how|which|whether|if|here|at all|(?:in|by|from) {GIVEN})\b)"
NEITHER = rf"{TOLD}|(?:cannot|can't|could not) (?:be )?(?:answer|tell|find|determine)|(?:there is )?no passage\b"
NO = re.compile(rf"\W*(?:{LACKS}|{UNSURE}{ENDS}|{NEITHER}|unknown\W*$)", re.IGNORECASE)
"""How models say that what they were given does not have it."""
CITED_NO = re.compile(
    rf"[^\w\"\u201c\u00ab]*(?:{LACKS}|(?:{UNSURE}|{TOLD}|unknown){ENDS}|cannot be (?:answer|tol|determin))",
    re.IGNORECASE,
)
"""The same of a sentence that cites passages, and so may be an answer."""
LONGEST_QUESTION = 1_000
"""Characters."""
LONGEST_BEFORE = 300
"""Characters of an earlier question, and of its answer."""


def one_line(text: str, most: int = LONGEST_QUESTION) -> str:
    """`text` on one line, without what is no letter, at most `most` characters."""
    return " ".join(printable(text).split())[:most]


def prompt(question: str, passages: Sequence[Passage], before: Sequence[tuple[str, str]] = ()) -> str:
    """What the LLM is asked. `before`: earlier questions with their answers, "" for those that got none."""
    history = "".join(
        HISTORY.format(question=one_line(asked, LONGEST_BEFORE), answer=one_line(said, LONGEST_BEFORE) or NOTHING)
        for asked, said in before
    )
    told = "\n".join(numbered(number, passage) for number, passage in enumerate(passages, 1))
    # Not str.format all at once: a question may have braces.
    parts = {"history": history, "question": one_line(question), "passages": told or "(none)"}
    return re.sub(r"\{(\w+)\}", lambda place: parts[place[1]], ASK)


def read(answer: str, passages: Sequence[Passage]) -> tuple[Said, ...] | None:
    """The sentences of `answer` that have evidence among `passages`; None where it says that there is none."""
    plain = " ".join(printable(answer).split())
    told = _cited(plain)
    found = [(text, numbers) for text, numbers in told if not (CITED_NO if numbers else NO).match(text)]
    if (told and not found) or (NO.match(plain) and not CITED.search(plain)):
        return None
    grounds = Grounds(passage.text for passage in passages)
    strangers = grounds.strangers(" ".join(text for text, _ in found))
    return tuple(
        Said(text, numbers)
        for text, cited in found
        if (numbers := tuple(n for n in cited if 1 <= n <= len(passages))) and grounds.has(text, strangers)
    )


def numbered(number: int, passage: Passage) -> str:
    """The line that the LLM sees of `passage`."""
    times = ", ".join(clock(time) for time in passage.times[:4])
    return f"[{number}] {times} {KINDS[passage.kind]}: {passage.text}"


def _cited(plain: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of `plain` with the numbers that stand in or right behind each."""
    # A quotation is a part of its sentence, however many it has; a sentence that ends with one ends behind its numbers.
    hidden = QUOTED.sub(lambda quoted: quoted[0].translate(HIDE), plain)
    hidden = QUOTED_END.sub(rf"\1\2{ADDED}", hidden)
    # The numbers may stand before or behind the full stop: behind it they would begin the next sentence.
    moved = re.sub(rf"([.!?\u3002\uff01\uff1f]+)((?:{CITED.pattern})+)(?!\s*[.!?])", r"\2\1", hidden)
    found = []
    for sentence in (part.replace(ADDED, "").translate(SHOW) for part in sentences(moved)):
        numbers = [number for match in CITED.finditer(sentence) for number in _numbers(match[1] or match[2])]
        text = re.sub(r"\s+([.!?,;])", r"\1", CITED.sub("", sentence)).strip()
        text = re.sub(r"(?<=[.!?][\"\u201d\u00bb])\.$", "", text)
        if re.search(r"\w", text):
            found.append((text, tuple(dict.fromkeys(numbers))))
    return found


def _numbers(listed: str) -> list[int]:
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[-\u2013]\s*(\d+))?", listed):
        if max(len(first), len(last)) <= MOST_DIGITS:
            low, high = int(first), int(last or first)
            found += range(low, min(high, low + 9) + 1)
    return found
