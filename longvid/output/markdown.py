"""The summary as Markdown. Names and model output are escaped: they make no heading, list, code, image or HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from longvid.output.report import Cited, Report, Spoken, clock
from longvid.text import counted, printable

SPECIAL = re.compile(r"([\\`*\[\]<>#|~!]|(?<![^\W_])_|_(?![^\W_]))")
NOTHING = "*No summary: no chunk got a usable answer.*"
RULE = re.compile(r"(?m)^[-=]+$")
"""A line of these makes a heading of the one before it."""
BLOCK_START = re.compile(r"(?m)^(\s*)([-+=]|\d+[.)])(?=\s|$)")


def render_summary(report: Report) -> str:
    """Title and summary, with its evidence where that is to be shown: what a terminal gets."""
    title = f"# {' '.join(escape(report.film).split())}"
    if not report.show_evidence:
        return f"{title}\n\n{escape(report.summary) or NOTHING}\n"
    numbered = escape(_numbered(report.summary, report.evidence)) or NOTHING
    return "\n".join([title, "", numbered, "", "## Evidence", "", *_evidence(report)])


def _numbered(summary: str, evidence: Sequence[Cited]) -> str:
    """`summary` with the number of its note after each sentence that has one."""
    parts, start = [], 0
    for number, cited in enumerate(evidence, 1):
        found = summary.find(cited.sentence, start)
        if cited.sentence and found >= 0:
            end = found + len(cited.sentence)
            parts += [summary[start:end], f"[{number}]"]
            start = end
    return "".join([*parts, summary[start:]])


def _evidence(report: Report) -> list[str]:
    """A note a sentence: its chunks with their times, and its events."""
    if not report.evidence:
        return [f"*There is none: {escape(report.strategy)} keeps no record of what a sentence rests on.*", ""]
    times = {chunk.index: f"{clock(chunk.start)} to {clock(chunk.end)}" for chunk in report.chunks}
    lines = []
    for number, cited in enumerate(report.evidence, 1):
        chunks = "; ".join(f"chunk {i}, {times[i]}" if i in times else f"chunk {i}" for i in cited.chunks)
        lines += [f"**{number}** {chunks or '*nothing is cited*'}", ""]
        if cited.events:
            # A time an event, where each has one.
            begun = [f"{clock(t)} " for t in cited.times] if len(cited.times) == len(cited.events) else []
            pairs = zip(begun or [""] * len(cited.events), cited.events, strict=True)
            lines += [f"- {time}{' '.join(escape(event).split())}" for time, event in pairs] + [""]
    return lines


def render(report: Report) -> str:
    """Title, summary, then every chunk with its times and caption, then what went wrong."""
    lines = [render_summary(report)]
    if report.problems:
        lines += ["## Problems", ""]
        lines += [f"- {escape(line)}" for line in report.problems] + [""]
    if report.notes:
        lines += ["## Notes", ""]
        lines += [f"- {escape(line)}" for line in report.notes] + [""]
    lines += ["## Chunks", ""]
    for chunk in report.chunks:
        mark = "" if chunk.status == "ok" else f" *({chunk.reason or chunk.status})*"
        lines += [f"**{clock(chunk.start)} to {clock(chunk.end)}**{mark}", ""]
        if chunk.caption or not chunk.events:
            lines += [escape(chunk.caption) or "*no usable answer*", ""]
        if chunk.events:
            lines += [f"- {escape(line)}" for line in chunk.events] + [""]
        if chunk.dialogue and report.show_dialogue:
            lines += [f"> {_spoken(spoken)}  " for spoken in chunk.dialogue] + [""]
    calls = ", ".join(f"{name} {count}" for name, count in report.calls.items())
    lines += [
        "---",
        "",
        f"{clock(report.duration)} of film in {counted(len(report.chunks), 'chunk')}; "
        f"strategy {escape(_strategy(report))}; "
        f"context {escape(report.carry)}; "
        f"dialogue {escape(_heard(report))}; "
        f"model {escape(report.model)}; LLM {escape(report.llm)}; calls: {calls}.",
        "",
    ]
    return "\n".join(lines)


def _heard(report: Report) -> str:
    """Where what is said comes from, and whether it was used."""
    heard = report.heard
    if not heard.cues:
        return "none"
    used = {"none": ", not used", "said-only": ", and nothing else"}.get(report.hearing, "")
    return f"from {heard.source} ({counted(heard.cues, 'cue')}){used}"


def _spoken(spoken: Spoken) -> str:
    who = f"{spoken.speaker}: " if spoken.speaker else ""
    text = {"sound": f"[{spoken.text}]", "song": f"\u266a {spoken.text}"}.get(spoken.kind, spoken.text)
    return f"{clock(spoken.start)} {escape(who + text)}"


def _strategy(report: Report) -> str:
    """Name of the strategy, and its settings where they are not the defaults."""
    settings = ", ".join(f"{key} = {value}" for key, value in report.settings.items())
    return f"{report.strategy} ({settings})" if settings else report.strategy


def escape(text: str) -> str:
    """`text` as literal Markdown."""
    text = SPECIAL.sub(r"\\\1", "\n".join(line.strip() for line in printable(text).strip().split("\n")))
    text = RULE.sub(r"\\\g<0>", text)
    return BLOCK_START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", text)
