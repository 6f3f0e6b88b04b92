"""Answers about films counted, each benchmark by its published figure, with intervals by film. Knows no table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from longvid_benchmarks.published.films.asking import Said
from longvid_benchmarks.published.films.judging import AXES, Judged, claimed, first_letter
from longvid_benchmarks.published.films.sets import MF2, MLVU, MOVIECHAT, SF20K, SF20K_OPEN
from longvid_benchmarks.published.openended.judging import MOST
from longvid_benchmarks.published.openended.scores import Score, Values, figure, interval, is_exact
from longvid_benchmarks.published.scoring import choose


def scores(said: Sequence[Said], judged: Sequence[Judged]) -> list[Score]:
    """All figures that there are answers and judgements for, in the order of the benchmarks.

    Shares are in percent, scores from 0 to 5, MLVU's from 1 to 5, their totals from 2 to 10.
    """
    return [
        *_judged(judged, MOVIECHAT.name, ("global", "breakpoint")),
        *_options([one for one in said if one.asked.of is SF20K]),
        *_judged(judged, SF20K_OPEN.name, ("questions",)),
        *_shares("sf20k-open exact match", [one for one in said if one.asked.of is SF20K_OPEN], _exact),
        *_claims([one for one in said if one.asked.of is MF2]),
        *_generation(judged),
    ]


def _judged(judged: Sequence[Judged], name: str, parts: Sequence[str]) -> list[Score]:
    found: list[Score] = []
    for part in parts:
        mine = [one for one in judged if one.said.asked.of.name == name and one.said.asked.part == part]
        label = name if part == "questions" else f"{name} {part}"
        found += _verdicts(f"{label} accuracy", mine, "right", 100.0)
        found += _verdicts(f"{label} score", mine, "score", MOST)
    return found


def _verdicts(name: str, judged: Sequence[Judged], key: str, most: float) -> list[Score]:
    unread = sum(one.verdict is None for one in judged)
    return figure(name, _values(judged, key), most, unread) if judged else []


def _values(judged: Sequence[Judged], key: str) -> Values:
    return [(str(one.said.asked.film), one.verdict[key]) for one in judged if one.verdict is not None]


def _shares(name: str, said: Sequence[Said], holds: Callable[[Said], bool]) -> list[Score]:
    return figure(name, [(str(one.asked.film), 100.0 * holds(one)) for one in said], 100.0)


def _exact(one: Said) -> bool:
    return is_exact(one.text, one.asked.answer)


def _options(said: Sequence[Said]) -> list[Score]:
    def chosen(one: Said) -> str | None:
        place = choose(one.text, one.asked.candidates)
        return None if place is None else one.asked.candidates[place]

    return [
        *_shares("sf20k accuracy", said, lambda one: chosen(one) == one.asked.answer),
        *_shares("sf20k accuracy, first letter", said, first_letter),
        *_shares("sf20k answered", said, lambda one: chosen(one) is not None),
    ]


def _claims(said: Sequence[Said]) -> list[Score]:
    """Of MF2: a pair is right where both its claims are; a pair of which one was not asked does not count."""
    pairs: dict[int, list[Said]] = {}
    for one in said:
        pairs.setdefault(one.asked.number, []).append(one)
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    both: Values = [(str(pair[0].asked.film), 100.0 * all(map(_is_right, pair))) for pair in whole]
    return [
        *figure("mf2 pairs", both, 100.0),
        *_shares("mf2 true claims", [one for one in said if one.asked.part == "true claim"], _is_right),
        *_shares("mf2 false claims", [one for one in said if one.asked.part == "false claim"], _is_right),
        *_shares("mf2 answered", said, lambda one: claimed(one.text) is not None),
    ]


def _is_right(one: Said) -> bool:
    return claimed(one.text) == one.asked.answer


def _generation(judged: Sequence[Judged]) -> list[Score]:
    """MLVU's two tasks, and their mean, G-Avg, where both were judged."""
    found: list[Score] = []
    totals: list[Values] = []
    for part, axes in AXES.items():
        mine = [one for one in judged if one.said.asked.of is MLVU and one.said.asked.part == part]
        for axis in axes:
            found += _verdicts(f"{MLVU.name} {part} {axis}", mine, axis, MOST)
        found += _verdicts(f"{MLVU.name} {part}", mine, "total", 2 * MOST)
        totals.append(_values(mine, "total"))
    if all(totals):
        means = [sum(value for _, value in values) / len(values) for values in totals]
        ends = interval(totals, 2 * MOST)
        found.append(Score(f"{MLVU.name} G-Avg", sum(map(len, totals)), sum(means) / len(means), ends))
    return found
