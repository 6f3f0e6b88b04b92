"""A model behind an address that speaks the OpenAI protocol: watches clips, and writes.

A clip goes out as JPEG images, each behind its time, or as one video; the question stands behind them. Calls run side
by side, each on its own: an answer is stored as it comes. What a server does not take of a request's ways of saying
things (the limit, the temperature, the seed) it says, and the request is written in another way.

Knows no film and no strategy. What is sent where the address is not this machine is decided before one is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from longvid.cogvlm2.estimates import Label
from longvid.engine.backends.spoken import within_limit, without_thoughts
from longvid.engine.pictures import PixelBudget
from longvid.engine.request import Finish, Raw, Request, Stopped
from longvid.engine.servers import held, shown, tokens
from longvid.engine.servers.addresses import Address
from longvid.engine.servers.client import Refuses, ServiceError, Withheld
from longvid.engine.servers.complaints import Complaint
from longvid.engine.servers.facts import Facts
from longvid.engine.servers.patience import POLL_SECONDS, Passing
from longvid.engine.servers.service import Service
from longvid.engine.servers.wording import MOST_WAYS
from longvid.errors import LongvidError
from longvid.film import read_clip

CONTEXT = 16_384
"""Tokens of prompt and answer where nobody says otherwise."""
PICTURE = PixelBudget()
MOST_CONTEXT = 32_768
"""A server's longer context is used only where the user says so: answers may take a third of it, and few hosted models
write more than 16,384 tokens."""
WHOLE = frozenset({"stop", "eos", "end_turn", "stop_sequence"})
CUT_OFF = frozenset({"length", "max_tokens", "model_length"})
AHEAD = 4
"""Clips that are made ready while all calls are in flight: each takes about 40 ms of a core, and 1 MB."""


class EndpointBackend:
    """Implements `Backend` for requests with and without a clip; may be called from several threads at once."""

    remote = True
    counts_slowly = True
    """Counting asks the server: see `Engine`."""
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
        beside: EndpointBackend | None = None,
    ) -> None:
        """Ask the server what it is. `error` is what failures are raised as; `picture`: of a frame;
        `watches`: whether it is shown any; `video`: a clip goes out as one MP4.

        `context`, `at_once`: what the user says of it; `seconds`: in which an answer must be whole; `beside`: another
        model of this command, with which it shares the server where that is the same. Raises `error` where nobody
        answers there.
        """
        self.address, self.picture, self.label, self.video = address, picture, label, video
        self.watches = watches
        self._error = error
        try:
            shared = beside.service if beside is not None and beside.service.serves(address) else None
            self.service: Service = shared or Service(address, seconds=seconds, at_once=at_once)
            self._served = self.service.model(address)
        except ServiceError as fault:
            raise error(str(fault)) from fault
        told = self.facts.context
        self.context = context or (CONTEXT if told is None else min(told, MOST_CONTEXT))
        self.batch = self.service.batch

    @property
    def facts(self) -> Facts:
        """What the server says of itself and the model."""
        return self._served.facts

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
        """Questions sent so far to the server, those that failed and those of a model beside it among them."""
        return self.service.client.sent[self._url]

    @property
    def _url(self) -> str:
        return f"{self.address.url}/chat/completions"

    def count(self, request: Request) -> int:
        return self._taken(request.prompt, len(request.clip.times) if request.clip is not None else 0)

    def room(self, frames: int, question: str, most: int) -> int:
        """Tokens that `question` about so many frames leaves for an answer, at most `most`; 0 where it leaves none."""
        return max(0, min(most, self.context - self._taken(question, frames)))

    def _taken(self, prompt: str, frames: int) -> int:
        return tokens.TEMPLATE + self._served.tokens(prompt) + frames * tokens.frame_tokens(self.picture.pixels)

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
        while not self.service.slots.acquire(timeout=POLL_SECONDS):
            if stopped():
                raise Stopped
        try:
            return self._asked(messages, request, seed, stopped)
        finally:
            self.service.slots.release()

    def _asked(self, messages: list[Any], request: Request, seed: int | None, stopped: Callable[[], bool]) -> Raw:
        client, wording = self.service.client, self._served.wording
        for _ in range(MOST_WAYS):
            if stopped():
                raise Stopped
            body = wording.body(self.facts.model, messages, request.max_tokens, seed, request.line)
            try:
                said = client.post(self._url, body, lambda said: self._raw(said, request), stopped=stopped)
            except Withheld:
                return Raw("", "refused", self.count(request), 0)
            except Refuses as refused:
                if not wording.learn(refused.complaint, body):
                    remedy = self._remedy(refused.complaint, request)
                    raise ServiceError(f"{self.address.host} did not answer: {refused}; {remedy}") from refused
            else:
                return within_limit(said, request)
        raise ServiceError(f"{self.address.host} takes no way of asking; check that it is a chat model's address")

    def _remedy(self, complaint: Complaint, request: Request) -> str:
        if complaint.too_long:
            return (
                "choose a smaller --model-context, or fewer --frames"
                if request.clip
                else "choose a smaller --llm-context"
            )
        if request.clip is not None and complaint.about_pictures:
            return "name a model that sees pictures"
        return "check the model's name and what the server takes"

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
            if self.label != "none":
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
