"""What is said becomes what is told: the cues of a chunk read into its events, in the third person.

    0:12  the man in the coat says something     "I will give the map to Ada."
    ->    the man in the coat promises to give the map to Ada

For plain sentences alone: what somebody will do, what somebody says that others did, and who is who. Who speaks is
known by the label of a cue, or by the event of somebody who speaks at that time; where neither tells, nothing is read.
No story is known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from longvid.captions.events import Event
from longvid.film import Chunk, Cue
from longvid.narrative import verbs
from longvid.narrative.clauses import split_sentence
from longvid.text import sentences
from longvid.text.sentences import word_set

NAME = r"[A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+)?"
SPEAKING = re.compile(r"(?:says?|speaks?|talks?|promises|vows|claims|tells|announces|declares|shouts|whispers)\b", re.I)
SOMETHING = re.compile(r"(?:says? something|speaks?|talks?)\b", re.I)
"""All that is seen of a line."""
WILL = re.compile(
    r"I(?: will|['\u2019]ll| shall| am going to|['\u2019]m going to|['\u2019]m gonna) (?P<deed>(?!not\b|never\b).+)"
)
PROMISE = re.compile(r"I (?:promise|vow|swear)(?: you)?(?: to|,? (?:that )?I will) (?P<deed>(?!not\b|never\b).+)")
SELF = re.compile(rf"(?:I am|I['\u2019]m|[Mm]y name is|[Cc]all me) (?P<name>{NAME})")
OTHER = re.compile(
    rf"(?:[Tt]he name of (?P<of>the [\w' -]+?) is|(?P<who>[Tt]he [\w' -]+?) is(?: called| named)?) (?P<name>{NAME})"
)
CLEFT = re.compile(r"It (?:was|is) (?P<who>.+?) who (?P<what>.+)")
NOT_THEY = word_set("i you we he she they it who what that this there my your our")
"""With whom a sentence begins that tells nothing of somebody else by name or look."""
NEAR = 3.0  # s that a line may begin before the second which the event of its speaker names: those are rounded
LONG = 20.0  # s; a line that begins later after its event is another's


@dataclass(frozen=True, slots=True)
class Told:
    """What one line tells: what its speaker does by saying it, or who is called by a name."""

    what: str = ""
    """"promises to give the map to Ada"."""
    name: str = ""
    whose: str = ""
    """The description of whom `name` is the name; empty for the speaker's own."""


def understand_line(text: str) -> list[Told]:
    """What the sentences of the line `text` tell, in order; those that are no plain statements are passed over."""
    return [told for sentence in sentences(" ".join(text.split())) if (told := _understood(sentence)) is not None]


def _understood(sentence: str) -> Told | None:
    if sentence.endswith("?"):
        return None
    line = sentence.rstrip(".! ")
    if match := SELF.fullmatch(line):
        return Told(name=match["name"])
    if match := OTHER.fullmatch(line):
        return Told(name=match["name"], whose=_lower(match["of"] or match["who"]))
    if match := PROMISE.fullmatch(line):
        return Told(f"promises to {match['deed']}")
    if match := WILL.fullmatch(line):
        verb = match["deed"].split()[0].lower()
        # What is handed over is for somebody else: whoever says so owes it.
        owed = "transfer" in verbs.classes(verb) and re.search(r"\bto [A-Zt]", match["deed"])
        return Told(f"{'promises' if owed else 'plans'} to {match['deed']}")
    cleft = CLEFT.fullmatch(line)
    parts = split_sentence(f"{cleft['who']} {cleft['what']}" if cleft else line)
    if parts is None or parts[0].split()[0].lower().strip(",") in NOT_THEY or not _is_past(parts[1]):
        return None
    return Told(f"says that {_lower(parts[0])} {parts[1]}")


def hear(events: Sequence[Event], cues: Sequence[Cue], chunk: Chunk) -> list[Event]:
    """The events of `chunk` with what its `cues` tell.

    Who "says something" says it; who is named is called so besides; a speaker whom no event shows gets an event behind
    the others. Without cues the events come back as they are.
    """
    told = list(events)
    spoken: set[int] = set()
    for cue in cues:
        heard = understand_line(cue.text) if cue.kind == "speech" else []
        for one in (one for one in heard if one.whose):
            told = _named(told, one.whose, one.name)
        own = [one for one in heard if not one.whose]
        if not own:
            continue
        name = next((one.name for one in own if one.name), _written(cue.speaker))
        whats = [one.what for one in own if one.what]
        at = _speaker(told, cue, chunk, spoken)
        if at is not None:
            spoken.add(at)
            event = told[at]
            who = f"{name}, {event.who}" if name and not event.who.startswith(name) else event.who
            if whats and SOMETHING.match(event.what):
                event = replace(event, what=whats.pop(0))
            else:
                whats = whats[1:]  # the first is what is seen already
            told[at] = replace(event, who=who)
        elif name:
            place, past = (told[0].place, told[0].past) if told else ("", False)
            who, event = name, Event("", chunk.index, max(0.0, cue.start - chunk.start), name, "", place, past)
        else:
            continue
        told += [replace(event, id=f"{chunk.index}.said{len(told) + n}", who=who, what=w) for n, w in enumerate(whats)]
    return told


def _speaker(events: Sequence[Event], cue: Cue, chunk: Chunk, spoken: set[int]) -> int | None:
    """Whose event the line is: of those who speak and whose line is not known yet, the last that began before it, where
    events have seconds; else the next one."""
    free = [i for i, event in enumerate(events) if i not in spoken and SPEAKING.match(event.what)]
    if cue.speaker:
        named = [i for i in free if cue.speaker.lower() in events[i].who.lower()]
        free = named or free
    timed = [i for i in free if (second := events[i].second) is not None
             and -NEAR <= cue.start - chunk.start - second <= LONG]  # fmt: skip
    if timed:
        return timed[-1]
    untimed = [i for i in free if events[i].second is None]
    return untimed[0] if untimed else None


def _named(events: Sequence[Event], whose: str, name: str) -> list[Event]:
    """`events` with `name` before the first mention of `whose`."""
    found = list(events)
    for i, event in enumerate(found):
        if event.who.lower() == whose:
            found[i] = replace(event, who=f"{name}, {event.who}")
            return found
        if re.search(rf"\b{re.escape(whose)}\b", event.what):
            what = re.sub(rf"\b{re.escape(whose)}\b", f"{name}, {whose}", event.what, count=1)
            found[i] = replace(event, what=what)
            return found
    return found


def _is_past(what: str) -> bool:
    first = what.split()[0].lower()
    base = verbs.lemma(first)
    return base is not None and first != base and not first.endswith(("s", "ing"))


def _written(speaker: str | None) -> str:
    """A label as a name: subtitles write it in capitals."""
    return speaker.title() if speaker is not None and speaker.isupper() else speaker or ""


def _lower(who: str) -> str:
    """Without the capital of a sentence's head, where it begins with an article."""
    first, _, rest = who.partition(" ")
    return f"{first.lower()} {rest}" if first in ("The", "A", "An") else who
