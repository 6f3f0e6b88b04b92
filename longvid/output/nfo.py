"""A film's .nfo for Kodi and Jellyfin: its title, its length, and the summary as the plot."""

from __future__ import annotations

from pathlib import PurePath
from xml.etree import ElementTree

from longvid.output.report import Report
from longvid.text import printable


def render(report: Report) -> str:
    """XML in which everything is escaped; both programs take such a file beside the film, called like it."""
    movie = ElementTree.Element("movie")
    fields = {
        "title": PurePath(report.film).stem,
        "plot": report.summary,
        "runtime": str(max(1, round(report.duration / 60))),
    }
    for name, text in fields.items():
        ElementTree.SubElement(movie, name).text = printable(text)
    ElementTree.indent(movie)
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{ElementTree.tostring(movie, encoding="unicode")}\n'
    )
