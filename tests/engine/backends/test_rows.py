"""Rows that come and go: no answer depends on what is beside it, and a clip is watched once for all questions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from longvid.cogvlm2 import CogVLM2VideoForConditionalGeneration
from longvid.cogvlm2.frames import MEAN, STD
from longvid.cogvlm2.slots import Slots
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.backends.decoding import generate
from longvid.engine.backends.prefilling import Prompt
from longvid.engine.backends.prefixes import Prefixes
from longvid.engine.backends.rows import BROKEN, Row, Rows, serve
from longvid.engine.budget import NOTHING, Budget
from longvid.engine.device import Device
from longvid.engine.feed import Listed
from longvid.engine.request import ClipRef, Raw, Request, Stopped
from longvid.models import bundled
from longvid_benchmarks.precision.asking import requests as noise
from tests.checkpoints import make_checkpoint

AMPLE = Budget(1 << 30, 0)
FRAMES = 3
QUESTIONS = ["Who is it?", "What happens in this video, and where does it happen?", "When?", "Where is the cat?"]


def backend(folder: Path, budget: Budget = NOTHING) -> CogVLM2Backend:
    place = Device("cpu", "float32", 1 << 40, "CPU")
    return CogVLM2Backend(
        folder, fingerprint="r", device=place, template="chat", label="index", batch=4, threads=1, budget=budget
    )


@pytest.fixture(scope="module", params=["random", "storyfilm-tiny"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "random":
        return make_checkpoint(tmp_path_factory.mktemp("rows") / "model", seed=1, shards=1)
    return bundled()[request.param]


@pytest.fixture(scope="module")
def asked(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    """Questions of many lengths about clips of noise, two a clip, with limits from one token on."""
    clips = [request.clip for request in noise(tmp_path_factory.mktemp("clips"), 3, FRAMES, 1, 56)]
    wanted = zip([*clips, *clips], [*QUESTIONS, *QUESTIONS[:2]], [1, 24, 9, 40, 17, 5], strict=True)
    return [Request("ask", question, limit, clip) for clip, question, limit in wanted]


def plainly(backend: CogVLM2Backend, request: Request) -> Raw:
    """What transformers' own generation says to `request` alone."""
    model, end = backend._loaded(), backend.processor.eos_token_id
    inputs = backend._inputs(model, [request])
    ((ids, finish),) = generate(
        model, inputs, [request.max_tokens], eos=[end], pad=end, seed=None, stopped=lambda: False
    )
    return Raw(backend.processor.decode(ids), finish, inputs["input_ids"].shape[1], len(ids))


@pytest.fixture(scope="module")
def alone(folder: Path, asked: list[Request]) -> list[Raw]:
    plain = backend(folder)
    return [plainly(plain, request) for request in asked]


@pytest.mark.parametrize(
    ("rows", "budget"), [(1, AMPLE), (2, NOTHING), (2, Budget(0, 1 << 30)), (6, AMPLE), (6, NOTHING)]
)
def test_every_answer_is_that_of_a_plain_single_run(
    folder: Path, asked: list[Request], alone: list[Raw], rows: int, budget: Budget
) -> None:
    feed = Listed(asked, lambda: False)
    backend(folder, budget).stream(feed, rows, watching=True)
    assert feed.answers() == alone


GOLDEN = Path(__file__).parents[2] / "data" / "golden"
EXACT = sorted(path.parent for path in GOLDEN.glob("[!h]*/inputs.safetensors"))


