"""The page put together: what was told, checks, drawing and pictures, in the template.

All that comes from elsewhere goes through Jinja's escaping and loses its control characters; the page's policy lets
nothing run but the script in this package, and nothing be loaded but the film.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from longvid.output import clock
from longvid.output.chapters import pieces_of
from longvid.page.checking import checks_of, tally
from longvid.page.ledger import cast_of, links_of
from longvid.page.moments import A_SENTENCE, first_look, said_near, scenes, wanted
from longvid.page.pictures import Shown, choose
from longvid.page.timeline import HIGH, MARKS, STRIP, WIDE, Line
from longvid.page.told import Chapter, Told
from longvid.run.files import read_json
from longvid.run.films import films_of
from longvid.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment

LARGEST = 5_900_000
"""Bytes of a page; what its text leaves of it is for pictures."""
MOST_PICTURES = 4_800_000
"""Bytes of pictures in base64 and of what shows them: about 500 of them."""
TEXTS = frozenset({".jsonl", ".json", ".srt", ".vtt"})
"""Of files that a run may be of, and that are no films."""
TEMPLATE = Path(__file__).parent / "template"


def render(told: Told, run: Path) -> str:
    """The page of `told`, for the run folder `run`, which has the pictures and says where the film is."""
    cast, links = cast_of(told), links_of(told)
    checks = checks_of(told, cast)
    line = Line(told.start, told.end)
    paragraphs = pieces_of(told.summary, [sentence.text for sentence in told.sentences])
    view: dict[str, Any] = {
        "told": told,
        "name": Path(told.film).stem or told.film,
        "line": line,
        "paragraphs": paragraphs,
        "chapters": {chapter.paragraph: (chapter, _is_said(chapter, paragraphs)) for chapter in told.chapters},
        "checks": checks,
        "tally": tally(checks),
        "cast": cast,
        "links": [(link, line.arc(link)) for link in links],
        "cuts": line.cuts([cut for part in told.parts for cut in (part.start, *part.cuts)]),
        "strip": line.even(STRIP, ends=False),
        "marks": line.even(MARKS, ends=True),
        "film": film_of(run),
        "wide": WIDE,
        "high": HIGH,
        "most": A_SENTENCE,
        "said": partial(said_near, told),
        "scenes": scenes,
        "first_look": partial(first_look, told),
    }
    room = min(MOST_PICTURES, LARGEST - len(_page(view, Shown()).encode(errors="replace")))
    shown = choose(run, told.pictures, wanted(told, links, cast, line), max(0, room))
    return _page(view, shown)


def film_of(run: Path) -> str | None:
    """The address of the film from a page in the run folder `run`; None where it is not there or is no film."""
    known = read_json(run / "film.json") or {}
    path = known.get("path")
    if not isinstance(path, str) or Path(path).suffix.lower() in TEXTS:
        return None
    found = films_of(run, Path(path))
    return "./" + quote(os.fsencode(os.path.relpath(found[0], run.absolute()))) if found else None


def _is_said(chapter: Chapter, paragraphs: Sequence[Sequence[tuple[int | None, str]]]) -> bool:
    """Whether the title of `chapter` is how its paragraph begins, which need not be said twice."""
    here = paragraphs[chapter.paragraph] if 0 <= chapter.paragraph < len(paragraphs) else []
    begins = " ".join("".join(words for _, words in here).split())
    return begins.startswith(chapter.title.rstrip("\u2026"))


def _page(view: dict[str, Any], shown: Shown) -> str:
    style, script = (asset(name) for name in ("page.css", "page.js"))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {digest(script)}",
            f"style-src {digest(style)}",
            "img-src data:",
            "media-src 'self' file: blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    from markupsafe import Markup

    page = environment().get_template("page.html.j2")
    pictures = json.dumps({"type": "image/webp", "times": shown.times, "data": shown.data})
    return page.render(
        view,
        style=Markup(style),
        script=Markup(script),
        policy=policy,
        shown=shown,
        pictures=Markup(pictures),
    )


@cache
def environment() -> Environment:
    """Jinja for all pages: everything is escaped, and has no control characters."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        # Asked first: most text is printable, and a film has a lot of it.
        hidden = isinstance(value, str) and not isinstance(value, Markup) and not value.isprintable()
        return printable(value) if hidden else value

    made = Environment(
        autoescape=True,
        loader=FileSystemLoader(TEMPLATE),
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"clock": clock}
    return made


@cache
def asset(name: str) -> str:
    """A file of the template, which ends nothing that it stands in."""
    text = (TEMPLATE / name).read_text(encoding="utf-8")
    if "</" in text:
        raise RuntimeError(f"{name} would end its element")
    return text


def digest(text: str) -> str:
    """`text` as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


__all__ = ["asset", "digest", "environment", "film_of", "render"]
