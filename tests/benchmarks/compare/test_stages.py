"""Which stage loses what: the steps add up, and stand only on films that all of them have."""

from __future__ import annotations

from longvid_benchmarks.compare.rows import CEILING, Row
from longvid_benchmarks.compare.stages import stages
from tests.benchmarks.compare.rows import row


def whole() -> list[Row]:
    """A film with everything, and one that nobody watched."""
    rows = []
    for film in (0, 1):
        rows += [
            row(CEILING, film, llm="", facts=1.0, links=1.0),
            row("ledger", film, captions="gold", llm="none", facts=0.9, links=1.0),
            row("ledger", film, captions="gold", facts=0.8, links=0.9),
            row("ledger", film, facts=0.8, links=0.7),
        ]
    return [*rows, row("ledger", 0, captions="model", facts=0.5, links=0.6)]


def test_what_the_stages_lose_adds_up_to_what_is_lost() -> None:
    (sheet,) = stages(whole())
    assert "14 chunks, LLM tiny, 1 films" in sheet.title
    assert [line[0] for line in sheet.cells] == [
        CEILING, "joining and choosing", "writing", "identity", "perception"
    ]  # fmt: skip
    facts, links = ([line[at] for line in sheet.cells] for at in (5, 6))
    assert facts == ["", "0.10", "0.10", "0.00", "0.30"]
    assert links == ["", "0.00", "0.10", "0.20", "0.10"]


def test_where_nobody_watched_the_looks_are_the_last_stage() -> None:
    (sheet,) = stages([one for one in whole() if one["captions"] != "model"])
    assert [line[0] for line in sheet.cells][-1] == "identity"
    assert "2 films" in sheet.title


def test_without_gold_lines_no_stage_can_be_told_from_another() -> None:
    assert stages([one for one in whole() if one["captions"] != "gold"]) == []
