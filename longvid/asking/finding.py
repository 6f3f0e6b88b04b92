"""Which passages of a film matter to a question, and which of them fit into a prompt.

A passage counts by its own words and by those of its chunk, each by its place in a ranking (reciprocal rank fusion), so
that what is said and what is seen of one moment help each other. Knows no model; tokens are counted by whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from longvid.asking.index import Hit, Index
from longvid.asking.passages import Passage, Source
from longvid.asking.words import any_of, points_back, terms
from longvid.files import as_text

DAMPING = 10.0
"""Of a rank in the fusion: the smaller, the more the first places count. The usual 60 is for lists of thousands."""
MOST_RANKED = 200
MOST_SHOWN = 48
"""Passages in one prompt, however long the context; more distract more than they tell."""
MOST_NEAR = 50
"""Passages that count for being near to the question in meaning."""
OF_CHUNK_ALONE = 12
"""Chunks, the best first, whose passages count also where they share no word with the question."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What was found for a question, the best first."""

    hits: tuple[Hit, ...]
    chunks: tuple[int, ...]
    """Indices of chunks."""


def wanted(question: str, before: Sequence[str] = ()) -> tuple[str, ...]:
    """The terms of `question`; where it points back, or says next to nothing, those of what was said `before` too."""
    found = terms(question)
    if before and (points_back(question) or len(found) < 2):
        found = tuple(dict.fromkeys([*found, *(term for text in before for term in terms(text))]))
    return found


def rank(index: Index, looked_for: tuple[str, ...], near: Sequence[Hit] = ()) -> Ranked:
    """What the index of one film has for the terms `looked_for`; `near`: those near in meaning, the nearest first."""
    expression = any_of(looked_for)
    hits = index.find(expression, MOST_RANKED)
    chunks = index.chunks(expression, MOST_RANKED)
    places = {chunk: place for place, chunk in enumerate(chunks)}
    found: dict[int, tuple[float, Hit]] = {}
    for place, hit in enumerate(hits):
        behind = 1 / (DAMPING + places[hit.chunk]) if hit.chunk in places else 0.0
        found[hit.id] = 1 / (DAMPING + place) + behind, hit
    for place, chunk in enumerate(chunks[:OF_CHUNK_ALONE]):
        for hit in index.of_chunk(chunk):
            found.setdefault(hit.id, (1 / (DAMPING + place) / 2, hit))
    for place, hit in enumerate(near[:MOST_NEAR]):
        found[hit.id] = found.get(hit.id, (0.0, hit))[0] + 1 / (DAMPING + place), hit
    ordered = sorted(found.values(), key=lambda scored: (-scored[0], scored[1].id))
    by_chunk: dict[int, float] = {}
    for score, hit in ordered:
        by_chunk[hit.chunk] = max(by_chunk.get(hit.chunk, 0.0), score)
    best = sorted(by_chunk, key=lambda chunk: (-by_chunk[chunk], chunk))
    return Ranked(tuple(hit for _, hit in ordered), tuple(best))


def choose(ranked: Ranked, fits: Callable[[Sequence[Passage]], bool]) -> list[Passage]:
    """The best passages that together fit, in the order of the film. What does not fit is passed over for a shorter."""
    kept: list[Passage] = []
    texts: set[str] = set()
    missed = 0
    for hit in ranked.hits:
        if hit.passage.text.casefold() in texts:
            continue
        if not fits([*kept, hit.passage]):
            missed += 1
            if missed > 3:
                break
            continue
        kept.append(hit.passage)
        texts.add(hit.passage.text.casefold())
        if len(kept) == MOST_SHOWN:
            break
    return sorted(kept, key=lambda passage: passage.times)


def index_of(source: Source) -> Index:
    """An index in memory of one film."""
    index = Index()
    index.put(as_text(source.run), source)
    return index
