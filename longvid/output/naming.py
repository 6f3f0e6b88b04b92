"""What output files are called, so that none replaces one that says something else. Knows names and numbers alone."""

from __future__ import annotations


def output_name(
    strategy: str,
    variant: str | None = None,
    carry: str | None = None,
    hearing: str | None = None,
    *,
    start: float | None = None,
    end: float | None = None,
) -> str:
    """The part of an output's name between the film's and the format's: the strategy, a `variant` that stands for its
    settings, how chunks were told of one another, what was told of the dialogue, and the range (seconds); what is None
    is as by default.

    "ledger", "ledger-1f2e3d.cast.0h10m00s-0h20m00s".
    """
    parts = [strategy if variant is None else f"{strategy}-{variant}"]
    parts += [part for part in (carry, hearing) if part is not None]
    if start or end is not None:
        parts.append(f"{_moment(start or 0.0)}-{'end' if end is None else _moment(end)}")
    return ".".join(parts)


def _moment(seconds: float) -> str:
    """ "0h01m30s", with a fraction only where there is one."""
    minutes, millis = divmod(round(seconds * 1000), 60_000)
    rest = f"{millis // 1000:02}" + f".{millis % 1000:03}".rstrip("0").rstrip(".")
    return f"{minutes // 60}h{minutes % 60:02}m{rest}s"