def pictures(inputs: dict[str, torch.Tensor]) -> torch.Tensor:
    """The frames of a case, which may be stored as one grey level a patch."""
    grid = inputs.get("images_patch_grid_u8")
    if grid is None:
        return inputs.get("images", torch.empty(0))
    levels = grid.float().repeat_interleave(14, -2).repeat_interleave(14, -1) / 255
    return (levels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_the_published_codes_answers_come_of_rows_and_of_kept_clips_too(case: Path) -> None:
    meta = json.loads((case / "meta.json").read_text())
    inputs, wanted = load_file(case / "inputs.safetensors"), load_file(case / "outputs.safetensors")["generated_ids"]
    model = CogVLM2VideoForConditionalGeneration.from_pretrained(case, dtype=torch.float32)
    end, prompts = model.config.eos_token_id, []
    frames = list(pictures(inputs))
    for row, (ids, types, mask) in enumerate(
        zip(*(inputs[name].tolist() for name in ("input_ids", "token_type_ids", "attention_mask")), strict=True)
    ):
        start = mask.index(1)
        count = sum(types[start:]) // model.config.tokens_per_frame
        own, frames = frames[:count], frames[count:]
        head = len(types) - types[::-1].index(1) - start if count else 0
        prompts.append(Prompt(ids[start:], types[start:], head, row if count else None, partial(torch.stack, own)))
    said = [list(takewhile(lambda token: token != end, ids)) for ids in wanted.tolist()]
    kept = Prefixes(AMPLE, torch.device("cpu"))
    with torch.inference_mode():
        for most in (len(prompts), 1):
            rows, found = Rows(model, most, ends=[end], rotary_table=None, seed=None), []
            feed = Listed([Request("write", str(row), meta["new_tokens"]) for row in range(len(prompts))], bool)
            serve(rows, feed, kept, lambda request: prompts[int(request.prompt)], found.extend, None)
            assert [row.ids for row in sorted(found, key=lambda row: row.ticket)] == said


def test_what_is_written_is_that_of_a_plain_single_run(folder: Path) -> None:
    plain = backend(folder)
    asked = [Request("write", "the dog walks " * count, 10 + count) for count in (1, 9, 2, 30)]
    assert plain.answer(asked) == [plainly(plain, request) for request in asked]


def passes(model: Any) -> tuple[list[int], list[int]]:
    """Frames of every pass of the vision tower, and rows of every pass of the decoder, as they are made."""
    frames: list[int] = []
    rows: list[int] = []
    model.model.vision.register_forward_pre_hook(lambda _, args: frames.append(len(args[0])))
    model.model.layers[0].register_forward_pre_hook(lambda _, args: rows.append(len(args[0])))
    return frames, rows


def test_a_second_question_to_a_clip_watches_nothing(folder: Path, asked: list[Request]) -> None:
    kept = backend(folder, AMPLE)
    frames, _ = passes(kept._loaded())
    kept.answer(asked[:3])
    assert sum(frames) == 3 * FRAMES
    kept.answer(asked[3:])
    assert sum(frames) == 3 * FRAMES


def test_questions_to_one_clip_at_once_watch_it_once(folder: Path, asked: list[Request]) -> None:
    kept = backend(folder, AMPLE)
    frames, _ = passes(kept._loaded())
    kept.answer(asked)
    assert sum(frames) == 3 * FRAMES


def test_without_a_budget_every_question_watches(folder: Path, asked: list[Request]) -> None:
    kept = backend(folder)
    frames, _ = passes(kept._loaded())
    kept.answer(asked)
    assert sum(frames) == 6 * FRAMES


def test_other_times_of_the_same_pictures_are_another_clip(tmp_path: Path, asked: list[Request]) -> None:
    place = Device("cpu", "float32", 1 << 40, "CPU")
    folder = make_checkpoint(tmp_path / "model", seed=1, shards=1)
    kept = CogVLM2Backend(
        folder, fingerprint="r", device=place, template="chat", label="seconds", batch=4, threads=1, budget=AMPLE
    )
    clip = asked[0].clip
    assert clip is not None
    later = Request("ask", QUESTIONS[0], 20, ClipRef(clip.path, clip.digest, 0, (3.0, 17.0, 19.0)))
    kept.answer([asked[0], later])
    assert kept.answer([later]) == [plainly(kept, later)]


def test_a_row_that_ends_leaves_and_another_takes_its_place(tmp_path: Path, asked: list[Request]) -> None:
    made = backend(make_checkpoint(tmp_path / "model", seed=1, shards=1))
    _, rows = passes(made._loaded())
    given: list[int] = []

    class Counted(Listed):
        def give(self, answers: Sequence[tuple[int, Raw]]) -> None:
            given.extend(number for number, _ in answers)
            super().give(answers)

    feed = Counted(asked, lambda: False)
    made.stream(feed, 2, watching=True)
    assert max(rows) == 2
    assert given.index(2) < given.index(1), "the third, which is short, did not wait for the second"


def test_it_stops_between_two_tokens(folder: Path, asked: list[Request]) -> None:
    made = backend(folder)
    _, rows = passes(made._loaded())
    with pytest.raises(Stopped):
        made.answer(asked[1:2], stopped=lambda: len(rows) > 3)
    assert len(rows) == 4


def test_a_row_ends_where_it_should() -> None:
    def ended(tokens: list[int], limit: int = 100) -> tuple[int, str | None]:
        row = Row(0, None, limit, None)  # type: ignore[arg-type]
        for token in tokens:
            row.take(token, [7])
        return len(row.ids), row.finish

    assert ended([1, 2, 7, 3]) == (2, "stop")
    assert ended([1, 2, 3], limit=2) == (2, "length")
    assert ended([1, BROKEN, 3]) == (1, "length")
    assert ended([1, 2, 3]) == (3, None)
    assert ended([5] * 200)[1] == "loop"


def test_numbers_that_are_none_do_not_reach_the_row_that_comes_after(folder: Path) -> None:
    model = backend(folder)._loaded()
    slots = Slots(model.config, 2, torch.device("cpu"), torch.float32)
    heads, size = model.config.num_multi_query_heads, model.config.hidden_size // model.config.num_attention_heads
    layers = range(model.config.num_hidden_layers)
    broken = [torch.full((heads, 9, size), float("nan")) for _ in layers]
    sound = [torch.ones(heads, 2, size) for _ in layers]
    slots.enter(sound, sound, 20)
    slots.enter(broken, broken, 20)
    slots.leave(0)
    slots.leave(0)
    for _ in range(2):
        slots.enter(sound, sound, 20)
    slots.begin()
    keys, values = slots.update(torch.ones(2, heads, 1, size), torch.ones(2, heads, 1, size), 0)
    slots.end()
    assert slots.lengths == [3, 3]
    assert bool(torch.isfinite(keys).all() and torch.isfinite(values).all())


class Tensors:
    """Keys and values of ten numbers, 40 bytes, that tell whose they are."""

    def __init__(self, budget: Budget) -> None:
        self.kept = Prefixes(budget, torch.device("cpu"))

    def put(self, *names: int) -> None:
        for name in names:
            self.kept.put(name, torch.full((10,), float(name)))


def test_what_was_asked_for_last_stays_and_the_oldest_is_dropped() -> None:
    held = Tensors(Budget(device=80, host=40))
    held.put(1, 2, 3)
    assert held.kept.held == (80, 40)
    assert float(held.kept.get(1)[0]) == 1, "from main memory, and then on the device again"
    held.put(4)
    assert [name in held.kept for name in (1, 2, 3, 4)] == [True, False, True, True]
    assert held.kept.held == (80, 40)
    held.kept.clear()
    assert held.kept.held == (0, 0)


def test_what_is_larger_than_both_budgets_is_not_kept() -> None:
    held = Tensors(Budget(device=39, host=39))
    held.put(1)
    assert 1 not in held.kept
    assert not held.kept.keeps(40)
    assert held.kept.keeps(39)


def test_all_slots_taken_is_an_error(folder: Path) -> None:
    model = backend(folder)._loaded()
    with pytest.raises(ValueError, match="0 slots"):
        Slots(model.config, 0, torch.device("cpu"), torch.float32).enter([torch.ones(1, 1, 1)], [], 2)


def test_steps_are_looked_at_together_and_end_as_one_by_one(
    folder: Path, asked: list[Request], alone: list[Raw]
) -> None:
    made = backend(folder)
    usual = Rows.__init__

    def as_on_a_gpu(self: Rows, *args: Any, **named: Any) -> None:
        usual(self, *args, **named)
        self.steps = 8

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rows, "__init__", as_on_a_gpu)
        assert made.answer(asked) == alone
