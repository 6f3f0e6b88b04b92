"""Options of the pictures that a model is shown: how many of a chunk, and how large."""

from __future__ import annotations

from typing import Annotated

import typer

Frames = Annotated[
    int, typer.Option("--frames", metavar="N", min=1, max=1024, help="How many frames of a chunk the model sees.")
]
Pixels = Annotated[
    int | None,
    typer.Option(
        "--pixels",
        metavar="N",
        min=1_024,
        max=4_194_304,
        help="Most pixels of a frame, for models that take any shape. [default: 131072]",
        show_default=False,
    ),
]
