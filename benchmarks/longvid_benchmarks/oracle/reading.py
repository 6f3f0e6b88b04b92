"""What the oracle answers to an LLM's questions of `ledger.reading`: who is who, what happens, what belongs together.

Every prompt says which part of the film its sentences are of, so each is known for the event that it tells. Somebody
is called by a name only where the prompt ties it to the look of that time, and a link is seen only where the facts that
are shown have all of its events and call everybody in it the same. Of a promise that is never kept it is the last of
the later facts shown that stands for the end, since the story says that none keeps it. What it is asked to confirm, it
confirms. Knows the forms of the prompts and of their answers, not how the strategy comes to ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from longvid.strategy import sentences, words_in
from longvid_benchmarks.oracle.acts import BRACKETS, NUMBERED, same, threads, write
from longvid_benchmarks.oracle.hearing import CUE, Ear, Passage
from longvid_benchmarks.storyfilm.story import Event, Link, Look, Story
from longvid_benchmarks.storyfilm.vocabulary import FILLERS
from longvid_benchmarks.storyfilm.wording import event_sentence, link_sentence

READER = 1
"""Raise it when the same prompt would be answered otherwise."""
KEY = {"steal": 0, "unmask": 0, "claim": 1, "promise": 1, "find": 2, "give": 3}
"""Kinds of event without which a story is hard to follow, the first before the others; two of a part at most."""
OPEN = {"promise", "plan", "claim", "hide", "steal", "give", "change", "collect", "switch", "find", "unlock", "take"}
"""Kinds that something later may settle: what is handed over, hidden, said, set going or begun."""
HIDDEN = "the masked figure"
CITED = re.compile(r"(\S.*?) \[([\d, ]+)\]")
FACT = re.compile(r"^(?:Open: |   )?(\d+)\. \(part (\d+)\) (.*)$", re.M)
LETTER = re.compile(r"^([a-z])\. (.*)$", re.M)
PART = re.compile(r"^Part (\d+): (.*)$", re.M)
LOOK = re.compile(r"(?:^|; )([^:;]+): ([\d, ]+)")


@dataclass(frozen=True, slots=True)
class Read:
    """A sentence or cue that tells `event`; `names` are figures whose name it gives with their look."""

    event: Event
    numbers: tuple[int, ...]
    names: frozenset[str]
    tells: bool = True
    """Whether it tells the event, and does not only say who somebody is."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A fact as a prompt shows it: `mark` is its number or letter."""

    mark: str
    event: Event
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list of the cast; `looks` have the parts in which they are worn."""

    names: frozenset[str]
    role: str
    looks: Mapping[str, frozenset[int]]


class Reader:
    """Reads about one story."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._ear = Ear(story)
        self._events = {event.id: event for event in story.events()}
        self._links_by_last: dict[str, list[Link]] = {}
        for link in story.links:
            self._links_by_last.setdefault(link.events[-1], []).append(link)
        self._bare = {id: self._normal(event_sentence(story, e, "appearance"), e) for id, e in self._events.items()}
        looks = {phrase for event in self._events.values() for _, phrase in _looks(event)}
        called = sorted({HIDDEN, *looks, *(figure.name for figure in story.figures)}, key=len, reverse=True)
        self._anybody = re.compile(rf"\b(?:{'|'.join(map(re.escape, called))})\b", re.I)
        self._deeds = {self._deed(event_sentence(story, event)) for event in self._events.values()}
        self._replies: dict[str, Callable[[Mapping[str, str]], str]] = {
            "cast": self._cast,
            "join": self._join,
            "facts": self._facts,
            "forward": self._forward,
            "backward": self._backward,
            "threads": threads,
            "same": same,
            "holds": lambda asked: "\n".join(f"{number} | yes" for number, _ in NUMBERED.findall(asked["blocks"])),
            "write": write,
            "whole": write,
            "shorten": self._shorten,
            "missing": lambda asked: "none",
            "check": lambda asked: "none",
        }

    def reply(self, kind: str, asked: Mapping[str, str]) -> str:
        """The answer to the prompt of `kind` (a name of `prompts.READING`) with `asked` in its places."""
        return self._replies[kind](asked)

    # -- sentences and events ----------------------------------------------------------------------------------------

    def _normal(self, text: str, event: Event) -> str:
        """`text` with ids for the figures of `event`, however it calls them."""
        text = BRACKETS.sub("", text)
        for id, look in event.looks.items():
            name = self._story.figure(id).name
            bare = re.escape(replace(look, masked=False).phrase())
            looks = bare if not look.masked else f"{bare}|{HIDDEN}"
            text = re.sub(rf"\b{name}, (?:{looks})\b,?|\b(?:{looks})\b|\b{name}\b", id, text, flags=re.I)
        return text

    def _told(self, part: int, text: str, seen: Iterable[str] = ()) -> Event | None:
        """The event of `part` that `text` tells, the first that is not among the ids `seen`."""
        if not 1 <= part <= len(self._story.chunks):
            return None
        found = [e for e in self._story.chunks[part - 1].events if self._normal(text, e) == self._bare[e.id]]
        return next((event for event in found if event.id not in seen), None)

    def _read(self, part: int, texts: Sequence[tuple[int, str]]) -> list[Read]:
        """What the sentences and cues `texts` of `part` tell, each with its number."""
        seen: set[str] = set()
        found: list[Read] = []
        whole = " ".join(text for _, text in texts if not text.startswith('"'))
        for number, text in texts:
            cue = CUE.match(text)
            if cue is not None:
                for heard in self._ear.listen(Passage(whole, ((cue[1], cue[2] or None),))):
                    if heard.event.chunk == part - 1 and heard.event.id not in seen:
                        seen |= set() if heard.names else {heard.event.id}
                        ties = heard.named & heard.looks
                        found.append(Read(heard.event, (number,), ties, not heard.names))
                continue
            event = self._told(part, text, seen)
            if event is not None:
                seen.add(event.id)
                ties = frozenset(id for id, look in event.looks.items() if self._ties(id, look) in text)
                found.append(Read(event, (number,), ties))
        return found

    def _ties(self, id: str, look: Look) -> str:
        return f"{self._story.figure(id).name}, {look.phrase()}"

    # -- the cast ----------------------------------------------------------------------------------------------------

    def _cast(self, asked: Mapping[str, str]) -> str:
        worn: dict[str, dict[str, set[int]]] = {}
        tied: dict[str, list[set[str]]] = {}
        told: dict[str, int] = {}
        shown: dict[str, str] = {}
        deeds: list[Event] = []
        for part, text in [(int(number), text) for number, text in PART.findall(asked["parts"])]:
            for one in self._read(part, _split(text)):
                deeds += [one.event] if one.event.predicate not in FILLERS else []
                for id, look in one.event.looks.items():
                    worn.setdefault(id, {}).setdefault(look.phrase(), set()).add(part)
                    if id in one.names:
                        told.setdefault(id, part)
                        tied.setdefault(id, []).append({"", look.phrase()})
                agent = one.event.roles["agent"]
                look = replace(one.event.looks[agent], masked=False)
                if one.event.predicate == "change":
                    after = replace(look, colour=one.event.roles["colour"]).phrase()
                    worn[agent].setdefault(after, set()).add(part)
                    tied.setdefault(agent, []).append({look.phrase(), after})
                if one.event.predicate == "unmask":
                    worn[agent].setdefault(look.phrase(), set()).add(part)
                    shown[agent] = look.phrase()
        # What is named here may never be named again, and who acts matters more than who walks past.
        rows: list[tuple[bool, int, str]] = []
        for id, looks in worn.items():
            for group in _components([*looks, ""] if id in told else [*looks], tied.get(id, [])):
                parts = "; ".join(f"{look}: {_listed(looks[look])}" for look in looks if look in group)
                name, where = (self._story.figure(id).name, str(told[id])) if "" in group else ("-", "-")
                role = f"is {shown[id]}" if HIDDEN in group and id in shown else "-"
                acts = sum(id in event.looks and event.looks[id].phrase() in group for event in deeds)
                rows.append(("" in group, acts, f"{name} | {where} | {role} | {parts}"))
        kept = sorted(range(len(rows)), key=lambda i: rows[i][:2], reverse=True)[: int(asked["most"])]
        return "\n".join(rows[i][2] for i in sorted(kept)) or "none"

    def _join(self, asked: Mapping[str, str]) -> str:
        rows = [(number, _row(text)) for number, text in NUMBERED.findall(asked["rows"])]
        ids = [self._who(row) for _, row in rows]
        found = []
        for i, (number, row) in enumerate(rows):
            for j, (other, before) in enumerate(rows[:i]):
                if ids[i] is None or ids[i] != ids[j]:
                    continue
                if row.names & before.names or row.looks.keys() & before.looks.keys():
                    found.append(f"{other} = {number} | {'name' if row.names & before.names else 'look'}")
                    break
        for i, (number, row) in enumerate(rows):
            if HIDDEN not in row.looks or ids[i] is None:
                continue
            turns = row.role.removeprefix("is ")
            who = [j for j, (_, other) in enumerate(rows) if turns in other.looks and ids[i] == ids[j]]
            found += [f"{number} > {rows[j][0]} | unmasked" for j in who[:1]]
        return "\n".join(found) or "none"

    def _who(self, row: Row) -> str | None:
        """The figure of a row: by its name, else by its looks in their parts; None where they are not one figure's."""
        found = {figure.id for figure in self._story.figures if figure.name in row.names}
        for look, parts in row.looks.items() if not found else ():
            for part in parts & set(range(1, len(self._story.chunks) + 1)):
                worn = [pair for event in self._story.chunks[part - 1].events for pair in _looks(event)]
                found |= {id for id, phrase in worn if phrase == look}
        return next(iter(found)) if len(found) == 1 else None

    # -- facts -------------------------------------------------------------------------------------------------------

    def _facts(self, asked: Mapping[str, str]) -> str:
        part = int(asked["part"])
        rows = asked["cast"].split("\n")
        texts = [(int(number), text) for number, text in NUMBERED.findall(asked["sources"])]
        read = self._read(part, texts)
        tied = {(id, one.event.looks[id].phrase()) for one in read for id in one.names}
        told = [one for one in read if one.tells]
        told = [one for one in told if one.event.predicate not in FILLERS] or told[:1]
        told = told[: int(asked["most"])]
        weighty = sorted((one for one in told if one.event.predicate in KEY), key=lambda one: KEY[one.event.predicate])
        lines = []
        for one in told:
            marks = ["key"] * (one in weighty[:2]) + ["open"] * (one.event.predicate in OPEN)
            numbers = ", ".join(map(str, one.numbers))
            lines.append(f"{numbers} | {self._sentence(one.event, rows, tied)} | {', '.join(marks)}")
        return "\n".join(lines) or "none"

    def _sentence(self, event: Event, rows: Sequence[str], tied: set[tuple[str, str]]) -> str:
        """The sentence of `event` with everybody called as the `rows` of the cast or what is `tied` allow."""
        text = event_sentence(self._story, event, "appearance")
        for id, look in event.looks.items():
            name, plain = self._story.figure(id).name, replace(look, masked=False).phrase()
            called = name if (id, plain) in tied else self._called(rows, name, plain)
            if called is not None and (not look.masked or event.predicate == "unmask"):
                text = re.sub(rf"\b{name}, {plain},?|\b{plain}\b", called, text, flags=re.I)
            later = f"{HIDDEN} [later {name}]"
            if look.masked and any(row.startswith(later) for row in rows):
                text = re.sub(rf"\b{HIDDEN}", later, text, count=1, flags=re.I)
        return text[:1].upper() + text[1:]

    def _called(self, rows: Sequence[str], name: str, look: str) -> str | None:
        """How `rows` let somebody of this look be called; None where none ties the name to it."""
        for row in rows:
            label, *rest = [cell.strip() for cell in row.split("|")]
            worn = {each.strip() for cell in rest for each in cell.split(";")}
            if label == name and look in worn:
                return name
            if label.endswith(f" [{name}]") and look in worn | {BRACKETS.sub("", label)}:
                return f"{look} [{name}]"
        return None

    # -- links -------------------------------------------------------------------------------------------------------

    def _forward(self, asked: Mapping[str, str]) -> str:
        now = [(letter, int(asked["part"]), text) for letter, text in LETTER.findall(asked["now"])]
        earlier = [(number, int(part), text) for number, part, text in FACT.findall(asked["earlier"])]
        here, before = self._shown(now), self._shown(earlier)
        by_event = {one.event.id: one for one in [*before, *here]}
        lines = []
        for one in here:
            for link in self._links_by_last.get(one.event.id, []):
                ends = [by_event.get(id) for id in link.events]
                facts = [end for end in ends if end is not None]
                if len(ends) > 1 and len(facts) == len(ends) and (said := self._linked(link, facts)):
                    lines.append(f"A | {', '.join(end.mark for end in facts[:-1])} -> {one.mark} | {said}")
        return "\n".join(lines[: int(asked["most"])]) or "none"

    def _backward(self, asked: Mapping[str, str]) -> str:
        lines = []
        for block in re.split(r"^(?=Open: )", asked["blocks"], flags=re.M)[1:]:
            shown = self._shown([(number, int(part), text) for number, part, text in FACT.findall(block)])
            if not shown or not block.startswith(f"Open: {shown[0].mark}. "):
                continue
            first, later = shown[0], shown[1:]
            by_event = {one.event.id: one for one in shown}
            for link in self._story.links:
                if first.event.id not in link.events:
                    continue
                ends = [by_event[id] for id in link.events if id in by_event]
                if link.kind == "promise-broken" and later:
                    ends = [first, later[-1]]
                elif len(ends) < len(link.events) or ends[-1] is first or len(ends) < 2:
                    continue
                if said := self._linked(link, [end for end in ends if end.event.id in link.events]):
                    late = ", ".join(end.mark for end in ends if end is not first)
                    lines.append(f"A | {first.mark} -> {late} | {said}")
        return "\n".join(lines) or "none"

    def _shown(self, facts: Iterable[tuple[str, int, str]]) -> list[Shown]:
        found = ((mark, self._told(part, text), text) for mark, part, text in facts)
        return [Shown(mark, event, text) for mark, event, text in found if event is not None]

    def _linked(self, link: Link, facts: Sequence[Shown]) -> str | None:
        """The sentence of `link` as `facts` call its people; None where they call one of them in different ways."""
        said = link_sentence(self._story, link)
        for id in {id for one in facts for id in one.event.looks}:
            name = self._story.figure(id).name
            called = {self._call(one, id) for one in facts if id in one.event.looks} - {None}
            if len(called) > 1:
                return None
            for look in called - {name}:
                said = re.sub(rf"\b{name}\b", str(look), said)
        return said[:1].upper() + said[1:]

    def _call(self, fact: Shown, id: str) -> str | None:
        """How `fact` calls a figure; None where it is hidden there."""
        name, look = self._story.figure(id).name, fact.event.looks[id]
        plain = BRACKETS.sub("", fact.text) if look.masked else fact.text
        if re.search(rf"\b{name}\b", plain):
            return name
        if look.masked and fact.event.predicate != "unmask":
            return None
        return replace(look, masked=False).phrase()

    # -- the text ----------------------------------------------------------------------------------------------------

    def _deed(self, text: str) -> str:
        """`text` without who it is about."""
        return self._anybody.sub("somebody", text)

    def _shorten(self, asked: Mapping[str, str]) -> str:
        """All sentences that tell links, and of those that tell one event each, in order, what else the words allow."""
        told = CITED.findall(asked["text"])
        plain = [self._deed(text) in self._deeds for text, _ in told]
        left = int(asked["words"]) - sum(words_in(text) for (text, _), one in zip(told, plain, strict=True) if not one)
        kept = []
        for (text, lines), one in zip(told, plain, strict=True):
            left -= words_in(text) if one else 0
            kept += [f"{text} [{lines}]"] if not one or left >= 0 else []
        return " ".join(kept)


