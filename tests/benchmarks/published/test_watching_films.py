"""A film watched once for many questions: passages before a task's own prompt, a second look, subtitles by name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from longvid.engine.models import open_models
from longvid.errors import LongvidError, ModelError
from longvid_benchmarks.published.watching_films import (
    LONGEST_PROMPT,
    OPTION,
    FilmQuestion,
    FilmWatcher,
    Unanswered,
    spread,
    tail,
)
from tests.films import make_film
from tests.servers import Answer, Asked, Server, says, serving

QUESTIONS = [
    FilmQuestion("Question: Who opens the red door?\n(A) A man\n(B) A dog\nLetter:", "Who opens the red door?", 8),
    FilmQuestion("What {is} said?\nA. hello\nB. bye", "What do they say of the harbour?", 8),
]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", chunks=2)


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two parts of a minute."""
    return make_film(tmp_path_factory.mktemp("long") / "film.mp4", chunks=2, seconds=60.0, rate=2)


def reply(asked: Asked) -> Answer:
    if asked.has_pictures:
        return says("not shown" if "not shown" in asked.prompt else "A man in a hat opens the red door.")
    return says("(A)" if "Letter:" in asked.prompt else "B")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server(reply=reply)) as made:
        yield made


def watcher(server: Server, folder: Path, *, looks: int = 0, subtitles: Path | None = None) -> FilmWatcher:
    models = open_models(server.name, llm=None, frames=4)
    return FilmWatcher(models, folder, "concat", 4, looks, subtitles)


def test_a_film_is_watched_once_and_each_prompt_stands_to_the_letter_behind_what_is_known(
    film: Path, tmp_path: Path, server: Server
) -> None:
    assert asyncio.run(watcher(server, tmp_path).answers(film, QUESTIONS)) == ["(A)", "B"]
    watched = [asked for asked in server.asked if asked.has_pictures]
    written = [asked.prompt for asked in server.asked if not asked.has_pictures]
    assert watched
    assert [prompt.endswith(f"\n{one.prompt}") for prompt, one in zip(written, QUESTIONS, strict=True)] == [True, True]
    assert "[1] 0:00:00 seen: A man in a hat opens the red door." in written[0]
    server.asked.clear()
    again = asyncio.run(watcher(server, tmp_path).answers(film, QUESTIONS[::-1]))
    assert (again, server.asked) == (["B", "(A)"], []), "all of it is kept"


def test_the_chunks_that_matter_are_looked_at_again_and_what_is_not_shown_there_is_no_passage(
    film: Path, tmp_path: Path, server: Server
) -> None:
    asyncio.run(watcher(server, tmp_path, looks=1).answers(film, QUESTIONS[:1]))
    looked = [asked for asked in server.asked if asked.has_pictures and "Who opens the red door?" in asked.prompt]
    assert len(looked) == 1
    assert "second look" not in server.asked[-1].prompt
    server.reply = lambda asked: says("It is a man." if asked.has_pictures else "(A)")
    asyncio.run(watcher(server, tmp_path / "other", looks=1).answers(film, QUESTIONS[:1]))
    assert "seen on a second look: It is a man." in server.asked[-1].prompt


def test_subtitles_of_a_folder_are_told_and_a_film_without_any_has_none(
    film: Path, tmp_path: Path, server: Server
) -> None:
    lines = tmp_path / "subtitle"
    lines.mkdir()
    (lines / "film.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nWe meet at the harbour.\n")
    asyncio.run(watcher(server, tmp_path / "runs", subtitles=lines).answers(film, QUESTIONS[1:]))
    assert "We meet at the harbour." in server.asked[-1].prompt
    (lines / "film.srt").unlink()
    asyncio.run(watcher(server, tmp_path / "none", subtitles=lines).answers(film, QUESTIONS[1:]))
    assert "harbour" not in server.asked[-1].prompt.removesuffix(QUESTIONS[1].prompt)


