"""The strategy `ledger`: read by the LLM (`reading`), or by rules of simple English (`rules`)."""

from longvid_strategies.ledger.settings import LedgerConfig
from longvid_strategies.ledger.strategy import Ledger

__all__ = ["Ledger", "LedgerConfig"]
