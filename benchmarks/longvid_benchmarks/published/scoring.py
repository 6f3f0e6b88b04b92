"""Which option an answer chooses, and whether it is right: our own reading, and what three public scorers would say.

The public ones disagree: an answer that is empty is right to the notebook of MVBench, wrong to PLLaVA, and to lmms-eval
no answer at all. Their rules are told here by what they do. Knows answers as text, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from longvid_benchmarks.published.letters import likeliest
from longvid_benchmarks.published.questions import Question
from longvid_benchmarks.published.wordings import letter

LETTER = r"([A-Za-z])(?!\w)(?!['\u2019])"
"""A letter of its own."""
LEADING = re.compile(rf"\W{{0,3}}{LETTER}")
"""One at the beginning, with or without brackets: "(C) Left.", "C)", "C"."""
NAMED = re.compile(rf"\b(?i:answer|option|choice)(?i: is)?\W{{1,3}}{LETTER}")
"""One that is called the answer: "The answer is C", "Option (C)"."""
BRACKETED = re.compile(r"(?<!\w)\(([A-Za-z])\)")
OTHER = re.compile(rf"\W*(?:(?i:or|and)\b|[/&]|(,))\W*{LETTER}")
"""Another one beside a letter."""
TOLD = re.compile(r" (?!(?:and|or)\b)\w")
"""What begins to tell of that one: "C, B is wrong"."""
NO_NOUN = re.compile(
    r" (?:is|was|would|should|must|seems|shows|describes|matches|fits|because|since|as|and|or|for|due|based|which|but|"
    r"so|while)\b"
)
"""What stands behind the letter A, and behind no article."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One answer, read."""

    question: Question
    text: str
    """As the model said it."""
    choice: int | None
    """Place of the option that it chooses, None where it chooses none."""
    others: Mapping[str, bool | None]
    """By scorer whether it is right; None where that scorer leaves it out."""
    logprobs: tuple[float, ...] | None = None
    """How likely the answer begins with each option's letter, where that was computed."""

    @property
    def right(self) -> bool:
        return self.choice == self.question.answer

    @property
    def likely(self) -> bool | None:
        """Whether the right option's letter is the likeliest; None where that was not computed."""
        return None if self.logprobs is None else likeliest(self.logprobs) == self.question.answer

    @property
    def tied(self) -> bool:
        """Whether several letters are the likeliest."""
        return self.logprobs is not None and likeliest(self.logprobs) is None


def mark(question: Question, text: str, logprobs: tuple[float, ...] | None = None) -> Marked:
    """Read the answer `text` to `question`."""
    gold = question.answer
    # A blank before the first word is the tokenizer's; no public harness hands it to its scorer.
    others = {name: scorer(text.strip(), gold) for name, scorer in SCORERS.items()}
    return Marked(question, text, choose(text, question.candidates), others, logprobs)


def choose(text: str, candidates: tuple[str, ...]) -> int | None:
    """The place of the option that `text` chooses, from 0; None where it chooses none, or more than one.

    A letter at its beginning counts, one that it calls the answer, one alone in brackets, and an option's own words and
    nothing else. "A" and "I" before other words are an article and a pronoun unless they are the words of that option.
    """
    said = " ".join(text.split())

    def option(letter: re.Match[str], group: int = 1) -> int | None:
        """Place of the option that the letter stands for; None where it is a word, or there is no such option."""
        mark, rest = letter[group].upper(), said[letter.end(group) :]
        place = ord(mark) - ord("A")
        if place >= len(candidates):
            return None
        word = rest[:1] == " " and (mark == "I" or (mark == "A" and NO_NOUN.match(rest) is None))
        return None if word and not _same(rest, candidates[place]) else place

    def several(letter: re.Match[str]) -> bool:
        """Whether another option's letter stands beside this one."""
        beside = OTHER.match(said, letter.end(1))
        if beside is None or option(beside, 2) in (None, option(letter)):
            return False
        return beside[1] is None or TOLD.match(said, beside.end(2)) is None

    for letters in ([LEADING.match(said)], NAMED.finditer(said), BRACKETED.finditer(said)):
        found = [letter for letter in letters if letter is not None and option(letter) is not None]
        if any(map(several, found)):
            return None
        if len(places := {option(letter) for letter in found}) == 1:
            return places.pop()
    same = [place for place, words in enumerate(candidates) if _same(said, words)]
    return same[0] if len(same) == 1 else None


def _same(one: str, other: str) -> bool:
    """Whether two texts have the same words."""
    return _words(one) == _words(other) != []


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def official(text: str, gold: int) -> bool:
    """MVBench's notebook: the answer's first line, behind the `(` with which it is made to begin; its first word must
    be in "(c)", or hold it."""
    line = text.split("\n")[0]
    return _first_word(line if line.startswith("(") else f"({line}", gold)


def pllava(text: str, gold: int) -> bool:
    """PLLaVA's: the same for the answer as it is, but a first word without a letter from a to g is wrong."""
    first = text.lower().split(" ")[0]
    return any(one in first for one in "abcdefg") and _first_word(text, gold)


def _first_word(text: str, gold: int) -> bool:
    first, wanted = text.lower().split(" ")[0], f"({letter(gold).lower()})"
    return first.replace(".", "") in wanted or wanted in first


def lmms_eval(text: str, gold: int) -> bool | None:
    """lmms-eval's: the first letter from A to E that stands alone, the article "a" among them; an empty answer is left
    out of the mean."""
    if text == "":
        return None
    lettered = re.match(r"([A-E])\.\s*.+$", text.strip(), re.IGNORECASE)
    if lettered is None:
        lettered = re.search(r"\b([A-E])\b", _plain(text), re.IGNORECASE)
    return lettered is not None and lettered[1].upper() == letter(gold)


def _plain(text: str) -> str:
    """`text` without punctuation, as lmms-eval takes it away: to nothing beside a blank, else to a blank."""
    text = text.replace("\n", " ").replace("\t", " ").strip()
    counted = re.search(r"\d,\d", text) is not None
    plain = text
    for sign in ';/[]"{}()=+\\_-><@`,?!':
        beside = counted or f"{sign} " in text or f" {sign}" in text
        plain = plain.replace(sign, "" if beside else " ")
    return re.sub(r"\.(?!\d)", "", plain)


SCORERS: Mapping[str, Callable[[str, int], bool | None]] = {
    "official": official,
    "pllava": pllava,
    "lmms-eval": lmms_eval,
}
