"""Gold: all that is true of a story, in the forms that strategies, scorer and training need.

Captions at three levels, event lines, facts, links, questions, probes, a reference summary. Everything follows from the
story alone; `write` puts it into the folder of a film.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any, Literal

from longvid_benchmarks.storyfilm.channels import fact_channel, link_channels
from longvid_benchmarks.storyfilm.story import Chunk, Event, Link, Look, Story
from longvid_benchmarks.storyfilm.vocabulary import COLOURS, FILLERS, SHAPES
from longvid_benchmarks.storyfilm.wording import event_sentence, figure_phrase, link_sentence, seen_sentence

Level = Literal["named", "appearance", "noisy"]

DROPPED, SWAPPED, INVENTED, MISCOLOURED = 0.10, 0.05, 0.05, 0.05
"""Shares of events that a noisy caption leaves out, gives to somebody else, makes up, or tells in a wrong colour."""

SUBJECT = re.compile(rf".*?\b(?:figure|{'|'.join(SHAPES)})\b")
"""Who a sentence by appearance is about: every look ends with its shape."""


def salient(event: Event) -> bool:
    """Whether a summary should tell the event."""
    return event.predicate not in FILLERS


def caption(story: Story, chunk: Chunk, level: Level = "appearance") -> str:
    """What a chunk shows: its place, then a sentence an event."""
    sentences = [sentence for _, sentence in _told(story, chunk, level)]
    opening = f"A flashback shows the {chunk.place}." if chunk.flashback else f"The place is the {chunk.place}."
    return " ".join([opening, *sentences])


def captions(story: Story, level: Level = "appearance") -> list[str]:
    """One caption a chunk."""
    return [caption(story, chunk, level) for chunk in story.chunks]


def _told(story: Story, chunk: Chunk, level: Level) -> list[tuple[Event, str]]:
    """A sentence an event, each with the event at whose time it is told."""
    if level == "noisy":
        return _noise(story, chunk)
    return [(event, seen_sentence(story, event, level)) for event in chunk.events]


def _noise(story: Story, chunk: Chunk) -> list[tuple[Event, str]]:
    """The sentences of a chunk as a captioner with bad eyes would write them; always the same ones for a story."""
    rng = random.Random(f"noise {story.seed} {len(story.chunks)} {chunk.index}")
    cast = sorted(story.figures, key=lambda figure: figure.id)
    told: list[tuple[Event, str]] = []
    for event in chunk.events:
        if rng.random() < DROPPED:
            continue
        sentence = seen_sentence(story, event, "appearance")
        if rng.random() < SWAPPED:
            wrong = rng.choice(cast).look
            right = figure_phrase(story, event, event.roles["agent"], "appearance")
            sentence = "T" + wrong.phrase()[1:] + " " + sentence[len(right) :].lstrip()
        if rng.random() < MISCOLOURED:
            colours = [word for word in sentence.replace(",", "").split() if word in COLOURS]
            if colours:
                sentence = sentence.replace(rng.choice(colours), rng.choice(sorted(COLOURS)), 1)
        told.append((event, sentence))
        if rng.random() < INVENTED:
            other = rng.choice(story.events())
            told.append((event, seen_sentence(story, other, "appearance")))
    return told


def event_lines(story: Story, chunk: Chunk, level: Level = "appearance") -> list[str]:
    """The sentences of `caption` as lines: second of the chunk | who | what happens | place.

    The most that an extraction could say. The place of a flashback says so.
    """
    place = f"{chunk.place} (flashback)" if chunk.flashback else chunk.place
    lines = []
    for event, sentence in _told(story, chunk, level):
        who = _who(story, event, sentence, level)
        rest = sentence[len(who) :].strip(" ,.")
        lines.append(f"{event.start - chunk.start:.0f} | {who} | {rest} | {place}")
    return lines


def _who(story: Story, event: Event, sentence: str, level: Level) -> str:
    """The subject of `sentence`, as in the middle of one. With noise it may be another than the event's."""
    if level != "noisy":
        return figure_phrase(story, event, event.roles["agent"], level).rstrip(",")
    subject = SUBJECT.match(sentence)
    who = subject[0] if subject else ""
    return "t" + who[1:] if who.startswith("The ") else who