def test_a_film_that_cannot_be_watched_is_an_error_and_a_question_that_does_not_fit_gets_no_answer(
    tmp_path: Path, film: Path, server: Server
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film" * 100)
    with pytest.raises(LongvidError, match="broken"):
        asyncio.run(watcher(server, tmp_path / "runs").answers(tmp_path / "broken.mp4", QUESTIONS))
    made = watcher(server, tmp_path / "runs")
    made.models.llm.context = 300  # type: ignore[misc]  # what a small model would take
    (said,) = asyncio.run(made.answers(film, [FilmQuestion("long " * 399, "long", 8)]))
    assert isinstance(said, Unanswered)
    assert (said.fault, "takes 300 tokens" in said.why) == ("too long", True)


def test_a_withheld_answer_is_none_the_others_stand_and_it_is_asked_for_again(
    film: Path, tmp_path: Path, server: Server
) -> None:
    server.reply = lambda asked: says("", "content_filter") if "Letter:" in asked.prompt else reply(asked)
    withheld, other = asyncio.run(watcher(server, tmp_path).answers(film, QUESTIONS))
    assert isinstance(withheld, Unanswered)
    assert (withheld.fault, "kept an answer back" in withheld.why, other) == ("withheld", True, "B")
    server.reply = reply
    assert asyncio.run(watcher(server, tmp_path).answers(film, QUESTIONS)) == ["(A)", "B"]


def test_a_film_of_which_every_caption_was_withheld_is_an_error_and_one_of_which_a_part_was_is_told(
    long_film: Path, tmp_path: Path, server: Server
) -> None:
    server.reply = lambda asked: says("", "content_filter") if asked.has_pictures else says("(A)")
    with pytest.raises(ModelError, match=r"told nothing of any part .* content filter"):
        asyncio.run(watcher(server, tmp_path).answers(long_film, QUESTIONS))
    assert all(asked.has_pictures for asked in server.asked), "nobody was asked about a film that nobody saw"
    first = server.asked[0].body
    server.reply = lambda asked: says("", "content_filter") if asked.body == first else reply(asked)
    told: list[str] = []
    made = replace(watcher(server, tmp_path), tell=told.append)
    assert asyncio.run(made.answers(long_film, QUESTIONS)) == ["(A)", "B"]
    assert told == ["film.mp4: nothing is told of 1 of 2 parts"]


def test_at_a_moment_of_the_film_only_what_came_before_is_known_and_that_part_is_looked_at(
    long_film: Path, tmp_path: Path, server: Server
) -> None:
    server.reply = lambda asked: (
        says("now!" if "It is red?" in asked.prompt else "A man in a hat opens the red door.")
        if asked.has_pictures
        else says("yes")
    )
    early = FilmQuestion("It is red?", "It is red?", 8, until=30.0)
    late = FilmQuestion("It is red?", "It is red?", 8)
    assert asyncio.run(watcher(server, tmp_path, looks=1).answers(long_film, [late, early])) == ["yes", "yes"]
    prompts = [asked.prompt for asked in server.asked if not asked.has_pictures]
    assert ["0:00:00 seen: A man" in prompt for prompt in prompts] == [True, True]
    assert ["0:01:00 seen: A man" in prompt for prompt in prompts] == [False, True]
    assert "It is now 0:00:30 in the film, and the question is of now." in prompts[0]
    assert "second look: now!" in prompts[0]
    assert "It is now" not in prompts[1]


def test_two_models_with_one_store_each_answer_from_what_they_saw_themselves(film: Path, tmp_path: Path) -> None:
    def sees(said: str) -> Server:
        return Server(reply=lambda asked: says(said if asked.has_pictures else "(A)"))

    with serving(sees("A man opens the red door.")) as one, serving(sees("A woman burns the letter.")) as other:
        for server, mine, others in ((one, "red door", "burns"), (other, "burns", "the red door."), (one, "", "burns")):
            server.asked.clear()
            asyncio.run(watcher(server, tmp_path).answers(film, QUESTIONS[1:] if mine else QUESTIONS))
            prompt = server.asked[-1].prompt
            assert mine in prompt
            assert others not in prompt


def test_what_no_word_of_a_question_is_of_is_told_from_all_over_the_film(
    film: Path, tmp_path: Path, server: Server
) -> None:
    asyncio.run(watcher(server, tmp_path).answers(film, [FilmQuestion("Why?\nA. x\nB. y", "Why?", 8)]))
    assert "A man in a hat opens the red door." in server.asked[-1].prompt
    assert spread(5) == [2, 1, 4, 0, 3]
    assert spread(0) == []


def test_words_of_options_are_sought_too() -> None:
    asked = "Select the best answer.\nWhich?\n(A) a letter\nB. a rug\n(C) 12\nAnswer with a letter."
    assert OPTION.findall(asked) == ["a letter", "a rug", "12"]


def test_of_a_prompt_that_begins_with_all_subtitles_the_end_counts_from_the_start_of_a_line() -> None:
    asked = "Question?\n(A) yes\n(B) no"
    assert tail(asked) == asked
    long = "\n".join(f"line {at} of the subtitles" for at in range(500)) + "\n" + asked
    cut = tail(long)
    assert cut.endswith(asked)
    assert cut.startswith("line ")
    assert LONGEST_PROMPT - 40 < len(cut) <= LONGEST_PROMPT
    assert len(tail("x" * 5000)) == LONGEST_PROMPT


def test_a_question_with_long_options_is_never_cut_away(film: Path, tmp_path: Path, server: Server) -> None:
    options = "\n".join(f"{one}. " + "words of an option " * 50 for one in "ABCD")
    asked = f"Question: Who is WHO?\n{options}\nLetter:"
    subtitles = "\n".join(f"line {at} of the subtitles" for at in range(500))
    question = FilmQuestion(f"{subtitles}\n{asked}", "Who is WHO?", 8)
    assert tail(question.prompt, question.about) == asked
    made = watcher(server, tmp_path)
    asyncio.run(made.answers(film, [question]))
    assert server.asked[-1].prompt.endswith(f"\n{asked}")
    made.models.llm.context = 700  # type: ignore[misc]  # what a small model would take
    (said,) = asyncio.run(made.answers(film, [question]))
    assert isinstance(said, Unanswered)
    assert "takes 700 tokens" in said.why
