"""Patch: a ledger of numbered rows that the LLM changes by operations; see `strategy`."""

from longvid_strategies.patch.strategy import Patch

__all__ = ["Patch"]
