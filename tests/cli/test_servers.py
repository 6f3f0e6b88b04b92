"""Commands whose models are servers: what they are sent, what of it comes out, and that nothing leaves unasked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid.engine.servers import patience
from longvid.engine.servers.tokens import estimated
from tests.cli.program import longvid
from tests.films import make_film
from tests.servers import QUICK, Answer, Asked, Server, fails, says, serving

ELSEWHERE = "http://192.0.2.1:8000/v1#m"
"""An address of the range for documentation: nobody's."""


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", QUICK)


def reply(asked: Asked) -> Answer:
    """Pictures are described by how many there are, all else is merged."""
    content = asked.body["messages"][0]["content"]
    pictures = sum(part["type"] == "image_url" for part in content) if isinstance(content, list) else 0
    return says(f"Seen in {pictures} pictures: a man walks to the house." if pictures else "All of it is told here.")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(reply=reply)) as served:
        yield served


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", chunks=4)


def test_a_server_watches_and_writes_a_film_and_what_it_took_is_told(
    server: Server, film: Path, tmp_path: Path
) -> None:
    words = ["summarize", film, "--model", server.name, "--strategy", "map-reduce", "-o", tmp_path, "--json"]
    words += [
        "--target-length",
        "10",
        "--frames",
        "5",
        "--pixels",
        "2048",
        "--model-price",
        "1/2",
        "--llm-price",
        "3/4",
    ]
    done = longvid(*words)
    assert done.returncode == 0, done.stderr
    assert "sent to" not in done.stderr
    told = json.loads(done.stdout)
    assert told["summary"] == "All of it is told here."
    captions = [chunk["caption"] for chunk in told["chunks"]]
    assert captions == ["Seen in 5 pictures: a man walks to the house."] * len(captions)
    watched, written = told["usage"]["model"], told["usage"]["llm"]
    assert watched["answers"] == sum(one.has_pictures for one in server.asked) == len(captions)
    assert watched["cost"] == pytest.approx((11 * 1 + 7 * 2) * watched["answers"] / 1e6)
    assert written["cost"] == pytest.approx((11 * 3 + 7 * 4) * written["answers"] / 1e6)
    assert told["usage"]["requests"] == len(server.asked) == watched["answers"] + written["answers"]
    before = len(server.asked)
    again = longvid(*words)
    assert (json.loads(again.stdout)["summary"], len(server.asked)) == (told["summary"], before)


def test_a_merge_of_its_run_asks_nobody_unless_a_server_is_named(server: Server, film: Path, tmp_path: Path) -> None:
    done = longvid("caption", film, "--model", server.name, "-o", tmp_path, "--target-length", "4")
    assert done.returncode == 0, done.stderr
    before = len(server.asked)
    run = tmp_path / "film.longvid"
    done = longvid("merge", run, "--strategy", "single")
    assert (done.returncode, "was written by a service" in done.stderr) == (1, True)
    assert len(server.asked) == before
    assert longvid("merge", run, "--strategy", "concat", "--llm", "none").returncode == 0
    done = longvid("merge", run, "--strategy", "single", "--llm", server.name)
    assert (done.returncode, "All of it is told here." in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("option", ["--model", "--llm"])
@pytest.mark.parametrize("name", [ELSEWHERE, "openai:gpt-x", "vllm://films.example:8000#m"])
def test_nothing_leaves_this_machine_unless_it_is_allowed(
    film: Path, tmp_path: Path, option: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "quiet")
    done = longvid("summarize", film, option, name, "--strategy", "single", "-o", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(r"is not this machine: .* allow it with --allow-remote", done.stderr)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "http://127.0.0.1:9/v1#m"], "127.0.0.1:9 does not answer"),
        (["--model", "SERVER", "--template", "chat"], "has a template of its own; leave out --template"),
        (
            ["--model", "SERVER", "--frames", "900"],
            "leave no room for an answer in 16384 tokens; choose",
        ),
        (["--model", "SERVER", "--dtype", "bfloat16"], "no model computes here; leave out --dtype"),
        (["--model", "SERVER", "--batch-size", "4"], "leave out --batch-size; --concurrency says how many"),
        (["--model", "SERVER", "--device", "cpu", "--transcribe", "none"], "leave out --device"),
        (["--model", "SERVER", "--frames", "300", "--pixels", "2000000"], "300 frames of 2000000 pixels take 1.8 GB"),
        (["--model", "storyfilm-tiny", "--timeout", "9"], "no server is asked, and what is computed here"),
        (["--model", "storyfilm-tiny", "--pixels", "5000"], "sees squares of 56 pixels; leave out --pixels"),
        (["--model", "storyfilm-tiny", "--concurrency", "2"], "no server is asked; --batch-size says"),
        (["--model", "storyfilm-tiny", "--frames-as", "video"], "leave out --frames-as video"),
        (["--model", "storyfilm-tiny", "--model-context", "4096"], "leave out --model-context"),
    ],
)
def test_what_cannot_be_is_one_line_before_the_film_is_touched(
    server: Server, film: Path, tmp_path: Path, words: list[str], told: str
) -> None:
    words = [server.name if word == "SERVER" else word for word in words]
    done = longvid("summarize", film, *words, "-o", tmp_path / "out")
    assert done.returncode == 1
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model", "http://user:w0rd@127.0.0.1/v1#m"], "must hold no name and no password"),
        (["--model", "http://user:w0rd@127.0.0.1:x/v1#m"], "http://***@127.0.0.1:x/v1#m is no address"),
        (["--model", "ftp://user:w0rd@127.0.0.1"], "ftp://***@127.0.0.1 is an address"),
        (["--subtitles", "https://user:w0rd@films.example/a.srt"], "https://***@films.example/a.srt is an address"),
        (["--model", "http://127.0.0.1:99999/v1#m"], "is no address"),
        (["--model", "http:///v1#m"], "is no address"),
        (["--llm", "http://127.0.0.1/v1?a=b#m"], "an address with a query is not understood"),
        (["--llm-price", "cheap"], "is no price; write PROMPT/ANSWER"),
        (["--concurrency", "0"], "--concurrency"),
    ],
)
def test_what_is_written_wrongly_is_wrong_usage(film: Path, words: list[str], told: str) -> None:
    done = longvid("summarize", film, *words)
    assert (done.returncode, told in " ".join(done.stderr.split())) == (2, True), done.stderr
    assert "w0rd" not in done.stderr


