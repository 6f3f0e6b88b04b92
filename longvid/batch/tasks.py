"""What is to be done with each film: named by the film's content and by all options that decide its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from longvid.batch.manifest import Entry
from longvid.batch.stores import Known, look
from longvid.errors import FilmError
from longvid.files import as_text
from longvid.film import fingerprint
from longvid.pipeline.job import Job
from longvid.run import key_of
from longvid.strategy.registry import identity

Order = Literal["given", "name", "smallest", "largest", "newest"]
NOTHING = Known()
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True)
class Task:
    """A film and what to do with it."""

    key: str
    """Hash of the film's content and all that decides its outputs; of its path where it cannot be read."""
    asked: str
    """The part of it that hashes the options alone."""
    path: Path
    job: Job
    options: Mapping[str, str]
    """What the manifest said of this film."""
    fingerprint: str | None
    """Hash of the film's content, hex; None where it cannot be read."""
    also: tuple[str, ...] = ()
    """Other files with the same content and the same options."""
    address: str = ""
    """Of a film in a store; `path` is where it is put for its turn."""
    known: Known = NOTHING
    """What the store says of it."""

    @property
    def name(self) -> str:
        """Where it lies: its absolute path, or its address."""
        return self.address or as_text(self.path.absolute())


def plan_tasks(
    entries: Sequence[Entry],
    job_of: Callable[[Entry], Job],
    named: Mapping[str, Any],
    order: Order = "given",
    fetched: Path = Path(),
) -> list[Task]:
    """One task for each film and set of options among `entries`. `named`: how the models were named, JSON-plain;
    `fetched`: the folder for films that are in stores."""
    tasks: dict[str, Task] = {}
    in_stores = look(entry.address for entry in entries if entry.address)
    for entry in entries:
        job, known = job_of(entry), in_stores.get(entry.address, Known())
        path = fetched / entry.path if entry.address else entry.path
        try:
            film = known.fingerprint if entry.address else fingerprint(path)
        except FilmError:  # told when its turn comes
            film = None
        what = {"film": film} if film else {"path": entry.name}
        asked = key_of({"job": describe(job), "models": dict(named)})
        key = key_of(what | {"asked": asked})
        if same := tasks.get(key):
            if entry.name not in (same.name, *same.also):
                tasks[key] = replace(same, also=(*same.also, entry.name))
        else:
            tasks[key] = Task(key, asked[:16], path, job, entry.options, film, (), entry.address, known)
    found = list(tasks.values())
    if order == "name":
        found.sort(key=lambda task: task.path.name)
    elif order != "given":
        found.sort(key=lambda task: _about(task, order), reverse=order != "smallest")
    return found


def describe(job: Job) -> dict[str, Any]:
    """All of `job` that decides what the outputs say and which there are, JSON-plain."""
    speech = job.listening.speech
    subtitles = job.listening.subtitles
    return {
        "strategy": [identity(type(job.strategy)), job.strategy.version],
        "settings": job.strategy.config.model_dump(mode="json", by_alias=True),
        "read": asdict(job.read),
        "seed": job.seed,
        "words": job.words,
        "formats": [*sorted(job.formats), job.evidence, job.show_dialogue],
        "carry": job.carry.describe(),
        "hearing": job.hears,
        "subtitles": as_text(str(subtitles if subtitles.file is None else subtitles.file.absolute())),
        "speech": None if speech is None else [speech.model, str(speech.audio), speech.translate],
    }


def _about(task: Task, order: Order) -> float:
    if task.address:
        return 0 if order == "newest" else task.known.size
    try:
        found = task.path.stat()
    except OSError:
        return 0
    return found.st_mtime if order == "newest" else found.st_size
