"""The text: acts under a word budget, each link told where it pays off, every sentence with the lines it rests on.

Code decides what is told: the chosen links, what they begin with, and the facts without which the story is not
understood, as many as the words allow. The LLM words each act from numbered lines and names the lines of each sentence.
It then reads what it wrote twice: what must be told and is not is mended (`missing`), and where a sentence does not
hold, its lines stand in its place; so the length is right, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from longvid.strategy import Context, in_waves, words_in
from longvid_strategies.ledger.reading.acts import ACT_WORDS, LEAST_SHARE, Act, Line, Told, acts_of, shown
from longvid_strategies.ledger.reading.candidates import spread
from longvid_strategies.ledger.reading.cast import Cast, unrevealed
from longvid_strategies.ledger.reading.cited import plain, read
from longvid_strategies.ledger.reading.facts import Fact
from longvid_strategies.ledger.reading.lines import LEAST_ANSWER
from longvid_strategies.ledger.reading.mending import LABELS, mend, people
from longvid_strategies.ledger.reading.sources import room

WRITE = (
    "You write act {act} of {acts} of the synopsis of a film, for somebody who has not seen it. Who is who:\n{cast}\n\n"
    "{before}What happens in this act, in order:\n{lines}\n\n"
    "Write it in about {words} words as a story that is easy to follow, in the present tense and in the order of the "
    "lines: who does what to whom, why, and what comes of it. Whole sentences, one thing each, or two where one leads "
    "to the other, each following from the one before. Say in a few words who somebody is when they first come in, "
    "unless they came in before this act. Call people by the names that are known by then; a name in square brackets "
    "may be used at once, without the brackets, but one behind 'later' only where a line reveals it.\n"
    "A line marked ++ says how something earlier belongs to this moment: tell every one of them, once, so that a "
    "reader sees both the earlier thing and what it turns out to mean; what stands behind 'Also' only so far as it is "
    "needed for that. Of a line marked * tell the detail by which the "
    "story knows it again later; of the others what is needed to follow. Give away nothing that comes out later, draw "
    "no morals, and add nothing that the lines do not say.\n"
    "Behind each sentence write the numbers of its lines in square brackets, as in: Anna hides the key. [1, 2]"
)
WHOLE = (
    "You write the synopsis of a film, for somebody who has not seen it. Who is who:\n{cast}\n\n"
    "What happens, in order:\n{lines}\n\n"
    "Write it in about {words} words as one story that is easy to follow, in the present tense and in the order of the "
    "lines: who does what to whom, why, and what comes of it, each sentence following from the one before. Say in a "
    "few words who somebody is when they first come in, and where. Most lines are background: take of them only what "
    "the story needs, and join what belongs to one scene. A name in square brackets may be used at once, without the "
    "brackets, but one behind 'later' only where a line reveals it.\n"
    "A line marked ++ says how something earlier belongs to this moment. The synopsis tells every one of them: name "
    "the earlier thing in passing where it happens, and here what it turns out to mean or what comes of it; what "
    "stands behind 'Also' only so far as it is needed for that. A line marked * is what such a line begins with, or "
    "what the story rests on. Tell how the film ends. Give away nothing before it comes out, draw no morals, and add "
    "nothing that the lines do not say.\n"
    "Behind each sentence write the numbers of its lines in square brackets, as in: Anna hides the key. [1, 2]"
)
SHORTEN = (
    "Act {act} of {acts} of the synopsis of a film, a sentence a line, each with the numbers of the lines that it "
    "tells:\n{text}\n\n"
    "It has {have} words and may have {words}. Write it again as a clear story in at most {words} words. What a "
    "sentence behind ++ says must stay, both the earlier thing and what becomes of it, in fewer words; sentences may "
    "be joined. Of the others leave out what the story can do without. Add nothing. Keep the numbers in square "
    "brackets after each sentence; write no ++."
)
CHECK = (
    "Who is who in a film:\n{cast}\n\nNumbered lines about the film:\n{lines}\n\n"
    "Sentences written from them, each with the numbers of its lines:\n{sentences}\n\n"
    "Which sentences say something that the lines do not say, or mix up who does what? Answer with their letters "
    "alone, "
    "separated by commas, or none."
)
TOKENS_AN_ACT_WORD, LONGEST_ACT = 10, 250
"""Of the context, what an act needs for each of its words: it is written from what stands in the rest. And most words
of an act, however long the context: of more lines some are dropped, and more sentences are not looked through with
care."""
WHOLE_CONTEXT, WHOLE_WORDS = 8192, 1000
"""A context of so many tokens writes a text of at most so many words in one go, if it holds most of what happens."""
WHOLE_SHARE, WHOLE_LINES = 0.8, 0.75
"""Of the context, what the lines and the text may take; and of the lines, how many it must hold."""
TOKENS_A_WORD, SLACK = 1.5, 60
LONG = 1.12
"""An act with more words than this share of its own is asked to be shortened."""
UNDER, OVER = 0.92, 1.1
"""Fewest and most words of the text, as shares of those that were asked for."""
BEFORE_SHARE = 10
"""What the acts before tell may take one in so many tokens of the context."""
ALL_WELL = re.compile(
    r"\W*(?:none|no sentences?|nothing|all (?:of |the )?(?:them|these|sentences?)|every sentence|each sentence)\b", re.I
)
"""How an answer begins that finds nothing wrong."""


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
    whole = _holds_all(context, lines, words)
    acts = acts_of(lines, words, longest, whole=whole)
    counts = {"added": 0, "replaced": 0, "unwritten": 0, "ungrounded": 0, "unchecked": 0}
    calls = [partial(_write, context, acts, i, facts, cast, allowed, whole=whole) for i in range(len(acts))]
    for act, told in zip(acts, await in_waves(context, calls), strict=True):
        if told is None:
            counts["unwritten"] += 1
            told = _as_they_stand(act)
        act.told = told
    await in_waves(context, [partial(mend, context, act, facts, cast, allowed) for act in acts])
    # What was too long is shortened with what was missing in it, so that nothing must be put back.
    await in_waves(context, [partial(_shorten, context, acts, i, allowed) for i in range(len(acts))])
    bad = await in_waves(context, [partial(_check, context, act, facts, cast) for act in acts])
    for act, wrong in zip(acts, bad, strict=True):
        counts["unchecked"] += wrong is None
        mended: list[Told] = []
        for i, one in enumerate(act.told):
            if i in (wrong or ()):
                counts["replaced"] += 1
                mended += [plain(line) for line in one.lines if not any(line in m.lines for m in mended)]
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
    counts["added"] += _fill(acts, [line for line in _spare(facts, told_lines) if allowed(plain(line).text)], words)
    return [part for act in acts for part in _paragraphs(act)], counts


def _holds_all(context: Context, lines: Sequence[Line], words: int) -> bool:
    """Whether a text of `words` words is written in one go: the context holds it and most of `lines`."""
    if context.limits.context < WHOLE_CONTEXT or words > WHOLE_WORDS:
        return False
    size = context.count("\n".join(f"100. {_marked(line)}" for line in lines))
    return WHOLE_LINES * size + words * TOKENS_A_WORD * 1.3 <= WHOLE_SHARE * context.limits.context


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


async def _shorten(context: Context, acts: Sequence[Act], number: int, allowed: Callable[[str], bool]) -> None:
    """Have an act that is too long for its words written again, with its lines, if it is no less than an act then."""
    act = acts[number]
    have = _words(act.told)
    if have <= LONG * act.words:
        return
    text = "\n".join(
        f"{'++ ' if any(line.must for line in one.lines) else ''}{one.text} "
        f"[{', '.join(str(act.lines.index(line) + 1) for line in one.lines)}]"
        for one in act.told
    )
    prompt = SHORTEN.format(act=number + 1, acts=len(acts), text=text, have=have, words=act.words)
    tokens = room(context, prompt, _answer_tokens(context, act))
    again = await context.write(prompt, max_tokens=tokens) if tokens >= LEAST_ANSWER else None
    brief = read(again.text, act, allowed) if again is not None and again.ok else []
    # What is hardly there any more was thrown away, not shortened.
    if act.words * LEAST_SHARE < _words(brief) < have:
        act.told = brief


def _answer_tokens(context: Context, act: Act) -> int:
    """Tokens of an act as an answer, with room for the numbers of its lines. It has half of the context at most: it is
    written from what stands in the rest."""
    return min(round(act.words * TOKENS_A_WORD * 1.3) + SLACK, context.limits.context // 2)


async def _write(
    context: Context,
    acts: Sequence[Act],
    number: int,
    facts: Sequence[Fact],
    cast: Cast,
    allowed: Callable[[str], bool],
    *,
    whole: bool,
) -> list[Told] | None:
    """The sentences of an act; None where the LLM wrote none that can be told."""
    act = acts[number]
    lines, before, who = act.lines, _before(context, acts[:number]), people(context, act, facts, cast)
    wanted = _answer_tokens(context, act)

    def asked() -> str:
        numbered = "\n".join(f"{i}. {_marked(line)}" for i, line in enumerate(act.lines, 1))
        return (WHOLE if whole else WRITE).format(
            act=number + 1,
            acts=len(acts),
            cast=who,
            before=before,
            words=act.words,
            lines=numbered if act.lines else "",
        )

    act.lines = []
    free = context.limits.context - wanted - context.count(asked())
    act.lines = lines
    act.lines = shown(act, [context.count(f"100. {_marked(line)}\n") for line in lines], free)
    prompt = asked()
    tokens = room(context, prompt, wanted)
    if tokens < LEAST_ANSWER:
        return None
    answer = await context.write(prompt, max_tokens=tokens)
    return read(answer.text, act, allowed) or None


def _as_they_stand(act: Act) -> list[Told]:
    """The lines of an act that nobody wrote: those that are worth most, within its words."""
    kept: list[Line] = []
    left = act.words
    for line in sorted(act.lines, key=lambda line: -line.worth):
        size = words_in(plain(line).text)
        if line.must or not kept or size <= left:
            kept.append(line)
            left -= size
    return [plain(line) for line in act.lines if line in kept]


def _words(told: Sequence[Told]) -> int:
    return sum(words_in(one.text) for one in told)


def _marked(line: Line) -> str:
    return f"{'++ ' if line.link else '* ' if line.star else ''}{line.text}"


def _before(context: Context, acts: Sequence[Act]) -> str:
    """What `acts` tell, in short: their lines of most worth, in order, as an act is written before it is known how the
    others are."""
    lines = [line for act in acts for line in act.lines if line.must or line.star]
    left, kept = context.limits.context // BEFORE_SHARE, set[int]()
    for i in sorted(range(len(lines)), key=lambda i: (-lines[i].worth, spread(i, len(lines)))):
        left -= context.count(f"- {lines[i].text}\n")
        if left < 0:
            break
        kept.add(i)
    told = "\n".join(f"- {lines[i].text}" for i in sorted(kept))
    return f"Told before this act, among other things:\n{told}\n\n" if told else ""


async def _check(context: Context, act: Act, facts: Sequence[Fact], cast: Cast) -> set[int] | None:
    """Indices of the sentences of an act that say what their lines do not say; None where that was not answered."""
    told = act.told[: len(LABELS)]
    if not told or all(one == plain(one.lines[0]) for one in told):
        return set()
    used = [line for line in act.lines if any(line in one.lines for one in told)]
    number = {id(line): i for i, line in enumerate(used, 1)}
    listed = "\n".join(f"{i}. {line.text}" for i, line in enumerate(used, 1))
    written = "\n".join(
        f"{LABELS[i]}. {one.text} [{', '.join(str(number[id(line)]) for line in one.lines)}]"
        for i, one in enumerate(told)
    )
    prompt = CHECK.format(cast=people(context, act, facts, cast), lines=listed, sentences=written)
    tokens = room(context, prompt, LEAST_ANSWER + 2 * len(told))
    if tokens < LEAST_ANSWER:
        return None
    answer = await context.write(prompt, max_tokens=tokens)
    if answer.ok and ALL_WELL.match(answer.text.strip()):
        return set()
    first = answer.text.strip().splitlines()[0] if answer.ok and answer.text.strip() else ""
    labels = re.findall(r"(?<![^\W_])[A-Z]{1,2}(?![^\W_])", first)
    return {LABELS.index(label) for label in labels if label in LABELS[: len(told)]} or None


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
    act.told.insert(place, plain(line))


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
        more = words_in(plain(line).text)
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
