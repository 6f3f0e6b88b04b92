"""Whether an answer refuses the request, in English, without a model.

Three things make a refusal, and single words none of them: somebody speaks to the reader (I, you, please) or of what
the reader sent; denies or asks; and means the request itself: its pictures, its text, what was to be done, or what the
speaker is. And nothing else is told: where a scene stands beside it, or somebody is said to speak so, the words are a
part of the film. Quoted speech is not looked at.
"""

from __future__ import annotations

import re

from longvid.text import sentences

LOOKED_AT, MOST, LONGEST = 3, 2000, 300
"""Sentences from the first on, characters, and characters of one part of a sentence. A refusal begins with itself, is
short, and what follows is advice."""

QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|\u00ab[^\u00bb]*\u00bb")
PAUSE = re.compile(r"[,;:\u2014]+\s+|\s+[\u2013-]\s+|\s+(?=(?:because|but)\b)")

GREETING = re.compile(
    r"(?:i\s?a?'?m (?:very |so |really |truly )?sorry|(?:very )?sorry|(?:my |our |i )?apolog(?:ies|i[sz]e|y)"
    r"|unfortunately|regrettably|sadly|hello|hi|hey|sure|of course|thank(?:s| you)|however|but|and|so|though|while|note"
    r"|(?:please )?(?:note|be aware) that|(?:for|about) (?:that|this|the (?:inconvenience|confusion))"
    r"|at (?:this|the) (?:time|moment)|i'?m afraid|i (?:understand|fear|believe|think)"
    r"|it (?:seems|looks|appears)(?: like)?|that|since|because|as)\b[ ,]*",
    re.I,
)
"""What a refusal may begin with before it says so."""
ANSWERS = re.compile(r"\W*(?:yes|no|none|unclear)\b(?: *[.,;:!\u2014-]|$)", re.I)
"""A question was answered."""
SORRY = re.compile(r"\b(?:sorry|apolog)", re.I)

MEDIUM = (
    r"(?:videos?|clips?|films?|movies?|footage|images?|frames?|photos?|pictures?|files?|links?|urls?|attachments?|uploads?"
    r"|media|visuals?|(?:visual )?(?:content|input|data|information|material|details|context)|descriptions?|prompts?"
    r"|requests?|questions?|captions?|text|transcripts?|summar(?:y|ies)|messages?|what (?:is|was) (?:shown|sent|asked))"
)
"""What a request is made of."""
TASK = (
    r"(?:describ|summari[sz]|caption|analy[sz]|assist|help|compl(?:y|et)|fulfil|process|generat|interpret|identif|answer"
    r"|produc|creat|perceiv|discuss|provid|continu|clarif)\w*"
)
"""What is asked for, by its verb."""
SIGHT = r"(?:see|watch|view|access|hear|open|play|do|tell)(?:ing)?"
"""Verbs that are of the request only together with its pictures, or at the end."""
GIVE = r"(?:provid|shar|upload|send|sent|attach|giv|suppl|past|includ|submit|describ|clarif|rephras|specif|add|try)\w*"
SPEAKER = r"(?:an? )?(?:[\w-]+ ){0,3}(?:AI|artificial intelligence|(?:language|text|AI) model|chatbot)\b"
NATURE = r"(?:capabilit|abilit|programming|guideline|polic|training|limitation|scope|design)\w*"

