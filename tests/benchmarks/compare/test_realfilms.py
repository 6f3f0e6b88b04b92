"""A person's own films: what is read of a folder, what is refused, and how a judge grades."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from longvid.captions.imported import ImportedCaptions
from longvid.engine.request import Raw
from longvid.errors import LongvidError, ModelError
from longvid_benchmarks.compare.films import Question
from longvid_benchmarks.compare.judge import Judge
from longvid_benchmarks.compare.realfilms import read_films
from tests.standins import ScriptedBackend, plainly

CUES = ["A man walks", "He finds a key.", "Night falls.", "A woman waits.", "She leaves."]


def vtt(path: Path, cues: list[tuple[int, int, str]]) -> None:
    lines = [f"00:{a // 60:02}:{a % 60:02}.000 --> 00:{b // 60:02}:{b % 60:02}.000\n{text}\n" for a, b, text in cues]
    path.write_text("WEBVTT\n\n" + "\n".join(lines))


@pytest.fixture
def films(tmp_path: Path) -> Path:
    one = tmp_path / "films" / "one"
    one.mkdir(parents=True)
    vtt(one / "descriptions.en.vtt", [(20 * i, 20 * i + 10, cue) for i, cue in enumerate(CUES)])
    (one / "synopsis.txt").write_text("A man finds a key at night. A woman leaves.\n")
    (one / "facts.jsonl").write_text('{"text": "A man finds a key."}\n{"text": "A woman leaves."}\n')
    (one / "questions.jsonl").write_text(
        json.dumps({"question": "Who leaves?", "options": ["a man", "a woman"], "answer": 1}) + "\n"
    )
    two = tmp_path / "films" / "two"
    two.mkdir()
    (two / "captions.jsonl").write_text('{"start": 0, "end": 60, "caption": "Rain."}\n')
    (tmp_path / "films" / "notes").mkdir()
    return tmp_path / "films"


def test_a_folder_of_films_is_read_with_all_that_is_known_of_each(films: Path) -> None:
    one, two = read_films(films, watch=False, words=None)
    assert (one.name, two.name) == ("one", "two")
    assert one.source.captions == tuple(CUES)  # type: ignore[union-attr]
    assert one.facts == ("A man finds a key.", "A woman leaves.")
    assert one.questions == (Question("Who leaves?", ("a man", "a woman"), 1),)
    assert (two.synopsis, two.ceiling, two.facts) == (None, None, ())
    assert read_films(films / "one", watch=False, words=None)[0].digest == one.digest
    (films / "one" / "synopsis.txt").write_text("Another story.")
    assert read_films(films, watch=False, words=None)[0].digest != one.digest


def test_a_summary_is_asked_for_as_long_as_the_synopsis(films: Path) -> None:
    (films / "one" / "synopsis.txt").write_text("A man walks. " * 8, encoding="utf-8")
    (films / "two" / "synopsis.txt").unlink(missing_ok=True)
    assert [film.words for film in read_films(films, watch=False, words=None)] == [24, None]
    assert [film.words for film in read_films(films, watch=False, words=70)] == [70, 70]


def test_cues_within_a_chapter_are_one_chunk(films: Path) -> None:
    vtt(films / "one" / "chapters.vtt", [(0, 35, "Day"), (35, 50, "Night"), (50, 100, "Morning")])
    source = read_films(films, watch=False, words=None)[0].source
    assert isinstance(source, ImportedCaptions)
    assert source.captions == ("A man walks. He finds a key.", "Night falls.", "A woman waits. She leaves.")
    assert [(chunk.start, chunk.end) for chunk in source.chunks] == [(0, 30), (40, 50), (60, 90)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("facts.jsonl", b'{"text": "A."}\n{"fact": "B."}\n', "facts.jsonl: line 2: a fact needs text"),
        ("facts.jsonl", b"no json\n", "line 1: is not JSON"),
        ("facts.jsonl", b"[" * 100_000 + b"\n", "line 1: is not JSON"),
        ("questions.jsonl", b'{"question": "?", "options": ["a"], "answer": 0}', "line 1: needs question"),
        ("questions.jsonl", b'{"question": "?", "options": ["a", "b"], "answer": true}', "line 1: needs question"),
        ("questions.jsonl", b'{"question": "?", "options": ["a", "b"], "answer": 2}', "line 1: needs question"),
        ("synopsis.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("synopsis.txt", b"word " * 1_000_000, "over 4 MiB"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_where(films: Path, name: str, content: bytes, said: str) -> None:
    (films / "one" / name).write_bytes(content)
    with pytest.raises(LongvidError, match=re.escape(said)) as caught:
        read_films(films, watch=False, words=None)
    assert "\n" not in str(caught.value)


def test_a_folder_without_films_or_without_what_is_needed_is_refused(films: Path, tmp_path: Path) -> None:
    for folder, watch in ((films / "notes", False), (tmp_path / "missing", False), (films, True)):
        with pytest.raises(LongvidError):
            read_films(folder, watch=watch, words=None)
    (films / "one" / "descriptions.en.vtt").unlink()
    (films / "one" / "video.mp4").touch()
    with pytest.raises(LongvidError, match="has no captions; add"):
        read_films(films, watch=False, words=None)


def test_what_a_file_hides_reaches_no_prompt_and_no_table(films: Path) -> None:
    (films / "one" / "synopsis.txt").write_text("A man\x1b[31m finds\u202e it.")
    (films / "one" / "facts.jsonl").write_text(json.dumps({"text": "A\nman\x1b[2J."}) + "\n")
    film = read_films(films, watch=False, words=None)[0]
    assert film.synopsis == "A man[31m finds it."
    assert film.facts == ("A man[2J.",)


SYNOPSIS = "A man finds a key. A woman leaves."
FACTS = ("A man finds a key.", "A woman leaves.")


def judge(tmp_path: Path, says: object, context: int = 2048) -> Judge:
    backend = ScriptedBackend(says=says, context=context)  # type: ignore[arg-type]
    return Judge(backend, "scripted", tmp_path / "judge", same_as_llm=False)


def reads(prompt: str) -> Raw:
    """A judge that looks for the statement's words in the text, and for the option that the text holds."""
    text = prompt.split("\n\n")[1].lower()
    statement = re.search(r"Statement: (.*)\.", prompt)
    if statement:
        return plainly("Yes." if statement[1].lower() in text else "no")
    options = re.findall(r"^([A-H])\. (.*)$", prompt, re.MULTILINE)
    return plainly(next((letter for letter, option in options if option in text), "I do not know"))


