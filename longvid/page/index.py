"""The page over many films: for each a poster, its summary and its problems, and a search that leads into their pages.

It stands in the folder that has the runs, names their pages and pictures by relative paths, and holds what was seen and
said, to be searched. Knows no batch: which films have no page, and why, it is told.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from longvid.errors import RunError
from longvid.files import as_text, read_json
from longvid.page.pictures import poster
from longvid.page.rendering import asset, digest, environment
from longvid.page.told import Line, Told, told_of
from longvid.run.files import write_text
from longvid.run.folder import SUFFIX

NAME = "index.html"
MOST_TEXT = 40_000_000
"""Letters that are searched; of films behind them the summaries alone."""
POSTER = 0.3
"""Share of a film at which its poster is taken: behind the titles, and no ending."""


@dataclass(frozen=True, slots=True)
class Card:
    """What the index has of a page."""

    name: str
    page: str
    """Its address from the index, as that of the poster."""
    told: Told
    poster: str | None

    def texts(self) -> list[tuple[int, float, str]]:
        """What was seen and said: number of the part, its start (s), and the words."""
        return [
            (part.index, part.start, " ".join([part.caption, *map(_said, part.lines)]).strip())
            for part in self.told.parts
        ]


def _said(line: Line) -> str:
    return f"{line.speaker}: {line.text}" if line.speaker else line.text


def write_index(folder: Path, pages: Iterable[Path], absent: Sequence[tuple[str, str]] = ()) -> Path:
    """Write the index of `pages`, which lie below `folder`, into it, and say where it is.

    absent : name of each film that has no page, and why
    Raises RunError where a page's JSON is gone or damaged, or the index cannot be written.
    """
    cards = sorted((_card(folder, page) for page in pages), key=lambda card: (card.name.casefold(), card.page))
    target = folder / NAME
    write_text(target, render(folder.absolute().name, cards, absent))
    return target


def render(title: str, cards: Sequence[Card], absent: Sequence[tuple[str, str]]) -> str:
    """The index of `cards`, called `title`."""
    from markupsafe import Markup

    style, script = asset("page.css") + asset("index.css"), asset("index.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {digest(script)}",
            f"style-src {digest(style)}",
            "img-src 'self' file:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    left, texts = MOST_TEXT, []
    for card in cards:
        told = card.texts()
        left -= sum(len(text) for _, _, text in told)
        texts.append(told if left >= 0 else [])
    times = Counter(card.name for card in cards)
    # In an element of data nothing but its end tag means anything.
    data = json.dumps(texts, separators=(",", ":")).replace("<", "\\u003c")
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            title=title,
            cards=cards,
            several={name for name, count in times.items() if count > 1},
            absent=absent,
            hours=sum(card.told.end - card.told.start for card in cards),
            partly=left < 0,
            policy=policy,
            style=Markup(style),
            script=Markup(script),
            texts=Markup(data),
        )
    )


def _card(folder: Path, page: Path) -> Card:
    source = page.with_suffix(".json")
    try:
        told = told_of(read_json(source))
    except (OSError, ValueError) as error:
        raise RunError(f"{as_text(source)} is damaged ({error}); merge the run again") from error
    run = page.parent
    found = poster(run, told.pictures, told.start + POSTER * (told.end - told.start))
    name = Path(told.film).stem or run.name.removesuffix(SUFFIX)
    return Card(name, _address(folder, page), told, None if found is None else _address(folder, found))


def _address(folder: Path, path: Path) -> str:
    return "./" + quote(os.fsencode(os.path.relpath(path, folder)))
