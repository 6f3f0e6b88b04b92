"""Clause -> claim: which event of the story's world a verb and what stands around it describe, and in which roles.

One small function a verb sense. A claim may be incomplete (a role left out) or anonymous (a role filled with None);
what that earns is for `scorer` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import product

from longvid_benchmarks.storyfilm.intents import PLANNING, Frame, planned
from longvid_benchmarks.storyfilm.mentions import MASKED, Item

BREAK = Item("break", None, -1)
"""Between what leads a clause and what follows its verb."""

SWITCHERS = frozenset({"open", "unlock", "close", "turn", "raise", "lower", "light", "extinguish", "put"})
"""Senses whose "it" is rather a device."""

PARTICLES = frozenset({"up", "on", "off", "out", "down", "away", "back", "over"})
"""Part of the verb: what follows is its object, as in "turns on the lamp"."""

Roles = dict[str, str | None]


@dataclass(slots=True, eq=False)
class Clause:
    """A verb and what stands around it."""

    sense: str
    word: str
    number: int
    at: int
    quoted: bool = False
    subject: list[Item] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)
    right: list[Item] = field(default_factory=list)
    gap: Item | None = None
    """The object of a relative clause: "the key" of "the key that Mira had hidden"."""
    to: list[Item] = field(default_factory=list)
    parent: Clause | None = None
    relative: bool = False
    complement: bool = False
    """What somebody says, as opposed to what happens."""
    infinitive: bool = False
    gerund: bool = False
    passive: bool = False
    negative: bool = False
    perfect: bool = False
    having: bool = False
    anaphor: bool = False
    """Says "it": goes on about what was told before."""
    present: bool = False
    modal: bool = False
    could: bool = False
    bare_participle: bool = False
    participle_only: bool = False
    sub: str = ""
    """The conjunction that opens it."""


@dataclass(slots=True, eq=False)
class Claim:
    """That something happened. Roles as in `story.Event`, with the place and a change's old colour where told."""

    predicate: str
    """As in the vocabulary, "plan hide" and such of a plan, or "total" for coins picked up in all."""
    roles: Roles
    at: int
    clause: int
    negative: bool = False
    reported: bool = False
    back: bool = False
    """Told as something that came before or that the main clause builds on."""
    anaphor: bool = False
    cues: frozenset[str] = frozenset()
    """Cues that stand in its own clause."""
    identity: bool = False
    """Says who a masked figure is, without telling how the mask came off."""


@dataclass(slots=True)
class _Parts:
    """A clause's mentions by what they can be."""

    subject: list[Item] = field(default_factory=list)
    figures: list[str | None] = field(default_factory=list)
    objects: list[str | None] = field(default_factory=list)
    devices: list[str | None] = field(default_factory=list)
    coins: list[str | None] = field(default_factory=list)
    colours: list[str | None] = field(default_factory=list)
    by: dict[str, list[Item]] = field(default_factory=dict)
    """Preposition -> the mentions after it."""
    places: list[str | None] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    cues: set[str] = field(default_factory=set)
    chest: bool = False
    mask: bool = False
    owners: list[str | None] = field(default_factory=list)

    def after(self, kind: str, *prepositions: str) -> list[str | None]:
        return [item.value for prep in prepositions for item in self.by.get(prep, []) if item.kind == kind]


def _parts(clause: Clause) -> _Parts:
    parts = _Parts(subject=clause.subject)
    if clause.gap is not None:
        _direct(parts, clause.gap)
    prep = ""
    held = ""
    """The preposition that still holds after "and"."""
    for item in clause.right:
        match item.kind:
            case "prep":
                parts.words.add(item.word)
                prep = "" if item.word in PARTICLES else str(item.value)
                held = ""
            case "conj":
                prep = held
            case "break":
                prep = held = ""
            case "chest":
                parts.chest = True
                prep = held = ""
            case "mask":
                parts.mask = True
            case "cue":
                parts.cues.add(item.word)
            case "place":
                parts.places.append(item.value)
                prep = held = ""
            case "owner":
                parts.owners.append(item.value)
            case "figure" | "thing" | "device" | "coins" | "colour":
                if prep:
                    parts.by.setdefault(prep, []).append(item)
                    held, prep = prep, ""
                else:
                    _direct(parts, item)
                    held = ""
            case _:
                pass
    for item in clause.to:
        parts.by.setdefault("to", []).append(item)
    if clause.passive:
        for item in clause.subject:
            if item.kind != "figure":
                _direct(parts, item)
    return parts


def _direct(parts: _Parts, item: Item) -> None:
    target = {
        "figure": parts.figures, "thing": parts.objects, "device": parts.devices, "coins": parts.coins,
        "colour": parts.colours,
    }.get(item.kind)  # fmt: skip
    if target is not None:
        target.append(item.value)


def _agents(clause: Clause, parts: _Parts) -> list[str | None]:
    if clause.passive:
        return parts.after("figure", "by")
    return [item.value for item in clause.subject if item.kind == "figure"]


