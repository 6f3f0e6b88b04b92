"""`longvid doctor`: what this machine has, for a person and for a bug report."""

from __future__ import annotations

import platform
import shutil
import sys

import typer

from longvid import __version__
from longvid.cli import options as o

PACKAGES = (
    "torch", "transformers", "av", "scenedetect-headless", "langgraph", "langgraph-checkpoint-sqlite", "safetensors",
    "huggingface-hub", "typer",
)  # fmt: skip


def doctor(as_json: o.JsonAlone = False) -> None:
    """Print versions, devices, decoders, bundled models and cache folders."""
    from longvid.cli.running import print_json

    found = _facts()
    if as_json:
        print_json(found)
        return
    for title, facts in found.items():
        typer.echo(f"{title}:")
        for name, value in facts.items():
            typer.echo(f"  {name}: {value}")


def _facts() -> dict[str, dict[str, str]]:
    import os
    from importlib.metadata import PackageNotFoundError, version

    import av
    import psutil
    import torch

    from longvid.cli.console import log_path
    from longvid.cogvlm2.hub import hub_cache
    from longvid.engine.catalog import read_card
    from longvid.engine.device import gigabytes
    from longvid.engine.finding import existing
    from longvid.models import bundled

    versions = {"longvid": __version__, "python": sys.version.split()[0], "system": platform.platform()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "MISSING"
    memory = psutil.virtual_memory()
    devices = {"cpu": f"{os.cpu_count()} cores, {gigabytes(memory.available)} of {gigabytes(memory.total)} free"}
    for index in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(index)
        devices[f"cuda:{index}"] = f"{torch.cuda.get_device_name(index)}, {gigabytes(free)} of {gigabytes(total)} free"
    decoders = {}
    for codec in ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "prores"):
        try:
            decoders[codec] = f"yes ({av.Codec(codec, 'r').name})"
        except ValueError:
            decoders[codec] = "no"
    models = {
        name: f"comes with longvid; made for {read_card(folder).made_for or 'all films'}"
        for name, folder in bundled().items()
    }
    cache = hub_cache()
    folders = {
        "models": str(cache),
        "free there": gigabytes(shutil.disk_usage(existing(cache)).free),
        "HF_HOME": os.environ.get("HF_HOME", "not set"),
        "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "not set"),
        "log": str(log_path()),
    }
    return {"versions": versions, "devices": devices, "decoders": decoders, "models": models, "folders": folders}
