"""Rows: one run of one strategy on one film, as plain data, and the file they are appended to as they come.

A row's key hashes all that decides it, so an interrupted benchmark repeats no finished row, and a changed strategy,
setting, model or film is run anew. Knows how to grade a summary; runs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longvid.errors import RunError
from longvid.pipeline.job import Hearing
from longvid.text import printable, sentences
from longvid_benchmarks.compare.films import Film
from longvid_benchmarks.compare.judge import Judge
from longvid_benchmarks.compare.lexical import compare
from longvid_benchmarks.compare.watching import DEFAULT
from longvid_benchmarks.storyfilm.mentions import words
from longvid_benchmarks.storyfilm.scorer import Score, Scorer

Row = dict[str, Any]

HEARING: Hearing = "seen-and-said"
"""What strategies are given as a rule: the dialogue too, where there is any."""
CEILING = "(reference)"
"""In place of a strategy: the gold reference or synopsis itself, held to the same length."""
LISTS = (
    "facts_told", "facts_missed", "links_told", "links_missed", "false_sentences", "fact_channels", "link_channels",
)  # fmt: skip
"""Fields of a score that are lists of ids, or counts; a row has `links`, and shares by channel, in place of them."""


async def grade(film: Film, summary: str, judge: Judge | None) -> Row:
    """All figures of `summary`: the scorer's for a story, the lexical ones for any other film, and the judge's."""
    row: Row = {"words": words(summary)}
    if film.story is not None:
        row |= _scored(film, Scorer(film.story, film.budget).score(summary))
    else:
        lines = [line.casefold() for line in sentences(summary)]
        row["duplication"] = 1 - len(set(lines)) / len(lines) if lines else 0.0
        if film.synopsis is not None:
            row |= compare(summary, film.synopsis)
    if judge is not None:
        row |= await judge.grade(summary, film.synopsis, film.facts, film.questions)
        row["judge_is_writer"] = judge.same_as_llm
    return row


def _scored(film: Film, score: Score) -> Row:
    assert film.story is not None
    row = {name: value for name, value in score.to_dict().items() if name not in LISTS}
    told = set(score.links_told)
    both = score.link_recall + score.link_precision
    row["link_f1"] = 2 * score.link_recall * score.link_precision / both if both else 0.0
    row["over"] = max(0, score.words - score.budget) / max(1, score.budget)
    row["first_third"], row["last_third"] = (score.acts[0], score.acts[-1]) if score.acts else (None, None)
    for what, channels in (("facts", score.fact_channels), ("links", score.link_channels)):
        row |= {f"{what}_{channel}": found / of for channel, (found, of) in channels.items()}
    row["links"] = [[link.kind, link.gap, link.id in told] for link in film.story.links]
    return row


def named(film: Film, strategy: str, carry: str, watch: str = DEFAULT, hearing: Hearing = HEARING) -> Row:
    """The fields that say what a row is of; what is heard, only where it is not as usual."""
    return {
        "strategy": strategy,
        "carry": carry,
        "watch": watch,
        "captions": film.captions,
        "evidence": film.evidence,
        "chunks": film.chunks,
        "seed": film.seed,
        "film": printable(film.name),
        **({"said": film.said} if film.said else {}),
        **({"dialogue": hearing} if hearing != HEARING else {}),
    }


class RowLog:
    """The rows of a benchmark's folder: those that are there, and a file to append to."""

    def __init__(self, path: Path) -> None:
        """Read what is at `path`. A line that a kill left half written is passed over."""
        self._path = path
        self._rows: dict[str, Row] = {}
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            lines = []
        except OSError as error:
            raise RunError(f"{path} cannot be read: {error.strerror}; choose another -o DIR") from error
        for line in lines:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict) and isinstance(row.get("key"), str):
                self._rows[row["key"]] = row
        self._torn = bool(lines and lines[-1])

    def get(self, key: str) -> Row | None:
        """The finished row of `key`; a row with an error is not finished."""
        row = self._rows.get(key)
        return None if row is None or "error" in row else row

    def add(self, row: Mapping[str, Any]) -> None:
        """Append `row`, which has its `key`. Raises RunError when it cannot be written."""
        line = json.dumps(row) + "\n"
        try:
            with self._path.open("ab") as file:
                file.write((("\n" if self._torn else "") + line).encode())
        except OSError as error:
            raise RunError(f"cannot write {self._path}: {error.strerror}; free some space and run again") from error
        self._torn = False
        self._rows[row["key"]] = dict(row)
