"""A model behind an address: what becomes of everything that a server may answer, and what it is sent."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longvid.engine.backends.endpoint import EndpointBackend
from longvid.engine.guards import judge
from longvid.engine.pictures import PixelBudget
from longvid.engine.request import ClipRef, Raw, Request, Stopped
from longvid.engine.servers import client, patience
from longvid.engine.servers.addresses import read_address
from longvid.errors import LLMError, ModelError
from longvid.film import Clip, write_clip
from tests.servers import QUICK, Answer, Asked, Server, fails, says, serving

TELL = Request("write", "Tell it.", 50)
GOOD = "A man walks to the house."


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSES", QUICK)
    for name in ("OPENAI_API_KEY", "LONGVID_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as served:
        yield served


def backend(server: Server, **more: Any) -> EndpointBackend:
    return EndpointBackend(read_address(server.name), error=LLMError, watches=False, **more)


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """One after another, the last for ever."""
    left = list(answers)
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


def ask(server: Server, reply: Callable[[Asked], Answer], **more: Any) -> Raw:
    server.reply = reply
    return backend(server, **more).answer([TELL])[0]


@pytest.mark.parametrize(
    "fault",
    [
        fails(429, "Rate limit reached"),
        fails(429, "Rate limit reached", after="0.02"),
        fails(429, "slow down", after="Wed, 21 Oct 2015 07:28:00 GMT"),
        fails(429, "slow down", after="soon"),
        fails(500),
        fails(503, after=0),
        fails(429, "Add a payment method to raise your rate limit: https://example.org/account/billing"),
        fails(429, "You exceeded your current quota, check your plan and billing. Retry in 1 s", after="0.02"),
        fails(408),
        Answer(b"<html>Bad gateway</html>", 502),
        Answer(b"this is {not json"),
        Answer(b""),
        Answer(b"[]"),
        Answer(b"[" * 100_000),
        Answer(b'{"choices": []}'),
        Answer(b'{"choices": [{"message": null}]}'),
        Answer(b'{"choices": [{"message": {"content": 7}}]}'),
        Answer(b'{"choices": [{"message": {"content": "x"}, "error": {"code": 502}}]}'),
        Answer(b'{"error": {"message": "upstream down", "code": 502}}'),
        Answer(b'{"error": "overloaded"}'),
        Answer(b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\ndata: [DONE]\n\n'),
        Answer(says(GOOD).body, cut=40),
        Answer(b"", cut=0),
        Answer(says(GOOD).body, headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda fault: f"{fault.status}-{fault.body[:24]!r}-{fault.cut}",
)
def test_what_may_pass_is_asked_again_and_never_becomes_text(server: Server, fault: Answer) -> None:
    raw = ask(server, in_turn(fault, fault, says(GOOD)))
    assert (raw.text, raw.finish, len(server.asked)) == (GOOD, "stop", 3)


def test_what_does_not_pass_ends_in_one_line_after_so_many_tries(server: Server) -> None:
    with pytest.raises(LLMError, match=r"did not answer: status 500, no; run again to go on$"):
        ask(server, lambda asked: fails(500))
    assert len(server.asked) == QUICK.tries


@pytest.mark.parametrize("late", [Answer(says(GOOD).body, stall=9.0), Answer(says(GOOD).body, drip=0.05)])
def test_an_answer_that_is_not_whole_in_time_is_asked_again_and_then_ends(server: Server, late: Answer) -> None:
    raw = ask(server, in_turn(late, says(GOOD)), seconds=0.3)
    assert (raw.text, len(server.asked)) == (GOOD, 2)
    begun = time.monotonic()
    with pytest.raises(LLMError, match=r"in its time|nothing within"):
        ask(server, lambda asked: late, seconds=0.2)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            fails(401, "Incorrect API key provided: sk-secret-1234567890."),
            r"\(a key\).*put its API key into LONGVID_API",
        ),
        (fails(403, "forbidden"), "check what its API key may do"),
        (fails(404, "The model `m` does not exist"), "does not exist; check the model's name"),
        (fails(402, "Payment required"), "check the account's credit"),
        (
            fails(429, "You exceeded your current quota,\nplease check"),
            "quota, please check; check the account",
        ),
        (fails(429, "no", code="insufficient_quota"), "check the account's credit or its quota"),
        (fails(429, "later", after=3600), "asks to wait 3600 s"),
        (fails(400, "This model's maximum context length is 4096 tokens."), "choose a smaller --llm-context"),
        (
            fails(400, "max_tokens is too large: 50", param="max_tokens", code="invalid_value"),
            "max_tokens is too large: 50; check",
        ),
        (fails(400, "Unsupported parameter: safety_identifier", param="safety_identifier"), "Unsupported parameter"),
        (
            Answer(b'[{"error": {"code": 400, "message": "API key not valid", "status": "INVALID_ARGUMENT"}}]', 400),
            "API key not valid",
        ),
        (fails(400, "what is this"), "check the model's name and what the server takes"),
        (Answer(b"", 302, {"Location": "http://192.0.2.1/"}), "sends elsewhere"),
        (Answer(b'{"error": {"message": "bad key", "code": 401}}'), "put its API key"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.status),
)
def test_what_will_not_pass_ends_at_once_with_what_to_do(server: Server, fault: Answer, told: str) -> None:
    with pytest.raises(LLMError, match=told) as ended:
        ask(server, lambda asked: fault)
    assert len(server.asked) == 1
    assert "\n" not in str(ended.value)
    assert "secret" not in str(ended.value)


@pytest.mark.parametrize(
    "answer",
    [
        says("He takes the kn", "content_filter"),
        says(None, "stop", refusal="I cannot do this."),
        says("I'm sorry, but I can't help with that."),
        fails(400, "The response was filtered", code="content_filter"),
        fails(400, "no", innererror={"code": "ResponsibleAIPolicyViolation"}),
    ],
)
def test_what_is_withheld_is_told_as_refused_and_never_becomes_text(server: Server, answer: Answer) -> None:
    verdict = judge(ask(server, lambda asked: answer))
    assert (verdict.text, verdict.status, verdict.reason) == ("", "degraded", "refused")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "text", "reason"),
    [
        (says(""), "", "empty"),
        (says(None), "", "empty"),
        (says("<think>I shall list it.", "length"), "", "empty"),
        (says("", "length", reasoning_content="I think for long"), "", "empty"),
        (says("A man walks. A dog ru", "length"), "A man walks.", "cut-off"),
        (says("<think>Hm.</think>\n\nA man walks."), "A man walks.", None),
        (says([{"type": "text", "text": "A man "}, {"type": "text", "text": "walks."}]), "A man walks.", None),  # type: ignore[arg-type]
    ],
)
def test_answers_are_judged_as_those_of_any_model(
    server: Server, answer: Answer, text: str, reason: str | None
) -> None:
    verdict = judge(ask(server, lambda asked: answer))
    assert (verdict.text, verdict.reason) == (text, reason)


def test_an_answer_of_ten_megabytes_is_cut_off_and_a_longer_one_is_none(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = " ".join(f"Then man number {n} walks past house {n + 7}." for n in range(230_000))
    assert len(long) > 10_000_000
    verdict = judge(ask(server, lambda asked: says(long)))
    assert (verdict.status, verdict.reason) == ("degraded", "cut-off")
    assert 0 < len(verdict.text) <= 400
    monkeypatch.setattr("longvid.engine.servers.client.MOST_BYTES", 1 << 20)
    with pytest.raises(LLMError, match="more than 1 MB"):
        ask(server, lambda asked: says(long))


@pytest.mark.parametrize(
    ("complaint", "dropped", "used"),
    [
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_tokens",
            "max_completion_tokens",
        ),
        ("Unsupported value: 'temperature' does not support 0", "temperature", "max_tokens"),
        ({"param": "temperature"}, "temperature", "max_tokens"),
        ({"param": "max_tokens", "code": "unsupported_parameter"}, "max_tokens", "max_completion_tokens"),
    ],
)
def test_what_a_server_does_not_take_is_written_in_another_way_from_then_on(
    server: Server, complaint: str | dict[str, str], dropped: str, used: str
) -> None:
    fault = fails(400, complaint) if isinstance(complaint, str) else fails(400, "no", **complaint)
    server.reply = lambda asked: fault if dropped in asked.body else says(GOOD)
    asks = backend(server)
    assert [asks.answer([TELL])[0].text for _ in range(2)] == [GOOD, GOOD]
    assert len(server.asked) == 3
    assert server.asked[-1].body[used] == 50


def test_a_retry_is_sampled_and_a_first_answer_is_not(server: Server) -> None:
    asks = backend(server)
    asks.answer([TELL])
    asks.answer([TELL], seed=7)
    first, again = (asked.body for asked in server.asked)
    assert (first["temperature"], "seed" in first) == (0.0, False)
    assert (again["temperature"], again["seed"]) == (0.7, 7)


def test_its_tokens_are_the_servers_and_else_estimated(server: Server) -> None:
    raw = ask(server, lambda asked: says(GOOD))
    assert (raw.prompt_tokens, raw.answer_tokens) == (11, 7)
    raw = ask(server, lambda asked: says(GOOD, usage=False))
    assert raw.prompt_tokens > 0
    assert raw.answer_tokens == 7


@pytest.mark.parametrize("variable", ["LONGVID_API_KEY", "OPENAI_API_KEY"])
def test_a_key_goes_to_whom_it_is_for_and_nowhere_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variable: str
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(variable, "keep-this-quiet")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9/")
    server.reply = lambda asked: fails(401, "bad key keep-this-quiet")
    asks = backend(server)
    with pytest.raises(LLMError) as ended:
        asks.answer([TELL])
    shown = server.asked[0].headers.get("authorization")
    assert shown == (None if variable == "OPENAI_API_KEY" else "Bearer keep-this-quiet")
    if shown:
        assert "keep-this-quiet" not in f"{ended.value} {asks.identity} {caplog.text}"


@pytest.mark.parametrize("key", ["keep-this\nquiet", "keep-this-qui\u00e9t"])
def test_a_key_that_can_be_none_ends_at_once_and_is_not_shown(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("LONGVID_API_KEY", key)
    with pytest.raises(LLMError, match="LONGVID_API_KEY holds no key") as ended:
        backend(server)
    assert "keep" not in f"{ended.value} {caplog.text}"
    monkeypatch.setenv("LONGVID_API_KEY", "whole\r\n")
    backend(server).answer([TELL])
    assert server.asked[0].headers["authorization"] == "Bearer whole"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "gopher://me:w0rd@127.0.0.1:9"),
        ("HTTPS_PROXY", "http://me:w0rd@[::1"),
        ("SSL_CERT_FILE", "/nowhere/w0rd.pem"),
    ],
)
def test_settings_of_the_environment_that_cannot_be_used_are_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    for name in client.SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(LLMError, match=rf"cannot be asked: .*; put right or unset {variable}$") as ended:
        EndpointBackend(read_address("https://192.0.2.1/v1#m"), error=LLMError)
    assert "w0rd" not in str(ended.value)
    assert "\n" not in str(ended.value)


def test_an_answer_that_is_all_but_there_when_the_run_ends_is_kept(server: Server) -> None:
    began = threading.Event()

    def stopped() -> bool:
        return began.is_set()

    def reply(asked: Asked) -> Answer:
        began.set()
        return Answer(says(GOOD).body, drip=0.001)

    server.reply = reply
    assert backend(server).answer([TELL], stopped=stopped)[0].text == GOOD
    with pytest.raises(Stopped):
        backend(server).answer([TELL], stopped=stopped)


def test_it_stops_within_a_pause_and_within_an_answer_that_drips(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSES", patience.Pauses(first=60.0))
    for reply in (lambda asked: fails(500, after=60), lambda asked: Answer(says(GOOD).body, drip=0.02)):
        server.reply = reply
        begun = time.monotonic()
        with pytest.raises(Stopped):
            backend(server).answer([TELL], stopped=lambda begun=begun: time.monotonic() > begun + 0.2)
        assert time.monotonic() - begun < 3


def clip_of(folder: Path, times: tuple[float, ...] = (0.0, 1.5, 2.25)) -> Request:
    frames = np.zeros((len(times), 36, 64, 3), dtype=np.uint8)
    for index, frame in enumerate(frames):
        frame[...] = (255, 40 * index, 0)
    write_clip(folder / "clip", Clip(frames, np.array(times, dtype=np.float64)))
    return Request("caption", "What happens?", 50, ClipRef(folder / "clip", "d", 0, times))


def test_a_clip_goes_out_as_pictures_each_behind_its_time(server: Server, tmp_path: Path) -> None:
    import cv2

    EndpointBackend(read_address(server.name), error=ModelError).answer([clip_of(tmp_path)])
    content = server.asked[0].body["messages"][0]["content"]
    assert [part["text"] for part in content if part["type"] == "text"] == [
        "0.0 s:", "1.5 s:", "2.2 s:", "What happens?",
    ]  # fmt: skip
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    kind, _, data = urls[2].partition(";base64,")
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert (kind, picture.shape) == ("data:image/jpeg", (36, 64, 3))
    assert np.abs(picture[18, 32].astype(int) - (0, 80, 255)).max() < 12


def test_a_clip_goes_out_as_one_video_that_shows_each_frame_at_its_time(server: Server, tmp_path: Path) -> None:
    import io

    import av

    times = (0.0, 1.5, 1.5, 2.25)
    watcher = EndpointBackend(read_address(server.name), error=ModelError, video=True)
    watcher.answer([clip_of(tmp_path, times)])
    first, last = server.asked[0].body["messages"][0]["content"]
    assert last == {"type": "text", "text": "What happens?"}
    kind, _, data = first["video_url"]["url"].partition(";base64,")
    assert kind == "data:video/mp4"
    with av.open(io.BytesIO(base64.b64decode(data))) as film:
        frames = list(film.decode(video=0))
    assert [frame.time for frame in frames] == pytest.approx([0.0, 1.5, 1.501, 2.25], abs=0.002)
    assert (frames[0].height, frames[0].width) == (36, 64)
    assert dict(watcher.identity) != dict(EndpointBackend(read_address(server.name), error=ModelError).identity)


def test_a_frame_counts_by_its_pixels(server: Server, tmp_path: Path) -> None:
    request = clip_of(tmp_path)
    small, large = (
        EndpointBackend(read_address(server.name), error=ModelError, picture=PixelBudget(pixels))
        for pixels in (50_176, 200_704)
    )
    assert small.count(request) < large.count(request)
    assert large.count(request) - small.count(request) == 3 * (256 - 64)
    assert small.room(3, "What happens?", 10**6) == small.context - small.count(request)


def test_frames_that_are_no_video_end_in_one_line(server: Server, tmp_path: Path) -> None:
    write_clip(tmp_path / "clip", Clip(np.zeros((2, 1, 9, 3), np.uint8), np.array([0.0, 1.0])))
    request = Request("caption", "What?", 50, ClipRef(tmp_path / "clip", "d", 0, (0.0, 1.0)))
    with pytest.raises(ModelError, match="a clip cannot be encoded"):
        EndpointBackend(read_address(server.name), error=ModelError, video=True).answer([request])


LINES = Request("write", "Say it in lines.", 50, line="[0-9]+ [a-z]+")


def test_a_server_that_can_be_held_to_lines_is_and_they_are_read_out_of_its_answer(server: Server) -> None:
    server.reply = lambda asked: says('{"lines": ["1 apple", "2 bread"]}')
    asking = EndpointBackend(read_address(f"vllm:{server.name.removeprefix('http:')}"), error=LLMError, watches=False)
    assert asking.answer([LINES])[0].text == "1 apple\n2 bread"
    assert asking.answer([TELL])[0].text == '{"lines": ["1 apple", "2 bread"]}'
    first, second = (asked.body for asked in server.asked)
    assert first["response_format"]["json_schema"]["schema"]["properties"]["lines"]["items"]["pattern"]
    assert "response_format" not in second


def test_a_server_that_does_not_take_a_schema_is_asked_without_one_from_then_on(server: Server) -> None:
    server.reply = lambda asked: fails(400, "bad request") if "response_format" in asked.body else says("1 apple")
    asking = EndpointBackend(read_address(f"vllm:{server.name.removeprefix('http:')}"), error=LLMError, watches=False)
    assert [asking.answer([LINES])[0].text for _ in range(2)] == ["1 apple", "1 apple"]
    assert ["response_format" in asked.body for asked in server.asked] == [True, False, False]
