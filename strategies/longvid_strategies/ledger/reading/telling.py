"""The text: acts under a word budget, each link told where it pays off, every sentence with the lines it rests on.

Code decides what is told: the chosen links, what they begin with, and the facts without which the story is not
understood, as many as the words allow. The LLM words each act from numbered lines and names the lines of each sentence.
What it leaves out of weight is put in, what it adds is taken out, and where a sentence does not hold, the lines
themselves stand in its place; so the length is right, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from longvid.strategy import Context, in_waves, terms, without_openings, words_in
from longvid_strategies.ledger.reading.acts import ACT_WORDS, LEAST_SHARE, Act, Line, Told, acts_of, spread
from longvid_strategies.ledger.reading.cast import BRACKETS, Cast, rounded, unbracketed, unrevealed
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import LEAST_ANSWER, NONE, numbers
from longvid_strategies.ledger.reading.sources import room

WRITE = (
    "You write act {act} of {acts} of the synopsis of a film, for somebody who has not seen it. Who is who:\n{cast}\n\n"
    "{before}What happens in this act, in order:\n{lines}\n\n"
    "Tell it as a clear story in the present tense, in the order of the lines, in {words} words. Write plain "
    "sentences: one thing that happens to a sentence, or two where one leads to the other, with who does it to whom, "
    "and why if "
    "the lines say so. Say in two or three words who somebody is when they first come in. Use names once they are "
    "known; a name in square brackets may be used at once, without the brackets; use no pronoun before the name it "
    "stands for. A line marked ++ says how something earlier belongs to this moment: tell the moment, and name the "
    "earlier thing so that a reader knows it again and sees what it turns out to mean; every ++ line must be told, but "
    "nothing twice. Lines marked * are what the story rests on, or what is called back later: tell the detail by which "
    "they are known again. Of the other lines tell what is needed to follow. Leave out moods and looks that lead to "
    "nothing, draw no comparisons, and give away nothing that comes out later. Add nothing that the lines do not say. "
    "After each sentence write the numbers of its lines in square brackets, as in: Anna hides the key. [1, 2]"
)
SHORTEN = (
    "Act {act} of {acts} of the synopsis of a film, with the numbers of the lines that each sentence tells:\n{text}\n\n"
    "It has {have} words and may have {words}. Write it again as a clear story in at most {words} words: keep who does "
    "what to whom, and all that goes back to something earlier or will be called back; leave out what the story can do "
    "without, and every word that is not needed. Add nothing. Keep the numbers in square brackets after each sentence."
)
CHECK = (
    "Who is who in a film:\n{cast}\n\nNumbered lines about the film:\n{lines}\n\n"
    "Sentences written from them, each with the numbers of its lines:\n{sentences}\n\n"
    "Which sentences say something that the lines do not say, or mix up who does what? Answer with their letters "
    "alone, "
    "separated by commas, or none."
)
TOKENS_AN_ACT_WORD, LONGEST_ACT = 17, 420
"""Of the context, what an act needs for each of its words: it is written from what stands in the rest. And most words
of an act: more sentences would not be looked through with care."""
SUPPORTED = 1 / 3
"""Share of the words of a sentence that its lines must say too; whatever says less was made up."""
TOKENS_A_WORD, SLACK = 1.5, 60
LONG = 1.12
"""An act with more words than this share of its own is asked to be shortened."""
UNDER, OVER = 0.92, 1.1
"""Fewest and most words of the text, as shares of those that were asked for."""
CITED = re.compile(r"\s*\[([\d,\s\u2013-]+)\]")
CAST_SHARE = 6
"""The cast may take one in so many tokens of the context."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


