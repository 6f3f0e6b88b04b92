"""Where a sentence ends.

An end mark ends a sentence unless what follows goes on with it: a word in lower case ("Stop!" she says), or, after an
abbreviation or an initial, a word that begins no sentence by itself (Lt. Cole, the U.S. Army). Abbreviations and such
words are those of English; the full stops of other scripts end a sentence wherever they stand. Knows no grammar.
"""

from __future__ import annotations

import re


def word_list(words: str) -> list[str]:
    """The words of `words`, which blanks separate, in order."""
    return words.split()


def word_set(words: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(words.split())


TITLES = word_set(
    "mr mrs ms messrs mx dr prof lt sgt cpl pvt capt cmdr col gen maj adm insp supt det ofc sen rep gov pres rev fr "
    "hon mme mlle mt ft vs e.g i.e cf"
)
"""Abbreviations, lower case and without the last stop, that always stand before another word: a name, mostly."""
NUMBERED = word_set("no nos nr p pp vol vols fig figs ch sec art")
"""Those that are abbreviations only before a number; else "no" is a word."""
OTHERS = word_set(
    "st ave blvd rd sr jr bros inc ltd co corp dept univ assn approx etc esp incl tel feb apr aug sept oct nov dec"
)
"""Those that may also end a sentence."""
DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,3}")
"""U.S, D.C, a.m, Ph.D, each without its last stop."""
OPENERS = word_set(
    "the a an this that these those then there here he she it they we you i his her their its my our your in on at as "
    "when while after before with without from for to and but so or if since because meanwhile later suddenly finally "
    "next once now both another some someone somebody nobody everyone who what where why how not yes"
)
"""Words that are no names: with a capital, one of them begins a sentence also after an abbreviation."""
SAYS = (
    r"(?:says?|said|asks?|asked|replie[sd]|answers?|answered|shouts?|shouted|cries|cried|calls?|called|yells?|yelled"
    r"|screams?|screamed|whispers?|whispered|mutters?|muttered|murmurs?|murmured|adds?|added|explains?|explained"
    r"|begs?|begged|pleads?|pleaded|orders?|ordered|warns?|warned|insists?|insisted|sighs?|sighed|sobs?|sobbed|thinks?"
    r"|thought|tells?|told|sings?|sang|exclaims?|exclaimed|announces?|announced|demands?|demanded|reads?|narrates?)"
)
"""Verbs that tie what is said to who says it."""

STOPS = ".!?\u2026"
OWN_STOPS = (
    "\u3002\uff01\uff1f\uff61\uff0e\u061f\u06d4\u0964\u0965\u0589\u1362\u1367\u1803\u1809\u17d4\u203c\u2047-\u2049"
)
"""Full stops of scripts other than Latin, Greek and Cyrillic; many of them are written without blanks."""
QUOTES = "\"'\u201d\u2019\u00bb\u300d\u300f"
CLOSING = rf"[{QUOTES})\]\uff09\u3011\u300b]*"
"""Quotation marks and brackets that may follow an end mark."""
END = re.compile(rf"(?<![{STOPS}{OWN_STOPS}])[{STOPS}{OWN_STOPS}]+{CLOSING}|\n+")
WHOLE = re.compile(rf"[{STOPS}{OWN_STOPS}]{CLOSING}$")
NEXT = re.compile(r"[^\S\n]*(?:[\"'(\[*\u201c\u2018\u00ab\u2014\u2013-]+[^\S\n]?)?(?P<word>[^\W_][\w'\u2019]*)")
REPORTED = re.compile(rf"[^\S\n]*(?P<first>[A-Z][\w'\u2019-]*)\.?(?: [A-Z][\w'\u2019-]*\.?){{0,2}} {SAYS}\b")
"""Somebody named who says what stands before."""
LONGEST_WORD = 40
"""Characters before a stop that are looked at; no abbreviation is longer."""


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, stripped; a line break ends one, and what follows the last end mark is the last
    item. No word is lost."""
    found, start = [], 0
    # Who begins in lower case writes so throughout: lower case then says nothing of where a sentence begins.
    first = next((c for c in text if c.isalpha()), "")
    for match in END.finditer(text):
        if match[0][0] != "\n" and not _ends(text, start, match, lower=first.islower()):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def is_whole(sentence: str) -> bool:
    """Whether `sentence` ends with an end mark, a closing quotation mark or bracket after it allowed."""
    return WHOLE.search(sentence.strip()) is not None


def _ends(text: str, start: int, match: re.Match[str], *, lower: bool) -> bool:
    """Whether the marks of `match` end the sentence that begins at `start`."""
    marks, after = match[0], text[match.end() : match.end() + 1]
    if any(mark not in STOPS + QUOTES + ")]" for mark in marks):
        # Written without blanks: letters right after a closing quotation mark say who spoke, digits go on a number.
        return not (after.isdigit() or (marks[-1] in QUOTES and after.isalpha()))
    if after and not after.isspace():
        return False
    following = NEXT.match(text, match.end())
    word = following["word"] if following is not None else ""
    if word[:1].islower():
        return lower and marks in (".", "!", "?") and not _is_short(text, start, match, word)
    if marks[-1] in QUOTES and (said := REPORTED.match(text, match.end())) and said["first"].lower() not in OPENERS:
        return False
    return not (word and marks == "." and _is_short(text, start, match, word))


def _is_short(text: str, start: int, match: re.Match[str], following: str) -> bool:
    """Whether the stop of `match` belongs to an abbreviation, an initial or a number of a list that `following` goes on
    from."""
    words = text[max(start, match.start() - LONGEST_WORD) : match.start()].split()
    before = words[-1].lstrip("([\"'\u201c\u2018") if words and not text[match.start() - 1].isspace() else ""
    low = before.lower()
    if low.isdigit():
        return len(words) == 1 and len(low) < 4
    if low in NUMBERED:
        return following[0].isdigit()
    if low in TITLES:
        return True
    initial = len(before) == 1 and before.isalpha() and low != "i"
    return (initial or low in OTHERS or DOTTED.fullmatch(before) is not None) and following.lower() not in OPENERS
