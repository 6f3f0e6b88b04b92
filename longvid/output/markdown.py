"""The summary as Markdown. Names and model output are escaped: they make no heading, list, code, image or HTML."""

from __future__ import annotations

import re

from longvid.output.report import Report, clock
from longvid.text import printable

SPECIAL = re.compile(r"([\\`*\[\]<>#|~!]|(?<![^\W_])_|_(?![^\W_]))")
NOTHING = "*No summary: no chunk got a usable answer.*"
RULE = re.compile(r"(?m)^[-=]+$")
"""A line of these makes a heading of the one before it."""
BLOCK_START = re.compile(r"(?m)^(\s*)([-+=]|\d+[.)])(?=\s|$)")


def render_summary(report: Report) -> str:
    """Title and summary alone: what a terminal gets."""
    return f"# {' '.join(escape(report.film).split())}\n\n{escape(report.summary) or NOTHING}\n"


def render(report: Report) -> str:
    """Title, summary, then every chunk with its times and caption, then what went wrong."""
    lines = [render_summary(report)]
    if report.degraded:
        lines += ["## Not as it should be", ""]
        lines += [f"- {escape(line)}" for line in report.degraded] + [""]
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
    calls = ", ".join(f"{name} {count}" for name, count in report.calls.items())
    lines += [
        "---",
        "",
        f"{clock(report.duration)} of film in {len(report.chunks)} chunks; strategy {escape(report.strategy)}; "
        f"model {escape(report.model)}; writer {escape(report.writer)}; calls: {calls}.",
        "",
    ]
    return "\n".join(lines)


def escape(text: str) -> str:
    """`text` as literal Markdown."""
    text = SPECIAL.sub(r"\\\1", "\n".join(line.strip() for line in printable(text).strip().split("\n")))
    text = RULE.sub(r"\\\g<0>", text)
    return BLOCK_START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", text)
