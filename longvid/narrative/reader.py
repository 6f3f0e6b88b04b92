"""Events from a caption in prose, by code: one event a plain sentence, with the place that the caption names.

For captions that cannot be asked again and where no model rewrites them. Words and clauses that only open a sentence
are put aside; a sentence about the picture ("the camera pans") is no event; one whose subject and verb are not found is
counted as unread.
"""

from __future__ import annotations

import re

from longvid.captions.events import FLASHBACK, LETTER, MOST_EVENTS, MOST_LETTERS, PAST, Event, Parsed, read_place
from longvid.narrative import verbs
from longvid.narrative.clauses import split_sentence
from longvid.narrative.phrases import PREPOSITIONS
from longvid.text import printable, sentences
from longvid.text.sentences import word_set

SETTING = re.compile(
    r"(?:the (?:place|setting|scene|location) is(?: set)?(?: (?:in|at|on))?|we (?:are|see) (?:in|at|on)"
    r"|(?P<past>(?:a|the) (?:flash-?back|memory) shows)) (?:the |an? )?(?P<place>[^,.;]{2,60})[.,;]?",
    re.I,
)
"""A sentence that only says where it plays."""
PICTURE = re.compile(
    r"(?:the|this) (?:(?:first|opening|next|following|last|final|closing|whole|entire) )?"
    r"(?:scene|camera|video|shot|text|film|clip|footage|frame|credits)\b(?P<rest>.*)",
    re.I,
)
"""What is said of the picture and not of what it shows."""
CHANGES = re.compile(r"\b(?:shifts|changes|cuts|switches|transitions|fades|moves) (?:in)?to\b", re.I)
LEADING = re.compile(r"(?:in|at|on|inside|outside|near) (?P<place>(?:the|an?|his|her|their) [^,]{2,40}), ", re.I)
NO_PLACES = word_set(
    "end beginning start meantime moment time day night evening morning afternoon scene shot video film clip frame "
    "background foreground distance"
)
"""What follows "in the" without being a place."""
ADVERB = r"(?:\w{3,}(?:al|ful|[^\Wlr])ly)"
"""A word in -ly that is no name such as Emily, Shelly or Beverly."""
OPENER = re.compile(
    r"(?i:(?:and|but|then|meanwhile|suddenly|finally|eventually|afterwards?|soon after|soon|later|next|now|also"
    r"|after that|at (?:first|last|once)|once (?:again|more)|(?:so|yet|first|still|again|instead)(?=,)"
    r"|(?:(?:an?|some|several|many|one|two|three) )?(?:few |short )?(?:moment|second|minute|hour|day|week|month|year)s?"
    r" (?:later|earlier|before|after|ago))(?: that (?:day|night|evening|morning|afternoon))?,? )"
    rf"|(?i:{ADVERB}),? (?=(?i:the|an?|his|her|their|he|she|it|they|another|some|two)\b|[A-Z])"
)
"""Words that only say when or how: "then", "a moment later", "slowly"."""
SUBORDINATE = PREPOSITIONS | word_set(
    "as when while whenever once until because since if although though whereas throughout despite"
)
NOBODY = SUBORDINATE | word_set(
    "there here then meanwhile suddenly finally eventually afterwards soon later next now also and but or so yet still "
    "again not just only we"
)
"""Words with which nobody's name or description begins; "we" are those who watch."""
SMALL = word_set("the a an another some two three his her their one he she it they")


def read_caption(text: str, chunk: int) -> Parsed:
    """The events of the caption `text` of the chunk with index `chunk`; they have no seconds."""
    events: list[Event] = []
    unread, place, past = 0, "", False
    for raw in sentences(printable(text)):
        if len(raw) > 2 * MOST_LETTERS:
            unread += 1
            continue
        sentence = " ".join(raw.split())
        if setting := SETTING.fullmatch(sentence):
            place, past = setting["place"].strip(), setting["past"] is not None
            continue
        sentence, where, then = _without_opening(sentence)
        found = split_sentence(sentence)
        if _is_picture(sentence, found):
            if CHANGES.search(sentence):
                place, past = "", False
            continue
        if found is None or _is_nobody(found[0]) or len(events) >= MOST_EVENTS:
            unread += 1
            continue
        who, what = (part.strip(" ,;") for part in found)
        earlier = past or then or FLASHBACK.search(what) is not None
        events.append(Event(f"{chunk}.{len(events)}", chunk, None, _lower(who), what, where or place, earlier))
    return Parsed(tuple(events), unread)


def _without_opening(sentence: str) -> tuple[str, str, bool]:
    """(the main clause, the place that stands before it, whether it is told as a flashback).

    The clause is empty where a sentence begins with another one and it is not clear where that ends.
    """
    where, past = "", False
    while opening := OPENER.match(sentence):
        past = past or PAST.search(opening[0]) is not None
        sentence = sentence[opening.end() :]
    if leading := LEADING.match(sentence):
        where, told = read_place(leading["place"])
        past = past or told
        where = "" if where.rpartition(" ")[2].lower() in NO_PLACES else where
        sentence = sentence[leading.end() :]
    else:
        sentence = _main_clause(sentence)
    return sentence[:1].upper() + sentence[1:], where, past


def _main_clause(sentence: str) -> str:
    """`sentence` from its comma on, where something other than its subject stands before it: "as he sleeps, ..."."""
    head, _, rest = sentence.partition(", ")
    first, _, said = head.partition(" ")
    low = first.lower()
    if low not in SUBORDINATE and not (low.endswith("ing") and said and verbs.lemma(low)):
        return sentence
    # With several commas the first one ends the clause only where the clause is whole.
    return rest if "," not in rest or split_sentence(said) is not None else ""


def _is_picture(sentence: str, found: tuple[str, str] | None) -> bool:
    match = PICTURE.fullmatch(sentence if found is None else found[0])
    # "The camera in the corner" and "the camera slowly", but not "the camera man".
    return match is not None and (
        found is None
        or re.fullmatch(rf"(?: (?:(?:of|in|on|at|from|with)\b.*|then|pans|zooms|tilts|{ADVERB}))?", match["rest"])
        is not None
    )


def _is_nobody(who: str) -> bool:
    return (
        who.partition(" ")[0].strip(",").lower() in NOBODY
        or LETTER.search(who) is None
        or re.fullmatch(ADVERB, who) is not None
    )


def _lower(who: str) -> str:
    """Without the capital that only begins the sentence."""
    first, _, rest = who.partition(" ")
    return f"{first.lower()} {rest}".strip() if first.lower() in SMALL else who