def test_a_judge_measures_precision_recall_and_questions(tmp_path: Path) -> None:
    asked = [Question("Who leaves?", ("a cat", "a woman", "a dog"), 1), Question("Where?", ("here", "there"), 0)]
    found = asyncio.run(judge(tmp_path, reads).grade("A woman leaves. A dragon sings.", SYNOPSIS, FACTS, asked))
    assert found["judge_precision"] == 0.5
    assert found["judge_recall"] == 0.5
    assert found["judge_f1"] == 0.5
    assert found["judge_questions"] == 0.5
    assert found["judge_unparsable"] == pytest.approx(2 / (2 + 2 + 3 + 2)), "nothing was read of the second question"


def test_a_judge_that_always_takes_the_first_answer_knows_nothing(tmp_path: Path) -> None:
    asked = [Question("Who?", ("a", "b", "c", "d"), answer) for answer in range(4)]
    found = asyncio.run(judge(tmp_path, lambda prompt: plainly("A")).grade("Text.", None, (), asked))
    assert found["judge_questions"] == 0.0
    assert found["judge_precision"] is None, "there was nothing to hold it against"


@pytest.mark.parametrize("said", ["Yes, because the text says so.", "I think so", "yes or no", "", "Y"])
def test_only_a_plain_yes_or_no_is_an_answer(tmp_path: Path, said: str) -> None:
    found = asyncio.run(judge(tmp_path, lambda prompt: plainly(said)).grade("A woman leaves.", SYNOPSIS, FACTS, ()))
    assert found["judge_unparsable"] == 1.0
    assert found["judge_precision"] is found["judge_recall"] is found["judge_f1"] is None


def test_an_answer_is_judged_once_and_an_empty_summary_tells_nothing(tmp_path: Path) -> None:
    found = asyncio.run(judge(tmp_path, reads).grade("", SYNOPSIS, FACTS, ()))
    assert (found["judge_precision"], found["judge_recall"], found["judge_f1"]) == (0.0, 0.0, 0.0)
    for _ in range(2):
        one = judge(tmp_path, reads)
        asyncio.run(one.grade("A woman leaves.", SYNOPSIS, FACTS, ()))
    assert one.backend.batches == []  # type: ignore[attr-defined]


def test_a_summary_beyond_the_judges_context_is_refused_and_never_cut(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="name a judge with a longer context"):
        asyncio.run(judge(tmp_path, reads, context=60).grade("word " * 100, SYNOPSIS, FACTS, ()))
