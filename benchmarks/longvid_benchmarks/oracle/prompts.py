"""Every prompt that the tool and its built-in strategies ask, by name: what the small model must know how to answer.

The digest of these templates goes into the model card, so that a changed prompt is noticed. Knows no answers.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache

from longvid.engine.prompts import CAPTION, CONTINUITY, EVENTS, carried
from longvid_strategies import chain_of_agents, hierarchical, map_reduce, outline_reread, refine, thread_order
from longvid_strategies.extract_support import QUOTES
from longvid_strategies.ledger.reading import cast, choosing, facts, links, mending, telling
from longvid_strategies.ledger.rules import asking, extract, prose
from longvid_strategies.patch import strategy as patch
from longvid_strategies.patch import writing

WATCHING: dict[str, str] = {
    "caption": CAPTION,
    "events": EVENTS,
    "reread": outline_reread.QUESTION,
    "look": asking.LOOK,
}
"""Asked about a clip."""

WRITING: dict[str, str] = {
    "map-reduce collapse": map_reduce.COLLAPSE,
    "map-reduce reduce": map_reduce.REDUCE,
    "hierarchical merge": hierarchical.MERGE,
    "hierarchical top": hierarchical.TOP,
    "refine first": refine.FIRST,
    "refine update": refine.UPDATE,
    "refine additions": refine.ADDITIONS,
    "chain first": chain_of_agents.FIRST,
    "chain worker": chain_of_agents.WORKER,
    "chain manager": chain_of_agents.MANAGER,
    "outline": outline_reread.OUTLINE,
    "threads node": thread_order.NODE,
    "threads top": thread_order.TOP,
    "patch": patch.PATCH,
    "patch write": writing.WRITE,
    "ledger lines": extract.LINES,
    "ledger same": asking.SAME,
    "ledger holds": asking.HOLDS,
    "ledger write": prose.WRITE,
    "ledger check": prose.CHECK,
    "ledger fix": prose.FIX,
}
"""Asked of the LLM."""

READING: dict[str, str] = {
    "cast": cast.CAST,
    "join": cast.JOIN,
    "facts": facts.FACTS,
    "forward": links.FORWARD,
    "backward": links.BACKWARD,
    "threads": choosing.THREADS,
    "same": choosing.SAME,
    "holds": choosing.HOLDS,
    "write": telling.WRITE,
    "whole": telling.WHOLE,
    "shorten": telling.SHORTEN,
    "missing": mending.MISSING,
    "check": telling.CHECK,
}
"""Asked of an LLM that reads by itself: the small model is not taught them, and they are not in the digest."""

FRAMES: tuple[str, ...] = (
    CONTINUITY,
    QUOTES,
    carried("", ("",), ("",)),
    *outline_reread.WHERE,
    "Part 1 (minutes 1-2, 3): ",
    "Part 2 (minute 4): ",
    "Question 1: who ? at second 0",
)
"""What stands around the sources of these prompts."""

WHEN = "At which second of this video does this happen: {sentence} Answer with the number alone."
WHO = "Who does this in this video: somebody {what}. Answer with the look, and with the name where one is shown."
"""Questions about a clip that no built-in strategy asks; the evaluation does."""


def digest() -> str:
    """What the weights depend on of the prompts: 16 hex digits."""
    text = json.dumps([WATCHING, WRITING, FRAMES], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def which(prompt: str) -> str | None:
    """The name of the template of WATCHING or WRITING that `prompt` was made from; None for any other text."""
    for name, pattern in _patterns().items():
        if pattern.search(prompt):
            return name
    return None


def reading(prompt: str) -> tuple[str, Mapping[str, str]] | None:
    """The name of the template of READING that `prompt` was made from, with what stands in its places; None for any
    other text."""
    for name, pattern in _forms().items():
        if (match := pattern.match(prompt)) is not None:
            return name, match.groupdict()
    return None


@cache
def _forms() -> dict[str, re.Pattern[str]]:
    """For each template of READING its words and its places. That an answer could not be read may stand behind it."""
    found = {}
    for name, template in READING.items():
        pieces, known = [], set[str]()
        for i, piece in enumerate(re.split(r"\{(\w+)\}", template)):
            pieces.append(
                re.escape(piece) if i % 2 == 0 else f"(?P={piece})" if piece in known else f"(?P<{piece}>.*?)"
            )
            known |= {piece} if i % 2 else set()
        found[name] = re.compile("".join(pieces), re.DOTALL)
    return found


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """For each template its fixed words, in order. A carry puts text in front, sources stand behind."""
    found = {}
    for name, template in {**WATCHING, **WRITING}.items():
        fixed = [re.escape(part) for part in re.split(r"\{\w+\}", template)]
        front = rf"(?:\A|{re.escape(CONTINUITY)} )" if name in WATCHING else r"\A"
        found[name] = re.compile(front + ".*?".join(fixed), re.DOTALL)
    return found
