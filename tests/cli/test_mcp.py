"""`longvid mcp`: what it refuses before it serves anything, and whom it opens for a question."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs longvid[mcp]")

from longvid.mcp import server
from tests.asking.runs import run_of
from tests.cli.program import longvid


class Served:
    """A server that serves nobody."""

    async def run_stdio_async(self) -> None:
        pass


@pytest.mark.parametrize("option", [("--looks", "2"), ("--strategy", "concat")])
def test_what_nobody_would_do_without_a_model_is_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    ended = longvid("mcp", tmp_path, "--llm", "none", *option)
    assert ended.returncode == 2
    assert "name --model" in ended.stderr
    assert option[0] in ended.stderr


def test_the_llm_of_a_run_is_opened_once_for_all_its_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_of("harbour", tmp_path)
    told = {"name": "nobody", "watch_identity": {}, "image_size": 28, "caption_tokens": 9, "llm": "none"}
    (first / "run.json").write_text(json.dumps({"model": told}), encoding="utf-8")
    same, other = (Path(shutil.copytree(first, tmp_path / f"{name}.longvid")) for name in ("same", "other"))
    (other / "run.json").write_text(json.dumps({"model": told | {"name": "other"}}), encoding="utf-8")
    found: list[Any] = []
    monkeypatch.setattr(server, "serve", lambda tools: found.append(tools) or Served())
    assert longvid("mcp", tmp_path).returncode == 0
    llm = found[0].llm
    assert llm(first) is llm(first) is llm(same)
    assert llm(other) is llm(other)
    assert llm(other).name == "other"
    assert llm(first).name == "nobody"
