"""Three films as text, answered by hand and judged by eye: what was judged is what the strategies still write.

`tests/data/recorded/verdicts.jsonl` says of every summary there which links it tells and in which words.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from longvid.strategy.registry import load
from tests.recorded import ANSWERS, FILMS, recorded, replay

WORDS = {"harbour": 450, "orchard": 600, "signal": 800}
CONTEXT = {"ledger": 2048, "single": 16384, "refine": 2048, "map-reduce": 2048}
"""Tokens of the LLM, where a verdict says no others."""
VERDICTS = [json.loads(row) for row in (ANSWERS / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()]
JUDGED = sorted({(row["film"], row["strategy"], row.get("context", CONTEXT[row["strategy"]])) for row in VERDICTS})
PAGE = Path(__file__).parents[2] / "docs" / "choosing-a-strategy.md"


def links(film: str) -> dict[str, int]:
    """Of each link of a film, its weight."""
    rows = map(json.loads, (FILMS / film / "links.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["id"]: row["weight"] for row in rows}


def verdicts(film: str, name: str, context: int) -> list[dict[str, Any]]:
    """What was judged of the links of one summary."""
    asked = (film, name, context)
    rows = [row for row in VERDICTS if "link" in row]
    return [row for row in rows if (row["film"], row["strategy"], row.get("context", CONTEXT[name])) == asked]


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("film", "name", "context"), [one for one in JUDGED if one[1] != "ledger"])
def test_a_recorded_film_is_told_as_it_was(film: str, name: str, context: int, tmp_path: Path) -> None:
    kept = f"{film}-{name}-{context}"
    report = replay(film, load(name)(), words=WORDS[film], context=context, answers=recorded(kept), folder=tmp_path)
    assert report.summary + "\n" == (ANSWERS / f"{kept}.txt").read_text(encoding="utf-8")
    # Of the longest film a running summary does not fit.
    assert (report.problems == ()) == ((film, name) != ("signal", "refine"))


@pytest.mark.parametrize(("film", "name", "context"), JUDGED)
def test_every_link_was_judged_and_what_is_said_to_be_told_stands_in_the_summary(
    film: str, name: str, context: int
) -> None:
    summary = plain((ANSWERS / f"{film}-{name}-{context}.txt").read_text(encoding="utf-8"))
    rows = verdicts(film, name, context)
    assert sorted(row["link"] for row in rows) == sorted(links(film))
    assert all(plain(row["sentence"]) in summary for row in rows if row["told"])


def test_the_table_of_the_docs_is_what_was_judged() -> None:
    cells = re.search(r"<!-- table: film texts -->\n\n(?P<table>(?:\|.*\n)+)", PAGE.read_text(encoding="utf-8"))
    assert cells is not None
    shown = {}
    for row in cells["table"].splitlines()[2:]:
        name, tokens, *films = [cell.strip() for cell in row.strip("|").split("|")]
        shown[name.strip("`"), int(tokens.replace(",", ""))] = films
    assert set(shown) == {(name, context) for _, name, context in JUDGED}
    for name, context in shown:
        expected = []
        for film in WORDS:
            weights = links(film)
            told = [row["link"] for row in verdicts(film, name, context) if row["told"]]
            got = f"{len(told)}/{len(weights)} ({sum(weights[id] for id in told)}/{sum(weights.values())})"
            expected.append(got if (film, name, context) in JUDGED else "not run")
        assert shown[name, context] == expected
