"""The command line without a model: help, wrong usage, bad films, exit statuses, streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import longvid
from tests.films import make_film


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "film.mp4")


COMMANDS = (
    [], ["summarize"], ["plan"], ["caption"], ["merge"], ["strategies", "list"], ["strategies", "show"],
    ["model", "check"], ["doctor"],
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_at_once(command: list[str]) -> None:
    """In little more than the command-line library itself takes to load: seconds say nothing on a machine whose cores
    are lent, so both are measured in turns."""
    for _ in range(TURNS):
        _, library = ended("-c", "import typer, typer._adapters")
        stdout, used = ended("-m", "longvid", *command, "--help")
        assert "Usage:" in stdout
        if used < MOST * library:
            return
    raise AssertionError(f"{used:.2f} s of a processor, where the library takes {library:.2f}")


TURNS, MOST = 4, 2.2


def ended(*arguments: str) -> tuple[str, float]:
    """What Python with `arguments` prints, and the seconds of a processor that it took."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = process.stdout.read(), process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert (process.returncode, stderr) == (0, "")
    return stdout, used.ru_utime + used.ru_stime


def test_a_system_that_is_not_supported_is_one_line_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "name", "nt")
    done = longvid("doctor")
    monkeypatch.undo()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("longvid: error: longvid runs on Linux and macOS")
    assert len(done.stderr.splitlines()) == 1


