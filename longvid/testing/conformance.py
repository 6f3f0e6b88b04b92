"""What every strategy promises, and the check of all of it.

A broken promise is an AssertionError that names it. Each promise is one function over runs of the strategy; the larger
sizes, which take longer, are only run for what can grow: calls, tokens, checkpoints, and a cancelled run.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from longvid.strategy.contract import Call, Limits, Strategy, StrategyConfig
from longvid.strategy.registry import fault as class_fault
from longvid.testing.models import FAULTS, Fault, ScriptedCaptioner, ScriptedLLM
from longvid.testing.runs import Outcome, Setting, run
from longvid.testing.story import Story, tell

WIDE = Limits(context=2048, caption=320, max_concurrency=4, words=200)
TIGHT = Limits(context=400, caption=60, max_concurrency=3, words=120, events=60)
SMALL = 7
"""Chunks of the runs that are repeated under every fault."""
LARGEST_CHECKPOINT = 64 << 10
"""Bytes."""
CHECKPOINT, CHECKPOINT_A_CHUNK = 6 << 10, 300
"""Bytes that a checkpoint may have, and for each chunk more: a few keys of 65 characters, never a text."""
OWN_WORDS = 0.5
"""Most of the words of a result that code may add to those of the answers: headings, "then", "meanwhile"."""

SHARES: Mapping[str, Callable[[int], bool]] = {
    "every chunk": lambda chunk: True,
    "every third chunk": lambda chunk: chunk % 3 == 1,
}
"""Of which chunks a bad captioner says nothing."""


def check_strategy(
    strategy: type[Strategy[Any]] | Strategy[Any],
    *,
    sizes: Sequence[int] = (0, 1, 2, 7, 120, 300),
    seed: int = 0,
) -> None:
    """Check that `strategy`, a class or an instance with settings, keeps the promises of the contract.

    For films of each of `sizes` chunks, with the published model's 2,048 tokens and with 400: the graph ends; no call
    exceeds the token limit, the estimate, or what the strategy says that it needs; the same seed gives the same bytes,
    in whatever order answers arrive; a run that was cancelled goes on without repeating a finished call; checkpoints
    hold keys and stay small; whatever a model fails to say, the run ends and the failure is quoted nowhere. `seed`
    decides the films. Runs in a temporary folder, alone: nothing may have an event loop running in this thread.

    Raises AssertionError for the first promise that is broken, saying which, with how many chunks and which models.
    """
    kind = strategy if isinstance(strategy, type) else type(strategy)
    made = strategy() if isinstance(strategy, type) else strategy
    _check_declarations(kind)
    with tempfile.TemporaryDirectory(prefix="longvid-check-") as folder:
        check = _Check(made, Path(folder), seed)
        for n in sorted(set(sizes)):
            for limits in (WIDE, TIGHT):
                check.bounds(n, limits)
                if n > SMALL:
                    check.resumes(n, limits, points=1, kills=0)
        small = max((n for n in sizes if n <= SMALL), default=SMALL)
        for limits in (WIDE, TIGHT):
            check.repeats(small, limits)
            check.resumes(small, limits, points=3, kills=2)
        if made.uses or made.requires_one_of:
            check.does_without_what_is_optional(small)
        check.survives_bad_llms(small)
        check.survives_bad_captioners(small)


def _check_declarations(strategy: type[Strategy[Any]]) -> None:
    wrong = class_fault(strategy)
    assert wrong is None, f"{strategy.__name__} {wrong}"
    config = strategy.Config
    assert config.model_config.get("frozen"), f"{strategy.name}: Config is not frozen"
    try:
        config.model_validate({"no such setting": 1})
    except ValidationError:
        return
    raise AssertionError(f"{strategy.name}: Config takes an unknown setting; derive it from {StrategyConfig.__name__}")


class _Check:
    """The promises of one strategy, each a method."""

    def __init__(self, strategy: Strategy[Any], folder: Path, seed: int) -> None:
        self.strategy, self.folder, self.seed = strategy, folder, seed
        self._runs = 0
        self._first: dict[tuple[int, Limits], Outcome] = {}

    # -- promises ----------------------------------------------------------------------------------------------------

    def bounds(self, n: int, limits: Limits) -> None:
        """It ends within its estimate and its limits, and its state is small."""
        outcome = self._undisturbed(n, limits)
        where = self._where(n, limits)
        bound = self.strategy.estimate(n, limits)
        for kind in get_args(Call):
            made, most = outcome.count(kind), getattr(bound, kind)
            assert made <= most, f"{where}: {made} calls of {kind}; its estimate says at most {most}"
        at_once = self._run(self._setting(n, replace(limits, max_concurrency=max(1, n))))
        assert at_once.depth <= bound.depth, (
            f"{where}: {at_once.depth} calls waited for one another; its estimate says at most {bound.depth}"
        )
        assert outcome.copied is None, (
            f"{where}: a checkpoint holds the text of an answer, not its key: {str(outcome.copied)[:60]!r}"
        )
        most = min(LARGEST_CHECKPOINT, CHECKPOINT + CHECKPOINT_A_CHUNK * n)
        assert outcome.largest <= most, f"{where}: a checkpoint of {outcome.largest} bytes; at most {most} are right"

    def repeats(self, n: int, limits: Limits) -> None:
        """The same seed gives the same bytes, in whatever order answers arrive."""
        first = self._undisturbed(n, limits)
        where = self._where(n, limits)
        again = self._run(self._setting(n, limits))
        assert again.texts == first.texts, (
            f"{where}: the same run gave another text; use Context.rng(label) alone for chance"
        )
        setting = self._setting(n, limits)
        # Answers of one batch are there at one moment, so that a few turns of the event loop change their order.
        together = max(1, n)
        captioner = ScriptedCaptioner(setting.story, caption_tokens=limits.caption, batch=together)
        llm = ScriptedLLM(context=limits.context, batch=together)
        shuffled = replace(setting, captioner=captioner, llm=llm, shuffled=self.seed)
        late = self._run(shuffled)
        assert late.texts == first.texts, f"{where}: the text depends on the order in which answers arrive"

    def resumes(self, n: int, limits: Limits, *, points: int, kills: int) -> None:
        """A run that was cancelled or killed goes on to the same text, and no finished call is made again."""
        first = self._undisturbed(n, limits)
        calls, checkpoints = first.seen.calls, first.seen.checkpoints
        moments = {max(1, calls * (i + 1) // (points + 1)) for i in range(points)} if calls else set()
        for moment in sorted(moments):
            cut = replace(self._setting(n, limits), cancel_at=moment)
            self._goes_on(cut, first, f"{self._where(n, limits)}, cancelled at call {moment} of {calls}")
        # The last two checkpoints say that the last node is done. Killed after the one before, it is run again, by a
        # process that has nothing of the nodes before it but what the state says.
        last = checkpoints - 2
        for after in sorted({max(1, last * (i + 1) // kills) for i in range(kills)}, reverse=True):
            cut = replace(self._setting(n, limits), stop_after=after)
            self._goes_on(cut, first, f"{self._where(n, limits)}, killed after checkpoint {after} of {checkpoints}")

    def _goes_on(self, setting: Setting, first: Outcome, where: str) -> None:
        folder = self._folder()
        cut = self._run(setting, folder)
        assert cut.state is None, f"{where}: it went on all the same; let CancelledError pass"
        resumed = self._run(replace(setting, cancel_at=None, stop_after=None), folder)
        assert resumed.texts == first.texts, (
            f"{where}: it went on to another text; keep what a later node needs in the state, and no Context.rng"
        )
        repeated = [key for key in cut.finished if resumed.begun[key] > 1]
        assert not repeated, f"{where}: {len(repeated)} finished calls were made again"
        strange = set(resumed.begun) - set(first.begun)
        assert not strange, f"{where}: {len(strange)} calls were made that a run in one go does not make"

    def does_without_what_is_optional(self, n: int) -> None:
        """It works with no more calls than it needs, and without any one of those that it does not."""
        every, spare = self.strategy.may_call(), self.strategy.uses | self.strategy.requires_one_of
        least = {self.strategy.requires | {one} for one in self.strategy.requires_one_of} or {self.strategy.requires}
        for capabilities in least | {every - {one} for one in spare}:
            if self.strategy.missing(capabilities):
                continue
            for limits in (WIDE, TIGHT):
                what = f"without {', '.join(sorted(every - capabilities))}"
                self._run(replace(self._setting(n, limits), capabilities=capabilities), what=what)

    def survives_bad_llms(self, n: int) -> None:
        """An LLM that fails is no reason to fail, and nothing of a failure is quoted."""
        if "write" not in self.strategy.may_call():
            return
        for name, fault in FAULTS.items():
            for limits in (WIDE, TIGHT):
                setting = self._setting(n, limits)
                llm = ScriptedLLM(context=limits.context, fault=fault)
                what = f"with an LLM that {name}"
                self._judge(self._run(replace(setting, llm=llm), what=what), n, limits, fault, what)

    def survives_bad_captioners(self, n: int) -> None:
        """Chunks without an answer are nothing; where there is no answer at all, there is no summary."""
        for name, fault in FAULTS.items():
            if name == "says that no changes are needed":
                continue  # of a film that is an answer like any other
            for share, fails in (
                ("every chunk", lambda chunk: True),
                ("every third chunk", lambda chunk: chunk % 3 == 1),
            ):
                setting = self._setting(n, WIDE)
                captioner = ScriptedCaptioner(setting.story, caption_tokens=WIDE.caption, fault=fault, fails=fails)
                what = f"with a captioner that {name} about {share}"
                outcome = self._run(replace(setting, captioner=captioner), what=what)
                if not outcome.usable:
                    where = f"{self._where(n, WIDE)}, {what}"
                    assert not outcome.result, f"{where}: nobody said anything, and the text is {outcome.result[:60]!r}"
                self._judge(outcome, n, WIDE, fault, what)

    # -- what they share ---------------------------------------------------------------------------------------------

    def _setting(self, n: int, limits: Limits) -> Setting:
        story: Story = tell(n, self.seed)
        return Setting(
            story=story,
            limits=limits,
            capabilities=self.strategy.may_call(),
            captioner=ScriptedCaptioner(story, caption_tokens=limits.caption),
            llm=ScriptedLLM(context=limits.context),
            seed=self.seed,
        )

    def _undisturbed(self, n: int, limits: Limits) -> Outcome:
        if (n, limits) not in self._first:
            self._first[n, limits] = self._run(self._setting(n, limits))
        return self._first[n, limits]

    def _run(self, setting: Setting, folder: Path | None = None, what: str = "") -> Outcome:
        where = self._where(len(setting.story.chunks), setting.limits) + (f", {what}" if what else "")
        try:
            outcome = run(self.strategy, setting, folder or self._folder())
        except Exception as error:
            raise AssertionError(f"{where}: it failed with {type(error).__name__}: {error}") from error
        assert not outcome.seen.faults, f"{where}: {outcome.seen.faults[0]}"
        if outcome.state is not None:
            self._check_keys(outcome, len(setting.story.chunks), where)
        return outcome

    def _check_keys(self, outcome: Outcome, n: int, where: str) -> None:
        """What the final state names exists and has the form that the outputs rely on."""
        state = outcome.state or {}
        assert "result" in state, f"{where}: the final state has no result"
        extras = state.get("extras", {})
        assert isinstance(extras, dict), f"{where}: extras is no dict of names and keys"
        wanted = {"result", *(f"extras.{name}" for name in extras), *(["evidence"] if "evidence" in state else [])}
        missing = sorted(wanted - set(outcome.texts))
        assert not missing, f"{where}: no text has the key of {missing[0]}; use Context.keep or an answer's key"
        if "evidence" in state:
            self._check_evidence(outcome, n, where)

    def _check_evidence(self, outcome: Outcome, n: int, where: str) -> None:
        wrong = f"{where}: evidence is no list of sentence, chunks, times and events, as keep_evidence makes it"
        try:
            cited = json.loads(outcome.texts["evidence"])
        except ValueError:
            raise AssertionError(wrong) from None
        assert isinstance(cited, list), wrong
        for one in cited:
            assert isinstance(one, dict), wrong
            # `rows` is the earlier name of `events`.
            events = one.get("events", one.get("rows"))
            assert events is not None, wrong
            assert set(one) - {"events", "rows"} == {"sentence", "chunks", "times"}, wrong
            assert len(one["times"]) == len(events), f"{where}: evidence has a time for each event, in their order"
            assert all(isinstance(index, int) and 0 <= index < n for index in one["chunks"]), (
                f"{where}: evidence names chunks {one['chunks']} of a film of {n}"
            )
            assert one["sentence"] in outcome.result, (
                f"{where}: evidence is of a sentence that the text does not have: {one['sentence'][:60]!r}"
            )

    def _judge(self, outcome: Outcome, n: int, limits: Limits, fault: Fault, what: str) -> None:
        """Nothing of a failed answer is in the text, and its words are those of usable answers."""
        where = f"{self._where(n, limits)}, {what}"
        bound = self.strategy.estimate(n, limits)
        for kind in get_args(Call):
            made, most = outcome.count(kind), getattr(bound, kind)
            assert made <= most, f"{where}: {made} calls of {kind}; its estimate says at most {most}"
        assert not fault.never or fault.never not in outcome.result, (
            f"{where}: the text quotes a failed answer: {outcome.result[:80]!r}"
        )
        told = set(_words(" ".join(outcome.usable)))
        words = _words(outcome.result)
        own = [word for word in words if word not in told]
        assert len(own) <= OWN_WORDS * len(words), f"{where}: most words come from no answer, such as {own[:5]}"

    def _folder(self) -> Path:
        self._runs += 1
        folder = self.folder / str(self._runs)
        folder.mkdir()
        return folder

    def _where(self, n: int, limits: Limits) -> str:
        return f"{self.strategy.name} with {n} chunks and {limits.context} tokens"


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]{4,}", text.lower())
