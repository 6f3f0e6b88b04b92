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
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Silent
from longvid.strategy import Capability, CaptionState, Context, Estimate, Limits, Strategy, StrategyConfig, add_captions
from longvid.strategy.merging import UNFOUNDED
from longvid.strategy.registry import load
from tests.standins import ScriptedBackend, plainly

CAPTIONS = ["A man called Tom takes the key.", "He opens the door of house 12.", "The hall is dark."]
IMPORTED = ImportedCaptions.of("said", [(60.0 * i, 60.0 * i + 60) for i in range(3)], CAPTIONS)
TRUE, NAMED, COUNTED = "Tom opens house 12.", "Then Bernadette leaves him.", "He counts 47 coins."


class Invents(Strategy[StrategyConfig]):
    """Tells what no caption says, and cites it."""

    name = "invents"
    version = "1"
    summary = "tells what nobody saw"
    requires: ClassVar[frozenset[Capability]] = frozenset({"caption"})
    cited = True

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate(caption=n, depth=1)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        async def tell(state: CaptionState) -> dict[str, str]:
            told = {"result": context.keep(f"{TRUE} {NAMED} {COUNTED}")}
            items = [{"sentence": said, "chunks": [0], "times": [], "events": []} for said in (TRUE, NAMED, COUNTED)]
            return told | ({"evidence": context.keep(json.dumps(items))} if self.cited else {})

        class State(CaptionState, total=False):
            evidence: str

        graph = StateGraph(State)
        add_captions(graph, context, then="tell")
        graph.add_node("tell", tell)
        graph.add_edge("tell", END)
        return graph.compile()


def told(strategy: Strategy[Any], out: Path, models: Models | None = None) -> Report:
    job = Job(strategy, IngestSettings(), directory=out)
    return asyncio.run(merge(IMPORTED, job, models or open_llm_models(NONE), Silent()))


@pytest.mark.parametrize("cited", [True, False])
def test_what_nothing_in_the_film_has_is_left_out_with_its_evidence_and_said(tmp_path: Path, cited: bool) -> None:
    strategy = Invents()
    strategy.cited = cited
    report = told(strategy, tmp_path)
    assert report.summary == TRUE
    assert [one.sentence for one in report.evidence] == [TRUE] * cited
    assert UNFOUNDED in report.notes


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
