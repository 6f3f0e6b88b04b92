"""The tables of a benchmark on a terminal: every figure is there, however narrow it is."""

from __future__ import annotations

import io
import re
import sys

import pytest

from longvid_benchmarks.compare.tables import Sheet, show


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_column_is_cut_off(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    head = ("strategy", *(f"figure {i}" for i in range(12)))
    cells = [(name, *(f"{i}.25\n{i}.10 to {i}.30" for i in range(12))) for name in ("ledger", "chain-of-agents")]
    show([Sheet("Quality", head, tuple(cells))], [], [])
    text = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert all(len(line) <= columns for line in text.splitlines())
    for i in range(12):
        assert f"figure {i}" in text
        assert text.count(f"{i}.10 to {i}.30") >= 2
