"""Benchmarks with a judge from end to end: tiny ones in the official files, models and judges behind a server."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from longvid_benchmarks.published.openended.sets import BY_NAME, SHORT
from tests.benchmarks.published.openended import layouts
from tests.cli.program import Ended, longvid
from tests.servers import Answer, Asked, Server, fails, says, serving

ALL = ",".join(BY_NAME)
QUESTIONS = 2 * 3 + 2 + 2 + 2 * 2
"""Short ones of three benchmarks, then those of the three long files."""
JUDGEMENTS = 2 * 3 + 2 * 3 + 2 + 2


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layouts.make(tmp_path_factory.mktemp("open"))


def ask(data: Path, out: Path, model: str, *more: str | Path, tasks: str = ALL) -> Ended:
    return longvid("bench", "published", "--data", data, "--model", model, "--tasks", tasks, "-o", out, *more)


def result(ended: Ended) -> dict[str, Any]:
    return json.loads(ended.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def scores(found: dict[str, Any]) -> dict[str, float]:
    return {row["name"]: row["value"] for row in found["scores"]}


def cat(asked: Asked) -> Answer:
    """A model that says of each first video what is right, and else a dog."""
    return says("A cat0." if "0?" in asked.prompt else "It is a dog.")


def fair(asked: Asked) -> Answer:
    """A judge that finds only cats right; long answers get 4, and consistency 2."""
    if '"pred"' in asked.prompt:
        return says('{"pred": "yes", "score": 5}' if "said: A cat0" in asked.prompt else "{'pred': 'no', 'score': 1}")
    return says('Here: {"score": 2}.' if "two ways" in asked.prompt else '```json\n{"score": 4}\n```')


def test_all_four_are_asked_judged_side_by_side_and_set_beside_the_published_rows(data: Path, tmp_path: Path) -> None:
    def slowly(asked: Asked) -> Answer:
        time.sleep(0.05)
        return fair(asked)

    with serving(Server(reply=cat)) as model, serving(Server(reply=slowly)) as judge:
        done = ask(data, tmp_path, model.name, "--judge", judge.name)
        assert done.returncode == 0, done.stderr
        found = result(done)
        assert len(model.asked) == QUESTIONS
        assert len(judge.asked) == JUDGEMENTS
        assert judge.most > 1
        again = result(ask(data, tmp_path, model.name, "--judge", judge.name))
        assert (len(model.asked), len(judge.asked)) == (QUESTIONS, JUDGEMENTS), "all of it is kept"
    assert again["scores"] == found["scores"]
    told = scores(found)
    for name in SHORT:
        assert (told[f"{name} accuracy"], told[f"{name} score"], told[f"{name} exact match"]) == (50.0, 3.0, 50.0)
    assert told["zero-shot QA, average"] == 50.0
    assert told["videochatgpt mean"] == pytest.approx((4 * 4 + 2) / 5)
    assert (found["unread"], found["comparable"], found["published_wording"]) == (0, False, False)
    assert "66.60" in done.stdout
    assert "3.41" in done.stdout
    assert "not in published ones" in done.stdout
    kept = [json.loads(line) for line in (tmp_path / "judgements.jsonl").read_text().splitlines()]
    assert len(kept) == JUDGEMENTS
    assert {row["prompt"] for row in kept} == {asked.prompt for asked in judge.asked}
    assert '```json\n{"score": 4}\n```' in {row["reply"] for row in kept}
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 2 * 3 + 2 * 3


def test_without_a_judge_there_is_no_score_and_a_judge_can_come_later(data: Path, tmp_path: Path) -> None:
    with serving(Server(reply=cat)) as model, serving(Server(reply=fair)) as judge:
        done = ask(data, tmp_path, model.name)
        assert done.returncode == 0, done.stderr
        assert set(scores(result(done))) == {f"{name} exact match" for name in SHORT}
        assert "no judge, no score" in done.stdout
        found = result(ask(data, tmp_path, model.name, "--judge", judge.name))
        assert (len(model.asked), found["cached"]) == (QUESTIONS, QUESTIONS)
        assert scores(found)["msvd-qa accuracy"] == 50.0


def test_replies_that_cannot_be_read_are_counted_told_and_no_score(data: Path, tmp_path: Path) -> None:
    odd = [
        "I would say yes.",
        '{"pred": "yes"}',
        '{"pred": "maybe", "score": 3}',
        '{"score": 9, "pred": "no"}',
        "{",
        "",
    ]

    def reply(asked: Asked) -> Answer:
        return fair(asked) if "cat0" in asked.prompt else says(odd[len(judge.asked) % len(odd)])

    judge = Server(reply=reply)
    with serving(Server(reply=cat)) as model, serving(judge):
        done = ask(data, tmp_path, model.name, "--judge", judge.name, tasks=",".join(SHORT))
    assert done.returncode == 0, done.stderr
    found = result(done)
    assert (found["judged"], found["unread"]) == (6, 3)
    row = next(row for row in found["scores"] if row["name"] == "msvd-qa accuracy")
    assert (row["value"], row["of"], row["unread"], row["unread_as_wrong"]) == (100.0, 1, 1, 50.0)
    assert "3 of 6 replies cannot be read" in done.stdout


def test_an_answer_that_was_withheld_is_judged_by_nobody_and_asked_for_again(data: Path, tmp_path: Path) -> None:
    with serving(Server(reply=lambda asked: says("", "content_filter"))) as model, serving(Server(reply=fair)) as judge:
        done = ask(data, tmp_path, model.name, "--judge", judge.name, tasks="msvd-qa")
        assert (done.returncode, len(judge.asked), result(done)["unasked"]) == (1, 0, {"withheld": 2})
        model.reply = cat
        judge.reply = lambda asked: says("", "content_filter")
        ask(data, tmp_path, model.name, "--judge", judge.name, tasks="msvd-qa")
        judge.reply = fair
        found = result(ask(data, tmp_path, model.name, "--judge", judge.name, tasks="msvd-qa"))
    assert scores(found)["msvd-qa accuracy"] == 50.0


def test_a_part_of_the_questions_is_told_as_a_part(data: Path, tmp_path: Path) -> None:
    told = "published figures are of all questions; these are of a part"
    with serving(Server(reply=cat)) as model:
        done = ask(data, tmp_path / "all", model.name, tasks="msvd-qa")
        assert told not in done.stdout
        done = ask(data, tmp_path / "one", model.name, "--limit", "1", tasks="msvd-qa")
        assert told in done.stdout
        assert told in (tmp_path / "one" / "table.md").read_text()
        spoiled = shutil.copytree(data, tmp_path / "data")
        (spoiled / "MSVD_Zero_Shot_QA" / "videos" / "msvd-qa0.mp4").unlink()
        done = ask(spoiled, tmp_path / "spoiled", model.name, tasks="msvd-qa")
        assert told in done.stdout


def test_a_judge_of_whom_nothing_can_be_read_leaves_rows_without_values_and_the_run_is_no_whole_one(
    data: Path, tmp_path: Path
) -> None:
    with serving(Server(reply=cat)) as model, serving(Server(reply=lambda asked: says("Well."))) as judge:
        done = ask(data, tmp_path, model.name, "--judge", judge.name, tasks="msvd-qa")
    assert done.returncode == 3, done.stderr
    assert scores(result(done))["msvd-qa accuracy"] is None


def test_a_judge_that_fails_now_and_then_is_asked_again(data: Path, tmp_path: Path) -> None:
    def reply(asked: Asked) -> Answer:
        times = sum(other.prompt == asked.prompt for other in judge.asked)
        broken = [fails(429, after=0.01), fails(500), Answer(b"{no json"), Answer(b'{"choices": []}', cut=4)]
        return broken[len(judge.asked) % 4] if times == 1 else fair(asked)

    judge = Server(reply=reply)
    with serving(Server(reply=cat)) as model, serving(judge):
        done = ask(data, tmp_path, model.name, "--judge", judge.name, tasks="msvd-qa")
    assert done.returncode == 0, done.stderr
    assert scores(result(done))["msvd-qa accuracy"] == 50.0


def test_a_judge_that_refuses_ends_the_run_without_a_score_and_it_goes_on(data: Path, tmp_path: Path) -> None:
    judge = Server(reply=lambda asked: fair(asked) if len(judge.asked) <= 5 else fails(401, "no such key"))
    with serving(Server(reply=cat)) as model, serving(judge):
        more = ("--judge", judge.name, "--concurrency", "1")
        done = ask(data, tmp_path, model.name, *more)
        assert (done.returncode, done.stdout) == (1, "")
        assert "no such key" in done.stderr
        assert not (tmp_path / "results.json").exists()
        judge.reply = fair
        judge.asked.clear()
        found = result(ask(data, tmp_path, model.name, *more))
        assert len(judge.asked) == JUDGEMENTS - 5
        assert len(model.asked) == QUESTIONS
    assert found["judged"] == JUDGEMENTS


def test_prompts_of_ones_own_reach_model_and_judge_and_hold_what_is_said_to_the_letter(
    data: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"ask": "Q {question}", "qa": '{question}|{answer}|{prediction}| as {"pred": ...}'}))
    with serving(Server(reply=lambda asked: says("{answer} {x}"))) as model, serving(Server(reply=fair)) as judge:
        done = ask(data, tmp_path / "out", model.name, "--judge", judge.name, "--wording", mine, tasks="msvd-qa")
    assert done.returncode == 0, done.stderr
    assert {asked.prompt for asked in model.asked} == {"Q what is in msvd-qa0?", "Q what is in msvd-qa1?"}
    assert 'what is in msvd-qa0?|cat0|{answer} {x}| as {"pred": ...}' in {asked.prompt for asked in judge.asked}
    assert result(done)["wording"] == str(mine)


def test_data_is_checked_and_what_is_missing_is_named(data: Path, tmp_path: Path) -> None:
    done = longvid("bench", "published", "--data", data, "--tasks", ALL, "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{QUESTIONS} questions of 4 benchmarks" in done.stdout
    spoiled = shutil.copytree(data, tmp_path / "data")
    folder = spoiled / "MSVD_Zero_Shot_QA"
    (folder / "videos" / "msvd-qa0.mp4").unlink()
    rows = json.loads((folder / "test_q.json").read_text())
    rows += [{"question": "?", "video_name": name, "question_id": "msvd-qa0_0"} for name in ("../x", "x" * 300)]
    rows += [{"question": "?"}, 7, {**rows[1], "question": "what \ud800 is?"}]
    (folder / "test_q.json").write_text(json.dumps(rows))
    (spoiled / "Zero_Shot_QA" / "Benchmarking_QA" / "temporal_qa.json").unlink()
    done = longvid("bench", "published", "--data", spoiled, "--tasks", ALL, "--check")
    assert done.returncode == 3
    assert "MSVD-QA: 1 of 7 videos missing" in done.stderr
    assert "MSVD-QA: 5 of 7 entries unusable" in done.stderr
    assert "temporal_qa.json not there" in done.stderr
    (folder / "test_a.json").unlink()
    done = longvid("bench", "published", "--data", spoiled, "--tasks", "msvd-qa", "--check")
    assert done.returncode == 1
    assert "holds the answers to test_q.json" in done.stderr
    done = longvid("bench", "published", "--data", tmp_path, "--tasks", "msrvtt-qa", "--check")
    assert done.returncode == 1
    assert "holds no test_q.json of MSRVTT-QA" in done.stderr


def test_one_file_is_never_taken_for_two_benchmarks(data: Path, tmp_path: Path) -> None:
    flat = shutil.copytree(data / "MSVD_Zero_Shot_QA", tmp_path / "flat")
    done = longvid("bench", "published", "--data", flat, "--tasks", "msvd-qa,msrvtt-qa", "--check")
    assert (done.returncode, done.stdout) == (1, "")
    assert "would be taken for MSVD-QA and for MSRVTT-QA" in done.stderr
    done = longvid("bench", "published", "--data", flat, "--tasks", "msvd-qa", "--check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ('{"qa": "{question} {answer}"}', "qa must hold {question}, {answer}, {prediction}, each once"),
        ('{"nothing": "x"}', "'nothing' is not asked for"),
        ("[]", "no JSON object"),
        ("{", "no JSON"),
    ],
)
def test_prompts_that_cannot_be_used_are_named(data: Path, tmp_path: Path, told: str, said: str) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(told)
    done = longvid("bench", "published", "--data", data, "--tasks", "msvd-qa", "--wording", mine)
    assert done.returncode == 1
    assert said in done.stderr


def test_they_are_asked_apart_from_mvbench_which_has_no_judge(data: Path) -> None:
    done = longvid("bench", "published", "--data", data, "--tasks", "mvbench,msvd-qa")
    assert done.returncode == 2
    assert "asked apart" in done.stderr
    for more in (("--letters",), ("--protocol", "pllava")):
        done = longvid("bench", "published", "--data", data, "--tasks", "msvd-qa", "--check", *more)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"Invalid value for '{more[0]}': is for MVBench's questions" in done.stderr
    done = longvid("bench", "published", "--data", data, "--judge", "x")
    assert done.returncode == 2
    assert "Invalid value for '--judge': MVBench needs none" in done.stderr
