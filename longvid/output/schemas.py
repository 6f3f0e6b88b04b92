"""The outputs of `--json` as schemas: what a script may rely on.

Keys are only ever added, so a reader must let unknown ones pass; what is there now is all that is printed now. These
describe outputs and make none, and they are imported only where somebody asks for them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter

Seconds = Annotated[float, Field(ge=0, description="Seconds from the film's first frame.")]
Index = Annotated[int, Field(ge=0, description="Index of a chunk.")]


class Open(BaseModel):
    """Later versions may add keys."""

    model_config = ConfigDict(extra="allow")


class Spoken(Open):
    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    kind: Literal["sound", "song"] | None = None


class Chunk(Open):
    index: Index
    start: Seconds
    end: Seconds
    caption: str
    status: Literal["ok", "degraded"]
    reason: str | None = None
    events: list[str] | None = None
    dialogue: list[Spoken] | None = None
    cuts: list[Seconds] | None = None


class Dialogue(Open):
    source: str
    language: str | None
    cues: int
    how: Literal["file", "track", "transcribed", ""]
    used: Literal["seen-and-said", "said-only", "none"]


class Calls(Open):
    watch: int
    ask: int
    write: int
    cached: int


class Usage(Open):
    answers: int
    prompt_tokens: int
    answer_tokens: int
    cost: float | None = None


class Used(Open):
    model: Usage | None = None
    llm: Usage | None = None
    requests: int | None = None


class Cited(Open):
    sentence: str
    chunks: list[Index]
    times: list[Seconds]
    events: list[str]
    rows: list[str] = Field(description="The earlier name of events.")


class Chapter(Open):
    start: Seconds
    end: Seconds
    title: str
    paragraph: int
    line: str | None = None


class Pictures(Open):
    folder: str = Field(description="In the run folder.")
    width: int = Field(description="Of each, in pixels.")
    height: int


class Summary(Open):
    """A film that was summarised, captioned or merged."""

    film: str
    path: str
    status: Literal["ok", "degraded"]
    duration: Seconds
    strategy: str
    model: str
    llm: str
    writer: str = Field(description="The earlier name of llm.")
    summary: str
    chapters: list[Chapter] | None = None
    pictures: Pictures | None = None
    chunks: list[Chunk]
    calls: Calls
    usage: Used | None = None
    problems: list[str]
    degraded: list[str] = Field(description="The earlier name of problems.")
    run: str
    notes: list[str]
    settings: dict[str, Any] | None = None
    dialogue: Dialogue
    context: str
    carry: str = Field(description="The earlier name of context.")
    extras: dict[str, Any] | None = None
    evidence: list[Cited] | None = None


class Failed(Open):
    """A film of which nothing came."""

    film: str
    path: str
    status: Literal["failed"]
    error: str


class Outcome(RootModel[Summary | Failed]):
    """One line of `summarize --json`, `caption --json` or `merge --json`."""


PassageKind = Literal["seen", "said", "fact", "summary", "looked"]


class Evidence(Open):
    number: int
    kind: PassageKind
    times: list[Seconds]
    chunk: Index
    text: str


class Said(Open):
    sentence: str
    evidence: list[int] = Field(description="Numbers of the evidence that it rests on.")


class Answer(Open):
    """What `ask --json` prints of a question."""

    film: str
    question: str
    answer: str
    answered: bool
    outcome: Literal["answered", "not shown", "refused"]
    sentences: list[Said]
    evidence: list[Evidence]
    passages: int
    looked: list[Index]
    llm: str
    model: str | None
    calls: Calls
    problems: list[str]
    notes: list[str]
    run: str


class Found(Open):
    film: str
    run: str
    time: Seconds
    chunk: Index
    kind: PassageKind
    text: str


class Searched(Open):
    """What `search --json` prints."""

    words: str
    found: list[Found]
    runs: int
    all_words: bool
    problems: list[str]


SCHEMAS: dict[str, type[BaseModel]] = {
    "summarize": Outcome,
    "caption": Outcome,
    "merge": Outcome,
    "ask": Answer,
    "search": Searched,
}
"""By command."""


def schema(name: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of what the command `name` prints with `--json`. Raises KeyError for others."""
    made = TypeAdapter(SCHEMAS[name]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
