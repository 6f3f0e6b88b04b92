"""One file an output format; `FORMATS` is the table from a format's name to what renders it."""

from __future__ import annotations

import json
from collections.abc import Callable

from longvid.output import chapterfiles, markdown, nfo, subtitles
from longvid.output.chapters import Chapter
from longvid.output.report import ChunkReport, Cited, Cue, Heard, Pictures, Report, Spoken, clock

FORMATS: dict[str, Callable[[Report], str]] = {
    "md": markdown.render,
    "json": lambda report: json.dumps(report.as_json(), indent=1, ensure_ascii=False) + "\n",
    "srt": subtitles.render_srt,
    "vtt": subtitles.render_vtt,
    "nfo": nfo.render,
    "chapters.vtt": chapterfiles.render_vtt,
    "chapters.ffmeta": chapterfiles.render_ffmetadata,
    "chapters.txt": chapterfiles.render_lines,
}
"""Text of the output file for each format that needs the report alone."""
PAGE = "html"
NAMES = (*FORMATS, PAGE)
"""The formats that `-f` takes; `longvid.page` renders the last one, which shows the film too."""

__all__ = [
    "FORMATS",
    "NAMES",
    "PAGE",
    "Chapter",
    "ChunkReport",
    "Cited",
    "Cue",
    "Heard",
    "Pictures",
    "Report",
    "Spoken",
    "clock",
]
