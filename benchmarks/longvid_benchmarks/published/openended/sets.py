"""The benchmarks with a judge: where their files and videos lie, what is judged of each, and what was published.

Files are those of Video-ChatGPT, in the folders that PLLaVA's scripts made of them. Knows no question and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

HOME = "https://github.com/mbzuai-oryx/Video-ChatGPT (quantitative_evaluation)"
"""Where its authors say how questions and videos are had."""
QA = "qa"
"""What is judged of a short answer: whether it is right, and how near it is, from 0 to 5."""
AXES = ("correctness", "detail", "context", "temporal", "consistency")
"""What is judged of a long answer, each from 0 to 5, in the published order."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """One benchmark."""

    name: str
    title: str
    files: Mapping[str, tuple[str, ...]]
    """File of questions -> what is judged of each of its answers."""
    folders: tuple[str, ...]
    """Where the files lie, from the folder of the data."""
    videos: tuple[str, ...]
    """Where the videos lie, from the folder of the data."""
    answers: str | None = None
    """The file that holds the right answers, where they stand apart."""


VCG = QuestionSet(
    "videochatgpt",
    "VideoChatGPT-Bench",
    {
        "generic_qa.json": ("correctness", "detail", "context"),
        "temporal_qa.json": ("temporal",),
        "consistency_qa.json": ("consistency",),
    },
    ("Zero_Shot_QA/Benchmarking_QA", "Benchmarking_QA", "."),
    ("Test_Videos", "Videos/Benchmarking", "Zero_Shot_QA/Test_Videos", "videos", "."),
)


def _short(name: str, title: str, folders: tuple[str, ...], videos: tuple[str, ...]) -> QuestionSet:
    inside = tuple(f"{folder}/{one}" for folder in folders for one in (*videos, "videos", "."))
    return QuestionSet(
        name, title, {"test_q.json": (QA,)}, (*folders, "."), (*inside, *videos, "videos", "."), "test_a.json"
    )


SETS = (
    VCG,
    _short("msvd-qa", "MSVD-QA", ("MSVD_Zero_Shot_QA", "Zero_Shot_QA/MSVD_Zero_Shot_QA"), ("YouTubeClips",)),
    _short("msrvtt-qa", "MSRVTT-QA", ("MSRVTT_Zero_Shot_QA", "Zero_Shot_QA/MSRVTT_Zero_Shot_QA"), ("all",)),
    _short("activitynet-qa", "ActivityNet-QA", ("ActivityNet", "Activitynet_Zero_Shot_QA"), ("all_test",)),
)
BY_NAME = {one.name: one for one in SETS}
SHORT = tuple(one.name for one in SETS if one is not VCG)
"""Those whose accuracy is averaged in the published "zero-shot QA"."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was published of a model."""

    model: str
    of: str
    """The figure's name in our table."""
    score: float
    source: str


AVERAGE = "zero-shot QA, average"
ROWS = (
    Row("CogVLM2-Video", AVERAGE, 66.60, "arXiv 2408.16500"),
    *(
        Row("CogVLM2-Video", f"{VCG.name} {axis}", score, "arXiv 2408.16500")
        for axis, score in zip(AXES, (3.49, 3.46, 3.87, 2.98, 3.23), strict=True)
    ),
    Row("CogVLM2-Video", f"{VCG.name} mean", 3.41, "arXiv 2408.16500"),
)
"""Accuracies in percent, scores from 0 to 5. The three accuracies behind the average are not published."""
