"""What was said of the film as a subtitle track, SRT or WebVTT: a cue for each caption, or for each second that has
event lines where a strategy asked for those alone."""

from __future__ import annotations

from longvid.output.report import Report, clock
from longvid.text import printable


def render_srt(report: Report) -> str:
    """SubRip: numbered cues with commas before the milliseconds. Players read <tags>, so there are none."""
    cues = []
    for number, cue in enumerate((cue for chunk in report.chunks for cue in chunk.cues), 1):
        times = f"{clock(cue.start, millis=',')} --> {clock(cue.end, millis=',')}"
        cues.append(f"{number}\n{times}\n{_cue(cue.text).replace('<', '(').replace('>', ')')}\n")
    return "\n".join(cues)


def render_vtt(report: Report) -> str:
    """WebVTT: as SRT with a header and points; `&`, `<` and `>` are escaped as the format asks.

    What is not as it should be stands in notes before the cues, which players do not show.
    """
    cues = ["WEBVTT\n", *(f"NOTE {_cue(line)}\n" for line in report.problems)]
    for cue in (cue for chunk in report.chunks for cue in chunk.cues):
        text = _cue(cue.text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{clock(cue.start, millis='.')} --> {clock(cue.end, millis='.')}\n{text}\n")
    return "\n".join(cues)


def _cue(text: str) -> str:
    # A blank line ends a cue and an arrow starts one; braces are style tags to players. None may come from a caption.
    return " ".join(printable(text).split()).replace("-->", "->").replace("{", "(").replace("}", ")")
