"""A real small model, where there is one: every strategy that can runs with it, ends, and says what went wrong.

`make small-llm SMALL_LLM=FOLDER`: the folder of a causal language model with a chat template, small enough for this
machine, such as one of 135 million parameters. It says nothing of quality.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from longvid.strategy import Grounds, founded, words_in
from longvid.strategy.registry import load, names
from tests.cli.program import longvid

FILM = Path(__file__).parent / "data" / "filmtext" / "harbour"
FOLDER, CHUNKS = "SMALL_LLM", "SMALL_LLM_CHUNKS"
WORDS = 150

pytestmark = [pytest.mark.small_llm, pytest.mark.timeout(7200)]


@pytest.mark.parametrize("name", [one for one in names() if "ask" not in load(one).requires])
def test_a_strategy_ends_with_an_honest_status_and_nothing_made_up(name: str, tmp_path: Path) -> None:
    rows = (FILM / "captions.jsonl").read_text(encoding="utf-8").splitlines()[: int(os.environ.get(CHUNKS, "6"))]
    captions = tmp_path / "harbour.jsonl"
    captions.write_text("\n".join(rows) + "\n", encoding="utf-8")
    # What writes nothing has no length to choose.
    length = ("--length", str(WORDS)) if "write" in load(name).requires | load(name).uses else ()
    done = longvid(
        "merge", "--captions", captions, "--subtitles", FILM / "dialogue.srt", "--strategy", name,
        "--llm", os.environ[FOLDER], "--llm-context", "2048", *length, "--json",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert done.returncode == (3 if found["degraded"] else 0), done.stderr
    seen = [json.loads(row)["caption"] for row in rows]
    said = [cue["text"] for chunk in found["chunks"] for cue in chunk["dialogue"]]
    summary = found["summary"]
    assert summary
    assert founded(summary, Grounds([*seen, *said])) == summary
    size = words_in(summary)
    near = abs(size - WORDS) <= 0.1 * WORDS
    assert near or not length or any(f"has {size} word" in note for note in found["notes"])
