"""`--llm files:DIR`: prompts go into a file, answers come out of files, from a person or from any program.

What is asked at once lies in DIR/pending.json until DIR/answers/ID.txt is there for each of it. Answers stay, so a run
that goes on, or another strategy, asks only what is new. What was asked comes back whole or not at all: an empty file
is no answer yet, one that can never be one (a folder, bytes that are no UTF-8) ends the run with an error. Whoever
writes an answer writes it elsewhere and renames it, else half of it may be taken.

Knows no strategy and no terminal: whoever shows progress sets `on_wait`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from longvid.engine.backends.spoken import within_limit
from longvid.engine.request import Raw, Request, Stopped
from longvid.errors import LLMError
from longvid.files import as_text, read_bytes, write_whole

PREFIX = "files:"
CONTEXT = 16_384
"""Tokens of prompt and answer where nobody says otherwise."""
BYTES_PER_TOKEN = 4
"""About as English in a large vocabulary. Nobody knows who answers, so prompts and answers are estimated by it."""
BATCH = 200
"""Prompts shown together."""
POLL_SECONDS = 0.2
"""Between two looks for answers; what is asked for is a person's minutes, what ends the wait is a person's Ctrl-C."""
LARGEST = 64 << 20
"""Bytes of a file that is read at all."""
GONE = "gone"
"""In place of the digest of an answer that was taken once and is not there any more."""
_Stopped = Callable[[], bool]


def is_files(name: str) -> bool:
    """Whether `name` is `files:DIR`."""
    return name.startswith(PREFIX)


def directory_of(name: str) -> Path:
    """The folder that `files:DIR` names, as an absolute path. Raises LLMError where DIR is empty."""
    told = name.removeprefix(PREFIX)
    if not told.strip():
        raise LLMError(f"--llm {PREFIX} names no folder; write {PREFIX}DIR")
    return Path(told).expanduser().resolve()


class FilesLLM:
    """Implements `Backend` for requests without a clip."""

    batch = BATCH

    def __init__(self, name: str, *, context: int | None = None) -> None:
        """`name` is `files:DIR`; DIR is made where there is none. `context`: tokens of prompt and answer together.

        Raises LLMError for a folder that cannot be used.
        """
        self.directory = directory_of(name)
        self.context = context or CONTEXT
        self.on_wait: Callable[[int, int], None] = lambda done, total: None
        """Told, while there is waiting, how many of how many answers are there. Called from the engine's thread."""
        with self._usable():
            self._answers.mkdir(parents=True, exist_ok=True)
            self._taken = Taken(self.directory / "taken.txt", self._answers)
        place = hashlib.sha256(str(self.directory).encode(errors="surrogateescape")).hexdigest()[:16]
        self._identity = {"class": "files", "v": 1, "directory": place, "edition": self._taken.edition}

    @property
    def identity(self) -> Mapping[str, object]:
        """Not what the answers say, which is known only later: whose they are, and which edition of them."""
        return self._identity

    @property
    def pending(self) -> Path:
        """The file with what is asked."""
        return self.directory / "pending.json"

    @property
    def _answers(self) -> Path:
        return self.directory / "answers"

    def count(self, request: Request) -> int:
        return _tokens(request.prompt)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        """What the files say; waits for those that are not there. Raises LLMError, and Stopped once `stopped()`."""
        ids = [id_of(request, again=seed is not None) for request in requests]
        asked: dict[str, Request] = {}
        for name, request in zip(ids, requests, strict=True):
            # One file answers all who ask the same, so it must be short enough for each.
            if name not in asked or request.max_tokens < asked[name].max_tokens:
                asked[name] = request
        with self._usable():
            said = self._collect(asked)
            if len(said) < len(asked):
                self._wait(asked, said, stopped)
            self._taken.add({name: data for name, (_, data) in said.items()})
        return [_raw(said[name][0], request) for name, request in zip(ids, requests, strict=True)]

    def _wait(self, asked: Mapping[str, Request], said: dict[str, tuple[str, bytes]], stopped: _Stopped) -> None:
        """Ask for what is not in `said`, and add it there as it comes."""
        total = len(asked) - len(said)

        def look() -> dict[str, Request]:
            left = {name: request for name, request in asked.items() if name not in said}
            said.update(self._collect(left))
            left = {name: request for name, request in left.items() if name not in said}
            self.on_wait(total - len(left), total)
            return left

        lock = FileLock(self.directory / "lock")
        left = look()
        while left and not _claimed(lock):
            # Another run asks here; its answers may be ours too.
            _pause(stopped)
            left = look()
        try:
            if left:
                write_whole(self.pending, _questions(left))
            while left:
                _pause(stopped)
                left = look()
        finally:
            if lock.is_locked:
                self.pending.unlink(missing_ok=True)
                lock.release()

    def _collect(self, asked: Mapping[str, Request]) -> dict[str, tuple[str, bytes]]:
        """The answers that are there, as text and as bytes. Raises LLMError for a file that can be none."""
        found = {}
        for name in asked:
            path = self._answers / f"{name}.txt"
            try:
                data = read_bytes(path, LARGEST)
                text = data.decode("utf-8-sig").strip()
            except FileNotFoundError:
                continue
            except UnicodeDecodeError as error:
                raise LLMError(f"{as_text(path)} is not UTF-8; write it again, then run again to go on") from error
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or str(error)
                raise LLMError(
                    f"{as_text(path)} is no answer ({why}); put a text file there, then run again to go on"
                ) from error
            if text:
                found[name] = text, data
        return found

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Within it the folder is used. Raises LLMError where that fails."""
        try:
            yield
        except OSError as error:
            raise LLMError(
                f"{as_text(self.directory)} cannot hold prompts and answers ({error.strerror or error}); "
                f"name another with --llm {PREFIX}DIR"
            ) from error


class Taken:
    """What was read of the answers, kept in a file, so that a later run sees which were changed since.

    A line is `ID DIGEST`, or `edition TOKEN`. Lines are only ever added: runs that write at once lose nothing.
    """

    def __init__(self, path: Path, answers: Path) -> None:
        """Read `path` and compare it with the files in `answers`. Raises OSError where it cannot be written."""
        self._path = path
        self._known: dict[str, str] = {}
        self.edition = ""
        """Another one as soon as an answer that was taken says something else or is gone."""
        for line in self._lines():
            match line.split():
                case ["edition", token]:
                    self.edition = token
                case [name, digest]:
                    self._known[name] = digest
        taken = [name for name, digest in self._known.items() if digest != GONE]
        now = {name: _digest_of(answers / f"{name}.txt") for name in taken}
        changed = {name: digest for name, digest in now.items() if digest != self._known[name]}
        if changed or not self.edition:
            self.edition = secrets.token_hex(8)
            self._append({"edition": self.edition, **changed})
            self._known |= changed

    def add(self, answers: Mapping[str, bytes]) -> None:
        """Note that `answers` were taken. Raises OSError."""
        # What was changed while it was in use stays as it was taken: the next run is to see that.
        missing = [name for name in answers if self._known.get(name, GONE) == GONE]
        new = {name: hashlib.sha256(answers[name]).hexdigest() for name in missing}
        if new:
            self._append(new)
            self._known |= new

    def _lines(self) -> list[str]:
        try:
            return read_bytes(self._path, LARGEST).decode(errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except ValueError:
            # Nothing of ours is so large; what is lost with it is the trust in what runs have stored.
            self._path.unlink()
            return []

    def _append(self, pairs: Mapping[str, str]) -> None:
        # The first line may go on one that was broken off.
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + "".join(f"{name} {value}\n" for name, value in pairs.items()))


def id_of(request: Request, *, again: bool = False) -> str:
    """Names the answer to the prompt of `request`, the same on every run; `again`: the second, after one of no use."""
    return _sha256(request.prompt)[:16] + ("-again" if again else "")


def _questions(asked: Mapping[str, Request]) -> bytes:
    rows = [
        {"id": name, "kind": request.kind, "max_tokens": request.max_tokens, "prompt": request.prompt}
        for name, request in asked.items()
    ]
    # A lone surrogate becomes \udXXX, as JSON writes it.
    return (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


def _raw(text: str, request: Request) -> Raw:
    raw = Raw(text, "stop", _tokens(request.prompt), _tokens(text))
    return within_limit(raw, request, bytes_per_token=BYTES_PER_TOKEN)


def _tokens(text: str) -> int:
    return -(-len(text.encode(errors="surrogatepass")) // BYTES_PER_TOKEN)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _digest_of(path: Path) -> str:
    """The digest of the file at `path`; GONE where it cannot be read."""
    try:
        return hashlib.sha256(read_bytes(path, LARGEST)).hexdigest()
    except (OSError, ValueError):
        return GONE


def _claimed(lock: FileLock) -> bool:
    """Whether `lock` was free, and is ours now."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    return True


def _pause(stopped: _Stopped) -> None:
    if stopped():
        raise Stopped
    time.sleep(POLL_SECONDS)
