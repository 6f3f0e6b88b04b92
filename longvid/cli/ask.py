"""`longvid ask`: questions to a film, answered from what its run knows, with times and evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longvid.cli import options as o
from longvid.cli import pictures as p
from longvid.cli.groups import DeviceOptions, ServerOptions, TalkOptions
from longvid.cli.sharing import with_options
from longvid.cli.values import parse_model, parse_path

if TYPE_CHECKING:
    from longvid.api import Asked, Session
    from longvid.cli.console import TerminalMonitor
    from longvid.engine.models import Models

Looker = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="ID|DIR",
        parser=parse_model,
        help="What looks again at the chunks that matter; as for summarize. [default: nobody looks again]",
        show_default=False,
    ),
]
MOST_LOOKS = 4
Looks = Annotated[
    int | None,
    typer.Option(
        "--looks",
        metavar="N",
        min=1,
        max=100,
        help=f"Chunks that --model looks at for each question. [default: {MOST_LOOKS}]",
        show_default=False,
    ),
]

Meaning = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="MODEL",
        help="A sentence embedding model (hub id or folder) that finds passages by their meaning too. "
        "[default: words alone]",
        show_default=False,
    ),
]


@with_options
def ask(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="The run folder of a film.", show_default=False, parser=parse_path),
    ],
    question: Annotated[
        str | None,
        typer.Argument(
            metavar="QUESTION", help="What to ask. [default: asked for on the terminal]", show_default=False
        ),
    ] = None,
    *,
    llm: o.LLMName = None,
    llm_context: o.LLMContext = None,
    model: Looker = None,
    looks: Looks = None,
    embedder: Meaning = None,
    pixels: p.Pixels = None,
    device: DeviceOptions,
    asked: ServerOptions,
    as_json: o.JsonAlone = False,
    talk: TalkOptions,
) -> None:
    """Ask the film of RUN a question: the answer comes with the times and passages that it rests on.

    The LLM sees numbered passages of the run and must cite them; an answer without evidence is refused (status 3), and
    "the film does not show it" is an answer. With --llm none a sentence that has all the words of the question answers.
    Without a QUESTION, on a terminal, questions are asked for one after another; an empty line ends that.

    Example: longvid ask film.longvid "Who burns the letter?"
    """
    from longvid.api import Embedder, Session, open_existing
    from longvid.cli.console import TerminalMonitor
    from longvid.cli.running import tell_of_precision, tell_of_tracing

    if question is None and not sys.stdin.isatty():
        raise typer.BadParameter("name a question, such as: longvid ask RUN 'Who opens the door?'")
    if question is not None and not question.strip():
        raise typer.BadParameter("an empty question asks nothing", param_hint="'QUESTION'")
    for name, value in (("--looks", looks), ("--pixels", pixels)):
        if value is not None and model is None:
            raise typer.BadParameter("nobody looks again; leave it out, or name --model", param_hint=f"'{name}'")
    models = _open(run, llm, llm_context, model, pixels, device, asked)
    device.require_used(models)
    if model is not None:
        tell_of_precision(models, quiet=talk.quiet)
    tell_of_tracing()
    means = None if embedder is None else Embedder(embedder, download=True)
    with TerminalMonitor(quiet=talk.quiet, verbose=talk.verbose) as monitor, open_existing(run) as folder:
        number = 0 if model is None else MOST_LOOKS if looks is None else looks
        session = Session(folder, models, number, device.seed, means)
        try:
            if question is not None:
                done = _one(session, question, monitor, as_json=as_json)
                if done.problems:
                    raise typer.Exit(3)
            else:
                _converse(session, monitor, as_json=as_json)
        finally:
            session.close()


def _open(
    run: Path,
    llm: str | None,
    context: int | None,
    model: str | None,
    pixels: int | None,
    device: DeviceOptions,
    asked: ServerOptions,
) -> Models:
    from longvid.api import open_llm_models, open_models, reopen_models, stored_settings
    from longvid.errors import RunError

    place = {"llm_context": context, "servers": asked.settings(), **device.placed()}
    if model is not None:
        return open_models(model, llm=llm, pixels=pixels, **place)
    if llm is not None:
        return open_llm_models(llm, **place)
    if run.is_dir() and not (run / "run.json").exists():
        raise RunError(f"{run} does not say who wrote; name an LLM with --llm, or none")
    return reopen_models(stored_settings(run).get("model"), llm=None, **place)


def _one(session: Session, question: str, monitor: TerminalMonitor, *, as_json: bool) -> Asked:
    from longvid.cli.running import print_json, until_interrupted

    done = until_interrupted(session.ask(question))
    monitor.stop()
    if as_json:
        print_json(done.as_json())
    else:
        _show(done)
    for line in done.notes:
        monitor.note(line)
    for line in done.problems:
        monitor.degraded(done.film, line)
    return done


def _converse(session: Session, monitor: TerminalMonitor, *, as_json: bool) -> None:
    """Ask for questions until an empty line or the end of input."""
    from longvid.cli.console import fail
    from longvid.errors import LongvidError

    while True:
        print("? ", end="", file=sys.stderr, flush=True)
        try:
            question = sys.stdin.readline()
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        if not question.strip():
            return
        try:
            _one(session, question, monitor, as_json=as_json)
        except LongvidError as error:
            # The next question may be a better one.
            fail(str(error))


def _show(done: Asked) -> None:
    from longvid.output import clock
    from longvid.text import printable

    times = {one.number: one.times for one in done.evidence}
    told = []
    for said in done.sentences:
        at = dict.fromkeys(clock(time) for number in said.evidence for time in times[number])
        told.append(f"{printable(said.sentence)} [{', '.join(at)}]")
    typer.echo(" ".join(told) if told else done.answer)
    if done.evidence:
        typer.echo("")
    for one in done.evidence:
        typer.echo(f"[{', '.join(map(clock, one.times))}] {one.kind}: {printable(one.text)}")
