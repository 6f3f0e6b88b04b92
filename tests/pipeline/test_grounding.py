"""No strategy's text gets out with a name or a number that nothing in the film has, whoever wrote it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph

from longvid.api import merge
from longvid.captions.imported import ImportedCaptions
from longvid.engine.backends.none import NONE
from longvid.engine.models import Models, open_llm_models
from longvid.film.choices import SubtitleChoice
from longvid.output import Report
from longvid.pipeline.grounding import STRANGE
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.listening import Listening
from longvid.pipeline.progress import Silent
from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig, add_captions
from longvid.strategy.registry import load
from tests.standins import ScriptedBackend, plainly

CAPTIONS = ["A man called Tom takes the key.", "He opens the door of house 12.", "The hall is dark."]
IMPORTED = ImportedCaptions.of("said", [(60.0 * i, 60.0 * i + 60) for i in range(3)], CAPTIONS)
SILENT = Listening()
TRUE, NAMED, COUNTED = "Tom opens house 12.", "Then Bernadette leaves him.", "He counts 47 coins."


class Invents(Strategy[StrategyConfig]):
    """Tells what no caption says, and cites it, each of `parts` by itself."""

    name = "invents"
    version = "1"
    summary = "tells what nobody saw"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption"})
    cited = True
    parts: tuple[str, ...] = (TRUE, NAMED, COUNTED)
    between = " "

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=1)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def tell(state: CaptionState) -> dict[str, str]:
            told = {"result": context.keep(self.between.join(self.parts))}
            items = [{"sentence": said, "chunks": [0], "times": [], "events": []} for said in self.parts]
            return told | ({"evidence": context.keep(json.dumps(items))} if self.cited else {})

        class State(CaptionState, total=False):
            evidence: str

        graph = StateGraph(State)
        add_captions(graph, context, then="tell")
        graph.add_node("tell", tell)
        graph.add_edge("tell", END)
        return graph.compile()


def told(strategy: Strategy[Any], out: Path, models: Models | None = None, listening: Listening = SILENT) -> Report:
    job = Job(strategy, IngestSettings(), directory=out, listening=listening)
    return asyncio.run(merge(IMPORTED, job, models or open_llm_models(NONE), Silent()))


@pytest.mark.parametrize("cited", [True, False])
def test_what_nothing_in_the_film_has_is_left_out_with_its_evidence_and_said(tmp_path: Path, cited: bool) -> None:
    strategy = Invents()
    strategy.cited = cited
    report = told(strategy, tmp_path)
    assert report.summary == TRUE
    assert [one.sentence for one in report.evidence] == [TRUE] * cited
    assert STRANGE in report.notes


def test_of_a_cited_part_the_sentences_that_are_left_stay(tmp_path: Path) -> None:
    strategy = Invents()
    strategy.parts = (f"{TRUE} {NAMED}", COUNTED, "The hall is dark.")
    report = told(strategy, tmp_path)
    assert report.summary == f"{TRUE} The hall is dark."
    assert [one.sentence for one in report.evidence] == [TRUE, "The hall is dark."]


def test_who_is_named_as_a_speaker_alone_is_known(tmp_path: Path) -> None:
    subtitles = tmp_path / "said.srt"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:04,000\nBERNADETTE: I leave him.\n", encoding="utf-8")
    strategy = Invents()
    strategy.parts = (TRUE, NAMED)
    report = told(strategy, tmp_path / "out", listening=Listening(SubtitleChoice("file", file=subtitles)))
    assert [cue.speaker for chunk in report.chunks for cue in chunk.dialogue] == ["BERNADETTE"]
    assert report.summary == f"{TRUE} {NAMED}"
    assert STRANGE not in report.notes


def test_numbers_of_a_list_and_of_headings_and_times_of_the_film_are_its_own(tmp_path: Path) -> None:
    strategy = Invents()
    strategy.between, strategy.cited = "\n", False
    strategy.parts = ("## Part 3", "1. Tom opens house 12.", "4. At 2:43 the hall is dark.", "At 9:43 it is dark.")
    report = told(strategy, tmp_path)
    assert report.summary == "\n".join(strategy.parts[:3])


def test_white_space_alone_is_no_loss(tmp_path: Path) -> None:
    strategy = Invents()
    strategy.parts, strategy.cited = (TRUE, "\n"), False
    assert STRANGE not in told(strategy, tmp_path).notes


def test_a_name_that_passed_in_an_earlier_text_of_the_llm_is_no_source_of_a_later_one(tmp_path: Path) -> None:
    first = "Tom takes the key. Baker in a red coat takes the key from Tom."
    last = "Tom has the key in his hand. He goes with Baker to the door of house 12. In the hall it is dark."
    said = iter([first, last])
    llm = ScriptedBackend(says=lambda prompt: plainly(next(said, last)))
    refine = load("refine")
    models = Models(
        "scripted", llm.identity, None, llm, "scripted", image_size=28, caption_tokens=320, events_tokens=220
    )
    report = told(refine(refine.Config.model_validate({"most": 1})), tmp_path, models)
    assert "Baker" in llm.batches[-1][0].prompt, "it passed where it stood at the head of a sentence"
    assert "In the hall it is dark." in report.summary
    assert "Baker" not in report.summary
