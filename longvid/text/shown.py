"""Words that come from a film made safe to show: metadata, file names, subtitle lines.

Knows nothing about markup of subtitle formats; see `subtitles`.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from longvid.files import as_text


def clean(text: str, limit: int = 200) -> str:
    """One line of `text` without control, format (bidirectional marks among them) or unassigned characters.

    Runs of white space become one space. At most `limit` characters; what is cut off is marked by an ellipsis.
    """
    # The slice bounds the work on a hostile string of megabytes; ten times over leaves room for what is dropped.
    text = text[: limit * 10]
    if not text.isprintable():  # asked first, since most text is and has only spaces
        text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)  # what a terminal would obey
        text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


_LOGIN = re.compile(r"(?<=//)(?:[^/?#\s]*@|[^/?#@\s]*:(?!\d{1,5}(?:[/?#]|$))[^@\s]*@)")
"""What stands before the host of an address: a name and a password, which may hold a slash."""


def without_logins(text: str) -> str:
    """`text` without the names and passwords in the addresses that it holds: `http://user:word@host` shows the host."""
    return _LOGIN.sub("***@", text)


def shown(path: Path) -> str:
    """The path for a message: control characters replaced, so that a file name cannot write to the terminal.

    An address that was given for a file is shown as it was written: a path has lost one of its slashes.
    """
    return clean(without_logins(re.sub(r"^([A-Za-z][A-Za-z0-9+.-]+):/(?=[^/])", r"\1://", as_text(path))), 400)
