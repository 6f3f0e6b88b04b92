"""Patch: a ledger of numbered rows that the LLM changes by operations and never writes anew.

Asking for differences in place of a new text, as editors of code do, shuts out the first failure of running summaries:
a row that nobody touches is kept to the letter, however long the film. For each next stretch the LLM sees the rows
that are recent or share words with it, and answers with ADD, REPLACE and DELETE. The known failures, slips in
operations and row numbers that drift, are met by code (`rows`): what cannot be read or may not be done is counted and
never fatal, and a stretch from which nothing came is entered in its captions' own sentences. Prose is written once,
from the rows (`writing`), and every sentence of it says on which rows and chunks it rests. What remains: the steps wait
for each other, and a row that the LLM does not see cannot be completed.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    CALLS,
    Capability,
    CaptionState,
    Context,
    Estimate,
    Limits,
    Strategy,
    StrategyConfig,
    add_captions,
    answer_room,
    ask_llm,
    find_names,
    keep_list,
    kept_list,
    most_telling,
    pack,
    says_no_change,
    source_room,
)
from longvid_strategies.instructions import is_told, ledger_step
from longvid_strategies.patch.rows import Ledger, shown_rows
from longvid_strategies.patch.writing import LEAST_WORDS, write_rows

PATCH = (
    "A ledger of numbered rows tells what has happened in a film so far; the parts describe what comes next, in order. "
    "Answer with operations alone, one a line:\n"
    "ADD | text\nREPLACE | row | text\nDELETE | row | reason\n"
    "ADD a row for each new event: who does what to whom, and where. REPLACE a row only where a part tells more of it, "
    "such as a name or how it ends, and keep what the row says. DELETE a row only where a part shows that it is wrong. "
    "Call everyone as the rows do.\nThe rows:\n{rows}"
)


class PatchConfig(StrategyConfig):
    """Settings of `patch`."""

    most: int = Field(default=4, ge=1, le=50, description="most captions of one step, as far as they fit")
    own: int = Field(default=3, ge=1, le=10, description="sentences of a caption entered where no operation came")


class State(CaptionState, total=False):
    sources: str
    """Key of the list of captions, one a chunk."""
    cursor: int
    """Chunks that have been entered."""
    ledger: str
    """Key of the ledger, JSON."""
    evidence: str
    extras: dict[str, str]


class Patch(Strategy[PatchConfig]):
    name = "patch"
    version = "3"
    summary = "a ledger of numbered rows changed by operations, written into prose once, every sentence with its rows"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = PatchConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        parts = max(1, limits.words // LEAST_WORDS) if n else 0
        return Estimate(caption=n, write=n + CALLS * parts, depth=n + min(n, 1) + CALLS * parts)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        config = self.config
        asked = ledger_step(context, PATCH) if is_told(context) else PATCH

        def size(text: str) -> int:
            return context.count(text) - context.count("")

        def load(state: State) -> Ledger:
            return Ledger.from_json(json.loads(context.text(state["ledger"])))

        def coming(state: State, most: int) -> list[tuple[int, str]]:
            """The next chunks that have a caption, at most so many, and their captions."""
            captions = kept_list(context, state["sources"])
            texts = ((i, context.text(captions[i])) for i in range(state["cursor"], len(captions)))
            return list(islice(((i, text) for i, text in texts if text), most))

        async def begin(state: State) -> State:
            # The loop below writes a checkpoint a step: from here on the state holds no list.
            sources, empty = keep_list(context, state.get("captions", [])), json.dumps(Ledger().to_json())
            return {"captions": [], "sources": sources, "cursor": 0, "ledger": context.keep(empty)}

        async def step(state: State) -> State:
            ledger, captions = load(state), coming(state, config.most)
            room = source_room(context, asked, answer_room(context))
            sizes = [context.count(text) for _, text in captions]
            stretch = dict(captions[: len(pack(sizes, room // 2, least=1)[0])])
            rows = shown_rows(ledger.alive(), " ".join(stretch.values()), room // 2, size)
            lead = asked.format(rows="\n".join(row.line() for row in rows) or "(none yet)")
            news = list(stretch.values())
            answer = await ask_llm(context, lead, news, answer_tokens=answer_room(context))
            changed = 0
            # Whole lines of an answer that was cut off are as good as any; of one that loops nothing is.
            if answer.text and answer.reason in (None, "cut-off") and not says_no_change(answer.text):
                names = find_names([*(row.text for row in ledger.alive()), *news])
                changed = ledger.apply(answer.text, stretch, [row.id for row in rows], names)
            if not changed:
                ledger.own += 1
                for chunk, text in stretch.items():
                    for _, sentence in most_telling([text], config.own, lambda sentence: 1):
                        ledger.add(sentence, [chunk])
            return {"cursor": max(stretch) + 1, "ledger": context.keep(json.dumps(ledger.to_json()))}

        async def write(state: State) -> State:
            ledger = load(state)
            _report(context, ledger)
            result, evidence = await write_rows(context, ledger.alive())
            return {"result": result, "evidence": evidence, "extras": {"ledger": state["ledger"]}}

        def next_step(state: State) -> str:
            return "step" if coming(state, 1) else "write"

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        graph.add_node("begin", begin)
        graph.add_node("step", step)
        graph.add_node("write", write)
        graph.add_conditional_edges("begin", next_step, ["step", "write"])
        graph.add_conditional_edges("step", next_step, ["step", "write"])
        graph.add_edge("write", END)
        return graph.compile()


def _report(context: Context, ledger: Ledger) -> None:
    for count, what in ((ledger.unread, "could not be read"), (ledger.unknown, "named rows that are not there")):
        if count:
            context.note(f"{count} line{'s' * (count != 1)} of operations on the ledger {what}", degraded=True)
    if ledger.refused:
        context.note(f"{ledger.refused} operations on the ledger were refused: they lost or invented too much")
    if ledger.own:
        context.note(f"{ledger.own} stretches of film were entered into the ledger in their captions' own words")
