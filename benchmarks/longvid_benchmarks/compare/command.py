"""The command `longvid bench merge`: reads its options, runs the benchmark, prints and writes what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longvid.cli import options as o
from longvid.cli.servers import AllowRemote
from longvid.cli.sharing import Formerly, with_options
from longvid.cli.values import parse_path
from longvid_benchmarks.compare.lists import choices, numbers

if TYPE_CHECKING:
    from longvid.carry import Way
    from longvid.engine.models import Models
    from longvid_benchmarks.compare.films import Captions, Film
    from longvid_benchmarks.compare.judge import Judge
    from longvid_benchmarks.compare.runs import Bench
    from longvid_benchmarks.compare.watching import Watch

STORYFILM = "storyfilm"


def _parse_llm(value: str) -> str:
    return {"plain": "none", "gold": "oracle"}.get(value, value)


class Evidence(StrEnum):
    lines = "lines"
    captions = "captions"


@with_options
def merge(
    films: Annotated[
        str,
        typer.Option("--films", metavar="storyfilm|DIR", help="Invented stories, or a folder of films of one's own."),
    ] = STORYFILM,
    texts: Annotated[
        list[Path] | None,
        typer.Option(
            "--texts",
            metavar="DIR",
            parser=parse_path,
            show_default=False,
            help="Films as text with known links, or folders of such, in place of --films; repeatable.",
        ),
    ] = None,
    verdicts: Annotated[
        Path | None,
        typer.Option(
            "--verdicts",
            metavar="FILE",
            parser=parse_path,
            help="What a person found told, beside what the check finds; with --texts.",
        ),
    ] = None,
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="LIST", help="Of the stories: 600000,600007 or 600000-600009.")
    ] = "600000-600004",
    chunks: Annotated[str, typer.Option("--chunks", metavar="LIST", help="Lengths of the stories.")] = "14,60",
    said: Annotated[
        float,
        typer.Option(
            "--said", min=0, max=1, metavar="SHARE", help="Of promises, claims, names and plans: said and not shown."
        ),
    ] = 0.0,
    captions: Annotated[
        str,
        typer.Option(
            "--captions", metavar="LIST", help="Any of gold, appearance, noisy, model. [default: appearance, or files]"
        ),
    ] = "",
    evidence: Annotated[
        Evidence, typer.Option("--evidence", help="What all strategies are given: event lines too, or captions alone.")
    ] = Evidence.lines,
    model: Annotated[
        str | None, typer.Option("--model", metavar="ID|DIR", help="Who watches, with --captions model.")
    ] = None,
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm",
            metavar="ID|none|oracle",
            parser=_parse_llm,
            help="Who merges; oracle is a perfect one for invented films. [default: none, or the model that watches]",
        ),
        Formerly("--writer"),
    ] = None,
    llm_context: o.LLMContext = None,
    allow_remote: AllowRemote = False,
    judge: Annotated[
        str | None, typer.Option("--judge", metavar="ID", help="A model that checks facts and answers questions.")
    ] = None,
    strategies: Annotated[
        str,
        typer.Option("--strategies", metavar="LIST|all", help="Names; with settings as name[setting=value,...]."),
    ] = "all",
    context: Annotated[
        str, typer.Option("--context", metavar="LIST", help="Any of none, previous, cast."), Formerly("--carry")
    ] = "none",
    dialogue: Annotated[
        str,
        typer.Option("--dialogue", metavar="LIST", help="What is merged: any of seen-and-said, said-only, none."),
    ] = "seen-and-said",
    watch: Annotated[
        str,
        typer.Option("--watch", metavar="LIST", help="Ways of watching: default,fit=pad,length=30,frames=48,..."),
    ] = "default",
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="NAME", help="The strategy that differences are to.")
    ] = "concat",
    words: Annotated[
        int | None,
        typer.Option("--words", min=10, max=100_000, help="Words of every summary. [default: those of the reference]"),
    ] = None,
    device: o.Device = None,
    dtype: o.DtypeOption = None,
    batch_size: o.BatchSize = None,
    seed: o.Seed = 0,
    out: Annotated[Path, typer.Option("-o", "--output-dir", metavar="DIR", help="Where everything goes.")] = Path(
        "bench-merge"
    ),
    films_dir: Annotated[
        Path | None,
        typer.Option(
            "--films-dir", metavar="DIR", help="Drawn films and answers, shared by benchmarks. [default: in -o]"
        ),
    ] = None,
    rate: Annotated[int, typer.Option("--rate", min=1, max=60, help="Frames a second of stories that are drawn.")] = 4,
    plots: Annotated[
        bool, typer.Option("--plots/--no-plots", help="Draw the plots, where matplotlib is installed.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object alone.")] = False,
    quiet: o.Quiet = False,
) -> None:
    """Run every strategy on the same films with the same evidence, and score what they write.

    The films are invented stories, films of one's own, or films as text whose links are known (--texts). Prints tables
    and, as the last line, one JSON object. An interrupted benchmark goes on with the same command.

    Example: longvid bench merge --strategies all --chunks 14,60 --captions appearance --llm none
    """
    from typing import get_args

    from longvid.cli.console import note
    from longvid.cli.running import INCOMPLETE, interrupted, print_json, tell_of_tracing
    from longvid.cli.streams import only_results
    from longvid.engine.servers.settings import ServerSettings
    from longvid.errors import UnknownStrategy
    from longvid.pipeline.job import Hearing
    from longvid.text.shown import shown
    from longvid_benchmarks.claiming import claimed
    from longvid_benchmarks.compare.bench import answerable, run_all, write_files
    from longvid_benchmarks.compare.filmtexts import read_texts
    from longvid_benchmarks.compare.plots import can_draw
    from longvid_benchmarks.compare.readings import REMARK, page, readings
    from longvid_benchmarks.compare.realfilms import read_films
    from longvid_benchmarks.compare.rows import HEARING
    from longvid_benchmarks.compare.runs import FORMERLY, Bench
    from longvid_benchmarks.compare.summary import summarize_rows
    from longvid_benchmarks.compare.tables import as_json as result_of
    from longvid_benchmarks.compare.tables import sheets, show
    from longvid_benchmarks.compare.variants import choose
    from longvid_benchmarks.compare.verdicts import by_eye, read_verdicts
    from longvid_benchmarks.oracle.llm import ORACLE
    from longvid_benchmarks.terminal import progress_bar

    if llm == ORACLE and (texts or films != STORYFILM):
        raise typer.BadParameter("oracle knows invented stories alone; name a model", param_hint="'--llm'")
    _check_texts(texts, films, captions, verdicts)
    if said and (texts or films != STORYFILM):
        raise typer.BadParameter("only invented stories can be told so", param_hint="'--said'")
    ways, kinds, watches = _ways(context), [] if texts else _captions(captions, films), _watches(watch)
    hearings: list[Hearing] = choices(dialogue, list(get_args(Hearing)), "--dialogue") or [HEARING]
    _check_who_watches(kinds, ways, watches, model)
    if plots and not can_draw():
        plots = False
        note("there are no plots, since matplotlib is not installed; longvid[bench] brings it")
    with claimed(out):
        place = out / "films" if films_dir is None else films_dir
        if texts:
            chosen = read_texts(texts, words=words, heard="said-only" in hearings)
        elif films == STORYFILM:
            chosen = _stories(kinds, chunks, seeds, evidence, words, place, rate, said)
        else:
            chosen = read_films(Path(films), watch="model" in kinds, words=words)
        seen = read_verdicts(verdicts) if verdicts is not None else []
        placed: dict[str, Any] = {"device": device, "dtype": dtype.value if dtype else None, "batch": batch_size}
        placed["servers"] = ServerSettings(allow_remote)
        opened = _models(model, llm, llm_context, watches, placed)
        judged = _judge(judge, opened[0], out, placed)
        benches = [
            Bench(out, models, judged, seed, one, hearing, place)
            for one, models in zip(watches, opened, strict=True)
            for hearing in hearings
        ]
        bench = benches[0]
        try:
            with only_results():
                variants, skipped = choose(strategies, answerable(chosen, bench.models))
        except UnknownStrategy as error:
            raise typer.BadParameter(str(error), param_hint="'--strategies'") from error
        if baseline not in [variant.label for variant in variants]:
            names = ", ".join(variant.label for variant in variants)
            raise typer.BadParameter(f"{baseline!r} is not run; choose from {names}", param_hint="'--baseline'")
        tell_of_tracing()
        for asked in _files(bench) if not quiet else ():
            note(f"prompts will be in {shown(asked)}; their answers are awaited in answers/ beside it")
        try:
            with progress_bar("merging", quiet=quiet) as advance, only_results():
                rows = run_all(benches, chosen, variants, ways, advance)
        except KeyboardInterrupt as ended:
            raise interrupted(ended, "every finished row is kept") from None
        eyed, unread = by_eye(rows, chosen, seen, out)
        rows += eyed
        summary = summarize_rows(rows, baseline)
        failed = [row for row in rows if "error" in row]
        remarks = [*_remarks(bench, failed), *unread, *([REMARK] if texts else [])]
        tables = [*sheets(summary, baseline), *readings(rows, chosen)]
        named = bench.models.llm_name
        result = result_of(
            rows,
            summary,
            skipped,
            {"baseline": baseline, "llm": named, "writer": FORMERLY.get(named, named), "judge": judge},
        )
        links = page(rows, chosen) if texts else None
        written = write_files(out, result, tables, skipped, remarks, plots=plots, links=links)
    if not as_json:
        show(tables, skipped, remarks)
    print_json(result)
    if not quiet:
        note(f"wrote {', '.join(path.name for path in written)} into {out}")
    if failed:
        raise typer.Exit(1 if len(failed) == len(rows) else INCOMPLETE)


def _check_texts(texts: list[Path] | None, films: str, captions: str, verdicts: Path | None) -> None:
    """Raises typer.BadParameter where options are of films as text and there are none, or the other way round."""
    if texts and films != STORYFILM:
        raise typer.BadParameter("name --films or --texts, one of the two", param_hint="'--texts'")
    if texts and captions:
        raise typer.BadParameter("films as text have their captions beside them", param_hint="'--captions'")
    if not texts and verdicts is not None:
        raise typer.BadParameter("is of films as text; name them with --texts", param_hint="'--verdicts'")


def _stories(
    kinds: list[Captions],
    chunks: str,
    seeds: str,
    evidence: Evidence,
    words: int | None,
    place: Path,
    rate: int,
    said: float,
) -> list[Film]:
    """The invented films that the options name."""
    from itertools import product

    from longvid_benchmarks.compare.films import story_film

    wanted = product(kinds, numbers(chunks, "--chunks", 1), numbers(seeds, "--seeds", 0))
    return [story_film(one, long, kind, evidence.value, words, place, rate, said) for kind, long, one in wanted]


def _check_who_watches(kinds: list[Captions], ways: list[Way], watches: list[Watch], model: str | None) -> None:
    """Raises typer.BadParameter where captions, carry, ways of watching and model do not fit together."""
    from longvid_benchmarks.compare.watching import USUAL

    watched = "'--captions model'"
    if "model" not in kinds:
        if model is not None:
            raise typer.BadParameter("watches nothing without --captions model", param_hint="'--model'")
        if ways != ["none"]:
            raise typer.BadParameter(
                "captions that are given cannot be told anything; use --captions model", param_hint="'--context'"
            )
        if watches != [USUAL]:
            raise typer.BadParameter("nothing is watched without --captions model", param_hint="'--watch'")
    elif model is None:
        raise typer.BadParameter("needs --model: who watches the films", param_hint=watched)
    elif len(kinds) > 1:
        raise typer.BadParameter("stands alone: its films are watched, the others' are not", param_hint=watched)


def _models(
    model: str | None,
    llm: str | None,
    context: int | None,
    watches: list[Watch],
    placed: Mapping[str, Any],
) -> list[Models]:
    """Who watches and writes in each of `watches`: those that show and ask alike share one."""
    from longvid.engine.backends.none import NONE
    from longvid.engine.models import open_llm_models, open_models
    from longvid_benchmarks.oracle.llm import ORACLE, with_oracle

    if llm == ORACLE:
        return [with_oracle(one) for one in _models(model, NONE, context, watches, placed)]
    if model is None:
        one = open_llm_models(llm or NONE, llm_context=context, **placed)
        return [one for _ in watches]
    opened = {
        (one.label, one.read.frames): open_models(
            model,
            llm=llm,
            llm_context=context,
            label=one.label,
            frames=one.read.frames,
            **placed,
        )
        for one in {(one.label, one.read.frames): one for one in watches}.values()
    }
    return [opened[one.label, one.read.frames] for one in watches]


def _judge(name: str | None, models: Models, out: Path, placed: Mapping[str, Any]) -> Judge | None:
    from longvid.engine.backends.none import NONE
    from longvid.engine.models import open_llm_models
    from longvid_benchmarks.compare.judge import Judge

    if name is None:
        return None
    if name == NONE:
        raise typer.BadParameter("plain is no model; name one that can answer", param_hint="'--judge'")
    alone = name != models.llm_name
    backend = models.llm
    if alone:
        backend = open_llm_models(name, **placed).llm
    same = dict(backend.identity) == dict(models.llm.identity)
    return Judge(backend, name, out / "judge", same_as_llm=same)


def _files(bench: Bench) -> list[Path]:
    """Where the prompts of an LLM and of a judge lie that are answered through files."""
    from longvid.engine.backends.files import FilesLLM

    asked = [bench.models.llm, *([bench.judge.backend] if bench.judge is not None else [])]
    return list(dict.fromkeys(one.pending for one in asked if isinstance(one, FilesLLM)))


def _watches(value: str) -> list[Watch]:
    from longvid_benchmarks.compare.watching import parse

    try:
        return parse(value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--watch'") from error


def _remarks(bench: Bench, failed: list[dict[str, Any]]) -> list[str]:
    """What a reader of the tables must know."""
    from longvid.text import printable

    lines = []
    if bench.judge is not None and bench.judge.same_as_llm:
        lines.append(f"the judge is the LLM itself ({bench.judge.name}): it judges its own words")
    for row in failed:
        # A plug-in's exception can say anything, over many lines.
        lines.append(" ".join(printable(f"{row['strategy']} failed on {row['film']}: {row['error']}").split()))
    return lines


def _captions(value: str, films: str) -> list[Captions]:
    """The kinds of captions in a comma-separated list; for films of one's own `model`, or nothing for their files."""
    from longvid_benchmarks.compare.films import KINDS

    allowed = list(KINDS) if films == STORYFILM else ["model"]
    return choices(value or ("appearance" if films == STORYFILM else ""), allowed, "--captions")


def _ways(value: str) -> list[Way]:
    from typing import get_args

    from longvid.carry import Way

    return choices(value.replace("gist", "previous"), list(get_args(Way)), "--context") or ["none"]
