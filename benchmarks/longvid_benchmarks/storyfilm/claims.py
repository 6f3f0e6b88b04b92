"""A text about a story -> what it claims: clauses with a verb, who did what to whom, and how it is said.

A clause grammar for plain narrative English: active, passive, ditransitive, relative clauses, shared subjects, reported
speech, pronouns (he, she and they are the last subject; him, her and them the last other figure; it the last object).
Knows what words mean (`lexicon`) and who is who (`mentions`), but not what happened: truth is for `scorer` to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from longvid_benchmarks.storyfilm import frames, lexicon
from longvid_benchmarks.storyfilm.frames import Claim, Clause
from longvid_benchmarks.storyfilm.memory import NOMINAL, Memory
from longvid_benchmarks.storyfilm.mentions import Item, Line, Scanner
from longvid_benchmarks.storyfilm.story import Story

MOST_CLAIMS = 40
"""Claims of one sentence; "A and B give C and D to E and F" is eight. What goes beyond is not read."""


@dataclass(slots=True)
class Sentence:
    """What one sentence claims."""

    start: int
    end: int
    text: str
    cues: frozenset[str]
    claims: list[Claim]


@dataclass(slots=True)
class _Group:
    """A verb with its auxiliaries: items[start:end]."""

    start: int
    end: int
    verb: Item
    sense: str
    aux: set[str] = field(default_factory=set)
    negative: bool = False
    infinitive: bool = False


class Reader:
    """Reads texts about one story; a fresh memory for each text."""

    def __init__(self, story: Story) -> None:
        self.scanner = Scanner(story)
        self.kinds = {thing.id: thing.kind for thing in story.things}
        self.kinds |= {device.id: device.kind for device in story.devices}
        self.plans = any(event.predicate == "plan" for event in story.events())

    def read(self, text: str) -> Iterator[Sentence]:
        """The sentences of `text`, in order."""
        memory = Memory(self.kinds)
        for line in self.scanner.lines(text):
            clauses = _clauses(line, memory)
            claims = list(islice(frames.claims(clauses, "because" in line.cues, self.plans), MOST_CLAIMS))
            doubt = line.question or line.hedged
            for claim in claims:
                claim.reported = claim.reported or doubt
                claim.negative = claim.negative != ("denied" in line.cues)
                claim.back = claim.back and len(clauses) > 1 and not claim.reported
            if clauses and not doubt:
                claims += _states(line.items)
            yield Sentence(line.start, line.end, line.text, frozenset(line.cues), claims)


def _states(items: list[Item]) -> Iterator[Claim]:
    """ "Mira, now blue, uses": that she changed."""
    for one, _, now, colour in zip(items, items[1:], items[2:], items[3:], strict=False):
        if one.kind == "figure" and now.word == "now" and colour.kind == "colour":
            yield Claim("change", {"agent": one.value, "colour": colour.value}, one.at, 0, back=True)


def _groups(line: Line) -> list[_Group]:
    """The verb groups of a sentence, left to right."""
    groups: list[_Group] = []
    carried: _Group | None
    begin: int | None = None
    aux: set[str] = set()
    negative = False
    plural = False
    items = line.items
    for i, item in enumerate(items):
        if item.kind == "aux":
            begin = i if begin is None else begin
            aux.add(item.word)
            continue
        if item.kind == "neg":
            begin = i if begin is None else begin
            negative = True
            continue
        if item.kind == "adverb":
            continue
        if item.kind == "verb":
            before = items[i - 1] if i else None
            infinitive = before is not None and before.word == "to" and "base" in item.forms and not aux
            carried = groups[-1] if groups and before is not None and before.kind == "conj" else None
            if carried is not None and "base" in item.forms and not aux and item.forms.isdisjoint(("s", "past")):
                aux = carried.aux & lexicon.MODALS  # "could take it and give it"
                infinitive = carried.infinitive
                plural = plural or _is_bare(carried)  # "they find it and give it"
            usable = (
                infinitive
                or aux
                or item.forms & {"s", "past", "part"}
                or (item.forms & {"ing"})
                or (plural and "base" in item.forms)
            )
            if usable:
                start = i if begin is None else begin
                groups.append(_Group(start, i + 1, item, str(item.value), aux, negative, infinitive))
                begin, aux, negative = None, set(), False
                continue
        if aux & lexicon.BE and item.kind in ("figure", "pronoun", "colour") and begin is not None:
            groups.append(_Group(begin, i, items[begin], "be", aux, negative))
        elif negative and item.kind in NOMINAL:
            line.hedged = True  # "not Mira", "neither Mira nor Tobo", "without the key"
        if item.kind in NOMINAL or item.kind in ("conj", "rel", "comma", "verb"):
            begin, aux, negative = None, set(), False
        plural = item.word == "they" or (item.kind == "figure" and i > 0 and items[i - 1].word == "and") or (
            plural and item.kind not in ("verb", "conj", "rel")
        )  # fmt: skip
    return groups


def _clauses(line: Line, memory: Memory) -> list[Clause]:
    items = line.items
    groups = _groups(line)
    clauses: list[Clause] = []
    pending: tuple[list[Item], int | None] | None = None
    """A subject that waits for its verb while a relative clause goes on, and where it begins."""
    edges: list[tuple[int, int]] = []
    """For each clause: where its right-hand side begins and ends."""
    for k, group in enumerate(groups):
        begin = groups[k - 1].end if k else 0
        region = items[begin : group.start]
        before = clauses[-1] if clauses else None
        clause = Clause(group.sense, group.verb.word, k, at=group.verb.at, quoted=group.verb.quoted)
        _voice(clause, group)
        rel = max((i for i, item in enumerate(region) if item.kind == "rel"), default=-1)
        conj = _conjunction(region, group, rel)
        comma = max((i for i, item in enumerate(region) if item.kind == "comma"), default=-1)
        cut = len(region)
        gap: Item | None = None
        subject: list[Item] = []
        left: list[Item] = []
        """Leading phrases with a preposition: "in the forest", "with the blue key"."""
        main = next((c for c in reversed(clauses) if not c.relative and not c.complement), before)
        if group.infinitive and before is not None:
            cut, subject, clause.parent, clause.infinitive = len(region) - 1, before.subject, before, True
        elif clause.gerund and before is not None and conj < 0 and rel < 0:
            accused = [item for item in region if item.kind == "figure"]
            subject = accused if before.sense == "accuse" and accused else before.subject
            clause.parent, clause.complement = before, before.sense in lexicon.REPORTING
            if before.sense == "accuse" and before.passive:
                subject = before.subject
        elif _opens_complement(before, region, rel):
            cut = rel
            subject, left = _split(region[rel + 1 :])
            clause.parent, clause.complement = before, before is not None and before.sense != "show"
        elif rel >= 0:
            cut = rel
            subject, left = _split(region[rel + 1 :])
            antecedent = _antecedent(items[:begin], region[:rel], region[rel].word, bool(subject), clause.passive)
            clause.relative = True
            own = next((i for i in range(rel - 1, -1, -1) if region[i].kind == "conj"), -1)
            waiting = [item for item in region[own + 1 : rel] if item.kind in NOMINAL]
            if waiting and (k == 0 or own >= 0):
                pending = (waiting[-1:], begin + own if own >= 0 else None)
            if antecedent is not None:
                if subject:
                    gap = antecedent
                    if rel and region[rel - 1].kind == "prep" and region[rel - 1].word == "to":
                        gap, cut = None, rel - 1
                        clause.to.append(antecedent)
                else:
                    subject = [antecedent]
        elif before is None:
            subject, left = _split(region)
            lifeless = max((i for i, item in enumerate(subject) if item.kind != "figure"), default=-1)
            if lifeless < len(subject) - 1 and any(item.kind == "figure" for item in subject[: lifeless + 1]):
                subject = subject[lifeless + 1 :]  # "Mira <unknown verb> the key and Tobo gives"
            cut = 0
            if clause.bare_participle and subject and subject[-1].kind in ("thing", "device"):
                # "the key given to Tobo by Mira is used": what is lifeless does nothing itself
                clause.passive, clause.relative = True, k + 1 < len(groups)
                pending = (subject[-1:], None) if clause.relative else None
            clause.infinitive = group.infinitive
            clause.sub = next((item.word for item in region if item.kind == "conj"), "")
        elif pending is not None and conj < 0 and not (comma >= 0 and _split(region[comma + 1 :])[0]):
            subject = pending[0]
            if pending[1] is not None:
                for j, (first, last) in enumerate(edges):
                    edges[j] = (first, min(last, pending[1]) if first <= pending[1] else last)
            pending = None
        elif conj >= 0:
            cut = conj
            subject, left = _split(region[conj + 1 :])
            clause.sub = region[conj].word
            if not subject:
                unknown = any(item.kind == "word" for item in region[conj + 1 :])
                _share(clause, group, before, main, pending is not None)
                subject = [] if unknown else (clause.parent or before).subject
        elif before.sense in lexicon.COMPLEMENT and _split(region)[0] and not clause.gerund:
            cut = comma + 1 if comma >= 0 else _first_nominal(region)
            subject, left = _split(region[cut:])
            clause.parent, clause.complement = before, before.sense != "show"
        elif comma >= 0:
            cut = comma
            subject, left = _split(region[comma + 1 :])
            if not subject:
                subject = (main or before).subject
        else:
            direct = [item for item in region if item.kind in NOMINAL]
            if not direct:
                subject = before.subject
            elif clause.bare_participle and direct[-1].kind in ("thing", "device", "coins"):
                clause.passive = clause.relative = True
                subject = direct[-1:]
            else:
                subject = direct[-1:]
                cut = region.index(direct[-1])
                if len(direct) > 1 and direct[-2].kind in ("thing", "device") and direct[-1].kind != "thing":
                    gap, clause.relative = direct[-2], True
        if k:
            edges.append((groups[k - 1].end, begin + cut))
        clause.subject, clause.left = subject, left
        if gap is not None:
            clause.gap = gap
        clauses.append(clause)
    if clauses:
        edges.append((groups[-1].end, len(items)))
        if not clauses[0].subject and len(clauses) > 1 and (clauses[0].gerund or clauses[0].having):
            clauses[0].subject, clauses[0].relative = clauses[1].subject, True  # "having changed, Mira uses"
        for clause, (first, last) in zip(clauses, edges, strict=True):
            clause.right = _until_unknown(items[first:last])
        memory.settle(clauses)
    return clauses


def _opens_complement(before: Clause | None, region: list[Item], rel: int) -> bool:
    """Whether the "that" at `rel` is that of "says that", not that of "the key that"."""
    if before is None or rel < 0 or region[rel].word != "that" or before.sense not in lexicon.COMPLEMENT:
        return False
    return rel == 0 or region[rel - 1].kind not in ("thing", "device")


def _until_unknown(items: list[Item]) -> list[Item]:
    """Cut off a clause whose verb is not known: "and Tobo comes across the cup at the market"."""
    for i in range(len(items) - 2):
        if items[i].kind == "conj" and items[i + 1].kind == "figure" and items[i + 2].kind == "word":
            return items[:i]
    return items


def _is_bare(group: _Group) -> bool:
    """Whether its verb is a plural present: "they find"."""
    return not group.aux and not group.infinitive and group.verb.forms == {"base"}


def _first_nominal(region: list[Item]) -> int:
    return next(i for i, item in enumerate(region) if item.kind in NOMINAL)


def _voice(clause: Clause, group: _Group) -> None:
    forms, aux = group.verb.forms, group.aux
    clause.negative = group.negative
    clause.having = "having" in aux
    clause.modal = bool(aux & lexicon.MODALS)
    clause.could = "could" in aux
    clause.perfect = "had" in aux or clause.having
    clause.present = "s" in forms
    clause.gerund = clause.having or ("ing" in forms and not aux & lexicon.BE)
    if group.sense not in ("be", "identity"):
        clause.passive = bool(aux & lexicon.BE) and "part" in forms
        clause.bare_participle = not aux and "part" in forms and "s" not in forms
        clause.participle_only = clause.bare_participle and "past" not in forms


def _conjunction(region: list[Item], group: _Group, rel: int) -> int:
    """Where a new clause begins: a conjunction with only its subject, or nothing, after it. -1 if there is none."""
    found = [i for i, item in enumerate(region) if item.kind == "conj" and i > rel]
    if not found:
        return -1
    last = found[-1]
    if "base" in group.verb.forms and not group.aux and "s" not in group.verb.forms and len(found) > 1:
        return found[-2]  # "and Tobo and Kira dance"
    while found[:-1] and found[-2] == found[-1] - 1:
        found.pop()  # "and then"
        last = found[-1]
    return last


def _share(clause: Clause, group: _Group, before: Clause, main: Clause | None, waiting: bool) -> None:
    """Whose subject a clause without its own takes: the clause before it, or the main one."""
    inside = before.relative or before.complement or before.infinitive
    goes_on = waiting or (not clause.present and (clause.perfect or not before.perfect)) or not inside
    if inside and before.infinitive and not group.infinitive:
        goes_on = False
    if inside and not waiting and clause.present:
        goes_on = False
    clause.parent = before if goes_on else (main or before)
    if goes_on and inside:
        clause.relative, clause.complement = before.relative, before.complement
    if goes_on and before.perfect and (clause.participle_only or (waiting and clause.bare_participle)):
        clause.perfect = True
    if goes_on and before.passive and clause.participle_only:
        clause.passive = True


def _split(region: list[Item]) -> tuple[list[Item], list[Item]]:
    """The mentions of a region that can be a subject, and its phrases with a preposition."""
    subject: list[Item] = []
    left: list[Item] = []
    after = ""
    for item in region:
        if item.kind == "prep":
            after = item.word
            left.append(item)
        elif item.kind == "comma" or item.kind == "conj":
            after = ""
        elif item.kind in NOMINAL and not after:
            subject.append(item)
        else:
            left.append(item)
            after = "" if item.kind in NOMINAL or item.kind == "place" else after
    return subject, left


def _antecedent(earlier: list[Item], near: list[Item], word: str, has_subject: bool, passive: bool) -> Item | None:
    """What "who", "which" or "that" refers to: the nearest mention of the right sort."""
    lifeless = ("thing", "device", "coins")
    kinds: tuple[str, ...] = tuple(NOMINAL)
    if word in ("who", "whom", "whose"):
        kinds = ("figure", "pronoun")
    elif word == "which" or has_subject:
        kinds = lifeless
    elif passive:
        kinds = (*lifeless, "figure")
    for item in (*reversed(near), *reversed(earlier[-24:])):
        if item.kind in kinds:
            return item
    return next((item for item in reversed(near) if item.kind in NOMINAL), None)
