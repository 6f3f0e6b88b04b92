"""What chunks are asked, over a real engine and store and a backend that answers by chunk: bounds, resets, order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from longvid.carry import NO_CARRY, Carrier, Carry, Known
from longvid.carry.asking import LONGEST_GAP, Question
from longvid.carry.telling import MOST_SENTENCES
from longvid.engine.prompts import CAPTION, CARRY_TOKENS, EVENTS, carried
from longvid.engine.request import ClipRef, Raw, Request
from longvid.engine.scheduler import Engine
from longvid.errors import ModelError
from longvid.film import Chunk
from longvid.run import Store
from longvid.strategy import Answer, Limits
from longvid.text import sentences
from tests.standins import ScriptedBackend, make_chunks, plainly, tokens

PREVIOUS, CAST = Carry("previous"), Carry("cast")
LIMITS = Limits(context=2048, caption=320, max_concurrency=4, words=200)
ADA = Known("Ada", "tall woman with a red scarf")


@dataclass
class ScriptedCaptioner(ScriptedBackend):
    """Answers by chunk and question, and keeps what each chunk was asked."""

    tells: Callable[[Request, int], Raw] = lambda request, chunk: happens(chunk)
    asked: dict[int, list[str]] = field(default_factory=dict)

    def answer(
        self, requests: Sequence[Request], *, seed: int | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> list[Raw]:
        self.batches.append(list(requests))
        return [self._one(request) for request in requests]

    def _one(self, request: Request) -> Raw:
        chunk = request.clip.chunk if request.clip is not None else -1
        if not self.asked.get(chunk) or self.asked[chunk][-1] != request.prompt:
            self.asked.setdefault(chunk, []).append(request.prompt)
        return self.tells(request, chunk)


def happens(chunk: int) -> Raw:
    return plainly(f"Somebody finds thing{chunk}. Later it is dropped near tree{chunk}.")


def shown(request: Request, chunk: int) -> Raw:
    """Event lines at the first look and whenever they are asked for, prose else."""
    if request.prompt.endswith(EVENTS):
        return plainly(
            f"3 | a woman in a red scarf | finds thing{chunk} | yard\n9 | man{chunk % 3} Smith | sleeps | hall"
        )
    return happens(chunk)


class Film:
    """Chunks with clips that no backend here reads, and a store that outlives an engine."""

    def __init__(self, folder: Path, n: int = 6, chunks: Sequence[Chunk] | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.chunks = tuple(chunks or make_chunks(n))
        self.clips = {c.index: ClipRef(folder, f"digest {c.index}", c.index, ()) for c in self.chunks}
        self.store = Store(folder / "answers.sqlite")
        self.notes: list[tuple[str, bool]] = []

    def ask(
        self,
        carry: Carry,
        backend: ScriptedCaptioner | None,
        order: Sequence[Sequence[int]],
        question: Question = "caption",
        limits: Limits = LIMITS,
    ) -> dict[int, Answer]:
        """The answers of the chunks in `order`: waves of indices that are asked at once."""

        async def work() -> dict[int, Answer]:
            async with self.engine(backend) as engine:
                carrier = self.carrier(carry, engine, limits)
                found: dict[int, Answer] = {}
                for wave in order:
                    answers = await asyncio.gather(*(carrier.answer(question, self.chunks[i]) for i in wave))
                    found |= dict(zip(wave, answers, strict=True))
                return found

        return asyncio.run(asyncio.wait_for(work(), 60))

    def engine(self, backend: ScriptedCaptioner | None) -> Engine:
        llm = ScriptedBackend()
        return Engine(self.store, captioner=backend, llm=llm, captioner_identity={"class": "scripted"})

    def carrier(self, carry: Carry, engine: Engine, limits: Limits = LIMITS) -> Carrier:
        return Carrier(
            carry, self.chunks, self.clips, engine, self.store, limits, lambda text, bad: self.notes.append((text, bad))
        )

    def stored(self, carry: Carry, question: Question = "caption") -> bool:
        async def work() -> bool:
            async with self.engine(None) as engine:
                return self.carrier(carry, engine).stored(question)

        return asyncio.run(work())


def all_of(n: int) -> list[list[int]]:
    return [list(range(n))]


def test_without_carry_the_prompts_are_the_plain_ones(tmp_path: Path) -> None:
    backend = ScriptedCaptioner()
    Film(tmp_path).ask(NO_CARRY, backend, all_of(6))
    assert backend.asked == {i: [CAPTION] for i in range(6)}
    assert [len(batch) for batch in backend.batches] == [4, 2]


def test_each_chunk_is_told_the_end_of_the_answer_before_it_and_nothing_older(tmp_path: Path) -> None:
    backend = ScriptedCaptioner()
    Film(tmp_path).ask(PREVIOUS, backend, all_of(6))
    assert backend.asked[0] == [CAPTION]
    for i in range(1, 6):
        (prompt,) = backend.asked[i]
        assert prompt.endswith(CAPTION)
        assert "for continuity only" in prompt
        assert f"Just before: {happens(i - 1).text} " in prompt
        assert not any(f"thing{j}." in prompt for j in range(6) if j != i - 1)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("question", ["caption", "events"])
def test_a_carry_is_whole_sentences_within_its_bound_and_leaves_the_answer_its_room(
    tmp_path: Path, seed: int, question: Question
) -> None:
    dice = random.Random(seed)
    said = [
        " ".join(f"w{i} " * dice.randint(1, 60) + f"end{i}x{j}." for j in range(dice.randint(1, 9))) for i in range(8)
    ]
    plain, most = (CAPTION, LIMITS.caption) if question == "caption" else (EVENTS, LIMITS.events)
    room = dice.randint(0, 160)
    backend = ScriptedCaptioner(
        tells=lambda request, chunk: plainly(said[chunk]), context=tokens(plain) + most + room, name="scripted"
    )
    entities = tuple(Known(f"name{i}", "look " * dice.randint(1, 20) + "end") for i in range(dice.randint(0, 4)))
    Film(tmp_path, 8).ask(Carry("previous", entities), backend, all_of(8), question)
    for i in range(8):
        (prompt,) = backend.asked[i]
        assert tokens(prompt) - tokens(plain) <= min(CARRY_TOKENS, room)
        told = prompt.partition("Just before: ")[2].partition(" This is told")[0]
        assert told in said[i - 1]
        assert said[i - 1].endswith(told)
        assert len(sentences(told)) <= MOST_SENTENCES
        assert prompt.count("(look") == prompt.count("end)")


BROKEN = {
    "empty": Raw("", "stop", 1, 0),
    "looping": Raw("Round and round. " * 9, "loop", 1, 40),
    "cut-off": Raw("Somebody comes. Then somebody", "length", 1, 320),
    "garbled": Raw("\ufffd\ufffd {} \ufffd", "stop", 1, 9),
    "refused": plainly("I'm sorry, but I cannot describe this video."),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_after_a_degraded_answer_nothing_is_carried_and_then_it_begins_again(tmp_path: Path, kind: str) -> None:
    backend = ScriptedCaptioner(tells=lambda request, chunk: BROKEN[kind] if chunk == 2 else happens(chunk))
    answers = Film(tmp_path).ask(PREVIOUS, backend, all_of(6))
    assert not answers[2].ok
    assert backend.asked[3] == [CAPTION]
    assert "thing3" in backend.asked[4][0]


def test_nothing_is_carried_over_a_long_gap(tmp_path: Path) -> None:
    early, late = make_chunks(2), make_chunks(4)
    later = [Chunk(c.index, c.start + LONGEST_GAP + 1, c.end + LONGEST_GAP + 1, (), ()) for c in late[2:]]
    backend = ScriptedCaptioner()
    Film(tmp_path, chunks=[*early, *later]).ask(PREVIOUS, backend, all_of(4))
    assert backend.asked[2] == [CAPTION]
    assert "thing2" in backend.asked[3][0]


def test_an_answer_that_repeats_the_one_before_it_ends_the_chain(tmp_path: Path) -> None:
    backend = ScriptedCaptioner(tells=lambda request, chunk: happens(1 if chunk == 2 else chunk))
    Film(tmp_path).ask(PREVIOUS, backend, all_of(6))
    assert backend.asked[3] == [CAPTION]
    assert "thing3" in backend.asked[4][0]


@pytest.mark.parametrize("carry", [PREVIOUS, CAST, Carry("previous", (ADA,)), Carry("none", (ADA,))])
@pytest.mark.parametrize("question", ["caption", "events"])
def test_the_order_of_asking_changes_no_prompt(tmp_path: Path, carry: Carry, question: Question) -> None:
    dice = random.Random(7)
    shuffled = dice.sample(range(9), 9)
    orders = [
        all_of(9), [[8, 7, 6], [5, 4, 3, 2], [1, 0]], [[8]], [shuffled], [[i] for i in shuffled], [[3, 3, 3], [0, 3]],
    ]  # fmt: skip
    asked = []
    for number, order in enumerate(orders):
        backend = ScriptedCaptioner(tells=shown)
        Film(tmp_path / str(number), 9).ask(carry, backend, order, question)
        asked.append(backend.asked)
    for other in asked[1:]:
        assert all(
            prompts == asked[0][chunk] for chunk, prompts in other.items() if len(prompts) == len(asked[0][chunk])
        )
        assert all(prompts[-1] in asked[0][chunk] for chunk, prompts in other.items())
    assert asked[0] == asked[1] == asked[3] == asked[4]


def test_three_hundred_chunks_in_waves_and_both_questions_at_once_neither_overflow_nor_hang(tmp_path: Path) -> None:
    film, backend = Film(tmp_path, 300), ScriptedCaptioner(tells=shown, batch=8)

    async def work() -> None:
        async with film.engine(backend) as engine:
            carrier = film.carrier(PREVIOUS, engine)
            last = carrier.answer("caption", film.chunks[-1])
            rest = (carrier.answer("events", chunk) for chunk in reversed(film.chunks))
            await asyncio.gather(last, *rest)

    asyncio.run(asyncio.wait_for(work(), 100))
    assert all(len(prompts) == 2 for prompts in backend.asked.values())


def test_who_gives_up_waiting_leaves_the_chain_to_the_others(tmp_path: Path) -> None:
    film, backend = Film(tmp_path), ScriptedCaptioner()

    async def work() -> Answer:
        async with film.engine(backend) as engine:
            carrier = film.carrier(PREVIOUS, engine)
            first = asyncio.ensure_future(carrier.answer("caption", film.chunks[5]))
            second = asyncio.ensure_future(carrier.answer("caption", film.chunks[4]))
            await asyncio.sleep(0.02)
            first.cancel()
            return await second

    assert "thing4" in asyncio.run(asyncio.wait_for(work(), 30)).text


def test_where_there_is_no_room_nothing_is_told_and_one_note_says_so(tmp_path: Path) -> None:
    film = Film(tmp_path)
    backend = ScriptedCaptioner(context=tokens(CAPTION) + LIMITS.caption + 12)
    film.ask(Carry("previous", (ADA,)), backend, all_of(6))
    assert backend.asked == {i: [CAPTION] for i in range(6)}
    assert len(set(film.notes)) == 1
    assert not film.notes[0][1], "a short context is no fault of the run"


def test_the_users_entities_are_told_first_to_every_chunk_and_without_a_first_look(tmp_path: Path) -> None:
    film, backend = Film(tmp_path), ScriptedCaptioner(tells=shown)
    film.ask(Carry("none", (ADA, Known("Tom", "old man"))), backend, all_of(6))
    for i in range(6):
        (prompt,) = backend.asked[i]
        assert prompt.startswith("Figures of this film: Ada (tall woman with a red scarf); Tom (old man). This is told")
    other = Film(tmp_path / "other")
    backend = ScriptedCaptioner(tells=shown)
    other.ask(Carry("cast", (ADA,)), backend, all_of(6))
    assert all(
        "film: Ada (tall woman with a red scarf); the woman in a red scarf" in backend.asked[i][1] for i in range(6)
    )


def test_more_entities_than_fit_are_left_out_from_the_last_and_noted(tmp_path: Path) -> None:
    film, backend = Film(tmp_path), ScriptedCaptioner()
    film.ask(Carry("none", tuple(Known(f"Name{i}", "look " * 9) for i in range(20))), backend, all_of(6))
    assert "Name0" in backend.asked[0][0]
    assert "Name19" not in backend.asked[0][0]
    assert len(set(film.notes)) == 1


def test_the_cast_comes_from_one_first_look_that_events_without_carry_share(tmp_path: Path) -> None:
    film, backend = Film(tmp_path), ScriptedCaptioner(tells=shown)
    film.ask(CAST, backend, [[2], [0, 1, 3, 4, 5]])
    assert all(prompts[0] == EVENTS for prompts in backend.asked.values())
    assert all("woman in a red scarf" in prompts[1] for prompts in backend.asked.values())
    assert [len(batch) for batch in backend.batches] == [4, 2, 1, 4, 1], "each pass runs in whole batches"
    again = ScriptedCaptioner(tells=shown)
    film.ask(NO_CARRY, again, all_of(6), "events")
    assert again.batches == []


def test_who_is_in_a_failed_first_look_is_not_told_and_that_is_said(tmp_path: Path) -> None:
    def tells(request: Request, chunk: int) -> Raw:
        return BROKEN["cut-off"] if request.prompt == EVENTS and chunk != 0 else shown(request, chunk)

    film, backend = Film(tmp_path), ScriptedCaptioner(tells=tells)
    film.ask(CAST, backend, all_of(6))
    assert backend.asked[3][-1] == CAPTION
    assert [bad for _, bad in film.notes] == [True]


def test_no_room_for_event_lines_means_no_first_look(tmp_path: Path) -> None:
    film, backend = Film(tmp_path), ScriptedCaptioner(tells=shown)
    film.ask(CAST, backend, all_of(6), limits=Limits(context=2048, caption=320, max_concurrency=4, words=200, events=0))
    assert backend.asked == {i: [CAPTION] for i in range(6)}
    assert len(film.notes) == 1


@pytest.mark.parametrize(
    "carry", [PREVIOUS, CAST, Carry("previous", (ADA,)), Carry("cast", (ADA,)), Carry("none", (ADA,))]
)
def test_stored_answers_are_found_again_without_a_model(tmp_path: Path, carry: Carry) -> None:
    film, backend = Film(tmp_path), ScriptedCaptioner(tells=shown)
    film.ask(NO_CARRY, backend, all_of(6))
    assert film.stored(NO_CARRY)
    assert not film.stored(carry), "what was asked without carry is no carried answer"
    answers = film.ask(carry, backend, [[0, 1, 2]])
    assert not film.stored(carry), "not of every chunk"
    answers |= film.ask(carry, backend, all_of(6))
    assert film.stored(carry)
    assert not film.stored(carry, "events")
    again = film.ask(carry, None, [[5, 0, 4], [1, 2, 3]])
    assert {i: answer.key for i, answer in again.items()} == {i: answer.key for i, answer in answers.items()}
    with pytest.raises(ModelError, match="run summarize on the film"):
        film.ask(carry, None, all_of(6), "events")


@pytest.mark.parametrize(("carry", "calls"), [(PREVIOUS, 1), (PREVIOUS, 4), (CAST, 3), (CAST, 9)])
def test_a_run_that_broke_off_asks_the_rest_with_the_same_prompts(tmp_path: Path, carry: Carry, calls: int) -> None:
    whole = ScriptedCaptioner(tells=shown)
    Film(tmp_path / "whole").ask(carry, whole, all_of(6))
    left = calls

    def breaks(request: Request, chunk: int) -> Raw:
        nonlocal left
        left -= 1
        if left < 0:
            raise RuntimeError("killed")
        return shown(request, chunk)

    film = Film(tmp_path / "broken")
    first, second = ScriptedCaptioner(tells=breaks, batch=1), ScriptedCaptioner(tells=shown, batch=1)
    with pytest.raises(RuntimeError, match="killed"):
        film.ask(carry, first, all_of(6))
    film.ask(carry, second, all_of(6))
    done = [(r.clip.chunk, r.prompt) for b in first.batches[:calls] for r in b if r.clip]
    then = [(r.clip.chunk, r.prompt) for b in second.batches for r in b if r.clip]
    assert not set(done) & set(then), "nothing finished is asked again"
    assert sorted(done + then) == sorted((chunk, prompt) for chunk, asked in whole.asked.items() for prompt in asked)


def test_the_prompt_in_the_documentation_is_the_one_that_is_asked() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "context.md").read_text(encoding="utf-8")
    before = "The woman in the red scarf puts the key under a stone."
    assert carried(CAPTION, (), [before]) in " ".join(page.split())
