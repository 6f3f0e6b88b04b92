"""Extract and support: a tree over neighbours in which every node also hands up sentences of the captions themselves.

After the Extract-Support variant of context-aware hierarchical merging (CAHM, arXiv 2502.00977), which found that
merging amplifies what a model makes up, and that source sentences beside the abstract hold it back. The sentences are
chosen by code here: no call is made for them, they are never rewritten, and what was kept at each node is stored with
the tree. Prose may still lose what no quoted sentence says; who is who is not resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from langgraph.graph import END, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import Field

from longvid.strategy import (
    Capability,
    Context,
    Estimate,
    Limits,
    Strategy,
    StrategyConfig,
    TreeState,
    add_captions,
    answer_room,
    marked,
    merge,
    most_calls,
    salient,
    source_room,
    statements,
)
from longvid_strategies.filling import FillingBearingTree
from longvid_strategies.hierarchical import ACTS, MERGE, TOP
from longvid_strategies.instructions import TERSE_CHILDREN, children, fewest_children, longest, orders_for

QUOTES = (
    "These sentences are quoted from the first descriptions of these parts, in order. They are surer than the parts "
    "themselves; keep what they tell:"
)


class ExtractSupportConfig(StrategyConfig):
    """Settings of `extract-support`."""

    fan_in: int = Field(default=20, ge=2, le=20, description="most children of a node; 20: as many as fit")
    node_words: int = Field(
        default=140, ge=20, le=400, description="words of a node below the top, more where they fit"
    )
    share: float = Field(default=0.15, ge=0.02, le=0.3, description="share of a prompt that quoted sentences may take")


class State(TreeState, total=False):
    extras: dict[str, str]


class Supported(FillingBearingTree):
    """A tree whose nodes bear `quotes`: pairs of chunk and sentence in the order of the film."""

    def __init__(self, context: Context, config: ExtractSupportConfig) -> None:
        orders = orders_for(context, node=MERGE, top=TOP, of=ACTS)
        free = source_room(context, f"{orders['top']}\n{QUOTES}", answer_room(context))
        # Two abstracts at least must have room beside the quotes.
        self.quoted = max(0, min(round(config.share * context.limits.context), free // 3))
        most = children(context, config.fan_in)
        self.leaf = self.quoted // min(most, TERSE_CHILDREN)
        super().__init__(
            context,
            orders,
            words=config.node_words,
            most=most,
            reserved=self.quoted + context.count(QUOTES),
        )

    def leaves(self, captions: Sequence[str]) -> list[str]:
        """A node a caption that says something: the caption, and its own most telling sentences."""
        made = []
        for chunk, key in enumerate(captions):
            if text := self.context.text(key):
                chosen = salient([statements(text)], self.leaf, self._tokens)
                made.append(self.node(key, quotes=[(chunk, sentence) for _, sentence in chosen]))
        return made

    async def merge(self, lead: str, nodes: Sequence[str], words: int) -> str:
        texts = [self.context.text(self.prose(node)) for node in nodes]
        handed = [self.read(node)["quotes"] for node in nodes]
        chosen = salient([[sentence for _, sentence in quotes] for quotes in handed], self.quoted, self._tokens)
        chunk_of = {(i, sentence): chunk for i, quotes in enumerate(handed) for chunk, sentence in quotes}
        # Captions hold their own sentences already, and so may an abstract.
        shown = [marked(sentence) for _, sentence in chosen if not any(sentence in text for text in texts)]
        told = f"{lead}\n{QUOTES} {' '.join(shown)}" if shown else lead
        merged = await merge(self.context, told, texts, words=words)
        return self.node(merged.key, quotes=[(chunk_of[which], which[1]) for which in chosen])

    def _tokens(self, text: str) -> int:
        return self.context.count(marked(text)) - self.context.count("")


class ExtractSupport(Strategy[ExtractSupportConfig]):
    name = "extract-support"
    version = "3"
    summary = "a tree of summaries that carries the captions' own salient sentences up beside them"
    requires: ClassVar[frozenset[Capability]] = frozenset({"write"})
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"instruct"})
    Config = ExtractSupportConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        reserved = round(self.config.share * limits.context) + len(QUOTES)
        writes, levels = most_calls(
            n, limits, longest(limits, TOP), most=fewest_children(self.config.fan_in), reserved=reserved
        )
        return Estimate(caption=n, write=writes, depth=min(n, 1) + levels)

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        tree = Supported(context, self.config)

        async def show(state: State) -> State:
            return {"extras": {"tree": tree.shown(state["tree"])}}

        graph = StateGraph(State)
        add_captions(graph, context, then="begin")
        tree.add(graph, lambda state: tree.leaves(state.get("captions", [])), then="show")
        graph.add_node("show", show)
        graph.add_edge("show", END)
        return graph.compile()
