"""Openings that a language model puts before what it tells: the number of a part, "Summary:", "In the video,".

Knows their forms alone, and takes off only what leaves a whole sentence: what "The video shows" is mostly none, so that
is said otherwise.
"""

from __future__ import annotations

import re

from longvid.text import sentences

PART = r"(?:part|chunk|act|scene|segment|section|chapter|clip|shot|description|paragraph|minute)s?"
NUMBER = r"#?(?:\d{1,4}|[ivx]{1,5}|one|two|three|four|five|six|seven|eight|nine|ten)\b"
OF = rf"(?:\s+(?:out\s+)?of\s+{NUMBER})?(?:\s+of\s+the\s+(?:summary|film|movie|story))?"
NUMBERED = rf"{PART}\s+{NUMBER}{OF}(?:\s*(?:[-\u2013,&]|and|to)\s*{NUMBER})*(?:\s*\([^()\n]{{0,40}}\))?"
TEXT = r"(?:summary|synopsis|description|overview|notes|paragraph|passage|text|version)"
MEDIUM = r"(?:this|the)\s+(?:video|film|movie|footage|clip|segment|scene|part|text|summary|description)(?:\s+clip)?"

LEAD = re.compile(
    r"[\W_]*(?:(?:sure|certainly|of course|okay|ok)[!,.]?\s+)?(?:here(?:['\u2019]s|\s+is|\s+are)|(?:below|this)\s+is)"
    rf"\b[^\n.!?:]{{0,80}}\b{TEXT}\b[^\n.!?:]{{0,80}}:[\s*_]*"
    rf"|[\W_]*(?:(?:the|a|final|short|brief|complete|overall|new|whole|full|film|movie|plot|video)\s+){{0,4}}{TEXT}"
    r"(?:\s+(?:so far|of|in)\b[^\n.!?:]{0,80})?[*_ ]*(?::|\n)[\s*_]*",
    re.I,
)
"""What announces the text: "Here is the summary of the film:"; only at its beginning."""
OPENING = re.compile(
    rf"[\s>*_#\u2022-]*(?:{NUMBERED}[*_]*(?:\s*[:.)]|\s+[-\u2013\u2014](?=\s)|$)"
    rf"|(?:in|during)\s+{NUMBERED}(?:\s+of\s+{MEDIUM})?\s*,"
    rf"|(?:in|throughout)\s+{MEDIUM}\s*,(?:\s+(?:we|you|viewers?)\s+(?:can\s+)?see\s+that\b)?"
    rf"|{MEDIUM}\s+(?:(?:then|also|further)\s+)?(?:shows?|depicts?|tells(?:\s+us)?|describes?|states?|says?|reveals?)"
    r"\s+that\b)[\s*_]*",
    re.I,
)
"""What speaks of the model's sources or of the picture: "Part 3:", "In part 2,", "In the video,", "The film shows
that"; before any sentence."""

OURS = r"(?:parts?|descriptions?|chunks?|segments?|clips?)"
SHOWN = re.compile(
    r"[\s>*_#\u2022-]*(?:(?:this|the)\s+(?:video|film|movie|footage|clip|segment|scene)(?:\s+clip)?"
    rf"|{OURS}\s+{NUMBER}(?:\s*(?:[-\u2013,&]|and|to)\s*{NUMBER})*)\s+(?:(?:then|also|further|now)\s+)?"
    r"(?:shows?|depicts?|presents?|displays?|captures?|portrays?|features?|describes?|(?:begin|start|open)s?\s+with"
    r"|(?P<end>end|close|conclude)s?\s+with)\s+(?!that\b)(?=[^\W_])",
    re.I,
)
"""The same before what is no sentence by itself: "The video shows a man running"."""
REFERENCE = re.compile(rf"\s*[(\[](?:(?:see|in)\s+)?{OURS}\s+\d[\d,\s&-]*(?:and\s+\d+\s*)?[)\]]", re.I)
"""Where the model has it from: "(Part 3)"."""
COUNTER = re.compile(r"[\W_]*\d{1,3}[.)](?:\s+|$)")
"""Before an item of a list, at the head of a line."""


def without_openings(text: str) -> str:
    """`text` without openings before any of its sentences; line breaks stay, and a text without any is as it was.

    "Summary: In the video, a man walks. Part 2: He runs." is "A man walks. He runs."
    """
    lead = LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    lines: list[str] = []
    for line in rest.split("\n"):
        item = COUNTER.sub("", line, count=1) if COUNTER.match(line) else line
        found = sentences(item)
        kept = [said for said in map(_without, found) if said]
        if kept or not sentences(line):
            lines.append(line if item == line and kept == found else " ".join(kept))
    return _capital("\n".join(lines).strip()) if lead else "\n".join(lines).strip()


def _without(sentence: str) -> str:
    """`sentence` without its openings; nothing where it is no more than that."""
    rest = REFERENCE.sub("", sentence)
    while (opening := OPENING.match(rest)) and opening.end():
        rest = rest[opening.end() :]
    if shown := SHOWN.match(rest):
        rest = f"{'At last we see' if shown['end'] else 'We see'} {rest[shown.end() :]}"
    if rest == sentence:
        return sentence
    return _capital(rest) if any(letter.isalpha() for letter in rest) else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
