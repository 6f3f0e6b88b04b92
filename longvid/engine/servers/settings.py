"""What the user says of servers and services that are asked, and how one is opened by it.

Nothing leaves this machine unless the user allows it: that is seen to here, before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longvid.cogvlm2.estimates import Label
from longvid.engine.jobs import is_remote
from longvid.engine.pictures import PixelBudget, require_clip
from longvid.engine.prompts import CAPTION
from longvid.engine.servers.addresses import Address, read_address
from longvid.engine.usage import NO_PRICES, Prices
from longvid.errors import LLMError, LongvidError, ModelError
from longvid.text.shown import clean

if TYPE_CHECKING:
    from longvid.engine.backends.endpoint import EndpointBackend
    from longvid.engine.backends.langchain import LangChainLLM
    from longvid.engine.request import Backend


SECONDS = 600.0
"""In which an answer must be whole, unless the user says."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How servers are asked."""

    allow_remote: bool = False
    """Whether what is needed may be sent to other machines."""
    concurrency: int | None = None
    """Calls in flight; None: by the server."""
    timeout: float | None = None
    """Seconds in which an answer must be whole; None: `SECONDS`."""
    video: bool = False
    """Whether a clip goes out as one video in place of images."""
    model_context: int | None = None
    """Tokens that the model that watches takes; None: by the server."""
    prices: Prices = NO_PRICES

    @property
    def seconds(self) -> float:
        """In which an answer must be whole."""
        return SECONDS if self.timeout is None else self.timeout

    def require_used(self, *backends: Backend | None) -> None:
        """Raise ModelError where the user says something of servers and none of `backends` is one."""
        watches = any(getattr(backend, "watches", False) for backend in backends)
        for name, said in (("--frames-as video", self.video), ("--model-context", self.model_context is not None)):
            if said and not watches:
                raise ModelError(f"the model that watches is no server, or nobody watches; leave out {name}")
        if any(map(is_remote, backends)):
            return
        if self.concurrency is not None:
            raise ModelError("no server is asked; --batch-size says how many calls run together here")
        if self.timeout is not None:
            raise ModelError("no server is asked, and what is computed here has no time limit; leave out --timeout")


SERVERS = ServerSettings()


def open_server(
    name: str,
    error: type[LongvidError],
    settings: ServerSettings,
    context: int | None,
    picture: PixelBudget | None = None,
    label: Label | None = None,
    beside: Backend | None = None,
) -> EndpointBackend:
    """The model behind the address `name`. `picture` None: it only writes; `beside`: the other model of this command,
    with which it shares a server that is the same. Raises `error`."""
    from longvid.engine.backends.endpoint import EndpointBackend

    return EndpointBackend(
        allowed(name, settings, error),
        error=error,
        picture=picture or PixelBudget(),
        watches=picture is not None,
        label=label or "seconds",
        video=settings.video,
        context=context,
        at_once=settings.concurrency,
        seconds=settings.seconds,
        beside=beside if isinstance(beside, EndpointBackend) else None,
    )


def allowed(name: str, settings: ServerSettings, error: type[LongvidError]) -> Address:
    """The address `name`. Raises `error` where it is none, or where nothing may be sent to it."""
    try:
        address = read_address(name)
    except ValueError as fault:
        raise error(str(fault)) from fault
    if not address.is_here:
        require_allowed(address.host, settings, error)
    return address


def open_watcher(
    name: str, settings: ServerSettings, template: str, label: Label | None, pixels: int | None, frames: int
) -> EndpointBackend:
    """The model behind the address `name`, to be shown clips of so many frames. Raises ModelError."""
    if template != "auto":
        raise ModelError(f"{name} has a template of its own; leave out --template")
    picture = PixelBudget() if pixels is None else PixelBudget(pixels)
    require_clip(frames, picture.pixels)
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

    made = LangChainLLM(name, context=context, at_once=settings.concurrency, seconds=settings.timeout)
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
