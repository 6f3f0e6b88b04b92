"""What the name of an LLM says by itself: whether it is a hosted one, and what run.json calls who wrote.

Opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from longvid.engine.backends.files import is_files
from longvid.engine.backends.none import FORMERLY, NONE
from longvid.engine.servers.addresses import is_address

PROVIDER = re.compile(r"^[a-z][a-z0-9_-]+:.+$")


def is_elsewhere(name: str) -> bool:
    """Whether nothing of the LLM called `name` is computed here."""
    return is_files(name) or is_service(name)


def is_service(name: str) -> bool:
    """Whether `name` is that of a hosted model, `provider:model`, or of a server; an address of a page is none."""
    if is_files(name):
        return False
    if is_address(name):
        return True
    return PROVIDER.match(name) is not None and "://" not in name and not Path(name).exists()


def recorded_name(described: Mapping[str, object]) -> str:
    """Who wrote, as run.json says it, also that of an earlier longvid."""
    name = str(described["llm"] if "llm" in described else described["writer"])
    return NONE if name == FORMERLY else name
