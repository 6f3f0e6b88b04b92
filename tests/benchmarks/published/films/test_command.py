"""Benchmarks of long films from end to end: tiny ones in their authors' files, models and judges behind a server."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.published.films import layouts
from tests.cli.program import Ended, longvid
from tests.servers import Answer, Asked, Server, says, serving


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layouts.make(tmp_path_factory.mktemp("films"))


def ask(folder: Path, out: Path, model: str, tasks: str, *more: str | Path) -> Ended:
    return longvid("bench", "published", "--data", folder, "--model", model, "--tasks", tasks, "-o", out, *more)


def result(ended: Ended) -> dict[str, Any]:
    return json.loads(ended.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def scores(ended: Ended) -> dict[str, float]:
    return {row["name"]: row["value"] for row in result(ended)["scores"]}


def answers(asked: Asked) -> Answer:
    """A model that is right about each first film, and says the same of each second one."""
    if "TRUE or FALSE" in asked.prompt:
        return says("FALSE." if "sleeps" in asked.prompt and "Film 1" in asked.prompt else "The answer is TRUE")
    if "option letter" in asked.prompt:
        return says("C. word 2 of 0")
    if re.search(r"Question|What|Is film", asked.prompt):
        return says("A number, it counts.")
    return says("A man counts to eight.")


def fair(asked: Asked) -> Answer:
    """A judge that reads each benchmark's own words, as they ask for it."""
    if "score_relevance" in asked.prompt:
        return says("Reasons, all of them.\n{'score_accuracy': 4, 'score_relevance': 5, 'total_score': 4 + 5}")
    if "score_reliability" in asked.prompt:
        return says('```json\n{"score_completeness": 2, "score_reliability": 3, "total_score": 5}\n```')
    right = "Correct Answer: A number." in asked.prompt
    return says("{'pred': 'yes', 'score': 4.8}" if right else "{'pred': 'no', 'score': 1}")


def test_claims_count_by_pairs_behind_what_is_seen_and_said_of_a_film_that_is_watched_once(
    data: Path, tmp_path: Path
) -> None:
    with serving(Server(reply=answers)) as server:
        done = ask(data / "mf2", tmp_path, server.name, "mf2", "--strategy", "concat", "--looks", "0")
        assert done.returncode == 0, done.stderr
        told = scores(done)
        assert told == {"mf2 pairs": 50.0, "mf2 true claims": 100.0, "mf2 false claims": 50.0, "mf2 answered": 100.0}
        written = [asked.prompt for asked in server.asked if not asked.has_pictures]
        assert len(written) == 4
        assert all("I count" in prompt for prompt in written)
        assert all("A man counts to eight." in prompt for prompt in written)
        prompt = written[0].partition("Answer from these notes.\n")[2]
        assert prompt.endswith(
            "Statement: Film 1 counts, and more.\nBased on the movie, is the above statement TRUE or FALSE?\n"
            "Provide only your final answer."
        )
        count = len(server.asked)
        again = ask(data / "mf2", tmp_path, server.name, "mf2", "--strategy", "concat", "--looks", "0")
        assert (scores(again), len(server.asked)) == (told, count), "all of it is kept"
    found = result(done)
    assert (found["way"], found["strategy"], found["judge"]) == ("film", "concat", None)
    assert "a published figure beside it is of a model that was shown frames" in done.stdout
    rows = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [row["said"] for row in rows] == ["The answer is TRUE", "FALSE.", "The answer is TRUE", "The answer is TRUE"]


def test_options_are_chosen_by_clip_in_the_published_words_and_by_film_with_its_subtitles(
    data: Path, tmp_path: Path
) -> None:
    with serving(Server(reply=answers)) as server:
        done = ask(data / "sf20k", tmp_path / "clip", server.name, "sf20k", "--way", "clip")
        assert done.returncode == 0, done.stderr
        # The letter is right of both; the words behind it are another option's of none.
        assert scores(done) == {"sf20k accuracy": 100.0, "sf20k accuracy, first letter": 100.0, "sf20k answered": 100.0}
        assert all(asked.has_pictures for asked in server.asked)
        assert server.asked[0].prompt.endswith(
            "Question: Which, in -x_0?\nOptions:\nA. word 0 of 0\nB. word 1 of 0\nC. word 2 of 0\nD. word 3 of 0\n"
            "E. word 4 of 0\n\nAnswer with the option letter only (e.g., A, B, C, D, E)."
        )
        server.asked.clear()
        more = ("--strategy", "concat", "--looks", "0", "--limit", "1")
        done = ask(data / "sf20k", tmp_path / "film", server.name, "sf20k", *more)
        assert done.returncode == 0, done.stderr
        assert "I am -x_0." in server.asked[-1].prompt
    assert result(done)["llm"] == server.name


