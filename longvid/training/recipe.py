"""How a model is trained: a named recipe, or a TOML file of one's own. Knows neither data nor torch."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from longvid.errors import TrainingError
from longvid.files import read_bytes
from longvid.text.shown import clean, shown

Method = Literal["full", "lora"]
Precision = Literal["float32", "bfloat16", "mixed"]
Part = Literal["attention", "mlp", "adapter", "vision"]

LARGEST = 1 << 20
"""Bytes of a file of settings."""
DEEPEST = 8
"""Files that may stand on one another."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of a training. A batch is what one process computes at once; a step takes `accumulation` of them."""

    method: Method = "lora"
    """`full`: all weights whose rate is not 0. `lora`: small matrices beside those of `lora_parts`."""
    learning_rate: float = 1e-4
    """The highest, of the decoder, the embeddings and the head, or of LoRA."""
    vision_rate: float = 1.0
    """Share of it for the vision tower; 0 leaves the tower as it is. For `full`."""
    adapter_rate: float = 1.0
    """Share of it for what lies between tower and decoder; 0 leaves that as it is. For `full`."""
    epochs: float = 1.0
    """How often the data are gone through."""
    steps: int = 0
    """So many steps in place of `epochs`, where it is not 0."""
    batch: int = 1
    accumulation: int = 1
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """How the rate falls after the warm-up."""
    warmup: float = 0.03
    """Share of the steps in which the rate rises."""
    weight_decay: float = 0.0
    """Of matrices alone."""
    clip: float = 1.0
    """The longest gradient; 0 clips none."""
    precision: Precision = "float32"
    """`float32`, `bfloat16`: of weights, gradients and optimiser. `mixed`: those in float32, computed in bfloat16."""
    gradient_checkpointing: bool = False
    """Compute layers again in the backward pass: less memory, a third more time, the same result."""
    seed: int = 0
    frames: int = 24
    """Most frames of a clip."""
    sampler: Literal["first", "uniform"] = "uniform"
    """`first`: one a second from the start; `uniform`: spread over the video."""
    fit: Literal["crop", "pad"] = "crop"
    label: Literal["index", "seconds", "none"] = "index"
    """What is written after each frame; `none` as ms-swift trains."""
    lora_rank: int = 8
    lora_alpha: float = 32.0
    """Adapters are scaled by it over the rank."""
    lora_dropout: float = 0.0
    lora_parts: tuple[Part, ...] = ("attention", "mlp")
    """Of the decoder `attention` and `mlp`; beside it `adapter`, `vision`."""
    beta: float = 0.1
    """DPO: how far answers may move from the model that it began with."""
    log_every: int = 10
    """Steps."""
    held_out_every: int = 0
    """Steps between two looks at held-out data; 0: at the end alone."""
    save_every: int = 100
    """Steps between two checkpoints, from which a training goes on."""

    def __post_init__(self) -> None:
        """Raises ValueError with the setting that makes no sense."""
        low: dict[str, tuple[float, float]] = {
            "learning_rate": (1e-12, 1.0), "vision_rate": (0, 100), "adapter_rate": (0, 100), "epochs": (1e-6, 10_000),
            "steps": (0, 10**9), "batch": (1, 4096), "accumulation": (1, 65536), "warmup": (0, 0.99),
            "weight_decay": (0, 1), "clip": (0, 10**6), "seed": (0, 2**32 - 1), "frames": (1, 1024),
            "lora_rank": (1, 4096), "lora_alpha": (1e-6, 10**6), "lora_dropout": (0, 0.99), "beta": (1e-6, 1000),
            "log_every": (1, 10**9), "held_out_every": (0, 10**9), "save_every": (1, 10**9),
        }  # fmt: skip
        for name, (least, most) in low.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} is {getattr(self, name)}, not within {least:g} to {most:g}")
        if not self.lora_parts:
            raise ValueError("lora_parts names nothing to train")

    @property
    def as_json(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


NAMES = ("instruction", "temporal-grounding", "lora", "preference")
"""Recipes that come with longvid."""


def text_of(name: str) -> str:
    """The file of the recipe that comes with longvid as `name`: its settings, each with its source."""
    return (files("longvid.training") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def read_recipe(config: str, settings: Sequence[str] = ()) -> Recipe:
    """The recipe called `config`, or in the TOML file of that name, with `KEY=VALUE` of `settings` over it.

    A file may say `base = "NAME or FILE"` and then holds what differs. Raises TrainingError.
    """
    said = _settings(config, Path(), 0)
    for one in settings:
        key, sign, value = one.partition("=")
        if not sign:
            raise TrainingError(f"--set {clean(one, 60)}: write KEY=VALUE")
        said[key.strip()] = _value(value)
    return _recipe(said, "--set and --config" if settings else config)


def _settings(config: str, beside: Path, depth: int) -> dict[str, Any]:
    if depth > DEEPEST:
        raise TrainingError(f"{clean(config, 80)}: recipes stand on one another in a circle; take out a base")
    path = beside / Path(config).expanduser()
    try:
        text = text_of(config) if config in NAMES else read_bytes(path, LARGEST).decode()
        said = tomllib.loads(text)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or clean(str(error))
        raise TrainingError(
            f"{shown(path)}: no recipe ({why}); name a TOML file, or one of {', '.join(NAMES)}"
        ) from error
    base = said.pop("base", None)
    if base is None:
        return said
    if not isinstance(base, str):
        raise TrainingError(f"{clean(config, 80)}: base is no name of a recipe; write it in quotes")
    return _settings(base, path.parent if config not in NAMES else Path(), depth + 1) | said


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text.strip()


def _recipe(said: Mapping[str, Any], source: str) -> Recipe:
    kinds = get_type_hints(Recipe)
    known = [field.name for field in fields(Recipe)]
    made: dict[str, Any] = {}
    for key, value in said.items():
        if key not in known:
            raise TrainingError(f"{clean(source, 80)}: there is no setting {clean(key, 40)!r}; {', '.join(known)}")
        made[key] = _typed(kinds[key], value, f"{clean(source, 80)}: {key}")
    try:
        return replace(Recipe(), **made)
    except ValueError as error:
        raise TrainingError(f"{clean(source, 80)}: {error}; choose another") from error


def _typed(kind: Any, value: Any, where: str) -> Any:
    if get_origin(kind) is Literal:
        if value in get_args(kind) and isinstance(value, str):
            return value
        raise TrainingError(f"{where} is {clean(repr(value), 40)}; choose {', '.join(get_args(kind))}")
    if get_origin(kind) is tuple:
        if isinstance(value, list):
            return tuple(_typed(get_args(kind)[0], one, where) for one in value)
        raise TrainingError(f"{where} is {clean(repr(value), 40)}, no list")
    if isinstance(value, bool) is (kind is bool) and isinstance(value, int | float if kind is float else kind):
        return kind(value)
    raise TrainingError(f"{where} is {clean(repr(value), 40)}, which is no {kind.__name__}")
