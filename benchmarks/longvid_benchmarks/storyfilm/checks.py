"""What every generated story must keep, checked for each one: a seed that fails is reported, never replaced.

`check` gives a line for every broken promise; an empty list is a good story.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from longvid.film import share_out
from longvid_benchmarks.storyfilm.gold import captions, said, salient
from longvid_benchmarks.storyfilm.questions import NOT_STATED, probes, questions
from longvid_benchmarks.storyfilm.solver import PEOPLE, solve
from longvid_benchmarks.storyfilm.speech import cues
from longvid_benchmarks.storyfilm.story import Story

LEAST_KINDS, FROM_CHUNKS = 10, 14
"""Kinds of link that a film of so many chunks has at least."""


def check(story: Story) -> list[str]:
    """Every promise that `story` breaks, a line each."""
    return [*_shape(story), *_looks(story), *_solvable(story), *_lines(story), *_links(story), *_questions(story)]


def _shape(story: Story) -> list[str]:
    wrong = []
    for before, after in pairwise(story.chunks):
        if before.place == after.place:
            wrong.append(f"chunks {before.index} and {after.index} play in one place, so no cut is seen")
        if before.end != after.start:
            wrong.append(f"chunk {after.index} does not start where the one before ends")
    for chunk in story.chunks:
        if not 54.99 <= chunk.end - chunk.start <= 60.01:
            wrong.append(f"chunk {chunk.index} lasts {chunk.end - chunk.start:.2f} s, not 55 to 60")
        if not 3 <= len(chunk.events) <= 6:
            wrong.append(f"chunk {chunk.index} has {len(chunk.events)} events, not 3 to 6")
        if any(event.end - event.start < 6 for event in chunk.events):
            wrong.append(f"chunk {chunk.index} has an event of less than 6 s")
        if any(a.end > b.start for a, b in pairwise(chunk.events)):
            wrong.append(f"chunk {chunk.index} has events at the same time")
    if len({figure.name for figure in story.figures}) < len(story.figures):
        wrong.append("two figures have one name")
    kinds = {link.kind for link in story.links}
    if len(story.chunks) >= FROM_CHUNKS and len(kinds) < LEAST_KINDS:
        wrong.append(f"{len(kinds)} kinds of link, not {LEAST_KINDS}")
    return wrong


def _looks(story: Story) -> list[str]:
    """At no time do two figures have one look, and nobody is seen both masked and not in one chunk."""
    wrong = []
    for chunk in story.chunks:
        owners: dict[object, str] = {}
        masked = {event.roles["agent"] for event in chunk.events if event.masked}
        for event in chunk.events:
            for id, look in event.looks.items():
                if not look.masked and owners.setdefault(look, id) != id:
                    wrong.append(f"chunk {chunk.index}: two figures are {look.phrase()}")
                if not look.masked and id in masked:
                    wrong.append(f"chunk {chunk.index}: {id} is seen beside its own mask")
    return wrong


def _solvable(story: Story) -> list[str]:
    """The exact reader gets every salient event and every link back from the captions by appearance and the lines."""
    spans = [(chunk.start, chunk.end) for chunk in story.chunks]
    solved = solve(captions(story, "appearance"), share_out(spans, cues(story)) if story.said else ())
    events = story.events()
    if len(events) != len(solved.events):
        return [f"{len(solved.events)} of {len(events)} events are read back"]
    wrong = []
    for event, read in zip(events, solved.events, strict=True):
        truth = {r: said(story, r, v) for r, v in event.roles.items()}
        told = {r: v if r in PEOPLE else v.removeprefix("the ") for r, v in read.roles.items()}
        if salient(event) and (event.predicate, truth) != (read.predicate, told):
            wrong.append(f"{event.id} is read as {read.predicate} {told}, not {event.predicate} {truth}")
    place = {event.id: index for index, event in enumerate(events)}
    links = {(link.kind, tuple(place[id] for id in link.events)) for link in story.links}
    wrong += [f"the link {kind} of {indices} is not found" for kind, indices in sorted(links - solved.links)]
    wrong += [f"a link {kind} of {indices} is found that is none" for kind, indices in sorted(solved.links - links)]
    return wrong


def _lines(story: Story) -> list[str]:
    """Every line lies within its event, so within its chunk, and is over before the next one."""
    events = {event.id: event for event in story.events()}
    wrong = [
        f"{line.text!r} is not said within its event"
        for line in story.lines
        if not events[line.event].start <= line.start < line.end <= events[line.event].end
    ]
    wrong += [f"{a.text!r} and {b.text!r} are said at once" for a, b in pairwise(story.lines) if a.end > b.start]
    return wrong


def _links(story: Story) -> list[str]:
    """No link lies in one chunk."""
    chunk_of = {event.id: event.chunk for event in story.events()}
    wrong = []
    for link in story.links:
        chunks = {chunk_of[id] for id in link.events}
        if len(chunks) < len(link.events) or (len(chunks) == 1 and link.gap < 1):
            wrong.append(f"{link.id} ({link.kind}) can be seen in fewer chunks than it has events")
    return wrong


def _questions(story: Story) -> list[str]:
    """Options differ, the right one is among them, positions are balanced, and no chunk alone has all the evidence."""
    wrong = []
    chunk_of = {event.id: event.chunk for event in story.events()}
    asked = questions(story)
    for row in asked:
        if len(set(row["options"])) != len(row["options"]) or row["options"][-1] != NOT_STATED:
            wrong.append(f"{row['id']} has equal options")
        chunks = {chunk_of[id] for id in row["evidence"]}
        if row["answer"] < 3 and row["kind"] != "promise-broken" and len(chunks) < 2:
            wrong.append(f"{row['id']} can be answered from one chunk")
    for name, rows in (("questions", asked), ("probes", probes(story))):
        places = Counter(row["answer"] for row in rows)
        if len(rows) >= 12 and max(places.values()) > 0.4 * len(rows):
            wrong.append(f"the right answers of the {name} are not balanced: {dict(places)}")
    return wrong
