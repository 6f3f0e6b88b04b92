"""`longvid bench merge --texts` from end to end: three feature films as text, with links, traps and dialogue."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from longvid.engine.models import Models
from longvid.engine.request import Raw
from longvid.pipeline.job import Hearing
from longvid_benchmarks.compare.bench import answerable
from longvid_benchmarks.compare.filmtexts import read_texts
from longvid_benchmarks.compare.runs import Bench, run
from longvid_benchmarks.compare.variants import choose
from tests.answering import somebody
from tests.benchmarks.compare.filmtexts import LINK, SAID, SEEN, TRAP, film_text, write_rows
from tests.cli.program import longvid
from tests.standins import ScriptedBackend, plainly

FILMS = Path(__file__).parents[2] / "data" / "filmtext"
TOLD = (
    "A man is drowned in the fog of a small port, and an inspector comes by train. "
    "The brass tag that Aldo gave the boy opens the locker with the notebook of the weights. "
    "Everybody in the town has a reason to be silent, and some of them have two. "
    "The crane driver killed the weigher to get rid of his debt. "
    "At last the water gives back what was thrown into it, and the boy is taken out to sea."
)
"""What the language model of these tests says of any film: one link of harbour, `tag`, and a trap, `jonas-killed`."""


def results(out: Path) -> dict[str, Any]:
    return json.loads((out / "results.json").read_text())  # type: ignore[no-any-return]


def rows_of(out: Path, strategy: str) -> dict[str, dict[str, Any]]:
    """The rows of `strategy`, by who read them."""
    return {row["reader"]: row for row in results(out)["rows"] if row["strategy"] == strategy}


def test_the_floor_tells_no_link_and_the_synopsis_tells_all_and_no_trap(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = longvid("bench", "merge", "--texts", FILMS, "--llm", "none", "--strategies", "concat", "-o", out)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == results(out)
    rows = results(out)["rows"]
    assert [(row["film"], row["strategy"], row["chunks"]) for row in rows] == [
        *((film, "(reference)", n) for film, n in (("harbour", 24), ("orchard", 40), ("signal", 60))),
        *((film, "concat", n) for film, n in (("harbour", 24), ("orchard", 40), ("signal", 60))),
    ]
    for row in rows:
        told = 1.0 if row["strategy"] == "(reference)" else 0.0
        assert (row["reader"], row["link_recall"], row["weight_recall"], row["traps_told"]) == ("check", told, told, 0)
        assert all((link["sentence"] is not None) == link["told"] == bool(told) for link in row["told"])
    assert [len(row["told"]) for row in rows[:3]] == [16, 20, 24]
    page = (out / "table.md").read_text()
    for title in (
        "Quality", "Costs", "Link recall by gap", "Link recall by what a link needs", "Weight of links told by gap",
        "Weight of links told by what a link needs",
    ):  # fmt: skip
        assert f"### {title}, films as text, 3 films" in page
    assert "### Links told of signal" in page
    (table,) = [part for part in page.split("### ") if part.startswith("Links told of each film")]
    head = [cell.strip() for cell in table.splitlines()[2].split("|")][1:-1]
    line = next(line for line in table.splitlines() if line.startswith("| harbour: (reference) "))
    cells = dict(zip(head, [cell.strip() for cell in line.split("|")][1:-1], strict=True))
    assert cells["links (weight)"] == "16/16 (34/34)"
    assert (cells["picture"], cells["dialogue"], cells["both"]) == ("7/7 (15/15)", "2/2 (4/4)", "7/7 (15/15)")
    assert (cells["gap 3-5"], cells["gap 6-10"], cells["traps"]) == ("", "6/6 (11/11)", "0/8")
    assert sum(int(cell.split("/")[0]) for name, cell in cells.items() if name.startswith("gap") and cell) == 16
    assert "what else a summary says, true or not, is not measured" in page
    assert (out / "quality-calls.png").exists()
    assert "links by weight" in (out / "quality-calls.svg").read_text()
    assert (out / "links-gap.svg").exists()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished benchmark of harbour in out/, whose prompts somebody answered in box/."""
    folder = tmp_path_factory.mktemp("answered")
    with somebody(folder / "box", lambda prompt: TOLD) as asked:
        done = longvid(*command(folder))
    assert done.returncode in (0, 3), done.stderr
    assert asked
    return folder


