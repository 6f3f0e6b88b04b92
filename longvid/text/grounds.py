"""Whether a text rests on its sources: which of its sentences say a name or a number that no source has.

Words are compared, never meanings: without regard to case, accents and the endings of possession, number words of
English as the digits that they stand for. What cannot be compared is not judged: names in another script than that of
the sources or in a language that writes its nouns with capitals, and numbers that the sources may spell in words that
are not read here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from longvid.text import sentences
from longvid.text.lexical import STOP
from longvid.text.morphology import is_finite, is_word, singular
from longvid.text.numerals import Numeral, numerals
from longvid.text.sentences import word_set

WORD = re.compile(r"[^\W\d_]+")
JOINED = re.compile(r"['\u2019\u2010-]")
"""Between the halves of one word: "O'Brien", "Anne-Marie", "Ben's"."""
HEAD = re.compile(
    r"[\"\u201c\u201d\u201e\u00ab\u00bb:!?\u2026\u2013\u2014*#>|]|(?:^|\s)['\u2018\u2019-]|['\u2018\u2019-]\s"
)
"""Behind it a word may have its capital from its place alone, as at the beginning of a quotation."""
APPOSED = re.compile(
    r"\W*([^\W\d_]+), (?:who\b|whose\b|(?:the|an?|his|her|their|its)(?: [\w'\u2019-]+){1,4}, ([^\W\d_]+)(?!,))"
)
"""Somebody at the head of a sentence of whom it is said who that is; what does something stands behind that."""
TITLES = word_set(
    "mr mrs ms miss dr sir madam doctor professor inspector sergeant constable detective officer captain lieutenant "
    "major colonel general admiral commander agent chief mayor governor president minister senator judge director "
    "nurse reverend pastor king queen prince princess lord lady duke duchess count countess baron aunt uncle"
)
"""What stands before a name and is none; who has it written out may write it short."""
NO_NAMES = STOP | TITLES | word_set("tv ok okay")
"""Words that may have capitals and name nobody."""
ABBREVIATED = 4
"""Letters of a word that a full stop inside a sentence shortens at most: "Capt."."""
ENGLISH = 0.2
"""Share of `STOP` among the words of a text from which it is taken for English; in plain English it is near a half."""
CAPITALS = 0.2
"""Share of capitals inside sentences, elsewhere than in English, from which they say nothing of names."""
EVERYWHERE = frozenset({"0", "1", "2"})
"""Numbers that any text may say: "one" need not be a number, and whatever there is beside another makes two."""
ANAPHORS = word_set("the these those all of his her their its other")
"""Before a number word they take up what was told one by one: "the three", "all four of them"."""
LEAST_DIGITS = 3
"""Digits of a number that hardly anybody spells in words, in whatever language."""
ONE = word_set("a an another")
MOST_SUMMED = 4
"""Numbers that are added up at most: with more of them anything would be a sum."""


class Grounds:
    """What sources say of names and numbers."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [unicodedata.normalize("NFKC", text) for text in texts]
        words = [word for text in self._texts for word in WORD.findall(text)]
        self._words = frozenset(_bare(word) for word in words)
        self._english = sum(word.lower() in STOP for word in words) >= ENGLISH * len(words)
        self._script = _main_script("".join(words))
        self._named = self._script is not None and (self._english or not self._is_full_of_capitals())
        self._numerals = [numeral for text in self._texts for numeral in numerals(text)]
        self._numbers = EVERYWHERE.union(*({one.form, *one.parts} for one in self._numerals))
        # In scripts without case letters count too.
        self._counts_in_letters = any(c.isalpha() and c.isnumeric() for text in self._texts for c in text)

    @property
    def is_english(self) -> bool:
        return self._english

    def strangers(self, text: str) -> frozenset[str]:
        """The names in `text` that no source has, as `_bare` has them: words with a capital inside a sentence, and at
        its beginning what is no word of English and stands as one that does something, or as one who is somebody."""
        found: set[str] = set()
        for sentence in sentences(unicodedata.normalize("NFKC", text)) if self._named else ():
            match = APPOSED.match(sentence)
            apposed = match[1] if match and (match[2] is None or is_finite(match[2])) else ""
            for (word, head), (after, _) in pairwise([*_placed(sentence), ("", True)]):
                stands = after == "s" or is_finite(after) or word == apposed
                acts = not head or (self._english and not is_word(word) and stands)
                if self._is_strange(word) and acts:
                    found.add(_bare(word))
        return frozenset(found)

    def has(self, sentence: str, strangers: frozenset[str]) -> bool:
        """Whether `sentence` says none of `strangers`, and no number that no source has."""
        plain = unicodedata.normalize("NFKC", sentence)
        named = any(word[:1].isupper() and _bare(word) in strangers for word in WORD.findall(plain))
        return not named and all(self._has_number(numeral) for numeral in numerals(plain))

    def _is_strange(self, word: str) -> bool:
        bare = _bare(word)
        if not word[:1].isupper() or len(bare) < 2 or bare in NO_NAMES or _script(word[0]) != self._script:
            return False
        return not {bare, f"{bare}s", bare.removesuffix("s")} & self._words

    def _is_full_of_capitals(self) -> bool:
        inside = [word for text in self._texts for said in sentences(text) for word, head in _placed(said) if not head]
        return sum(word[:1].isupper() for word in inside) > CAPITALS * len(inside)

    def _has_number(self, numeral: Numeral) -> bool:
        if numeral.form in self._numbers or (numeral.parts and numeral.parts <= self._numbers):
            return True
        if not self._english:
            return numeral.spelt or self._counts_in_letters or len(numeral.form) < LEAST_DIGITS
        return (numeral.spelt and numeral.before in ANAPHORS) or numeral.form in self._sums(numeral.after)

    def _sums(self, after: Iterable[str]) -> set[str]:
        """What the sources' numbers of one thing add up to: two coins and one coin are three."""
        things = {singular(word) for word in after}
        counted = [
            (int(one.form) if one.form.isdecimal() and len(one.form) < 4 else 0, one.after) for one in self._numerals
        ]
        for text in self._texts:
            tokens = [word.lower() for word in WORD.findall(text)]
            counted += [(1, tuple(tokens[i + 1 : i + 3])) for i, word in enumerate(tokens) if word in ONE]
        # Number of summands -> the sums that as many make.
        sums: list[set[int]] = [{0}, *(set[int]() for _ in range(MOST_SUMMED))]
        for size, words in counted:
            if size and things & {singular(word) for word in words}:
                for number in range(MOST_SUMMED, 0, -1):
                    sums[number] |= {total + size for total in sums[number - 1]}
        return {str(total) for made in sums for total in made}


