"""The oracle: what a perfect LLM says from the sources of a prompt, and from nothing else.

It knows the story, so it knows which event each sentence of its sources tells; sentences that are none of the story's
are kept. Figures are called by a name where the sources tie it to their look, and a link is told where the sources tell
all of its events. Fillers are left out, and what exceeds the words asked for by kind: so what is told next can be seen
from a sentence and from what was left out so far, which a small model can learn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations

from longvid.strategy import sentences, words_in
from longvid_benchmarks.oracle.hearing import SPEAKS, Ear, Heard, passages
from longvid_benchmarks.storyfilm.gold import SUBJECT
from longvid_benchmarks.storyfilm.story import Event, Link, Story
from longvid_benchmarks.storyfilm.vocabulary import FILLERS, NAMES, SHAPES, SWITCHES
from longvid_benchmarks.storyfilm.wording import event_sentence, link_sentence

AUTHOR = 1
"""Raise it when the same sources would be told otherwise."""
LEAST_FIRST = (
    "hide", "find", "unlock", "take", "switch", "use", "change", "collect", "plan", "claim", "promise", "give", "steal",
    "unmask",
)  # fmt: skip
"""Kinds of event in the order in which they go where there are too many: late ones of a kind before early ones. Of 49
orders it left about the most facts and links in twenty films of 8 and 14 chunks, in the words of `auto_words`."""
BESIDE = re.compile(rf"\b({'|'.join(NAMES)}), the (?:\w+ ){{1,2}}(?:{'|'.join(SHAPES)})\b,?")
VERBS = {
    "plan": r"plans to",
    "promise": r"promises to give", "claim": r"(?:falsely )?says that", "unmask": r"takes off the mask|turns out to be",
    "unlock": r"opens .* with", "take": r"takes .* out of", "collect": r"picks up", "change": r"changes from",
    "give": r"gives", "use": r"lifts", "hide": r"hides|had hidden", "find": r"finds", "steal": r"steals",
    "switch": "|".join(SWITCHES.values()), "walk": r"walks past", "greet": r"greets", "sleep": r"sleeps",
    "dance": r"dances", "jump": r"jumps",
}  # fmt: skip
"""What tells the kind of an event in a sentence that tells none of the story's; the first that fits."""
OPENING = re.compile(r"^(?:The place is the \w+|A flashback shows the \w+)\.$")


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence of a source: the event that it tells, the link that it also tells, or only its own words."""

    text: str
    event: Event | None = None
    link: Link | None = None
    tie: tuple[str, str] | None = None
    """A figure and its look: all that it says is whose look that is."""


class Author:
    """Writes about one story."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self._order = {event.id: position for position, event in enumerate(story.events())}
        self._events = {event.id: event for event in story.events()}
        self._ear = Ear(story)
        self._known: dict[str, list[Item]] = {}
        for event in story.events():
            seen = [id for id, look in event.looks.items() if not look.masked]
            for tags in _some(seen):
                self._learn(event_sentence(story, replace(event, tags=tags), "appearance"), event)
            self._learn(event_sentence(story, event), event)
        for link in story.links:
            for unknown in _some(sorted(self._people(link))) if link.kind != "promise-broken" else ():
                self._learn(self._linked(link, unknown), self._events[link.events[-1]], link)

    def _learn(self, text: str, event: Event, link: Link | None = None) -> None:
        """That `text`, its looks beside names left out, tells `event`, and `link` with it."""
        normal = _bare(text)
        known = self._known.setdefault(normal, [])
        if (item := Item(normal, event, link)) not in known:
            known.append(item)

    # -- reading -----------------------------------------------------------------------------------------------------

    def read(self, sources: Iterable[str]) -> list[Item]:
        """The sentences of `sources` in order, openings left out; each event once."""
        found: list[Item] = []
        seen: set[str] = set()
        for source in sources:
            at = -1
            for passage in passages(source):
                here: list[Item] = []
                for text in sentences(passage.seen):
                    if OPENING.match(text) or SPEAKS.search(text):
                        continue
                    item = self._meant(text, at, seen)
                    if item.event is not None:
                        at = self._order[item.event.id]
                        if item.event.id in seen:
                            continue
                        seen.add(item.event.id)
                    here.append(item)
                for heard in self._ear.listen(passage):
                    self._add(here, heard, seen)
                found += here
        return found

    def meanings(self, text: str) -> list[Item]:
        """Whatever the sentence `text` can tell of the story, in the story's order; empty where it tells nothing."""
        return list(self._known.get(_bare(text), []))

    def _add(self, here: list[Item], heard: Heard, seen: set[str]) -> None:
        """Put what is heard among what is seen meanwhile: before what happens later, in place of what it tells again,
        with the names that it gives."""
        event = heard.event
        if heard.names:
            (who,) = heard.named
            name, look = self.story.figure(who).name, event.looks[who].phrase()
            here.append(Item(f"{name}, {look}, is named.", tie=(who, look)))
            return
        item = Item(self._heard(heard), event)
        for place, other in enumerate(here):
            if other.event is not None and other.event.id == event.id:
                here[place] = replace(item, link=other.link)
                return
        if event.id not in seen:
            seen.add(event.id)
            later = (i for i, o in enumerate(here) if o.event and self._order[o.event.id] > self._order[event.id])
            here.insert(next(later, len(here)), item)

    def _heard(self, heard: Heard) -> str:
        """The sentence of what is heard, with names and looks as far as they are known."""
        event = heard.event
        text = event_sentence(self.story, replace(event, tags=tuple(heard.named)), "appearance")
        for id in heard.named - heard.looks:
            name, look = self.story.figure(id).name, event.looks[id].phrase()
            text = text.replace(f"{name}, {look},", name).replace(f"{name}, {look}", name)
        return text

    def _meant(self, text: str, at: int, seen: set[str]) -> Item:
        """What `text` says, where the sentence before it told the event at position `at`: the next such event."""
        items = [replace(item, text=text) for item in self._known.get(_bare(text), [])]
        fresh = [item for item in items if item.event is not None and item.event.id not in seen]
        later = [item for item in fresh if item.event is not None and self._order[item.event.id] > at]
        return next(iter(later or fresh or items), Item(text))

    def names_in(self, items: Sequence[Item]) -> dict[str, set[str]]:
        """Figures that `items` name -> the looks to which they tie the name, a change of colour included."""
        tied: dict[str, set[str]] = {}
        for item in items:
            for id, look in item.event.looks.items() if item.event is not None else ():
                if self._names(item.text, id):
                    name, phrase = self.story.figure(id).name, look.phrase()
                    tied.setdefault(id, set()).update([phrase] if f"{name}, {phrase}" in item.text else [])
        for id, phrase in (item.tie for item in items if item.tie is not None):
            tied.setdefault(id, set()).add(phrase)
        for item in items:
            event = item.event
            if event is not None and event.predicate == "change" and tied.get(event.roles["agent"]):
                look = event.looks[event.roles["agent"]]
                tied[event.roles["agent"]] |= {look.phrase(), replace(look, colour=event.roles["colour"]).phrase()}
        return tied

    def _names(self, text: str, id: str) -> bool:
        return re.search(rf"\b{self.story.figure(id).name}\b", text) is not None

    # -- writing -----------------------------------------------------------------------------------------------------

    def tell(self, items: Sequence[Item], words: int, *, ends: bool = False) -> str:
        """`items` as one text of at most `words` words where that is possible. `ends`: they tell the whole film, so a
        promise that they do not show kept is broken."""
        tied = self.names_in(items)
        links = self._links(items, ends)
        text = ""
        for kept in shorter(items):
            text = self._text(kept, tied, {id: link for id, link in links.items() if self._holds(link, kept)}, ends)
            if words_in(text) <= words:
                break
        return text

    def _text(self, items: Sequence[Item], tied: dict[str, set[str]], links: dict[str, Link], ends: bool) -> str:
        introduced: set[str] = set()
        told: list[str] = []
        for item in items:
            if item.event is None:
                told.append(self._renamed(item.text, tied, introduced))
                continue
            link = links.get(item.event.id)
            if link is None or link.kind in ("count", "promise-broken"):
                told.append(self._plain(item, item.event, tied, introduced))
            if link is not None and link.kind != "promise-broken":
                told.append(self._linked(link, self._people(link) - set(tied)))
        if ends:
            broken = [link for link in links.values() if link.kind == "promise-broken"]
            told += [self._linked(link, self._people(link) - set(tied)) for link in broken]
        return " ".join(told)

    def _plain(self, item: Item, event: Event, tied: dict[str, set[str]], introduced: set[str]) -> str:
        """The sentence of `event`, which `item` tells; who has a name and a look is introduced with both, once."""
        known = [id for id, look in event.looks.items() if look.phrase() in tied.get(id, ())]
        named = [id for id in event.looks if id in known or self._names(item.text, id)]
        if event.predicate == "unmask":
            return event_sentence(self.story, event, "named" if event.roles["agent"] in tied else "appearance")
        text = event_sentence(self.story, replace(event, tags=tuple(named)), "appearance")
        for id in named:
            name, look = self.story.figure(id).name, event.looks[id].phrase()
            if id in introduced or id not in known:
                text = text.replace(f"{name}, {look},", name).replace(f"{name}, {look}", name)
            introduced.add(id)
        return text

    def _renamed(self, text: str, tied: dict[str, set[str]], introduced: set[str]) -> str:
        """`text`, which tells no event, with names for the looks that are one figure's alone."""
        if text.startswith("The masked figure takes off"):
            return text
        looks = [look for some in tied.values() for look in some]
        for id, name in ((id, self.story.figure(id).name) for id in tied):
            for look in (look for look in tied[id] if looks.count(look) == 1):
                text = re.sub(rf"\b{name}, {look},?", look, text)
                said = name if id in introduced else f"{name}, {look},"
                renamed = re.sub(rf"\b[Tt]{look[1:]}\b", said, text, count=1)
                introduced |= {id} if renamed != text else set()
                text = renamed
        return re.sub(r",\.$", ".", text)

    def _linked(self, link: Link, unknown: Iterable[str]) -> str:
        """The sentence of `link`, with looks for those who are `unknown` by name."""
        text = link_sentence(self.story, link)
        for id in unknown:
            looks = [e.looks[id] for e in self._of(link) if id in e.looks and not e.looks[id].masked]
            if looks:
                text = re.sub(rf"\b{self.story.figure(id).name}\b", looks[-1].phrase(), text)
        return f"{text[0].upper()}{text[1:]}"

    def name(self, item: Item, items: Sequence[Item]) -> str:
        """The sentence of `item` alone, with names where `items` tie them to looks."""
        if item.event is None:
            return item.text
        return self._plain(item, item.event, self.names_in(items), set())

    def subject(self, item: Item) -> str:
        """Who the sentence of `item` begins with."""
        if item.event is None:
            found = SUBJECT.match(item.text)
            return found[0] if found is not None else item.text.split()[0]
        id = item.event.roles["agent"]
        if item.event.looks[id].masked:
            return "The masked figure"
        name, look = self.story.figure(id).name, item.event.looks[id].phrase()
        both, alone = f"{name}, {look}", f"T{look[1:]}"
        return next((said for said in (both, name, alone) if item.text.startswith(said)), alone)

    def figures_in(self, text: str) -> set[str]:
        """Figures that the entry of a cast list with its rows can mean: by name, else by look."""
        by_name = {figure.id for figure in self.story.figures if re.search(rf"\b{figure.name}\b", text.split("\n")[0])}
        if by_name:
            return by_name
        head = text.split("; ", 1)[-1].split("\n")[0]
        looks = {look.strip() for look in head.split(",")}
        return {
            id
            for event in self.story.events()
            for id, look in event.looks.items()
            if not look.masked and look.phrase().removeprefix("the ") in looks
        }

    # -- links -------------------------------------------------------------------------------------------------------

    def _links(self, items: Sequence[Item], ends: bool) -> dict[str, Link]:
        """Last event -> the link that it pays off, for links all of whose events `items` tell."""
        found = {}
        for link in self.story.links:
            broken = link.kind == "promise-broken"
            if (ends or not broken) and self._holds(link, items) and self._is_sayable(link, items):
                found[link.events[-1]] = link
        return found

    def _holds(self, link: Link, items: Sequence[Item]) -> bool:
        told = {item.event.id for item in items if item.event is not None}
        # What links was told with all that it rests on.
        told |= {id for item in items if item.link is not None for id in item.link.events}
        return set(link.events) <= told

    def _is_sayable(self, link: Link, items: Sequence[Item]) -> bool:
        """Whether everyone in `link` can be called the same in all of its events: by a name, or by one look."""
        tied = self.names_in(items)
        for id in self._people(link):
            looks = {e.looks[id].phrase() for e in self._of(link) if id in e.looks and not e.looks[id].masked}
            if id not in tied and len(looks) != 1:
                return False
        return True

    def _people(self, link: Link) -> set[str]:
        return {id for event in self._of(link) for id in event.looks}

    def _of(self, link: Link) -> list[Event]:
        return [self._events[id] for id in link.events]


def _some(ids: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """All choices of any of `ids`."""
    return chain.from_iterable(combinations(ids, number) for number in range(len(ids) + 1))


def _bare(text: str) -> str:
    """`text` without the looks that stand beside names."""
    return BESIDE.sub(r"\1", text)


def shorter(items: Sequence[Item]) -> Iterable[list[Item]]:
    """What a summary tells of `items`, then ever fewer of them."""
    told = [item for item in items if kind_of(item) not in FILLERS] or list(items[:1])
    yield told
    for kind in (None, *LEAST_FIRST):
        for item in [item for item in reversed(told) if kind_of(item) == kind]:
            if len(told) > 1:
                told = [other for other in told if other is not item]
                yield told


def kind_of(item: Item) -> str | None:
    """The kind of event that `item` tells, or claims to; None where no verb says so."""
    if item.tie is not None:
        return "introduce"
    if item.event is not None:
        return item.event.predicate
    return next((kind for kind, verbs in VERBS.items() if re.search(rf" (?:{verbs})\b", item.text)), None)