def command(folder: Path, *more: str | Path, context: int = 2048) -> list[str | Path]:
    llm = f"files:{folder / 'box'}"
    return ["bench", "merge", "--texts", FILMS / "harbour", "--strategies", "map-reduce", "--words", "80", "--no-plots",
            "--llm", llm, "--llm-context", str(context), "-o", folder / "out", *more]  # fmt: skip


def test_a_row_has_each_link_with_the_sentence_that_was_credited(answered: Path) -> None:
    row = rows_of(answered / "out", "map-reduce")["check"]
    told = {link["link"]: link["sentence"] for link in row["told"] if link["told"]}
    assert told == {"tag": TOLD.split(". ")[1] + "."}
    assert [trap["trap"] for trap in row["traps"] if trap["told"]] == ["jonas-killed"]
    assert (row["link_recall"], row["weight_recall"]) == (pytest.approx(1 / 16), pytest.approx(3 / 34))
    assert row["words"] == len(TOLD.split())
    assert (row["llm"], row["llm_context"]) == (f"files:{answered / 'box'}", 2048)
    assert row["version"]
    page = (answered / "out" / "links.md").read_text()
    assert "**tag** (weight 3, both, gap 12): The brass tag that Aldo gave" in page
    assert f"- map-reduce: {told['tag']}\n" in page
    assert "**jonas-killed** (trap)" in page


def test_links_are_split_by_what_they_need_and_by_gap_in_count_and_in_weight(answered: Path) -> None:
    entry = next(one for one in results(answered / "out")["summary"] if one["strategy"] == "map-reduce")
    assert entry["kinds"]["both"]["recall"]["mean"] == pytest.approx(1 / 7)
    assert entry["by_weight"]["kinds"]["both"]["recall"]["mean"] == pytest.approx(3 / 15)
    assert entry["kinds"]["picture"]["recall"]["mean"] == 0.0
    gaps = {(one["first"], one["last"]): one["recall"]["mean"] for one in entry["by_weight"]["gaps"]}
    assert [ends for ends, mean in gaps.items() if mean] == [(11, 20)]


def test_a_finished_row_is_not_run_again_but_for_another_context(answered: Path) -> None:
    kept = (answered / "out" / "rows.jsonl").read_bytes()
    assert longvid(*command(answered)).returncode in (0, 3), "with nobody there to answer"
    assert (answered / "out" / "rows.jsonl").read_bytes() == kept
    with somebody(answered / "box", lambda prompt: TOLD):
        assert longvid(*command(answered, context=16384)).returncode in (0, 3)
    lines = map(json.loads, (answered / "out" / "rows.jsonl").read_text().splitlines())
    calls = {row["llm_context"]: row["calls_write"] for row in lines if row["strategy"] == "map-reduce"}
    assert calls[2048] > calls[16384] > 0
    assert rows_of(answered / "out", "map-reduce")["check"]["llm_context"] == 16384
    assert longvid(*command(answered)).returncode in (0, 3)


def test_verdicts_by_eye_stand_beside_the_check_in_every_table(answered: Path) -> None:
    links = [link["link"] for link in rows_of(answered / "out", "map-reduce")["check"]["told"]]
    seen = {"film": "harbour", "strategy": "map-reduce"}
    last = TOLD[TOLD.index("At last") :]
    given = [
        {**seen, "link": link, "told": link == "pilot-boat", **({"sentence": last} if link == "pilot-boat" else {})}
        for link in links
    ]
    write_rows(answered / "verdicts.jsonl", *given)
    done = longvid(*command(answered, "--verdicts", answered / "verdicts.jsonl"))
    assert done.returncode in (0, 3), done.stderr
    rows = rows_of(answered / "out", "map-reduce")
    assert (rows["check"]["weight_recall"], rows["eye"]["weight_recall"]) == (
        pytest.approx(3 / 34), pytest.approx(2 / 34)
    )  # fmt: skip
    assert rows["eye"]["calls"] == rows["check"]["calls"]
    order = [(one["strategy"], one["reader"]) for one in results(answered / "out")["summary"]]
    assert order == [
        ("(reference)", "check"), ("map-reduce", "check"), ("map-reduce", "eye"), ("concat", "check")
    ]  # fmt: skip
    tables = (answered / "out" / "table.md").read_text().split("### ")
    for title in ("Quality", "Link recall by gap", "Weight of links told by what a link needs", "Costs"):
        (table,) = [table for table in tables if table.startswith(title)]
        assert "| map-reduce, by eye (1 film) " in table
    (table,) = [table for table in tables if table.startswith("Links told of each film")]
    names = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| harbour")]
    assert names == [f"harbour: {one}" for one in ("(reference)", "concat", "map-reduce", "map-reduce, by eye")]
    (table,) = [table for table in tables if table.startswith("Links told of harbour")]
    (told,) = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| pilot-boat ")]
    assert [cell.strip() for cell in told] == ["pilot-boat", "2", "dialogue", "22", "-", "-", "-", "told"]
    assert f"- map-reduce, by eye: {last}" in (answered / "out" / "links.md").read_text()


