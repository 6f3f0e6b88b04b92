"""Files: what is read is bounded, what is written is whole and has the rights that the umask gives."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from longvid.files import LARGEST_JSON, parse_json, read_json, write_whole

HOSTILE = {
    "deep": "[" * 200_000,
    "deep but whole": "[" * 500 + "]" * 500,
    "digits": "9" * 5000,
    "number": "9" * 300,
    "infinite": "[1e999]",
    "none": '{"a": NaN}',
    "cut off": '{"a": ',
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_json_is_a_value_error(kind: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is Python's in part
        parse_json(HOSTILE[kind])


def test_ordinary_json_is_read() -> None:
    value = {"a": [1, 2.5, None, True], "no limit": 10**30}
    assert parse_json(json.dumps(value).encode()) == value


def test_what_is_no_regular_file_or_too_large_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(OSError, match="no regular file"):
            read_json(path)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGEST_JSON + 1)
    with pytest.raises(ValueError, match="over 64 MiB"):
        read_json(large)


@pytest.fixture(params=[0o022, 0o002, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_written_file_has_the_rights_of_the_umask(tmp_path: Path, umask: int) -> None:
    write_whole(tmp_path / "out", b"text")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o666 & ~umask
    assert (tmp_path / "out").read_bytes() == b"text"
