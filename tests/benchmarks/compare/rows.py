"""Rows as a benchmark writes them, for tests of what is made of rows."""

from __future__ import annotations

from longvid_benchmarks.compare.rows import Row


def row(
    strategy: str,
    film: int,
    *,
    captions: str = "appearance",
    chunks: int = 14,
    llm: str = "tiny",
    links: float = 0.0,
    facts: float = 0.0,
    **others: object,
) -> Row:
    """A finished row of film `film`, whose two links are told as `links` says: the nearer one first."""
    return {
        "strategy": strategy,
        "carry": "none",
        "watch": "default",
        "captions": captions,
        "evidence": "model" if captions == "model" else "lines",
        "chunks": chunks,
        "seed": film,
        "film": f"storyfilm-{film}-{chunks}",
        "writer": llm,
        "link_recall": links,
        "link_precision": 1.0,
        "fact_recall": facts,
        "fact_precision": 1.0,
        "links": [["use", 1, links > 0], ["use", 11, links > 0.5]],
        "calls": 10,
        "depth": 4,
        **others,
    }
