"""Words for full-text search: what of a question is looked for, in all its forms, and how text without spaces is cut.

Knows words of English; of other languages it looks for the words as they stand. Characters of scripts that are written
without spaces are looked for in pairs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise

from longvid.text.lexical import STOP
from longvid.text.sentences import word_set

CLOSE = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, kana and Han: no spaces stand between their words."""
MARKED = range(0x300, 0x1F000)
"""Where all combining marks are but those that choose between drawings of one sign."""
IS_CLOSE = re.compile(rf"[{CLOSE}]")
ASKING = word_set("film films movie movies really actually exactly truly happen happens happened begin begins")
"""Words of questions that no passage need have."""
TYPES = word_set("colour color time day date year name number kind sort place")
"""What may be asked for behind "which" and "what", and is not said again where the answer is."""
MOST_TERMS = 32
"""Terms of one question; nobody asks for more."""
ANAPHORS = frozenset({"he", "she", "it", "they", "him", "her", "them", "his", "hers", "its", "their", "this", "that"})


def searchable(text: str) -> str:
    """`text` as it is indexed: plain words with spaces between them."""
    return " ".join(_tokens(text))


def terms(question: str) -> tuple[str, ...]:
    """What is looked for of `question`: its words but those that say nothing; all of them where none is left."""
    found = list(dict.fromkeys(tokens := list(_tokens(question))))
    asked_for = {after for word, after in pairwise(tokens) if word in ("which", "what") and after in TYPES}
    telling = [word for word in found if word not in STOP | ASKING | asked_for]
    return tuple((telling or found)[:MOST_TERMS])


def doer(question: str) -> tuple[str, str] | None:
    """Of a question such as "When does Mira give it?" who does something and the word behind that; None of others."""
    tokens = list(_tokens(question))
    for place, word in enumerate(tokens):
        if word in ("does", "did", "do"):
            behind = [token for token in tokens[place + 1 :] if token not in STOP]
            return (behind[0], behind[1]) if len(behind) > 1 else None
    return None


def points_back(question: str) -> bool:
    """Whether `question` has a word that takes up what was said before."""
    return not ANAPHORS.isdisjoint(_tokens(question))


def forms(term: str) -> frozenset[str]:
    """`term` in all its forms: "hidden" -> hide, hides, hid, hidden, hiding."""
    return _forms(term)


def any_of(wanted: tuple[str, ...]) -> str:
    """The FTS5 expression for any of the terms `wanted` in any form; empty where there is none."""
    return " OR ".join(_group(term) for term in wanted)


def all_of(wanted: tuple[str, ...]) -> str:
    """The FTS5 expression for all of the terms `wanted`, each in any form."""
    return " AND ".join(f"({_group(term)})" for term in wanted)


def _group(term: str) -> str:
    # Nothing but letters and digits is in a token, so nothing of a question is an operator.
    return " OR ".join(f'"{form}"' for form in sorted(_forms(term)))


def _tokens(text: str) -> Iterator[str]:
    # Compatibility forms are one, and accents are none, as in the index.
    plain = unicodedata.normalize("NFKC", text).casefold()
    for match in _token().finditer(plain):
        word = match[0]
        if IS_CLOSE.match(word):
            yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            yield re.sub(r"['\u2019](?:s$)?", "", word)


@cache
def _token() -> re.Pattern[str]:
    # Vowel signs and the like are marks, which a word goes on over; a variation of how a sign is drawn is no word's.
    signs = "".join(
        chr(code) for code in MARKED if unicodedata.category(chr(code)) in ("Mn", "Mc") and not 0xFE00 <= code <= 0xFE0F
    )
    letters = rf"(?:(?![{CLOSE}])[^\W_][{signs}]*)+"
    return re.compile(rf"[{CLOSE}]+|{letters}(?:['\u2019]{letters})*")


@lru_cache(maxsize=20_000)
def _forms(term: str) -> frozenset[str]:
    if not term.isascii() or not term.isalpha():
        return frozenset({term})
    from lemminflect import getAllInflections, getAllLemmas

    found = {term}
    for lemmas in getAllLemmas(term).values():
        for lemma in lemmas:
            found.add(lemma)
            for inflected in getAllInflections(lemma).values():
                found |= set(inflected)
    return frozenset(form.lower() for form in found if form.isalpha() and form.isascii())
