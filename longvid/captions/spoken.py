"""What is said in a chunk as text, behind what is seen in it; and how that text is taken apart again.

    A man in a grey coat shuts the case. Said: "Meet me at the pier." (Anna) "At nine?" [a door slams]

Cues stand in quotation marks with who says them, sounds in square brackets. Knows words, never what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from longvid.film import Cue
from longvid.text import sentences
from longvid.text.lexical import Rarity, find_names, names_in, terms

SAID = "Said: "
SPOKEN = re.compile(r'(?:^|(?<=\s))Said: (?=["\[])')
CUE = re.compile(r'"[^"]*"(?: \([^()]*\))?|\[[^\[\]]*\]')
NAME, QUESTION, INTENT = 4.0, 2.0, 2.0
"""What a name, a question and a word of INTENTS are worth beside the rarity of the words: log 2 for one of all cues."""
INTENTS = re.compile(
    r"\b(?:will|won't|shall|promise[ds]?|swear|swore|never|always|must|tomorrow|tonight|kill(?:ed)?|die[ds]?|dead|love[ds]?"
    r"|secret|remember|forgive|marry|hid(?:e|den)?|stole|truth|lie[ds]?)\b|'ll\b",
    re.IGNORECASE,
)
"""English words of what somebody means to do, or of what is seldom said without consequence."""


class Weight:
    """How much a cue tells, from the words of all cues of a film."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self._rarity = Rarity(cue.text for cue in cues)
        self._names = find_names(cue.text for cue in cues)

    def __call__(self, cue: Cue) -> float:
        worth = self._rarity.total(terms(cue.text)) + NAME * len(names_in(cue.text, self._names))
        return worth + QUESTION * ("?" in cue.text) + INTENT * len(INTENTS.findall(cue.text))


def said(cues: Sequence[Cue]) -> str:
    """What is said in `cues`, as the texts of chunks have it; empty where there is none."""
    return SAID + " ".join(map(quoted, cues)) if cues else ""


def quoted(cue: Cue) -> str:
    """One cue: in quotation marks with who says it, a sound in square brackets."""
    text = cue.text.replace('"', "'").replace("[", "(").replace("]", ")")
    if cue.kind == "sound":
        return f"[{text}]"
    who = "; ".join(filter(None, [_round(cue.speaker or ""), "sung" if cue.kind == "song" else ""]))
    return f'"{text}" ({who})' if who else f'"{text}"'


def statements(text: str) -> list[str]:
    """The sentences of `text`, a chunk's description and what is said in it, and behind them its cues, each whole: what
    may be kept or left out of a text, and never cut. The first cue has the mark that it is said."""
    found = SPOKEN.search(text)
    if found is None:
        return sentences(text)
    cues = CUE.findall(text[found.end() :])
    return [*sentences(text[: found.start()]), *(f"{SAID if i == 0 else ''}{cue}" for i, cue in enumerate(cues))]


def has_dialogue(text: str) -> bool:
    """Whether `text`, that of a chunk, has something said: then it is no prose yet."""
    return SPOKEN.search(text) is not None


def description(text: str) -> str:
    """What of `text`, that of a chunk, is seen: all but what is said."""
    found = SPOKEN.search(text)
    return text if found is None else text[: found.start()].strip()


def _round(speaker: str) -> str:
    return speaker.replace("(", "").replace(")", "").replace('"', "'")
