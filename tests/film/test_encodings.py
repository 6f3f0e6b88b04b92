# ruff: noqa: RUF001  # letters of other scripts are what this is about
"""Encodings: Unicode is known for what it is, the others are guessed well, and a guess is named."""

from __future__ import annotations

import os
import time

import pytest

from longvid.film.encodings import decode

TIMES = "1\n00:00:01,000 --> 00:00:03,000\n"
RUSSIAN = "Привет, как дела? Я давно тебя не видел. Что ты делаешь сегодня вечером?"
SPOKEN = {
    "cp1252": "Où ça ? Grüß Gott, ¿qué pasa mañana?",
    "cp1250": "Nie wiem, co się stało. Proszę, chodź tutaj. Jesteś głodny? Już idę, poczekaj chwilę.",
    "cp1254": "Günaydın, nasılsınız? Ne yapıyorsun? Bugün çok güzel bir gün, değil mi? Şey, bilmiyorum. "
    "Sen nasılsın? Ben iyiyim, teşekkür ederim. Yarın sabah görüşürüz, artık uyumalıyım.",
    "cp1251": RUSSIAN,
    "koi8-r": RUSSIAN,
    "cp1253": "Γειά σου, τι κάνεις;",
    "cp1255": "שלום מה שלומך? אני לא יודע מה לעשות עם זה. בוא הנה עכשיו",
    "cp932": "こんにちは、お元気ですか",
    "gb18030": "你好，你怎么样？我们今天晚上去看电影吧。他说他不知道这件事情。",
    "euc-kr": "안녕하세요, 잘 지내세요?",
}


@pytest.mark.parametrize("encoding", SPOKEN)
def test_a_good_guess_is_made_and_named(encoding: str) -> None:
    text, doubt = decode((TIMES + SPOKEN[encoding]).encode(encoding))
    assert text == TIMES + SPOKEN[encoding]
    assert doubt is not None
    assert "is not UTF-8; read as" in doubt


@pytest.mark.parametrize(
    ("language", "encoding", "words"),
    [
        ("pl", "cp1250", "Jesteś zmęczony? Chodźmy do domu."),
        ("pl", "iso8859-2", "Jesteś zmęczony? Chodźmy do domu."),
        ("ro", "cp1250", "Eşti obosit? Să mergem acasă."),
        ("tr", "cp1254", "Teşekkür ederim, yarın görüşürüz."),
        ("lt", "cp1257", "Aš nežinau. Ačiū, pasimatysime rytoj."),
        ("en", "cp1252", "That’s £5…"),
        ("zh-TW", "big5", "我不知道我哥哥在哪裡。"),
        ("ja", "euc-jp", "兄がどこにいるのか分からない。"),
        ("en", "cp1251", RUSSIAN),
    ],
)
def test_the_language_of_a_file_helps_where_its_letters_are_few(language: str, encoding: str, words: str) -> None:
    text, doubt = decode((TIMES + words).encode(encoding), language)
    assert doubt is not None
    assert text == TIMES + words


def test_markup_says_nothing_of_the_language() -> None:
    row = f"Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{{\\fnArial Black}}<font color='white'>{RUSSIAN}</font>"
    assert decode(row.encode("cp1251"))[0] == row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("words", ["Hello there", RUSSIAN])
def test_unicode_is_no_guess(encoding: str, words: str) -> None:
    assert decode((TIMES * 3 + words).encode(encoding)) == (TIMES * 3 + words, None)


def test_of_utf_8_only_the_bytes_that_are_none_are_lost() -> None:
    text, doubt = decode("Où ça – 你好\nbad ".encode() + b"\xd7 byte")
    assert text == "Où ça – 你好\nbad \ufffd byte"
    assert doubt == "1 byte is not UTF-8 and lost"
    assert decode("said so: \ufffd".encode()) == ("said so: \ufffd", None)


def test_ascii_is_no_guess() -> None:
    assert decode(b"") == ("", None)
    assert decode(b"Hello") == ("Hello", None)


@pytest.mark.parametrize("data", [os.urandom(1 << 20), b"\xe9\xc3" * (1 << 20), b"\xe9\n" * (1 << 20), b"\0" * 500])
def test_any_bytes_come_to_text_in_no_time(data: bytes) -> None:
    begin = time.process_time()
    assert isinstance(decode(data)[0], str)
    assert time.process_time() - begin < 2
