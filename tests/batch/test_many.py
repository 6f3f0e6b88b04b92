"""Thirty films, three of them damaged, and a kill: the small form of a run of a thousand (`tests.batch.many`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.many import main


@pytest.mark.slow
def test_each_of_many_films_gets_what_it_deserves_once_whatever_is_killed(tmp_path: Path) -> None:
    told = main(tmp_path, films=30, kills=1)
    assert (told["done"], told["failed"], told["degraded"], told["answers"]) == (27, 2, 1, 28)
