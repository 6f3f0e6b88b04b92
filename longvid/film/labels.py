# ruff: noqa: RUF001  # the dashes, brackets and colons of many languages are what this is about
"""Names of speakers and descriptions of sounds, told from other words by their shape and by closed lists.

Subtitles mark both by convention alone, so that a colon or a bracket may be of either or of none. What is not surely a
name stays among the words that are said. Knows no cue.
"""

from __future__ import annotations

import re
import unicodedata

from longvid.text.shown import clean

LONGEST_NAME = 40  # characters

NO_NAMES = frozenset({
    "a", "an", "and", "are", "at", "because", "but", "can", "could", "did", "do", "does", "finally", "first", "for",
    "from", "has", "have", "how", "i", "if", "in", "is", "it", "its", "last", "look", "listen", "my", "next", "no",
    "not", "now", "of", "ok", "okay", "on", "one", "or", "our", "plus", "remember", "rule", "second", "she", "he",
    "so", "than", "that", "their", "then", "there", "these", "they", "thing", "this", "those", "to", "today",
    "tomorrow", "tonight", "two", "three", "was", "we", "were", "well", "what", "when", "where", "which", "who",
    "why", "will", "with", "would", "yes", "yesterday", "you", "your", "answer", "attention", "caption", "captions",
    "caution", "chapter", "conclusion", "correction", "corrections", "danger", "date", "day", "email", "episode",
    "example", "fact", "fax", "file", "hint", "http", "https", "idea", "isbn", "lesson", "location", "message",
    "method", "news", "note", "notes", "number", "option", "page", "part", "phone", "place", "plan", "previously",
    "problem", "ps", "p.s", "question", "re", "reason", "reminder", "result", "season", "source", "spoiler", "step",
    "subject", "subtitle", "subtitles", "sync", "tel", "time", "tip", "title", "total", "translation", "translated",
    "translator", "update", "version", "warning", "web", "website", "www", "year", "monday", "tuesday", "wednesday",
    "thursday", "friday", "saturday", "sunday", "january", "february", "march", "july", "september", "october",
    "november", "december", "achtung", "antwort", "beispiel", "datum", "ergebnis", "frage", "hinweis", "regel",
    "teil", "untertitel", "übersetzung", "exemple", "nota", "remarque", "réponse", "sous-titres", "traduction",
    "règle", "atención", "ejemplo", "pregunta", "respuesta", "regla", "subtítulos", "traducción", "traducao",
    "tradução", "legendas", "esempio", "domanda", "risposta", "regola", "sottotitoli", "traduzione", "opmerking",
    "ondertiteling", "vertaling", "vraag", "antwoord", "внимание", "вопрос", "ответ", "перевод", "пример",
    "примечание", "субтитры", "правило", "注", "注意", "注释", "字幕", "字幕组", "翻译", "翻譯", "译者注", "訳",
})  # fmt: skip
"""Words before a colon that name nobody. Lower case."""

JOINING = frozenset({"a", "and", "at", "from", "in", "on", "the", "with"})
"""Words of these that may stand in "Man on radio"."""
PARTICLES = frozenset({"da", "de", "den", "der", "di", "du", "la", "le", "of", "van", "von"})
NO_VOICE = re.compile(
    r"(?:alt|alternate|bottom|caption|cc|comment|default|dialogue|dialog|ed|fx|italics?|karaoke|kfx|lyrics?|main|n/?a"
    r"|name|none|note|null|ntp|op|song|signs?|speech|staff|sub(?:title)?s?|text|title|top|ts|typesett?ing|unknown)"
    r"(?:[ _-]?\d+)?",
    re.IGNORECASE,
)
"""What fansubs write into the field of the speaker that is none."""

PEOPLE = frozenset({
    "actor", "agent", "all", "announcer", "anchor", "both", "boy", "boys", "captain", "caller", "chef", "child",
    "children", "clerk", "computer", "cop", "crowd", "dealer", "director", "doctor", "driver", "everyone", "father",
    "female", "girl", "girls", "guard", "guest", "guy", "host", "intercom", "judge", "kid", "kids", "king", "lady",
    "lawyer", "male", "man", "manager", "men", "mother", "narrator", "nurse", "officer", "operator", "person",
    "pilot", "player", "priest", "queen", "radio", "reporter", "sergeant", "sheriff", "singer", "soldier", "soldiers",
    "speaker", "student", "students", "teacher", "television", "tv", "voice", "voices", "waiter", "waitress",
    "witness", "woman", "women",
})  # fmt: skip
"""Nouns that, in small letters too, may end what a speaker is called: "Old man"."""

