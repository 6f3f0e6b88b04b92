"""A score in words: a table beside a perfect summary, then what was told wrongly, and what was not told.

Knows the scorer's figures and how to say them; counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from longvid.output import clock
from longvid.text import printable
from longvid_benchmarks.storyfilm.gold import reference
from longvid_benchmarks.storyfilm.scorer import Score, Scorer
from longvid_benchmarks.storyfilm.story import Story
from longvid_benchmarks.storyfilm.wording import event_sentence

Rows = Sequence[tuple[str, Sequence[str]]]
CHANNEL_NAMES = {"shown": "only shown", "said": "only said", "both": "shown and said"}
PARTS: dict[str, Callable[[Score], dict[str, tuple[int, int]]]] = {
    "events": lambda score: score.fact_channels,
    "links": lambda score: score.link_channels,
}


def compare(summary: str, story: Story) -> list[str]:
    """A table: what `summary` tells of `story`, beside a summary that tells all of it."""
    scorer = Scorer(story)
    scores = _both(scorer, summary)
    return _table([("", ["this summary", "a perfect one"]), *_main_rows(scorer, scores)])


def explain(summary: str, story: Story) -> list[str]:
    """`compare` with every figure, links by kind, sentences with something that is not so, and events not told."""
    scorer = Scorer(story)
    scores = _both(scorer, summary)
    ours = scores[0]
    more: Rows = [
        ("links told that are true", [f"{s.link_precision:.0%}" for s in scores]),
        ("claims against the story", [str(s.contradictions) for s in scores]),
        ("said more than once", [f"{s.duplication:.0%}" for s in scores]),
        ("composite of all of these", [f"{s.composite:.2f}" for s in scores]),
        *(
            (f"links: {kind}, of {of}", [str(s.link_kinds.get(kind, (0, 0))[0]) for s in scores])
            for kind, (_, of) in sorted(ours.link_kinds.items())
        ),
    ]
    by_channel: Rows = [
        (f"{what} that are {CHANNEL_NAMES[channel]}, of {of}", [str(part(s)[channel][0]) for s in scores])
        for what, part in PARTS.items()
        for channel, (_, of) in part(ours).items()
    ]
    lines = _table([("", ["this summary", "a perfect one"]), *_main_rows(scorer, scores), *more, *by_channel])
    if ours.false_sentences:
        lines += ["", "Sentences with something that is not so:", *(f"  {printable(s)}" for s in ours.false_sentences)]
    missed = [event for event in scorer.salient if event.id in ours.facts_missed]
    if missed:
        lines += ["", "Events not told:"]
        lines += [f"  {clock(event.start)}  {event_sentence(story, event, 'named')}" for event in missed]
    return lines


def _both(scorer: Scorer, summary: str) -> list[Score]:
    return [scorer.score(summary), scorer.score(reference(scorer.story))]


def _main_rows(scorer: Scorer, scores: Sequence[Score]) -> Rows:
    facts, links = len(scorer.salient), len(scorer.story.links)
    return [
        (f"events told, of the {facts} that matter", [f"{len(s.facts_told)} ({s.fact_recall:.0%})" for s in scores]),
        (
            f"links told, of {links} between distant scenes",
            [f"{len(s.links_told)} ({s.link_recall:.0%})" for s in scores],
        ),
        ("how much of what it tells is true", [f"{s.fact_precision:.0%}" for s in scores]),
        ("told in the film's order (1: all of it, 0: as by chance)", [f"{s.order:.2f}" for s in scores]),
        (f"words (beyond {scorer.budget} nothing counts)", [str(s.words) for s in scores]),
    ]


def _table(rows: Rows) -> list[str]:
    wide = max(len(name) for name, _ in rows)
    return [f"{name:{wide}}  {one:>13}  {other:>13}".rstrip() for name, (one, other) in rows]
