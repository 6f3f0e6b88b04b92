"""A film's chapters as files: a WebVTT track, ffmpeg's metadata, and the lines that YouTube reads in a description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from longvid.output.chapters import Chapter
from longvid.output.report import Report, clock
from longvid.text.mark import marked


def render_vtt(report: Report) -> str:
    """A WebVTT chapter track. The first title has longvid's mark, so that no run takes it for what is said."""
    cues = ["WEBVTT\n"]
    for number, chapter in enumerate(report.chapters):
        title = chapter.title.replace("-->", "->").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        times = f"{clock(chapter.start, millis='.')} --> {clock(chapter.end, millis='.')}"
        cues.append(f"{times}\n{title if number else marked(title)}\n")
    return "\n".join(cues)


def render_ffmetadata(report: Report) -> str:
    """For `ffmpeg -i film.mp4 -i FILE -map_metadata 1 -map_chapters 1 -codec copy`."""
    return "\n".join([";FFMETADATA1", *_sections(report.chapters), ""])


def _sections(chapters: Sequence[Chapter]) -> Iterator[str]:
    for chapter in chapters:
        start, end = round(chapter.start * 1000), round(chapter.end * 1000)
        comment = f"\ncomment={_escaped(chapter.line)}" if chapter.line else ""
        yield f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={_escaped(chapter.title)}{comment}"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "=;#\\" else c for c in text)


def render_lines(report: Report) -> str:
    """A line a chapter, as descriptions on YouTube have them: the first at 0:00."""
    return "".join(f"{clock(chapter.start)} {chapter.title}\n" for chapter in report.chapters)
