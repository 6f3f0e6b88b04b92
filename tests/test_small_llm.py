"""A real small model, where there is one: every strategy ends with it on films of text, and says what went wrong.

`make small-llm SMALL_LLM=MODEL`: what `--llm` takes, best a model small enough for this machine: the folder of a causal
language model with a chat template, or the address of a server that runs. `SMALL_LLM_CHUNKS=6` takes the first six
chunks of each film alone. It says nothing of quality.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from longvid.strategy import Grounds, founded, words_in
from longvid.strategy.registry import load, names
from tests.cli.program import longvid

DATA = Path(__file__).parent / "data"
# What each of them is to be told in: the words of the films' own README.
FILMS = {"elephants_dream": 150, "harbour": 450, "orchard": 600, "signal": 800}

pytestmark = [pytest.mark.small_llm, pytest.mark.timeout(4 * 3600)]


def sources(film: str) -> tuple[list[str], list[str | Path]]:
    """The rows of the captions of a film, and the words of the command line that bring its dialogue."""
    place = DATA / "filmtext" / film
    captions, more = place / "captions.jsonl", ["--subtitles", place / "dialogue.srt"]
    if not place.is_dir():
        captions, more = DATA / f"{film}.jsonl", []
    return captions.read_text(encoding="utf-8").splitlines()[: int(os.environ.get("SMALL_LLM_CHUNKS", "1000"))], more


@pytest.mark.parametrize("film", FILMS)
@pytest.mark.parametrize("name", [one for one in names() if "ask" not in load(one).requires])
def test_a_strategy_ends_with_an_honest_status_and_nothing_made_up(name: str, film: str, tmp_path: Path) -> None:
    rows, dialogue = sources(film)
    captions = tmp_path / f"{film}.jsonl"
    captions.write_text("\n".join(rows) + "\n", encoding="utf-8")
    # What writes nothing has no length to choose.
    length = ("--length", str(FILMS[film])) if "write" in load(name).requires | load(name).uses else ()
    done = longvid(
        "merge", "--captions", captions, *dialogue, "--strategy", name,
        "--llm", os.environ["SMALL_LLM"], "--llm-context", "2048", *length, "--json",
    )  # fmt: skip
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert done.returncode == (3 if found["degraded"] else 0), done.stderr
    summary, size = found["summary"], words_in(found["summary"])
    print(f"{name} {film}: status {done.returncode}, {found['calls']['write']} calls, {size} words; {found['notes']}")
    seen = [text for row in map(json.loads, rows) for text in row.get("lines", [row.get("caption")])]
    said = [cue["text"] for chunk in found["chunks"] for cue in chunk.get("dialogue", [])]
    assert summary
    assert founded(summary, Grounds([*seen, *said])) == summary
    near = abs(size - FILMS[film]) <= 0.1 * FILMS[film]
    assert near or not length or any(f"has {size} word" in note for note in found["notes"])
