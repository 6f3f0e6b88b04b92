"""The contract between longvid and a merge strategy: what a strategy declares, and what it is given.

A strategy is a class that derives from `Strategy`, found through the entry-point group `longvid.strategies`. It turns
the chunks of a film into one text with a compiled LangGraph graph. It knows nothing of models, films on disk, run
folders or the command line; everything goes through `Context`. Its graph state holds keys of texts, never texts: every
answer is in the store before the call that asked for it returns, so a killed run repeats only the calls in flight.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from longvid.film import Chunk

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

Status = Literal["ok", "degraded"]
Reason = Literal["looping", "cut-off", "empty", "garbled", "refused"]
Call = Literal["caption", "events", "ask", "write"]
Capability = Literal["caption", "events", "ask", "write", "dialogue", "instruct", "embed"]
"""The calls that a context answers; `dialogue`: something is said in its chunks; `instruct`: the LLM does what it is
told; `embed`: a model compares texts by meaning."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to one request, after the guards.

    `text` is whole sentences, without the model's opening phrases and without unprintable characters. A degraded answer
    may be empty, and then it is nothing: not to be merged, quoted or carried.
    """

    text: str
    status: Status
    reason: Reason | None
    """Why the answer is degraded; None when it is not."""
    prompt_tokens: int
    answer_tokens: int
    cached: bool
    """Whether the store had the answer, so that no model was called."""
    key: str
    """The answer's key in the store; `Context.text` gives its text again."""

    @property
    def ok(self) -> bool:
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may hold, in tokens of the model that is called; how many calls pay at once; how long to write."""

    context: int
    """Prompt and answer of one `write` together."""
    caption: int
    """The longest answer that `caption` may give."""
    max_concurrency: int
    """Calls asked for at once that fill the device; more gain nothing."""
    words: int
    """About how many words the summary should have."""
    events: int = 220
    """The longest answer that `events` may give."""
    dialogue: int = 0
    """The most that dialogue may take in the text of a chunk (`longvid.strategy.ChunkTexts`); 0 where there is none."""

    @property
    def chunk(self) -> int:
        """The longest text of a chunk, description and dialogue."""
        return self.caption + self.dialogue

    @property
    def width(self) -> int:
        """The earlier name of `max_concurrency`."""
        return self.max_concurrency


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper bound of the calls a strategy makes, and the longest chain of calls that wait for one another."""

    caption: int = 0
    events: int = 0
    ask: int = 0
    write: int = 0
    depth: int = 0


class Context(Protocol):
    """What a strategy is given. All calls may run at once; the engine batches what is asked at the same time."""

    @property
    def chunks(self) -> Sequence[Chunk]:
        """The film's chunks in order: index, start, end (seconds), scenes, and as `dialogue` the cues of what is said,
        where the user wants that told."""

    @property
    def limits(self) -> Limits: ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The calls that will be answered, and whether there is dialogue. Captions from a file cannot be asked again;
        `--llm none` writes nothing; with `--dialogue said-only` there are no captions. At least the strategy's
        `requires`; a strategy with `uses` calls looks here before it makes them."""

    def rng(self, label: str) -> random.Random:
        """Chance of its own for `label`, by the user's seed; the only randomness a strategy may use.

        The same label begins anew with the same numbers, so that a run that goes on after a kill draws what it drew
        before. A node that draws names itself and its step in the label, and keeps no generator for the next node.
        """

    async def caption(self, chunk: Chunk) -> Answer:
        """What is seen in `chunk`: the default question, asked once and shared by all strategies. What is said in it
        is no part of the answer; `longvid.strategy.ChunkTexts` gives both."""

    async def events(self, chunk: Chunk) -> Answer:
        """What happens in `chunk`, as event lines: `second | who | does what | place`, one event a line. Asked once and
        shared by all strategies; `longvid.strategy.parse_events` reads them."""

    async def ask(self, chunk: Chunk, question: str, *, max_tokens: int) -> Answer:
        """An answer to `question` from the frames of `chunk`. Raises PromptTooLong unless max_tokens <= ask_room(chunk,
        question)."""

    def ask_room(self, chunk: Chunk, question: str) -> int:
        """Tokens that the frames of `chunk` and `question` leave for an answer; below 1 where they leave none. Only
        where `capabilities` has `ask`."""

    async def write(self, prompt: str, *, max_tokens: int, line: str | None = None) -> Answer:
        """Text from the LLM. Raises PromptTooLong unless count(prompt) + max_tokens <= limits.context.

        Any answer keeps its line breaks. `line`: a pattern (without look-around) that every line should have; servers
        that decode within a schema are held to it, and answer "none" where they have no line.
        """

    def count(self, text: str) -> int:
        """Tokens that `text` takes as the prompt of a `write`, template included."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector of length 1 for each text, nearer the nearer the meaning. Only where `embed` is answered."""

    def keep(self, text: str) -> str:
        """Store a text made by code, and return its key. The same text has the same key."""

    def text(self, key: str) -> str:
        """The text of an answer or of a kept text."""

    def answer(self, key: str) -> Answer:
        """The answer behind `key`, for its status."""

    def note(self, message: str, *, degraded: bool = False) -> None:
        """Say one line that belongs into the outputs, such as what had to be left out. The same line counts once. With
        `degraded` the line says what is not as it should be, such as answers that could not be read: the outputs list
        it so, and the command ends with status 3."""


