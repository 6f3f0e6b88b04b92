"""Bytes of a text file to text: Unicode as it says, other encodings by a guess that is named.

Knows nothing of subtitles but that markup and time stamps say nothing of a language.
"""

from __future__ import annotations

import codecs
import re

SAMPLE = 1 << 16  # bytes that a guess rests on
LATIN = ["cp1252", "cp1250", "cp1254", "cp1257"]
OTHERS = [
    "cp1251", "koi8_r", "cp866", "cp1253", "iso8859_7", "cp1255", "cp1256", "cp874", "cp932", "euc_jp", "cp949",
    "gb18030", "big5",
]  # fmt: skip
KNOWN = {
    "cp1250 iso8859_2": "bs cs hr hu pl ro sk sl sq",
    "cp1251 koi8_r cp866": "be bg mk ru sr uk",
    "cp1252": "ca da de en es eu fi fr gl id is it ms nb nl nn no pt sv",
    "cp1253 iso8859_7": "el",
    "cp1254": "az tr",
    "cp1255": "he",
    "cp1256": "ar fa ur",
    "cp1257 iso8859_13": "et lt lv",
    "cp874": "th",
    "cp932 euc_jp": "ja",
    "cp949": "ko",
    "gb18030 big5": "zh",
}
"""Encodings that languages were written in before Unicode, the commonest first."""
MARKS = (
    ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-32"),  # first, since it begins like the next
    ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16"),
)
MARKUP = re.compile(rb"<[^<>]*>|\{[^{}]*\}")


def decode(data: bytes, language: str | None = None) -> tuple[str, str | None]:
    """The text that `data` holds, and what of it is a guess or lost (None where all is certain). `language`: the BCP 47
    tag of what it is said to be written in.
    """
    name, doubt = encoding_of(data, language)
    return data.decode(name, errors="replace"), doubt


def encoding_of(data: bytes, language: str | None = None) -> tuple[str, str | None]:
    """The encoding of `data`, and what of that is a guess or cannot be read by it (None where all is certain).

    A byte order mark decides, else UTF-8 where nearly all is UTF-8 (a byte that is not becomes U+FFFD), else the
    encoding that its language and its letters speak for.
    """
    for marks, name in MARKS:
        if data.startswith(marks):
            return name, None
    unmarked = _unmarked(data[:SAMPLE]) if b"\0" in data[:SAMPLE] else None
    if unmarked is not None:
        return unmarked, None
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd") - data.count("\ufffd".encode())
    good = len(text) - len(text.encode("ascii", "ignore")) - bad  # letters outside ASCII
    if bad == 0:
        return "utf-8-sig", None
    if good > bad:
        return "utf-8-sig", f"{bad} byte{'s are' if bad > 1 else ' is'} not UTF-8 and lost"
    name = _guess(data, language)
    return name, f"is not UTF-8; read as {name}, which is a guess"


def _unmarked(data: bytes) -> str | None:
    """UTF-16 without a mark: of a text in Latin letters, and of all time stamps, every other byte is 0."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if max(even, odd) < len(data) / 8 or min(even, odd) > max(even, odd) / 8:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _guess(data: bytes, language: str | None) -> str:
    """The likely encoding of text that is not Unicode; its lines outside ASCII tell."""
    from charset_normalizer import from_bytes

    sample = b"\n".join(_spoken(line) for line in data[: SAMPLE * 4].splitlines() if not line.isascii())[:SAMPLE]
    short = (language or "").split("-")[0]
    usual = next((names.split() for names, spoken in KNOWN.items() if short in spoken.split()), [])
    high = sum(byte >= 0x80 for byte in sample)
    letters = len(re.findall(rb"[A-Za-z]", sample))
    if high > letters:  # not written in Latin letters
        for names in ([name for name in usual if name in OTHERS], OTHERS):
            best = from_bytes(sample, cp_isolation=names).best() if names else None
            if best is not None:
                return best.encoding
        return "cp1252"
    fitting = [name for name in usual if name not in OTHERS and _decodes(sample, name)]
    if fitting:
        return max(fitting, key=lambda name: sum(map(str.isalpha, sample.decode(name))))
    found = {match.encoding: match.coherence for match in from_bytes(sample, cp_isolation=LATIN)}
    possible = {name: found[name] for name in LATIN if name in found and _decodes(sample, name)}
    # Few accents speak for no language; then the commonest encoding, the first, is the best guess.
    return max(possible, key=lambda name: possible[name], default="cp1252")


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _spoken(line: bytes) -> bytes:
    if line.startswith(b"Dialogue:"):
        line = line.split(b",", 9)[-1]
    return MARKUP.sub(b"", line[:10_000])
