"""Films that are heard, from end to end: what is only said is told where the dialogue is merged, and rows say which."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from longvid.captions.imported import ImportedCaptions
from longvid.engine.models import open_llm_models
from longvid.pipeline.job import Hearing
from longvid_benchmarks.compare.films import prepare, story_film
from longvid_benchmarks.compare.pairs import finished
from longvid_benchmarks.compare.rows import HEARING
from longvid_benchmarks.compare.runs import Bench, run
from longvid_benchmarks.compare.summary import summarize_rows
from longvid_benchmarks.compare.tables import as_csv, sheets
from longvid_benchmarks.compare.variants import choose
from longvid_benchmarks.oracle.llm import with_oracle
from longvid_benchmarks.storyfilm.speech import cues
from tests.benchmarks.compare.rows import row
from tests.cli.program import longvid

SEED = 600_000


def rows_of(folder: Path, hearing: Hearing, strategy: str = "map-reduce") -> dict[str, Any]:
    film = story_film(SEED, 8, "appearance", "captions", None, Path("nowhere"), 4, 1.0)
    chosen, _ = choose(strategy, frozenset({"caption", "dialogue", "write"}))
    bench = Bench(folder, with_oracle(open_llm_models("none")), hearing=hearing)
    return asyncio.run(run(bench, film, chosen[-1], "none", lambda share, doing=None: None))


def test_given_captions_have_the_lines_beside_them() -> None:
    film = story_film(SEED, 8, "appearance", "lines", None, Path("nowhere"), 4, 1.0)
    silent = story_film(SEED, 8, "appearance", "lines", None, Path("nowhere"), 4)
    assert isinstance(film.source, ImportedCaptions)
    assert isinstance(silent.source, ImportedCaptions)
    assert film.story is not None
    assert tuple(cue for chunk in film.source.chunks for cue in chunk.dialogue) == cues(film.story)
    assert not any(chunk.dialogue for chunk in silent.source.chunks)
    assert film.name != silent.name
    assert film.digest != silent.digest


def test_what_is_only_said_is_told_with_the_dialogue_alone(tmp_path: Path) -> None:
    heard, deaf = rows_of(tmp_path, "seen-and-said"), rows_of(tmp_path, "none")
    assert (deaf["facts_said"], deaf["links_said"]) == (0.0, 0.0)
    assert heard["facts_said"] >= 0.85
    assert heard["links_said"] > 0.5
    assert heard["facts_shown"] >= deaf["facts_shown"] > 0.5
    assert heard["key"] != deaf["key"]
    assert (heard["said"], deaf["dialogue"]) == (1.0, "none")
    assert "dialogue" not in heard


def test_a_film_to_be_watched_has_its_lines_as_subtitles(tmp_path: Path) -> None:
    film = story_film(SEED, 1, "model", "lines", None, tmp_path, 1, 1.0)
    prepare(film, lambda done, of: None)
    assert isinstance(film.source, Path)
    subtitles = film.source.with_suffix(".srt").read_text(encoding="utf-8")
    assert film.story is not None
    assert all(line.text in subtitles for line in film.story.lines)


def test_tables_have_recall_by_channel_only_where_something_is_said() -> None:
    heard = [row("concat", 1, said=0.5, facts_said=0.25, facts_shown=1.0, links_both=0.5)]
    deaf = [row("concat", 1, said=0.5, facts_said=0.0, facts_shown=1.0, dialogue="none")]
    tables = list(sheets(summarize_rows([*heard, *deaf], "concat"), "concat"))
    [table] = [sheet for sheet in tables if sheet.title.startswith("Recall of what is shown and said")]
    assert table.title.endswith("1 film, 50% said")
    assert table.head == ("strategy", "facts shown", "facts said", "links shown and said")
    assert [cells[0] for cells in table.cells] == ["concat", "concat, no dialogue"]
    assert [cells[2] for cells in table.cells] == ["0.25", "0.00"]
    assert "facts_said" in as_csv(heard).splitlines()[0]
    silent = list(sheets(summarize_rows([row("concat", 1)], "concat"), "concat"))
    assert not [sheet for sheet in silent if "shown and said" in sheet.title]


def test_differences_are_to_the_baseline_that_hears() -> None:
    rows = [row("concat", 1, facts=0.5), row("concat", 1, facts=0.2, dialogue="none"), row("refine", 1, facts=0.6)]
    entries = {(one["strategy"], one.get("dialogue", HEARING)): one for one in summarize_rows(rows, "concat")}
    assert entries["concat", "none"]["difference"]["fact_recall"]["mean"] == pytest.approx(-0.3)
    assert entries["refine", HEARING]["difference"]["fact_recall"]["mean"] == pytest.approx(0.1)
    assert entries["concat", HEARING]["difference"] == {}


def test_hypotheses_are_of_films_in_which_all_is_shown() -> None:
    rows = [row("concat", 1, said=1.0), row("concat", 2), row("concat", 2, dialogue="none")]
    assert finished(rows) == [rows[1]]


def test_the_command_compares_what_is_heard(tmp_path: Path) -> None:
    done = longvid(
        "bench", "merge", "--seeds", SEED, "--chunks", "4", "--said", "1", "--dialogue", "none,said-only,seen-and-said",
        "--strategies", "map-reduce", "--llm", "oracle", "--no-plots", "-o", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])["rows"]
    assert {row.get("dialogue", HEARING) for row in rows if row["strategy"] == "map-reduce"} == {
        "none", "said-only", "seen-and-said",
    }  # fmt: skip
    assert "map-reduce, no dialogue" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--said", "0.5", "--films", "."), "--said"),
        (("--said", "2"), "--said"),
        (("--dialogue", "loud"), "--dialogue"),
    ],
)
def test_what_cannot_be_heard_is_a_usage_error(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    done = longvid("bench", "merge", *arguments, "-o", tmp_path / "out")
    assert done.returncode == 2
    assert says in done.stderr
