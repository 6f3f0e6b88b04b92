# ruff: noqa: RUF001  # the dashes, brackets and colons of many languages are what this is about
"""Turns: who speaks, what is heard and what is sung, by the ways in which subtitles are really written."""

from __future__ import annotations

import time

import pytest

from longvid.film.turns import Part, Row, parts_of


def said(text: str) -> list[tuple[str | None, str, str]]:
    return [(part.speaker, part.kind, part.text) for part in parts_of([Row(row) for row in text.split("\n")])]


def speech(*texts: str, by: str | None = None) -> list[tuple[str | None, str, str]]:
    return [(by, "speech", text) for text in texts]


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("- Hi.\n- Hello.", ["Hi.", "Hello."]),
        ("-Hi. -Hello.", ["Hi.", "Hello."]),
        ("-hi. -hello.", ["hi.", "hello."]),
        ("- Hi. - Hello.\n- You?", ["Hi.", "Hello.", "You?"]),
        ("Hi.\n- Hello.", ["Hi.", "Hello."]),
        ("- Are you coming\nwith us?\n- No.", ["Are you coming with us?", "No."]),
        ("– Привет!\n— Пока!", ["Привет!", "Пока!"]),
        ("¿Qué?\n-Nada.", ["¿Qué?", "Nada."]),
        ("- مرحبا\n- أهلا", ["مرحبا", "أهلا"]),
        (">> HI THERE. >> HELLO.", ["HI THERE.", "HELLO."]),
        (">>> GOOD EVENING.", ["GOOD EVENING."]),
        ("- I think...\n- ...so.", ["I think...", "...so."]),
    ],
)
def test_the_words_of_two_speakers_are_apart_and_in_order(text: str, speakers: list[str]) -> None:
    assert said(text) == speech(*speakers)


@pytest.mark.parametrize(
    "text",
    [
        "a well\n-known man",
        "It is\n-5 degrees",
        "--and then he left",
        "He left -- at once",
        "«Да» – сказал он",
        "3 > 2",
        "1 >> 0",
        "-5 degrees",
    ],
)
def test_other_dashes_and_arrows_stay(text: str) -> None:
    assert said(text) == speech(text.replace("\n", " "))


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ANNA:", "ANNA"),
        ("Anna:", "Anna"),
        ("[ANNA]", "ANNA"),
        ("[Anna]:", "Anna"),
        ("(ANNA):", "ANNA"),
        ("Dr. Smith:", "Dr. Smith"),
        ("MRS. JONES:", "MRS. JONES"),
        ("McCOY:", "McCOY"),
        ("O'Brien:", "O'Brien"),
        ("Man #2:", "Man #2"),
        ("Old man:", "Old man"),
        ("MAN ON RADIO:", "MAN ON RADIO"),
        ("Ludwig van Beethoven:", "Ludwig van Beethoven"),
        ("GEORGE (V.O.):", "GEORGE"),
        ("АННА:", "АННА"),
        ("Élodie:", "Élodie"),
        ("山田：", "山田"),
        ("（山田）", "山田"),
        ("안나:", "안나"),
    ],
)
def test_a_label_names_the_speaker(label: str, name: str) -> None:
    assert said(f"{label} Who is it?") == speech("Who is it?", by=name)
    assert said(f"{label}\nWho is it?") == speech("Who is it?", by=name)


def test_how_is_spoken_is_heard_too() -> None:
    for text in ("ANNA (whispering): Come.", "ANNA [whispering]: Come.", "[ANNA, whispering] Come."):
        assert said(text) == [("ANNA", "sound", "whispering"), ("ANNA", "speech", "Come.")]


def test_each_label_begins_a_turn() -> None:
    both = speech("Hi.", by="ANNA") + speech("Hello.", by="BOB")
    for text in (
        "ANNA: Hi.\nBOB: Hello.",
        "ANNA: Hi. BOB: Hello.",
        "- ANNA: Hi.\n- BOB: Hello.",
        "[ANNA] Hi. [BOB] Hello.",
    ):
        assert said(text) == both


@pytest.mark.parametrize(
    "text",
    [
        "Meet me at 10:30",
        "10:30: the bank opens",
        "John 3:16",
        "Score: 3:2",
        "Note: this is a copy",
        "Note: This is a copy",
        "NOTE: THIS IS A COPY",
        "http://example.org/a: yes",
        "https://example.org",
        "C:\\films",
        "Q: Why?",
        "There is one rule: Never look back.",
        "There is one rule:\nNever look back.",
        "He said: Go.",
        "THE QUESTION IS: WHY?",
        "Remember: Always look back.",
        "Breakfast: eggs and ham",
        "Subtitles by: Joe",
        "Tomorrow: We leave.",
        "Achtung: Stufe!",
        "他说：你好",
        "注：这是译文",
        "قال: مرحبا",
        "אמר: שלום",
        "See you :)",
    ],
)
def test_other_colons_name_nobody(text: str) -> None:
    assert said(text) == speech(text.replace("\n", " "))


