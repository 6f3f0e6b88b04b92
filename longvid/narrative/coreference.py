"""Who is who over a whole film, by code: names, looks, looks that change, disguises that come off.

Every phrase that calls somebody something is bound to one figure. The rules are those of any film: two seen together
are two; a look belongs to one figure at a time and moves only when it is seen to change; a name binds for good, and in
one chunk to one look; who is unmasked was the masked one before. What rules cannot decide stays apart and is listed as
a doubt, which a model may settle (`resolve(..., joined=...)`). Uses the whole film, so a name said late names what was
seen early.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from longvid.captions.events import Row
from longvid.narrative.descriptions import bare_name, has_look, head_of, look_key, may_be_one, repainted
from longvid.narrative.entities import Cast, Sense, understand
from longvid.narrative.mentions import Bodies, Body
from longvid.narrative.phrases import CONCEALED, DISGUISE, GARMENTS, HE, LIVING, PLURALS, SHE, Phrase

WILLED = frozenset({"say", "transfer", "seize", "promise", "intend", "meet", "hide", "find", "change", "don", "doff"})
"""Classes of verbs of which only somebody is the agent."""
MOVING = frozenset({"bring", "send", "throw", "toss", "slip", "return"})
"""Transfers whose "to" may be a place."""
GREETING = frozenset({"meet", "greet", "hug", "embrace", "kiss", "wave at", "wave to", "talk to", "speak to", "nod at"})
NEAR = 2
"""Chunks back that "the man" may refer to."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules apply; all do, but for measurements of what each is worth."""

    same: bool = True
    """Without it every wording is a figure of its own."""
    future: bool = True
    """Without it a name or an unmasking says nothing of what was seen before."""


def resolve(rows: Iterable[Row], rules: Rules | None = None, joined: Iterable[tuple[str, str]] = ()) -> Cast:
    """The cast of `rows`, which are in the order of the film.

    `joined` are pairs of ids from an earlier `resolve` of the same rows that are one figure after all.
    """
    return _Resolver(understand(rows), rules or Rules()).resolve(joined)