async def tell(
    context: Context,
    lines: Sequence[Line],
    facts: Sequence[Fact],
    cast: Cast,
    words: int,
    allowed: Callable[[str], bool],
) -> tuple[list[list[Told]], dict[str, int]]:
    """The passages of the text, one an act; and counts of what was mended: `added`, `replaced`, `unwritten`; of what is
    left out as `ungrounded`; and of passages that nobody `unchecked`."""
    longest = min(LONGEST_ACT, max(ACT_WORDS, context.limits.context // TOKENS_AN_ACT_WORD))
    acts = acts_of(lines, words, longest)
    counts = {"added": 0, "replaced": 0, "unwritten": 0, "ungrounded": 0, "unchecked": 0}
    calls = [partial(_write, context, acts, i, facts, cast, allowed) for i in range(len(acts))]
    for act, told in zip(acts, await in_waves(context, calls), strict=True):
        if told is None:
            counts["unwritten"] += 1
            told = _as_they_stand(act)
        act.told = told
    bad = await in_waves(context, [partial(_check, context, act, facts, cast) for act in acts])
    for act, wrong in zip(acts, bad, strict=True):
        counts["unchecked"] += wrong is None
        mended: list[Told] = []
        for i, one in enumerate(act.told):
            if i in (wrong or ()):
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
    told_lines = [line for act in acts for one in act.told for line in one.lines]
    counts["added"] += _fill(acts, [line for line in _spare(facts, told_lines) if allowed(_plain(line).text)], words)
    return [part for act in acts for part in _paragraphs(act)], counts


def _paragraphs(act: Act) -> list[list[Told]]:
    """What an act tells, in parts that are read easily."""
    count = round(act.words / ACT_WORDS) if act.words > 2 * ACT_WORDS else 1
    size, parts = _words(act.told) / count, list[list[Told]]()
    at = 0
    for one in act.told:
        if not parts or at >= size * len(parts):
            parts.append([])
        parts[-1].append(one)
        at += words_in(one.text)
    return parts


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
    before = f"The act before ends with: {_last(acts[number - 1])}\n\n" if number else ""
    who = _cast(context, act, facts, cast)
    # Of the context an answer has half at most: it is written from what stands in the rest.
    wanted = min(round(act.words * TOKENS_A_WORD * 1.3) + SLACK, context.limits.context // 2)

    def asked() -> str:
        shown = "\n".join(
            f"{i}. {'++ ' if line.link else '* ' if line.star else ''}{line.text}"
            for i, line in enumerate(act.lines, 1)
        )
        return WRITE.format(act=number + 1, acts=len(acts), cast=who, before=before, words=act.words, lines=shown)

    prompt = asked()
    # What tells least is not shown where not all fits.
    while context.count(prompt) + wanted > context.limits.context:
        spare = [line for line in act.lines if not line.must]
        if not spare or len(act.lines) == 1:
            break
        act.lines.remove(min(reversed(spare), key=lambda line: line.worth))
        prompt = asked()
    tokens = room(context, prompt, wanted)
    if tokens < LEAST_ANSWER:
        return None
    answer = await context.write(prompt, max_tokens=tokens)
    told = _read(answer.text, act, allowed)
    if (have := _words(told)) > LONG * act.words:
        text = " ".join(
            f"{one.text} [{', '.join(str(act.lines.index(line) + 1) for line in one.lines)}]" for one in told
        )
        shorter = SHORTEN.format(act=number + 1, acts=len(acts), text=text, have=have, words=act.words)
        tokens = room(context, shorter, wanted)
        again = await context.write(shorter, max_tokens=tokens) if tokens >= LEAST_ANSWER else None
        brief = _read(again.text, act, allowed) if again is not None and again.ok else []
        # What is hardly there any more was thrown away, not shortened.
        told = brief if act.words * LEAST_SHARE < _words(brief) < have else told
    return told or None


def _as_they_stand(act: Act) -> list[Told]:
    """The lines of an act that nobody wrote: those that are worth most, within its words."""
    kept: list[Line] = []
    left = act.words
    for line in sorted(act.lines, key=lambda line: -line.worth):
        size = words_in(_plain(line).text)
        if line.must or not kept or size <= left:
            kept.append(line)
            left -= size
    return [_plain(line) for line in act.lines if line in kept]


def _read(text: str, act: Act, allowed: Callable[[str], bool]) -> list[Told]:
    """What of an answer may be told: sentences that name their lines, without a name or a number of their own."""
    told = _cited(_named(without_openings(text)), act.lines) if text else []
    return [one for one in told if allowed(one.text) and _rests(one)]


def _words(told: Sequence[Told]) -> int:
    return sum(words_in(one.text) for one in told)


def _last(act: Act) -> str:
    """What stands at the end of an act: its last link or starred fact."""
    return next((line.text for line in reversed(act.lines) if line.must or line.star), act.lines[-1].text)


def _rests(told: Told) -> bool:
    """Whether the lines that a sentence names say enough of its words."""
    own = terms(told.text)
    said = frozenset[str]().union(*(terms(line.text) for line in told.lines))
    return len(own & said) >= SUPPORTED * len(own)


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


async def _check(context: Context, act: Act, facts: Sequence[Fact], cast: Cast) -> set[int] | None:
    """Indices of the sentences of an act that say what their lines do not say; None where that was not answered."""
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
        return None
    answer = await context.write(prompt, max_tokens=tokens)
    if answer.ok and NONE.match(answer.text.strip()[:6]):
        return set()
    first = answer.text.strip().splitlines()[0] if answer.ok and answer.text.strip() else ""
    letters = [LETTERS.index(letter) for letter in re.findall(r"(?<![^\W_])[A-Z](?![^\W_])", first)]
    return {i for i in letters if i < len(told)} or None


def _complete(act: Act) -> int:
    """Put what must be told and is not into its place; how many lines that were."""
    there = [line for one in act.told for line in one.lines]
    missing = [line for line in act.lines if line.must and line not in there]
    for line in missing:
        _insert(act, line)
    return len(missing)


def _insert(act: Act, line: Line) -> None:
    """Tell `line` as it stands, in its place."""
    place = next((i for i, one in enumerate(act.told) if min(each.at for each in one.lines) > line.at), len(act.told))
    act.told.insert(place, _plain(line))


def _spare(facts: Sequence[Fact], lines: Sequence[Line]) -> list[Line]:
    """Facts that `lines` do not tell where they happen: what links begin with, key facts, others all over the film."""
    ends = {id for line in lines for id in (line.late or line.facts)}
    begins = {id for line in lines for id in line.facts} - ends
    rest = [fact for fact in facts if fact.id not in ends]
    rest.sort(key=lambda fact: (-(fact.id in begins), -fact.key, spread(fact.id, len(facts))))
    return [Line(unrevealed(fact.text), (fact.id,), fact.id, 0.0, False) for fact in rest]


def _fill(acts: Sequence[Act], spare: Sequence[Line], words: int) -> int:
    """Put in of `spare`, from the first on, until the text has hardly fewer than `words` words; how much that was."""
    size, added = sum(_words(act.told) for act in acts), 0
    for line in spare if acts else ():
        more = words_in(_plain(line).text)
        if size < UNDER * words and size + more <= OVER * words:
            _insert(next((act for act in reversed(acts) if act.lines[0].at <= line.at), acts[0]), line)
            size, added = size + more, added + 1
    return added


def _fit(acts: Sequence[Act], words: int) -> None:
    """Leave out what is worth least, of the act that is longest for its words, until the text has no more than `words`
    words and some."""
    while sum(_words(act.told) for act in acts) > OVER * words:
        long = [act for act in acts if len(act.told) > 1]
        if not long:
            return
        act = max(long, key=lambda act: _words(act.told) / max(1, act.words))
        act.told.remove(min(reversed(act.told), key=lambda one: sum(line.worth for line in one.lines)))
