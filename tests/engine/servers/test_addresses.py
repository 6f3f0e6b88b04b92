"""Names of models on servers, and which key goes where."""

from __future__ import annotations

import pytest

from longvid.engine.servers.addresses import is_address, read_address
from longvid.text.shown import without_logins


@pytest.mark.parametrize(
    ("name", "url", "model", "here"),
    [
        ("http://127.0.0.1:8000/v1#org/name", "http://127.0.0.1:8000/v1", "org/name", True),
        ("http://localhost:8000", "http://localhost:8000/v1", "", True),
        ("http://[::1]:8000/v1/#m", "http://[::1]:8000/v1", "m", True),
        ("HTTPS://films.example/api/v1#m:8b", "https://films.example/api/v1", "m:8b", False),
        ("http://127.0.0.1.films.example/v1#m", "http://127.0.0.1.films.example/v1", "m", False),
        ("http://0.0.0.0:8000/v1#m", "http://0.0.0.0:8000/v1", "m", False),
        ("openai:gpt-x", "https://api.openai.com/v1", "gpt-x", False),
        ("vllm:org/name", "http://127.0.0.1:8000/v1", "org/name", True),
        ("ollama:llama3:8b", "http://127.0.0.1:11434/v1", "llama3:8b", True),
        ("ollama://films:1234#llama3:8b", "http://films:1234/v1", "llama3:8b", False),
        ("llamacpp:", "http://127.0.0.1:8080/v1", "", True),
        ("lmstudio:m", "http://127.0.0.1:1234/v1", "m", True),
        ("sglang:m", "http://127.0.0.1:30000/v1", "m", True),
    ],
)
def test_a_name_is_an_address_and_a_model(
    name: str, url: str, model: str, here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert is_address(name)
    address = read_address(name)
    assert (address.url, address.model, address.is_here) == (url, model, here)


@pytest.mark.parametrize(
    "name", ["none", "org/name", "anthropic:m", "langchain:openai:m", "files:out", "./openai", "C:m"]
)
def test_other_names_are_none(name: str) -> None:
    assert not is_address(name)


@pytest.mark.parametrize(
    "name",
    ["http://", "http://:8000/v1#m", "http://h:x/v1#m", "http://u:p@h/v1#m", "http://h/v1?k=v#m", "http://h/a page#m",
     "http://[::1/v1#m", "https://h/page", "openai://h/v1#m", "vllm://#m"],
)  # fmt: skip
def test_what_is_written_wrongly_is_said(name: str) -> None:
    with pytest.raises(ValueError, match=r"address|write|key"):
        read_address(name)


def test_the_key_of_openai_goes_to_openai_and_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    monkeypatch.setenv("LONGVID_API_KEY", "other")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert read_address("openai:m").key == "theirs"
    assert {read_address(name).key for name in ("http://h/v1#m", "vllm:m", "ollama://h#m")} == {"other"}
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert (read_address("openai:m").url, read_address("openai:m").key) == ("http://127.0.0.1:9/v1", "theirs")


@pytest.mark.parametrize(
    ("value", "key"), [("  quiet\r\n", "quiet"), ("\n", None), ("", None), ("sk-1_2.3", "sk-1_2.3")]
)
def test_space_around_a_key_is_no_part_of_it(value: str, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_API_KEY", value)
    assert read_address("http://h/v1#m").key == key


@pytest.mark.parametrize("value", ["se cret", "se\ncret", "secr\u00e9t", "se\u200bcret", "se\x1bcret"])
def test_a_key_that_can_be_none_is_refused_and_not_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGVID_API_KEY", value)
    with pytest.raises(ValueError, match=r"^LONGVID_API_KEY holds no key") as refused:
        read_address("http://h/v1#m").key  # noqa: B018
    assert "cr" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["http://me:w0rd@h:x/v1#m", "http://me:w0rd@h/a page#m", "http://me:w0/rd@h/v1#m", "http://me:w0@rd@h/v1", "ftp://me:w0rd@h",
     "vllm://me:w0rd@h/v1#m", "http://me:w0rd@h/page", "http://me:w0rd@[::1/v1#m", "http://w0rd@h/v1#m"],
)  # fmt: skip
def test_a_password_in_an_address_is_never_shown(name: str) -> None:
    with pytest.raises(ValueError, match=r"address|name") as refused:
        read_address(name)
    assert "w0" not in str(refused.value)
    assert "rd@" not in str(refused.value)


def test_what_is_no_login_is_shown() -> None:
    for name in ("http://h:80/v1#m@q4", "http://h/v1#org@x/m", "see https://h/a@b and me@h"):
        assert without_logins(name) == name
