"""The captions as a subtitle track, SRT or WebVTT: one cue a chunk, for players."""

from __future__ import annotations

from longvid.output.report import Report, clock
from longvid.text import printable


def render_srt(report: Report) -> str:
    """SubRip: numbered cues with commas before the milliseconds. Players read <tags>, so there are none."""
    cues = []
    for number, chunk in enumerate((chunk for chunk in report.chunks if chunk.caption), 1):
        times = f"{clock(chunk.start, millis=',')} --> {clock(chunk.end, millis=',')}"
        cues.append(f"{number}\n{times}\n{_cue(chunk.caption).replace('<', '(').replace('>', ')')}\n")
    return "\n".join(cues)


def render_vtt(report: Report) -> str:
    """WebVTT: as SRT with a header and points; `&`, `<` and `>` are escaped as the format asks.

    What is not as it should be stands in notes before the cues, which players do not show.
    """
    cues = ["WEBVTT\n", *(f"NOTE {_cue(line)}\n" for line in report.degraded)]
    for chunk in report.chunks:
        if chunk.caption:
            text = _cue(chunk.caption).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            cues.append(f"{clock(chunk.start, millis='.')} --> {clock(chunk.end, millis='.')}\n{text}\n")
    return "\n".join(cues)


def _cue(text: str) -> str:
    # A blank line ends a cue and an arrow starts one; braces are style tags to players. None may come from a caption.
    return " ".join(printable(text).split()).replace("-->", "->").replace("{", "(").replace("}", ")")
