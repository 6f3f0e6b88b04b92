"""Invents stories: a seeded world, links laid across chunks, fillers between them, and a time for every event.

The same seed, length and level give the same story for good (`VERSION` says otherwise). Nothing is drawn or told here;
whether a story keeps its promises is checked elsewhere (`checks`), and a seed that does not is reported, not replaced.
"""

from __future__ import annotations

import random

from longvid_benchmarks.storyfilm.casting import NoRoom, Stage
from longvid_benchmarks.storyfilm.plotting import KINDS, Book, Draft
from longvid_benchmarks.storyfilm.saying import speak
from longvid_benchmarks.storyfilm.story import Chunk, Event, Level, Link, Look, Story

NAME = "StoryFilm"
"""What the films are called; a film says so in its container."""
VERSION = 1
FRAME = 1 / 12
"""Borders fall on frames of the film, which has twelve a second."""
SHORTEST, LONGEST = 55.0, 60.0
"""Seconds of a chunk."""
LEAST_EVENT = 6.0
"""Seconds of an event: it then falls on two of the 24 frames of a minute, wherever they lie."""
LEAD_IN, PAUSE = 1.0, 0.5
"""Seconds of the empty place before the first event, and between events."""
LINKS_PER_CHUNK = 0.35
TRIES = 40
"""How often a kind of link is tried before it counts as not fitting."""
FILLER_TRIES = 1000
"""Failures in a row after which the few who may be in a chunk are held to have done all that they can do there."""
EVENTS: dict[Level, tuple[int, int]] = {"easy": (3, 4), "normal": (3, 6), "hard": (4, 6)}
"""Fewest and most events of a chunk."""


def invent(seed: int, chunks: int, level: Level = "normal", *, said: float = 0.0) -> Story:
    """The story of `seed` with `chunks` chunks.

    `said`: the share of its promises, claims, names and plans that are said and not shown, 0 to 1; at 0 nothing is but
    what is also shown, and nobody plans. Raises ValueError for fewer than one chunk, an unknown level or no share.
    """
    if chunks < 1:
        raise ValueError(f"a film has at least one chunk, not {chunks}")
    if level not in EVENTS:
        raise ValueError(f"there is no level {level!r}; choose easy, normal or hard")
    if not 0 <= said <= 1:
        raise ValueError(f"the share that is said is 0 to 1, not {said}")
    rng = random.Random(f"storyfilm {VERSION} {seed} {chunks} {level}")
    book = Book(Stage.set_up(chunks, level, rng), [[] for _ in range(chunks)])
    missing = _lay_links(book)
    _introduce(book)
    _fill(book)
    return speak(_tell(book, seed, missing), said)


def _lay_links(book: Book) -> tuple[str, ...]:
    """Lay each kind of link once, then more of them until there are enough; return the kinds that never fitted."""
    rng, n = book.stage.rng, book.stage.n
    missing = [kind for kind in KINDS if n < 2 or not _try(book, kind)]
    placed = [kind for kind in KINDS if kind not in missing]
    failures = 0
    while placed and len(book.links) < LINKS_PER_CHUNK * n and failures < TRIES:
        kind = rng.choice(placed)
        # A flashback takes a whole chunk, so there are few.
        too_many = kind == "flashback" and len(book.flashbacks) > n // 30
        failures += too_many or not _try(book, kind)
    return tuple(missing)


def _try(book: Book, kind: str) -> bool:
    for _ in range(TRIES):
        try:
            KINDS[kind](book)
        except NoRoom:
            continue
        return True
    return False


def _introduce(book: Book) -> None:
    """Whoever is seen in a bubble is also seen in person, in that chunk or before."""
    stage = book.stage
    met: set[str] = set()
    for index, drafts in enumerate(book.drafts):
        met.update(id for draft in drafts for id in draft.in_person)
        for id in [id for draft in drafts for id in draft.in_bubble if id not in met]:
            book.put(Draft(index, "walk", {"agent": id}))
            met.add(id)
    if stage.n >= 4:
        _let_plots_meet(book)


def _let_plots_meet(book: Book) -> None:
    """In the last chunk that is no flashback, one figure of each plot greets the other."""
    stage = book.stage
    last = max(c for c in range(stage.n) if c not in book.flashbacks)
    try:
        one, two = (stage.cast([last], plot, 1)[0] for plot in (0, 1))
    except NoRoom:
        return
    if len(book.drafts[last]) < 6:
        book.put(Draft(last, "greet", {"agent": one, "to": two}))


