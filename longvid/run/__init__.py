"""The run folder: journal, content-addressed store of answers, resume."""

from longvid.run.folder import FilmIdentity, RunFolder, open_existing, open_for
from longvid.run.journal import Journal
from longvid.run.store import Record, Store, canonical, key_of

__all__ = [
    "FilmIdentity",
    "Journal",
    "Record",
    "RunFolder",
    "Store",
    "canonical",
    "key_of",
    "open_existing",
    "open_for",
]
