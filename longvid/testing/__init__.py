"""The conformance kit: whether a strategy keeps what it promises, for anybody's test suite.

    from longvid.testing import check_strategy

    def test_my_strategy_keeps_its_promises():
        check_strategy(MyStrategy, sizes=(0, 1, 2, 7))

Needs no model, no film and no network. The engine, the store and the checkpointer are the real ones; only
the models are scripted.
"""

from longvid.testing.conformance import check_strategy

__all__ = ["check_strategy"]
