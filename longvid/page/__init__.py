"""The page of a film: one HTML file in which every sentence opens what it rests on (docs/page.md).

It is made of the JSON that every run has, of the pictures in the run folder, and shows the film that lies beside it.
Knows no model, no strategy beyond what `ledger` keeps, and no film but by its name.
"""

from __future__ import annotations

from pathlib import Path

from longvid.output import FORMATS, PAGE, Report


def rendered(name: str, report: Report) -> str:
    """The text of the output file in the format `name`, one of `longvid.output.NAMES`."""
    if name != PAGE:
        return FORMATS[name](report)
    from longvid.page.rendering import render
    from longvid.page.told import told_of

    return render(told_of(report.as_json()), Path(report.run))


__all__ = ["rendered"]
