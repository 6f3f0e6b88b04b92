"""The one canonical sentence of every event and every link.

Captions, gold and reference are made of these; the scorer accepts them and many other ways to say the same. `named`
calls figures by name, `appearance` by how they look at that time, with the name where a tag shows it.
"""

from __future__ import annotations

from typing import Literal

from longvid_benchmarks.storyfilm.story import Event, Link, Story
from longvid_benchmarks.storyfilm.vocabulary import NUMBERS, SWITCHES

Naming = Literal["named", "appearance"]

PERFECT = {
    "opens": "opened",
    "closes": "closed",
    "turns on": "turned on",
    "turns off": "turned off",
    "raises": "raised",
    "lowers": "lowered",
    "lights": "lit",
    "puts out": "put out",
}
"""Past participle of every verb of a switch."""


def figure_phrase(story: Story, event: Event, id: str, naming: Naming) -> str:
    """How `event` calls the figure `id`, in the middle of a sentence."""
    look = event.looks[id]
    if look.masked:
        return "the masked figure"
    name = story.figure(id).name
    if naming == "named":
        return name
    return f"{name}, {look.phrase()}," if id in event.tags else look.phrase()


def event_sentence(story: Story, event: Event, naming: Naming = "named") -> str:
    """ "Mira gives the blue key to Tobo." Every word of it can be seen in the picture, or is said there."""
    return _sentence(_clause(story, event, naming))


def seen_sentence(story: Story, event: Event, naming: Naming = "named") -> str:
    """`event_sentence`, or of what is only said no more than can be seen: "Mira says something."."""
    if not event.said:
        return event_sentence(story, event, naming)
    return _sentence(f"{figure_phrase(story, event, event.roles['agent'], naming)} says something")


def deed_phrase(story: Story, event: Event) -> str:
    """What the plan `event` is about: "hide the blue key in the chest in the forest"."""
    roles = event.roles
    thing = story.thing(roles["object"]).phrase() if "object" in roles else ""
    device = story.device(roles["device"]) if "device" in roles else None
    match roles["deed"]:
        case "hide":
            return f"hide {thing} in the chest in the {roles['place']}"
        case "switch" if device is not None:
            verb, *particle = SWITCHES[device.kind, roles["state"]].split()
            return " ".join([verb.removesuffix("s"), *particle, device.phrase()])
        case "unlock" if device is not None:
            return f"open {device.phrase()} with {thing}"
        case "take" if device is not None:
            return f"take {thing} out of {device.phrase()}"
    raise ValueError(f"nobody can plan to {roles['deed']!r} with {sorted(roles)}")


def _clause(story: Story, event: Event, naming: Naming) -> str:
    roles = event.roles

    def figure(role: str) -> str:
        return figure_phrase(story, event, roles[role], naming)

    who = figure("agent")
    thing = story.thing(roles["object"]).phrase() if "object" in roles else ""
    device = story.device(roles["device"]) if "device" in roles else None
    place = story.chunks[event.chunk].place
    match event.predicate:
        case "give":
            return f"{who} gives {thing} to {figure('to')}"
        case "use":
            return f"{who} lifts {thing}"
        case "hide":
            return f"{who} hides {thing} in the chest in the {place}"
        case "find":
            return f"{who} finds {thing} in the chest in the {place}"
        case "promise":
            return f"{who} promises to give {thing} to {figure('to')}"
        case "steal":
            return f"{who} steals {thing} from {figure('of')}"
        case "switch" if device is not None:
            return f"{who} {SWITCHES[device.kind, roles['state']]} {device.phrase()}"
        case "collect":
            number = int(roles["count"])
            return f"{who} picks up {NUMBERS[number]} coin{'s' if number > 1 else ''}"
        case "change":
            return f"{who} changes from {event.looks[roles['agent']].colour} to {roles['colour']}"
        case "unmask":
            look = event.looks[roles["agent"]]
            seen = type(look)(look.colour, look.mark, look.shape).phrase()
            return f"{who} takes off the mask and is {story.figure(roles['agent']).name if naming == 'named' else seen}"
        case "claim":
            return f"{who} says that {figure('accused')} stole {thing}"
        case "unlock" if device is not None:
            return f"{who} opens {device.phrase()} with {thing}"
        case "take" if device is not None:
            return f"{who} takes {thing} out of {device.phrase()}"
        case "plan":
            return f"{who} plans to {deed_phrase(story, event)}"
        case "introduce":
            return f"{who} says something"
        case "greet":
            return f"{who} greets {figure('to')}"
        case "walk":
            return f"{who} walks past"
        case "dance" | "sleep" | "jump":
            return f"{who} {event.predicate}s"
    raise ValueError(f"an event cannot be {event.predicate!r} with {sorted(roles)}")


def link_sentence(story: Story, link: Link) -> str:
    """The sentence that tells the last event of `link` together with what it has to do with the ones before."""
    events = [next(e for c in story.chunks for e in c.events if e.id == id) for id in link.events]
    first, last = events[0], events[-1]

    def name(event: Event, role: str) -> str:
        return story.figure(event.roles[role]).name

    def thing(event: Event) -> str:
        return story.thing(event.roles["object"]).phrase()

    match link.kind:
        case "handover-use":
            return (
                f"{name(last, 'agent')} lifts {thing(last)} that {name(first, 'agent')} had given {name(first, 'to')}."
            )
        case "hidden-found":
            return f"{name(last, 'agent')} finds {thing(last)} that {name(first, 'agent')} had hidden."
        case "promise-kept":
            return f"{name(last, 'agent')} gives {thing(last)} to {name(last, 'to')} as promised."
        case "promise-broken":
            return f"{name(first, 'agent')} never gives {thing(first)} to {name(first, 'to')} as promised."
        case "state-flipped":
            device = story.device(last.roles["device"])
            done, before = SWITCHES[device.kind, last.roles["state"]], SWITCHES[device.kind, first.roles["state"]]
            return f"{name(last, 'agent')} {done} {device.phrase()} that {name(first, 'agent')} had {PERFECT[before]}."
        case "count":
            return f"{name(first, 'agent')} picks up {NUMBERS[link.detail['total']]} coins in all."
        case "returns-changed":
            who = name(first, "agent")
            rest = _clause(story, last, "named").removeprefix(who)
            return f"{who}, who had changed from {link.detail['old']} to {link.detail['new']},{rest}."
        case "alias-revealed":
            who = name(last, "agent")
            return f"The masked figure who had stolen {thing(first)} turns out to be {who}."
        case "false-claim":
            says = _clause(story, last, "named").replace(" says that ", " falsely says that ")
            return f"{says}, which {name(first, 'agent')} had stolen."
        case "causal-chain":
            found, opened, _, given = events
            who = name(given, "agent")
            gate = story.device(opened.roles["device"]).phrase()
            return (
                f"{_clause(story, given, 'named')}, which {who} could take because {who} had found {thing(found)} "
                f"and had opened {gate} with it."
            )
        case "flashback":
            found, hidden = events
            return (
                f"A flashback shows that {name(hidden, 'agent')} had hidden {thing(hidden)} "
                f"that {name(found, 'agent')} found."
            )
        case "plan-carried-out":
            return f"{_clause(story, last, 'named')} as planned."
    raise ValueError(f"there is no kind of link {link.kind!r}")


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:].rstrip(',')}."
