"""Rows are read as ms-swift 4.6.0's own loader (`swift.dataset.load_dataset`) read them, which was recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from longvid.training.data import read

FORMS = json.loads((Path(__file__).parents[2] / "data" / "swift" / "forms.json").read_text(encoding="utf-8"))


def said(messages: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """Who says what without tags, and whether it is learnt."""
    return [(m["role"], m["content"].replace("<video>", "").strip(), m.get("loss", True)) for m in messages]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["form"]))
def test_a_row_says_the_same_as_it_does_to_ms_swift(form: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(json.dumps(form["row"]), encoding="utf-8")
    (sample,) = read(tmp_path / "set.jsonl")
    theirs = form["read"]
    assert [(turn.role, turn.content, turn.learnt) for turn in sample.turns] == said(theirs["messages"])
    assert list(sample.videos) == theirs["videos"]
    worse = theirs.get("rejected_response")
    assert sample.rejected == (worse[-1]["content"] if isinstance(worse, list) else worse)