def founded(text: str, grounds: Grounds) -> str:
    """`text` without the sentences that say a name or a number that is not in `grounds`; its line breaks are kept."""
    strangers = grounds.strangers(text)
    lines = []
    for line in text.split("\n"):
        found = sentences(line)
        kept = [sentence for sentence in found if grounds.has(sentence, strangers)]
        if kept or not found:
            lines.append(line if kept == found else " ".join(kept))
    return "\n".join(lines).strip()


def _bare(word: str) -> str:
    """`word` without case and accents."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


def _placed(sentence: str) -> Iterator[tuple[str, bool]]:
    """The words of `sentence`, each with whether its place, or a full stop that shortens it, may explain a capital."""
    end, head = 0, True
    for match in WORD.finditer(sentence):
        gap = sentence[end : match.start()]
        if not JOINED.fullmatch(gap):
            head = end == 0 or HEAD.search(gap) is not None
        end = match.end()
        shortened = sentence[end : end + 2] == ". " and len(match[0]) <= ABBREVIATED
        yield match[0], head or shortened


def _script(letter: str) -> str:
    """What Unicode calls the script of `letter`, such as "LATIN"."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _main_script(letters: str) -> str | None:
    """The script of more than half of `letters`; None where there is no such one, or it has no capitals."""
    scripts = Counter[str]()
    for letter, times in Counter(letters).items():
        scripts[_script(letter) if letter.lower() != letter.upper() else ""] += times
    script, times = scripts.most_common(1)[0] if scripts else ("", 0)
    return script if script and 2 * times > len(letters) else None
