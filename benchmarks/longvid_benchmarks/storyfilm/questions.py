"""Questions about a story, multiple choice: those that need several chunks (links), and those of one chunk (probes).

"Not stated" is always the last of the four answers and right for a quarter of the questions; the other right answers
take turns through the first three places, so that no guess by position or prior beats chance.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from longvid_benchmarks.storyfilm.story import Event, Link, Look, Story
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, NUMBERS, SWITCHES
from longvid_benchmarks.storyfilm.wording import PERFECT, deed_phrase, figure_phrase, seen_sentence

NOT_STATED = "not stated"
UNANSWERABLE_EVERY = 4


def questions(story: Story) -> list[dict[str, Any]]:
    """A question a link, and after every third one that the film does not answer."""
    rng = random.Random(f"questions {story.seed} {len(story.chunks)}")
    events = {event.id: event for event in story.events()}
    rows: list[dict[str, Any]] = []
    for link in story.links:
        if len(rows) % UNANSWERABLE_EVERY == UNANSWERABLE_EVERY - 1:
            row = _unanswerable(story, rng, len(rows))
            if row is not None:
                rows.append(row)
        text, right, wrong = _ask(story, link, [events[id] for id in link.events], rng)
        options = _options(right, wrong, place=sum(r["answer"] < 3 for r in rows) % 3)
        rows.append(
            {
                "id": f"q{len(rows)}",
                "question": text,
                "options": options,
                "answer": options.index(right),
                "kind": link.kind,
                "evidence": list(link.events),
                "hops": len(link.events),
                "gap": link.gap,
            }
        )
    return rows


def probes(story: Story) -> list[dict[str, Any]]:
    """For every event a question that its chunk alone answers, by appearance: what perception can be held to."""
    rng = random.Random(f"probes {story.seed} {len(story.chunks)}")
    rows: list[dict[str, Any]] = []
    for chunk in story.chunks:
        told = [seen_sentence(story, event, "appearance") for event in chunk.events]
        others = [
            seen_sentence(story, event, "appearance")
            for other in rng.sample(story.chunks, min(6, len(story.chunks)))
            if other.index != chunk.index
            for event in other.events
            if not event.tags
        ]
        for event, right in zip(chunk.events, told, strict=True):
            wrong = [text for text in others if text not in told]
            wrong += [_recoloured(story, event, right, rng) for _ in range(6)]
            unlike = list(dict.fromkeys(text for text in wrong if text != right))
            if len(unlike) < 3:
                continue
            options = rng.sample(unlike, 3)
            options.insert(len(rows) % 4, right)
            rows.append(
                {
                    "id": f"p{len(rows)}",
                    "chunk": chunk.index,
                    "question": "Which of these happens?",
                    "options": options,
                    "answer": options.index(right),
                    "event": event.id,
                }
            )
    return rows


def _ask(story: Story, link: Link, events: Sequence[Event], rng: random.Random) -> tuple[str, str, list[str]]:
    """The question of a link, its answer and wrong answers of the same kind."""
    first, last = events[0], events[-1]

    def name(event: Event, role: str = "agent") -> str:
        return story.figure(event.roles[role]).name

    def thing(event: Event) -> str:
        return story.thing(event.roles["object"]).phrase()

    def people(*not_these: str) -> list[str]:
        return [figure.name for figure in story.figures if figure.name not in not_these]

    match link.kind:
        case "handover-use":
            text, right = f"Who had given {thing(last)} to {name(last)}, who lifts it later?", name(first)
            return text, right, _some(rng, people(right, name(last)))
        case "hidden-found":
            text, right = f"Who had hidden {thing(last)} that {name(last)} finds?", name(first)
            return text, right, _some(rng, people(right, name(last)))
        case "promise-kept":
            text, right = f"Who keeps a promise by giving {thing(last)}?", name(last)
            return text, right, _some(rng, people(right, name(last, "to")))
        case "promise-broken":
            text = f"What becomes of the promise to give {thing(first)} to {name(first, 'to')}?"
            return text, "it is never kept", ["it is kept", "somebody else keeps it"]
        case "state-flipped":
            device = story.device(last.roles["device"])
            verb = PERFECT[SWITCHES[device.kind, first.roles["state"]]]
            text, right = f"Who had {verb} {device.phrase()} before {name(last)} came to it?", name(first)
            return text, right, _some(rng, people(right, name(last)))
        case "count":
            total = link.detail["total"]
            near = [NUMBERS[n] for n in range(max(1, total - 3), total + 4) if n != total]
            return f"How many coins does {name(first)} pick up in all?", NUMBERS[total], _some(rng, near)
        case "returns-changed":
            old = link.detail["old"]
            text = f"Which colour had {name(last)}, who lifts {thing(last)}, before?"
            return text, old, _some(rng, [c for c in COLOURS if c not in (old, link.detail["new"])])
        case "alias-revealed":
            right = name(last)
            return f"Who stole {thing(first)} behind a mask?", right, _some(rng, people(right, name(first, "of")))
        case "false-claim":
            text, right = f"{name(last)} says who stole {thing(last)}. Who really did?", name(first)
            blamed = name(last, "accused")
            return text, right, [blamed, *_some(rng, people(right, blamed, name(last)), 1)]
        case "causal-chain":
            right = thing(events[1])
            gate = story.device(events[1].roles["device"]).phrase()
            text = f"With what had {name(last)} opened {gate} to get {thing(last)}, which {name(last)} gives away?"
            return text, right, _some(rng, [t.phrase() for t in story.things if t.phrase() not in (right, thing(last))])
        case "plan-carried-out":
            text, right = f"Who had said beforehand: I will {deed_phrase(story, first)}?", name(first)
            return text, right, _some(rng, people(right))
        case "flashback":
            text, right = f"Who had hidden {thing(first)} before the film begins?", name(last)
            return text, right, _some(rng, people(right, name(first)))
    raise ValueError(f"there is no kind of link {link.kind!r}")


def _unanswerable(story: Story, rng: random.Random, number: int) -> dict[str, Any] | None:
    """A question of the same look about a thing that nobody hands over."""
    given = {e.roles["object"] for e in story.events() if e.predicate in ("give", "promise")}
    free = [thing for thing in story.things if thing.id not in given]
    if not free or len(story.figures) < 4:
        return None
    thing, taker = rng.choice(free), rng.choice(story.figures)
    others = [figure.name for figure in story.figures if figure is not taker]
    return {
        "id": f"q{number}",
        "question": f"Who had given {thing.phrase()} to {taker.name}, who lifts it later?",
        "options": [*rng.sample(others, 3), NOT_STATED],
        "answer": 3,
        "kind": "none",
        "evidence": [],
        "hops": 0,
        "gap": 0,
    }


def _some(rng: random.Random, values: Sequence[str], count: int = 2) -> list[str]:
    return rng.sample(list(values), min(count, len(values)))


def _options(right: str, wrong: Sequence[str], place: int) -> list[str]:
    options = list(wrong[:2])
    options.insert(min(place, len(options)), right)
    return [*options, NOT_STATED]


def _recoloured(story: Story, event: Event, right: str, rng: random.Random) -> str:
    """The sentence of `event` with its agent in another colour."""
    phrase = figure_phrase(story, event, event.roles["agent"], "appearance").rstrip(",")
    look = event.looks[event.roles["agent"]]
    colour = rng.choice([colour for colour in COLOURS if colour != look.colour])
    other = Look(colour, look.mark, look.shape).phrase()
    return f"T{other[1:]}{right[len(phrase) :].removeprefix(',')}"
