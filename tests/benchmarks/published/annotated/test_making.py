"""Questions of a user's annotations: each type from what it takes, options that are wrong, places that are even."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from longvid.errors import LongvidError
from longvid_benchmarks.published.annotated.drafts import NEEDS, NOT_SURE
from longvid_benchmarks.published.annotated.formats import read_annotations
from longvid_benchmarks.published.annotated.making import Made, make
from longvid_benchmarks.published.annotated.writing import read_list
from longvid_benchmarks.published.tasks import TASKS

SECONDS = 30.0
DOING = ("opens the door", "pours some tea", "reads a letter", "feeds two cats", "paints a chair", "winds the clock")


def row(at: int) -> dict[str, Any]:
    """A video from which every type can be asked."""
    acts = [DOING[(at + step) % len(DOING)] for step in range(4)]
    actions: list[dict[str, Any]] = [
        {"text": text, "start": 5.0 * step, "end": 5.0 * step + 4, "object": text.split(" ", 1)[1]}
        for step, text in enumerate(acts)
    ]
    actions[1]["unexpected"] = True
    actions.append({"text": "claps", "start": 21, "end": 22})
    actions.append({"text": "claps", "start": 24, "end": 25})
    colours, shapes = ("red", "blue", "green", "grey"), ("round", "square", "flat", "long")
    return {
        "video": f"{at}.mp4",
        "actions": actions,
        "objects": [
            {"name": f"cup {at}", "moving": True, "colour": colours[at % 4], "shape": shapes[at % 4]},
            {"name": f"rug {at}", "moving": False, "colour": colours[(at + 1) % 4], "shape": shapes[(at + 1) % 4]},
        ],
        "states": [{"object": "the lamp", "before": "off", "after": "on"}],
        "scenes": [{"text": f"hall {at}", "start": 0, "end": 9}, {"text": f"yard {at}", "start": 9, "end": 30}],
        "directions": [{"object": f"cup {at}", "direction": ("up-left", "stationary")[at % 2]}],
        "counts": [{"question": "How many cups fall?", "count": at, "of": "objects"}],
        "poses": [("sitting down", "standing up", "waving hands", "kicking something", "bowing low")[at % 5]],
        "order": [*"ABCD"[at % 2 :], "E"],
        "qa": [
            {"type": kind, "question": f"{kind}?", "answer": f"answer {'xyzuvw'[at]}{kind}"}
            for kind in ("object_shuffle", "EN", "episodic_reasoning", "CI")
        ],
    }


def alone(at: int) -> dict[str, Any]:
    """A video of one action with its opposite."""
    action = {"text": DOING[at], "start": 0, "end": 30, "opposite": f"never {DOING[at].split()[0]}s"}
    return {"video": f"alone{at}.mp4", "actions": [action]}


def made_of(rows: Sequence[Mapping[str, Any]], tmp_path: Path, count: int = 6, **more: Any) -> dict[str, list[Made]]:
    path = tmp_path / "notes.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    annotated = read_annotations([path], None)
    return make(annotated, dict.fromkeys((one.video for one in annotated), SECONDS), count, 0, **more)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Made]]:
    rows = [*map(row, range(6)), *map(alone, range(6))]
    return made_of(rows, tmp_path_factory.mktemp("notes"))


def test_every_type_is_made_of_what_it_takes_and_the_right_option_stands_in_each_place_equally_often(
    made: dict[str, list[Made]],
) -> None:
    assert list(made) == [task.short for task in TASKS]
    assert set(NEEDS) == set(made)
    for short, mine in made.items():
        assert mine, short
        places = Counter((one.candidates.index(one.draft.right), len(one.candidates)) for one in mine)
        by_size: dict[int, list[int]] = {}
        for (_, size), number in places.items():
            by_size.setdefault(size, []).append(number)
        for size, numbers in by_size.items():
            assert max(numbers) - min([*numbers, *([0] if len(numbers) < size else [])]) <= 1, short
        for one in mine:
            assert len(set(one.candidates)) == len(one.candidates)
            assert one.candidates.count(one.draft.right) == 1
            assert 2 <= len(one.candidates) <= one.draft.options


def test_videos_differ_as_far_as_there_are_any(made: dict[str, list[Made]]) -> None:
    for short in ("AS", "AP", "MD", "OE", "SC", "FP"):
        assert len({one.draft.video for one in made[short]}) >= 4, short


def test_yes_and_no_are_right_equally_often_and_no_number_is_right_for_standing_in_the_middle(
    made: dict[str, list[Made]], tmp_path: Path
) -> None:
    assert Counter(one.draft.right for one in made["OE"]) == {"yes": 3, "no": 3}
    asked = [{"video": f"{at}.mp4", "counts": [{"question": "How often?", "count": 5}]} for at in range(40)]
    ranks = Counter(sorted(map(int, one.candidates)).index(5) for one in made_of(asked, tmp_path, 40)["AC"])
    assert set(ranks) == {0, 1, 2}
    assert max(ranks.values()) < 26


def test_what_comes_next_is_asked_before_it_is_shown_and_no_option_is_true_by_accident(
    made: dict[str, list[Made]],
) -> None:
    for one in made["AP"]:
        told = row(int(one.draft.video.stem))["actions"]
        after = [each["text"] for each in told if each["start"] >= one.draft.end]
        assert after[0] == one.draft.right
    for one in made["FA"]:
        told = (row if one.draft.video.stem.isdecimal() else lambda at: alone(int(at)))(
            int(one.draft.video.stem.removeprefix("alone"))
        )
        true = {each["text"] for each in told["actions"]}
        assert true & set(one.candidates) == {one.draft.right}


def test_overlapping_repeated_and_equal_acts_are_asked_about_in_no_order(tmp_path: Path) -> None:
    acts = [("opens it", 0, 6), ("reads", 4, 8), ("opens it", 8, 9), ("sings", 9, 12), ("sits", 9, 14)]
    rows = [{"video": "a.mp4", "actions": [{"text": t, "start": s, "end": e} for t, s, e in acts]}]
    found = made_of([*rows, *map(alone, range(6))], tmp_path)
    assert not [one for one in found.get("AS", []) if one.draft.video.name == "a.mp4"]
    assert not [one for one in found.get("AP", []) if one.draft.video.name == "a.mp4"]


def test_an_option_that_says_no_more_than_the_right_one_is_none(tmp_path: Path) -> None:
    rows = [{"video": f"{at}.mp4", "poses": [text]} for at, text in enumerate(
        ["sits down", "sits down slowly", "the sits down", "jumps up", "lies there", "waves"])]  # fmt: skip
    found = made_of(rows, tmp_path)["FP"]
    first = next(one for one in found if one.draft.right == "sits down")
    assert set(first.candidates) == {"sits down", "jumps up", "lies there", "waves"}


def test_types_without_annotations_are_not_made_and_an_option_too_few_makes_no_question(tmp_path: Path) -> None:
    found = made_of([{"video": "a.mp4", "states": [{"object": "it", "before": "off", "after": "on"}]}], tmp_path)
    assert list(found) == ["SC"]
    assert set(found["SC"][0].candidates) == {"on", "off", NOT_SURE}
    assert made_of([{"video": "a.mp4", "poses": ["waving"]}], tmp_path) == {}


def test_a_language_model_s_options_come_before_those_of_other_videos_and_are_checked_alike(tmp_path: Path) -> None:
    rows = [{"video": f"{at}.mp4", "poses": [f"pose number {'abcdef'[at]}"]} for at in range(6)]
    told = ["pose number a", "slowly pose number a", "leaps", "crawls", "spins"]
    found = made_of(rows, tmp_path, written=lambda drafts: [told] * len(drafts))["FP"]
    assert {word for one in found for word in one.candidates} >= {"leaps", "crawls", "spins"}
    first = next(one for one in found if one.draft.right == "pose number a")
    assert set(first.candidates) == {"pose number a", "leaps", "crawls", "spins"}


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ('Here:\n```json\n["a b", " c "]\n```', ["a b", "c"]),
        ('["a", 3]', []),
        ("[]", []),
        ("no list", []),
        ('["a"', []),
        ('["' + "x" * 400 + '"]', []),
    ],
)
def test_a_list_of_texts_is_read_and_nothing_else(reply: str, found: list[str]) -> None:
    assert read_list(reply) == found


def test_public_formats_are_read_with_their_seconds(tmp_path: Path) -> None:
    sta = tmp_path / "charades_sta_test.txt"
    sta.write_text("3MSZA 24.3 30.4##person turn a light on.\n3MSZA 0.0 5.0##person sits.\nX0 9.0 1.0##broken.\n")
    (one,) = read_annotations([sta], tmp_path / "videos")
    assert one.video == tmp_path / "videos" / "3MSZA.mp4"
    assert [(act.text, act.start, act.end) for act in one.actions] == [
        ("person sits", 0.0, 5.0),
        ("person turn a light on", 24.3, 30.4),
    ]
    question = {"id": 0, "options": ["It falls", "It stays", "It flies"], "answer_id": 1, "area": "Physics"}
    told = {
        "video_1": {
            "metadata": {"frame_rate": 30.0},
            "action_localisation": [{"label": "Putting something", "frame_ids": [30, 90], "timestamps": [1, 3]}],
            "mc_question": [
                {**question, "question": "What if?", "reasoning": "counterfactual"},
                {**question, "question": "What is it?", "reasoning": "descriptive"},
            ],
        }
    }
    path = tmp_path / "valid.json"
    path.write_text(json.dumps(told))
    (other,) = read_annotations([path], None)
    assert [(act.text, act.start, act.end) for act in other.actions] == [("Putting something", 1.0, 3.0)]
    assert [(pair.short, pair.answer, pair.options) for pair in other.pairs] == [
        ("CI", "It stays", ("It falls", "It flies"))
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"actions": []}', "'?video'? is missing"),
        ('{"video": "a", "deeds": []}', "'deeds' is none of"),
        ('{"video": "a", "actions": [{"text": "x", "start": 3, "end": 1}]}', "3 to 1 is no part"),
        ('{"video": "a", "actions": [{"text": "x", "start": 0, "end": 1, "object": "y"}]}', "does not stand in"),
        ('{"video": "a", "directions": [{"object": "x", "direction": "north"}]}', "'north' is none of"),
        ('{"video": "a", "qa": [{"type": "riddle", "question": "x", "answer": "y"}]}', "'riddle' is none of"),
        ('{"video": "a", "counts": [{"question": "x", "count": true}]}', "no count"),
        ('{"video": "a", "poses": "sitting"}', "poses must be a list"),
    ],
)
def test_a_line_that_is_no_annotation_is_named_with_what_is_wrong(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(f'{{"video": "a.mp4"}}\n{line}\n')
    with pytest.raises(LongvidError, match=f"line 2: .*{why}"):
        read_annotations([path], None)
