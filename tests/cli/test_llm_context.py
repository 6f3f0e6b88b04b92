"""`--llm-context`: how much an LLM takes where only the user knows, or how little it is to use."""

from __future__ import annotations

from pathlib import Path

import pytest

from longvid.cli import options
from longvid.engine.naming import is_service
from tests.cli.program import longvid
from tests.engine.llms import make_llm

ROWS = '{"start": 0, "end": 60, "caption": "A man walks."}\n'


def test_it_caps_what_a_local_llm_takes_in_one_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captions = tmp_path / "film.jsonl"
    captions.write_text(ROWS)
    contexts = []
    monkeypatch.setattr(options, "require_llm", lambda opened, strategy: contexts.append(opened.llm.context))
    folder = make_llm(tmp_path / "w", context=2048)
    for more in ((), ("--llm-context", "1024")):
        ended = longvid("merge", "--captions", captions, "--llm", folder, "--strategy", "concat", *more)
        assert ended.returncode == 0, ended.stderr
    assert contexts == [2048, 1024]


def test_a_model_that_writes_itself_has_its_own(random_model: Path, tmp_path: Path) -> None:
    captions = tmp_path / "film.jsonl"
    captions.write_text(ROWS)
    ended = longvid("merge", "--captions", captions, "--llm", random_model, "--llm-context", "1024")
    assert (ended.returncode, "leave out --llm-context" in ended.stderr) == (1, True)
    film = tmp_path / "film.mp4"
    film.write_bytes(b"no film")
    ended = longvid("summarize", film, "--model", random_model, "--llm-context", "1024")
    assert (ended.returncode, "leave out --llm-context" in ended.stderr) == (1, True)


def test_an_address_is_no_service(tmp_path: Path) -> None:
    assert is_service("openai:gpt-4o")
    captions = tmp_path / "film.jsonl"
    captions.write_text(ROWS)
    ended = longvid("merge", "--captions", captions, "--llm", "https://hub.example/owner/name")
    assert ended.returncode == 2
    assert "https://hub.example/owner/name is an address; write a hub id" in ended.stderr
