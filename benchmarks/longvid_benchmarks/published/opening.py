"""Options of the commands that ask a model here, declared once, and the model that they open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli.groups import ServerOptions

if TYPE_CHECKING:
    from longvid.cogvlm2.estimates import Label
    from longvid.engine.models import Models
    from longvid.engine.request import Backend


@dataclass(frozen=True)
class ModelOptions(ServerOptions):
    """Which model is asked, and how it is shown its frames."""

    model: o.ModelId = o.DEFAULT_MODEL
    pixels: p.Pixels = None
    template: o.TemplateOption = o.Template.auto
    device: o.Device = None
    dtype: o.DtypeOption = None
    batch_size: o.BatchSize = None

    def opened(self, frames: int, label: Label | None = None, llm: str | None = "none") -> Models:
        """The model, for so many `frames`; `llm` None is the model itself or what comes with it. Raises ModelError."""
        from longvid.engine.models import open_models

        return open_models(
            self.model,
            llm=llm,
            template=self.template.value,
            label=label,
            frames=frames,
            pixels=self.pixels,
            servers=self.settings(),
            device=self.device,
            dtype=self.dtype.value if self.dtype else None,
            batch=self.batch_size,
        )

    def judge(self, name: str) -> Backend:
        """The language model `name`, which reads answers. Raises ModelError and LLMError."""
        from longvid.engine.models import open_llm_models

        return open_llm_models(name, device=self.device, servers=self.settings()).llm
