"""`longvid batch` over a shelf of films: each gets the row that it deserves, once, whatever happens to the process."""

from __future__ import annotations

import errno
import json
import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from longvid import api
from longvid.batch import forecast, work
from longvid.cli.cluster import RayOptions
from longvid.errors import FilmError
from longvid.film import fingerprint
from longvid.run import FilmIdentity, open_for
from longvid.run.journal import read
from tests.batch.dying import dying_longvid
from tests.batch.shelf import EXPECTED, OPTIONS, lasting, make_shelf, rows
from tests.cli.program import Ended, longvid
from tests.cli.scripted import answer_at_once, watched
from tests.films import make_film


def batch(*words: str | Path, out: Path) -> Ended:
    return longvid("batch", *words, *OPTIONS, "-o", out)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shelf(tmp_path_factory.mktemp("shelf") / "films")


@pytest.fixture(scope="module")
def whole(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one undisturbed run. Read-only."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        answer_at_once(patch)
        done = batch(shelf, out=out)
    assert done.returncode == 3, done.stderr
    return out


def begun(out: Path) -> Counter[tuple[str, Any]]:
    """How often each call was begun, by run folder."""
    return Counter(
        (store.parent.name, event["key"])
        for store in out.rglob("answers.sqlite")
        for event in read(store)
        if event["event"] in ("begin", "retry")
    )


def test_every_film_has_the_status_that_it_deserves(shelf: Path, whole: Path) -> None:
    found = rows(whole)
    by_name = {str(Path(path).relative_to(shelf)): row["status"] for path, row in found.items()}
    same = {"copy.mp4", "whole.mp4"} & set(by_name)
    assert len(same) == 1
    assert {name.replace("copy", "whole"): status for name, status in by_name.items()} == EXPECTED
    twice = found[str(shelf / same.pop())]
    assert len(twice["also"]) == 1
    for row in found.values():
        assert (row["status"] == "failed") == ("error" in row)
        assert (row["status"] == "degraded") == bool(row.get("problems"))
        assert all((Path(row["run"]) / name).is_file() for name in row.get("outputs", ()))
        if row["status"] == "failed":
            assert row["kind"] == "FilmError"
            assert row["remedy"] in row["error"]
        else:
            assert row["seconds"]["total"] >= row["seconds"]["watch"] > 0
            assert row["calls"]["watch"] == row["chunks"]
            assert row["tokens"]["prompt"] > 0


def test_the_summary_counts_the_rows(whole: Path) -> None:
    told = json.loads((whole / "summary.json").read_text())
    statuses = Counter(EXPECTED.values())
    assert {name: told[name] for name in statuses} == statuses
    assert told["films"] == len(EXPECTED)
    assert told["failures"] == {"FilmError": statuses["failed"]}
    assert told["calls"]["watch"] == sum(row.get("chunks", 0) for row in rows(whole).values())
    assert told["films_per_hour"] > 0
    assert (told["left"], told["cached_share"]) == (0, 0)


def test_folders_below_lie_in_the_same_folders_below_the_output(whole: Path) -> None:
    assert (whole / "season" / "first.longvid" / "film.json").is_file()


def test_killed_again_and_again_it_ends_with_the_same_results(shelf: Path, whole: Path, tmp_path: Path) -> None:
    dice = random.Random(21)
    words = [*OPTIONS, "-o", str(tmp_path), "--ahead", "2"]
    for count in (dice.randint(3, 25), dice.randint(10, 30), dice.randint(3, 12)):
        died = dying_longvid(count, "batch", shelf, *words, folder=tmp_path.parent)
        assert died.returncode == -signal.SIGKILL, died.stderr
    with pytest.MonkeyPatch.context() as patch:
        answer_at_once(patch)
        assert batch(shelf, "--ahead", "2", out=tmp_path).returncode == 3
    assert lasting(tmp_path) == lasting(whole)
    times = begun(tmp_path)
    assert set(times) == set(begun(whole))
    assert sum(times.values()) <= len(times) + 3, "each kill costs the call in flight and no more"


def test_films_side_by_side_are_told_as_one_after_another(
    shelf: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    alone = RayOptions.opened

    @contextmanager
    def three(*arguments: Any, **options: Any) -> Iterator[tuple[Any, int]]:
        with alone(*arguments, **options) as (models, _):
            yield models, 3

    monkeypatch.setattr(RayOptions, "opened", three)
    assert batch(shelf, out=tmp_path).returncode == 3
    assert lasting(tmp_path) == lasting(whole)


def test_shares_one_after_another_are_together_one_run(
    shelf: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    monkeypatch.setenv("SLURM_ARRAY_TASK_MIN", "5")
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "4")
    shares = []
    for number in (5, 6, 7, 8):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(number))
        done = batch(shelf, out=tmp_path)
        assert f"share {number - 4}/4" in done.stderr
        shares.append(rows(tmp_path, f"results-{number - 4}-of-4.jsonl"))
    assert sum(map(len, shares)) == len(EXPECTED)
    assert all(len(share) < len(EXPECTED) for share in shares)
    merged = longvid("batch", "merge-results", tmp_path, "--json")
    assert merged.returncode == 3
    assert lasting(tmp_path) == lasting(whole)
    one, all_shares = json.loads((whole / "summary.json").read_text()), json.loads(merged.stdout)
    for name in ("films", "done", "degraded", "failed", "left", "duration", "calls", "tokens", "failures"):
        assert all_shares[name] == one[name]
    for name in ("ID", "MIN", "COUNT"):
        monkeypatch.delenv(f"SLURM_ARRAY_TASK_{name}")
    assert batch(shelf, out=tmp_path).stderr == "", "a run over merged results has nothing left to do"


def test_what_has_a_row_is_left_alone_until_it_is_to_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eye = answer_at_once(monkeypatch)
    films = [make_film(tmp_path / f"{rate}.mp4", chunks=1, seconds=1, rate=rate) for rate in (8, 9)]
    late, out = tmp_path / "late.mp4", tmp_path / "out"
    assert batch(*films, late, out=out).returncode == 3
    assert watched(eye) == 2
    assert batch(*films, late, out=out).returncode == 3
    make_film(late, chunks=1, seconds=1, rate=10)
    assert batch(*films, late, out=out).returncode == 0, "a film that has come is another than the one that was missing"
    assert watched(eye) == 3
    before = rows(out)
    assert batch(*films, late, "--retry", "all", out=out).returncode == 0
    assert watched(eye) == 3, "answers are not asked for again"
    after = rows(out)
    assert all(after[path]["calls"]["cached"] == 1 for path in after)
    assert {path: row["key"] for path, row in after.items()} == {path: row["key"] for path, row in before.items()}


def test_results_lie_in_a_folder_of_their_own_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    monkeypatch.chdir(tmp_path)
    make_film(tmp_path / "a.mp4", chunks=1, seconds=1)
    done = longvid("batch", "a.mp4", *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert [row["status"] for row in rows(tmp_path / "longvid-batch").values()] == ["done"]


def test_films_of_one_name_in_two_folders_keep_their_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    places = [tmp_path / "one", tmp_path / "two"]
    for rate, place in enumerate(places, 8):
        place.mkdir()
        make_film(place / "a.mp4", chunks=1, seconds=1, rate=rate)
    for place in places:
        monkeypatch.chdir(place)
        assert batch("a.mp4", out=tmp_path / "out").returncode == 0
    before = rows(tmp_path / "out")
    assert list(before) == [str(place / "a.mp4") for place in places]
    for place in places:
        monkeypatch.chdir(place)
        assert batch("a.mp4", out=tmp_path / "out").returncode == 0
    assert rows(tmp_path / "out") == before


def test_a_film_that_is_done_and_renamed_is_not_done_again_when_another_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    films, out = tmp_path / "films", tmp_path / "out"
    films.mkdir()
    latest = make_film(films / "latest.mp4", chunks=1, seconds=1, rate=8)
    assert batch(films, out=out).returncode == 0
    latest.rename(films / "monday.mp4")
    make_film(latest, chunks=1, seconds=1, rate=9)
    for _ in range(2):
        assert batch(films, out=out).returncode == 0
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [row["film"] for row in lines] == ["latest.mp4", "latest.mp4"], "Monday's row stays, by its content"
    assert len({row["key"] for row in lines}) == 2
    assert batch(films, "--dry-run", out=out).stdout.count("monday.mp4") == 0


def test_a_full_disk_while_a_film_is_read_ahead_costs_it_no_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)

    async def full(path: Path, *rest: Any) -> None:
        raise FilmError(f"{path}: cannot be written; free some space") from OSError(errno.ENOSPC, "No space left")

    monkeypatch.setattr(work, "read_film", full)
    films = [make_film(tmp_path / f"{rate}.mp4", chunks=1, seconds=1, rate=rate) for rate in (8, 9)]
    assert batch(*films, out=tmp_path / "out").returncode == 0
    assert [row["status"] for row in rows(tmp_path / "out").values()] == ["done", "done"]


def test_only_failed_films_are_tried_again_where_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    film, noise, out = make_film(tmp_path / "a.mp4", chunks=1, seconds=1), tmp_path / "b.mp4", tmp_path / "out"
    noise.write_bytes(b"noise" * 99)
    batch(film, noise, out=out)
    before = rows(out)
    assert batch(film, noise, "--retry", "failed", out=out).returncode == 3
    after = rows(out)
    assert after[str(film)] == before[str(film)]
    assert after[str(noise)]["ended"] > before[str(noise)]["ended"]


def test_a_film_that_another_process_is_at_is_skipped_and_done_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_at_once(monkeypatch)
    film, out = make_film(tmp_path / "a.mp4", chunks=1, seconds=1), tmp_path / "out"
    with open_for(FilmIdentity(film, fingerprint(film), film.stat().st_size), out):
        done = batch(film, out=out)
    assert done.returncode == 3
    assert rows(out)[str(film)]["status"] == "skipped"
    assert batch(film, out=out).returncode == 0
    assert rows(out)[str(film)]["status"] == "done"


def test_too_many_failures_end_the_batch_and_a_limit_ends_it_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eye = answer_at_once(monkeypatch)
    film = make_film(tmp_path / "z.mp4", chunks=1, seconds=1)
    bad = []
    for name in "abc":
        bad.append(tmp_path / f"{name}.mp4")
        bad[-1].write_bytes(name.encode() * 99)
    done = batch(*bad, film, "--max-failures", "2", out=tmp_path / "out")
    assert done.returncode == 1
    assert "stopped after 2 failures" in done.stderr
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["left"] == 2
    assert watched(eye) == 0
    assert batch(film, *bad, "--limit", "1", out=tmp_path / "other").returncode == 0
    assert list(rows(tmp_path / "other")) == [str(film)]


def test_the_next_films_are_read_while_one_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_at_once(monkeypatch)
    told: list[tuple[str, str]] = []

    def noting(what: str, whole: Any) -> Any:
        async def work(path: Path, *rest: Any) -> Any:
            told.append((f"{what} begins", path.name))
            found = await whole(path, *rest)
            told.append((f"{what} ends", path.name))
            return found

        return work

    monkeypatch.setattr(work, "read_film", noting("reading", api.read))
    monkeypatch.setattr(work, "summarize_film", noting("turn", api.summarize))
    films = [make_film(tmp_path / f"{n}.mp4", chunks=n, seconds=2) for n in (1, 2, 3)]
    assert batch(*films, "--ahead", "1", out=tmp_path / "out").returncode == 0
    for before, film in (("1.mp4", "2.mp4"), ("2.mp4", "3.mp4")):
        assert told.index(("reading begins", film)) < told.index(("turn ends", before))
        assert told.index(("reading ends", film)) < told.index(("turn begins", film))
    assert ("reading begins", "3.mp4") not in told[: told.index(("turn ends", "1.mp4"))]
    told.clear()
    assert batch(*films, "--ahead-gb", "0", out=tmp_path / "none").returncode == 0
    assert not [what for what, _ in told if what.startswith("reading")], "no room, nothing is read ahead"


def test_a_manifest_says_of_each_film_what_is_done_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eye = answer_at_once(monkeypatch)
    film = make_film(tmp_path / "a.mp4", chunks=2, seconds=2)
    (tmp_path / "own.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nHello.\n")
    listed = tmp_path / "films.jsonl"
    said: list[dict[str, Any]] = [
        {},
        {"strategy": "refine", "length": 50},
        {"subtitles": "own.srt"},
        {"start": 2},
        {"end": "0:02"},
        {},
    ]
    listed.write_text("".join(json.dumps({"film": film.name, **row}) + "\n" for row in said))
    assert batch("--manifest", listed, out=tmp_path / "out").returncode in (0, 3)
    found = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [row["options"] for row in found] == [{key: str(value) for key, value in row.items()} for row in said[:-1]]
    assert [row["chunks"] for row in found] == [2, 2, 2, 1, 1]
    assert found[1]["outputs"][0] == "a.refine.md"
    assert {row["run"] for row in found} == {str(tmp_path / "out" / "a.longvid")}
    assert watched(eye) <= 4, "all share the answers of the film"


def test_a_dry_run_counts_and_writes_nothing(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "open_models", lambda *_, **__: pytest.fail("a dry run opens no model"))
    done = longvid("batch", shelf, *OPTIONS, "--dry-run", "--json", "-o", tmp_path / "out")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    statuses = Counter(EXPECTED.values())
    assert (len(told["films"]), told["failed"], told["left"]) == (len(EXPECTED), statuses["failed"], len(EXPECTED))
    planned = [row for row in told["films"] if "error" not in row]
    for name in ("chunks", "watch", "tokens_read", "disk_bytes"):
        assert told[name] == sum(row[name] for row in planned) > 0
    assert not (tmp_path / "out").exists()


def test_a_dry_run_goes_on_past_a_film_that_nobody_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = forecast.plan_film

    async def odd(path: Path, *rest: Any, **more: Any) -> Any:
        if path.name == "8.mp4":
            raise RuntimeError("odd")
        return await plan(path, *rest, **more)

    monkeypatch.setattr(forecast, "plan_film", odd)
    films = [make_film(tmp_path / f"{rate}.mp4", chunks=1, seconds=1, rate=rate) for rate in (8, 9)]
    done = batch(*films, "--dry-run", "--json", out=tmp_path / "out")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert told["failed"] == 1
    assert "8.mp4: this is a fault of longvid" in told["films"][0]["error"]
    assert told["films"][1]["chunks"] == told["chunks"] == 1