def test_a_judge_reads_answers_in_the_published_words_and_figures_stand_beside(data: Path, tmp_path: Path) -> None:
    with serving(Server(reply=answers)) as model, serving(Server(reply=fair)) as judge:
        way = ("--way", "clip", "--judge", judge.name)
        chat = ask(data / "moviechat", tmp_path / "chat", model.name, "moviechat", *way)
        gen = ask(data / "mlvu-gen", tmp_path / "gen", model.name, "mlvu-gen", *way)
        film = ask(data / "sf20k", tmp_path / "open", model.name, "sf20k-open", *way)
    for done in (chat, gen, film):
        assert done.returncode == 0, done.stderr
    assert scores(chat) == {
        "moviechat global accuracy": 0.0,
        "moviechat global score": 1.0,
        "moviechat breakpoint accuracy": 100.0,
        "moviechat breakpoint score": 4.8,
    }
    assert scores(gen) == {
        "mlvu-gen sub_scene accuracy": 4.0,
        "mlvu-gen sub_scene relevance": 5.0,
        "mlvu-gen sub_scene": 9.0,
        "mlvu-gen summary completeness": 2.0,
        "mlvu-gen summary reliability": 3.0,
        "mlvu-gen summary": 5.0,
        "mlvu-gen G-Avg": 7.0,
    }
    assert scores(film) == {"sf20k-open accuracy": 0.0, "sf20k-open score": 1.0, "sf20k-open exact match": 0.0}
    assert "62.30" in chat.stdout
    assert "3.99" in gen.stdout
    asked = [one.prompt for one in judge.asked]
    assert sum("Scoring Points: It counts 0.\nIt ends.\n" in prompt for prompt in asked) == 1
    assert sum("Standard Answer: It counts 0." in prompt for prompt in asked) == 1
    kept = [json.loads(line) for line in (tmp_path / "gen" / "judgements.jsonl").read_text().splitlines()]
    assert sorted({row["read"]["total"] for row in kept}) == [5.0, 9.0]
    assert any("Reasons, all of them." in row["reply"] for row in kept)


def test_replies_that_cannot_be_read_are_told_and_no_score_and_without_a_judge_there_is_none(
    data: Path, tmp_path: Path
) -> None:
    odd = ["It is good.", "{'score_accuracy': 9, 'score_relevance': 1}", "score_accuracy: 2, score_accuracy: 3", ""]
    judge = Server(reply=lambda asked: says(odd[len(judge.asked) % len(odd)]))
    with serving(Server(reply=answers)) as model, serving(judge):
        done = ask(data / "mlvu-gen", tmp_path, model.name, "mlvu-gen", "--way", "clip")
        assert (done.returncode, scores(done)) == (0, {})
        assert "no judge, no score" in done.stdout
        done = ask(data / "mlvu-gen", tmp_path, model.name, "mlvu-gen", "--way", "clip", "--judge", judge.name)
    assert done.returncode == 3
    assert result(done)["unread"] == 4
    assert set(scores(done).values()) == {None}
    assert "4 of 4 replies cannot be read" in done.stdout


def test_films_that_are_missing_empty_or_broken_and_withheld_answers_are_told_and_the_others_stand(
    tmp_path: Path,
) -> None:
    home = layouts.make(tmp_path / "data") / "mf2"
    (home / "videos" / "1.mp4").write_bytes(b"no film" * 50)
    with serving(Server(reply=answers)) as server:
        done = ask(home, tmp_path / "out", server.name, "mf2", "--strategy", "concat", "--looks", "0")
        assert done.returncode == 3, done.stderr
        assert result(done)["unasked"] == {"broken": 2}
        assert scores(done)["mf2 pairs"] == 0.0
        (home / "videos" / "1.mp4").write_bytes(b"")
        assert "films empty" in ask(home, tmp_path / "out", server.name, "mf2", "--check").stderr
        (home / "videos" / "1.mp4").unlink()
        checked = ask(home, tmp_path / "out", server.name, "mf2", "--check")
        assert (checked.returncode, "1 films missing, such as" in checked.stderr) == (3, True)
        assert "2 questions of 1 benchmark can be asked" in checked.stdout
        server.reply = lambda asked: says("", "content_filter") if not asked.has_pictures else answers(asked)
        done = ask(home, tmp_path / "withheld", server.name, "mf2", "--strategy", "concat", "--looks", "0")
        assert (done.returncode, result(done)["unasked"]) == (1, {"missing": 1, "withheld": 2})


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"option_3": "word 2 of 0"}, "not one of its options"),
        ({"correct_answer": "7"}, "not one of its options"),
        ({"correct_answer": "C"}, "invalid literal"),
        ({"option_1": ""}, "no text"),
        ({"video_id": "../up"}, "outside"),
        ({"question": " "}, "no text"),
    ],
)
def test_an_entry_that_is_no_question_is_told_and_not_asked(tmp_path: Path, row: dict[str, str], why: str) -> None:
    home = layouts.make(tmp_path) / "sf20k"
    path = home / "data" / "test.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= {"option_2": "word 2 of 0", **row}
    layouts.write_table(path, rows)
    checked = longvid("bench", "published", "--data", home, "--tasks", "sf20k", "--check")
    assert (checked.returncode, "1 entries unusable" in checked.stderr, why in checked.stderr) == (3, True, True)


def test_data_that_is_not_there_or_damaged_is_one_line_with_what_to_fetch(tmp_path: Path) -> None:
    for task, name in (("mf2", "MF2_claims.csv"), ("mlvu-gen", "8_sub_scene.json"), ("moviechat", "gt")):
        done = longvid("bench", "published", "--data", tmp_path, "--tasks", task, "--check")
        assert (done.returncode, name in done.stderr, "fetch http" in done.stderr) == (1, True, True)
    (tmp_path / "MF2_claims.csv").write_bytes(b"\xff\xfe\x00")
    done = longvid("bench", "published", "--data", tmp_path, "--tasks", "mf2", "--check")
    assert (done.returncode, "no comma-separated values" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--tasks", "mf2,mvbench"),
        ("--tasks", "mf2,msvd-qa"),
        ("--tasks", "mf2", "--judge", "files:x"),
        ("--tasks", "mf2", "--protocol", "pllava"),
        ("--tasks", "mf2", "--letters"),
        ("--tasks", "mf2", "--way", "clip", "--strategy", "concat"),
        ("--tasks", "mvbench", "--way", "clip"),
        ("--tasks", "msvd-qa", "--looks", "1"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert longvid("bench", "published", "--data", tmp_path, *words).returncode == 2
