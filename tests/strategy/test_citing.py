"""Evidence names moments that the film has."""

from __future__ import annotations

import json

from longvid.strategy import keep_evidence, parse_events
from tests.standins import ScriptedContext, plainly


def test_a_second_beyond_its_chunk_is_cited_as_the_end_of_the_chunk() -> None:
    context = ScriptedContext(2, caption=lambda i: plainly("x"), writes=plainly)
    events = parse_events("75 | Ada | runs | pier\n5 | Ada | sits | pier\n | Ada | waits | pier", 1).events
    (cited,) = json.loads(context.text(keep_evidence(context, [("Ada runs.", events)])))
    assert cited["times"] == [120.0, 65.0, 60.0]
