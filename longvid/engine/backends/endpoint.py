"""A model behind an address that speaks the OpenAI protocol: watches clips, and writes.

A clip goes out as JPEG images, each behind its time, or as one video; the question stands behind them. Calls run side
by side, each on its own: an answer is stored as it comes. What a server does not take of a request's ways of saying
things (the limit, the temperature, the seed) it says, and the request is written in another way.

Knows no film and no strategy. What is sent where the address is not this machine is decided before one is made.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from longvid.cogvlm2.estimates import Label
from longvid.engine.backends.spoken import within_limit, without_thoughts
from longvid.engine.pictures import PixelBudget
from longvid.engine.request import Finish, Raw, Request, Stopped
from longvid.engine.servers import held, shown, tokens
from longvid.engine.servers.addresses import Address
from longvid.engine.servers.client import Client, Refuses, ServiceError, Withheld
from longvid.engine.servers.facts import Facts, ask, counted
from longvid.engine.servers.patience import POLL_SECONDS, Passing
from longvid.errors import LongvidError
from longvid.film import read_clip

CONTEXT = 16_384
"""Tokens of prompt and answer where nobody says otherwise."""
PICTURE = PixelBudget()
MOST_CONTEXT = 32_768
"""A server's longer context is used only where the user says so: answers may take a third of it, and few hosted models
write more than 16,384 tokens."""
AT_ONCE, AT_ONCE_HERE = 8, 2
"""Calls in flight, where neither the user nor the server says: on servers for many, and on those for one person."""
FOR_ONE = frozenset({"llamacpp", "lmstudio", "ollama"})
TEMPERATURE, TOP_P = 0.7, 0.9
"""Of the one retry after a looping or empty answer."""
WHOLE = frozenset({"stop", "eos", "end_turn", "stop_sequence"})
CUT_OFF = frozenset({"length", "max_tokens", "model_length"})
UNTHINKING = {"chat_template_kwargs": {"enable_thinking": False}}
"""How servers with the model's own template are asked for no thinking aloud."""
LIMITS = ("max_tokens", "max_completion_tokens")
"""How the limit of an answer is written: as all servers knew it, and as OpenAI wants it now."""
LEFT_OUT = ("temperature", "top_p", "seed", "chat_template_kwargs", held.FIELD)
"""What can be left out of a request that a server does not take."""
AHEAD = 4
"""Clips that are made ready while all calls are in flight: each takes about 40 ms of a core, and 1 MB."""
MOST_COUNTED = 50_000
"""Lines whose tokens are remembered."""


