"""The strategy `ledger`: events (`extract`), who is who and what holds (`asking`), actions and links between
them (`actions`, `relations`), what is told (`choosing`) and how (`realizer`, `prose`); `strategy` puts the stages
together."""

from longvid_strategies.ledger.strategy import Ledger, LedgerConfig

__all__ = ["Ledger", "LedgerConfig"]
