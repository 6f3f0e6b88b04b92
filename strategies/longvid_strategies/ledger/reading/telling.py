"""The text: acts under a word budget, each link told where it pays off, every sentence with the lines it rests on.

Code decides what is told: the chosen links, what they begin with, and the facts without which the story is not
understood, as many as the words allow. The LLM words each act from numbered lines and names the lines of each sentence.
What it leaves out of weight is put in, what it adds is taken out, and where a sentence does not hold, the lines
themselves stand in its place; so the length is right, too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from longvid.strategy import Context, in_waves, terms, without_openings, words_in
from longvid_strategies.ledger.reading.cast import BRACKETS, Cast, rounded, unbracketed, unrevealed
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import LEAST_ANSWER, NONE, numbers
from longvid_strategies.ledger.reading.links import Link
from longvid_strategies.ledger.reading.sources import room

WRITE = (
    "You write act {act} of {acts} of the summary of a film. Who is who:\n{cast}\n\n"
    "{before}Tell these lines, in this order, in about {words} words of plain, flowing prose in the present tense:\n"
    "{lines}\n\n"
    "A line marked ++ joins something earlier in the film to this moment: tell both ends of it and how they belong "
    "together. Be brief, about {per} words a line; join lines of the same matter in one sentence. Every line marked "
    "++ or * must be told, and what stands behind Also: is of the same matter: work it into the same sentence. Other "
    "lines may be shortened or left out. "
    "Use names once they are known; a name in square brackets may be used at once, without the brackets. Say in a few "
    "words who somebody is when they first come in, and use no pronoun before the name it stands for. "
    "Add nothing that the lines do not say. After each sentence write the numbers of its lines in square brackets, as "
    "in: Anna hides the key. [1, 2]"
)
CHECK = (
    "Who is who in a film:\n{cast}\n\nNumbered lines about the film:\n{lines}\n\n"
    "Sentences written from them, each with the numbers of its lines:\n{sentences}\n\n"
    "Which sentences say something that the lines do not say, or mix up who does what? Answer with their letters "
    "alone, "
    "separated by commas, or none."
)
LINK_WORDS, ALSO_WORDS, KEY_WORDS, PLAIN_WORDS = 16, 8, 14, 12
"""Words that a line takes when it is told, and what else its thread has; several share a sentence."""
ASKED_WORDS = 14
"""Words a line that are asked for; more are written."""
ALSO = "Also: "
MOST_OF_A_THREAD = 2
"""Links of a thread that are told together."""
ACT_WORDS = 120
"""Words of an act, about."""
BONE = 9.9
"""What a key fact is worth in which many links meet: as much as a link of the tenth place (10 for the first)."""
LINKS_SHARE = 0.87
"""Of the words, what links may take; the rest is for what no link tells."""
COVERED = 0.6
"""Share of its words that a fact has in a line which tells it."""
LEAST_SHARE = 0.5
"""Of an even share of the words, what every act has at least."""
TOKENS_A_WORD, SLACK = 1.5, 60
UNDER, OVER = 0.92, 1.1
"""Fewest and most words of the text, as shares of those that were asked for."""
CITED = re.compile(r"\s*\[([\d,\s\u2013-]+)\]")
CAST_SHARE = 6
"""The cast may take one in so many tokens of the context."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is to be told: a fact, or a link under the fact where it pays off."""

    text: str
    facts: tuple[int, ...]
    at: int
    """The fact under which it stands."""
    worth: float
    must: bool
    late: tuple[int, ...] = ()
    """The facts in which a link pays off; empty where it is none."""
    alone: str = ""
    """A link without what else its thread has."""

    @property
    def link(self) -> bool:
        return bool(self.late)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence and the lines that it tells."""

    text: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Act:
    lines: list[Line]
    words: int = 0
    told: list[Told] = field(default_factory=list)


def threads_for(words: int) -> int:
    """How many threads of links a text of `words` words can tell."""
    return max(3, int(LINKS_SHARE * words / LINK_WORDS))


def lines_of(facts: Sequence[Fact], threads: Sequence[Sequence[Link]], words: int) -> list[Line]:
    """The lines of a text of about `words` words, in the film's order; `threads` are the weightiest first, and of each
    the link that tells it best.

    Of what links leave of the words, the key facts of the film's end have their share, then other key facts, those with
    which several links begin first, then all others, spread over the film.
    """
    told: list[Line] = []
    begins: set[int] = set()
    used = 0
    for rank, (link, *others) in enumerate(threads):
        also = others[: MOST_OF_A_THREAD - 1]
        size = LINK_WORDS + ALSO_WORDS * len(also)
        if used + size > LINKS_SHARE * words and told:
            break
        text = " ".join([link.text, *(f"{ALSO}{other.text}" for other in also)])
        rests = {id for one in (link, *also) for id in one.facts}
        told.append(Line(text, tuple(sorted(rests)), link.at, 10.0 - rank / 100, True, link.late, link.text))
        begins |= {id for one in (link, *also) for id in one.early}
        used += size
    said = [terms(line.text) for line in told]
    covered = {f.id for f in facts if any(_covers(words, f) for words in said)} | begins
    begun = Counter(id for line in told for id in line.facts)
    last = facts[-1].chunk if facts else 0
    worth = {f.id: f.key * (3.0 + min(begun[f.id], 4) + 2.5 * (f.chunk >= last - 1)) for f in facts}
    order = sorted((f for f in facts if f.id not in covered), key=lambda f: (-worth[f.id], _spread(f.id, len(facts))))
    for fact in order:
        size = words_in(unbracketed(fact.text))
        if used + size > words:
            if worth[fact.id] > 0:
                continue
            break
        text = unrevealed(fact.text)
        # The bones of the story stand above its smaller links.
        value = BONE if worth[fact.id] >= 6 else worth[fact.id]
        told.append(Line(text, (fact.id,), fact.id, value, value >= 3.0))
        used += size
    return sorted(told, key=lambda line: (line.at, line.link))


def _covers(said: frozenset[str], fact: Fact) -> bool:
    """Whether a line that says the words `said` tells `fact` too."""
    own = terms(fact.text)
    return len(own & said) >= COVERED * len(own)


def _spread(index: int, count: int) -> int:
    """A place for `index` such that the first few places lie all over `count`."""
    bits = max(1, count - 1).bit_length()
    return int(format(index, f"0{bits}b")[::-1], 2)


def acts_of(lines: Sequence[Line], words: int) -> list[Act]:
    """`lines` in acts of about as many words; every act has words for what it must tell."""
    if not lines:
        return []
    sizes = [_size(line) for line in lines]
    count = max(1, min(round(words / ACT_WORDS), len(lines)))
    total, acts, at = sum(sizes), [Act([])], 0
    for line, size in zip(lines, sizes, strict=True):
        if acts[-1].lines and at >= total * len(acts) / count and len(acts) < count:
            acts.append(Act([]))
        acts[-1].lines.append(line)
        at += size
    for act in acts:
        act.words = max(round(LEAST_SHARE * words / len(acts)), round(words * sum(map(_size, act.lines)) / total))
    return acts


def _size(line: Line) -> int:
    return LINK_WORDS if line.link else max(PLAIN_WORDS, min(KEY_WORDS, words_in(line.text)))


async def tell(
    context: Context,
    lines: Sequence[Line],
    facts: Sequence[Fact],
    cast: Cast,
    words: int,
    allowed: Callable[[str], bool],
) -> tuple[list[list[Told]], dict[str, int]]:
    """The passages of the text, one an act; and counts of what was mended: `added`, `replaced`, `unwritten`, and of
    what is left out as `ungrounded`."""
    acts = acts_of(lines, words)
    counts = {"added": 0, "replaced": 0, "unwritten": 0, "ungrounded": 0}
    calls = [partial(_write, context, acts, i, facts, cast, allowed) for i in range(len(acts))]
    for act, told in zip(acts, await in_waves(context, calls), strict=True):
        if told is None:
            counts["unwritten"] += 1
            told = [_plain(line) for line in act.lines if line.must or line.worth >= 3] or [
                _plain(line) for line in act.lines[:3]
            ]
        act.told = told
    bad = await in_waves(context, [partial(_check, context, act, facts, cast) for act in acts])
    for act, wrong in zip(acts, bad, strict=True):
        mended: list[Told] = []
        for i, one in enumerate(act.told):
            if i in wrong:
                counts["replaced"] += 1
                mended += [_plain(line) for line in one.lines if not any(line in m.lines for m in mended)]
            else:
                mended.append(one)
        act.told = mended
        counts["added"] += _complete(act)
        # Also what stands as the LLM wrote it down in the first place may have a name that nobody said.
        grounded = [one for one in act.told if allowed(one.text)]
        counts["ungrounded"] += len(act.told) - len(grounded)
        act.told = grounded
    _fit(acts, words)
    _fill(acts, [line for line in _spare(facts, lines) if allowed(_plain(line).text)], words)
    return [act.told for act in acts if act.told], counts


async def _write(
    context: Context,
    acts: Sequence[Act],
    number: int,
    facts: Sequence[Fact],
    cast: Cast,
    allowed: Callable[[str], bool],
) -> list[Told] | None:
    """The sentences of an act; None where the LLM wrote none that can be told."""
    act = acts[number]
    shown = "\n".join(
        f"{i}. {'++ ' if line.link else '* ' if line.must else ''}{line.text}" for i, line in enumerate(act.lines, 1)
    )
    before = ""
    if number:
        last = acts[number - 1].lines[-1]
        before = f"The act before ends with: {last.text}\n\n"
    prompt = WRITE.format(
        act=number + 1,
        acts=len(acts),
        cast=_cast(context, act, facts, cast),
        before=before,
        words=act.words,
        per=ASKED_WORDS,
        lines=shown,
    )
    tokens = room(context, prompt, round(act.words * TOKENS_A_WORD * 1.3) + SLACK)
    if tokens < LEAST_ANSWER:
        return None
    answer = await context.write(prompt, max_tokens=tokens)
    told = _cited(_named(without_openings(answer.text)), act.lines) if answer.text else []
    told = [one for one in told if allowed(one.text)]
    return told or None


def _named(text: str) -> str:
    """`text` without square brackets around names; those around numbers stay."""
    return BRACKETS.sub(lambda match: match[0] if re.fullmatch(r"[\d,\s\u2013-]+", match["name"]) else "", text)


def _plain(line: Line) -> Told:
    """`line` as it stands: a link tells who somebody turns out to be, a fact only what is known by then."""
    return Told(rounded(line.alone) if line.link else unbracketed(line.text), (line,))


def _cast(context: Context, act: Act, facts: Sequence[Fact], cast: Cast) -> str:
    """The rows of those whom the lines of an act name or who are seen in its parts, as known at its end."""
    parts = [facts[line.at].chunk + 1 for line in act.lines]
    named = cast.who(" ".join(line.text for line in act.lines))
    rest = [i for i in range(len(cast.figures)) if i not in named and set(cast.figures[i].parts) & {*parts}]
    rows: list[str] = []
    for i in [*named, *rest]:
        row = cast.row(i, parts[-1])
        if context.count("\n".join([*rows, row])) > context.limits.context // CAST_SHARE:
            break
        rows.append(row)
    return "\n".join(rows) or "(nobody is known by name)"


def _cited(text: str, lines: Sequence[Line]) -> list[Told]:
    """The sentences of `text` with the lines that they name; a sentence without numbers goes with the next that has."""
    told: list[Told] = []
    pending = ""
    at = 0
    for match in CITED.finditer(text):
        said = f"{pending} {text[at : match.start()]}".strip()
        at = match.end()
        if at < len(text) and text[at] in ".!?":
            said, at = said + text[at], at + 1
        ids = [i - 1 for i in numbers(match[1]) if 1 <= i <= len(lines)]
        said = " ".join(CITED.sub(" ", said).split())
        if ids and said:
            whole = said if said[-1] in ".!?\"'\u201d)" else f"{said}."
            told.append(Told(whole[:1].upper() + whole[1:], tuple(lines[i] for i in dict.fromkeys(ids))))
            pending = ""
        else:
            pending = said
    return told


async def _check(context: Context, act: Act, facts: Sequence[Fact], cast: Cast) -> set[int]:
    """Indices of the sentences of an act that say what their lines do not say."""
    told = act.told[: len(LETTERS)]
    if not told or all(one == _plain(one.lines[0]) for one in told):
        return set()
    used = [line for line in act.lines if any(line in one.lines for one in told)]
    number = {id(line): i for i, line in enumerate(used, 1)}
    listed = "\n".join(f"{i}. {line.text}" for i, line in enumerate(used, 1))
    written = "\n".join(
        f"{LETTERS[i]}. {one.text} [{', '.join(str(number[id(line)]) for line in one.lines)}]"
        for i, one in enumerate(told)
    )
    prompt = CHECK.format(cast=_cast(context, act, facts, cast), lines=listed, sentences=written)
    tokens = room(context, prompt, LEAST_ANSWER + 2 * len(told))
    if tokens < LEAST_ANSWER:
        return set()
    answer = await context.write(prompt, max_tokens=tokens)
    if not answer.ok or NONE.match(answer.text.strip()[:6]):
        return set()
    first = answer.text.strip().splitlines()[0] if answer.text.strip() else ""
    letters = re.findall(r"(?<![^\W_])[A-Z](?![^\W_])", first)
    return {LETTERS.index(letter) for letter in letters if LETTERS.index(letter) < len(told)}


def _complete(act: Act) -> int:
    """Put what must be told and is not into its place; how many lines that were."""
    there = [line for one in act.told for line in one.lines]
    missing = [line for line in act.lines if line.must and line not in there]
    for line in missing:
        _insert(act, line)
    return len(missing)


def _insert(act: Act, line: Line) -> None:
    place = next((i for i, one in enumerate(act.told) if min(each.at for each in one.lines) > line.at), len(act.told))
    act.told.insert(place, _plain(line))


def _spare(facts: Sequence[Fact], lines: Sequence[Line]) -> list[Line]:
    """Facts that `lines` do not tell where they happen: what links begin with, key facts, others all over the film."""
    ends = {id for line in lines for id in (line.late or line.facts)}
    begins = {id for line in lines for id in line.facts} - ends
    rest = [fact for fact in facts if fact.id not in ends]
    rest.sort(key=lambda fact: (-(fact.id in begins), -fact.key, _spread(fact.id, len(facts))))
    return [Line(unrevealed(fact.text), (fact.id,), fact.id, 0.0, False) for fact in rest]


def _fill(acts: Sequence[Act], spare: Sequence[Line], words: int) -> None:
    """Put in of `spare`, from the first on, until the text has hardly fewer than `words` words."""
    size = sum(words_in(one.text) for act in acts for one in act.told)
    for line in spare if acts else ():
        more = words_in(_plain(line).text)
        if size < UNDER * words and size + more <= words:
            _insert(next((act for act in reversed(acts) if act.lines[0].at <= line.at), acts[0]), line)
            size += more


def _fit(acts: Sequence[Act], words: int) -> None:
    """Leave out what is worth least until the text has no more than `words` words and some."""

    def size() -> int:
        return sum(words_in(one.text) for act in acts for one in act.told)

    while size() > OVER * words:
        plain = [
            (max(line.worth for line in one.lines), -i, act, one)
            for i, act in enumerate(acts)
            for one in act.told
            if len(act.told) > 1
        ]
        if not plain:
            return
        _, _, act, one = min(plain, key=lambda item: item[:2])
        act.told.remove(one)