SOUNDS = frozenset({
    "alarm", "applaud", "applause", "audience", "bang", "bark", "beat", "beep", "bell", "blow", "boom", "breath",
    "breathe", "buzz", "cackle", "chatter", "cheer", "chime", "chirp", "chuckle", "clank", "clap", "clatter", "clear",
    "click", "coo", "cough", "crack", "crackle", "crash", "creak", "cricket", "cry", "distant", "door",
    "echo", "engine", "exhale", "explode", "explosion", "footstep", "gasp", "giggle", "glass", "groan", "growl",
    "grunt", "gulp", "gun", "gunfire", "gunshot", "hiss", "hoot", "horn", "howl", "hum", "inaudible", "indistinct",
    "inhale", "instrumental", "jingle", "knock", "laugh", "laughter", "mimic", "moan", "mumble", "murmur", "music",
    "mutter", "neigh", "noise", "pant", "phone", "piano", "play", "pop", "purr", "rattle", "ring", "roar", "rumble",
    "rustle", "scoff", "scream", "screech", "shatter", "shout", "shot", "shriek", "sigh", "silence", "sing", "siren",
    "sizzle", "slam", "slurp", "smack", "snap", "sneeze", "snicker", "sniff", "sniffle", "snore", "snort", "sob",
    "song", "sound", "speak", "splash", "squawk", "squeak", "squeal", "static", "stammer", "swallow", "theme", "thud",
    "thump", "thunder", "tick", "toll", "traffic", "vocalize", "wail", "weep", "whimper", "whir", "whisper",
    "whistle", "whoop", "wind", "yawn", "yell", "yelp", "gelächter", "klopfen", "lachen", "lacht", "musik",
    "rauschen", "räuspert", "schluchzt", "schrei", "schreit", "seufzt", "stöhnt", "schuss", "tür", "bruit",
    "chuchote", "cri", "crie", "musique", "porte", "rire", "rires", "rit", "sanglote", "sonnerie", "soupir",
    "soupire", "tousse", "aplausos", "disparo", "grita", "grito", "llora", "música", "puerta", "risa", "risas", "ríe",
    "ruido", "suspira", "suspiro", "susurra", "applausi", "grida", "musica", "piange", "porta", "ride", "risate",
    "rumore", "sospira", "sussurra", "urla", "gelach", "muziek", "schreeuwt", "zucht", "аплодисменты", "вздох",
    "вздыхает", "выстрел", "крик", "кричит", "музыка", "плач", "плачет", "смеётся", "смеется", "смех", "стук",
    "шёпот", "шепчет",
})  # fmt: skip
"""Words of which descriptions of sounds are made; English ones without their endings. Lower case."""
SOUNDS_UNSPACED = re.compile("[声音笑泣息歌曲鳴]|拍手|웃음|음악|한숨|소리|박수")


def is_sound(text: str) -> bool:
    """Whether `text`, from brackets, is surely of a sound: "SIGHS", "door slams"; it may be one where this is False."""
    return SOUNDS_UNSPACED.search(text) is not None or any(
        base in SOUNDS for word in re.findall(r"[^\W\d_]+", text.lower()) for base in _bases(word)
    )


def _bases(word: str) -> list[str]:
    """What an English word may be a form of: "slamming" of "slam", "cries" of "cry"."""
    found = [word]
    for ending in ("s", "es", "ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 1:
            found += [stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem, re.sub("i$", "y", stem)]
    return found


def is_upper(text: str) -> bool:
    """Whether `text` has capitals and, but for "Mc", no small letters."""
    plain = re.sub(r"\b(?:Mc|Mac|Dr|Mr|Mrs|Ms)\b|\bMa?c(?=[A-Z])", "", text)
    return any(c.isupper() for c in text) and not any(c.islower() for c in plain)


def is_name(text: str) -> bool:
    """Whether `text`, from before a colon or from brackets, has the shape of what a speaker is called.

    Up to four words with capitals ("ANNA", "Dr. Smith", "MAN #2", "Old man"), or in Chinese, Japanese and Korean one
    word. Other scripts without capitals give no sign.
    """
    if not 0 < len(text) <= LONGEST_NAME:
        return False
    words = text.split()
    letters = [c for c in text if c.isalpha()]
    if not letters or len(words) > 4 or not re.fullmatch(r"[\w.'’\-&#/ ·・]+", text) or "//" in text:
        return False
    people = any(word.lower() in PEOPLE for word in words)
    known = (word.strip(".'’").lower() for word in words)
    if any(word in NO_NAMES and not (people and word in JOINING) for word in known):
        return False
    if all(_unspaced(c) for c in letters):
        # "He said", in the order and with the endings of these languages.
        return len(words) == 1 and len(text) <= 8 and text[-1] not in "说說道问問是了的着著曰云言は다요고"
    if not words[0][0].isupper() and not (words[0][0].isdigit() and is_upper(text)):
        return False
    return people or not any(word[0].islower() and word not in PARTICLES for word in words[1:])


def voice_of(name: str) -> str | None:
    """Who speaks by the name that a format gives a cue; None where it is empty or tells of something else."""
    name = clean(name, LONGEST_NAME)
    return name if any(c.isalpha() for c in name) and NO_VOICE.fullmatch(name) is None else None


def _unspaced(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
