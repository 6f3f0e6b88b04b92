"""What a run reports of its chunks: captions, or what event lines say, each at its time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from longvid.film import Chunk
from longvid.output import Cited, Cue
from longvid.pipeline.reporting import chunk_reports, evidence, length
from longvid.run import Store
from longvid.strategy import Answer

CHUNK = Chunk(0, 60.0, 120.0, ((60.0, 120.0),), ())


def answer(text: str) -> Answer:
    return Answer(text, "ok", None, 1, 1, False, "key")


def test_event_lines_become_cues_that_begin_when_they_happen() -> None:
    lines = "4 | the red star | sleeps | cave\n4 | Mira | jumps | cave\n30 | Tobo | finds the key | cave"
    [report] = chunk_reports([CHUNK], {0: {"events": answer(lines)}})
    assert report.cues == (
        Cue(64.0, 90.0, "The red star sleeps. Mira jumps."),
        Cue(90.0, 120.0, "Tobo finds the key."),
    )


def test_a_line_without_a_second_of_its_chunk_goes_with_the_one_before() -> None:
    lines = "10 | Mira | jumps | cave\n | Tobo | waves | cave\n500 | Abel | runs | cave"
    [report] = chunk_reports([CHUNK], {0: {"events": answer(lines)}})
    assert report.cues == (Cue(70.0, 120.0, "Mira jumps. Tobo waves. Abel runs."),)


def test_a_description_beside_a_name_ends_with_a_comma() -> None:
    [report] = chunk_reports([CHUNK], {0: {"events": answer("4 | Mira, the red star | jumps | cave")}})
    assert report.cues[0].text == "Mira, the red star, jumps."


def test_what_a_line_ends_with_is_not_ended_twice() -> None:
    [report] = chunk_reports([CHUNK], {0: {"events": answer("4 | Mira | asks why? | cave")}})
    assert report.cues[0].text == "Mira asks why?"


def test_lines_out_of_order_never_overlap() -> None:
    [report] = chunk_reports([CHUNK], {0: {"events": answer("40 | B | runs | x\n20 | A | runs | x")}})
    assert [(cue.start, cue.end) for cue in report.cues] == [(80.0, 100.0), (100.0, 120.0)]


def test_a_caption_stands_for_the_whole_chunk_also_beside_lines() -> None:
    imported = {"caption": answer("All sleep."), "events": answer("4 | Mira | jumps | cave")}
    [report] = chunk_reports([CHUNK], {0: imported})
    assert report.cues == (Cue(60.0, 120.0, "All sleep."),)


def test_no_answer_is_no_cue() -> None:
    [report] = chunk_reports([CHUNK], {})
    assert report.cues == ()


def test_evidence_of_earlier_versions_is_read_too(tmp_path: Path) -> None:
    said = {"sentence": "Ada runs.", "chunks": [0], "times": [1.0]}
    with Store(tmp_path / "run.sqlite") as store:
        keys = [store.keep(json.dumps([said | {name: ["1 | Ada | runs"]}])) for name in ("events", "rows")]
        read = [evidence(store, key, "ledger") for key in keys]
    assert read == [(Cited("Ada runs.", [0], [1.0], ["1 | Ada | runs"]),)] * 2


@pytest.mark.parametrize(("words", "said"), [(0, 0), (90, 0), (89, 1), (110, 0), (111, 1), (1, 1)])
def test_a_summary_of_another_length_than_asked_for_is_said_to_be_so(words: int, said: int) -> None:
    found = length("word " * words, 100)
    assert len(found) == said
    assert all(f" {words} word" in line and "100 were asked for" in line for line in found)
