"""Questions from annotated videos: drafts chosen so that videos differ, each with wrong answers that are wrong, the
right one in each place equally often. By MVBench's rules: three to five options, drawn and shuffled, of like length,
and as many videos as there are.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from longvid_benchmarks.published.annotated.drafts import MAKERS, NOT_SURE, Draft, answers_of
from longvid_benchmarks.published.annotated.notes import Annotated
from longvid_benchmarks.published.tasks import TASKS, Task

LIKE = 2.0
"""An option of other videos is at most so many times as long as the right one, or as short, where there are enough."""
SMALL = frozenset({"a", "an", "the"})
Asked = Callable[[Sequence[Draft]], Sequence[Sequence[str]]]
"""Wrong answers to each of some drafts, made by a language model."""


@dataclass(frozen=True, slots=True)
class Made:
    """One question."""

    task: Task
    draft: Draft
    candidates: tuple[str, ...]


def drafts(annotated: Sequence[Annotated], seconds: Mapping[Path, float]) -> dict[str, list[Draft]]:
    """All that can be asked, by type; `seconds`: how long each video is."""
    found: dict[str, list[Draft]] = defaultdict(list)
    for one in annotated:
        length = min(one.end, seconds[one.video]) - one.start
        if length > 0:
            for maker in MAKERS:
                for draft in maker(one, length):
                    found[draft.short].append(draft)
    found["OE"] = list(_half_absent(found["OE"], annotated))
    return found


def _half_absent(there: Sequence[Draft], annotated: Sequence[Annotated]) -> Iterator[Draft]:
    """Every other question about what is there turned into one about what is in other videos alone: "yes" and "no" are
    right equally often."""
    names = {one.video: {_key(thing.name) for thing in one.things} for one in annotated}
    every = list(dict.fromkeys(thing.name for one in annotated for thing in one.things))
    for at, draft in enumerate(there):
        absent = [name for name in every if not any(_alike(_key(name), known) for known in names[draft.video])]
        if at % 2 == 0:
            yield draft
        elif absent:
            asked = f"Can this be seen: {absent[at % len(absent)]}?"
            yield replace(draft, question=asked, right="no", near=("yes", NOT_SURE))


def make(
    annotated: Sequence[Annotated],
    seconds: Mapping[Path, float],
    count: int,
    seed: int,
    written: Asked | None = None,
) -> dict[str, list[Made]]:
    """At most `count` questions of each type that there are annotations for, by its two letters; `written` gives wrong
    answers in place of those of other videos."""
    pools: dict[str, list[str]] = defaultdict(list)
    for one in annotated:
        for kind, words in answers_of(one):
            pools[kind].append(words)
    every = drafts(annotated, seconds)
    found: dict[str, list[Made]] = {}
    for task in TASKS:
        rng = random.Random(f"annotated {seed} {task.short}")
        chosen = _spread(_distinct(every.get(task.short, [])), rng)
        if task.short == "OE":
            chosen = [one for each in zip(*_halves(chosen), strict=False) for one in each]
        made = _optioned(task, chosen, count, pools, rng, written)
        if made:
            found[task.short] = made
    return found


def _halves(found: Sequence[Draft]) -> tuple[list[Draft], list[Draft]]:
    """Those to which "yes" is right, and the others."""
    return [one for one in found if one.right == "yes"], [one for one in found if one.right != "yes"]


def _distinct(found: Sequence[Draft]) -> list[Draft]:
    """Drafts whose question about their part has one right answer: others that ask the same are no questions."""
    answers: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for one in found:
        answers[one.video, one.start, one.end, one.question].add(one.right)
    keys = [(one.video, one.start, one.end, one.question) for one in found]
    first = dict(zip(keys, found, strict=True))
    return [one for key, one in first.items() if len(answers[key]) == 1]


def _spread(found: Sequence[Draft], rng: random.Random) -> list[Draft]:
    """`found` so that videos take turns."""
    by_video: dict[Path, list[Draft]] = defaultdict(list)
    for one in rng.sample(list(found), len(found)):
        by_video[one.video].append(one)
    turns = [(turn, at, one) for at, mine in enumerate(by_video.values()) for turn, one in enumerate(mine)]
    return [one for _, _, one in sorted(turns, key=lambda each: each[:2])]


def _optioned(
    task: Task,
    chosen: Sequence[Draft],
    count: int,
    pools: Mapping[str, Sequence[str]],
    rng: random.Random,
    written: Asked | None,
) -> list[Made]:
    told: Mapping[int, Sequence[str]] = {}
    if written is not None:
        places = [at for at, one in enumerate(chosen[:count]) if one.pool is not None]
        told = dict(zip(places, written([chosen[at] for at in places]), strict=True)) if places else {}
    found: list[tuple[Draft, list[str]]] = []
    for at, draft in enumerate(chosen):
        wrong = _wrong(draft, told.get(at, ()), pools, rng)
        if len(found) < count and wrong:
            found.append((draft, wrong))
    # Of questions with as many options the right one stands in each place equally often.
    sizes: dict[int, list[int]] = defaultdict(list)
    for at, (_, wrong) in enumerate(found):
        sizes[len(wrong) + 1].append(at)
    place: dict[int, int] = {}
    for options, mine in sizes.items():
        places = [number % options for number in range(len(mine))]
        rng.shuffle(places)
        place |= dict(zip(mine, places, strict=True))
    made = []
    for at, (draft, wrong) in enumerate(found):
        candidates = rng.sample(wrong, len(wrong))
        candidates.insert(place[at], draft.right)
        made.append(Made(task, draft, tuple(candidates)))
    return made


def _wrong(
    draft: Draft, told: Sequence[str], pools: Mapping[str, Sequence[str]], rng: random.Random
) -> list[str] | None:
    """The wrong answers to `draft`, or None where there are too few: those of its own video first, then those that are
    `told`, then those of other videos."""
    others: list[str] = []
    if draft.pool is not None:
        known = list(dict.fromkeys(pools.get(draft.pool, ())))
        others = sorted(
            rng.sample(known, len(known)), key=lambda words: (not _like(words, draft.right), -_shared(words, draft))
        )
    wanted = draft.options - 1
    if draft.numeric:
        # A window in which the right number stands anywhere: else the one in the middle would be right.
        lowest = max(0, int(draft.right) - rng.randrange(draft.options))
        return [str(each) for each in range(lowest, lowest + draft.options) if str(each) != draft.right]
    kept: list[str] = []
    taken = [_key(words) for words in (draft.right, *draft.true)]
    near = rng.sample(draft.near, len(draft.near))
    for words in (*near, *told, *others):
        key = _key(words)
        # Options that belong together, such as an act and its opposite, may share their words.
        if key and not any(key == other if draft.whole else _alike(key, other) for other in taken):
            kept.append(words)
            taken.append(key)
        if len(kept) == wanted:
            break
    fewest = wanted if not draft.whole else 1
    return kept if len(kept) >= fewest else None


def _key(words: str) -> tuple[str, ...]:
    """What two answers are told apart by: their words but for articles."""
    return tuple(word for word in re.findall(r"[\w-]+", words.lower()) if word not in SMALL)


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one says no more than the other, and so could be right by accident where the other is."""
    if set(one) == set(other):
        return one == other
    return set(one) < set(other) or set(other) < set(one)


def _like(words: str, right: str) -> bool:
    return 1 / LIKE <= (len(words) + 1) / (len(right) + 1) <= LIKE


def _shared(words: str, draft: Draft) -> int:
    return len(set(_key(words)) & set(_key(draft.right)))
