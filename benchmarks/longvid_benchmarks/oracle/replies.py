"""What the oracle answers to each prompt of `prompts.WRITING`: the prompt is read back, its sources are answered.

Knows the form of every template, not how the strategies come to ask. `reply` answers what a run asks over gold;
`with_errors` turns a question of the ledger into one whose answer is no.
"""

from __future__ import annotations

import random
import re

from longvid.strategy import sentences
from longvid_benchmarks.oracle import prompts
from longvid_benchmarks.oracle.author import Author, kind_of
from longvid_benchmarks.oracle.hearing import passages
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, FILLERS, NAMES

PART = re.compile(r"^Part \d+(?: \([^)]*\))?: (.*)$", re.M)
WORDS = re.compile(r"\b(?:about|most) (\d+)\s+words\b")
ROW = re.compile(r"^\d+ \| (.*)$", re.M)
NUMBERED = re.compile(r"^\d+\. (.*)$", re.M)
WHOLE = {"map-reduce reduce", "hierarchical top", "chain manager", "threads top"}
"""Prompts whose sources are the whole film."""
NEWS = {"refine additions"}
"""Prompts whose first part is told already."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def reply(author: Author, prompt: str) -> str:
    """The answer to `prompt`. Raises ValueError for a prompt that no built-in strategy asks."""
    kind = prompts.which(prompt)
    parts = PART.findall(prompt)
    if kind is None or kind in prompts.WATCHING:
        raise ValueError(f"no strategy is known to ask this of the LLM: {prompt[:120]}")
    if kind == "patch":
        return _operations(author, ROW.findall(prompt.split("The rows:\n")[1].split("\nPart 1")[0]), parts)
    if kind == "ledger lines":
        return _lines(author, prompt.rsplit("\n", 1)[1])
    if kind == "ledger write":
        return " ".join(f"{text} [{number}]" for number, text in enumerate(NUMBERED.findall(prompt), 1))
    if kind == "ledger check":
        return "none"
    if kind == "ledger fix":
        return " ".join(NUMBERED.findall(prompt.split("\nSentence: ")[0]))
    if kind == "ledger holds":
        return "yes"
    if kind == "ledger same":
        return _same(author, prompt)
    asked = WORDS.search(prompt)
    words = int(asked[1]) if asked else 100
    if kind in NEWS:
        told = {item.event.id for item in author.read(parts[:1]) if item.event is not None}
        items = [item for item in author.read(parts) if item.event is None or item.event.id not in told]
        return author.tell(items, words)
    return author.tell(author.read(parts), words, ends=kind in WHOLE) or "Nothing happens."


def is_plain(prompt: str) -> bool:
    """Whether the answer of `reply` can be told from `prompt` alone.

    A run asks the ledger's "holds" of statements whose names stand in rows that it does not show, and of promises that
    were never kept, which no row shows.
    """
    if prompts.which(prompt) != "ledger holds":
        return True
    rows, _, statement = prompt.partition("\nStatement: ")
    statement = statement.partition("\n")[0]
    return "never" not in statement and all(word in rows for word in re.findall(r"\w+", statement) if word in NAMES)


def with_errors(prompt: str, rng: random.Random) -> list[tuple[str, str]]:
    """Prompts like `prompt` with something wrong in them, each with the answer that says so or mends it."""
    kind = prompts.which(prompt)
    if kind == "ledger holds":
        head, _, tail = prompt.partition("\nStatement: ")
        statement, _, rest = tail.partition("\n")
        other = changed(statement, rng)
        return [] if other is None else [(f"{head}\nStatement: {other}\n{rest}", "no")]
    if kind == "ledger write":
        statements = NUMBERED.findall(prompt)
        return [asked for asked in (_unsupported(statements, rng), _mended(rng.choice(statements), rng)) if asked]
    return []


def _mended(statement: str, rng: random.Random) -> tuple[str, str] | None:
    """The order to rewrite a sentence that says something else than `statement`."""
    other = changed(statement, rng)
    if other is None:
        return None
    return prompts.WRITING["ledger fix"].format(statements=f"1. {statement}", sentence=other), statement


def changed(sentence: str, rng: random.Random) -> str | None:
    """`sentence` with one name or colour replaced by another; None where it has none."""
    found = [word for word in re.findall(r"\w+", sentence) if word in NAMES or word in COLOURS]
    if not found:
        return None
    word = rng.choice(found)
    other = rng.choice([w for w in (NAMES if word in NAMES else tuple(COLOURS)) if w not in found])
    places = [match.span() for match in re.finditer(rf"\b{word}\b", sentence)]
    start, end = rng.choice(places)
    return sentence[:start] + other + sentence[end:]


def _unsupported(statements: list[str], rng: random.Random) -> tuple[str, str] | None:
    """The check of a passage over `statements` in which some sentences say something else."""
    bad, shown = [], []
    for number, text in enumerate(statements[: len(LETTERS)]):
        other = changed(text, rng) if rng.random() < 0.25 else None
        bad += [LETTERS[number]] if other else []
        shown.append(f"{LETTERS[number]}. {other or text} [{number + 1}]")
    numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(statements, 1))
    prompt = prompts.WRITING["ledger check"].format(statements=numbered, sentences="\n".join(shown))
    return (prompt, ", ".join(bad)) if bad else None


def _operations(author: Author, rows: list[str], parts: list[str]) -> str:
    """A row for every new event but fillers, with the names that rows and parts tie to looks."""
    told = author.read(rows)
    new = author.read(parts)
    known = {item.event.id for item in told if item.event is not None}
    fresh = [item for item in new if item.event is None or item.event.id not in known]
    salient = [item for item in fresh if kind_of(item) not in FILLERS] or fresh[:1]
    return "\n".join(f"ADD | {author.name(item, [*told, *new])}" for item in salient)


def _lines(author: Author, text: str) -> str:
    """The sentences of a caption as `who | does what | place`."""
    # A chunk of which only the lines are given has no opening, and plays nowhere.
    opening = next(iter(sentences(passages(text)[0].seen)), "")
    told = text.strip().removeprefix(opening)
    place = opening.rstrip(".").rsplit(" ", 1)[-1]
    place += " (flashback)" if opening.startswith("A flashback") else ""
    found = []
    for item in author.read([told]):
        who = author.subject(item)
        rest = item.text[len(who) :].strip(" ,.")
        found.append(f"{who if who[:4] != 'The ' else 't' + who[1:]} | {rest} | {place}")
    return "\n".join(found)


def _same(author: Author, prompt: str) -> str:
    """Whether two entries mean one figure: those whose look or name stands in them and in their rows."""
    entries = prompt.split("\nA: ")[1].split("\nAre A and B")[0].split("\nB: ")
    one, other = (author.figures_in(entry) for entry in entries)
    if len(one) == 1 and len(other) == 1:
        return "yes" if one == other else "no"
    return "unclear"
