"""What one run of one film has to report: the plain data behind every output format.

Knows no pipeline and no model: `Report.as_json` is the stable object that `--json` prints (docs/command-line.md).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from longvid.output.chapters import Chapter, Title, chapters_of


@dataclass(frozen=True, slots=True)
class Cue:
    """What a subtitle track shows from `start` to `end`, seconds from the film's first frame."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said from `start` to `end`, seconds from the film's first frame; `kind` is speech, sound or song."""

    start: float
    end: float
    text: str
    speaker: str | None
    kind: str

    def as_json(self) -> dict[str, Any]:
        return {
            "start": round(self.start, 3),
            "end": round(self.end, 3),
            "text": self.text,
            **({"speaker": self.speaker} if self.speaker else {}),
            **({"kind": self.kind} if self.kind != "speech" else {}),
        }


@dataclass(frozen=True, slots=True)
class Heard:
    """Where the dialogue of a film comes from.

    source   : a file's name, or a track; "" where there is none
    language : as the file's name or the container tells it, or whoever transcribed it
    cues     : how many there are
    how      : `file`, `track`, `transcribed`, or "" where there is none
    """

    source: str = ""
    language: str | None = None
    cues: int = 0
    how: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"source": self.source, "language": self.language, "cues": self.cues, "how": self.how}


NOTHING_HEARD = Heard()


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures of a film in its own shape, for people.

    folder        : of the files, in the run folder; each is called by its milliseconds from the film's first frame
    width, height : of every one, px
    """

    folder: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """One chunk as it comes out: times in seconds from the film's first frame."""

    index: int
    start: float
    end: float
    caption: str
    status: str
    """`ok` or `degraded`; a degraded caption may be empty."""
    reason: str | None = None
    events: tuple[str, ...] = ()
    """Its event lines, where the strategy asked for them."""
    told: tuple[Cue, ...] = ()
    """What these say, each from its second on."""
    dialogue: tuple[Spoken, ...] = ()
    """What is said in it."""
    cuts: tuple[float, ...] = ()
    """Where one of its scenes ends and another begins."""

    @property
    def cues(self) -> tuple[Cue, ...]:
        """Its part of a subtitle track: the caption, else what its event lines say."""
        return (Cue(self.start, self.end, self.caption),) if self.caption else self.told


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence of the summary and what it rests on."""

    sentence: str
    chunks: list[int]
    """Indices of chunks, ascending."""
    times: list[float]
    """When the events that it tells begin: seconds from the film's first frame, in the order of `events`."""
    events: list[str]
    """The events themselves, as text."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an output may show of one film."""

    film: str
    duration: float
    strategy: str
    model: str
    llm: str
    summary: str
    chunks: tuple[ChunkReport, ...]
    calls: dict[str, int]
    """`watch`, `ask`, `write`: calls this run made; `cached`: answers it took from the store."""
    problems: tuple[str, ...]
    """One line for each thing that is not as it should be; empty when all is well."""
    run: str
    usage: dict[str, Any] = field(default_factory=dict)
    """`model`, `llm`: answers, tokens and, where its price is known, cost of what this run asked; `requests`: sent to
    servers, those that failed among them."""
    notes: tuple[str, ...] = ()
    """What the strategy says of its work, such as sentences that did not fit into a prompt."""
    extras: dict[str, Any] = field(default_factory=dict)
    """What the strategy keeps beside its summary."""
    settings: dict[str, Any] = field(default_factory=dict)
    """The strategy's settings that differ from its defaults."""
    evidence: tuple[Cited, ...] = ()
    """One item a sentence of the summary, in order, where the strategy knows them."""
    show_evidence: bool = False
    """Whether outputs for people show the evidence too; JSON always has it."""
    carry: str = "none"
    """What each chunk was told of the others."""
    heard: Heard = NOTHING_HEARD
    hearing: str = "seen-and-said"
    """What of a chunk the strategy was given: `seen-and-said`, `said-only`, or `none` of the dialogue."""
    show_dialogue: bool = False
    """Whether outputs for people show what is said too; JSON always has it."""
    outputs: tuple[str, ...] = ()
    """Names of the files that were written into the run folder; not in JSON, which is one of them."""
    pictures: Pictures | None = None
    titles: dict[int, Title] = field(default_factory=dict)
    """Of chapters, by paragraph of the summary, where the LLM gave some."""

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """Where the summary has paragraphs and their times are known."""
        told = [(cited.sentence, cited.times) for cited in self.evidence]
        starts = [chunk.start for chunk in self.chunks]
        end = max([chunk.end for chunk in self.chunks], default=0.0)
        return chapters_of(self.summary, told, starts, end, self.titles)

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`. Keys are only ever added."""
        chunks = [
            {
                "index": c.index,
                "start": round(c.start, 3),
                "end": round(c.end, 3),
                "caption": c.caption,
                "status": c.status,
                **({"reason": c.reason} if c.reason else {}),
                **({"events": list(c.events)} if c.events else {}),
                **({"dialogue": [spoken.as_json() for spoken in c.dialogue]} if c.dialogue else {}),
                **({"cuts": [round(cut, 3) for cut in c.cuts]} if c.cuts else {}),
            }
            for c in self.chunks
        ]
        return {
            "film": self.film,
            "duration": round(self.duration, 3),
            "strategy": self.strategy,
            "model": self.model,
            "llm": self.llm,
            "writer": "plain" if self.llm == "none" else self.llm,
            "summary": self.summary,
            "chunks": chunks,
            "calls": self.calls,
            **({"usage": self.usage} if self.usage else {}),
            "problems": list(self.problems),
            "degraded": list(self.problems),
            "run": self.run,
            "notes": list(self.notes),
            **({"settings": self.settings} if self.settings else {}),
            "dialogue": {**self.heard.as_json(), "used": self.hearing},
            "context": self.carry,
            "carry": self.carry.replace("previous", "gist"),
            **({"chapters": [_chapter(chapter) for chapter in found]} if (found := self.chapters) else {}),
            **({"pictures": asdict(self.pictures)} if self.pictures else {}),
            **({"extras": self.extras} if self.extras else {}),
            **(
                {"evidence": [asdict(cited) | {"rows": cited.events} for cited in self.evidence]}
                if self.evidence
                else {}
            ),
        }


def _chapter(chapter: Chapter) -> dict[str, Any]:
    return {name: value for name, value in asdict(chapter).items() if name != "line" or value}


def clock(seconds: float, *, millis: str | None = None) -> str:
    """`seconds` as H:MM:SS, or as HH:MM:SS with milliseconds behind the separator `millis`."""
    whole = round(seconds * 1000)
    if millis is None:
        # Containers count in milliseconds: five seconds of film may end at 4.999.
        whole = int(seconds + 0.005) * 1000
    hours, rest = divmod(whole, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    secs, thousandths = divmod(rest, 1000)
    if millis is None:
        return f"{hours}:{minutes:02}:{secs:02}"
    return f"{hours:02}:{minutes:02}:{secs:02}{millis}{thousandths:03}"
