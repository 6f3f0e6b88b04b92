"""Ledger: write once, identity first, links as objects.

Everything that happens is kept as data, with the sentences and cues that it comes from, and never rewritten. Who is who
is settled for the whole film before anything is written. What belongs together over any distance is found pair by pair,
checked against its own sources, and told where it pays off. The text is written last, act by act under a word budget,
and every sentence cites what it rests on.

With an LLM that follows instructions the LLM reads and code keeps the books (`reading`). Without one, and for an LLM
that was made for one kind of films, rules of simple English read (`rules`). After the failures collected in BooookScore
(arXiv 2310.00785) and the identities of StoryTeller (arXiv 2411.07076); the design and its stages are longvid's own.
"""

from __future__ import annotations

from typing import Any, ClassVar

from langgraph.graph.state import CompiledStateGraph

from longvid.strategy import Capability, Context, Estimate, Limits, Strategy
from longvid_strategies.ledger.settings import LedgerConfig

READS: frozenset[Capability] = frozenset({"write", "instruct"})
LEAST_CONTEXT = 1500
"""Tokens of the LLM; the questions of reading take no fewer."""


class Ledger(Strategy[LedgerConfig]):
    name = "ledger"
    version = "9"
    summary = "facts, one cast and links as objects, read by the LLM and checked; written once, every sentence cited"
    requires: ClassVar[frozenset[Capability]] = frozenset()
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset({"caption", "events", "dialogue"})
    uses: ClassVar[frozenset[Capability]] = frozenset({"ask", "write", "instruct", "embed"})
    Config = LedgerConfig

    def estimate(self, n: int, limits: Limits) -> Estimate:
        one, other = self._by_rules(n, limits), self._by_reading(n, limits)
        return Estimate(
            caption=max(one.caption, other.caption),
            events=max(one.events, other.events),
            ask=max(one.ask, other.ask),
            write=max(one.write, other.write),
            depth=max(one.depth, other.depth),
        )

    def most_calls(self, n: int, limits: Limits, capabilities: frozenset[Capability]) -> int:
        if self._reads(capabilities, limits):
            bound = self._by_reading(n, limits)
            return bound.caption * ("caption" in capabilities) + bound.write
        bound = self._by_rules(n, limits)
        return self.told(bound) + bound.ask * ("ask" in capabilities) + bound.write * ("write" in capabilities)

    def asks_first(self, capabilities: frozenset[Capability], limits: Limits) -> Capability | None:
        read: Capability = "caption" if self._reads(capabilities, limits) else "events"
        return read if read in capabilities else None

    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        if self._reads(context.capabilities, context.limits):
            from longvid_strategies.ledger.reading import graph as reading

            return reading.build(context)
        from longvid_strategies.ledger.rules import graph as rules

        return rules.build(context, self.config)

    def _reads(self, capabilities: frozenset[Capability], limits: Limits) -> bool:
        """Whether the LLM reads: it is there, does what it is told, and holds the questions."""
        if self.config.reader != "auto":
            return self.config.reader == "llm" and "write" in capabilities
        return (
            capabilities >= READS and limits.context >= LEAST_CONTEXT and bool({"caption", "dialogue"} & capabilities)
        )

    def _by_rules(self, n: int, limits: Limits) -> Estimate:
        from longvid_strategies.ledger.rules import graph as rules

        return rules.estimate(self.config, n, limits)

    def _by_reading(self, n: int, limits: Limits) -> Estimate:
        from longvid_strategies.ledger.reading import graph as reading

        return reading.estimate(n, limits)
