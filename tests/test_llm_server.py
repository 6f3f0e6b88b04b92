"""A real server program writes: `make llm-server LLM_SERVER=ADDRESS`, which is one that runs, as `--llm` takes it.

With llama.cpp's: `python -m llama_cpp.server --model MODEL.gguf --n_ctx 8192`, and LLM_SERVER=llamacpp://127.0.0.1:8000#.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.program import longvid

CAPTIONS = Path(__file__).parent / "data" / "elephants_dream.jsonl"

pytestmark = pytest.mark.llm_server


@pytest.mark.parametrize("strategy", ["single", "map-reduce"])
def test_a_real_server_merges_a_film_to_its_end_and_is_asked_once(tmp_path: Path, strategy: str) -> None:
    server = os.environ["LLM_SERVER"]
    words = ["merge", "--captions", CAPTIONS, "--llm", server, "--strategy", strategy, "-o", tmp_path, "--json"]
    done = longvid(*words, "--llm-price", "1/2")
    print(done.stdout, done.stderr)
    # A model this small may loop or break off, which is told.
    assert done.returncode in (0, 3), done.stderr
    told = json.loads(done.stdout)
    assert told["summary"]
    assert told["usage"]["llm"]["prompt_tokens"] > 500
    assert told["usage"]["llm"]["cost"] > 0
    again = json.loads(longvid(*words).stdout)
    assert again["summary"] == told["summary"]
    assert again["calls"]["write"] == 0
