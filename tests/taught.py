"""A small checkpoint that has learnt one film by heart, and the writing that the strategies ask about that film.

    from tests.films import make_film
    from tests.taught import teach

    wide, tight = teach(tmp_path, make_film(tmp_path / "film.mp4"))
    # "longvid summarize film.mp4" with wide.options("refine") says wide.summaries["refine"].

Tests have it as the fixtures `taught` and `taught_tight`.

What it has to learn is found by running the real pipeline with an oracle in the model's place: the prompts are
those that a run asks, to the token. Every answer is then taught until the right token leads everywhere by a margin that
no batching can take away. The same weights are written for two context lengths: 2048 tokens, and one so tight that
map-reduce must collapse.

It knows this film at this target length, with every sampler and fit (label `seconds` with the
default ones alone), in the chat template and in float32 on a
CPU, and nothing else: with another film, template, length, question or strategy setting its answers are whatever they
happen to be. The seed of a run and the size of its batches do not matter.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from longvid.api import summarize
from longvid.cogvlm2 import CogVLM2VideoConfig, CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.estimates import LABELS, Label
from longvid.cogvlm2.frames import FITS, Fit
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.models import Models, open_models
from longvid.engine.prompts import CAPTION
from longvid.engine.request import Raw, Request
from longvid.film import read_clip
from longvid.output import Report
from longvid.pipeline.ingest import IngestSettings, Sampler
from longvid.pipeline.job import Job
from longvid.pipeline.progress import Silent
from longvid.strategy.registry import load as load_strategy
from longvid_strategies import instructions as asks
from longvid_strategies.hierarchical import ACTS, MERGE, TOP
from longvid_strategies.map_reduce import COLLAPSE, REDUCE
from longvid_strategies.refine import ADDITIONS, FIRST, UPDATE
from tests.checkpoints import TOKENIZER, small_config
from tests.films import LOOKS
from tests.learning import Example, learn, save

STRATEGIES = ("concat", "map-reduce", "refine", "hierarchical")
TARGET_LENGTH = 4.0
"""Seconds a chunk: what `make_film` gives a look."""
ANSWERS = "answers.json"
GOLD = {
    COLLAPSE: "One stretch of it passes {} on its way to more.",
    REDUCE: "Squares wander through {}. That is the whole film from end to end.",
    FIRST: "It opens with {}. There a square wanders while the wall keeps its colour.",
    UPDATE: "The story so far leads through {}. It may go on from there.",
    ADDITIONS: "Next comes {} to the wall.",
    MERGE: "This act holds {} and little more than that.",
    TOP: "Act by act we cross {}. Nothing else happens in all of it.",
}
GOLD |= {
    f"{asks.IN_ORDER} {asks.MERGE}": GOLD[MERGE],
    f"{asks.IN_ORDER} {asks.WHOLE}": GOLD[REDUCE],
    f"{ACTS} {asks.WHOLE}": GOLD[TOP],
    asks.FIRST_STRETCH: GOLD[FIRST],
    asks.NEXT_STRETCH: GOLD[UPDATE],
    asks.ADDITIONS: GOLD[ADDITIONS],
}
"""For every instruction of a strategy what the oracle says; the looks go where the braces are."""

WAYS: tuple[tuple[Sampler, Fit, Label], ...] = (
    *((sampler, fit, "index") for sampler in ("uniform", "first", "scene") for fit in FITS),
    ("uniform", "crop", "seconds"),
)
"""Sampler, fit and label of every way to watch that is taught; the first is longvid's default."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A context length in tokens, and the words (`--length`) that are asked of it; none is `auto`."""

    context: int
    words: int | None = None

    def place(self, folder: Path) -> Path:
        """Where below `folder` its checkpoint is."""
        return folder / f"context-{self.context}"


WIDE, TIGHT = Variant(2048), Variant(212, words=40)
"""As published, where one call can hold the film; and where six captions are too many for one."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A taught checkpoint, the film it knows, and what it says of it."""

    folder: Path
    film: Path
    target_length: float
    """Seconds: the film's `--target-length`."""
    words: int | None
    """The `--length` that it knows; none is `auto`."""
    captions: tuple[str, ...]
    summaries: Mapping[str, str]
    """By strategy."""
    writes: Mapping[str, int]
    """By strategy, how often the LLM is called when nothing is stored."""

    @property
    def read(self) -> IngestSettings:
        """The settings of reading that give the clips it knows."""
        return IngestSettings(target_length=self.target_length)

    def options(self, strategy: str) -> list[str]:
        """The options of `longvid summarize` that ask it what it knows."""
        given = ["--model", str(self.folder), "--device", "cpu", "--strategy", strategy]
        given += ["--target-length", f"{self.target_length:g}"]
        # Concat writes nothing and refuses a length.
        return given if self.words is None or strategy == "concat" else [*given, "--length", str(self.words)]