def _fill(book: Book) -> None:
    """Fillers until every chunk has its number of events, or nobody is left to do more; then each chunk's events in
    some order."""
    stage, rng = book.stage, book.stage.rng
    fewest, most = EVENTS[stage.level]
    for index, drafts in enumerate(book.drafts):
        wanted = max(len(drafts), rng.randint(fewest, most))
        past = index in book.flashbacks
        met = {id for before in range(index) for id in stage.present[before]}
        # In a flashback only those are seen whose name and look the film has shown, and who never change.
        out = (
            {id for id in stage.figures if id not in met} | set(stage.changed) | set(stage.earliest) if past else set()
        )
        in_vain = 0
        while len(drafts) < wanted and in_vain < FILLER_TRIES:
            in_vain += 1
            predicate = rng.choice(("greet", "dance", "sleep", "jump", "walk"))
            try:
                cast = stage.cast([index], stage.plots[index], 2 if predicate == "greet" else 1, without=out)
            except NoRoom:
                if predicate != "greet":
                    cast = [rng.choice([id for draft in drafts for id in draft.on_screen])]
                else:
                    continue
            if any((d.predicate, d.roles["agent"]) == (predicate, cast[0]) for d in drafts):
                continue
            book.put(Draft(index, predicate, {"agent": cast[0]} | ({"to": cast[1]} if predicate == "greet" else {})))
            in_vain = 0
        rng.shuffle(drafts)


def _tell(book: Book, seed: int, missing: tuple[str, ...]) -> Story:
    """The story with its times, looks and name tags."""
    stage = book.stage
    looks = {id: figure.look for id, figure in stage.figures.items()}
    states = {device.id: state for device, state in stage.devices}
    met: set[str] = set()
    ids: dict[int, str] = {}
    chunks = []
    start = 0.0
    for index, drafts in enumerate(book.drafts):
        past = index in book.flashbacks
        end = start + round(stage.rng.uniform(SHORTEST, LONGEST) / FRAME) * FRAME
        here = {id for draft in drafts for id in draft.in_person}
        new = set() if past else here - met
        used = dict.fromkeys(draft.roles["device"] for draft in drafts if "device" in draft.roles)
        standing = tuple((id, states[id]) for id in used)
        length = (end - start - LEAD_IN - PAUSE * len(drafts)) / len(drafts)
        events = []
        for number, draft in enumerate(drafts):
            seen = {id: stage.figures[id].look if past else looks[id] for id in (*draft.on_screen, *draft.in_bubble)}
            if draft.masked:
                agent = draft.roles["agent"]
                seen[agent] = Look(looks[agent].colour, looks[agent].mark, looks[agent].shape, masked=True)
            begin = start + LEAD_IN + number * (length + PAUSE)
            event = Event(
                id=f"e{index}.{number}",
                chunk=index,
                start=round(begin, 3),
                end=round(begin + length, 3),
                predicate=draft.predicate,
                roles=dict(draft.roles),
                looks=seen,
                tags=tuple(id for id in dict.fromkeys(draft.in_person) if id in new),
            )
            ids[id(draft)] = event.id
            events.append(event)
            if draft.predicate == "change":
                old = looks[draft.roles["agent"]]
                looks[draft.roles["agent"]] = Look(draft.roles["colour"], old.mark, old.shape)
            elif draft.predicate == "switch":
                states[draft.roles["device"]] = draft.roles["state"]
            elif draft.predicate == "unlock":
                states[draft.roles["device"]] = "open"
        met |= new
        chunks.append(
            Chunk(
                index, round(start, 3), round(end, 3), stage.places[index], stage.plots[index], past, tuple(events),
                standing,
            )
        )  # fmt: skip
        start = end
    order = sorted(book.links, key=lambda link: (link.drafts[0].chunk, link.kind))
    links = tuple(
        Link(
            id=f"l{number}",
            kind=link.kind,
            events=tuple(ids[id(draft)] for draft in link.drafts),
            gap=(stage.n - 1 if link.kind == "promise-broken" else link.drafts[-1].chunk) - link.drafts[0].chunk,
            detail=dict(link.detail),
        )
        for number, link in enumerate(order)
    )
    shown = {id for chunk in chunks for event in chunk.events for id in event.looks}
    mentioned = {value for chunk in chunks for event in chunk.events for value in event.roles.values()}
    return Story(
        seed=seed,
        level=stage.level,
        figures=tuple(figure for figure in stage.figures.values() if figure.id in shown),
        things=tuple(holding.thing for holding in stage.holdings if holding.thing.id in mentioned),
        devices=tuple(device for device, _ in stage.devices if device.id in mentioned),
        chunks=tuple(chunks),
        links=links,
        missing=missing,
    )
