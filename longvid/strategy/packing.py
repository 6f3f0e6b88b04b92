"""Token arithmetic that strategies share: waves, contiguous groups that fit, and how deep a recursion can get.

Every bound here holds for any number of chunks and any context, so that no merge can overflow or fail to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def waves(items: Sequence[T], width: int) -> Iterator[Sequence[T]]:
    """`items` in runs of at most `width`. Raises ValueError for a width below 1."""
    if width < 1:
        raise ValueError(f"a wave holds at least one item, not {width}")
    for start in range(0, len(items), width):
        yield items[start : start + width]


def pack(sizes: Sequence[int], room: int, *, least: int = 2, most: int | None = None) -> list[range]:
    """Contiguous groups of indices into `sizes`, filled in order up to `room` in sum and `most` in number.

    A group takes at least `least` items even where they exceed `room` (they are then shortened by whoever merges
    them), so the number of groups is at most ceil(len(sizes) / least) and repeated packing ends. A last group smaller
    than `least` joins its neighbour or takes items from it.
    """
    if least < 1 or (most is not None and most < least):
        raise ValueError(f"a group of at least {least} and at most {most} items cannot be")
    groups: list[range] = []
    start = total = 0
    for index, size in enumerate(sizes):
        count = index - start
        full = most is not None and count >= most
        if count >= least and (full or total + size > room):
            groups.append(range(start, index))
            start, total = index, 0
        total += size
    if start < len(sizes):
        groups.append(range(start, len(sizes)))
    if len(groups) > 1 and len(groups[-1]) < least:
        groups[-2:] = _mend(groups[-2], groups[-1], sizes, room, least, most)
    return groups


def _mend(before: range, last: range, sizes: Sequence[int], room: int, least: int, most: int | None) -> list[range]:
    """The last two groups anew, where the last is too small: joined where that fits, else with the border moved."""
    joined = range(before.start, last.stop)
    fits = sum(sizes[i] for i in joined) <= room and (most is None or len(joined) <= most)
    border = last.stop - least
    if not fits and border - before.start >= least:
        return [range(before.start, border), range(border, last.stop)]
    return [joined] if most is None or len(joined) <= most else [before, last]


def evenly(sizes: Sequence[int], parts: int, *, least: int = 1, most: int | None = None) -> list[range]:
    """Contiguous groups as `pack` makes them, at most `parts` where it can make as few, the largest as small as can
    be."""
    low, high = 0, sum(sizes)
    while low < high:
        room = (low + high) // 2
        fits = len(pack(sizes, room, least=least, most=most)) <= parts
        low, high = (low, room) if fits else (room + 1, high)
    return pack(sizes, low, least=least, most=most)


def split(count: int, parts: int) -> list[range]:
    """`count` indices in at most `parts` contiguous groups whose sizes differ by at most one; none is empty."""
    parts = max(1, min(parts, count))
    borders = [round(i * count / parts) for i in range(parts + 1)]
    return [range(a, b) for a, b in pairwise(borders) if a < b]


def count_levels(n: int, per_leaf: int, per_node: int, parts: int) -> tuple[int, int]:
    """Upper bounds (calls, levels) of merging `n` texts level by level until `parts` calls can write the whole.

    A call of the first level takes at least `per_leaf` texts, one of a later level at least `per_node`, but none takes
    all of more than two; the last level may come after any of them and takes at most `parts` calls.
    """
    calls = most = 0
    levels, left, per = 0, n, per_leaf
    while left > 0:
        most = max(most, calls + min(left, parts))
        levels += 1
        if left == 1:
            break
        left = max(min(2, left - 1), -(-left // max(2, per)))
        calls += left
        per = per_node
    return most, levels
