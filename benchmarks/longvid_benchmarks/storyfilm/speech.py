"""What is said in a story, word by word: the ways to put each promise, claim, plan and name, and the lines as cues.

In the first person and in plain English. Knows no pictures; which lines there are is for `saying` to choose.
"""

from __future__ import annotations

from longvid.film import Cue
from longvid_benchmarks.storyfilm.story import Event, Look, Story, Utterance
from longvid_benchmarks.storyfilm.wording import deed_phrase


def wordings(story: Story, event: Event) -> tuple[str, ...]:
    """The ways in which the agent of `event` can say what it tells; empty for what is never said."""
    roles = event.roles
    thing = story.thing(roles["object"]).phrase() if "object" in roles else ""
    match event.predicate:
        case "promise":
            to = story.figure(roles["to"]).name
            return f"I will give {thing} to {to}.", f"I promise to give {thing} to {to}."
        case "claim":
            accused = story.figure(roles["accused"]).name
            return f"It was {accused} who stole {thing}.", f"{accused} stole {thing}."
        case "plan":
            deed = deed_phrase(story, event)
            return f"I will {deed}.", f"I am going to {deed}."
        case "introduce":
            name = story.figure(roles["agent"]).name
            return f"I am {name}.", f"My name is {name}."
    return ()


def namings(name: str, look: Look) -> tuple[str, ...]:
    """The ways in which somebody else can say who the figure with `look` is."""
    looks = look.phrase()
    return f"T{looks[1:]} is {name}.", f"The name of {looks} is {name}."


def cues(story: Story) -> tuple[Cue, ...]:
    """All lines as the subtitles have them: a speaker where they say who it is."""
    return tuple(Cue(line.start, line.end, line.text, _label(story, line)) for line in story.lines)


def subtitle(story: Story, line: Utterance) -> str:
    """ "MIRA: I will give the blue key to Tobo.", or only what is said."""
    label = _label(story, line)
    return line.text if label is None else f"{label.upper()}: {line.text}"


def _label(story: Story, line: Utterance) -> str | None:
    return story.figure(line.speaker).name if line.labelled else None
