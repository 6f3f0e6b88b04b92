"""Every installed strategy keeps the promises of the contract, as `longvid.testing` checks them for anybody's."""

from __future__ import annotations

import pytest

from longvid.strategy.registry import load, names
from longvid.testing import check_strategy


@pytest.mark.parametrize("name", names())
def test_every_promise_is_kept_for_short_films(name: str) -> None:
    check_strategy(load(name), sizes=(0, 1, 2, 7))


@pytest.mark.slow
@pytest.mark.parametrize("n", [120, 300])
@pytest.mark.parametrize("name", names())
def test_every_promise_is_kept_for_long_films(name: str, n: int) -> None:
    check_strategy(load(name), sizes=(n,), seed=1)
