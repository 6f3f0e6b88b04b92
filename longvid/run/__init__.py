"""The run folder: content-addressed store of answers and events, resume."""

from longvid.run.folder import FilmIdentity, RunFolder, open_existing, open_for
from longvid.run.store import Event, Record, Store, canonical, key_of

__all__ = [
    "Event",
    "FilmIdentity",
    "Record",
    "RunFolder",
    "Store",
    "canonical",
    "key_of",
    "open_existing",
    "open_for",
]
