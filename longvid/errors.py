"""Errors that a user can cause or mend.

    LongvidError                exit status 1
    |-- FilmError               a film that cannot be read
    |-- CaptionsError           captions from a file that cannot be used
    |-- SpeechError             speech that cannot be heard as asked
    |-- CarryError              chunks that cannot be told of one another as asked
    |-- ModelError              a checkpoint that is missing, broken or too large for this machine
    |   `-- PromptTooLong       prompt and answer exceed the model's context
    |-- RunError                a run folder that is damaged or cannot be written
    |   `-- RunInUse            a run folder that another longvid is at work on
    |-- BatchError              films of a batch that cannot be found, or results that cannot be kept
    |-- DataError               a data set for training that cannot be read, made or written
    |-- TrainingError           a training that cannot be begun, or gone on with
    |-- StrategyError           an unknown, broken or misconfigured strategy
    |   `-- UnknownStrategy     a name that no strategy has
    `-- LLMError                an LLM that is not installed or does not answer

Every message is one line and says what, where and the remedy. Whatever is not a LongvidError is a fault of longvid.
"""

from __future__ import annotations


class LongvidError(Exception):
    """The root: one clear line for the user; exit status 1."""


class FilmError(LongvidError):
    """A film cannot be read; the message names the file and the remedy."""


class CaptionsError(LongvidError):
    """Captions from a file cannot be used; the message names the file and the line."""


class SpeechError(LongvidError):
    """Speech cannot be heard as asked: the extra, the checkpoint or the audio track; the message holds the remedy."""


class CarryError(LongvidError):
    """Chunks cannot be told of one another as asked; the message names the file and the line, or the remedy."""


class ModelError(LongvidError):
    """A checkpoint is missing, broken or does not fit."""


class PromptTooLong(ModelError):
    """Prompt and answer together exceed the context; the message holds both numbers."""


class RunError(LongvidError):
    """A run folder is locked, damaged or cannot be written."""


class RunInUse(RunError):
    """Another longvid is at work on the run folder that the message names."""


class BatchError(LongvidError):
    """Films of a batch cannot be found, a manifest is faulty, or its results cannot be kept; the message says where."""


class DataError(LongvidError):
    """A data set for training cannot be read, made or written; the message names the file and the row."""


class TrainingError(LongvidError):
    """A training cannot be begun or gone on with: its recipe, its folder, or a library that is missing."""


class StrategyError(LongvidError):
    """A strategy is unknown, broken or wrongly configured."""


class UnknownStrategy(StrategyError):
    """No strategy has the name that was given, or it is no name at all; wrong usage where an option gave it."""


class LLMError(LongvidError):
    """An LLM is not installed or failed to answer."""
