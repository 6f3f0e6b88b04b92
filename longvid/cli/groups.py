"""Options that go together, declared once for all commands that take them (see `sharing`), and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from longvid.cli import hearing as h
from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli import servers as s
from longvid.cli.listening import read_listening

if TYPE_CHECKING:
    from longvid.carry import Carry
    from longvid.engine.embedding import Embedder
    from longvid.engine.models import Models
    from longvid.engine.servers.settings import ServerSettings
    from longvid.pipeline.ingest import IngestSettings
    from longvid.pipeline.job import Hearing
    from longvid.pipeline.listening import Listening
    from longvid.speech import SpeechSettings
    from longvid.strategy.contract import Strategy


@dataclass(frozen=True)
class MergeOptions:
    """How captions are merged."""

    strategy: o.StrategyName = o.DEFAULT_STRATEGY
    llm: o.LLMName = None
    llm_context: o.LLMContext = None
    llm_price: s.LLMPrice = None
    length: o.Length = "auto"
    settings: o.Setting = None
    config: o.ConfigFile = None
    embedder: o.EmbedderOption = None

    def chosen(self) -> Strategy[Any]:
        """The strategy with its settings. Raises StrategyError and typer.BadParameter."""
        return o.read_strategy(self.strategy, self.settings, self.config)

    def meaning(self) -> Embedder | None:
        """What compares texts by meaning. Raises ModelError."""
        if self.embedder is None:
            return None
        from longvid.engine.embedding import Embedder

        return Embedder(self.embedder, download=True)


@dataclass(frozen=True)
class WatchOptions:
    """What the model is shown and told of a chunk."""

    context: o.ContextOption = "none"
    cast: o.CastFile = None
    sampler: o.SamplerOption = o.Sampler.uniform
    fit: o.FitOption = o.Fit.crop
    frames: p.Frames = 24
    pixels: p.Pixels = None
    frames_as: s.FramesAsOption = s.FramesAs.images
    model_context: s.ModelContext = None
    model_price: s.ModelPrice = None
    label: o.LabelOption = None
    template: o.TemplateOption = o.Template.auto
    tell_dialogue: o.TellDialogue = False

    def carried(self) -> Carry:
        """What chunks are told of one another. Raises CarryError."""
        return o.read_context(self.context, self.cast, tell_dialogue=self.tell_dialogue)  # type: ignore[arg-type]  # its parser knows no other way


@dataclass(frozen=True)
class DeviceOptions:
    """Where models compute, and how."""

    device: o.Device = None
    dtype: o.DtypeOption = None
    batch_size: o.BatchSize = None
    seed: o.Seed = 0

    def placed(self) -> dict[str, Any]:
        """What opening models takes of these."""
        return {"device": self.device, "dtype": self.dtype.value if self.dtype else None, "batch": self.batch_size}

    def require_used(self, models: Models, *, hears: bool = False) -> None:
        """Raise ModelError where servers alone are asked and these options say how to compute; `hears`: a film may be
        heard here, which takes the device."""
        from longvid.errors import ModelError

        if not models.asks_elsewhere:
            return
        named = (("--device", self.device if not hears else None), ("--dtype", self.dtype))
        for option, value in (*named, ("--batch-size", self.batch_size)):
            if value is not None:
                more = "; --concurrency says how many calls run together" if option == "--batch-size" else ""
                raise ModelError(f"servers are asked and no model computes here; leave out {option}{more}")


@dataclass(frozen=True)
class ServerOptions:
    """How servers are asked."""

    allow_remote: s.AllowRemote = False
    concurrency: s.Concurrency = None
    timeout: s.Timeout = None

    def settings(self, watch: WatchOptions | None = None, merge: MergeOptions | None = None) -> ServerSettings:
        """With what the options of watching and of merging say of servers."""
        from longvid.engine.servers.settings import ServerSettings
        from longvid.engine.usage import Prices

        return ServerSettings(
            self.allow_remote,
            self.concurrency,
            self.timeout,
            watch is not None and watch.frames_as is s.FramesAs.video,
            watch.model_context if watch else None,
            Prices(s.price_of(watch.model_price if watch else None), s.price_of(merge.llm_price if merge else None)),
        )


@dataclass(frozen=True)
class RangeOptions:
    """Which part of the film, and how it is cut."""

    start: o.Start = None
    end: o.End = None
    target_length: o.TargetLength = 60.0
    min_length: o.MinLength = None
    max_length: o.MaxLength = None
    video_track: o.VideoTrack = "auto"
    detector: o.DetectorOption = o.Detector.adaptive

    def settings(
        self, sampler: o.Sampler, frames: int, fit: o.Fit = o.Fit.crop, *, exact_frames: bool = False
    ) -> IngestSettings:
        """The settings of reading. Raises typer.BadParameter where they do not fit together."""
        return o.ingest_settings(
            sampler,
            fit,
            self.start,
            self.end,
            self.target_length,
            self.min_length,
            self.max_length,
            self.detector,
            exact_frames,
            self.video_track,
            frames,
        )


@dataclass(frozen=True)
class DialogueOptions:
    """What is said: where it comes from and what is told of it."""

    subtitles: o.Subtitles = "auto"
    dialogue: o.DialogueOption = o.Dialogue.both

    def listening(self, films: Sequence[Path] | None, speech: SpeechSettings | None = None) -> Listening:
        """Where the dialogue of `films` comes from. Raises typer.BadParameter."""
        return read_listening(self.subtitles, films, speech)

    @property
    def hearing(self) -> Hearing:
        """What strategies are given."""
        return self.dialogue.value


@dataclass(frozen=True)
class HearingOptions:
    """Who hears a film that has no subtitles, and what of it."""

    transcribe: h.Transcribe = "auto"
    audio_track: h.AudioTrack = "auto"
    translate: h.Translate = False

    @property
    def hears(self) -> bool:
        """Whether a film may be heard."""
        return self.transcribe != "none"

    def settings(self, device: str | None) -> SpeechSettings:
        """The settings of hearing. Raises typer.BadParameter."""
        from longvid.speech import SpeechSettings

        return SpeechSettings(self.transcribe, h.parse_audio(self.audio_track), self.translate, device)


@dataclass(frozen=True)
class TalkOptions:
    """How much is said on stderr."""

    quiet: o.Quiet = False
    verbose: o.Verbose = False
