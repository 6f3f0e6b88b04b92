"""What models were asked and what that costs, and what is sent where: said before a run and after it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from longvid.engine.jobs import Usage, is_remote
from longvid.engine.request import Backend
from longvid.text.shown import clean


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

    def of(self, model: tuple[int, int], llm: tuple[int, int]) -> float | None:
        """Of so many tokens that each reads and writes; None where no price is known."""
        pairs = ((self.model, model), (self.llm, llm))
        known = [price.of(*tokens) for price, tokens in pairs if price is not None]
        return sum(known) if known else None


NO_PRICES = Prices()


def sent(captioner: Backend | None, llm: Backend, hearing: str) -> list[str]:
    """A line for each place elsewhere that is asked, with what it is sent: said before anything is. `hearing` is what
    is told of the dialogue."""
    texts = {"none": "captions", "said-only": "dialogue"}.get(hearing, "captions and dialogue")
    found: dict[str, list[str]] = {}
    for backend, what in ((captioner, "frames of the film, with questions"), (llm, texts)):
        if where := getattr(backend, "elsewhere", None):
            found.setdefault(str(where), []).append(what)
    return [f"sent to {clean(where)}: {', '.join(what)}" for where, what in found.items()]


def requests_of(captioner: Backend | None, llm: Backend) -> int | None:
    """Questions that were sent to servers so far, those that failed among them; None where none is asked."""
    # Two models on one server share its count.
    servers = {id(getattr(one, "service", one)): one for one in (captioner, llm) if is_remote(one)}
    return sum(getattr(one, "requests", 0) for one in servers.values()) if servers else None


def usage_of(watched: Usage, written: Usage, prices: Prices, requests: int | None) -> dict[str, Any]:
    """What a run asked of its models, in JSON; nothing where it asked no server and no price is known. `requests`:
    sent to servers, those that failed among them; None where none is asked."""
    if requests is None and prices == NO_PRICES:
        return {}
    roles = {"model": (watched, prices.model), "llm": (written, prices.llm)}
    told: dict[str, Any] = {name: _told(usage, price) for name, (usage, price) in roles.items() if usage.answers}
    return told if requests is None else told | {"requests": requests}


def _told(usage: Usage, price: Price | None) -> dict[str, Any]:
    """What `usage` says in JSON, with what it cost where that is known."""
    told: dict[str, Any] = asdict(usage)
    if price is not None:
        told["cost"] = round(price.of(usage.prompt_tokens, usage.answer_tokens), 6)
    return told
