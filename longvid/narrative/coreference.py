"""Who is who over a whole film, by code: names, descriptions, descriptions that change, disguises that come off.

Every phrase that calls somebody something is bound to one entity. The rules are those of any film: two seen together
are two; a description belongs to one entity at a time and moves only when it is seen to change; a name binds for good,
and in one chunk to one description; who is unmasked was the masked one before. What rules cannot decide stays apart and
is listed as a doubt, which a model may settle (`resolve(..., joined=...)`). Uses the whole film, so a name said late
names what was seen early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from longvid.captions.events import Event
from longvid.narrative.descriptions import bare_name, description_key, has_description, head_of, may_be_one, repainted
from longvid.narrative.entities import Cast, Sense, understand
from longvid.narrative.mentions import Cluster, Clusters
from longvid.narrative.phrases import CONCEALED, DISGUISE, GARMENTS, HE, LIVING, PLURALS, SHE, Phrase

WILLED = frozenset({"say", "transfer", "seize", "promise", "intend", "meet", "hide", "find", "change", "don", "doff"})
"""Classes of verbs of which only somebody is the agent."""
MOVING = frozenset({"bring", "send", "throw", "toss", "slip", "return"})
"""Transfers whose "to" may be a place."""
GREETING = frozenset({"meet", "greet", "hug", "embrace", "kiss", "wave at", "wave to", "talk to", "speak to", "nod at"})
NEAR = 2
"""Chunks back that "the man" may refer to."""


@dataclass(frozen=True, slots=True)
class CoreferenceRules:
    """Which rules apply; all do, but for measurements of what each is worth."""

    same: bool = True
    """Without it every wording is an entity of its own."""
    lookahead: bool = True
    """Without it a name or an unmasking says nothing of what was seen before."""


def resolve(
    events: Iterable[Event], rules: CoreferenceRules | None = None, joined: Iterable[tuple[str, str]] = ()
) -> Cast:
    """The cast of `events`, which are in the order of the film.

    `joined` are pairs of ids from an earlier `resolve` of the same events that are one entity after all.
    """
    return _Resolver(understand(events), rules or CoreferenceRules()).resolve(joined)


class _Resolver:
    """One pass over the events in order; clusters found to be one are united at the end."""

    def __init__(self, senses: tuple[Sense, ...], rules: CoreferenceRules) -> None:
        self.senses, self.rules = senses, rules
        self.clusters = Clusters()
        self.by_name: dict[str, Cluster] = {}
        self.owner: dict[str, Cluster] = {}
        """Description -> who has it now."""
        self.disguises: dict[str, Cluster] = {}
        self.bound: dict[tuple[str, Phrase], Cluster] = {}
        self.concealed: set[tuple[str, Phrase]] = set()
        self.unbound: list[tuple[str, Phrase]] = []
        self.called: dict[tuple[int, str], str] = {}
        """(chunk, name) -> the first description that has the name there."""
        self.reveals: set[str] = set()
        self.twins: set[str] = set()
        """Disguises that two have at once."""
        self.animate = self._animate()
        self.common = {word for s in senses for word in f"{s.event.what} {s.event.who}".split() if word.islower()}

    def resolve(self, joined: Iterable[tuple[str, str]]) -> Cast:
        for _, group in groupby(enumerate(self.senses), key=lambda item: item[1].event.chunk):
            here = list(group)
            coming: dict[str, str] = {
                description_key(p.description): p.name
                for _, s in here
                for p in s.phrases()
                if p.name and p.description and p.modifiers and self._is_name(p.name)
            }
            previous: list[Cluster] = []
            for position, sense in here:
                previous = self._read(position, sense, coming, previous) or previous
        self.clusters.join(joined)
        return self._cast()

    def _read(self, position: int, sense: Sense, coming: Mapping[str, str], previous: list[Cluster]) -> list[Cluster]:
        """Bind the phrases of an event; return who is in it."""
        event = sense.event
        seen: list[Cluster] = []
        told = self._told(sense)
        for phrase in sense.phrases():
            key = (event.id, phrase)
            if key in self.bound or not self._means_somebody(phrase):
                continue
            cluster = self._find(phrase, sense, coming, previous, seen)
            if cluster is None:
                # "They" after somebody was named says enough where it stands.
                if phrase.description in ("he", "she", "him", "her") or (
                    phrase.description in PLURALS and not previous
                ):
                    self.unbound.append(key)
                continue
            self.bound[key] = cluster
            cluster.events.append((position, event.id))
            if phrase not in told:
                cluster.chunks.add(event.chunk)
                cluster.last = event.chunk
                seen.append(cluster)
        self._changes(sense)
        self._unmaskings(sense)
        self.clusters.meet(seen)
        return list(dict.fromkeys(seen))

    def _told(self, sense: Sense) -> set[Phrase]:
        """Phrases that are only talked of, so that who they mean need not be there."""
        found: set[Phrase] = set()
        for clause in sense.clauses:
            if clause.complement is not None and clause.classes & {"say", "promise", "intend"}:
                part = clause.complement
                found |= {p for p in (part.subject, part.object) if p is not None} | {p for _, p in part.others}
        return found

    # -- who a phrase means ----------------------------------------------------------------------------------------

    def _animate(self) -> set[str]:
        """Looks (by their keys) that stand for somebody: persons, who has a name too, who does what only somebody does.

        A thing that falls or rings is no entity, or all that is done with it would be done to somebody.
        """
        found: set[str] = set()

        def add(phrase: Phrase | None) -> None:
            if phrase is not None and phrase.description and not phrase.is_pronoun:
                found.add(description_key(phrase.description))

        for sense in self.senses:
            if any(clause.classes & WILLED for clause in sense.clauses):
                for agent in sense.agents:
                    add(agent)
            for phrase in sense.phrases():
                if phrase.name or phrase.head in LIVING:
                    add(phrase)
            for clause in sense.clauses:
                for part in (clause, clause.complement):
                    if part is None:
                        continue
                    if "transfer" in part.classes and part.verb not in MOVING:
                        add(part.of("to"))
                    if "seize" in part.classes:
                        add(part.of("from"))
                    if "meet" in part.classes and part.verb in GREETING:
                        add(part.object)
                if clause.complement is not None and clause.complement.classes & WILLED:
                    add(clause.complement.subject)
        return found

    def _is_name(self, name: str) -> bool:
        """A capital at the beginning of a line makes no name of a common word."""
        return name.lower() not in self.common

    def _means_somebody(self, phrase: Phrase) -> bool:
        if phrase.name and self._is_name(phrase.name):
            return True
        if phrase.is_pronoun:
            return True
        description = self._description(phrase)
        known = description is not None and (
            description_key(description) in self.animate or description_key(description) in self.owner
        )
        return known or self._is_concealed(phrase)

    def _description(self, phrase: Phrase) -> str | None:
        """The description of a phrase, a common word with a capital included."""
        if phrase.name and not self._is_name(phrase.name):
            return f"{phrase.description or ''} {phrase.name.lower()}".strip()
        return phrase.description

    def _is_concealed(self, phrase: Phrase) -> bool:
        return not phrase.name and bool(phrase.modifiers & CONCEALED)

    def _find(
        self,
        phrase: Phrase,
        sense: Sense,
        coming: Mapping[str, str],
        previous: list[Cluster],
        seen: list[Cluster],
    ) -> Cluster | None:
        chunk = sense.event.chunk
        name = phrase.name if phrase.name and self._is_name(phrase.name) else None
        description = self._description(phrase) if not phrase.is_pronoun else None
        if not self.rules.same:
            return self._literal(phrase, chunk)
        if phrase.is_pronoun:
            return _referent(phrase.description or "", [cluster for cluster in previous if cluster not in seen])
        if phrase.owned and name is None:
            return None  # "her brother" is not everybody's brother
        if self._is_concealed(phrase) and description:
            return self._masked(phrase, description, sense)
        if (
            name is None
            and description
            and not phrase.other
            and self.rules.lookahead
            and description_key(description) not in self.owner
        ):
            name = coming.get(description_key(description))
        if name is not None and self._is_believed(name, description, phrase, chunk):
            return self._named(name, description, phrase, chunk)
        found = self._by_description(description or "", phrase, chunk, seen, past=sense.event.past)
        called = self._called(name) if name is not None else None
        if called is not None:
            self.clusters.doubt(called, found)
        return found

    def _masked(self, phrase: Phrase, description: str, sense: Sense) -> Cluster:
        cluster = self.disguises.get(description)
        if cluster is not None and phrase.other:
            # Two in the same disguise: nobody can tell any more which of them is meant.
            self.twins.add(description)
        if cluster is None or phrase.other:
            cluster = self.clusters.add(sense.event.chunk, description=description)
            cluster.masked = True
            self.disguises[description] = cluster
        self.concealed.add((sense.event.id, phrase))
        return cluster

    def _literal(self, phrase: Phrase, chunk: int) -> Cluster:
        words = phrase.say()
        cluster = self.owner.get(words)
        if cluster is None:
            cluster = self.clusters.add(chunk, name=phrase.name, description=phrase.description)
            self.owner[words] = cluster
        return cluster

    def _named(self, name: str, description: str | None, phrase: Phrase, chunk: int) -> Cluster:
        cluster = self._called(name)
        holder = self.owner.get(description_key(description)) if description else None
        if holder is not None and not phrase.modifiers and (holder.last != chunk or not phrase.definite):
            holder = None  # "the nurse" was anybody
        if cluster is None and holder is not None and not self.clusters.names(holder.id) and self.rules.lookahead:
            cluster = holder
        if cluster is None:
            cluster = self.clusters.add(chunk, description=description)
        elif holder is not None and self.rules.lookahead and not self.clusters.apart(holder.id, cluster.id):
            # Seen before its name was known, by a description that now turns out to be hers.
            self.clusters.unite(cluster.id, holder.id)
        if name not in cluster.names:
            cluster.names.append(name)
        self.by_name[name] = cluster
        if description:
            self._give(description, cluster, chunk)
        return cluster

    def _is_believed(self, name: str, description: str | None, phrase: Phrase, chunk: int) -> bool:
        """Whether who looks like this has this name, too: weak eyes give the name that they have just read to the next
        entity as well, and a name binds for good. So of two descriptions in one chunk that are not plainly one, the
        first has the name; and who was seen together with somebody of this name never has it."""
        if description is None or not phrase.modifiers:
            return True
        called, holder = self._called(name), self.owner.get(description_key(description))
        if called and holder and not self.clusters.names(holder.id) and self.clusters.apart(called.id, holder.id):
            return False
        first = self.called.setdefault((chunk, name), description)
        return may_be_one(first, description) or holder is called

    def _called(self, name: str) -> Cluster | None:
        return self.by_name.get(name) or self._in_part(name)

    def _in_part(self, name: str) -> Cluster | None:
        """The one entity whose name holds this one or is held by it: "Renault" is "Captain Renault"."""
        words = bare_name(name)
        found = {
            id(cluster): cluster
            for known, cluster in self.by_name.items()
            if words and (words <= bare_name(known) or bare_name(known) <= words) and bare_name(known)
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _by_description(
        self, description: str, phrase: Phrase, chunk: int, seen: list[Cluster], *, past: bool
    ) -> Cluster:
        bare = not phrase.modifiers
        cluster = None if phrase.other else self.owner.get(description_key(description))
        if cluster is not None and bare:
            # "A man" is somebody new unless he was just here; "the man" unless there are others by now.
            stale = chunk != cluster.last if not phrase.definite else chunk - cluster.last > NEAR
            if cluster in seen or (not phrase.definite and stale) or (stale and self._heads(phrase.head) > 1):
                cluster = None
        if cluster is not None:
            return cluster
        if past and not phrase.other:
            # In a flashback somebody looks as in those days.
            before = [
                b
                for b in self.clusters.all
                if any(description_key(text) == description_key(description) for text, _ in b.descriptions)
            ]
            if len(before) == 1:
                return before[0]
        if bare and phrase.number is None and phrase.definite and phrase.head in LIVING:
            near = [
                b for b in self.clusters.all
                if b not in seen and chunk - b.last <= NEAR and b.descriptions and head_of(b.descriptions[-1][0]) ==
                phrase.head
            ]  # fmt: skip
            if len(near) == 1:
                return near[0]
        made = self.clusters.add(chunk, description=description)
        self._give(description, made, chunk)
        return made

    def _heads(self, head: str) -> int:
        return sum(
            any(head_of(description) == head for description, _ in cluster.descriptions)
            for cluster in self.clusters.all
        )

    def _give(self, description: str, cluster: Cluster, chunk: int) -> None:
        self.owner[description_key(description)] = cluster
        if all(text != description for text, _ in cluster.descriptions):
            cluster.descriptions.append((description, chunk))

    # -- descriptions that change, disguises that come off -----------------------------------------------------------

    def _changes(self, sense: Sense) -> None:
        cluster = self.bound.get((sense.event.id, sense.agents[0])) if sense.agents else None
        if cluster is None:
            return
        for clause in sense.clauses:
            if not clause.done:
                continue
            new, old = clause.of("to", "into"), clause.of("from")
            descriptions = [
                description
                for description, _ in cluster.descriptions
                if self.owner.get(description_key(description)) is cluster
            ]
            # With an object, something else is changed; "turns to the window" changes nothing.
            turned = clause.verb != "turn" or clause.of("into") is not None or has_description(descriptions, old)
            if "change" in clause.classes and clause.object is None and turned and new is not None and new.description:
                for description in descriptions:
                    del self.owner[description_key(description)]
                    changed = repainted(description, old.description if old else None, new)
                    self._give(changed, cluster, sense.event.chunk)
            worn = clause.object
            if "don" in clause.classes and worn is not None and worn.head in GARMENTS:
                # Called by it or not, the entity may be either from now on.
                for description in descriptions:
                    self._give(repainted(description, None, worn), cluster, sense.event.chunk)

    def _unmaskings(self, sense: Sense) -> None:
        if not sense.agents or not self.rules.lookahead or not self.rules.same:
            return
        mask = sense.agents[0]
        hidden = self.bound.get((sense.event.id, mask))
        if hidden is None or not hidden.masked or (mask.description or "") in self.twins:
            return
        for clause in sense.clauses:
            shown = clause.object if "be" in clause.classes and clause.done else None
            inner = clause.complement
            if inner is not None and "be" in inner.classes and inner.done and not clause.classes & {"say", "intend"}:
                shown = inner.object
            if shown is None or not (shown.name or (shown.article == "the" and shown.modifiers)):
                continue  # "is a thief" names nobody
            cluster = self.bound.get((sense.event.id, shown))
            if cluster is not None and cluster is not hidden and not self.clusters.apart(cluster.id, hidden.id):
                self.clusters.unite(cluster.id, hidden.id)
                self.reveals.add(sense.event.id)
                self.disguises = {description: b for description, b in self.disguises.items() if b is not hidden}
                return
        if any("doff" in c.classes and c.done and c.object and c.object.head in DISGUISE for c in sense.clauses):
            # It comes off and nobody says who it is: whoever hides so from now on is somebody else.
            self.disguises = {description: b for description, b in self.disguises.items() if b is not hidden}

    def _cast(self) -> Cast:
        bound = {key: self.clusters.root(cluster.id) for key, cluster in self.bound.items()}
        return Cast(
            self.clusters.entities(),
            self.senses,
            bound,
            self.clusters.doubts(),
            frozenset(self.concealed),
            tuple(self.unbound),
            frozenset(self.reveals),
        )


def _referent(pronoun: str, before: Sequence[Cluster]) -> Cluster | None:
    """Whom a pronoun means among those of the event before; None where that is open."""
    if pronoun not in ("he", "she", "him", "her", "himself", "herself"):
        return None
    wrong = HE if pronoun in ("she", "her", "herself") else SHE
    able = [
        cluster
        for cluster in before
        if not any(head_of(description) in wrong for description, _ in cluster.descriptions)
    ]
    return able[0] if len(able) == 1 else None
