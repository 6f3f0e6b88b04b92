"""Options that are declared once and shared by commands, and earlier names of options."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from longvid.cli.sharing import Formerly, with_options


class Way(StrEnum):
    none = "none"
    cast = "cast"


@dataclass(frozen=True)
class Merge:
    llm: Annotated[str | None, typer.Option("--llm", help="Who merges."), Formerly("--writer", "--who")] = None
    length: Annotated[int, typer.Option("--length", min=1)] = 7
    sets: Annotated[list[str] | None, typer.Option("--set"), Formerly("--setting")] = None


@dataclass(frozen=True)
class Talk:
    way: Annotated[Way, typer.Option("--context"), Formerly("--carry")] = Way.none
    quiet: Annotated[bool, typer.Option("-q", "--quiet"), Formerly("--silent")] = False


app = typer.Typer(rich_markup_mode=None)


@app.command()
@with_options
def command(film: Annotated[str, typer.Argument()], merge: Merge, talk: Talk, last: bool = False) -> None:
    """What it does."""
    typer.echo(f"{film} {merge} {talk} {last}")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.output


def test_a_command_gets_its_options_as_instances() -> None:
    assert run("x.mp4") == (0, f"x.mp4 {Merge()} {Talk()} False\n")
    given = f"x.mp4 {Merge('me', 9, ['a', 'b'])} {Talk(Way.cast, True)} True\n"
    words = ("--llm", "me", "--length", "9", "--set", "a", "--set", "b", "--context", "cast", "-q", "--last")
    assert run("x.mp4", *words) == (0, given)


def test_help_shows_options_in_order_and_no_earlier_name() -> None:
    status, text = run("--help")
    assert status == 0
    places = [text.index(word) for word in ("--llm", "--length", "--set", "--context", "--quiet", "--last", "--help")]
    assert places == sorted(places)
    for name in ("--writer", "--who", "--setting", "--carry", "--silent"):
        assert name not in text
    assert "What it does." in text


def test_an_earlier_name_is_taken_as_the_option() -> None:
    given = f"x.mp4 {Merge('me', 7, ['a'])} {Talk(Way.cast, True)} False\n"
    assert run("x.mp4", "--writer", "me", "--setting", "a", "--carry", "cast", "--silent") == (0, given)
    assert run("x.mp4", "--carry", "nonsense")[0] == 2


TWO = [("--llm", "a", "--writer", "b"), ("--who", "a", "--writer", "b"), ("--context", "cast", "--carry", "cast")]


@pytest.mark.parametrize("words", TWO, ids=" ".join)
def test_two_names_of_one_option_are_wrong_usage(words: tuple[str, ...]) -> None:
    status, text = run("x.mp4", *words)
    assert status == 2
    assert "are one option; give one of them" in " ".join(text.split())
