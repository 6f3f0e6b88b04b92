"""Which links between distant events a sentence tells, and which relations it makes up.

A link is told by one sentence that identifies both its ends and says how they belong together: by a look back ("that
Mira had given Tobo"), by going on ("and Tobo uses it") or by a cue ("as promised", "in all"). Link precision is links
told / (those + false relations): a look back or a cue in a sentence with claims counts as false if no link of the story
is told by it. Telling a link again is neither. Knows nothing of words but the cues that `claims` has found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from longvid_benchmarks.storyfilm.claims import Sentence
from longvid_benchmarks.storyfilm.frames import Claim
from longvid_benchmarks.storyfilm.story import Link, Story
from longvid_benchmarks.storyfilm.truth import Verdict
from longvid_benchmarks.storyfilm.vocabulary import FILLERS

FAR = 4
"""Clauses between the two ends of a relation in a sentence."""

CUES: dict[str, frozenset[str]] = {
    "promise-kept": frozenset({"promised"}),
    "promise-broken": frozenset({"promised", "broken"}),
    "plan-carried-out": frozenset({"planned"}),
    "count": frozenset({"total"}),
    "false-claim": frozenset({"falsely"}),
    "causal-chain": frozenset({"because"}),
    "flashback": frozenset({"flashback"}),
    "handover-use": frozenset({"because"}),
    "hidden-found": frozenset({"because"}),
}
"""Cues that each kind of link explains; "because" is true of those that make each other possible."""

STRONG = frozenset({"promised", "broken", "total", "falsely", "because", "flashback"})


@dataclass(frozen=True, slots=True)
class Told:
    """A link with the claims that tell it."""

    id: str
    claims: tuple[Claim, ...]


@dataclass(slots=True)
class Found:
    """What one sentence relates."""

    told: list[Told] = field(default_factory=list)
    """For the first time."""
    retold: list[Told] = field(default_factory=list)
    false: int = 0
    preferred: dict[int, str] = field(default_factory=dict)
    """id() of a claim -> the event that the link means by it."""


Way = tuple[dict[str, Claim], tuple[Claim, ...]]
"""One way to read a link into a sentence: event -> claim, and all claims that take part."""


class Relations:
    """The links of a story and which of them a text has told so far."""

    def __init__(self, story: Story) -> None:
        self.told: set[str] = set()
        plans = any(link.kind == "plan-carried-out" for link in story.links)
        self.strong = STRONG | ({"planned"} if plans else set())
        self.false = 0
        self.by_event: dict[str, list[Link]] = {}
        self.past = {event.id for event in story.events() if story.chunks[event.chunk].flashback}
        self.roles = {event.id: event.roles for event in story.events()}
        self.by_agent: dict[tuple[str, str | None], list[Link]] = {}
        self.rank: dict[str, int] = {}
        self.changed: dict[str, list[str]] = {}
        """What a figure that changed does in later chunks: any of it shows that it is the same one."""
        for number, link in enumerate(story.links):
            self.rank[link.id] = number
            for event in set(link.events):
                self.by_event.setdefault(event, []).append(link)
            if link.kind == "returns-changed":
                self.changed[link.id] = self._later(story, link)
            if link.kind in ("count", "promise-broken"):
                self.by_agent.setdefault((link.kind, self.roles[link.events[0]]["agent"]), []).append(link)

    def _later(self, story: Story, link: Link) -> list[str]:
        change = next(event for event in story.events() if event.id == link.events[0])
        return [
            event.id
            for event in story.events()
            if event.chunk > change.chunk
            and event.roles["agent"] == change.roles["agent"]
            and event.predicate not in FILLERS
            and not event.masked
            and event.id not in self.past
        ]

    def find(self, sentence: Sentence, judged: list[tuple[Claim, Verdict]]) -> Found:
        """The links that `sentence` tells; `judged` are its asserted claims."""
        found = Found()
        if not judged:
            return found
        cues = set(sentence.cues) & self.strong
        hits: dict[str, list[tuple[Claim, bool]]] = {}
        for claim, verdict in judged:
            if not claim.negative:
                for event in verdict.events:
                    hits.setdefault(event.id, []).append((claim, verdict.kind == "fact"))
        used: set[int] = set()
        explained: set[str] = set()
        spent: set[tuple[str, tuple[int, ...]]] = set()
        for link in self._candidates(hits, judged):
            way = next(iter(self._ways(link, hits, judged, cues)), None)
            if way is None:
                continue
            ends, claims = way
            key = (link.kind, tuple(sorted(id(claim) for claim in claims)))
            if key in spent:
                continue  # equal events: one sentence tells one of the links between them
            spent.add(key)
            told = Told(link.id, claims)
            if link.id in self.told:
                found.retold.append(told)
            else:
                self.told.add(link.id)
                found.told.append(told)
            found.preferred.update({id(claim): event for event, claim in ends.items()})
            used.update(id(claim) for claim in claims)
            used.update(id(claim) for event in link.events for claim, _ in hits.get(event, []))
            explained |= CUES.get(link.kind, frozenset())
        for link in self._candidates(hits, judged):  # true, though it does not say "flashback"
            if link.kind == "flashback" and all(event in hits for event in link.events):
                used.update(id(claim) for event in link.events for claim, _ in hits[event])
        if any(event in self.past for event in hits):
            explained.add("flashback")
        found.false = len(cues - explained) + sum(claim.back and id(claim) not in used for claim, _ in judged)
        found.false += sum(
            claim.identity and verdict.kind == "false" and not claim.back and not claim.negative
            for claim, verdict in judged
        )
        self.false += found.false
        return found

    def _candidates(self, hits: dict[str, list[tuple[Claim, bool]]], judged: list[tuple[Claim, Verdict]]) -> list[Link]:
        """Links that the sentence may be about, those not told yet first."""
        links = {link.id: link for event in hits for link in self.by_event.get(event, [])}
        for claim, _ in judged:
            kind = "count" if claim.predicate == "total" else "promise-broken"
            for link in self.by_agent.get((kind, claim.roles.get("agent")), []):
                links[link.id] = link
        return sorted(links.values(), key=lambda link: (link.id in self.told, self.rank[link.id]))

    def _ways(
        self,
        link: Link,
        hits: dict[str, list[tuple[Claim, bool]]],
        judged: list[tuple[Claim, Verdict]],
        cues: set[str],
    ) -> Iterator[Way]:
        first, last = link.events[0], link.events[-1]
        match link.kind:
            case "count":
                for claim, verdict in judged:
                    fits = claim.predicate == "total" and verdict.kind == "entailed" and not claim.negative
                    if fits and claim.roles["agent"] == self.roles[first]["agent"]:
                        yield {}, (claim,)
            case "returns-changed":
                for later in self.changed[link.id]:
                    yield from _pairs(hits, first, later)
            case "promise-broken":
                yield from self._never(link, hits, judged, cues)
            case "promise-kept" | "plan-carried-out":
                cue = "promised" if link.kind == "promise-kept" else "planned"
                own = any(cue in claim.cues for claim, _ in judged)
                for claim, whole in hits.get(last, []):
                    if whole and cue in (claim.cues if own else cues):
                        yield {last: claim}, (claim,)
                yield from _pairs(hits, first, last)
            case "causal-chain":
                because = "because" in cues
                for ends, claims in _pairs(hits, first, last, related=because):
                    between = [claim for event in link.events[1:-1] for claim, _ in hits.get(event, [])]
                    if between:
                        yield ends, tuple(dict.fromkeys((*claims, *between)))
            case "flashback":
                if "flashback" in cues:
                    yield from _pairs(hits, first, last)
            case "false-claim":
                yield from _pairs(hits, first, last, related="falsely" in cues)
            case _:
                yield from _pairs(hits, first, last)

    def _never(
        self,
        link: Link,
        hits: dict[str, list[tuple[Claim, bool]]],
        judged: list[tuple[Claim, Verdict]],
        cues: set[str],
    ) -> Iterator[Way]:
        """ "never gives it as promised", "promises to give it but never does"."""
        event = link.events[0]
        promised = [claim for claim, whole in hits.get(event, []) if whole]
        for claim, _ in judged:
            roles = self.roles[event]
            if claim.predicate == "give" and claim.negative and all(claim.roles.get(r) == v for r, v in roles.items()):
                if cues & {"promised", "broken"}:
                    yield {}, (claim,)
                for promise in promised:
                    yield {event: promise}, (promise, claim)
        if "broken" in cues:
            for promise in promised:
                yield {event: promise}, (promise,)


def _pairs(hits: dict[str, list[tuple[Claim, bool]]], first: str, last: str, *, related: bool = False) -> Iterator[Way]:
    """Two claims, one for each end (the later one a whole fact), one of which looks back."""
    for end, whole in reversed(hits.get(last, [])):
        for begin, _ in sorted(hits.get(first, []), key=lambda hit: not hit[0].back):
            near = abs(begin.clause - end.clause) <= FAR
            if whole and begin is not end and near and (related or begin.back or end.back or end.anaphor):
                yield {first: begin, last: end}, (begin, end)