class StrategyConfig(BaseModel):
    """Base of a strategy's settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


C = TypeVar("C", bound=StrategyConfig)
FORMERLY = {"needs": "requires", "either": "requires_one_of", "optional": "uses"}
"""Earlier names of what a strategy declares, which are still read."""


class Strategy(ABC, Generic[C]):
    """Base of every strategy. A subclass sets the class variables and writes `estimate` and `build`.

    The graph that `build` returns takes `{}` and its final state has `result`: the key of the summary's text. It may
    have `extras`, a dict of names and keys of texts (JSON where they are data) kept beside the summary; and
    `evidence`, the key of what each sentence rests on (`longvid.strategy.keep_evidence`). It is compiled without a
    checkpointer; longvid provides one. Raise `version` whenever the same input would give another
    text, or the graph has other nodes: a run is continued only by the version that began it.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    summary: ClassVar[str]
    """One line: what the strategy does."""
    requires: ClassVar[frozenset[Capability]]
    """Which calls it cannot do without."""
    requires_one_of: ClassVar[frozenset[Capability]] = frozenset()
    """Calls of which it needs one, whichever `Context.capabilities` has."""
    uses: ClassVar[frozenset[Capability]] = frozenset()
    """Which calls it also makes where `Context.capabilities` has them."""
    Config: ClassVar[type[StrategyConfig]] = StrategyConfig

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for earlier, name in FORMERLY.items():
            if earlier in vars(cls) and name not in vars(cls):
                setattr(cls, name, vars(cls)[earlier])

    def __init__(self, config: C | None = None) -> None:
        self.config: C = config if config is not None else self.Config()  # type: ignore[assignment]

    def most_calls(self, n: int, limits: Limits, capabilities: frozenset[Capability]) -> int:
        """Upper bound of the calls for `n` chunks where only those of `capabilities` are answered."""
        bound = self.estimate(n, limits)
        asked = bound.ask * ("ask" in capabilities) + bound.write * ("write" in capabilities)
        return self.told(bound) + asked

    def told(self, bound: Estimate) -> int:
        """Captions and event lines of `bound` together: what asks for either asks for no more than one of the two."""
        either = {"caption", "events"} <= self.requires_one_of
        return max(bound.caption, bound.events) if either else bound.caption + bound.events

    def missing(self, capabilities: frozenset[Capability]) -> frozenset[Capability]:
        """What it cannot do without and `capabilities` does not have; empty where it can run."""
        return (self.requires - capabilities) | (
            self.requires_one_of if not self.requires_one_of & capabilities else frozenset()
        )

    def asks_first(self, capabilities: frozenset[Capability], limits: Limits) -> Capability | None:
        """Which of caption and events it is sure to ask of every chunk: that may be while the film is still read."""
        told: frozenset[Capability] = (self.requires | self.requires_one_of) & {"caption", "events"}
        return next(iter(told & capabilities)) if len(told) == 1 and told <= capabilities else None

    @classmethod
    def may_call(cls) -> frozenset[Capability]:
        """All calls that it may make."""
        return cls.requires | cls.requires_one_of | cls.uses

    @abstractmethod
    def estimate(self, n: int, limits: Limits) -> Estimate:
        """Upper bound of the calls for `n` chunks."""

    @abstractmethod
    def build(self, context: Context) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The graph for the film of `context`."""
