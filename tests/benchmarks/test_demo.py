"""`longvid demo`: a film, its summary and its score in one command; the same by hand; again; and what goes wrong."""

from __future__ import annotations

import json
import shlex
import signal
import time
from pathlib import Path

import pytest

from longvid_benchmarks import demo
from tests.child import Child, run_longvid
from tests.cli.program import Ended, longvid

FILES = (
    "film.mp4",
    "film.srt",
    "summary.txt",
    "reference.txt",
    "facts.jsonl",
    "links.jsonl",
    "film.longvid/film.ledger.md",
)


@pytest.fixture(scope="module")
def short() -> object:
    """A demo of two minutes, on a small picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "CHUNKS", 2)
        patch.setattr(demo, "HEIGHT", 90)
        yield patch


@pytest.fixture(scope="module")
def done(short: object, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A folder in which the demo ran, and what it said."""
    folder = tmp_path_factory.mktemp("demo") / "new folder"
    return folder, longvid("demo", folder)


def test_it_makes_the_film_and_says_step_by_step_what_it_does(done: tuple[Path, Ended]) -> None:
    folder, ended = done
    assert ended.returncode in (0, 3), ended.stderr
    assert all((folder / name).is_file() for name in FILES)
    steps = [line for line in ended.stdout.split("\n") if line[:2] in ("1.", "2.", "3.", "4.")]
    assert [step.split()[1] for step in steps] == ["Model:", "Film:", "Summary:", "Score:"]
    assert all(step.endswith(" s)") for step in steps)
    assert "(100%)" in ended.stdout
    page = Path(ended.stdout.rstrip().split("\n")[-1].strip())
    assert page == folder / "film.longvid" / "film.ledger.html"
    assert "<video" in page.read_text()
    assert "rendering" not in ended.stderr


def test_the_summary_that_is_printed_is_the_one_that_is_kept(done: tuple[Path, Ended]) -> None:
    folder, ended = done
    kept = json.loads((folder / "film.longvid" / "film.ledger.json").read_text())
    assert (folder / "summary.txt").read_text().strip() == kept["summary"].strip()
    assert all(cited["sentence"] in ended.stdout for cited in kept["evidence"])


def test_the_commands_that_it_names_do_the_same(done: tuple[Path, Ended]) -> None:
    folder, ended = done
    named = [shlex.split(line)[1:] for line in ended.stdout.split("\n") if line.startswith("  longvid ")]
    merged, scored = (longvid(*words, "--json") for words in named)
    assert merged.returncode in (0, 3), merged.stderr
    again = json.loads(merged.stdout)
    # Every answer is there already: by hand the same is asked.
    assert again["calls"]["watch"] == again["calls"]["ask"] == again["calls"]["write"] == 0
    assert again["summary"].strip() == (folder / "summary.txt").read_text().strip()
    assert f"{json.loads(scored.stdout)['fact_recall']:.0%}" in ended.stdout


def test_once_more_in_the_same_folder_uses_what_is_there(done: tuple[Path, Ended]) -> None:
    folder, before = done
    rendered = (folder / "film.mp4").stat().st_mtime_ns
    ended = longvid("demo", folder)
    assert ended.returncode == before.returncode
    assert "it is there already" in ended.stdout
    assert "0 questions asked" in ended.stdout
    assert (folder / "film.mp4").stat().st_mtime_ns == rendered
    assert ended.stdout.split("\n\n", 1)[1] == before.stdout.split("\n\n", 1)[1]


def test_a_folder_with_another_film_is_left_as_it_is(short: object, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"my wedding")
    for words in ((), ("--fresh",)):
        ended = longvid("demo", tmp_path, *words)
        assert ended.returncode == 1
        assert "another film" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert (tmp_path / "film.mp4").read_bytes() == b"my wedding"


def test_a_folder_that_cannot_be_made_is_said_in_one_line(short: object, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = longvid("demo", tmp_path / "file" / "demo")
    assert ended.returncode == 1
    assert "choose another folder" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_more_than_one_folder_is_wrong_usage(tmp_path: Path) -> None:
    assert longvid("demo", tmp_path, "second").returncode == 2


@pytest.mark.parametrize("command", ["demo {}", "bench storyfilm make --seed 5 --chunks 16 --out {}"])
def test_interrupted_while_it_renders_it_leaves_no_half_film(command: str, tmp_path: Path) -> None:
    with Child(run_longvid, *command.format(tmp_path / "made").split(), folder=tmp_path) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("made/.film-*.mp4")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        ended = process.ended()
    assert ended.returncode == 130
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("made/*.mp4")) + list(tmp_path.glob("made/.*"))
