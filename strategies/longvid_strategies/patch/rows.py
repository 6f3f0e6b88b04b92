"""A ledger of numbered rows and the operations that change it: read leniently, applied strictly.

A row is a sentence or two and the chunks it comes from. Operations are lines of an LLM's answer: `ADD | text`,
`REPLACE | row | text`, `DELETE | row | reason`. Rows that are not shown to the LLM cannot be changed, a row never
loses most of what it tells, and whatever could not be read or may not be done is counted. Knows no prompts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from longvid.strategy import Grounds, Rarity, fit, founded, names_in, sentences, terms, without_openings, words_in

OPERATION = re.compile(r"^[\W_]{0,9}(?:\d{1,4}[.)]\s*)?[\W_]{0,9}(add|replace|delete)\b[\W_]{0,9}(.*)$", re.I)
ROW = re.compile(r"^\W*(?:row\s*)?#?(\d{1,20})\b[^|]*$", re.I)
NUMBER = re.compile(r"^(?:row|part)?\s*#?\d+\s*\|", re.I)
"""What an LLM may put before the text of a new row, though nobody asked."""
MOST_WORDS = 60
"""Words of a row."""
KEPT = 0.5
"""Share of a row's words, and of its names, that a new text for it must still say."""
SUPPORTED = 1 / 3
"""Share of the words of a new text that the row or the new captions must say too."""
TOLD = 0.6
"""Share of what a row tells that a sentence must say to rest on it."""
LIKE_BEST = 0.75
"""A row comes from every chunk that says at least this much of what the likeliest one says of it."""
MOST_DELETED = 8
"""At most one row of so many shown is deleted in a step, but always one."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """What happens, in a sentence or two, and the indices of the chunks that show it, ascending."""

    id: int
    text: str
    chunks: tuple[int, ...]
    deleted: str = ""
    """Why it does not count any more."""

    def line(self) -> str:
        return f"{self.id} | {self.text}"


@dataclass(slots=True)
class Ledger:
    """Rows in the order of their ids, and how many operations came to nothing."""

    rows: list[LedgerRow] = field(default_factory=list)
    unread: int = 0
    """Lines that are no operation."""
    unknown: int = 0
    """Operations on rows that were not shown."""
    refused: int = 0
    """Operations that would have lost or invented too much."""
    own: int = 0
    """Stretches of film that were entered in their captions' own sentences."""

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Ledger:
        rows = [LedgerRow(**{**row, "chunks": tuple(row["chunks"])}) for row in found["rows"]]
        return cls(rows, found["unread"], found["unknown"], found["refused"], found["own"])

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def alive(self) -> list[LedgerRow]:
        """The rows that count, in the order of the film."""
        return sorted((row for row in self.rows if not row.deleted), key=lambda row: (row.chunks[0], row.id))

    def add(self, text: str, chunks: Iterable[int]) -> None:
        self.rows.append(LedgerRow(len(self.rows) + 1, text, tuple(sorted(set(chunks)))))

    def apply(self, answer: str, stretch: Mapping[int, str], shown: Sequence[int], names: frozenset[str]) -> int:
        """Apply the operations in `answer` to the captions of `stretch` (by chunk) with the rows `shown` to the LLM.

        `names` are the names known of the film. Returns how many rows were added or replaced.
        """
        changed, deletable = 0, max(1, len(shown) // MOST_DELETED)
        for line in answer.splitlines():
            match = OPERATION.match(line)
            if match is None:
                # "Here are the operations:" and the rule of a table are nothing that was meant to be one.
                self.unread += bool(re.search(r"\w", line)) and not line.rstrip().endswith(":")
                continue
            kind, rest = match[1].lower(), match[2]
            if kind == "add":
                changed += self._add(rest, stretch)
                continue
            which, _, text = (part.strip() for part in rest.partition("|"))
            number = ROW.match(which)
            if number is None or not words_in(text):
                self.unread += 1
            elif int(number[1]) not in shown or self.rows[int(number[1]) - 1].deleted:
                self.unknown += 1
            elif kind == "replace":
                changed += self._replace(int(number[1]), text, stretch, names)
            elif deletable:
                deletable -= 1
                row = self.rows[int(number[1]) - 1]
                self.rows[row.id - 1] = LedgerRow(row.id, row.text, row.chunks, deleted=_line(text))
            else:
                self.refused += 1
        return changed

    def _add(self, rest: str, stretch: Mapping[int, str]) -> bool:
        text = _line(NUMBER.sub("", rest))
        found = terms(text)
        if not found:
            self.unread += 1
            return False
        if any(terms(row.text) == found for row in self.rows if not row.deleted):
            return False
        if not self._is_supported(text, found, stretch.values()):
            return False
        self.add(text, _sources(found, stretch))
        return True

    def _replace(self, id: int, text: str, stretch: Mapping[int, str], names: frozenset[str]) -> bool:
        old, text = self.rows[id - 1], _line(text)
        before, after = terms(old.text), terms(text)
        named = names_in(old.text, names)
        kept = len(before & after) >= KEPT * len(before) and len(named & names_in(text, names)) >= KEPT * len(named)
        if not kept:
            self.refused += 1
            return False
        if after <= before or not self._is_supported(text, after - before, stretch.values(), old.text):
            return False
        chunks = {*old.chunks, *_sources(after - before, stretch)}
        self.rows[id - 1] = LedgerRow(id, text, tuple(sorted(chunks)))
        return True

    def _is_supported(self, text: str, found: frozenset[str], texts: Collection[str], old: str = "") -> bool:
        """Whether `texts` say enough of `found`, what is new in `text`, and all of its names and numbers."""
        supported = len(found & frozenset[str]().union(*map(terms, texts))) >= SUPPORTED * len(found)
        supported = supported and founded(text, Grounds([*texts, old])) == text
        self.refused += not supported
        return supported


def shown_rows(rows: Sequence[LedgerRow], news: str, room: int, size: Callable[[str], int]) -> list[LedgerRow]:
    """Those of `rows` that fit into `room` as lines: the latest in half of it, then those most like `news`."""
    sizes = {row.id: size(row.line()) + 1 for row in rows}
    if sum(sizes.values()) <= room:
        return list(rows)
    like = Rarity(row.text for row in rows).most_like(news, [row.text for row in rows])
    chosen: dict[int, LedgerRow] = {}
    for candidates, share in (([*reversed(rows)], room // 2), ([rows[i] for i in like], room)):
        for row in candidates:
            if row.id not in chosen and sum(sizes[id] for id in chosen) + sizes[row.id] <= share:
                chosen[row.id] = row
    return [row for row in rows if row.id in chosen]


def rests_on(sentence: str, rows: Sequence[LedgerRow]) -> list[LedgerRow]:
    """Those of `rows` that `sentence` tells most of; else the likeliest one; none where it says nothing of any."""
    rarity, found = Rarity(row.text for row in rows), terms(sentence)
    told = [row for row in rows if rarity.covered(terms(row.text), found) >= TOLD]
    return told or [rows[i] for i in rarity.most_like(sentence, [row.text for row in rows])[:1]]


def _sources(found: frozenset[str], stretch: Mapping[int, str]) -> list[int]:
    """The chunks of `stretch` that say most of `found`."""
    said = {chunk: len(found & terms(text)) for chunk, text in stretch.items()}
    return [chunk for chunk, count in said.items() if count and count >= LIKE_BEST * max(said.values())]


def _line(text: str) -> str:
    """`text` as one line of whole sentences, without bars."""
    line = " ".join(without_openings(text.replace("|", " ")).split())
    line = " ".join(sentences(fit([line], MOST_WORDS, words_in)[0]))
    return line if not line or line[-1] in ".!?" else f"{line}."
