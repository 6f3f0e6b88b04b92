"""Options that say where models compute, and in what."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from longvid.cli.values import parse_device


class Dtype(StrEnum):
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"
    int8 = "int8"
    int4 = "int4"
    int4_all = "int4-all"
    auto = "auto"


Device = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="D", help="cpu, cuda or cuda:N. [default: cuda if there is one]", parser=parse_device
    ),
]
DtypeOption = Annotated[
    Dtype | None,
    typer.Option(
        "--dtype",
        help="int8, int4 and int4-all (the vision tower too) take longvid[quant]; auto is the first that fits the "
        "card. [default: by device]",
        show_default=False,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", min=1, max=1024, help="How many calls run together. [default: by device and memory]"),
]