def test_version_is_one_line() -> None:
    assert longvid("--version").stdout.startswith("longvid 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["summarise", "x.mp4"],
        ["summarize"],
        ["summarize", "x.mp4", "--sampler", "best"],
        ["summarize", "x.mp4", "--length", "few"],
        ["summarize", "x.mp4", "--length", "3"],
        ["summarize", "x.mp4", "--length", "²"],
        ["summarize", "x.mp4", "--length", "9" * 5000],
        ["summarize", "x.mp4", "-f", "docx"],
        ["summarize", "x.mp4", "--strategy", "concat", "--length", "100"],
        ["summarize", "x.mp4", "--start", "1:00", "--end", "0:30"],
        ["summarize", "x.mp4", "--start", "soon"],
        ["summarize", "x.mp4", "--end", "0"],
        ["summarize", "x.mp4", "--start", "99999999999999999999"],
        ["summarize", "x.mp4", "--start", "9" * 5000],
        ["summarize", "x.mp4", "--target-length", "30", "--max-length", "20"],
        ["summarize", "x.mp4", "--target-length", "30", "--min-length", "40"],
        ["summarize", ""],
        ["summarize", "x.mp4", "-o", ""],
        ["summarize", "http://host/a.mp4"],
        ["summarize", "x.mp4", "--model", "https://huggingface.co/org/name"],
        ["summarize", "x.mp4", "--llm", ""],
        ["summarize", "x.mp4", "--seed", "9" * 30],
        ["merge", ""],
        ["merge", "--captions", "https://host/a.srt"],
        ["model", "check", "https://huggingface.co/org/name"],
        ["plan", "x.mp4", "--nonsense"],
        ["strategies"],
    ],
    ids=lambda words: " ".join(words)[:60],
)
def test_wrong_usage_is_status_2_and_says_what(arguments: list[str]) -> None:
    done = longvid(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "rror" in done.stderr or "Usage" in done.stdout + done.stderr


def bad_films(folder: Path, film: Path) -> dict[str, Path]:
    """Everything that is no film, by what it is."""
    made = {name: folder / f"{name}.mp4" for name in ("missing", "empty", "text", "cut-off", "line\nbreak\x1b[2J")}
    made["empty"].touch()
    made["text"].write_text("This is no film.\n" * 100)
    made["cut-off"].write_bytes(film.read_bytes()[:300])
    made["folder"] = folder
    return made


@pytest.mark.parametrize("command", [["plan"], ["summarize", "--model", "MODEL"], ["caption", "--model", "MODEL"]])
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "cut-off", "folder", "line\nbreak\x1b[2J"])
def test_a_bad_film_is_one_line_and_leaves_nothing(
    tmp_path: Path, film: Path, random_model: Path, command: list[str], kind: str
) -> None:
    bad = bad_films(tmp_path, film)[kind]
    before = sorted(tmp_path.iterdir())
    done = longvid(*(word.replace("MODEL", str(random_model)) for word in command), str(bad))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("longvid: error: ")
    assert bad.name.split("\n")[0] in done.stderr
    assert "\x1b" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_plan_prints_promised_json_and_writes_nothing(film: Path) -> None:
    before = sorted(film.parent.iterdir())
    done = longvid("plan", str(film), "--target-length", "4", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    value = json.loads(done.stdout)
    assert all({"start", "end"} <= set(scene) for scene in value["scenes"])
    assert [chunk["index"] for chunk in value["chunks"]] == list(range(6))
    for chunk in value["chunks"]:
        assert {"index", "start", "end", "scenes", "frames"} <= set(chunk)
        assert all(chunk["start"] <= time < chunk["end"] for time in chunk["frames"])
    assert value["chunks"][-1]["end"] == pytest.approx(value["duration"], abs=0.1)
    assert sorted(film.parent.iterdir()) == before


def test_start_and_end_cut_the_plan_and_times_stay_the_films(film: Path) -> None:
    value = json.loads(longvid("plan", str(film), "--start", "0:06", "--end", "14", "--json").stdout)
    assert value["chunks"][0]["start"] == pytest.approx(6, abs=0.1)
    assert value["chunks"][-1]["end"] == pytest.approx(14, abs=0.1)


def test_the_default_model_is_asked_for_before_anything_is_scanned(film: Path) -> None:
    done = longvid("summarize", str(film))
    assert done.returncode == 1
    assert "zai-org/cogvlm2-video-llama3-chat" in done.stderr
    assert " GB" in done.stderr
    assert "--" in done.stderr
    assert not film.with_suffix(".longvid").exists()


@pytest.mark.parametrize(("device", "status"), [("tpu", 2), ("cuda:x", 2), ("cuda:99", 1)])
def test_a_device_that_is_none_is_wrong_usage_and_one_that_is_not_there_an_error(
    film: Path, random_model: Path, device: str, status: int
) -> None:
    done = longvid("summarize", str(film), "--model", str(random_model), "--device", device)
    assert done.returncode == status
    assert device in done.stderr


@pytest.mark.parametrize("command", [("summarize", "x.mp4", "--strategy"), ("strategies", "show")], ids=" ".join)
def test_an_unknown_strategy_is_wrong_usage_with_a_suggestion(command: tuple[str, ...]) -> None:
    done = longvid(*command, "refin")
    assert done.returncode == 2
    assert "did you mean refine?" in done.stderr


def test_model_check_tells_whole_from_broken(random_model: Path, tmp_path: Path) -> None:
    whole = longvid("model", "check", str(random_model), "--json")
    facts = json.loads(whole.stdout)
    assert whole.returncode == 0
    assert facts["complete"] is True
    assert facts["fits"] is True
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in random_model.iterdir():
        os.link(file, broken / file.name)
    next(iter(sorted(broken.glob("*.safetensors")))).unlink()
    done = longvid("model", "check", str(broken))
    assert done.returncode == 1
    assert "safetensors" in done.stderr
    assert "Traceback" not in done.stderr


def test_strategies_are_listed_and_shown() -> None:
    listed = longvid("strategies", "list").stdout
    assert {line.split()[0] for line in listed.splitlines()} >= {"concat", "map-reduce", "refine", "hierarchical"}
    shown = longvid("strategies", "show", "hierarchical").stdout
    assert "fan_in = 20" in shown
    assert "needs: write, caption or dialogue" in shown
    schema = json.loads(longvid("strategies", "show", "hierarchical", "--schema").stdout)
    assert schema["additionalProperties"] is False


def test_doctor_names_versions_devices_decoders_and_caches() -> None:
    facts = json.loads(longvid("doctor", "--json").stdout)
    assert set(facts) == {"versions", "devices", "decoders", "models", "folders"}
    assert facts["decoders"]["h264"].startswith("yes")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["plan", "http://host/a.mp4"], "http://host/a.mp4 is an address"),
        (["plan", "rtsp://host/live"], "read from this machine"),
        (["plan", ""], "an empty name names nothing"),
        (["caption", "x.mp4", "--cast", "ftp://host/cast"], "ftp://host/cast is an address"),
        (["summarize", "x.mp4", "--model", "https://huggingface.co/org/name-1/tree/main"], "write org/name-1"),
        (["summarize", "x.mp4", "--llm", "https://host/page"], "https://host/page is an address; write a hub id"),
    ],
)
def test_an_address_or_nothing_is_refused_with_what_to_write(arguments: list[str], says: str) -> None:
    done = longvid(*arguments)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


@pytest.mark.parametrize("command", ["summarize", "caption"])
def test_a_film_that_is_not_there_is_told_before_a_model_is_opened(command: str, tmp_path: Path) -> None:
    done = longvid(command, tmp_path / "none.mp4", "--model", tmp_path / "no-model")
    assert done.returncode == 1
    assert "none.mp4: no such file" in done.stderr
    assert "no-model" not in done.stderr