def facts(story: Story) -> list[dict[str, Any]]:
    """Every event as plain data, with names in place of ids; where figures speak also whether it is seen or heard."""
    return [
        {
            "id": event.id,
            "chunk": event.chunk,
            "start": event.start,
            "end": event.end,
            "predicate": event.predicate,
            "roles": {role: said(story, role, value) for role, value in event.roles.items()},
            "masked": event.masked,
            "flashback": story.chunks[event.chunk].flashback,
            "salient": salient(event),
            "text": event_sentence(story, event),
            **({"channel": fact_channel(story, event)} if story.said else {}),
        }
        for event in story.events()
    ]


def said(story: Story, role: str, value: str) -> str:
    """What stands for a role's id in words."""
    if role in ("agent", "to", "of", "accused"):
        return story.figure(value).name
    if role == "object":
        return story.thing(value).phrase().removeprefix("the ")
    if role == "device":
        return story.device(value).phrase().removeprefix("the ")
    return value


def links(story: Story) -> list[dict[str, Any]]:
    """Every link as plain data with its sentence; where figures speak also with its channel."""
    through = link_channels(story) if story.said else {}
    return [
        {
            "id": link.id,
            "kind": link.kind,
            "events": list(link.events),
            "gap": link.gap,
            "detail": link.detail,
            "text": link_sentence(story, link),
            **({"channel": through[link.id]} if through else {}),
        }
        for link in story.links
    ]


def look_timeline(story: Story) -> list[dict[str, Any]]:
    """For each figure the looks it has, each from which chunk on."""
    rows = []
    for figure in story.figures:
        looks: list[tuple[int, Look]] = [(0, figure.look)]
        looks += [
            (event.chunk, Look(event.roles["colour"], figure.look.mark, figure.look.shape))
            for event in story.events()
            if event.predicate == "change" and event.roles["agent"] == figure.id
        ]
        rows.append({"name": figure.name, "looks": [{"from": chunk, "look": look.phrase()} for chunk, look in looks]})
    return rows


def reference(story: Story) -> str:
    """The summary that tells every salient event once, in the order of the film, and every link."""
    pay_off: dict[str, Link] = {link.events[-1]: link for link in story.links if link.kind != "promise-broken"}
    lines = []
    for event in story.events():
        if not salient(event):
            continue
        link = pay_off.get(event.id)
        if link is None:
            lines.append(event_sentence(story, event))
        elif link.kind == "count":
            lines += [event_sentence(story, event), link_sentence(story, link)]
        else:
            lines.append(link_sentence(story, link))
    lines += [link_sentence(story, link) for link in story.links if link.kind == "promise-broken"]
    return " ".join(lines)


def dialogue(story: Story) -> list[dict[str, Any]]:
    """Every line that is said as plain data: when, by whom, whether the subtitles say so, and during which event."""
    return [
        {
            "start": line.start,
            "end": line.end,
            "speaker": story.figure(line.speaker).name,
            "labelled": line.labelled,
            "text": line.text,
            "event": line.event,
        }
        for line in story.lines
    ]


def write(story: Story, folder: Path) -> None:
    """Write all gold of `story` into `folder`, which exists."""
    from longvid_benchmarks.storyfilm.questions import probes, questions

    def lines(name: str, rows: list[dict[str, Any]]) -> None:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / name).write_text(text, encoding="utf-8")

    times = [{"index": c.index, "start": c.start, "end": c.end} for c in story.chunks]
    for level in ("named", "appearance", "noisy"):
        rows = [{**time, "caption": text} for time, text in zip(times, captions(story, level), strict=True)]
        lines(f"captions.{level}.jsonl", rows)
    lines(
        "event_lines.jsonl", [{**t, "lines": event_lines(story, c)} for t, c in zip(times, story.chunks, strict=True)]
    )
    lines("facts.jsonl", facts(story))
    lines("links.jsonl", links(story))
    lines("looks.jsonl", look_timeline(story))
    lines("questions.jsonl", questions(story))
    lines("probes.jsonl", probes(story))
    (folder / "reference.txt").write_text(reference(story) + "\n", encoding="utf-8")
    head: dict[str, Any] = {
        "format": 1,
        "seed": story.seed,
        "chunks": len(story.chunks),
        "level": story.level,
        "missing": list(story.missing),
    }
    if story.said:
        head["said"] = story.said
        lines("dialogue.jsonl", dialogue(story))
    else:
        (folder / "dialogue.jsonl").unlink(missing_ok=True)
    (folder / "story.json").write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
