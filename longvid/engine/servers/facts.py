"""What a server says of itself and its model before the first question: name, context, tokenizer, calls at once.

Each kind of server says it in a way of its own, and what is not said is not known. All of it comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from longvid.engine.servers.client import Client, NotThere, Refuses, ServiceError, Withheld
from longvid.text.shown import clean

OWNERS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llamacpp", "library": "ollama"}
"""How servers sign the models that they list."""
OLLAMA_CONTEXT = 4096
"""What Ollama runs a model with where nobody says otherwise. It cuts a longer prompt off and says nothing."""
LENGTHS = ("max_model_len", "context_length", "context_window", "loaded_context_length")
"""What lists of models call the context."""
MOST_MODELS = 5
"""That are named in a message."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a model on a server."""

    model: str
    kind: str = ""
    """One of the kinds of addresses, or "" where that is not known."""
    context: int | None = None
    """Tokens of prompt and answer together."""
    tokenizer: str | None = None
    """Where it counts tokens: an address that takes a text."""
    at_once: int | None = None
    """Calls that it answers at once."""


def ask(client: Client) -> Facts:
    """What the server says. Raises ServiceError where nobody answers, not to us, or has no such model."""
    address = client.address
    listed = client.get(f"{address.url}/models")
    entries = listed.get("data") if isinstance(listed, Mapping) else None
    models = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    names = [one["id"] for one in models if isinstance(one.get("id"), str)]
    if not address.model and len(names) != 1:
        have = f"; it has {', '.join(clean(name, 80) for name in names[:MOST_MODELS])}" if names else ""
        raise ServiceError(f"{address.name} names no model{have}; write {address.name.rstrip('#')}#NAME")
    model = address.model or names[0]
    entry = next((one for one in models if one.get("id") == model), {})
    kind = address.kind or OWNERS.get(str(entry.get("owned_by")).lower(), "")
    known = Facts(model, kind, next((n for name in LENGTHS if (n := _number(entry.get(name)))), None))
    return _KINDS[kind](client, known) if kind in _KINDS else known


def _vllm(client: Client, known: Facts) -> Facts:
    # SGLang took it over from vLLM.
    return _counting(client, replace(known, tokenizer=f"{client.address.root}/tokenize"))


def _llamacpp(client: Client, known: Facts) -> Facts:
    props = client.get(f"{client.address.root}/props")
    if not isinstance(props, Mapping):
        return known
    settings = props.get("default_generation_settings")
    context = _number(settings.get("n_ctx")) if isinstance(settings, Mapping) else None
    told = replace(known, context=context or known.context, at_once=_number(props.get("total_slots")))
    return _counting(client, replace(told, tokenizer=f"{client.address.root}/tokenize"))


def _ollama(client: Client, known: Facts) -> Facts:
    running = client.get(f"{client.address.root}/api/ps")
    models = running.get("models") if isinstance(running, Mapping) else None
    for one in models if isinstance(models, list) else ():
        if isinstance(one, Mapping) and known.model in (one.get("model"), one.get("name")):
            known = replace(known, context=_number(one.get("context_length")))
    if known.context is not None:
        return known
    shown = _posted(client, f"{client.address.root}/api/show", {"model": known.model})
    parameters = str(shown.get("parameters") or "").split() if isinstance(shown, Mapping) else []
    set_to = next((b for a, b in pairwise(parameters) if a == "num_ctx"), "")
    return replace(known, context=int(set_to) if set_to.isdecimal() and len(set_to) < 9 else OLLAMA_CONTEXT)


def _lmstudio(client: Client, known: Facts) -> Facts:
    entry = client.get(f"{client.address.root}/api/v0/models/{known.model}")
    context = _number(entry.get("loaded_context_length")) if isinstance(entry, Mapping) else None
    return replace(known, context=context or known.context)


_KINDS: dict[str, Callable[[Client, Facts], Facts]] = {
    "vllm": _vllm,
    "sglang": _vllm,
    "llamacpp": _llamacpp,
    "ollama": _ollama,
    "lmstudio": _lmstudio,
}


def _counting(client: Client, known: Facts) -> Facts:
    """`known`, without its tokenizer where that does not count."""
    try:
        counted(client, known, "a b")
    except ServiceError:
        return replace(known, tokenizer=None)
    return known


def counted(client: Client, known: Facts, text: str) -> int:
    """Tokens of `text` by the server's own tokenizer. Raises ServiceError where it does not say."""
    asked = {"model": known.model, "prompt": text, "content": text, "add_special_tokens": False}
    said = _posted(client, known.tokenizer or "", asked)
    if isinstance(said, Mapping):
        tokens = said.get("tokens")
        count = len(tokens) if isinstance(tokens, list) else said.get("count")
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= 4 * len(text.encode()):
            return count
    raise ServiceError(f"{client.address.host} does not say how many tokens a text has; run again to go on")


def _posted(client: Client, url: str, body: Mapping[str, object]) -> Any:
    try:
        return client.post(url, body, lambda value: value, tries=2)
    except (NotThere, Refuses, Withheld):
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else None
