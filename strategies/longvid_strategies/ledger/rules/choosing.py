"""Which events a summary of so many words tells: those that link, then those that matter, and some of every tenth.

Salience by what any story counts: links, things that change hands, words given, others concerned, and acts that are
rare in this film. Knows no words of any film.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from longvid.strategy import Event, words_in
from longvid_strategies.ledger.rules.actions import Action
from longvid_strategies.ledger.rules.relations import Link

TENTHS = 10
LEAST = 1.0
"""Salience under which an event is a trifle: done often in this film, with nothing and to nobody of note."""
WEIGHTY = ("transfer", "seize", "hide", "find", "promise", "say", "change", "acquire")


def salience(actions: Sequence[Action], links: Sequence[Link]) -> dict[str, float]:
    """Event id -> how much its event matters; comparable within one film only."""
    count = Counter(action.verb for action in actions)
    linked = Counter(event for link in links for event in link.events)
    most = math.log(len(actions) + 1) or 1.0
    found: dict[str, float] = {}
    for action in actions:
        rare = math.log((len(actions) + 1) / count[action.verb]) / most
        value = (
            4.0 * min(2, linked[action.event.id])
            + 2.0 * (action.thing is not None)
            + 1.0 * any(name in action.clause.classes for name in WEIGHTY)
            + 0.5 * (action.to is not None or action.source is not None)
            + 0.5 * (action.masked or action.meant is not None)
            + rare
        )
        found[action.event.id] = max(value, found.get(action.event.id, 0.0))
    return found


def choose(
    events: Sequence[Event], sizes: Mapping[str, int], value: Mapping[str, float], words: int, linked: Sequence[str]
) -> set[str]:
    """Ids of the events to tell in about `words` words.

    `sizes` are the words that each event takes, the sentence of its link included. Events of `linked` come first; then
    the best event of every tenth of the film (the shortest where all are trifles), so that no stretch is without its
    say; then by salience, down to `LEAST`: words that are left over are not filled with trifles. Where none of these is
    short enough, it is the shortest of `linked`, or else the best of all.
    """
    first = set(linked) & {event.id for event in events}
    order = sorted((event for event in events if event.id in first), key=lambda event: -value.get(event.id, 0.0))
    for tenth in range(TENTHS):
        stretch = events[tenth * len(events) // TENTHS : (tenth + 1) * len(events) // TENTHS]
        if stretch and not any(event.id in first for event in stretch):
            best = max(stretch, key=lambda event: value.get(event.id, 0.0))
            trifles = value.get(best.id, 0.0) < LEAST
            order.append(min(stretch, key=lambda event: sizes.get(event.id, 0)) if trifles else best)
    order += sorted(
        (event for event in events if value.get(event.id, 0.0) >= LEAST), key=lambda event: -value.get(event.id, 0.0)
    )
    chosen: set[str] = set()
    used = 0
    for event in dict.fromkeys(order):
        size = sizes.get(event.id, words_in(event.what) + 1)
        if used + size <= words:
            chosen.add(event.id)
            used += size
    if not chosen and first:
        return {min(first, key=lambda id: (sizes.get(id, 0), id))}
    if not chosen and events:
        return {max(events, key=lambda event: value.get(event.id, 0.0)).id}
    return chosen