class _Resolver:
    """One pass over the rows in order; bodies found to be one are united at the end."""

    def __init__(self, senses: tuple[Sense, ...], rules: Rules) -> None:
        self.senses, self.rules = senses, rules
        self.bodies = Bodies()
        self.by_name: dict[str, Body] = {}
        self.owner: dict[str, Body] = {}
        """Look -> who has it now."""
        self.disguises: dict[str, Body] = {}
        self.bound: dict[tuple[str, Phrase], Body] = {}
        self.concealed: set[tuple[str, Phrase]] = set()
        self.unbound: list[tuple[str, Phrase]] = []
        self.called: dict[tuple[int, str], str] = {}
        """(chunk, name) -> the first look that has the name there."""
        self.reveals: set[str] = set()
        self.twins: set[str] = set()
        """Disguises that two have at once."""
        self.animate = self._animate()
        self.common = {word for s in senses for word in f"{s.row.what} {s.row.who}".split() if word.islower()}

    def resolve(self, joined: Iterable[tuple[str, str]]) -> Cast:
        for _, group in groupby(enumerate(self.senses), key=lambda item: item[1].row.chunk):
            here = list(group)
            coming: dict[str, str] = {
                look_key(p.look): p.name
                for _, s in here
                for p in s.phrases()
                if p.name and p.look and p.modifiers and self._is_name(p.name)
            }
            previous: list[Body] = []
            for position, sense in here:
                previous = self._read(position, sense, coming, previous) or previous
        self.bodies.join(joined)
        return self._cast()

    def _read(self, position: int, sense: Sense, coming: Mapping[str, str], previous: list[Body]) -> list[Body]:
        """Bind the phrases of a row; return who is in it."""
        row = sense.row
        seen: list[Body] = []
        told = self._told(sense)
        for phrase in sense.phrases():
            key = (row.id, phrase)
            if key in self.bound or not self._means_somebody(phrase):
                continue
            body = self._find(phrase, sense, coming, previous, seen)
            if body is None:
                # "They" after somebody was named says enough where it stands.
                if phrase.look in ("he", "she", "him", "her") or (phrase.look in PLURALS and not previous):
                    self.unbound.append(key)
                continue
            self.bound[key] = body
            body.rows.append((position, row.id))
            if phrase not in told:
                body.chunks.add(row.chunk)
                body.last = row.chunk
                seen.append(body)
        self._changes(sense)
        self._unmaskings(sense)
        self.bodies.meet(seen)
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

        A thing that falls or rings is no figure, or all that is done with it would be done to somebody.
        """
        found: set[str] = set()

        def add(phrase: Phrase | None) -> None:
            if phrase is not None and phrase.look and not phrase.is_pronoun:
                found.add(look_key(phrase.look))

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
        look = self._look(phrase)
        known = look is not None and (look_key(look) in self.animate or look_key(look) in self.owner)
        return known or self._is_concealed(phrase)

    def _look(self, phrase: Phrase) -> str | None:
        """The look of a phrase, a common word with a capital included."""
        if phrase.name and not self._is_name(phrase.name):
            return f"{phrase.look or ''} {phrase.name.lower()}".strip()
        return phrase.look

    def _is_concealed(self, phrase: Phrase) -> bool:
        return not phrase.name and bool(phrase.modifiers & CONCEALED)

    def _find(
        self,
        phrase: Phrase,
        sense: Sense,
        coming: Mapping[str, str],
        previous: list[Body],
        seen: list[Body],
    ) -> Body | None:
        chunk = sense.row.chunk
        name = phrase.name if phrase.name and self._is_name(phrase.name) else None
        look = self._look(phrase) if not phrase.is_pronoun else None
        if not self.rules.same:
            return self._literal(phrase, chunk)
        if phrase.is_pronoun:
            return _referent(phrase.look or "", [body for body in previous if body not in seen])
        if phrase.owned and name is None:
            return None  # "her brother" is not everybody's brother
        if self._is_concealed(phrase) and look:
            return self._masked(phrase, look, sense)
        if name is None and look and not phrase.other and self.rules.future and look_key(look) not in self.owner:
            name = coming.get(look_key(look))
        if name is not None and self._is_believed(name, look, phrase, chunk):
            return self._named(name, look, phrase, chunk)
        found = self._by_look(look or "", phrase, chunk, seen, past=sense.row.past)
        called = self._called(name) if name is not None else None
        if called is not None:
            self.bodies.doubt(called, found)
        return found

    def _masked(self, phrase: Phrase, look: str, sense: Sense) -> Body:
        body = self.disguises.get(look)
        if body is not None and phrase.other:
            # Two in the same disguise: nobody can tell any more which of them is meant.
            self.twins.add(look)
        if body is None or phrase.other:
            body = self.bodies.add(sense.row.chunk, look=look)
            body.masked = True
            self.disguises[look] = body
        self.concealed.add((sense.row.id, phrase))
        return body

    def _literal(self, phrase: Phrase, chunk: int) -> Body:
        words = phrase.say()
        body = self.owner.get(words)
        if body is None:
            body = self.bodies.add(chunk, name=phrase.name, look=phrase.look)
            self.owner[words] = body
        return body

    def _named(self, name: str, look: str | None, phrase: Phrase, chunk: int) -> Body:
        body = self._called(name)
        holder = self.owner.get(look_key(look)) if look else None
        if holder is not None and not phrase.modifiers and (holder.last != chunk or not phrase.definite):
            holder = None  # "the nurse" was anybody
        if body is None and holder is not None and not self.bodies.names(holder.id) and self.rules.future:
            body = holder
        if body is None:
            body = self.bodies.add(chunk, look=look)
        elif holder is not None and self.rules.future and not self.bodies.apart(holder.id, body.id):
            # Seen before its name was known, by a look that now turns out to be hers.
            self.bodies.unite(body.id, holder.id)
        if name not in body.names:
            body.names.append(name)
        self.by_name[name] = body
        if look:
            self._give(look, body, chunk)
        return body

    def _is_believed(self, name: str, look: str | None, phrase: Phrase, chunk: int) -> bool:
        """Whether who looks like this has this name, too: weak eyes give the name that they have just read to the next
        figure as well, and a name binds for good. So of two looks in one chunk that are not plainly one, the first has
        the name; and who was seen together with somebody of this name never has it."""
        if look is None or not phrase.modifiers:
            return True
        called, holder = self._called(name), self.owner.get(look_key(look))
        if called and holder and not self.bodies.names(holder.id) and self.bodies.apart(called.id, holder.id):
            return False
        first = self.called.setdefault((chunk, name), look)
        return may_be_one(first, look) or holder is called

    def _called(self, name: str) -> Body | None:
        return self.by_name.get(name) or self._in_part(name)

    def _in_part(self, name: str) -> Body | None:
        """The one figure whose name holds this one or is held by it: "Renault" is "Captain Renault"."""
        words = bare_name(name)
        found = {
            id(body): body
            for known, body in self.by_name.items()
            if words and (words <= bare_name(known) or bare_name(known) <= words) and bare_name(known)
        }
        return next(iter(found.values())) if len(found) == 1 else None

    def _by_look(self, look: str, phrase: Phrase, chunk: int, seen: list[Body], *, past: bool) -> Body:
        bare = not phrase.modifiers
        body = None if phrase.other else self.owner.get(look_key(look))
        if body is not None and bare:
            # "A man" is somebody new unless he was just here; "the man" unless there are others by now.
            stale = chunk != body.last if not phrase.definite else chunk - body.last > NEAR
            if body in seen or (not phrase.definite and stale) or (stale and self._heads(phrase.head) > 1):
                body = None
        if body is not None:
            return body
        if past and not phrase.other:
            # In a flashback somebody has the look of those days.
            before = [b for b in self.bodies.all if any(look_key(text) == look_key(look) for text, _ in b.looks)]
            if len(before) == 1:
                return before[0]
        if bare and phrase.number is None and phrase.definite and phrase.head in LIVING:
            near = [
                b for b in self.bodies.all
                if b not in seen and chunk - b.last <= NEAR and b.looks and head_of(b.looks[-1][0]) == phrase.head
            ]  # fmt: skip
            if len(near) == 1:
                return near[0]
        made = self.bodies.add(chunk, look=look)
        self._give(look, made, chunk)
        return made

    def _heads(self, head: str) -> int:
        return sum(any(head_of(look) == head for look, _ in body.looks) for body in self.bodies.all)

    def _give(self, look: str, body: Body, chunk: int) -> None:
        self.owner[look_key(look)] = body
        if all(text != look for text, _ in body.looks):
            body.looks.append((look, chunk))

    # -- looks that change, disguises that come off ------------------------------------------------------------------

    def _changes(self, sense: Sense) -> None:
        body = self.bound.get((sense.row.id, sense.agents[0])) if sense.agents else None
        if body is None:
            return
        for clause in sense.clauses:
            if not clause.done:
                continue
            new, old = clause.of("to", "into"), clause.of("from")
            looks = [look for look, _ in body.looks if self.owner.get(look_key(look)) is body]
            # With an object, something else is changed; "turns to the window" changes nothing.
            turned = clause.verb != "turn" or clause.of("into") is not None or has_look(looks, old)
            if "change" in clause.classes and clause.object is None and turned and new is not None and new.look:
                for look in looks:
                    del self.owner[look_key(look)]
                    changed = repainted(look, old.look if old else None, new)
                    self._give(changed, body, sense.row.chunk)
            worn = clause.object
            if "don" in clause.classes and worn is not None and worn.head in GARMENTS:
                # Called by it or not, the figure may be either from now on.
                for look in looks:
                    self._give(repainted(look, None, worn), body, sense.row.chunk)

    def _unmaskings(self, sense: Sense) -> None:
        if not sense.agents or not self.rules.future or not self.rules.same:
            return
        mask = sense.agents[0]
        hidden = self.bound.get((sense.row.id, mask))
        if hidden is None or not hidden.masked or (mask.look or "") in self.twins:
            return
        for clause in sense.clauses:
            shown = clause.object if "be" in clause.classes and clause.done else None
            inner = clause.complement
            if inner is not None and "be" in inner.classes and inner.done and not clause.classes & {"say", "intend"}:
                shown = inner.object
            if shown is None or not (shown.name or (shown.article == "the" and shown.modifiers)):
                continue  # "is a thief" names nobody
            body = self.bound.get((sense.row.id, shown))
            if body is not None and body is not hidden and not self.bodies.apart(body.id, hidden.id):
                self.bodies.unite(body.id, hidden.id)
                self.reveals.add(sense.row.id)
                self.disguises = {look: b for look, b in self.disguises.items() if b is not hidden}
                return
        if any("doff" in c.classes and c.done and c.object and c.object.head in DISGUISE for c in sense.clauses):
            # It comes off and nobody says who it is: whoever hides so from now on is somebody else.
            self.disguises = {look: b for look, b in self.disguises.items() if b is not hidden}

    def _cast(self) -> Cast:
        bound = {key: self.bodies.root(body.id) for key, body in self.bound.items()}
        return Cast(
            self.bodies.figures(),
            self.senses,
            bound,
            self.bodies.doubts(),
            frozenset(self.concealed),
            tuple(self.unbound),
            frozenset(self.reveals),
        )


def _referent(pronoun: str, before: Sequence[Body]) -> Body | None:
    """Whom a pronoun means among those of the row before; None where that is open."""
    if pronoun not in ("he", "she", "him", "her", "himself", "herself"):
        return None
    wrong = HE if pronoun in ("she", "her", "herself") else SHE
    able = [body for body in before if not any(head_of(look) in wrong for look, _ in body.looks)]
    return able[0] if len(able) == 1 else None
