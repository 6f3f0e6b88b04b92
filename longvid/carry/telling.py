"""What can be told of other chunks, made by code from what was said of them. Pure functions over text.

Everything told is whole sentences on one line, without characters or words that could pass for a part of the prompt's
own form. Knows no tokens: who asks shortens what is told until it fits.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from longvid.captions.events import Event, parse_events
from longvid.narrative.entities import Cast, Entity
from longvid.narrative.phrases import spoken
from longvid.strategy.contract import Answer
from longvid.text import is_whole, normal, printable, sentences

MOST_SENTENCES = 6
"""Of an answer's end; more never fit into the bound."""
REPEATED_SHARE = 0.5
"""Share of its word triples that an answer may have from the one before it and still be carried on."""
ROLES = re.compile(
    r"\b(?:(?:short\s+)?answer|question|user|assistant|system|human|instruction)s?\s*:"
    r"|<\|[^|<>]{0,80}\|?>|</?s>|\[/?INST\]|<</?SYS>>|#{2,}",
    re.IGNORECASE,
)
"""What marks a turn or a role in the prompt of this model or of others."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one chunk may be told: `entities` the most important first, `before` in the order of the film."""

    entities: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    said: tuple[tuple[float, str], ...] = ()
    """The chunk's own cues in order, each with how much it tells."""

    def __bool__(self) -> bool:
        return bool(self.entities or self.before or self.said)

    @property
    def cues(self) -> tuple[str, ...]:
        """What is said."""
        return tuple(text for _, text in self.said)

    def shorter(self) -> Told:
        """One sentence less: the cue that tells least goes first, then what is longest ago, then the least important
        entity."""
        if self.said:
            least = min(range(len(self.said)), key=lambda i: (self.said[i][0], i))
            return replace(self, said=(*self.said[:least], *self.said[least + 1 :]))
        if self.before:
            return replace(self, before=self.before[1:])
        return replace(self, entities=self.entities[:-1])


def harmless(text: str) -> str:
    """`text` as one line that is safe inside a prompt: no control characters, no marks of turns or roles."""
    return " ".join(ROLES.sub(" ", printable(text)).split())


def previous(answer: Answer, earlier: Answer | None) -> tuple[str, ...]:
    """The last whole sentences of `answer`, at most MOST_SENTENCES; of event lines the last lines.

    Nothing of an answer that is degraded, or that mostly says again what `earlier`, the one before it, said.
    """
    if not answer.ok or (earlier is not None and repeats(answer.text, earlier.text)):
        return ()
    found = [_event(event) for event in parse_events(answer.text, 0).events] or sentences(answer.text)
    told = [harmless(sentence) for sentence in found if is_whole(sentence)]
    return tuple(sentence for sentence in told if normal(sentence))[-MOST_SENTENCES:]


def entities(cast: Cast, index: int, named: Collection[str] = ()) -> tuple[str, ...]:
    """Who is likely to be in the chunk `index`, the likeliest first: those seen in it or next to it, and elsewhere too.

    Each is a line with a name, where there is one, and the descriptions it has by then. Who hides is not given away.
    Entities with one of the names in `named` (case-folded) are left out.
    """
    near = [entity for entity in cast.entities if any(abs(chunk - index) <= 1 for chunk in entity.chunks)]
    # What the chunk alone has said of somebody is nothing to tell it.
    known = [entity for entity in near if set(entity.chunks) != {index}]
    known = [entity for entity in known if not any(name.casefold() in named for name in entity.names)]
    known.sort(key=lambda entity: (index not in entity.chunks, -len(entity.events), entity.chunks))
    hiding = {phrase.description for _, phrase in cast.concealed}
    lines = (harmless(_entity(entity, index, hiding)) for entity in known)
    return tuple(line for line in lines if normal(line))


def repeats(text: str, earlier: str) -> bool:
    """Whether more than half of what `text` says, by triples of words, is said in `earlier` too."""
    triples, before = _triples(text), _triples(earlier)
    return bool(triples) and len(triples & before) > REPEATED_SHARE * len(triples)


def _triples(text: str) -> set[tuple[str, ...]]:
    words = normal(text).split()
    return {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))} if words else set()


def _event(event: Event) -> str:
    """An event as a sentence, without its second: it counts from the start of another chunk."""
    return ", ".join(part for part in (f"{event.who} {event.what}", event.place) if part) + "."


def _entity(entity: Entity, index: int, hiding: Collection[str | None]) -> str:
    descriptions = [seen for seen in entity.descriptions if seen[0] not in hiding] or list(entity.descriptions)
    # A description from a later chunk may not be there yet.
    worn = [spoken(description) for description, first in descriptions if first <= index] or [
        spoken(description) for description, _ in descriptions[:1]
    ]
    worn = [f"{worn[-1]}, earlier {worn[0]}"] if len(worn) > 1 else worn
    name = " or ".join(entity.names[:2])
    return f"{name} ({worn[0]})" if name and worn else name or f"the {worn[0]}" if name or worn else ""
