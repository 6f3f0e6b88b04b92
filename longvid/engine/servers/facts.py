"""What a server says of itself and its model before the first question: name, context, tokenizer, calls at once.

Each kind of server says it in a way of its own, and what is not said is not known. All of it comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from longvid.engine.servers.addresses import DEFAULTS, Address
from longvid.engine.servers.client import SHORT_SECONDS, Client, ServiceError
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


def ask(client: Client, address: Address) -> Facts:
    """What the server of `client` says of the model that `address` names there.

    Raises ServiceError where nobody answers, not to us, or has no such model. Of all that is asked after its models,
    what is not answered is not known.
    """
    listed = client.look(f"{address.url}/models")
    entries = listed.get("data") if isinstance(listed, Mapping) else None
    models = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    names = [one["id"] for one in models if isinstance(one.get("id"), str)]
    if not address.model and len(names) != 1:
        have = f"; it has {', '.join(clean(name, 80) for name in names[:MOST_MODELS])}" if names else ""
        raise ServiceError(f"{address.name} names no model{have}; write {address.name.rstrip('#')}#NAME")
    model = address.model or names[0]
    entry = next((one for one in models if one.get("id") == model), {})
    kind = address.kind if address.kind in _KINDS else _kind_by(client, address, entry) or address.kind
    known = Facts(model, kind, next((n for name in LENGTHS if (n := _number(entry.get(name)))), None))
    return _KINDS[kind](client, known) if kind in _KINDS else known


def _kind_by(client: Client, address: Address, entry: Mapping[str, Any]) -> str:
    """The kind of a server of which the user says nothing, or only that it is as OpenAI's; "" where it is none of
    those that have more to say."""
    if owner := OWNERS.get(str(entry.get("owned_by")).lower()):
        return owner
    if address.url == DEFAULTS["openai"]:
        return ""
    # Ollama signs a model with the name of whoever made it, which is "library" for its own alone.
    version = _told(client, f"{address.root}/api/version")
    return "ollama" if isinstance(version, Mapping) and isinstance(version.get("version"), str) else ""


def _vllm(client: Client, known: Facts) -> Facts:
    # SGLang took it over from vLLM.
    return _counting(client, replace(known, tokenizer=f"{client.address.root}/tokenize"))


def _llamacpp(client: Client, known: Facts) -> Facts:
    props = _told(client, f"{client.address.root}/props")
    if not isinstance(props, Mapping):
        return known
    settings = props.get("default_generation_settings")
    context = _number(settings.get("n_ctx")) if isinstance(settings, Mapping) else None
    told = replace(known, context=context or known.context, at_once=_number(props.get("total_slots")))
    return _counting(client, replace(told, tokenizer=f"{client.address.root}/tokenize"))


def _ollama(client: Client, known: Facts) -> Facts:
    running = _told(client, f"{client.address.root}/api/ps")
    models = running.get("models") if isinstance(running, Mapping) else None
    wanted = _tagged(known.model)
    for one in models if isinstance(models, list) else ():
        names = [one.get("model"), one.get("name")] if isinstance(one, Mapping) else []
        if wanted in (_tagged(name) for name in names) and (context := _number(one.get("context_length"))):
            return replace(known, context=context)
    shown = _told(client, f"{client.address.root}/api/show", {"model": known.model})
    parameters = str(shown.get("parameters") or "").split() if isinstance(shown, Mapping) else []
    set_to = next((b for a, b in pairwise(parameters) if a == "num_ctx"), "")
    return replace(known, context=int(set_to) if set_to.isdecimal() and len(set_to) < 9 else OLLAMA_CONTEXT)


def _tagged(name: object) -> str | None:
    """`name` of a model of Ollama's as it lists what runs: with its tag, `latest` where nobody says another."""
    if not isinstance(name, str):
        return None
    return name.lower() if ":" in name.rpartition("/")[2] else f"{name.lower()}:latest"


def _lmstudio(client: Client, known: Facts) -> Facts:
    entry = _told(client, f"{client.address.root}/api/v0/models/{known.model}")
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
        counted(client, known, "a b", SHORT_SECONDS)
    except ServiceError:
        return replace(known, tokenizer=None)
    return known


def counted(client: Client, known: Facts, text: str, seconds: float) -> int:
    """Tokens of `text` by the server's own tokenizer. Raises ServiceError where it does not say within `seconds`."""
    asked = {"model": known.model, "prompt": text, "content": text, "add_special_tokens": False}
    said = client.look(known.tokenizer or "", asked, seconds) if seconds > 0 else None
    if isinstance(said, Mapping):
        tokens = said.get("tokens")
        count = len(tokens) if isinstance(tokens, list) else said.get("count")
        if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= 4 * len(text.encode()):
            return count
    raise ServiceError(f"{client.address.host} does not say how many tokens a text has")


def _told(client: Client, url: str, body: Mapping[str, object] | None = None) -> Any:
    """What the server says there; None where it does not, for whatever reason: not all of a server may be open."""
    try:
        return client.look(url, body)
    except ServiceError:
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 31 else None
