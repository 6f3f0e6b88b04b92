"""The order of chunks by threads: neighbours share as many entities as can be, and no entity's own order is inverted.

After the reordering of Mahon and Lapata's modular summarization of long video. Pure combinatorics on sets of entities:
two chunks that share an entity keep their order, and a beam search over what that leaves open prefers neighbours that
share most. Deterministic; knows nothing of films or texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BEAM = 16
"""Partial orders kept at each step."""
MOST_SPANS = 3
"""Spans that are named one by one; of more, only where the first begins and the last ends."""


@dataclass(frozen=True, slots=True)
class _Partial:
    """The first chunks of an order; `placed` has their bits."""

    shared: int
    placed: int
    order: tuple[int, ...]


def thread_order(entities: Sequence[frozenset[str]]) -> list[int]:
    """Indices into `entities`, the sets of entities of the chunks of a film, in the order of its threads.

    A permutation. For every entity its chunks stay in the order they have; neighbours share at least as many entities
    in sum as they do in the order of the film. A chunk without entities stays behind the one before it.
    """
    n = len(entities)
    known = _attached(entities)
    share = [[len(a & b) for b in known] for a in known]
    before = [sum(1 << i for i in range(j) if share[i][j]) for j in range(n)]
    beam = [_Partial(0, 0, ())]
    for _ in range(n):
        longer: dict[tuple[int, int], _Partial] = {}
        for partial in beam:
            for j in range(n):
                if partial.placed >> j & 1 or before[j] & ~partial.placed:
                    continue
                gain = share[partial.order[-1]][j] if partial.order else 0
                made = _Partial(partial.shared + gain, partial.placed | 1 << j, (*partial.order, j))
                # What can still follow depends on the placed ones and the last alone.
                best = longer.get((made.placed, j))
                if best is None or _rank(made) < _rank(best):
                    longer[made.placed, j] = made
        beam = sorted(longer.values(), key=_rank)[:BEAM]
    film, found = list(range(n)), list(beam[0].order)
    return found if shared_by_neighbours(entities, found) > shared_by_neighbours(entities, film) else film


def shared_by_neighbours(entities: Sequence[frozenset[str]], order: Sequence[int]) -> int:
    """How many entities neighbours share in sum when the chunks stand in `order`."""
    return sum(len(entities[a] & entities[b]) for a, b in pairwise(order))


def runs(ordered: Sequence[frozenset[str]]) -> list[range]:
    """The threads of chunks that stand in an order already: stretches in which neighbours share an entity. A chunk
    without entities belongs to the one before it."""
    borders = [0]
    for place, (a, b) in enumerate(pairwise(_attached(ordered)), 1):
        if a and not a & b:
            borders.append(place)
    return [range(a, b) for a, b in pairwise([*borders, len(ordered)]) if a < b]


def spans(numbers: Sequence[int]) -> str:
    """Ascending `numbers`, at least one, with runs as spans: "1-3, 5"."""
    found = [[numbers[0]]]
    for one, other in pairwise(numbers):
        found += [[]] if other > one + 1 else []
        found[-1].append(other)
    if len(found) > MOST_SPANS:
        found = [list(numbers)]
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in found)


def _rank(partial: _Partial) -> tuple[int, tuple[int, ...]]:
    """Smaller is better; of equals the one that is nearer to the order of the film."""
    return -partial.shared, partial.order


def _attached(entities: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """`entities`, where a chunk that has none has those of the chunk before it (at the beginning, of the next one)."""
    found: list[frozenset[str]] = []
    last = next((one for one in entities if one), frozenset())
    for one in entities:
        last = one or last
        found.append(last)
    return found