def test_a_server_that_fails_in_the_middle_loses_nothing_that_it_said(
    server: Server, film: Path, tmp_path: Path
) -> None:
    server.reply = lambda asked: says("A man walks.") if len(server.asked) < 2 else fails(401, "expired")
    words = ["caption", film, "--model", server.name, "-o", tmp_path, "--target-length", "3", "--concurrency", "1"]
    done = longvid(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "expired; put its API key into LONGVID_API_KEY" in done.stderr
    assert "fault of longvid" not in done.stderr
    before = len(server.asked)
    server.reply = lambda asked: says("A dog runs.")
    done = longvid(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("A man walks.") == 1
    assert len(server.asked) - before == done.stdout.count("A dog runs.")


def test_a_plan_reckons_with_a_server_and_asks_nobody(film: Path) -> None:
    words = [
        "plan",
        film,
        "--model",
        ELSEWHERE,
        "--model-price",
        "1/2",
        "--llm-price",
        "1/2",
        "--strategy",
        "map-reduce",
    ]
    made = json.loads(longvid(*words, "--json").stdout)["estimate"]
    fewer = json.loads(longvid(*words, "--json", "--frames", "12").stdout)["estimate"]
    assert made["cost"] > fewer["cost"] > 0
    assert made["watch_tokens"] > fewer["watch_tokens"]
    assert made["requests"] == made["told"] + made["ask"] + made["write"]
    said = longvid(*words).stdout
    assert f"at most {made['requests']} requests; cost at most" in said
    assert "a bad answer is asked for once more (at worst that doubles both)" in said
    assert longvid(*words, "--frames", "300", "--pixels", "2000000").returncode == 1
    plain = json.loads(longvid("plan", film, "--json").stdout)["estimate"]
    assert "cost" not in plain


def test_a_plan_counts_no_less_than_a_run_is_sent(server: Server, film: Path, tmp_path: Path) -> None:
    words = [film, "--model", server.name, "--strategy", "ledger", "--target-length", "4", "--frames", "2"]
    plan = json.loads(longvid("plan", *words, "--model-price", "1/1", "--json").stdout)["estimate"]
    server.reply = lambda asked: says("0 | a man | walks to the house | street")
    longvid("summarize", *words, "--llm", "none", "-o", tmp_path)
    sent = [asked for asked in server.asked if asked.has_pictures]
    assert len(sent) <= plan["requests"]
    around = plan["watch_tokens"] / (plan["told"] + plan["ask"])
    pictures = 2 * 184
    assert max(estimated(asked.prompt) for asked in sent) + pictures <= around


def test_a_device_is_for_hearing_where_servers_watch_and_write(server: Server, film: Path, tmp_path: Path) -> None:
    done = longvid("caption", film, "--model", server.name, "-o", tmp_path, "--target-length", "4", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    done = longvid("merge", tmp_path / "film.longvid", "--llm", server.name, "--strategy", "single", "--device", "cpu")
    assert (done.returncode, "leave out --device" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("HF_ENDPOINT", "ftp://user:w0rd@films.example", "HF_ENDPOINT is 'ftp://***@films.example', no address"),
        ("ALL_PROXY", "gopher://user:w0rd@127.0.0.1:9", "the hub cannot be asked: put right or unset ALL_PROXY"),
        ("SSL_CERT_FILE", "/nowhere/at.all", "the hub cannot be asked: put right or unset SSL_CERT_FILE"),
    ],
)
def test_a_hub_that_the_environment_keeps_from_being_asked_is_one_line(
    tmp_path: Path, variable: str, value: str, told: str
) -> None:
    # A process of its own: the hub's client reads the environment once.
    words = [sys.executable, "-m", "longvid", "model", "check", "org/name", "--download"]
    names = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "HF_ENDPOINT")
    names += ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE")
    clean = {key: text for key, text in os.environ.items() if key.upper() not in names}
    clean |= {"HF_HOME": str(tmp_path), variable: value}
    done = subprocess.run(words, env=clean, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert told in done.stderr
    assert "w0rd" not in done.stderr


def test_a_server_can_be_checked_and_is_asked_no_question(server: Server) -> None:
    entry = {"id": "m", "owned_by": "vllm", "max_model_len": 9000}
    server.others["/v1/models"] = lambda body: Answer(json.dumps({"data": [entry]}).encode())
    told = json.loads(longvid("model", "check", server.name, "--json").stdout)
    assert (told["model"], told["kind"], told["context"], told["counts_tokens"]) == ("m", "vllm", 9000, False)
    assert "context: 9000 tokens; it says 9000" in longvid("model", "check", server.name).stdout
    assert server.asked == []
    done = longvid("model", "check", ELSEWHERE)
    assert (done.returncode, "--allow-remote" in done.stderr) == (1, True)
