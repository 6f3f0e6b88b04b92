"""What the hypotheses say of rows that are known: every verdict can fall either way, and what is missing is said."""

from __future__ import annotations

import pytest

from longvid_benchmarks.compare.hypotheses import Finding, findings
from longvid_benchmarks.compare.pairs import finished
from longvid_benchmarks.compare.rows import Row
from tests.benchmarks.compare.rows import row

FILMS = range(3)


def found(rows: list[Row]) -> dict[str, Finding]:
    return {one.found.title: one for one in findings(finished(rows))}


def verdicts(rows: list[Row], title: str) -> list[str]:
    return [line[-1] for line in found(rows)[title].found.cells]


@pytest.mark.parametrize(("ours", "true", "verdict"), [(0.8, 1.0, "yes"), (0.6, 1.0, "no"), (0.8, 0.9, "no")])
def test_more_links_than_the_best_other_strategy(ours: float, true: float, verdict: str) -> None:
    rows = [row("ledger", film, links=ours, link_precision=true) for film in FILMS]
    rows += [row("refine", film, links=0.5) for film in FILMS] + [
        row("hierarchical", film, links=0.1) for film in FILMS
    ]
    line = found(rows)["H1"].found.cells[0]
    assert (line[2], line[-1]) == ("refine", verdict)
    assert line[4].startswith(f"{ours - 0.5:.2f}")


def test_concat_and_settings_of_the_ledger_are_nobody_to_beat() -> None:
    rows = [row(name, film, links=0.9) for film in FILMS for name in ("ledger", "concat", "ledger[joins=false]")]
    assert verdicts(rows, "H1") == []
    assert "another strategy" in found(rows)["H1"].missing


def test_only_films_that_both_have_are_compared() -> None:
    rows = [row("ledger", 0, links=0.0), row("ledger", 1, links=1.0), row("refine", 1, links=0.5)]
    assert found(rows)["H1"].found.cells[0][4] == "0.50"


@pytest.mark.parametrize(("ours", "theirs", "verdict"), [(1.0, 0.5, "yes"), (0.5, 0.5, "no"), (1.0, 1.0, "no")])
def test_flat_against_the_gap(ours: float, theirs: float, verdict: str) -> None:
    rows = [row("ledger", film, links=ours) for film in FILMS] + [row("refine", film, links=theirs) for film in FILMS]
    assert verdicts(rows, "H2") == [verdict]


def test_without_a_rolling_summary_nobody_says_that_those_fall() -> None:
    rows = [row("ledger", film, links=1.0) for film in FILMS]
    assert verdicts(rows, "H2") == []
    assert "rolling" in found(rows)["H2"].missing


@pytest.mark.parametrize("field", ["watcher", "asked"])
def test_runs_of_another_captioner_or_length_are_never_compared_or_replaced(field: str) -> None:
    of = {"watcher": ("one", "another"), "asked": (100, 200)}[field]
    rows = [{**row("ledger", film, captions="model", links=0.9), field: of[0]} for film in FILMS]
    rows += [{**row("refine", film, captions="model", links=0.1), field: of[1]} for film in FILMS]
    assert verdicts(rows, "H1") == []
    rows += [{**row("ledger", film, captions="model", links=0.2), field: of[1]} for film in FILMS]
    assert len(finished(rows)) == len(rows)
    assert verdicts(rows, "H1") == ["no"]


@pytest.mark.parametrize(("lost", "verdict"), [(0.2, "yes"), (0.3, "no")])
def test_noise_takes_at_most_half_of_what_it_takes_from_refine(lost: float, verdict: str) -> None:
    rows = []
    for film in FILMS:
        rows += [row(name, film, captions="gold", links=0.9, facts=0.9) for name in ("ledger", "refine")]
        rows.append(row("ledger", film, captions="noisy", links=0.9 - lost, facts=0.8))
        rows.append(row("refine", film, captions="noisy", links=0.4, facts=0.4))
    assert verdicts(rows, "H3") == [verdict]
    other = [one for one in rows if one["strategy"] == "ledger"]
    other += [{**one, "writer": "another"} for one in rows if one["strategy"] == "refine"]
    assert verdicts(other, "H3") == [], "two LLMs are not compared"


@pytest.mark.parametrize(("without", "verdict"), [(0.5, "yes"), (0.58, "no")])
def test_looking_again_counts_only_where_somebody_watches(without: float, verdict: str) -> None:
    for captions, expected in (("model", [verdict]), ("appearance", [])):
        rows = [row("ledger", film, captions=captions, links=0.6) for film in FILMS]
        rows += [row("ledger[reread=false]", film, captions=captions, links=without) for film in FILMS]
        assert verdicts(rows, "H4") == expected


@pytest.mark.parametrize(("depth", "verdict"), [(16, "yes"), (15, "no")])
def test_a_quarter_of_the_longest_chain(depth: int, verdict: str) -> None:
    rows = [row("ledger", film) for film in FILMS] + [row("refine", film, depth=depth) for film in FILMS]
    assert verdicts(rows, "H5") == [verdict]


def test_failed_rows_and_films_of_ones_own_count_for_nothing_and_a_repeated_run_counts_once() -> None:
    rows = [row("ledger", 0), row("ledger", 0, links=1.0), row("ledger", 1, error="no"), row("ledger", 2, seed=None)]
    assert [one["link_recall"] for one in finished(rows)] == [1.0]


def test_without_any_rows_every_hypothesis_says_what_it_needs() -> None:
    assert [(one.found.cells, bool(one.missing)) for one in findings([])] == [((), True)] * 5
