"""Data sets of dialogues about videos, in the forms that the standard tools for training read.

    samples = read(Path("train.jsonl"))
    write(Path("train.llava.json"), samples, form="llava")

A sample is the same whichever form it came in. Knows no model, and opens no video.
"""

from longvid.training.data.files import Form, read, require_readable, write
from longvid.training.data.sample import Role, Sample, Turn

__all__ = ["Form", "Role", "Sample", "Turn", "read", "require_readable", "write"]
