"""Whether a claim is so: claims against the events of one story.

Knows what each predicate needs to be a whole fact and what is enough to refer to one. Knows nothing of texts.
"""

from __future__ import annotations

from dataclasses import dataclass

from longvid_benchmarks.storyfilm import lexicon
from longvid_benchmarks.storyfilm.frames import Claim
from longvid_benchmarks.storyfilm.mentions import MASKED
from longvid_benchmarks.storyfilm.story import Event, Story
from longvid_benchmarks.storyfilm.vocabulary import DEEDS

NEEDS: dict[str, tuple[str, ...]] = {
    "give": ("agent", "object", "to"),
    "use": ("agent", "object"),
    "hide": ("agent", "object"),
    "find": ("agent", "object"),
    "promise": ("agent", "object", "to"),
    "steal": ("agent", "object", "of"),
    "switch": ("agent", "device"),
    "collect": ("agent", "count"),
    "change": ("agent", "colour"),
    "unmask": ("agent",),
    "claim": ("agent", "object", "accused"),
    "unlock": ("agent", "device", "object"),
    "take": ("agent", "object", "device"),
    "greet": ("agent", "to"),
    "dance": ("agent",),
    "sleep": ("agent",),
    "jump": ("agent",),
    "walk": ("agent",),
    "total": ("agent", "count"),
}
NEEDS |= {f"plan {deed}": NEEDS[deed] for deed in DEEDS}
"""Roles without which the fact is not told. Others (place, old colour) must be right where they are told."""

REFERS: dict[str, tuple[str, ...]] = {
    "give": ("agent", "object"),
    "steal": ("agent", "object"),
    "take": ("agent", "object"),
    "unlock": ("agent", "device"),
}
"""Fewer roles, enough to refer back to a fact: "the key that Mira had given him". For other predicates as `NEEDS`."""

UNIQUE = frozenset({"give", "promise", "steal", "claim", "unlock", "take", "change"})
"""Of these, a claim that is right but for one role contradicts what was shown; others may just have been made up."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a claim is worth."""

    kind: str
    """"fact": `events` are told by it. "reference": it refers to one of `events` without telling it whole. "entailed":
    true, but less than a fact. "anonymous": it does not say who or what. "false"."""
    events: tuple[Event, ...] = ()
    contradiction: bool = False


class Truth:
    """The events of a story, by what they are about."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.kinds = {device.id: device.kind for device in story.devices}
        self.about: dict[tuple[str, str], list[Event]] = {}
        for event in story.events():
            if event.predicate == "introduce":
                continue
            predicate = f"plan {event.roles['deed']}" if event.predicate == "plan" else event.predicate
            for about in {event.roles[_main(predicate)], MASKED if event.masked else event.roles["agent"]}:
                self.about.setdefault((predicate, about), []).append(event)
        self.totals = {
            self._event_agent(link.events[0]): str(link.detail["total"]) for link in story.links if link.kind == "count"
        }
        self.broken = {
            (roles["agent"], roles["object"], roles["to"])
            for link in story.links
            if link.kind == "promise-broken"
            for event in story.events()
            if event.id == link.events[0]
            for roles in (event.roles,)
        }

    def _event_agent(self, id: str) -> str:
        return next(event.roles["agent"] for event in self.story.events() if event.id == id)

    def judge(self, claim: Claim) -> Verdict:
        """Hold a claim, as if it were asserted and positive, against the story."""
        needs = NEEDS[claim.predicate]
        refers = REFERS.get(claim.predicate, needs)
        roles = claim.roles
        if any(roles.get(role) is None for role in refers) or None in roles.values():
            return Verdict("anonymous")
        if claim.predicate == "total":
            agent = str(roles["agent"])
            return Verdict("entailed") if self.totals.get(agent) == roles["count"] else Verdict("false", (), True)
        if claim.predicate == "unmask" and roles["agent"] == MASKED:
            return Verdict("anonymous")
        near = self.about.get((claim.predicate, str(roles[_main(claim.predicate)])), [])
        told = tuple(event for event in near if self._misfits(claim, event) == 0)
        if told:
            return Verdict("fact" if all(role in roles for role in needs) else "reference", told)
        if self._entailed(claim):
            return Verdict("entailed")
        contradiction = claim.identity or (
            claim.predicate in UNIQUE and any(self._misfits(claim, event) == 1 for event in near)
        )
        if claim.predicate == "switch":
            contradiction = any(event.roles["agent"] == roles["agent"] for event in near)
        elif claim.predicate == "give":
            contradiction = contradiction or (roles["agent"], roles["object"], roles.get("to")) in self.broken
        return Verdict("false", (), contradiction)

    def _misfits(self, claim: Claim, event: Event) -> int:
        """How many of the claim's roles are not as in the event."""
        return sum(not self._fits(role, str(value), event) for role, value in claim.roles.items())

    def _fits(self, role: str, value: str, event: Event) -> bool:
        if role == "place":
            # The place of a plan is that of its deed.
            return event.roles.get("place", self.story.chunks[event.chunk].place) == value
        if role == "old":
            return event.looks[event.roles["agent"]].colour == value
        if role == "sense":
            device = event.roles["device"]
            return (self.kinds[device], event.roles["state"]) in lexicon.SWITCHING[value]
        own = event.roles.get(role)
        if value == MASKED:
            return own in event.looks and event.looks[str(own)].masked
        # Who was robbed is not part of what somebody says about it.
        return own == value or (own is None and event.predicate == "claim" and role == "of")

    def _entailed(self, claim: Claim) -> bool:
        """Less than a fact, yet true: the gate was opened (with a key), the key was used (on a gate), they met."""
        roles = claim.roles
        if claim.predicate == "switch" and roles["sense"] in ("open", "unlock"):
            return any(
                self._fits("agent", str(roles["agent"]), event)
                for event in self.about.get(("unlock", str(roles["device"])), [])
            )
        if claim.predicate == "use":
            return any(
                event.roles["object"] == roles["object"]
                for event in self.about.get(("unlock", str(roles["agent"])), [])
            )
        if claim.predicate == "greet":
            return any(
                event.roles.get("to") == roles["agent"] for event in self.about.get(("greet", str(roles["to"])), [])
            )
        return False


def _main(predicate: str) -> str:
    """The role that an event is looked up by."""
    needs = NEEDS[predicate]
    if "device" in needs and not predicate.endswith("take"):
        return "device"
    return "object" if "object" in needs else "agent"
