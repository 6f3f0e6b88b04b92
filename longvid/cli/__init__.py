"""The command line. One command a file; each parses, calls and prints. Nothing heavy is imported before a command runs,
so that help answers at once."""

from longvid.cli.main import main

__all__ = ["main"]
