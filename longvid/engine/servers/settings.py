"""What the user says of servers and services that are asked, and how one is opened by it.

Nothing leaves this machine unless the user allows it: that is seen to here, before anything is sent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from longvid.cogvlm2.estimates import Label
from longvid.engine.jobs import Usage, is_remote
from longvid.engine.pictures import PixelBudget
from longvid.engine.prompts import CAPTION
from longvid.engine.servers.addresses import read_address
from longvid.errors import LLMError, LongvidError, ModelError
from longvid.text.shown import clean

if TYPE_CHECKING:
    from longvid.engine.backends.endpoint import EndpointBackend
    from longvid.engine.backends.langchain import LangChainLLM
    from longvid.engine.opened import Models
    from longvid.engine.request import Backend


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in whatever currency the user thinks."""

    prompt: float
    answer: float

    def of(self, prompt_tokens: int, answer_tokens: int) -> float:
        """Of so many tokens."""
        return (self.prompt * prompt_tokens + self.answer * answer_tokens) / 1e6


@dataclass(frozen=True, slots=True)
class Prices:
    """What the model and the LLM cost; None where the user does not say."""

    model: Price | None = None
    llm: Price | None = None


NO_PRICES = Prices()


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How servers are asked."""

    allow_remote: bool = False
    """Whether what is needed may be sent to other machines."""
    concurrency: int | None = None
    """Calls in flight; None: by the server."""
    timeout: float = 600.0
    """Seconds in which an answer must be whole."""
    video: bool = False
    """Whether a clip goes out as one video in place of images."""
    model_context: int | None = None
    """Tokens that the model that watches takes; None: by the server."""
    prices: Prices = NO_PRICES

    def require_used(self, *backends: Backend | None) -> None:
        """Raise ModelError where the user says something of servers and none of `backends` is one."""
        watches = any(getattr(backend, "watches", False) for backend in backends)
        for name, said in (("--frames-as video", self.video), ("--model-context", self.model_context is not None)):
            if said and not watches:
                raise ModelError(f"the model that watches is no server, or nobody watches; leave out {name}")
        if self.concurrency is not None and not any(map(is_remote, backends)):
            raise ModelError("no server is asked; --batch-size says how many calls run together here")


SERVERS = ServerSettings()


def open_server(
    name: str,
    error: type[LongvidError],
    settings: ServerSettings,
    context: int | None,
    picture: PixelBudget | None = None,
    label: Label | None = None,
) -> EndpointBackend:
    """The model behind the address `name`. `picture` None: it only writes. Raises `error`."""
    from longvid.engine.backends.endpoint import EndpointBackend

    try:
        address = read_address(name)
    except ValueError as fault:
        raise error(str(fault)) from fault
    if not address.is_here:
        require_allowed(address.host, settings, error)
    return EndpointBackend(
        address,
        error=error,
        picture=picture or PixelBudget(),
        watches=picture is not None,
        label=label or "seconds",
        video=settings.video,
        context=context,
        at_once=settings.concurrency,
        seconds=settings.timeout,
    )


def open_watcher(
    name: str, settings: ServerSettings, template: str, label: Label | None, pixels: int | None, frames: int
) -> EndpointBackend:
    """The model behind the address `name`, to be shown clips of so many frames. Raises ModelError."""
    if template != "auto":
        raise ModelError(f"{name} has a template of its own; leave out --template")
    picture = PixelBudget() if pixels is None else PixelBudget(pixels)
    made = open_server(name, ModelError, settings, settings.model_context, picture, label)
    if not made.room(frames, CAPTION, 1):
        raise ModelError(
            f"{frames} frames of {picture.pixels} pixels leave no room for an answer in {made.context} tokens; choose "
            "fewer --frames, smaller --pixels or, where the server takes more, --model-context"
        )
    return made


def open_hosted(name: str, settings: ServerSettings, context: int | None) -> LangChainLLM:
    """The chat model of LangChain called `name`. Raises LLMError."""
    from longvid.engine.backends.langchain import LangChainLLM

    made = LangChainLLM(name, context=context, at_once=settings.concurrency)
    if made.elsewhere:
        require_allowed(made.elsewhere, settings, LLMError)
    return made


def require_allowed(where: str, settings: ServerSettings, error: type[LongvidError]) -> None:
    """Raise `error` where nothing may be sent to `where`, which is not this machine."""
    if not settings.allow_remote:
        raise error(
            f"{clean(where)} is not this machine: what is to be told of the film would be sent there; allow it with "
            "--allow-remote"
        )


def sent(captioner: Backend | None, llm: Backend, hearing: str) -> list[str]:
    """A line for each place elsewhere that is asked, with what it is sent: said before anything is. `hearing` is what
    is told of the dialogue."""
    texts = {"none": "captions", "said-only": "dialogue"}.get(hearing, "captions and dialogue")
    found: dict[str, list[str]] = {}
    for backend, what in ((captioner, "frames of the film, with questions"), (llm, texts)):
        if where := getattr(backend, "elsewhere", None):
            found.setdefault(str(where), []).append(what)
    return [f"sent to {clean(where)}: {', '.join(what)}" for where, what in found.items()]


def requests_of(models: Models) -> int | None:
    """Questions that were sent to servers so far, those that failed among them; None where none is asked."""
    servers = [backend for backend in (models.captioner, models.llm) if is_remote(backend)]
    return sum(getattr(backend, "requests", 0) for backend in servers) if servers else None


def usage_of(models: Models, watched: Usage, written: Usage, before: int | None) -> dict[str, Any]:
    """What a run asked of its models, in JSON; nothing where it asked no server and no price is known. `before` is what
    `requests_of` said when it began."""
    prices, sent = models.prices, requests_of(models)
    if sent is None and prices == NO_PRICES:
        return {}
    roles = {"model": (watched, prices.model), "llm": (written, prices.llm)}
    told: dict[str, Any] = {name: _told(usage, price) for name, (usage, price) in roles.items() if usage.answers}
    return told if sent is None else told | {"requests": sent - (before or 0)}


def _told(usage: Usage, price: Price | None) -> dict[str, Any]:
    """What `usage` says in JSON, with what it cost where that is known."""
    told: dict[str, Any] = asdict(usage)
    if price is not None:
        told["cost"] = round(price.of(usage.prompt_tokens, usage.answer_tokens), 6)
    return told