class EndpointBackend:
    """Implements `Backend` for requests with and without a clip; may be called from several threads at once."""

    remote = True
    repeats = False
    """Another try may be answered in another way: see `Engine`."""

    def __init__(
        self,
        address: Address,
        *,
        error: type[LongvidError],
        picture: PixelBudget = PICTURE,
        watches: bool = True,
        label: Label = "seconds",
        video: bool = False,
        context: int | None = None,
        at_once: int | None = None,
        seconds: float = 600.0,
    ) -> None:
        """Ask the server what it is. `error` is what failures are raised as; `picture`: of a frame;
        `watches`: whether it is shown any; `video`: a clip goes out as one MP4.

        `context`, `at_once`: what the user says of it; `seconds`: in which an answer must be whole. Raises `error`
        where nobody answers there.
        """
        self.address, self.picture, self.label, self.video = address, picture, label, video
        self.watches = watches
        self._error = error
        self.client = Client(address, seconds=seconds)
        try:
            self.facts: Facts = ask(self.client)
        except ServiceError as fault:
            raise error(str(fault)) from fault
        told = self.facts.context
        self.context = context or (CONTEXT if told is None else min(told, MOST_CONTEXT))
        self.batch = at_once or self.facts.at_once or (AT_ONCE_HERE if self.facts.kind in FOR_ONE else AT_ONCE)
        self._slots = threading.BoundedSemaphore(self.batch)
        self._limit = LIMITS[1 if self.facts.kind == "openai" else 0]
        self._without: frozenset[str] = frozenset()
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def identity(self) -> Mapping[str, object]:
        """Who is asked and how. What a server has behind a name it does not say, so another model is another name."""
        told = {"class": "endpoint", "v": 1, "address": self.address.url, "model": self.facts.model}
        if not self.watches:
            return told
        return told | {"shows": "video" if self.video else ["jpeg", shown.QUALITY, self.label]}

    @property
    def workers(self) -> int:
        """Threads that keep so many calls in flight: some make pictures ready while others wait for answers."""
        return self.batch + min(self.batch, AHEAD)

    @property
    def elsewhere(self) -> str | None:
        """Where it is, None for this machine."""
        return None if self.address.is_here else self.address.host

    @property
    def requests(self) -> int:
        """Questions sent so far, those that failed among them."""
        return self.client.sent[self._url]

    @property
    def _url(self) -> str:
        return f"{self.address.url}/chat/completions"

    def count(self, request: Request) -> int:
        return self._taken(request.prompt, len(request.clip.times) if request.clip is not None else 0)

    def room(self, frames: int, question: str, most: int) -> int:
        """Tokens that `question` about so many frames leaves for an answer, at most `most`; 0 where it leaves none."""
        return max(0, min(most, self.context - self._taken(question, frames)))

    def _taken(self, prompt: str, frames: int) -> int:
        return tokens.TEMPLATE + self._tokens(prompt) + frames * tokens.frame_tokens(self.picture.pixels)

    def _tokens(self, text: str) -> int:
        """By the server's tokenizer line by line, since prompts share their lines; no line ends inside a token."""
        if self.facts.tokenizer is None:
            return tokens.estimated(text)
        total = 0
        for line in text.splitlines(keepends=True):
            if line not in self._counts:
                if len(self._counts) >= MOST_COUNTED:
                    self._counts.clear()
                try:
                    self._counts[line] = counted(self.client, self.facts, line)
                except ServiceError as fault:
                    raise self._error(str(fault)) from fault
            total += self._counts[line]
        return total

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        """One result a request, one after another. Raises the error of its making where the server does not answer."""
        try:
            return [self._answer(request, seed, stopped) for request in requests]
        except ServiceError as fault:
            raise self._error(f"{self.address.name}: {fault}") from fault

    def _answer(self, request: Request, seed: int | None, stopped: Callable[[], bool]) -> Raw:
        try:
            messages = [{"role": "user", "content": self._content(request)}]
        except (ValueError, OSError) as fault:  # libav's errors among them
            raise self._error(f"{self.address.name}: a clip cannot be encoded ({fault}); try other --pixels") from fault
        while not self._slots.acquire(timeout=POLL_SECONDS):
            if stopped():
                raise Stopped
        try:
            return self._asked(messages, request, seed, stopped)
        finally:
            self._slots.release()

    def _asked(self, messages: list[Any], request: Request, seed: int | None, stopped: Callable[[], bool]) -> Raw:
        for _ in range(len(LIMITS) + len(LEFT_OUT)):
            if stopped():
                raise Stopped
            limit, without = self._limit, self._without
            body = self._body(messages, request, seed, limit, without)
            try:
                return within_limit(
                    self.client.post(self._url, body, lambda said: self._raw(said, request), stopped=stopped), request
                )
            except Withheld:
                return Raw("", "refused", self.count(request), 0)
            except Refuses as refused:
                if held.FIELD in body:
                    # Not every model of a server that decodes within a schema does, and few say that it is this.
                    self._without |= {held.FIELD}
                elif not self._learn(str(refused), limit, without):
                    raise ServiceError(
                        f"{self.address.host} did not answer: {refused}; {self._remedy(str(refused), request)}"
                    ) from refused
        raise ServiceError(f"{self.address.host} takes no way of asking; check that it is a chat model's address")

    def _remedy(self, said: str, request: Request) -> str:
        if re.search(r"context|too long|token", said, re.IGNORECASE):
            return (
                "choose a smaller --model-context, or fewer --frames"
                if request.clip
                else "choose a smaller --llm-context"
            )
        if request.clip is not None and re.search(r"image|video|vision|multimodal|content", said, re.IGNORECASE):
            return "name a model that sees pictures"
        return "check the model's name and what the server takes"

    def _learn(self, said: str, limit: str, without: frozenset[str]) -> bool:
        """Write requests in another way after a server said what it does not take. Whether there is another way."""
        named = next((name for name in LEFT_OUT if name in said and name not in without), None)
        with self._lock:
            if limit in said and LIMITS[1] in said and limit != LIMITS[1]:
                self._limit = LIMITS[1]
            elif named is not None:
                self._without = self._without | {named}
            else:
                # Another call may have learnt it in the meantime.
                return (self._limit, self._without) != (limit, without)
        return True

    def _body(
        self, messages: list[Any], request: Request, seed: int | None, called: str, without: frozenset[str]
    ) -> dict[str, object]:
        body: dict[str, object] = {"model": self.facts.model, "messages": messages, called: request.max_tokens}
        body |= {"temperature": 0.0} | held.held_to(self.facts.kind, request.line)
        if seed is not None:
            body |= {"temperature": TEMPERATURE, "top_p": TOP_P, "seed": seed}
        if self.facts.kind in ("vllm", "sglang", "llamacpp"):
            body |= UNTHINKING
        return {name: value for name, value in body.items() if name not in without}

    def _content(self, request: Request) -> str | list[dict[str, object]]:
        """The prompt, or what a clip shows and then the prompt."""
        if request.clip is None:
            return request.prompt
        clip, times = read_clip(request.clip.path), request.clip.times
        told: dict[str, object] = {"type": "text", "text": request.prompt}
        if self.video:
            return [{"type": "video_url", "video_url": {"url": shown.mp4(clip, times)}}, told]
        parts: list[dict[str, object]] = []
        for index, (frame, time) in enumerate(zip(clip.frames, times, strict=True)):
            name = f"{time:.1f} s:" if self.label == "seconds" else f"{index}:"
            parts.append({"type": "text", "text": name})
            parts.append({"type": "image_url", "image_url": {"url": shown.jpeg(frame)}})
        return [*parts, told]

    def _raw(self, said: Any, request: Request) -> Raw:
        """What an answer says. Raises Passing where it is none."""
        choices = said.get("choices") if isinstance(said, Mapping) else None
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
            raise Passing("what it answers holds no answer")
        if choice.get("error"):
            raise Passing("its answer broke off with an error")
        text = _text(message.get("content"))
        if text is None:
            raise Passing("what it answers holds no text")
        finish = _finish(choice.get("finish_reason"))
        if message.get("refusal") and not text:
            finish = "refused"
        usage = said.get("usage")
        asked, used = (
            _number(usage.get(name)) if isinstance(usage, Mapping) else None
            for name in ("prompt_tokens", "completion_tokens")
        )
        spoken = without_thoughts(text)
        if request.line is not None:
            spoken = held.as_lines(spoken)
        return Raw(
            spoken,
            finish,
            self.count(request) if asked is None else asked,
            tokens.estimated(text) if used is None else used,
        )


def _text(content: object) -> str | None:
    """The text of a message, which may be in parts; None where it is no text."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
        return "".join(parts) if all(isinstance(part, str) for part in parts) else None  # type: ignore[arg-type]
    return content if isinstance(content, str) else None


def _finish(reason: object) -> Finish:
    """Why an answer ended. What is not known to be whole is not to be used."""
    if reason is None or str(reason).lower() in WHOLE:
        return "stop"
    return "length" if str(reason).lower() in CUT_OFF else "refused"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31 else None
