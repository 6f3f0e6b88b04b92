"""Whether torchvision, which transformers' video processors compute with, is there and fits torch. Loads no model.

torchvision holds code built for one release and one build of torch: beside another it does not import.
"""

from __future__ import annotations

import re
from importlib import metadata

from longvid.errors import ModelError


def require_torchvision(model: str) -> None:
    """Raise ModelError, one line with the command that helps, unless torchvision can be used for `model`."""
    import torch

    wanted = fitting(torch.__version__)
    try:
        has = metadata.version("torchvision")
    except metadata.PackageNotFoundError:
        raise ModelError(
            f"{model} needs torchvision for its pictures, and it is not installed: pip install 'longvid[video]', or "
            f"pip install '{wanted}' from where torch {torch.__version__} came"
        ) from None
    try:
        import torchvision.transforms.v2.functional  # noqa: F401
    # Beside another build of torch its own code is not loaded, and then names are missing in whatever it does next.
    except Exception as error:
        line = " ".join(str(error).split())[:120] or type(error).__name__
        release = torch.__version__.partition("+")[0]
        raise ModelError(
            f"{model} needs torchvision for its pictures, and torchvision {has} does not fit torch {torch.__version__} "
            f"here ({line}); take both from one place: pip install --force-reinstall 'torch==={release}' '{wanted}'"
        ) from error


def fitting(torch: str) -> str:
    """The requirement of the torchvision made for release `torch`: 0.28 for torch 2.13, and so on."""
    match = re.match(r"2\.(\d+)", torch)
    return f"torchvision==0.{int(match[1]) + 15}.*" if match else "torchvision"