def gold(prompt: str) -> str:
    """What the oracle answers: the kind of its instruction, and the looks that `prompt` names, in order."""
    for lead, said in GOLD.items():
        start = lead.split("{words}")[0]
        if prompt.startswith(start):
            names = re.findall(r"\b(?:" + "|".join(look.name for look in LOOKS) + r")\b", prompt.lower())
            return said.format(", ".join(dict.fromkeys(names)))
    raise ValueError(f"no strategy is known to ask this: {prompt[:120]}")


def teach(
    folder: Path,
    film: Path,
    *,
    variants: Sequence[Variant] = (WIDE, TIGHT),
    target_length: float = TARGET_LENGTH,
    seed: int = 0,
    limit: float = 200.0,
) -> tuple[Taught, ...]:
    """Train a checkpoint on `film` (of `make_film`) and write it once for each of `variants`, below `folder`.

    Every checkpoint is in the official layout, in shards, with its own tokenizer; beside it `answers.json` holds what
    `recall` reads. `seed` decides the weights it begins with. `limit` is the most seconds that training may take.

    Raises:
        RuntimeError: the answers are not known by heart in time, or the real backend gives others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = [variant.place(folder) for variant in variants]
    for place, variant in zip(places, variants, strict=True):
        _write_blank(place, variant, seed)
    scratch = folder / "dictation"
    dictated = [
        _dictate(place, film, variant, target_length, scratch) for place, variant in zip(places, variants, strict=True)
    ]
    examples = {key: example for _, asked in dictated for key, example in asked.items()}
    learn(places[0], list(examples.values()), limit)
    for place, path in itertools.product(places[1:], list(places[0].iterdir())):
        if path.name != "config.json":
            shutil.copyfile(path, place / path.name)
    for made, asked in dictated:
        _examine(made.folder, list(asked.values()))
        value = asdict(made) | {"folder": made.folder.name, "film": str(made.film)}
        (made.folder / ANSWERS).write_text(json.dumps(value, indent=1), encoding="utf-8")
    shutil.rmtree(scratch)
    return tuple(made for made, _ in dictated)


def recall(folder: Path) -> Taught:
    """What `teach` returned for the checkpoint in `folder`."""
    value = json.loads((folder / ANSWERS).read_text(encoding="utf-8"))
    value |= {"folder": folder, "film": Path(value["film"]), "captions": tuple(value["captions"])}
    return Taught(**value)


# -- what there is to learn --------------------------------------------------------------------------------------


Examples = dict[tuple[str, str, str], Example]
"""By prompt, digest of the clip and label."""


@dataclass
class GoldBackend:
    """A `Backend` with the tokenizer and limits of `real`, and the oracle in place of its weights."""

    real: CogVLM2Backend
    examples: Examples = field(default_factory=dict)
    """What was asked."""
    writes: int = 0

    def __post_init__(self) -> None:
        self.identity: Mapping[str, object] = {"class": "gold", "label": self.real.label}
        self.context, self.batch, self.count = self.real.context, self.real.batch, self.real.count

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        del stopped
        if seed is not None:
            raise RuntimeError(f"the guards refuse a gold answer: {requests[0].prompt[:120]}")
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Raw:
        clip = request.clip
        answer = " " + (gold(request.prompt) if clip is None else LOOKS[clip.chunk].caption)
        length = self.real.processor.count_text(answer)
        if length >= request.max_tokens:
            raise RuntimeError(f"a gold answer of {length} tokens where {request.max_tokens} are allowed: {answer}")
        key = (request.prompt, clip.digest if clip else "", self.real.label if clip else "")
        frames = read_clip(clip.path).frames if clip else None
        self.examples[key] = Example(request, self.real.label, frames, answer)
        self.writes += clip is None
        return Raw(answer, "stop", self.count(request), length)


def _dictate(
    folder: Path, film: Path, variant: Variant, target_length: float, scratch: Path
) -> tuple[Taught, Examples]:
    """Run every strategy with the oracle: what the checkpoint in `folder` will have to say, and to what."""
    reports: dict[str, Report] = {}
    writes: dict[str, int] = {}
    examples: Examples = {}
    for way in WAYS:
        # Other ways to watch give the same captions, so nothing new to write.
        for name in STRATEGIES if way == WAYS[0] else ("concat",):
            sampler, fit, label = way
            read = IngestSettings(target_length=target_length, sampler=sampler, fit=fit)
            job = Job(load_strategy(name)(), read, words=variant.words, directory=scratch / folder.name)
            backend, models = _gold_models(folder, label)
            report = asyncio.run(summarize(film, job, models, Silent()))
            if report.problems:
                raise RuntimeError(f"{name} with the oracle is degraded: {report.problems}")
            examples |= backend.examples
            if way == WAYS[0]:
                reports[name], writes[name] = report, backend.writes
    captions = tuple(chunk.caption for chunk in reports["concat"].chunks)
    summaries = {name: report.summary for name, report in reports.items()}
    return Taught(folder, film, target_length, variant.words, captions, summaries, writes), examples


def _gold_models(folder: Path, label: Label) -> tuple[GoldBackend, Models]:
    """The models of the checkpoint in `folder`, but for who answers."""
    real = open_models(str(folder), device="cpu", label=label)
    backend = GoldBackend(_backend(real))
    sizes = {"image_size": real.image_size, "caption_tokens": real.caption_tokens, "events_tokens": real.events_tokens}
    return backend, Models("gold", backend.identity, backend, backend, "gold", **sizes)


def _backend(models: Models) -> CogVLM2Backend:
    assert isinstance(models.captioner, CogVLM2Backend)
    return models.captioner


# -- the checkpoint ----------------------------------------------------------------------------------------------


def _write_blank(folder: Path, variant: Variant, seed: int) -> None:
    """Write an untaught checkpoint with its tokenizer to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    first = _write_tokenizer(folder)
    sizes = small_config(
        image_size=28,
        hidden=64,
        intermediate=128,
        vision_layers=1,
        max_position_embeddings=variant.context,
    )
    # Wider than the published 0.02: a narrow model learns nothing for long if it begins so near to zero.
    sizes |= {"initializer_range": 0.1, "vocab_size": first + len(SPECIAL)}
    sizes |= {"bos_token_id": first, "eos_token_id": first + 1, "pad_token_id": first + 2}
    (folder / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = CogVLM2VideoForConditionalGeneration(CogVLM2VideoConfig.from_folder(folder))
    save(model, folder)


_SMALL = json.loads((TOKENIZER / "tokenizer.json").read_text(encoding="utf-8"))
SPECIAL = tuple(token["content"] for token in _SMALL["added_tokens"])
"""Special tokens in the order of their ids: start, end, placeholder and the others of Llama 3."""


def _write_tokenizer(folder: Path) -> int:
    """Write a byte-level BPE tokenizer by the Llama-3 rules to which every taught word is one token.

    Returns the id of its first special token, which is the number of the others.
    """
    words = ["Question: ", " Answer:", CAPTION, "\nPart 1: 2: 3:\nPart", *GOLD, *(look.caption for look in LOOKS)]
    words += [f" {text}" for text in (*GOLD.values(), *(look.caption for look in LOOKS))]
    words += [f" {look.name}, {look.name}." for look in LOOKS]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json")).pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=100_000,
        min_frequency=1,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    # Labels of frames are one token each, as in Llama 3; a number after a blank is the blank and the number.
    learner.train_from_iterator([*words, *(str(number) for number in range(24))], trainer)
    learnt = json.loads(learner.to_str())["model"]
    first = len(learnt["vocab"])
    made = json.loads(json.dumps(_SMALL))
    made["model"] |= {"vocab": learnt["vocab"], "merges": learnt["merges"]}
    for index, token in enumerate(made["added_tokens"]):
        token["id"] = first + index
    made["post_processor"]["processors"][1]["special_tokens"][SPECIAL[0]]["ids"] = [first]
    for path in TOKENIZER.iterdir():
        shutil.copyfile(path, folder / path.name)
    (folder / "tokenizer.json").write_text(json.dumps(made), encoding="utf-8")
    return first


def _examine(folder: Path, examples: Sequence[Example]) -> None:
    """Ask the real backend everything, alone and in batches. Raises RuntimeError if one answer is not as taught."""
    for label in LABELS:
        asked = [example for example in examples if example.label == label]
        backend = _backend(open_models(str(folder), device="cpu", label=label))
        for size in (1, backend.batch):
            for start in range(0, len(asked), size):
                batch = asked[start : start + size]
                for example, raw in zip(batch, backend.answer([one.request for one in batch]), strict=True):
                    if (raw.text, raw.finish) != (example.answer, "stop"):
                        raise RuntimeError(f"taught {example.answer!r} but says {raw.text!r} ({raw.finish})")
