"""Options that are declared once: a frozen dataclass whose fields are options, merged into the signatures of commands.

    @dataclass(frozen=True)
    class Talk:
        quiet: Annotated[bool, typer.Option("-q", "--quiet")] = False
        llm: Annotated[str | None, typer.Option("--llm"), Formerly("--llm")] = None

    @with_options
    def command(film: Film, talk: Talk) -> None: ...

Typer sees `command(film, quiet, llm)`; `command` gets a Talk. Knows no option of longvid's.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

CONTEXT = "typer_context"


@dataclass(frozen=True, slots=True)
class Formerly:
    """Beside a `typer.Option`: earlier names of it, which are still taken and stand in no help."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command` as Typer should see it: each parameter that is a dataclass is the options that its fields are.

    An option may be given under one of its names alone: by two of them is wrong usage.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {}
    shown: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if dataclasses.is_dataclass(hints[name]):
            groups[name] = hints[name]
            shown += _fields(hints[name])
        else:
            shown.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))
    earlier = {each.name: option for option in shown for each in _earlier(option)}
    shown += [each for option in list(shown) for each in _earlier(option)]
    if earlier:
        shown.append(inspect.Parameter(CONTEXT, inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))

    @wraps(command)
    def run(**given: Any) -> None:
        context = given.pop(CONTEXT, None)
        for name, option in earlier.items():
            value = given.pop(name)
            if _is_given(context, name):
                _refuse_both(context, name, option)
                given[option.name] = value
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in dataclasses.fields(group)})
        command(**given)

    signature = inspect.Signature(shown)
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: each.annotation for name, each in signature.parameters.items()}
    return run


def _fields(group: Any) -> Iterator[inspect.Parameter]:
    """The fields of a dataclass as parameters of a command."""
    hints = get_type_hints(group, include_extras=True)
    for field in dataclasses.fields(group):
        none = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
        yield inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=none, annotation=hints[field.name])


def _earlier(option: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """A hidden parameter for each earlier name of `option`."""
    if get_origin(option.annotation) is not Annotated:
        return
    kind, *rest = get_args(option.annotation)
    names = [name for each in rest if isinstance(each, Formerly) for name in each.names]
    for name in names:
        (info,) = (each for each in rest if isinstance(each, typer.models.OptionInfo))
        # Within Annotated the first name of an option stands where its default would.
        hidden = typer.models.OptionInfo(**{**vars(info), "default": ..., "param_decls": (name,), "hidden": True})
        yield inspect.Parameter(
            f"{option.name}_{name.strip('-').replace('-', '_')}",
            inspect.Parameter.KEYWORD_ONLY,
            default=option.default,
            annotation=Annotated[kind, hidden],
        )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _refuse_both(context: typer.Context, name: str, option: inspect.Parameter) -> None:
    """Raise typer.BadParameter where `option` was given by its own name too, or by another earlier one."""
    others = [option.name, *(each.name for each in _earlier(option) if each.name != name)]
    for other in others:
        if _is_given(context, other):
            known = {each.name: each.opts[0] for each in context.command.params if each.name and each.opts}
            raise typer.BadParameter(f"{known[name]} and {known[other]} are one option; give one of them")
