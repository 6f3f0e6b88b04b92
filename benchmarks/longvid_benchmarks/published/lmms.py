"""The models for lmms-eval, as its group of entry points asks for them. Nothing of it is imported before then."""

from __future__ import annotations

from typing import Any


def manifests() -> list[Any]:
    """The models that lmms-eval is told of."""
    from lmms_eval.models.registry_v2 import ModelManifest

    room = "longvid_benchmarks.published"
    return [
        ModelManifest("longvid_clip", simple_class_path=f"{room}.lmms_clip.LongvidClip", aliases=("longvid",)),
        ModelManifest("longvid_film", simple_class_path=f"{room}.lmms_film.LongvidFilm"),
    ]