def _patients(clause: Clause, parts: _Parts) -> list[str | None]:
    """Figures that it is done to: direct objects, or the subject of a passive."""
    return [i.value for i in clause.subject if i.kind == "figure"] if clause.passive else parts.figures


def _give(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    receivers = parts.after("figure", "to") or _patients(clause, parts) or (parts.figures if clause.passive else [])
    things = parts.objects or parts.after("thing", "with")
    if things:
        yield "give", {"agent": _agents(clause, parts), "object": things, "to": receivers}


def _receive(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    giver = parts.after("figure", "from")
    if clause.passive:
        yield "give", {"agent": giver, "object": parts.objects, "to": parts.after("figure", "by")}
    elif parts.objects and giver:
        yield "give", {"agent": giver, "object": parts.objects, "to": _agents(clause, parts)}


def _plain(predicate: str) -> Callable[[Clause, _Parts], Iterator[Frame]]:
    def frame(clause: Clause, parts: _Parts) -> Iterator[Frame]:
        if parts.objects:
            yield predicate, {"agent": _agents(clause, parts), "object": parts.objects, "place": parts.places}
        elif predicate == "find" and parts.coins:
            yield "collect", {"agent": _agents(clause, parts), "count": parts.coins}

    return frame


def _put(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    if "out" in parts.words and parts.devices:
        yield from _switch("put out", clause, parts)
    elif parts.chest:
        yield from _plain("hide")(clause, parts)


def _steal(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    things = parts.objects or parts.after("thing", "of")
    victims = parts.after("figure", "from", "of") or _patients(clause, parts) or parts.owners
    if things:
        yield "steal", {"agent": _agents(clause, parts), "object": things, "of": victims}


def _take(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    if parts.mask and not parts.objects:
        yield "unmask", {"agent": _agents(clause, parts)}
    elif "down" in parts.words and parts.devices:
        yield from _switch("take down", clause, parts)
    elif parts.coins:
        yield "collect", {"agent": _agents(clause, parts), "count": parts.coins}
    elif parts.after("figure", "from") or parts.owners:
        yield from _steal(clause, parts)
    elif parts.chest:
        yield from _plain("find")(clause, parts)
    elif parts.objects:
        yield "take", {"agent": _agents(clause, parts), "object": parts.objects,
                       "device": parts.after("device", "from", "of", "in", "inside")}  # fmt: skip


def _open(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    key = parts.after("thing", "with", "by")
    if key and parts.devices:
        yield "unlock", {"agent": _agents(clause, parts), "device": parts.devices, "object": key}
    else:
        yield from _switch("open", clause, parts)


def _switch(sense: str, clause: Clause, parts: _Parts) -> Iterator[Frame]:
    if parts.devices:
        yield f"switch {sense}", {"agent": _agents(clause, parts), "device": parts.devices}


def _turn(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    for particle in ("on", "off"):
        if particle in parts.words:
            yield from _switch(f"turn {particle}", clause, parts)
            return
    yield from _change(clause, parts)


def _change(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    new = parts.after("colour", "to", "into") or parts.colours
    if new:
        agents = _patients(clause, parts) if clause.passive else _agents(clause, parts)
        yield "change", {"agent": agents, "colour": new, "old": parts.after("colour", "from")}


def _collect(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    coins = parts.coins or parts.after("coins", "of")
    if coins:
        yield "collect", {"agent": _agents(clause, parts), "count": coins}


def _unmask(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    yield "unmask", {"agent": _patients(clause, parts) or _agents(clause, parts)}


def _be(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    """ "the masked figure is Mira", either way round."""
    one = [item.value for item in clause.subject if item.kind == "figure"]
    two = parts.figures + parts.after("figure", "as")
    if MASKED in one:
        yield "unmask", {"agent": two or [None]}
    elif MASKED in two:
        yield "unmask", {"agent": one or [None]}


def _alone(predicate: str) -> Callable[[Clause, _Parts], Iterator[Frame]]:
    def frame(clause: Clause, parts: _Parts) -> Iterator[Frame]:
        for agent in _agents(clause, parts):
            yield predicate, {"agent": [agent]}

    return frame


def _greet(clause: Clause, parts: _Parts) -> Iterator[Frame]:
    others = parts.after("figure", "to", "at") or _patients(clause, parts)
    subjects = [item.value for item in clause.subject if item.kind == "figure"]
    if clause.passive:
        yield "greet", {"agent": parts.after("figure", "by"), "to": others}
    elif others:
        yield "greet", {"agent": subjects, "to": others}
    elif len(subjects) == 2:
        yield "greet", {"agent": subjects[:1], "to": subjects[1:]}


FRAMES: dict[str, Callable[[Clause, _Parts], Iterator[Frame]]] = {
    "give": _give, "receive": _receive, "use": _plain("use"), "hide": _plain("hide"), "find": _plain("find"),
    "put": _put, "steal": _steal, "take": _take, "open": _open, "unlock": _open, "turn": _turn, "change": _change,
    "pick": _collect, "collect": _collect, "unmask": _unmask, "be": _be, "identity": _be, "greet": _greet,
    "dance": _alone("dance"), "sleep": _alone("sleep"), "jump": _alone("jump"), "walk": _alone("walk"),
    **{sense: partial(_switch, sense) for sense in ("close", "raise", "lower", "light", "extinguish")},
}  # fmt: skip


def claims(clauses: list[Clause], because: bool, plans: bool = False) -> Iterator[Claim]:
    """The claims of a sentence; where it gives reasons (`because`), "could" is no doubt. `plans`: plans are facts."""
    spoken: dict[int, list[Frame]] = {}
    skip: set[int] = set()
    for clause in clauses:  # "uses the key to open the gate" is one act
        up = clause.parent
        if clause.infinitive and up is not None and up.sense == "use" and clause.sense in ("open", "unlock"):
            key = _parts(up).objects
            clause.right = [*clause.right, *(piece for id in key for piece in (_WITH, Item("thing", id, clause.at)))]
            clause.infinitive = False
            skip.add(up.number)
    for clause in clauses:
        frame = None if clause.number in skip else FRAMES.get(clause.sense)
        spoken[clause.number] = [] if frame is None else list(frame(clause, _parts(clause)))
    for clause in clauses:
        frames = spoken[clause.number]
        up = clause.parent
        said = clause.quoted or clause.complement or (clause.modal and not clause.could)
        reported = said or (clause.could and not (clause.relative or because))
        negative = clause.negative
        if up is not None and up.sense == "fail" and (clause.infinitive or clause.gerund):
            negative = not negative
        elif clause.infinitive and up is not None and up.sense != "manage":
            reported = True
        if clause.infinitive and up is None:  # "keeps the promise to give", "breaks the promise to give"
            cues = _parts(clause).cues
            reported = not cues
            if "broken" in cues:
                frames = [("promise", roles) for predicate, roles in frames if predicate == "give"]
        if clause.sense == "promise":
            frames, reported = list(_promise(clause, clauses, spoken)), said
        elif clause.sense in ("say", "accuse"):
            frames, reported = list(_says(clause, clauses, spoken)), said
        if plans and not frames and (clause.sense == "say" or clause.word in PLANNING):
            frames, reported = list(planned(clause, clauses, spoken, _agents(clause, _parts(clause)))), said
        back = (clause.relative or clause.perfect) and not reported
        for predicate, roles in frames:
            parts = _parts(clause)
            for claim in _expand(predicate, roles, clause, parts.places):
                claim.cues, claim.anaphor = frozenset(parts.cues), clause.anaphor
                if claim.predicate == "collect" and "total" in parts.cues:
                    claim.predicate = "total"
                claim.negative, claim.reported, claim.back = negative, reported, back
                claim.identity = clause.sense in ("be", "identity")
                yield claim


_WITH = Item("prep", "with", -1, word="with")


def _promise(clause: Clause, clauses: list[Clause], spoken: dict[int, list[Frame]]) -> Iterator[Frame]:
    """ "promises to give X to Y", "promises that she will give", "promises Y the X"."""
    parts = _parts(clause)
    child = next((c for c in clauses if c.parent is clause and (c.infinitive or c.complement)), None)
    if child is not None:
        for predicate, roles in spoken[child.number]:
            if predicate == "give":
                agents = _agents(clause, parts) or roles["agent"]
                yield "promise", {"agent": agents, "object": roles["object"],
                                  "to": roles["to"] or parts.after("figure", "to") or parts.figures}  # fmt: skip
    else:
        for _, roles in _give(clause, parts):
            yield "promise", roles


def _says(clause: Clause, clauses: list[Clause], spoken: dict[int, list[Frame]]) -> Iterator[Frame]:
    """ "says that Y stole the X", "accuses Y of stealing the X"."""
    parts = _parts(clause)
    child = next((c for c in clauses if c.parent is clause and c.complement), None)
    if child is None or child.negative:
        return
    for predicate, roles in spoken[child.number]:
        if predicate == "steal":
            yield "claim", {"agent": _agents(clause, parts), "accused": roles["agent"], "object": roles["object"],
                            "of": roles["of"]}  # fmt: skip


def _expand(
    predicate: str, roles: dict[str, list[str | None]], clause: Clause, places: list[str | None]
) -> Iterator[Claim]:
    """One claim for every way to fill the roles, as "A and B" fills one twice."""
    predicate, _, sense = predicate.partition("switch ")
    predicate += "switch" if sense else ""
    filled = {role: list(dict.fromkeys(values))[:6] for role, values in roles.items() if values}
    for values in product(*filled.values()):
        told: Roles = dict(zip(filled, values, strict=True))
        if sense:
            told["sense"] = sense
        if places and "place" not in told:
            told["place"] = places[0]
        yield Claim(predicate, told, clause.at, clause.number)
