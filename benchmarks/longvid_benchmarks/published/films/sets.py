"""The benchmarks of long films: where their files, films and subtitles lie, how long an answer may be, and what was
published. Layouts are those of their authors. Knows no question and no model.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FilmSet:
    """One benchmark. Places are from the folder of the data; of several the first that is there counts."""

    name: str
    title: str
    home: str
    """Where its authors say how it is to be had."""
    files: tuple[tuple[str, ...], ...]
    """Files of questions, or a folder of them, each with all the places where it may lie."""
    films: tuple[str, ...]
    """Folders of films."""
    subtitles: tuple[str, ...]
    """Folders of NAME.srt, or files of all subtitles."""
    tokens: int
    """Of an answer, as published."""
    wording: str
    """Where the words of its prompts stand."""
    judge: str | None = None
    """Who judged the published figures."""


def _beside(name: str, *folders: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for folder in (*folders, "."))


MOVIECHAT = FilmSet(
    "moviechat",
    "MovieChat-1K",
    "https://huggingface.co/datasets/Enxin/MovieChat-1K-test",
    (("gt", "annotations"),),
    ("videos", "."),
    (),
    300,
    "lmms-eval 0.7.3, tasks/moviechat",
    "gpt-3.5-turbo-0125",
)
_SF20K_HOME = "https://github.com/ridouaneg/sf20k"
_SF20K_FILMS = ("videos", "data/videos", ".")
_SF20K_SUBTITLES = ("test_subtitles.csv", "data/test_subtitles.csv", "subtitles")
SF20K = FilmSet(
    "sf20k",
    "SF20K, multiple choice",
    _SF20K_HOME,
    ((*_beside("test.csv", "data"), *_beside("sfd.csv", "data"), "data.csv"),),
    _SF20K_FILMS,
    _SF20K_SUBTITLES,
    256,
    "ridouaneg/sf20k, sf20k/prompts/mcqa_prompt.py, without subtitles",
)
SF20K_OPEN = FilmSet(
    "sf20k-open",
    "SF20K, open-ended",
    _SF20K_HOME,
    ((*_beside("test.csv", "data"), *_beside("gt_samples.csv", "data"), *_beside("sfd.csv", "data"), "data.csv"),),
    _SF20K_FILMS,
    _SF20K_SUBTITLES,
    256,
    "ridouaneg/sf20k, sf20k/prompts/oeqa_prompt.py, without subtitles",
    "gpt-4.1-nano-2025-04-14",
)
MF2 = FilmSet(
    "mf2",
    "Movie Facts and Fibs",
    "https://huggingface.co/datasets/sardinelab/MF2 and https://github.com/deep-spin/MF2",
    ((*_beside("MF2_claims.csv", "data", "data/MF2"), *_beside("MF2_test.csv", "data", "data/MF2")),),
    ("videos", "data/videos", "data/MF2/videos", "."),
    ("transcripts", "data/transcripts"),
    256,
    "deep-spin/MF2, templates/video_only_templates.py, direct_free",
)
MLVU = FilmSet(
    "mlvu-gen",
    "MLVU, generation",
    "https://huggingface.co/datasets/MLVU/MVLU",
    (
        _beside("8_sub_scene.json", "MLVU/json", "MLVU_all/json", "json"),
        _beside("9_summary.json", "MLVU/json", "MLVU_all/json", "json"),
    ),
    tuple(
        f"{root}video/{folder}"
        for root in ("MLVU/", "MLVU_all/", "")
        for folder in ("8_sub_scene", "subPlot", "9_summary", "summary")
    ),
    (),
    1000,
    "JUNJIE99/MLVU, videochat2/open_bench.py",
    "gpt-4-turbo",
)
SETS = (MOVIECHAT, SF20K, SF20K_OPEN, MF2, MLVU)
BY_NAME = {one.name: one for one in SETS}


@dataclass(frozen=True, slots=True)
class Row:
    """What was published of a model."""

    model: str
    of: str
    """The figure's name in our table."""
    score: float
    source: str


_BOARD = "leaderboard of rese1f/MovieChat"
_MLVU_BOARD = "leaderboard of JUNJIE99/MLVU, June 2024"
ROWS = (
    Row("MovieChat", "moviechat global accuracy", 62.3, _BOARD),
    Row("MovieChat", "moviechat breakpoint accuracy", 48.3, _BOARD),
    Row("VideoChat", "moviechat global accuracy", 57.8, _BOARD),
    Row("VideoChat", "moviechat breakpoint accuracy", 46.1, _BOARD),
    Row("GPT-4o", "mlvu-gen G-Avg", 5.80, _MLVU_BOARD),
    Row("VideoChat2_HD", "mlvu-gen G-Avg", 3.99, _MLVU_BOARD),
    Row("MovieChat", "mlvu-gen G-Avg", 2.78, _MLVU_BOARD),
)
"""Accuracies in percent; G-Avg from 2 to 10. Of SF20K and MF2 no table was at hand."""
