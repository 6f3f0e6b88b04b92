"""Languages by the many ways in which files and people name them: "en", "eng", "en-US", "English", "ger", "deu".

Tags are read by langcodes (BCP 47, ISO 639); names are the few that stand in the names of subtitle files.
"""

from __future__ import annotations

import re

NEAR = 5
"""How far regions of one language are apart at most, by langcodes. Other scripts and languages are further."""

NAMES = {
    "arabic": "ar", "brazilian": "pt-BR", "bulgarian": "bg", "catalan": "ca", "chinese": "zh", "croatian": "hr",
    "czech": "cs", "danish": "da", "dansk": "da", "deutsch": "de", "dutch": "nl", "english": "en", "espanol": "es",
    "español": "es", "estonian": "et", "finnish": "fi", "francais": "fr", "français": "fr", "french": "fr",
    "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is",
    "indonesian": "id", "italian": "it", "italiano": "it", "japanese": "ja", "korean": "ko", "latvian": "lv",
    "lithuanian": "lt", "malay": "ms", "nederlands": "nl", "norsk": "no", "norwegian": "no", "persian": "fa",
    "farsi": "fa", "polish": "pl", "polski": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru",
    "serbian": "sr", "slovak": "sk", "slovenian": "sl", "spanish": "es", "suomi": "fi", "svenska": "sv",
    "swedish": "sv", "thai": "th", "turkish": "tr", "türkçe": "tr", "ukrainian": "uk", "vietnamese": "vi",
    "chs": "zh-Hans", "cht": "zh-Hant", "pob": "pt-BR", "ptbr": "pt-BR",
}  # fmt: skip
"""Names, and codes that are no tags but are in use. Lower case."""
LONG = frozenset({"bho", "ceb", "ckb", "cmn", "fil", "gsw", "haw", "hmn", "kok", "mai", "mni", "nds", "scn", "yue"})
"""Tags of three letters that have none of two and are in use; there are thousands, of which many are words."""


def tag_of(name: str) -> str | None:
    """The BCP 47 tag of a language that is named by a tag, an ISO 639 code or a name: "de" for "ger", "deu", "German".

    None where `name` is none of these, or says that the language is not known ("und").
    """
    from langcodes import Language
    from langcodes.tag_parser import LanguageTagError

    name = name.strip().lower().replace("_", "-")
    if name in NAMES:
        return NAMES[name]
    if not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", name):
        return None
    try:
        language = Language.get(name)
        tag = language.to_tag()
    except (LanguageTagError, ValueError):
        return None
    if not language.is_valid() or language.language is None:
        return None
    return tag if len(language.language) == 2 or language.language in LONG else None


def of_words(words: str) -> str | None:
    """The language among the parts of a file's name: "en" for "eng.sdh" and "forced.en", None where there is none."""
    for part in re.split(r"[. ]", words):
        first = re.split(r"[-_]", re.sub(r"^\d+_", "", part))[0]  # "english_sdh", "2_English"
        tag = tag_of(part) or tag_of(first)
        if tag is not None:
            return tag
    return None


def is_english(tag: str | None) -> bool:
    return tag is not None and tag.split("-")[0] == "en"


def distance(wanted: str, tag: str) -> int | None:
    """How far the language `tag` is from the one that is wanted, 0 for the same; None where it is another.

    Regions are near one another. A wanted language without a script is served by every script, the nearest first.
    """
    from langcodes import tag_distance

    far = tag_distance(wanted, tag)
    if far <= NEAR or wanted == tag.split("-")[0]:
        return far
    return None
