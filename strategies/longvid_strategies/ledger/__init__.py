"""The strategy `ledger`: rows of evidence (`extract`), who is who and what holds (`asking`), deeds and links between
them (`deeds`, `joins`), what is told (`choosing`) and how (`plain`, `prose`); `strategy` puts the stages together."""

from longvid_strategies.ledger.strategy import Ledger, LedgerConfig

__all__ = ["Ledger", "LedgerConfig"]