def test_a_wrong_quotation_ends_with_one_line_and_keeps_all_rows(answered: Path) -> None:
    kept = (answered / "out" / "rows.jsonl").read_bytes()
    write_rows(
        answered / "wrong.jsonl",
        {"film": "harbour", "strategy": "map-reduce", "link": "tag", "told": True, "sentence": "The tag fits."},
    )
    done = longvid(*command(answered, "--verdicts", answered / "wrong.jsonl"))
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert "wrong.jsonl: line 1: the summary of map-reduce does not say" in last
    assert (answered / "out" / "rows.jsonl").read_bytes() == kept


@pytest.mark.parametrize(
    ("hearing", "seen", "said"), [("seen-and-said", True, True), ("said-only", False, True), ("none", True, False)]
)
def test_strategies_get_what_dialogue_says_and_nothing_else(
    tmp_path: Path, hearing: Hearing, seen: bool, said: bool
) -> None:
    (film,) = read_texts([film_text(tmp_path / "one")], words=40)
    llm = ScriptedBackend(says=says)
    models = Models("n", {"class": "n"}, None, llm, "s", image_size=0, caption_tokens=320, events_tokens=220)
    variants, _ = choose("map-reduce", answerable([film], models))
    assert [one.label for one in variants] == ["concat", "map-reduce"]
    bench = Bench(tmp_path / "out", models, hearing=hearing)
    row = asyncio.run(run(bench, film, variants[1], "none", lambda share, doing=None: None))
    asked = " ".join(request.prompt for batch in llm.batches for request in batch)
    assert [text in asked for text in SEEN] == [seen] * 4
    assert [text in asked for _, _, text in SAID] == [said] * 3
    assert (row.get("dialogue", "seen-and-said"), row["weight_recall"], row["traps_told"]) == (hearing, 0.75, 1)


def says(prompt: str) -> Raw:
    return plainly(f"{LINK['says']} {TRAP['says']} The boy waits in the rain for a long time and nobody comes by.")


def test_the_key_of_a_row_knows_dialogue_links_and_context(tmp_path: Path) -> None:
    folder = film_text(tmp_path / "one")
    (concat,), _ = choose("concat", frozenset({"caption"}))

    def key(hearing: Hearing = "seen-and-said", context: int = 2048) -> str:
        (film,) = read_texts([folder], words=40)
        llm = ScriptedBackend(context=context)
        models = Models("n", {"class": "n"}, None, llm, "s", image_size=0, caption_tokens=320, events_tokens=220)
        return Bench(tmp_path, models, hearing=hearing).key(film, concat, "none")

    keys = [key(), key("none"), key("said-only"), key(context=4096)]
    write_rows(folder / "traps.jsonl", {**TRAP, "b": [["stole"]]})
    keys.append(key())
    (folder / "dialogue.srt").unlink()
    keys.append(key())
    assert len(set(keys)) == 6
    assert key() == keys[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--texts", "one", "--films", "one"),
        ("--texts", "one", "--captions", "gold"),
        ("--texts", "one", "--model", "m"),
        ("--texts", "one", "--context", "previous"),
        ("--texts", "one", "--llm", "oracle"),
        ("--texts", "one", "--dialogue", "all"),
        ("--texts", "one", "--said", "1"),
        ("--verdicts", "v.jsonl"),
    ],
)
def test_wrong_usage_is_told_from_the_start(
    wrong: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film_text(tmp_path / "one")
    done = longvid("bench", "merge", "--chunks", "2", *wrong, "-o", "out")
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "out" / "rows.jsonl").exists()


def test_a_folder_that_is_no_film_or_has_a_wrong_row_ends_with_one_line(tmp_path: Path) -> None:
    folder = film_text(tmp_path / "one")
    write_rows(folder / "links.jsonl", LINK, {**LINK, "id": "other", "weight": "much"})
    for place, said in ((folder, "links.jsonl: line 2: weight must be"), (tmp_path / "out", "holds no film as text")):
        done = longvid("bench", "merge", "--texts", place, "--strategies", "concat", "-o", tmp_path / "out")
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert said in done.stderr
