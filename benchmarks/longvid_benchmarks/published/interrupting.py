"""Work of many questions on a terminal: progress, and after Ctrl-C how to go on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from longvid_benchmarks.terminal import Advance, progress_bar

T = TypeVar("T")


def interruptible(work: Callable[[Advance], Coroutine[Any, Any, T]], quiet: bool) -> T:
    """What comes of `work`; after Ctrl-C says how to go on. Raises typer.Exit then."""
    from longvid.cli.running import interrupted, run_interruptible
    from longvid.cli.streams import only_results

    try:
        with progress_bar("asking", quiet=quiet) as advance, only_results():
            return run_interruptible(work(advance))
    except KeyboardInterrupt as ended:
        raise interrupted(ended, "every answer is kept") from None
