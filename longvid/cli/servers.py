"""Options of servers that are asked, and how they are read."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from longvid.engine.usage import Price

PRICE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)/([0-9]{1,6}(?:\.[0-9]{1,6})?)")


class FramesAs(StrEnum):
    images = "images"
    video = "video"


def check_price(value: str | None) -> str | None:
    """`value` if it is two prices. Raises typer.BadParameter."""
    if value is not None and not PRICE.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no price; write PROMPT/ANSWER, each of a million tokens, as 0.15/0.6")
    return value


def price_of(value: str | None) -> Price | None:
    """The two prices that `check_price` let through."""
    from longvid.engine.usage import Price

    match = PRICE.fullmatch(value or "")
    return Price(float(match[1]), float(match[2])) if match else None


AllowRemote = Annotated[
    bool,
    typer.Option("--allow-remote", help="Let frames, captions and dialogue be sent to servers on other machines."),
]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        metavar="N",
        min=1,
        max=256,
        help="Calls in flight at a server. [default: what it says, else 2 or 8 by its kind]",
        show_default=False,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="S",
        min=1,
        max=86400,
        help="Seconds that a server's answer may take. [default: 600]",
        show_default=False,
    ),
]
FramesAsOption = Annotated[
    FramesAs,
    typer.Option("--frames-as", help="How a server gets a clip: as JPEG images with their times, or as one video."),
]
ModelContext = Annotated[
    int | None,
    typer.Option(
        "--model-context",
        metavar="N",
        min=512,
        max=10_000_000,
        help="Tokens of frames, question and answer together that a server takes as --model. [default: what it says, "
        "else 16384]",
        show_default=False,
    ),
]
ModelPrice = Annotated[
    str | None,
    typer.Option(
        "--model-price",
        metavar="IN/OUT",
        callback=check_price,
        help="Price of a million tokens that --model reads and writes, as 0.15/0.6.",
    ),
]
LLMPrice = Annotated[
    str | None,
    typer.Option("--llm-price", metavar="IN/OUT", callback=check_price, help="The same of --llm."),
]
