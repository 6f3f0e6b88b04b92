"""Lines that a server is held to: how its decoder is told their pattern, and how they are read out of its answer.

Servers decode within a JSON schema (`response_format` of the OpenAI protocol); the schema here is an object with an
array of lines, each of the pattern that was asked for. Knows nothing of what the lines say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

HELD = frozenset({"openai", "vllm", "sglang", "llamacpp", "lmstudio", "ollama"})
"""Kinds of servers that document such a schema."""
FIELD = "response_format"
_LINES = "lines"
_BEGUN = re.compile(rf'\s*\{{\s*"{_LINES}"\s*:\s*\[')
_STRING = re.compile(r'\s*,?\s*("(?:[^"\\]|\\.)*")')


def held_to(kind: str, pattern: str | None) -> dict[str, object]:
    """What of a request to a server of `kind` holds every line of its answer to `pattern`, a regular expression
    without look-around; empty where nothing does."""
    if pattern is None or kind not in HELD:
        return {}
    line = {"type": "string", "pattern": f"^({pattern})$"}
    lines = {"type": "array", "items": line}
    schema = {"type": "object", "properties": {_LINES: lines}, "required": [_LINES], "additionalProperties": False}
    if kind == "llamacpp":
        # The form that both its own server and the one in Python read.
        return {FIELD: {"type": "json_object", "schema": schema}}
    return {FIELD: {"type": "json_schema", "json_schema": {"name": _LINES, "schema": schema, "strict": True}}}


def as_lines(text: str) -> str:
    """The lines of an answer that was held to them, "none" where there is none; of one that broke off those that are
    whole and then what is not, which whoever reads it cuts; and any other text as it is."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        begun = _BEGUN.match(text)
        return text if begun is None else _joined(_whole(text, begun.end()))
    lines = said.get(_LINES) if isinstance(said, Mapping) else None
    return (_joined(lines) or "none") if isinstance(lines, list) else text


def _whole(text: str, at: int) -> list[object]:
    found: list[object] = []
    while match := _STRING.match(text, at):
        try:
            found.append(json.loads(match[1]))
        except ValueError:
            break
        at = match.end()
    return [*found, text[at:].strip(' \n,"') or "\u2026"]


def _joined(lines: list[object]) -> str:
    return "\n".join(" ".join(line.split()) for line in lines if isinstance(line, str))
