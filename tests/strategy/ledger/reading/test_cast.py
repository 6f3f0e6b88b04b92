"""One cast for the whole film: lists of windows joined in a tree, by what the LLM says and code allows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import pytest

from longvid.engine.request import Raw
from longvid_strategies.ledger.reading.cast import (
    MOST_ROWS,
    ROWS,
    ROWS_A_PART,
    WINDOW,
    Cast,
    Figure,
    find_cast,
    keep_cast,
    kept_cast,
    rounded,
    unbracketed,
    unrevealed,
)
from tests.standins import ScriptedContext, plainly
from tests.strategy.ledger.reading.asked import anything, asking, by_kind, figure, kinds

SHORT = "Somebody comes in and sits down at the table."


def parts(places: Mapping[str, str]) -> list[int]:
    return [int(number) for number in re.findall(r"^Part (\d+):", places["parts"], re.M)]


def found(context: ScriptedContext, n: int, text: str = SHORT) -> tuple[list[Figure], int]:
    cast, unread = asyncio.run(find_cast(context, [(part, text) for part in range(1, n + 1)], anything))
    return list(cast.figures), unread


def names(figures: list[Figure]) -> list[str]:
    return [each.name for each in figures]


# -- windows ---------------------------------------------------------------------------------------------------------


def test_every_part_stands_in_one_window_whole() -> None:
    shown: list[list[int]] = []
    context = asking(by_kind(cast=lambda places: shown.append(parts(places)) or "none"))  # type: ignore[func-returns-value]
    assert found(context, 20) == ([], 0)
    assert [part for window in shown for part in window] == list(range(1, 21))
    assert max(map(len, shown)) == WINDOW
    assert all(f"Part {part}: {SHORT}" in "\n".join(context.prompts) for part in range(1, 21))


def test_long_parts_make_smaller_windows_and_a_longer_context_makes_larger_ones() -> None:
    def windows(text: str, context: int) -> int:
        made = asking(by_kind(cast="none"), context=context)
        found(made, 40, text)
        return len(made.prompts)

    assert windows(SHORT * 40, 2048) > windows(SHORT, 2048) > windows(SHORT, 32_768)


def test_a_list_of_short_parts_may_have_more_rows_and_one_that_fills_the_context_may_not() -> None:
    asked: list[tuple[int, int]] = []

    def count(places: Mapping[str, str]) -> str:
        asked.append((len(parts(places)), int(places["most"])))
        return "\n".join(f"Name{i} | 1 | - | a look of number {i}: 1" for i in range(100))

    context = asking(by_kind(cast=count, join="none"))
    figures, _ = found(context, WINDOW)
    assert asked == [(WINDOW, ROWS_A_PART * WINDOW)]
    assert len(figures) == ROWS_A_PART * WINDOW
    asked.clear()
    found(asking(by_kind(cast=count, join="none")), 6, "word " * 200)
    assert {most for _, most in asked} == {ROWS}


def test_a_part_that_was_not_shown_is_not_believed() -> None:
    figures, _ = found(asking(by_kind(cast="Anna | 9 | judge | woman in grey: 1, 2, 77; ghost: 99")), 3)
    assert figures == [Figure((("Anna", 1),), (("judge", 1),), (("woman in grey", (1, 2)),))]


@pytest.mark.parametrize(
    "line", ["Anna", "Anna | 1 | judge", "- | - | judge | 1, 2", "- | - | - | ?: 1", "Anna was seen by Carl at one."]
)
def test_a_line_that_is_no_row_costs_itself(line: str) -> None:
    figures, unread = found(asking(by_kind(cast=f"{line}\nCarl | 2 | thief | man in black: 1-3")), 3)
    assert (names(figures), unread) == (["Carl"], 0)
    assert figures[0].looks == (("man in black", (1, 2, 3)),)


def test_a_number_before_a_row_is_no_part_of_the_name() -> None:
    figures, _ = found(asking(by_kind(cast="1. Anna | 1 | - | woman in grey: 1\n2) - | - | - | man in black: 2")), 3)
    assert names(figures) == ["Anna", "man in black"]
    assert figures[1].names == ()


def test_lists_that_cannot_be_read_are_counted_and_the_others_stand() -> None:
    def says(places: Mapping[str, str]) -> str:
        return "I have no idea." if 1 in parts(places) else f"Carl | {parts(places)[0]} | - | man in black: 9"

    figures, unread = found(asking(by_kind(cast=says)), 16)
    assert (names(figures), unread) == (["Carl"], 1)


# -- joining ---------------------------------------------------------------------------------------------------------


def in_windows(rows: Mapping[int, str], join: str) -> tuple[list[Figure], ScriptedContext]:
    """The cast of a film of so many windows that each has one of `rows`, by the first part of the window."""
    n = WINDOW * len(rows)
    context = asking(by_kind(cast=lambda places: rows[parts(places)[0]], join=join))
    return found(context, n)[0], context


def test_a_name_found_late_names_who_was_only_seen_before() -> None:
    rows = {1: "- | - | weigher | woman in a grey coat: 3", 9: "Anna Weber | 12 | judge | woman in a grey coat: 12"}
    [anna], context = in_windows(rows, "1 = 2 | the same coat and scales")
    assert kinds(context) == ["cast", "cast", "join"]
    assert anna.name == "Anna Weber"
    assert anna.parts == (3, 12)
    assert anna.looks == (("woman in a grey coat", (3, 12)),)
    assert (anna.role(3), anna.role(12)) == ("weigher", "judge")
    assert not anna.named_by(11)
    assert anna.named_by(12)


def test_rows_are_one_only_where_the_llm_says_so() -> None:
    rows = {1: "Anna | 1 | - | woman in grey: 1", 9: "Anna | 9 | - | woman in grey: 9"}
    assert names(in_windows(rows, "none")[0]) == ["Anna", "Anna"]


def test_who_was_told_of_one_part_in_two_rows_is_two() -> None:
    rows = {1: "Anna | 1 | - | woman in grey: 2\nCarl | 1 | - | man in black: 2", 9: "Eve | 9 | - | nun: 9"}
    assert names(in_windows(rows, "1 = 2 | both are kind")[0]) == ["Anna", "Carl", "Eve"]


def test_who_was_seen_together_is_not_joined_by_way_of_a_third_either() -> None:
    rows = {1: "Anna | 1 | - | woman in grey: 2\nCarl | 1 | - | man in black: 2", 9: "- | - | judge | a judge: 9"}
    figures, _ = in_windows(rows, "1 = 3 | the judge\n2 = 3 | the judge")
    assert [(each.name, each.parts) for each in figures] == [("Anna", (1, 2, 9)), ("Carl", (1, 2))]


def test_a_hidden_face_keeps_its_row_and_points_to_who_it_is() -> None:
    rows = {1: "- | - | thief | man with a scarf: 2", 9: "Carl | 9 | baker | man in white: 9, 11"}
    figures, _ = in_windows(rows, "1 > 2 | the scarf falls")
    cast = Cast.of(figures)
    assert [each.later for each in figures] == [1, None]
    assert cast.row(0, 2) == "man with a scarf [later Carl] | thief"
    assert cast.row(1, 9) == "Carl | baker | man in white"
    assert cast.identity(1) == "Carl is man with a scarf (part 2); man in white (part 9, 11)"


def test_whom_a_hidden_face_points_to_is_found_after_later_joins_too() -> None:
    rows = {
        first: f"Name{first} | {first} | - | look number {first}: {first}" for first in range(1, 1 + 8 * WINDOW, WINDOW)
    }
    rows[1] = "- | - | thief | man with a scarf: 2\nCarl | 1 | baker | man in white: 1"

    def join(places: Mapping[str, str]) -> str:
        row = {name: number for number, name in re.findall(r"^(\d+)\. ([^ ]+)", places["rows"], re.M)}
        said = []
        if "man with a scarf" in places["rows"] and "(hidden face)" not in places["rows"]:
            said.append(f"1 > {row['Carl']} | the scarf")
        if "Carl" in row and "Name57" in row:
            said.append(f"{row['Name57']} = {row['Carl']} | his real name")
        return "\n".join(said) or "none"

    context = asking(by_kind(cast=lambda places: rows[parts(places)[0]], join=join))
    figures, unread = found(context, 8 * WINDOW)
    [hidden] = [each for each in figures if each.later is not None]
    assert unread == 0
    assert hidden.later is not None
    assert {name for name, _ in figures[hidden.later].names} == {"Carl", "Name57"}


def test_a_row_does_not_point_to_itself() -> None:
    rows = {1: "- | - | thief | man with a scarf: 2", 9: "Carl | 9 | baker | man in white: 9"}
    figures, _ = in_windows(rows, "1 = 2 | the scarf\n1 > 2 | the scarf falls")
    assert [each.later for each in figures] == [None]


def test_lists_are_joined_in_a_tree() -> None:
    n = 40 * WINDOW
    context = asking(
        by_kind(cast=lambda places: f"Name{parts(places)[0]} | {parts(places)[0]} | - | x y: 1", join="none")
    )
    figures, _ = found(context, n)
    assert len(figures) == 40
    asked = kinds(context)
    assert asked.count("cast") == 40
    # No level has more than half the lists of the one before.
    assert asked.count("join") < 40


def test_an_answer_that_cannot_be_read_joins_nobody_and_is_counted() -> None:
    rows = {1: "Anna | 1 | - | woman in grey: 1", 9: "Carl | 9 | - | man in black: 9"}
    context = asking(by_kind(cast=lambda places: rows[parts(places)[0]], join="They are all the same to me."))
    figures, unread = found(context, 16)
    assert (names(figures), unread) == (["Anna", "Carl"], 1)


def test_a_long_list_is_cut_and_loses_nobody_to_whom_a_hidden_face_points() -> None:
    def says(places: Mapping[str, str]) -> str:
        here = parts(places)
        if here[0] == 1:
            return "- | - | thief | man with a scarf: 1, 2, 3\nCarl | 1 | - | man in white: 1"
        rows = [f"N{part}x{i} | {part} | - | look {part}x{i}: {part}, {part + 1}" for part in here[:-1] for i in (1, 2)]
        return "\n".join(rows)

    def join(places: Mapping[str, str]) -> str:
        thief = re.search(r"^(\d+)\. - \|[^\n]*scarf", places["rows"], re.M)
        carl = re.search(r"^(\d+)\. Carl ", places["rows"], re.M)
        return f"{thief[1]} > {carl[1]} | the scarf falls" if thief and carl else "none"

    figures, _ = found(asking(by_kind(cast=says, join=join), context=4096), 10 * WINDOW)
    [hidden] = [each for each in figures if each.later is not None]
    assert len(figures) == MOST_ROWS
    assert hidden.later is not None
    assert figures[hidden.later].name == "Carl"


def test_a_long_list_is_cut_of_nameless_ones_first() -> None:
    """A name is told once, and nobody would know it again."""

    def says(places: Mapping[str, str]) -> str:
        here = parts(places)
        nameless = "\n".join(f"- | - | - | extra {here[0]}x{i}: {here[0]}-{here[-1]}" for i in range(ROWS - 1))
        return f"Name{here[0]} | {here[0]} | - | look {here[0]}: {here[0]}\n{nameless}"

    figures, _ = found(asking(by_kind(cast=says, join="none"), context=4096), 10 * WINDOW)
    assert len(figures) == MOST_ROWS
    assert len([each for each in figures if each.names]) == 10


def test_rows_that_do_not_fit_into_a_question_are_not_lost() -> None:
    def says(places: Mapping[str, str]) -> str:
        here = parts(places)
        return "\n".join(f"Name{here[0]}x{i} | {here[0]} | - | {'long ' * 12}look {i}: {here[0]}" for i in range(ROWS))

    context = asking(by_kind(cast=says, join="none"), context=1500)
    figures, unread = found(context, 2 * WINDOW)
    assert (len(figures), unread) == (2 * ROWS, 0)


# -- what is told of it ----------------------------------------------------------------------------------------------

FILM = Cast.of(
    [
        figure("Anna Weber", 4, ("woman with grey hair", (1, 4)), ("woman in green", (30,)), role="judge"),
        figure("Carl", 2, ("man in black", (2, 3)), role="thief"),
        figure(None, 0, ("nun", (9,))),
    ]
)


def words(text: str) -> int:
    return len(text.split())


def test_the_rows_of_the_very_part_come_first_and_then_the_nearest() -> None:
    rows = FILM.told(9, 100, words).splitlines()
    assert [row.split(" | ")[0] for row in rows] == ["nun", "Anna Weber", "Carl"]
    assert FILM.told(9, 1, words) == "nun"
    assert FILM.told(3, 8, words).splitlines() == ["Carl | thief | man in black"]


def test_a_name_told_late_stands_in_brackets_before_its_part() -> None:
    assert FILM.row(0, 1) == "woman with grey hair [Anna Weber] | judge | woman with grey hair; woman in green"
    assert FILM.row(0, 4) == "Anna Weber | judge | woman with grey hair; woman in green"


def test_the_looks_nearest_to_a_part_are_told() -> None:
    assert FILM.row(0, 29).split(" | ")[2].startswith("woman in green")


def test_who_is_named_in_a_text_is_found_by_any_word_of_the_name() -> None:
    assert FILM.who("Weber sees Carl.") == [0, 1]
    assert FILM.who("A weber sees a man.") == []


def test_a_cast_is_kept_as_it_is() -> None:
    context = asking(by_kind())
    hidden = Cast.of([*FILM.figures, Figure((), (("ghost", 5),), (("sheet", (5,)),), later=1)])
    assert kept_cast(context, keep_cast(context, hidden)) == hidden
    assert hidden.words == {"Anna", "Weber", "Carl"}


def test_brackets_are_taken_off_as_what_is_told_demands() -> None:
    text = "The man with a scarf [later Carl] robs the woman in grey [Anna]."
    assert unrevealed(text) == "The man with a scarf robs the woman in grey [Anna]."
    assert unbracketed(text) == "The man with a scarf robs the woman in grey."
    assert rounded(text) == "The man with a scarf (Carl) robs the woman in grey (Anna)."


def test_a_cast_that_was_cut_off_keeps_its_whole_rows() -> None:
    said = "Anna | 1 | judge | woman in grey: 1\nCarl | 1 | thief | man in black: 1\nEve | 1 | nun | wom"
    figures, _ = found(asking(lambda prompt: Raw(said, "length", 9, 30)), 2)
    assert names(figures) == ["Anna", "Carl"]


def test_nothing_is_asked_about_a_film_of_nothing() -> None:
    assert asyncio.run(find_cast(asking(lambda prompt: plainly("")), [], anything)) == (Cast(), 0)


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ([("Ines", 4), ("Ines Corrado", 9)], "Ines Corrado"),
        ([("Miss Pascoe", 7), ("Prudence Pascoe", 12)], "Miss Pascoe"),
        ([("Stefan", 3), ("Stefan Dahl", 10), ("Mr Dale", 36)], "Stefan Dahl"),
        ([("Mr Brown", 2), ("Mr Dale", 5)], "Mr Brown"),
    ],
    ids=["fuller form", "title", "false name", "same title"],
)
def test_somebody_is_called_by_the_name_that_the_film_tells_first_in_its_fullest_form(
    told: list[tuple[str, int]], name: str
) -> None:
    assert Figure(tuple(told), (), (("old man", (1,)),)).name == name


def test_another_name_stands_beside_it_once_the_film_has_told_it() -> None:
    cast = Cast.of([Figure((("Stefan", 3), ("Stefan Dahl", 10), ("Mr Dale", 36)), (), (("old man", (3, 36)),))])
    assert cast.row(0, 1) == "old man [Stefan Dahl]"
    assert cast.row(0, 20) == "Stefan Dahl | old man"
    assert cast.row(0, 40) == "Stefan Dahl, also Mr Dale | old man"


def test_a_role_is_not_told_before_the_film_tells_it() -> None:
    spy = Figure((("Fenn", 1),), (("technician", 1), ("murderer", 9)), (("man in gloves", (1, 6, 9)),))
    assert [Cast.of([spy]).row(0, part).split(" | ")[1] for part in (1, 8, 9)] == [
        "technician",
        "technician",
        "murderer",
    ]