@pytest.mark.parametrize(
    "text", ["[door slams]", "(door slams)", "*door slams*", "[ door slams ]", "[door\nslams]", "［door slams］"]
)
def test_what_the_deaf_are_told_is_a_sound(text: str) -> None:
    assert said(text) == [(None, "sound", "door slams")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[sighs] I know.", ["sound:sighs", "I know."]),
        ("(SIGHS) I know.", ["sound:SIGHS", "I know."]),
        ("*sighs* I know.", ["sound:sighs", "I know."]),
        ("I know. (sighs)", ["I know.", "sound:sighs"]),
        ("I know. [sighs] Really?", ["I know.", "sound:sighs", "Really?"]),
        ("I'm [sighs] fine.", ["sound:sighs", "I'm fine."]),
        ("[speaking Spanish]\nHola.", ["sound:speaking Spanish", "Hola."]),
        ("[in French] Bonjour.", ["sound:in French", "Bonjour."]),
        ("[MUSIC PLAYING] [APPLAUSE]", ["sound:MUSIC PLAYING", "sound:APPLAUSE"]),
        ("（笑い声）ありがとう", ["sound:笑い声", "ありがとう"]),
        ("（ドアの音）", ["sound:ドアの音"]),
        ("[ضحك]", ["sound:ضحك"]),
        ("- [gasps]\n- What?", ["sound:gasps", "What?"]),
    ],
)
def test_sounds_are_told_from_the_words_among_which_they_stand(text: str, parts: list[str]) -> None:
    assert [f"sound:{words}" if kind == "sound" else words for _, kind, words in said(text)] == parts


def test_a_sound_is_of_whoever_speaks() -> None:
    assert said("ANNA: [sighs] I know.") == [("ANNA", "sound", "sighs"), ("ANNA", "speech", "I know.")]
    assert said("[DOOR SLAMS] ANNA: What?") == [(None, "sound", "DOOR SLAMS"), ("ANNA", "speech", "What?")]


@pytest.mark.parametrize(
    "text",
    [
        "I (sort of) like it",
        "against [the] law",
        "the agency (FBI) said",
        "It was so. (It was 1962.) Then it ended.",
        "I *really* mean it",
        "f*** you, f***",
        "[ __ ] you",
        "[1] one",
        "2 * 3 * 4",
    ],
)
def test_other_brackets_and_stars_are_said(text: str) -> None:
    assert said(text) == speech(text)


@pytest.mark.parametrize(
    "text",
    ["♪ La la la ♪", "♪ La la la", "La la la ♪", "♫ La\nla la ♫", "♪ La la ♪\n♪ la ♪", "# La la la #", "# La la la"],
)
def test_songs_are_sung(text: str) -> None:
    assert said(text) == [(None, "song", "La la la")]


def test_who_talks_over_a_song_is_heard() -> None:
    assert said("♪ La la ♪ Stop it!") == [(None, "song", "La la"), (None, "speech", "Stop it!")]
    assert said("- ♪ La la ♪\n- Stop it!") == [(None, "song", "La la"), (None, "speech", "Stop it!")]
    assert said("ANNA: ♪ La la ♪") == [("ANNA", "song", "La la")]
    assert said("#1 in the charts") == speech("#1 in the charts")


@pytest.mark.parametrize("text", ["", "♪", "♪ ♪", "-", "- \n-", "...", "[...]", "#", ">>", "ANNA:", "*", "()"])
def test_what_says_nothing_is_no_part(text: str) -> None:
    assert said(text) == []


def test_a_voice_of_the_format_speaks_until_another_does() -> None:
    rows = [Row("Hi there,", "Anna"), Row("Bob.", "Anna"), Row("Hello.", "Bob"), Row("ANNA: Oh.", "Bob")]
    assert parts_of(rows) == (
        Part("Hi there, Bob.", "Anna", "speech"),
        Part("Hello.", "Bob", "speech"),
        Part("Oh.", "ANNA", "speech"),
    )


def test_capitals_stay() -> None:
    assert said("WHERE ARE YOU GOING?") == speech("WHERE ARE YOU GOING?")


@pytest.mark.parametrize(
    "unit", ["[a]", "[1]", "(", "A:", "- a. ", ">> ", "♪ ", "*a ", "#", "A. ", "Aa. Bb: ", "[a] b "]
)
def test_hostile_words_take_no_time(unit: str) -> None:
    rows = [Row((unit * 500)[:500])]
    begin = time.process_time()  # not the clock's: other tests run on the same cores
    for _ in range(20):
        assert all(part.text for part in parts_of(rows))
    assert time.process_time() - begin < 1
