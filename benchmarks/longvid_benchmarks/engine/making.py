"""The model that is measured: the small one that comes with longvid, or the published shape with random numbers.

Random numbers are made where they are computed with, so that nothing is downloaded and nothing large is written.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from longvid.engine import sizing
from longvid.engine.budget import budget
from longvid.engine.device import Device
from longvid.engine.family import GEOMETRY
from longvid.engine.fitting import needs
from longvid.models import bundled
from longvid_benchmarks.precision.checkpoint import TOKENIZER, config_of, sized

if TYPE_CHECKING:
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

Shape = Literal["tiny", "full"]


def make(shape: Shape, place: Device, layers: int | None, folder: Path, *, trained: bool) -> CogVLM2Backend:
    """A loaded backend of that shape on `place`: `full` has random numbers, and of each of its two towers the first
    `layers`, where that is said. Its config.json and tokenizer are written into `folder`, which is empty.

    Raises ModelError where it does not fit.
    """
    from longvid.cogvlm2 import CogVLM2VideoConfig
    from longvid.engine.backends.cogvlm2 import CogVLM2Backend

    small = bundled()["storyfilm-tiny"]
    for name in TOKENIZER:
        shutil.copyfile(small / name, folder / name)
    if shape == "tiny":
        shutil.copyfile(small / "config.json", folder / "config.json")
    else:
        most = (GEOMETRY.num_hidden_layers, GEOMETRY.vision_num_hidden_layers)
        geometry = sized(*(min(layers or one, one) for one in most))
        (folder / "config.json").write_text(json.dumps(config_of(geometry)), encoding="utf-8")
    config = CogVLM2VideoConfig.from_folder(folder)
    fits = needs(config.geometry, place)
    sizing.check_fits(f"the shape {shape}", fits(batch=1), place)
    backend = CogVLM2Backend(
        small if trained else folder,
        fingerprint=shape,
        device=place,
        template="chat",
        label="index",
        batch=1,
        threads=sizing.threads(place, config.geometry.parameters),
        budget=budget(fits, place, 1),
    )
    if trained:
        backend._loaded()
    else:
        backend._model = random_model(config, place)
    return backend


def random_model(config: Any, place: Device, seed: int = 0) -> Any:
    """A model of these sizes on `place` whose numbers are drawn there, as wide as keeps what passes through."""
    import torch

    from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
    from longvid.cogvlm2.rotary import inverse_frequencies

    config.dtype = getattr(torch, place.compute)
    before = torch.get_default_dtype()
    torch.set_default_dtype(config.dtype)
    try:
        with torch.device("meta"):
            model = CogVLM2VideoForConditionalGeneration(config)
    finally:
        torch.set_default_dtype(before)
    model = model.to_empty(device=place.name)
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name and name.endswith("weight"):
                weight.fill_(1)
            elif weight.ndim < 2:
                weight.zero_()
            else:
                weight.normal_(0, weight[0].numel() ** -0.5)
        for name, kept in model.named_buffers():
            if name.endswith("inv_freq"):
                kept.copy_(inverse_frequencies(2 * len(kept)))
    model.eval()  # type: ignore[no-untyped-call]
    return model
