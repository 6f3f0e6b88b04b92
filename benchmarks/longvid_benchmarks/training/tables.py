"""Held-out figures as Markdown: what `heldout` found, as lines for a terminal and for the model card.

Knows no model and no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from longvid_benchmarks.markdown import aligned

TASKS = {"caption": "captions", "events": "event lines"}
ASKED = {"when": "when something happens, within one sampled frame", "who": "who does something", "look": "look again"}


def show(found: Mapping[str, Any]) -> list[str]:
    """All tables of `found`, the object that `longvid bench tiny evaluate --json` prints."""
    lines: list[str] = []
    if "captioner" in found:
        lines += captioner(found["captioner"], found)
    if "llm" in found:
        lines += ([""] if lines else []) + llm(found["llm"], found)
    return lines


def captioner(of: Mapping[str, Any], films: Mapping[str, Any]) -> list[str]:
    """What the captioner tells, by way of asking; questions; words by class; confusions."""
    drawn = "drawn as large as a film's and scaled" if films["film"] else "drawn at the model's size"
    lines = [
        f"{_films(films)}; {films['chunks']} of the 14 chunks of each are "
        f"watched, frames {drawn}. Means over films, with 95 % intervals (bootstrap over films). A sentence "
        "counts only if it is gold's to the letter.",
        "",
    ]
    rows = [[TASKS[row["task"]], row["sampler"], row["label"], *_both(row)] for row in of["by_way"]]
    rows += [[TASKS[task], "all", "all", *_both(of[task])] for task in TASKS]
    lines += table(["told", "sampler", "label", "recall a chunk", "precision a chunk"], rows)
    rows = [[ASKED[row["task"]], row["label"], str(row["asked"]), interval(row["right"])] for row in of["questions"]]
    seconds = of["line_seconds"]
    rows.append(["second of a line with right words", "all", str(seconds["asked"]), interval(seconds["right"])])
    lines += ["", *table(["asked", "label", "number", "right"], rows)]
    rows = [[kind, str(row["of"]), f"{row['right']:.3f}"] for kind, row in of["words"].items()]
    lines += ["", *table(["words", "in gold", "told in their place"], rows)]
    if of["confusions"]:
        told = "; ".join(f"{wanted} told as {said} ({count})" for _, wanted, said, count in of["confusions"])
        lines += ["", f"Words taken for others of their class, most frequent first: {told}."]
    return lines


def llm(of: Mapping[str, Any], films: Mapping[str, Any]) -> list[str]:
    """How the LLM merges gold captions."""
    rows = [
        ["facts told, share of what a perfect LLM tells in as many words", interval(of["fact_recall_of_limit"])],
        ["facts told that are so", interval(of["fact_precision"])],
        ["links told, share of what a perfect LLM tells in as many words", interval(of["link_recall_of_limit"])],
        ["texts that are the perfect LLM's to the letter", f"{of['exact']:.2f}"],
    ]
    head = (
        f"{_films(films)}, of {of['chunks']} chunks each: their gold "
        f"captions are merged into {of['words']} words (on average) by one prompt of map-reduce."
    )
    return [head, "", *table(["merging", "mean over films"], rows)]


def _films(of: Mapping[str, Any]) -> str:
    return f"{of['films']} film{'' if of['films'] == 1 else 's'} from seed {of['first_seed']} on"


def interval(of: Mapping[str, Any] | None) -> str:
    """ "0.912 (0.893 to 0.928)"; "none" where nothing was asked."""
    if of is None:
        return "none"
    ends = f" ({of['low']:.3f} to {of['high']:.3f})" if of["low"] is not None else ""
    return f"{of['mean']:.3f}{ends}"


def _both(row: Mapping[str, Any]) -> list[str]:
    return [interval(row["recall"]), interval(row["precision"])]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table of words."""
    return aligned([head, *rows], words=len(head))