FIRST = r"(?:I|We)(?: ?(?:'m|am|are|'re|'ve|have|had|'d|was|were|do|did|would|can|could))?"
DENIAL = re.compile(
    r"\b(?:cannot|can ?not|not|\w+n't|unable|no|lack|without|only|just|need|must decline|declin\w+|refus\w+|beyond"
    r"|outside|against|violat\w+|nothing|never|missing|forgot\w*|unavailable|inaccessible|prevent\w*|trouble)\b",
    re.I,
)
VOICE = re.compile(r"\b(?:I|[Ww]e|[Mm]e|[Mm]y|[Uu]s|[Oo]ur|[Yy]ou|[Yy]our|[Pp]lease)\b")
SPEAKS = re.compile(rf"(?:{FIRST}|My|Our|You|Your|As {SPEAKER}|Unable|Cannot|Can't)\b", re.I)
WATCHES = re.compile(r"we (?:can )?(?:see|are shown|watch|hear|follow|meet)\b", re.I)
"""So a description tells what is seen."""
MEANT = re.compile(
    rf"\b(?:{MEDIUM}|{TASK}|{NATURE})\b|\b{SPEAKER}"
    rf"|\b{SIGHT}(?: (?:it|this|that|them|what happens|directly|anything))?$",
    re.I,
)
ASKS = re.compile(
    rf"(?:(?:can|could|would|will|if) you )?(?:please )?(?:kindly )?{GIVE}\b.*\b(?:{MEDIUM}|me|more|again|it|what)\b"
    rf"|(?:what|which) {MEDIUM} (?:do|are|did) you|please (?:clarify|try again|rephrase)"
    rf"|(?:can|could) you (?:please )?(?:clarify|rephrase)",
    re.I,
)
ABSENT = re.compile(
    rf"(?:(?:there (?:is|are|was|were|seems? to be|appears? to be) )?(?:no|not any|nothing)"
    rf"|there (?:is|are|was|were|do|does)(?:n't| not)(?: (?:seem|appear) to be)? (?:an?|any))(?: [\w-]+){{0,2}}?"
    rf" (?:to {TASK}|{MEDIUM}(?: [\w-]+)?(?:$| (?:for me )?to {TASK}"
    rf"| (?:(?:is|are|was|were|has been|have been) )?(?:\w+ )?"
    rf"(?:{GIVE}|available|visible|received|found|detected|here|in your)\b))",
    re.I,
)
"""Nothing was sent."""
UNUSABLE = re.compile(
    rf"(?:(?:the|this|your) )?(?:[\w-]+ )?(?:{MEDIUM} )?{MEDIUM} (?:(?:that )?you (?:[\w']+ ){{1,3}})?"
    rf"(?:(?:(?:is|are|was|were|has|have|do|does|did|could|can) )?"
    rf"(?:cannot|can ?not|could ?not|\w+n't|not|unable to)(?: be)?(?: been)?(?: \w+)? (?:{GIVE}|{TASK}|load|open|play"
    rf"|access|read|writ|view|display|retriev|contain|available|supported|accessible|work|found)\w*"
    rf"|(?:is|are) missing|unavailable|inaccessible|violat\w*|goe?s? against)",
    re.I,
)
"""What was sent cannot be used."""
BEYOND = re.compile(
    rf"\b(?:beyond|outside|against|violates?)\b.*\b(?:my|our|the)\b.*\b{NATURE}"
    r"|\bnot (?:something|anything) (?:that )?I\b|\bnot possible for me\b",
    re.I,
)
TOLD = re.compile(
    r"(?<!\bI )(?<!\byou )\b(?:says|said|asks|asked|repli(?:es|ed)|shouts|shouted|cries|cried|calls|yells|screams"
    r"|whispers|whispered|mutters|begs|begins|begged|pleads|orders|warns|insists|sighs|sobs|thinks|tells|told|sings|exclaims"
    r"|announces|demands|explains|explained|reads|narrates|laughs|recalls|remembers|continues|adds|declares)\b",
    re.I,
)
"""Somebody is said to speak."""


def refuses(text: str) -> bool:
    """Whether `text`, a whole answer, refuses what was asked and tells nothing else."""
    text = re.sub(r"[\u2019\u2018`]", "'", text.strip()[:MOST])
    if QUOTED.fullmatch(text):
        text = text[1:-1]
    if "|" in text or ANSWERS.match(text):
        return False
    # Words around a quotation tell who says it.
    told = QUOTED.sub(" ", text)
    refused = False
    for sentence in sentences(told)[:LOOKED_AT]:
        if TOLD.search(sentence):
            return False
        for part in filter(None, map(_bare, PAUSE.split(sentence))):
            if len(part) <= LONGEST and _refuses(part):
                refused = True
            elif len(part) > LONGEST or not (VOICE.search(part) or MEANT.search(part) or len(part.split()) < 3):
                return False
    return refused or (SORRY.match(told) is not None and len(told.split()) < 3)


def _bare(part: str) -> str:
    """`part` without greetings in front and marks at its end."""
    part = part.strip(" .!?*\n")
    while (found := GREETING.match(part)) and found.end():
        part = part[found.end() :]
    return part


def _refuses(part: str) -> bool:
    if WATCHES.match(part):
        return False
    if ASKS.match(part) or ABSENT.match(part) or UNUSABLE.match(part) or BEYOND.search(part):
        return True
    return SPEAKS.match(part) is not None and DENIAL.search(part) is not None and MEANT.search(part) is not None
