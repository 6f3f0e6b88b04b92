"""Whether prompts and captions are sent to LangSmith: only where longvid itself is asked to.

LangGraph and LangChain trace whatever runs in a process whose environment says so, and people set that for other
programs. `LONGVID_TRACING=1` asks; where to and as whom is then what LangSmith's own variables say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH = "LONGVID_TRACING"
ON = frozenset({"1", "true", "yes", "on"})
SWITCHES = re.compile(r"(LANGSMITH|LANGCHAIN)_(\w+_)?(TRACING|OTEL_ENABLED)(_\w+)?|LANGCHAIN_HANDLER|LANGSMITH_OTEL\w*")
"""Variables by which other programs are told to trace."""


def is_wanted() -> bool:
    """Whether the user asks longvid to trace."""
    return os.environ.get(SWITCH, "").strip().lower() in ON


def forget_others() -> None:
    """Take the switches that are for other programs out of the environment of this process and of those it starts.

    For a process that is longvid's own; one that calls longvid keeps its environment, and `traced` sees to the rest.
    """
    if not is_wanted():
        for name in filter(SWITCHES.fullmatch, list(os.environ)):
            del os.environ[name]


NOTICE = f"{SWITCH} is set: prompts and captions are sent to LangSmith"


@contextmanager
def traced() -> Iterator[None]:
    """Within it, calls of LangGraph and LangChain from this thread and task are traced if that is wanted, else not."""
    from langsmith import tracing_context

    with tracing_context(enabled=is_wanted()):
        yield
