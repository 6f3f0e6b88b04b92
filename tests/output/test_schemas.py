"""The published schemas have every key that is printed, and what is printed is as they say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from longvid.output import Pictures
from longvid.output.schemas import SCHEMAS
from tests.cli.program import longvid
from tests.page.made import report

TEXTS = Path(__file__).parent.parent / "data" / "filmtext"


def unpublished(value: Any) -> list[str]:
    """Keys in what was validated that its schema does not have."""
    if isinstance(value, BaseModel):
        own = sorted(value.model_extra or {})
        return own + [key for name in type(value).model_fields for key in unpublished(getattr(value, name))]
    if isinstance(value, list | tuple):
        return [key for one in value for key in unpublished(one)]
    return []


def printed(*arguments: str | Path) -> dict[str, Any]:
    ended = longvid(*arguments)
    assert ended.returncode in (0, 1, 3), ended.stderr
    value = json.loads(ended.stdout)
    checked = SCHEMAS[str(arguments[0])].model_validate_json(ended.stdout, strict=True)
    assert unpublished(checked) == []
    return dict(value)


def test_real_outputs_are_as_their_schemas_say_and_have_no_other_key(tmp_path: Path) -> None:
    for name in ("captions.jsonl", "dialogue.srt"):
        shutil.copy(TEXTS / "harbour" / name, tmp_path / name.replace("dialogue", "captions"))
    merge = ["merge", "--captions", tmp_path / "captions.jsonl", "--llm", "none", "--json"]
    merged = printed(*merge)
    assert merged["evidence"]
    assert merged["chunks"][0]["dialogue"]
    assert printed(*merge, "--strategy", "concat")["status"] == "ok"
    (tmp_path / "none.jsonl").write_text("")
    assert printed("merge", "--captions", tmp_path / "none.jsonl", "--llm", "none", "--json")["status"] == "failed"
    run = tmp_path / "captions.longvid"
    assert printed("ask", run, "When is the shattered green lamp seen?", "--llm", "none", "--json")["answered"]
    assert not printed("ask", run, "What is the dog called?", "--llm", "none", "--json")["answered"]
    assert printed("search", tmp_path, "locker", "--json")["found"]


def test_a_film_with_pictures_and_cuts_has_no_other_key(tmp_path: Path) -> None:
    value = report(tmp_path, pictures=Pictures("clips/0123456789abcdef/pictures", 384, 160)).as_json()
    told = json.dumps({"film": value.pop("film"), "path": "film.mp4", "status": "degraded", **value})
    for command in ("summarize", "caption", "merge"):
        checked = SCHEMAS[command].model_validate_json(told, strict=True)
        assert unpublished(checked) == []
    assert {"pictures", "extras", "evidence"} <= value.keys()
    assert value["chunks"][0]["cuts"]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_printed(name: str) -> None:
    ended = longvid("schema", name)
    assert ended.returncode == 0
    value = json.loads(ended.stdout)
    assert value["$schema"].endswith("2020-12/schema")
    assert value.get("anyOf") or {"film", "words"} & set(value["properties"])


def test_a_command_without_schema_is_wrong_usage() -> None:
    assert longvid("schema", "doctor").returncode == 2
