"""What was said of the film as a subtitle track, SRT or WebVTT: a cue for each caption, or for each second that has
event lines where a strategy asked for those alone. The first cue carries longvid's mark, so that no run takes it for
what is said in the film."""

from __future__ import annotations

from collections.abc import Iterator

from longvid.output.report import Cue, Report, clock
from longvid.text import printable
from longvid.text.mark import marked


def render_srt(report: Report) -> str:
    """SubRip: numbered cues with commas before the milliseconds. Players read <tags>, so there are none."""
    cues = []
    for number, (cue, text) in enumerate(_cues(report), 1):
        times = f"{clock(cue.start, millis=',')} --> {clock(cue.end, millis=',')}"
        cues.append(f"{number}\n{times}\n{text.replace('<', '(').replace('>', ')')}\n")
    return "\n".join(cues)


def render_vtt(report: Report) -> str:
    """WebVTT: as SRT with a header and points; `&`, `<` and `>` are escaped as the format asks.

    What is not as it should be stands in notes before the cues, which players do not show.
    """
    cues = ["WEBVTT\n", *(f"NOTE {_line(line)}\n" for line in report.problems)]
    for cue, text in _cues(report):
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{clock(cue.start, millis='.')} --> {clock(cue.end, millis='.')}\n{text}\n")
    return "\n".join(cues)


def _cues(report: Report) -> Iterator[tuple[Cue, str]]:
    """Each cue with its text as one line, the first with the mark."""
    for i, cue in enumerate(cue for chunk in report.chunks for cue in chunk.cues):
        text = _line(cue.text)
        yield cue, text if i else marked(text)


def _line(text: str) -> str:
    # A blank line ends a cue and an arrow starts one; braces are style tags to players. None may come from a caption.
    return " ".join(printable(text).split()).replace("-->", "->").replace("{", "(").replace("}", ")")
