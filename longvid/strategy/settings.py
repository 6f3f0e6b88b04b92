"""A strategy's settings from outside: `key=value` pairs and a TOML file, checked by its pydantic `Config`.

Every refusal is one line that says which setting, what it may be, and the nearest known name.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from longvid.errors import StrategyError
from longvid.strategy.contract import Strategy, StrategyConfig
from longvid.text import printable

LARGEST_FILE = 1 << 20
"""Bytes of a file with settings."""
LONGEST_VALUE = 60
"""Characters of a bad value that a message shows."""
DEEPEST = 100
"""Levels of nesting of a value."""
TEXT_WANTED = frozenset({"string_type", "literal_error", "enum"})
"""Faults that pydantic finds where text was wanted and something else stood."""
KINDS = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "true or false"}
KINDS |= {"array": "a list, such as [1, 2]", "object": "a table", "null": "nothing"}


def configured(strategy: type[Strategy[Any]], pairs: Sequence[str] = (), file: Path | None = None) -> Strategy[Any]:
    """An instance of `strategy` with the settings of `file`, and over them those of `pairs` (`key=value`).

    A value is read as TOML where it is TOML (`4`, `true`, `"4"`, `[1, 2]`), else as plain text. `file` has the settings
    at its top, or in a table named after the strategy; tables of other strategies are passed over.

    Raises StrategyError for what cannot be read, an unknown setting (with the nearest known one) and a bad value (with
    what is allowed).
    """
    texts = _renamed(strategy.Config, dict(_pair(pair) for pair in pairs))
    values = {} if file is None else _renamed(strategy.Config, _from_file(file, strategy))
    values |= {key: _value(text) for key, text in texts.items()}
    try:
        return strategy(strategy.Config.model_validate(values))
    except ValidationError as error:
        # A word such as 12 or true may be meant as text; only the setting itself knows.
        meant = {e["loc"][0] for e in error.errors() if e["loc"] and e["type"] in TEXT_WANTED} & set(texts)
        try:
            return strategy(strategy.Config.model_validate(values | {key: texts[str(key)] for key in meant}))
        except ValidationError as last:
            raise StrategyError(_line(_said(strategy, last))) from error


def changed(config: StrategyConfig, *, by_alias: bool = False) -> dict[str, Any]:
    """The settings of `config` that differ from the defaults, JSON-plain; `by_alias` as keys name them."""
    plain, own = (one.model_dump(mode="json", by_alias=by_alias) for one in (type(config)(), config))
    return {key: value for key, value in own.items() if value != plain[key]}


def _renamed(config: type[StrategyConfig], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` under the present names of settings, where these have earlier ones as `AliasChoices`."""
    named = [(key, field.validation_alias) for key, field in config.model_fields.items()]
    names = {str(earlier): key for key, alias in named if isinstance(alias, AliasChoices) for earlier in alias.choices}
    return {names.get(key, key): value for key, value in values.items()}


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise StrategyError(_line(f"{_brief(text)} is no setting; write key=value"))
    return key.strip(), value.strip()


def _value(text: str) -> Any:
    try:
        read = _toml(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return read["value"] if len(read) == 1 else text


def _toml(text: str) -> dict[str, Any]:
    """What `text` holds. Raises ValueError for what is no TOML, RecursionError where it is nested too deeply."""
    read = tomllib.loads(text)
    # TOML has numbers of 64 bits and Python's reader takes any; pydantic, JSON and messages would fail on them.
    _check_numbers(read, 0)
    return read


def _check_numbers(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise RecursionError("nested too deeply")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_numbers(item, depth + 1)
    elif isinstance(value, int) and value.bit_length() > 63:
        raise ValueError("a whole number is too large")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number is none")


def _from_file(path: Path, strategy: type[Strategy[Any]]) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise StrategyError(_line(f"{path} is over {LARGEST_FILE >> 20} MiB; not taken for settings"))
        read = _toml(data.decode())
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StrategyError(_line(f"{path}: no settings can be read from it ({reason}); write TOML")) from error
    own = read.get(strategy.name)
    fields = strategy.Config.model_fields
    top = {key: value for key, value in read.items() if key in fields or not isinstance(value, dict)}
    if isinstance(own, dict):
        return top | own
    if read and not top:
        raise StrategyError(_line(f"{path} says nothing of {strategy.name}; its tables are: {', '.join(read)}"))
    return top


def _said(strategy: type[Strategy[Any]], error: ValidationError) -> str:
    """The first fault that pydantic found, for a user of the command line."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return f"settings of {strategy.name}: {first['msg']}"
    key = str(first["loc"][0])
    fields = strategy.Config.model_fields
    if key not in fields:
        near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
        known = f"there are: {', '.join(fields)}" if fields else "it has none"
        return f"{strategy.name} has no setting {_brief(key)}; " + (f"did you mean {near[0]}?" if near else known)
    allowed = _allowed(strategy.Config, key)
    reason = f"it is {allowed}" if allowed else first["msg"]
    default = fields[key].get_default(call_default_factory=True, validated_data={})
    return f"{key} of {strategy.name} cannot be {_brief(first['input'])}: {reason}; {default!r} by default"


def _brief(value: Any) -> str:
    """`value` for a message, never long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}\u2026"


def _allowed(config: type[StrategyConfig], key: str) -> str:
    """What the setting `key` may be, in words; empty where its schema does not tell."""
    with contextlib.suppress(PydanticInvalidForJsonSchema):
        schema = config.model_json_schema()
        return _kind(schema["properties"][key], schema.get("$defs", {}))
    return ""


def _kind(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _kind(known.get(schema["$ref"].rpartition("/")[2], {}), known)
    if "anyOf" in schema:
        return " or ".join(filter(None, (_kind(one, known) for one in schema["anyOf"])))
    if "enum" in schema:
        return "one of " + ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = KINDS.get(schema.get("type", ""), "")
    limits = {
        "minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below",
        "minLength": "with at least", "maxLength": "with at most", "pattern": "like",
    }  # fmt: skip
    said = [f"{words} {schema[name]}" for name, words in limits.items() if name in schema]
    return ", ".join(filter(None, [kind, " and ".join(said)]))


def _line(text: str) -> str:
    return " ".join(printable(text).split())
