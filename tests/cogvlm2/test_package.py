"""The package stands alone and is light until it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import longvid.cogvlm2

LIGHT = ("", ".sampling", ".frames", ".estimates", ".geometry", ".checkpoint", ".errors", ".prompts")


def test_light_parts_import_neither_torch_nor_transformers() -> None:
    names = [f"longvid.cogvlm2{name}" for name in LIGHT]
    code = f"import sys, {', '.join(names)}; assert not {{'torch', 'transformers'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_imports_nothing_else_of_longvid() -> None:
    for path in Path(longvid.cogvlm2.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, path
                assert not (node.module or "").startswith("longvid"), path
            elif isinstance(node, ast.Import):
                assert not any(alias.name.startswith("longvid") for alias in node.names), path


def test_public_names_are_the_three_classes() -> None:
    assert longvid.cogvlm2.__all__ == [
        "CogVLM2VideoConfig",
        "CogVLM2VideoForConditionalGeneration",
        "CogVLM2VideoProcessor",
    ]
    assert all(isinstance(getattr(longvid.cogvlm2, name), type) for name in longvid.cogvlm2.__all__)
    assert set(longvid.cogvlm2.__all__) <= set(dir(longvid.cogvlm2))
    with pytest.raises(AttributeError, match="no attribute 'Other'"):
        _ = longvid.cogvlm2.Other
