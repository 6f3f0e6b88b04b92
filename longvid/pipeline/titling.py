"""Titles of chapters by the LLM: a small question a chapter, asked when outputs are written that people see them in.

What is said counts only where it rests on the chapter's own text: no name and no number that this does not have. Where
it does not, or no LLM writes, the chapter keeps the title that code gave it. Knows no strategy and no output's form.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter

from longvid.engine.models import Models
from longvid.engine.request import Request
from longvid.engine.scheduler import Engine
from longvid.files import parse_json
from longvid.output import PAGE, Report
from longvid.output.chapters import TITLE, Title, texts_of
from longvid.pipeline.context import text_of
from longvid.pipeline.job import Job
from longvid.run import Store
from longvid.text import printable, sentences
from longvid.text.grounds import Grounds
from longvid.text.lexical import STOP
from longvid.text.morphology import is_word
from longvid.text.numerals import numerals
from longvid.text.openings import without_openings

SHOWN_IN = frozenset({PAGE, "chapters.vtt", "chapters.ffmeta", "chapters.txt"})
"""Formats in which people choose a chapter by its title."""
ASK = (
    "This is what a chapter of a film tells. Give it a title.\n"
    "First line: the title, two to seven words, with capitals in the first word and in names alone.\n"
    "Second line: one sentence of at most twenty words that says what happens.\n"
    "Write nothing else. Use the language of the text, and no name and no number that the text does not have.\n"
    "Text:\n{text}"
)
TOKENS = 80
MOST_WORDS = 10
"""In a title."""
LINE = 200
"""Characters of the sentence below it."""
LABEL = re.compile(
    r"(?:(?:the )?(?:chapter |first |second )?(?:title|line|sentence)(?: \d)?|chapter \d+)\s*[:.]\s*", re.I
)
AROUND = " \t*_#`\"'\u201c\u201d\u2018\u2019\u00ab\u00bb>-\u2022"
"""What models put around a title."""


async def ask(job: Job, models: Models, engine: Engine | None, store: Store, report: Report) -> str:
    """Ask the LLM of `models` for titles of the chapters of `report`; gives the key under which `store` has those that
    count, "" where there are none. Asks nobody where `job` writes no output for them, or its strategy asks no LLM.

    Raises LongvidError where the model fails."""
    asks = models.instructs and "write" in job.strategy.requires | job.strategy.uses
    chapters = report.chapters
    if engine is None or not asks or not chapters or SHOWN_IN.isdisjoint(job.formats):
        return ""
    texts = texts_of(report.summary, [cited.sentence for cited in report.evidence], chapters)
    found = await asyncio.gather(*(_title(engine, text) for text in texts))
    # One that fits several chapters says nothing of any.
    often = Counter(title.text for title in found if title is not None)
    rows = [
        [chapter.paragraph, title.text, title.line]
        for chapter, title in zip(chapters, found, strict=True)
        if title is not None and often[title.text] == 1
    ]
    return store.keep(json.dumps(rows)) if rows else ""


def kept(store: Store, key: str) -> dict[int, Title]:
    """What `ask` has kept under `key`, by paragraph."""
    rows = parse_json(text_of(store, key)) if key else []
    return {int(paragraph): Title(str(text), str(line)) for paragraph, text, line in rows}


async def _title(engine: Engine, text: str) -> Title | None:
    request = Request("write", ASK.format(text=text), TOKENS)
    if engine.room(request) < TOKENS:
        return None
    answer = await engine.submit(request)
    return read(answer.text, text) if answer.ok else None


def read(answer: str, text: str) -> Title | None:
    """What of `answer` counts as the title of a chapter that `text` tells; None where nothing does."""
    lines = [line for raw in without_openings(printable(answer)).split("\n") if (line := _bare(raw))]
    grounds = Grounds([text])
    said = lines[0].rstrip(".\u3002") if lines else ""
    short = len(said) <= TITLE and len(said.split()) <= MOST_WORDS and len(sentences(said)) == 1
    title = _plain(said, text, grounds)
    # Behind other words the capital of its first word must be that of a name.
    if not short or not re.search(r"[^\W\d_]", title) or not _rests(f"it is {title}", grounds):
        return None
    line = next(iter(sentences(lines[1])), "") if len(lines) > 1 else ""
    shown = f"{title[0].upper()}{title[1:]}"
    return Title(shown, line if len(line) <= LINE and _rests(line, grounds) else "")


def _bare(line: str) -> str:
    """`line` without marks and labels around what it says, on one line."""
    return LABEL.sub("", " ".join(line.split()).strip(AROUND), count=1).strip(AROUND)


def _plain(title: str, text: str, grounds: Grounds) -> str:
    """`title` with small letters where `text` gives no reason for a capital, as in "The Hidden Key"; what is no word of
    English keeps it."""
    if not grounds.is_english:
        return title

    def small(match: re.Match[str]) -> str:
        word, low = match[0], match[0].lower()
        known = low in STOP or is_word(low) or any(numerals(low))
        return low if known and not re.search(rf"\b{word}\b", text) else word

    return re.sub(r"\b[A-Z][a-z]+\b", small, title)


def _rests(said: str, grounds: Grounds) -> bool:
    return grounds.has(said, grounds.strangers(said))
