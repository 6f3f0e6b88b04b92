"""Films are found where they lie; what is wrong with a list is told, a line each, before anything is done."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from longvid.batch.manifest import read_list
from longvid.batch.results import Results, read_rows
from longvid.batch.shards import Shard, of_slurm, parse_shard
from longvid.batch.sources import find
from longvid.errors import BatchError
from tests.cli.program import longvid


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names(folder: Path, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    return [str(entry.path.relative_to(folder)) for entry in find(str(folder), include, exclude)]


def test_folders_give_the_films_below_them_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b.MP4", "a.mkv", "a.srt", "deep/er/c.mov", ".hidden.mp4", ".bin/d.mp4", "a.longvid/e.mp4")
    assert names(tmp_path) == ["a.mkv", "b.MP4", "deep/er/c.mov"]
    assert names(tmp_path, ("*.mp4", "*.mov")) == ["b.MP4", "deep/er/c.mov"]
    assert names(tmp_path, (), ("deep",)) == ["a.mkv", "b.MP4"]
    assert names(tmp_path, (), ("deep/*/c.*",)) == ["a.mkv", "b.MP4"]
    assert [entry.below for entry in find(str(tmp_path))][-1] == Path("deep/er")


def test_patterns_give_what_fits_and_a_folder_without_films_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "a1.mp4", "a2.mp4", "b.mp4", "x/notes.txt", "odd[1].mp4")
    assert [entry.path.name for entry in find(str(tmp_path / "a*.mp4"))] == ["a1.mp4", "a2.mp4"]
    assert [entry.path.name for entry in find(str(tmp_path / "odd[1].mp4"))] == ["odd[1].mp4"]
    for source in ("c*.mp4", "x"):
        with pytest.raises(BatchError):
            find(str(tmp_path / source))


def test_a_pattern_passes_over_run_folders_and_folders_without_films(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "a.longvid/clips/0.mp4", "x/b.mkv", "x/b.longvid/b.mkv", "empty/notes.txt")

    def fitting(pattern: str) -> list[str]:
        return [str(entry.path.relative_to(tmp_path)) for entry in find(str(tmp_path / pattern))]

    assert fitting("**/*.mp4") == ["a.mp4"]
    assert fitting("**/*.mkv") == ["x/b.mkv"]
    assert fitting("*") == ["a.mp4", "x/b.mkv"], "folders as ever, but one without films is no fault"
    assert fitting("**") == ["a.mp4", "x/b.mkv"], "each film once, and nothing that is no film"
    assert fitting("empty/*.txt") == ["empty/notes.txt"], "the pattern says how they end"
    for nothing in ("emp*", "empty/*", "a.long*/**"):
        with pytest.raises(BatchError, match="no film fits"):
            fitting(nothing)
    inside = tmp_path / "x" / "b.longvid"
    assert [entry.path.name for entry in find(f"{inside}/*.mkv")] == ["b.mkv"], "a run folder that is named is meant"


def test_a_pattern_over_all_folders_passes_over_those_that_are_links_and_does_not_go_in_circles(tmp_path: Path) -> None:
    films = tmp_path / "films"
    (films / "x").mkdir(parents=True)
    (films / "x" / "a.mp4").touch()
    for name in ("back", "again"):
        (films / "x" / name).symlink_to(films)
    (films / "linked.mp4").symlink_to(films / "x" / "a.mp4")
    found = [entry.path for entry in find(f"{films}/**/*.mp4")]
    assert found == [films / "linked.mp4", films / "x" / "a.mp4"]
    assert found == [entry.path for entry in find(f"{films}/**")]
    assert [entry.path for entry in find(f"{films}/x/bac[k]/x/*.mp4")] == [films / "x" / "back" / "x" / "a.mp4"]


def test_what_is_excluded_is_left_out_of_patterns_too(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "trailers/b.mp4", "x/c.mp4", "x/d.mp4")
    found = find(str(tmp_path / "**" / "*.mp4"), exclude=("trailers", "x/d.*"))
    assert [entry.path.name for entry in found] == ["a.mp4", "c.mp4"]


MANIFEST = b"""film,strategy,start,end,length
a.mp4,ledger,,,
b.mp4,nothing-such,,,
c.mp4,,0:10,5,
d.mp4,,soon,,
,,,,100
e.mp4,concat,,,100
f.mp4,x
"""
FAULTS = ("nothing-such", "end at 5 s", "'soon' is no time", "names no film", "only joins captions", "has 2 columns")


def test_each_fault_of_a_manifest_is_one_line_with_its_place(tmp_path: Path) -> None:
    manifest = tmp_path / "films.csv"
    manifest.write_bytes(MANIFEST.replace(b",,,,100\n", b"").replace(b"f.mp4,x\n", b""))
    done = longvid("batch", "--manifest", manifest, "-o", tmp_path / "out")
    manifest.write_bytes(MANIFEST)
    broken = longvid("batch", "--manifest", manifest, "-o", tmp_path / "out")
    lines = [*done.stderr.splitlines(), *broken.stderr.splitlines()]
    assert (done.returncode, broken.returncode) == (1, 1)
    assert len(lines) == len(FAULTS)
    for fault in FAULTS:
        (line,) = (line for line in lines if fault in line)
        assert line.startswith(f"longvid: error: {manifest}, line ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "as_csv", "fault"),
    [
        ("film,colour\na,red", True, "line 1: there is no column 'colour'"),
        ("path\na", True, "line 1: the first line names the columns"),
        ('film\n"a', True, "no CSV"),
        ('a.mp4\n{"film": 3}', False, "line 2: names no film"),
        ('{"film": "a", "length": []}', False, "line 1: length is neither"),
        ('{"film"', False, "line 1: no JSON object"),
        ("https://host/a.mp4", False, "line 1: is an address"),
        ('{"film": "a", "subtitles": "b\\u0000"}', False, "subtitles has a character"),
        ('{"film": "a\\u0000"}', False, "line 1: no file has such a name"),
    ],
)
def test_lists_that_are_wrong_are_told_from_those_that_are_not(text: str, as_csv: bool, fault: str) -> None:
    listed = read_list(text.encode(), "list", Path(), as_csv=as_csv)
    (line,) = listed.faults
    assert fault in line


def test_a_list_runs_no_code_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    listed = tmp_path / "films.jsonl"
    listed.write_text(f'{{"film": "a.mp4", "strategy": "{tmp_path}/own.py:Own"}}\n')
    done = longvid("batch", "--manifest", listed, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert f"{listed}, line 1: " in done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_text_list_keeps_names_as_they_are(tmp_path: Path) -> None:
    listed = read_list(b"\xef\xbb\xbf# mine\n a b.mp4\r\n\n\xff.mp4\n", "list", tmp_path)
    assert [entry.path for entry in listed.entries] == [tmp_path / " a b.mp4", tmp_path / "\udcff.mp4"]
    assert listed.faults == ()


def test_standard_input_is_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"film": "a.mp4", "color": 1}\n')))
    done = longvid("batch", "-", "-o", tmp_path / "out")
    assert done.returncode == 1
    assert "standard input, line 1: there is no column 'color'" in done.stderr


def test_shares_are_read_and_an_array_with_gaps_is_refused() -> None:
    assert parse_shard("2/4") == Shard(2, 4)
    for wrong in ("0/4", "5/4", "1", "a/b"):
        with pytest.raises(ValueError, match="no share"):
            parse_shard(wrong)
    given = {"SLURM_ARRAY_TASK_MIN": "2", "SLURM_ARRAY_TASK_COUNT": "3"}
    assert of_slurm(given) is None
    assert of_slurm({**given, "SLURM_ARRAY_TASK_ID": "4"}) == Shard(3, 3)
    assert of_slurm({**given, "SLURM_ARRAY_TASK_ID": "6", "SLURM_ARRAY_TASK_STEP": "2"}) == Shard(3, 3)
    for number in ("5", "x"):
        with pytest.raises(ValueError, match="--shard"):
            of_slurm({**given, "SLURM_ARRAY_TASK_ID": number})


def test_a_row_that_a_kill_cut_off_is_none_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    first, second = ({"key": key, "status": "done", "ended": key} for key in "ab")
    with Results(tmp_path) as results:
        results.add(first)
    with results.path.open("ab") as file:
        file.write(b'{"key": "b", "sta')
    assert read_rows(results.path) == [first]
    with Results(tmp_path) as results:
        results.add(second)
        with pytest.raises(BatchError, match="in use by another"):
            Results(tmp_path)
    assert read_rows(results.path) == [first, second]


@pytest.mark.parametrize("row", ["{}", '{"key": "b", "status": "done", "seconds": 3}', "[", "3"])
def test_a_damaged_row_is_named_and_nothing_is_lost(tmp_path: Path, row: str) -> None:
    (tmp_path / "results.jsonl").write_text(f'{{"key": "a", "status": "done"}}\n{row}\n')
    with pytest.raises(BatchError, match="line 2"):
        Results(tmp_path)
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 2