def _row(text: str) -> Row:
    """A row of the question which rows are one: name or names | who they are | look: parts; look: parts."""
    names, role, looks = (cell.strip() for cell in text.split("|", 2))
    known = frozenset(names.replace(" (hidden face)", "").split(" or ")) - {"-"}
    parts = {look.strip(): frozenset(map(int, re.findall(r"\d+", where))) for look, where in LOOK.findall(looks)}
    return Row(known, role, parts)


def _looks(event: Event) -> list[tuple[str, str]]:
    """The figures of `event` with the looks that they have in it, before and after."""
    found = [(id, look.phrase()) for id, look in event.looks.items()]
    agent = event.roles["agent"]
    look = replace(event.looks[agent], masked=False)
    if event.predicate == "change":
        found.append((agent, replace(look, colour=event.roles["colour"]).phrase()))
    if event.predicate == "unmask":
        found.append((agent, look.phrase()))
    return found


def _split(text: str) -> list[tuple[int, str]]:
    """The text of a part as sentences and cues, numbered."""
    cues = [match[0] for match in CUE.finditer(text)]
    return list(enumerate([*sentences(CUE.sub("", text)), *cues], 1))


def _components(nodes: Sequence[str], edges: Sequence[set[str]]) -> list[set[str]]:
    """`nodes` in groups that `edges` join."""
    groups = [{node} for node in nodes]
    for edge in edges:
        touched = [group for group in groups if group & edge]
        groups = [group for group in groups if not group & edge] + ([set().union(*touched)] if touched else [])
    return groups


def _listed(parts: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(parts)))
