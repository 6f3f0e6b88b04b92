"""Questions to films, and words in them: passages of a run, an index, a second look, and an LLM that must cite.

`Session` answers questions to one run, `search_runs` finds words in any number of runs.
"""

from longvid.asking.result import Asked, Evidence, Said
from longvid.asking.searching import Found, Search, search_runs
from longvid.asking.session import Session

__all__ = ["Asked", "Evidence", "Found", "Said", "Search", "Session", "search_runs"]
