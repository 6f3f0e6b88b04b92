"""Titles of chapters: asked for where people see them, and taken only where the chapter has all that they name."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.api import merge, pages
from longvid.captions.imported import ImportedCaptions
from longvid.engine.backends.none import NONE, NoLLM
from longvid.engine.models import Models
from longvid.engine.request import Raw
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.titling import SHOWN_IN, read
from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig, add_captions
from tests.standins import ScriptedBackend, plainly

PARAGRAPHS = (
    "Anna Brown hides the key in a chest.",
    "Carl sleeps for 7 hours. A dog barks.",
    "She finds the key that she had hidden.",
)
IMPORTED = ImportedCaptions.of("told", [(60.0 * i, 60.0 * i + 60) for i in range(3)], PARAGRAPHS)
OWN = ["Anna Brown hides the key in a chest", "Carl sleeps for 7 hours", "She finds the key that she had hidden"]
GOOD = ["A hidden key", "Carl and the dog", "The key again"]


class Tells(Strategy[StrategyConfig]):
    """Tells PARAGRAPHS and where they are from."""

    name = "tells"
    version = "1"
    summary = "tells three paragraphs"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"write"})

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=1)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def tell(state: CaptionState) -> dict[str, str]:
            del state
            rows = [
                {"sentence": text, "chunks": [i], "times": [60.0 * i + 1], "events": [text]}
                for i, text in enumerate(PARAGRAPHS)
            ]
            return {"result": context.keep("\n\n".join(PARAGRAPHS)), "evidence": context.keep(json.dumps(rows))}

        graph = StateGraph(Told)
        add_captions(graph, context, then="tell")
        graph.add_node("tell", tell)
        graph.add_edge("tell", END)
        return graph.compile()


class Told(CaptionState, total=False):
    evidence: str


class Reads(Tells):
    """The same without an LLM."""

    name = "reads"
    uses: ClassVar[frozenset[Capability]] = frozenset()


def answers(*titles: str) -> ScriptedBackend:
    """An LLM that gives these titles to the chapters."""
    by = dict(zip(PARAGRAPHS, titles, strict=True))
    return ScriptedBackend(lambda prompt: plainly(next(by[text] for text in PARAGRAPHS if prompt.endswith(text))))


def told(
    folder: Path, llm: Any, formats: tuple[str, ...] = ("json", *SHOWN_IN), strategy: type[Tells] = Tells
) -> Report:
    name = NONE if isinstance(llm, NoLLM) else "scripted"
    models = Models("nobody", {"class": "nobody"}, None, llm, name, image_size=0, caption_tokens=9, events_tokens=9)
    job = Job(strategy(), IngestSettings(), directory=folder, formats=formats)
    return asyncio.run(merge(IMPORTED, job, models))


def titles(report: Report) -> list[str]:
    return [chapter.title for chapter in report.chapters]


def asked(llm: ScriptedBackend) -> int:
    return sum(map(len, llm.batches))


def test_every_chapter_has_the_title_and_the_line_that_the_llm_gave_it_in_all_outputs(tmp_path: Path) -> None:
    llm = answers(*(f"{title}\nA key lies there." if "key" in title else title for title in GOOD))
    made = told(tmp_path, llm)
    assert titles(made) == GOOD
    assert (asked(llm), made.calls["write"], made.problems) == (3, 3, ())
    run = Path(made.run)
    assert (run / "told.tells.chapters.txt").read_text() == (
        "0:00:00 A hidden key\n0:01:00 Carl and the dog\n0:02:00 The key again\n"
    )
    for name in ("chapters.vtt", "chapters.ffmeta", "html"):
        text = (run / f"told.tells.{name}").read_text()
        assert all(title in text for title in GOOD)
    assert "comment=A key lies there." in (run / "told.tells.chapters.ffmeta").read_text()
    value = json.loads((run / "told.tells.json").read_text())
    assert [row["title"] for row in value["chapters"]] == GOOD
    assert [row.get("line") for row in value["chapters"]] == ["A key lies there.", None, "A key lies there."]
    page = (run / "told.tells.html").read_text()
    assert page.count("A key lies there.") == 2
    pages(run)
    assert (run / "told.tells.html").read_text() == page
    again = told(tmp_path, llm)
    assert (titles(again), asked(llm), again.calls["write"]) == (GOOD, 3, 0)


@pytest.mark.parametrize("formats", [("md", "json"), ("srt", "vtt", "nfo")])
def test_where_nobody_sees_chapters_nobody_is_asked(tmp_path: Path, formats: tuple[str, ...]) -> None:
    llm = answers(*GOOD)
    assert titles(told(tmp_path, llm, formats)) == OWN
    assert asked(llm) == 0


def test_without_an_llm_chapters_are_called_as_they_begin(tmp_path: Path) -> None:
    made = told(tmp_path / "a", NoLLM())
    assert titles(made) == OWN
    assert "<b data-f" not in (Path(made.run) / "told.tells.html").read_text()
    llm = answers(*GOOD)
    assert titles(told(tmp_path / "b", llm, strategy=Reads)) == OWN
    assert asked(llm) == 0


def test_a_title_that_does_not_rest_on_its_chapter_is_not_taken(tmp_path: Path) -> None:
    assert titles(told(tmp_path / "a", answers("Carl hides a key", "Carl sleeps on", "Carl finds it"))) == [
        OWN[0],
        "Carl sleeps on",
        OWN[2],
    ]
    assert titles(told(tmp_path / "b", answers("A key", "A key", "The end"))) == [*OWN[:2], "The end"]


def test_a_failed_answer_is_no_title(tmp_path: Path) -> None:
    llm = ScriptedBackend(lambda prompt: Raw("A key " * 30, "loop", 10, 80))
    made = told(tmp_path, llm)
    assert titles(made) == OWN
    assert made.problems == ("3 answers of the LLM broke off, looped or said nothing",)


def test_a_chapter_that_does_not_fit_the_context_keeps_its_title(tmp_path: Path) -> None:
    llm = answers(*GOOD)
    llm.context = 100
    assert titles(told(tmp_path, llm)) == OWN
    assert asked(llm) == 0


TEXT = "Mr. Brown hides a brown key. Later Anna waits 7 hours for him."


@pytest.mark.parametrize(
    ("answer", "title", "line"),
    [
        ("The Hidden Key\nBrown hides a key.", "The hidden key", "Brown hides a key."),
        ('**Title:** "Anna Waits."\n**Line:** Anna waits for Mr. Brown.', "Anna waits", "Anna waits for Mr. Brown."),
        ("1. Brown's key\n\n2. A man hides a key. He leaves.", "Brown's key", "A man hides a key."),
        ("Title: a brown key", "A brown key", ""),
        ("Waiting for 7 hours\nZorro rides past.", "Waiting for 7 hours", ""),
        ("Seven Hours\nShe waits for 9 hours.", "Seven hours", ""),
    ],
)
def test_what_counts_of_an_answer_is_a_plain_title_and_a_sentence(answer: str, title: str, line: str) -> None:
    found = read(answer, TEXT)
    assert found is not None
    assert (found.text, found.line) == (title, line)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "\n***\n",
        "...",
        "7",
        "Zorro at the window",
        "Anna and Zorro",
        "The Fall Of Napoleon",
        "8 hours of waiting",
        "Anna waits. Brown leaves.",
        "A title that goes on and on with far more words than any title has",
        "x" * 80,
    ],
)
def test_what_is_no_title_or_says_more_than_its_chapter_is_none(answer: str) -> None:
    assert read(answer, TEXT) is None


def test_titles_in_other_languages_are_taken_as_they_are() -> None:
    text = "Der alte Mann versteckt den Schlüssel im Haus. Später wartet die Frau auf ihn und weint."
    found = read("Der Schlüssel im Haus\nEin Mann versteckt den Schlüssel.", text)
    assert found is not None
    assert (found.text, found.line) == ("Der Schlüssel im Haus", "Ein Mann versteckt den Schlüssel.")
    text = "Starzec ukrywa klucz w domu, a potem Anna czeka na niego."
    assert read("Klucz w domu", text) is not None
    assert read("Klucz Zygmunta", text) is None
