"""Whose fault an exception is that nobody foresaw: that of longvid, or of a plug-in such as a strategy of one's own.

The innermost frames of its traceback tell: libraries count for whoever called them.
"""

from __future__ import annotations

import traceback
from types import FrameType

from longvid.cli.console import log_traceback

OURS = frozenset({"longvid", "longvid_strategies", "longvid_benchmarks"})
PLUG_INS = ("longvid.strategies", "longvid.commands")
"""Entry-point groups by which other packages take part."""


def unforeseen(error: BaseException) -> str:
    """What to say of an exception that is being handled and that no user of longvid can cause; its traceback goes to
    the log."""
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    others = _plug_ins()
    frames = [
        (frame, line, owner)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (owner := _owner(frame, others)) is not None
    ]
    log = log_traceback()
    theirs = [f"{frame.f_code.co_filename}, line {line}" for frame, line, ours in frames if not ours]
    if theirs and not frames[-1][2]:
        return f"{theirs[-1]}: {what}; this code is no part of longvid: mend it there (traceback in {log})"
    if theirs:
        called = f"{what}, in a call from {theirs[-1]}"
        return f"{called}: see whether that is right, and if it is, report this (traceback in {log})"
    return f"this is a fault of longvid, please report it: {what} (traceback in {log})"


def _owner(frame: FrameType, others: frozenset[str]) -> bool | None:
    """True for a frame of longvid's, False for one of a plug-in, None for a library's."""
    from longvid.strategy.files import MODULE

    module = str(frame.f_globals.get("__name__", ""))
    package = module.partition(".")[0]
    if package in OURS:
        return True
    return False if module.startswith(MODULE) or package in others else None


def _plug_ins() -> frozenset[str]:
    """Packages of others that are plugged in."""
    from importlib.metadata import entry_points

    values = (point.value for group in PLUG_INS for point in entry_points(group=group))
    return frozenset(value.partition(":")[0].partition(".")[0] for value in values) - OURS
