"""`longvid bench merge` from end to end: rows, files, going on, and what it says when something is wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from longvid_benchmarks.cli import app
from longvid_benchmarks.compare import films, plots
from longvid_benchmarks.stats import RESAMPLES
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid
from tests.engine.backends.test_local import make_llm

SMALL = ("--seeds", "600000-600001", "--chunks", "4", "--strategies", "map-reduce")


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random language model: what it writes is nonsense, but everything around it is real."""
    return make_llm(tmp_path_factory.mktemp("writer") / "w", context=256)


@pytest.fixture(scope="module")
def bench(llm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished benchmark of two films, without plots."""
    out = tmp_path_factory.mktemp("bench") / "out"
    done = longvid("bench", "merge", *SMALL, "--llm", llm, "-o", out, "--captions", "appearance,noisy")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("longvid: wrote "), "no progress bar in a pipe"
    assert json.loads(done.stdout.splitlines()[-1]) == json.loads((out / "results.json").read_text())
    assert "Quality, noisy lines, 4 chunks, 2 films" in done.stdout
    return out


def results(out: Path) -> dict[str, Any]:
    return json.loads((out / "results.json").read_text())  # type: ignore[no-any-return]


def test_there_is_a_row_a_film_captions_and_strategy_with_quality_and_costs(bench: Path) -> None:
    rows = results(bench)["rows"]
    assert {(row["strategy"], row["captions"], row["seed"]) for row in rows} == {
        (strategy, captions, seed)
        for strategy in ("(reference)", "concat", "map-reduce")
        for captions in ("appearance", "noisy")
        for seed in (600_000, 600_001)
    }
    for row in rows:
        assert {"carry", "chunks", "fact_recall", "link_recall", "order", "composite", "links"} <= set(row)
        if row["strategy"] == "map-reduce":
            assert row["calls"] == 4 + row["calls_write"]
            assert row["depth"] >= 2
            assert row["seconds"] > 0
            assert (bench / row["text"]).exists()


def test_the_summary_has_means_intervals_differences_and_gaps(bench: Path) -> None:
    found = results(bench)
    entries = [entry for entry in found["summary"] if entry["captions"] == "appearance"]
    assert entries[0]["strategy"] == "(reference)", "the best comes first"
    for entry in entries:
        rows = [
            row for row in found["rows"]
            if (row["strategy"], row["captions"]) == (entry["strategy"], "appearance")
        ]  # fmt: skip
        metric = entry["metrics"]["fact_recall"]
        assert metric["mean"] == pytest.approx(sum(row["fact_recall"] for row in rows) / 2)
        assert metric["low"] <= metric["mean"] <= metric["high"]
        assert sum(one["links"] for one in entry["gaps"]) == sum(len(row["links"]) for row in rows)
        assert bool(entry["difference"]) == (entry["strategy"] != "concat")
    assert RESAMPLES >= 2000


def test_tables_come_as_csv_and_markdown_too(bench: Path) -> None:
    with (bench / "rows.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(results(bench)["rows"])
    assert float(lines[0]["composite"]) == results(bench)["rows"][0]["composite"]
    page = (bench / "table.md").read_text()
    for title in ("Quality", "Difference to concat", "Link recall by gap", "Link recall by kind", "Costs"):
        assert f"### {title}, appearance lines, 4 chunks, 2 films" in page
    tables = [block for block in page.split("\n\n") if block.startswith("|")]
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1


@pytest.mark.parametrize("name", ["quality-calls", "links-gap"])
def test_plots_are_drawn_and_name_every_strategy(bench: Path, name: str) -> None:
    assert (bench / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    drawn = (bench / f"{name}.svg").read_text()
    for label in ("concat", "map-reduce", "4 chunks"):
        assert f">{label}<" in drawn or label in drawn
    if name == "quality-calls":
        assert "reference" in drawn


def test_an_interrupted_benchmark_goes_on_and_repeats_no_finished_row(llm: Path, bench: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    lines = (bench / "rows.jsonl").read_bytes().splitlines(keepends=True)
    torn = b"".join(lines[:3]) + lines[3][:50]
    (out / "rows.jsonl").write_bytes(torn)
    again = ("bench", "merge", *SMALL, "--llm", llm, "-o", out, "--captions", "appearance,noisy", "--no-plots")
    assert longvid(*again).returncode == 0
    kept = (out / "rows.jsonl").read_bytes()
    assert kept.startswith(torn)
    assert len(kept.splitlines()) == len(lines) + 1, "three rows were kept, the others run, the torn line left alone"
    before, after = results(bench)["rows"], results(out)["rows"]
    changing = {"seconds", "cached_share"}
    assert [{k: v for k, v in row.items() if k not in changing} for row in before] == [
        {k: v for k, v in row.items() if k not in changing} for row in after
    ]
    assert longvid(*again).returncode == 0
    assert (out / "rows.jsonl").read_bytes() == kept, "a finished benchmark runs nothing"


def test_what_fails_becomes_a_row_and_the_others_go_on(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text(
        "from longvid.strategy import Strategy, Estimate\n"
        "class Broken(Strategy):\n"
        "    name, version, summary = 'broken', '1', 'fails'\n"
        "    needs = frozenset({'caption'})\n"
        "    def estimate(self, n, limits):\n        return Estimate(caption=n)\n"
        "    def build(self, context):\n        raise ValueError('no \\x1b[31m\\ngraph')\n"
    )
    command = ("bench", "merge", "--seeds", "600000", "--chunks", "2", "--no-plots", "-o", tmp_path / "out", "--json")
    done = longvid(*command, "--strategies", f"{plugin}:Broken")
    assert done.returncode == 3
    rows = json.loads(done.stdout)["rows"]
    assert [(row["strategy"], "error" in row) for row in rows] == [
        ("(reference)", False), ("concat", False), ("broken", True)
    ]  # fmt: skip
    assert "ValueError" in rows[2]["error"]
    last = (tmp_path / "out" / "table.md").read_text().splitlines()[-1]
    assert last.startswith("- broken failed on storyfilm-600000-2: ")
    assert last.replace("\\", "").partition("ValueError: ")[2].startswith("no [31m graph")
    plugin.write_text(plugin.read_text().replace("raise ValueError('no \\x1b[31m\\ngraph')", "return None"))
    assert longvid(*command, "--strategies", f"{plugin}:Broken").returncode == 3, "a failed row is tried again"


def test_without_matplotlib_there_are_no_plots_and_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    out = tmp_path / "out"
    command = ["merge", "--strategies", "concat", "--seeds", "600000", "--chunks", "2", "-o", str(out), "--quiet"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert done.stderr.count("no plots") == 1
    assert (out / "table.md").exists()
    assert not [*out.glob("*.png"), *out.glob("*.svg")]


def test_a_strategy_that_cannot_run_is_skipped_with_a_note(tmp_path: Path) -> None:
    done = longvid("bench", "merge", *SMALL, "--no-plots", "-o", tmp_path / "out")
    assert done.returncode == 0
    assert "map-reduce was not run: needs a language model that writes" in done.stdout
    assert [one["label"] for one in results(tmp_path / "out")["skipped"]] == ["map-reduce"]
    assert "was not run" in (tmp_path / "out" / "table.md").read_text()


def test_films_of_ones_own_are_compared_with_their_synopsis_and_judged(llm: Path, tmp_path: Path) -> None:
    film = tmp_path / "films" / "a|film"
    film.mkdir(parents=True)
    (film / "captions.jsonl").write_text('{"start": 0, "end": 60, "caption": "A man finds a key."}\n')
    (film / "synopsis.txt").write_text("A man finds a key. He leaves.")
    done = longvid(
        "bench", "merge", "--films", tmp_path / "films", "--strategies", "concat", "--llm", llm,
        "--judge", llm, "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    floor = next(row for row in json.loads(done.stdout)["rows"] if row["strategy"] == "concat")
    assert floor["rouge1"] == pytest.approx(2 * 5 / (5 + 7))
    assert floor["judge_is_writer"] is True
    assert "judge_recall" in floor
    page = (tmp_path / "out" / "table.md").read_text()
    assert "the judge is the LLM itself" in page
    assert (tmp_path / "out" / "quality-calls.png").exists()
    assert not (tmp_path / "out" / "links-gap.png").exists()


def test_a_film_that_cannot_be_read_is_a_row_with_an_error_and_nothing_is_drawn(tmp_path: Path) -> None:
    film = tmp_path / "films" / "one"
    film.mkdir(parents=True)
    (film / "video.mp4").write_bytes(b"no film")
    model = make_checkpoint(tmp_path / "model", seed=1)
    done = longvid(
        "bench", "merge", "--films", tmp_path / "films", "--captions", "model", "--model", model, "--strategies",
        "concat", "-o", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.returncode == 1, "nothing came of it"
    assert ["video.mp4" in row["error"] for row in json.loads(done.stdout)["rows"]] == [True]
    assert not list((tmp_path / "out").glob("*.png"))


def test_a_film_without_a_synopsis_still_has_its_costs(tmp_path: Path) -> None:
    film = tmp_path / "films" / "one"
    film.mkdir(parents=True)
    (film / "captions.srt").write_text("1\n00:00:00,000 --> 00:01:00,000\nA man walks.\n")
    done = longvid("bench", "merge", "--films", tmp_path / "films", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Costs, captions from files, 1 film" in done.stdout
    assert all("rouge1" not in row for row in results(tmp_path / "out")["rows"])


def test_a_model_watches_the_rendered_film_in_every_carry_and_way_of_watching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "HEIGHT", 90)
    model = make_checkpoint(tmp_path / "model", seed=1)
    command = (
        "bench", "merge", "--seeds", "600000", "--chunks", "2", "--captions", "model", "--model", model, "--strategies",
        "concat", "--films-dir", tmp_path / "films", "--json",
    )  # fmt: skip
    done = longvid(
        *command, "--context", "none,previous", "--watch", "default,label=seconds+frames=8", "-o", tmp_path / "out"
    )
    assert done.returncode == 0, done.stderr
    rows = [row for row in json.loads(done.stdout)["rows"] if row["strategy"] == "concat"]
    assert [(row["watch"], row["carry"], row["captions"], row["chunks"]) for row in rows] == [
        (watch, carry, "model", 2) for watch in ("default", "label=seconds+frames=8") for carry in ("none", "previous")
    ]
    assert rows[2]["prompt_tokens"] < rows[0]["prompt_tokens"], "8 frames are fewer tokens than 24"
    assert [row["degraded"] > 0 for row in rows] == [True] * 4, "a random model says nothing that can be used"
    assert (tmp_path / "out" / "watching.png").exists()
    assert "label=seconds+frames=8" in (tmp_path / "out" / "table.md").read_text()
    (video,) = tmp_path.rglob("*.mp4")
    assert video.parent == tmp_path / "films" / "storyfilm-600000-2"
    drawn = video.stat().st_mtime_ns
    other = longvid(*command, "--no-plots", "-o", tmp_path / "other")
    again = next(row for row in json.loads(other.stdout)["rows"] if row["strategy"] == "concat")
    assert video.stat().st_mtime_ns == drawn, "a film is drawn once for all benchmarks that share it"
    assert again["cached_share"] == 1.0, "and watched once"


def test_finished_benchmarks_are_reported_together(bench: Path) -> None:
    done = longvid("bench", "report", bench, bench)
    assert done.returncode == 0, done.stderr
    for title in ("H1", "H2", "H3", "H4", "H5"):
        assert f"**{title}.**" in done.stdout
    assert done.stdout.count("Not reached by these runs") == 5, "ledger did not run"
    assert longvid("bench", "report", bench / "summaries").returncode == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--seeds", "600009-600000"),
        ("--seeds", "x"),
        ("--chunks", "0"),
        ("--chunks", "4-9000"),
        ("--captions", "perfect"),
        ("--captions", "model"),
        ("--captions", "gold,model", "--model", "m"),
        ("--model", "m"),
        ("--context", "previous"),
        ("--context", "prose"),
        ("--watch", "fit=pad"),
        ("--watch", "fit=round"),
        ("--baseline", "nobody"),
        ("--words", "3"),
        ("--evidence", "prose"),
        ("--judge", "none"),
    ],
)
def test_wrong_usage_is_told_from_the_start(wrong: tuple[str, ...], tmp_path: Path) -> None:
    done = longvid("bench", "merge", "--chunks", "2", *wrong, "-o", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "out" / "rows.jsonl").exists()


def test_one_folder_serves_one_benchmark_at_a_time(tmp_path: Path) -> None:
    from filelock import FileLock

    with FileLock(tmp_path / "lock"):
        done = longvid("bench", "merge", "--chunks", "2", "-o", tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "in use" in done.stderr
    (tmp_path / "file").touch()
    assert longvid("bench", "merge", "--chunks", "2", "-o", tmp_path / "file").returncode == 1
