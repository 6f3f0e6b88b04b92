"""What pronouns and bare nouns stand for: whoever and whatever was mentioned last. Knows no story but its kinds."""

from __future__ import annotations

from longvid_benchmarks.storyfilm import frames
from longvid_benchmarks.storyfilm.frames import Clause
from longvid_benchmarks.storyfilm.mentions import Item

NOMINAL = frozenset({"figure", "thing", "device", "coins", "pronoun"})
"""Kinds of item that can be a subject or an object."""


class Memory:
    """Who and what was mentioned last; `kinds` is the kind of every thing and device."""

    def __init__(self, kinds: dict[str, str]) -> None:
        self.kinds = kinds
        self.subject: list[Item] = []
        self.figures: list[str | None] = [None, None]
        self.things: dict[str, Item] = {}

    def _resolve(self, item: Item, subjects: list[Item], prep: str, sense: str, is_subject: bool) -> list[Item]:
        """What a mention stands for; remembers it."""
        if item.kind == "pronoun":
            if item.word == "it":
                wanted = "thing"
                if prep == "" and sense in frames.SWITCHERS:
                    wanted = max(("thing", "device"), key=lambda kind: self.things.get(kind, frames.BREAK).at)
                known = self.things.get(wanted)
                return [Item(wanted, known.value if known else None, item.at)]
            if is_subject:
                self.figures = [*self.figures[-3:], *(one.value for one in self.subject)]
                return [Item("figure", one.value, item.at) for one in self.subject] or [Item("figure", None, item.at)]
            taken = {one.value for one in subjects}
            other = next((id for id in reversed(self.figures) if id not in taken), None)
            return [Item("figure", other, item.at)]
        if item.kind in ("thing", "device"):
            if item.value is not None and item.value.startswith("~"):
                known = self.things.get(item.value)
                item = Item(item.kind, known.value if known else None, item.at)
            elif item.value is not None:
                self.things[item.kind] = item
                self.things["~" + self.kinds.get(item.value, "")] = item
        elif item.kind == "figure" and (not self.figures or self.figures[-1] != item.value):
            self.figures = [*self.figures[-3:], item.value]
        return [item]

    def settle(self, clauses: list[Clause]) -> None:
        """Replace pronouns and bare nouns by what they stand for, in the order of the text."""
        done: dict[int, list[Item]] = {}

        def one_of(item: Item, subjects: list[Item], prep: str, sense: str, is_subject: bool) -> list[Item]:
            if id(item) not in done:
                done[id(item)] = self._resolve(item, subjects, prep, sense, is_subject)
            return done[id(item)]

        for clause in clauses:
            for item in clause.left:
                if item.kind in NOMINAL:
                    one_of(item, [], "in", clause.sense, False)
            clause.anaphor = any(item.word == "it" for item in clause.subject)
            clause.subject = [one for item in clause.subject for one in one_of(item, [], "", clause.sense, True)]
            people = [item for item in clause.subject if item.kind == "figure"]
            if people and not clause.relative and not clause.complement:
                self.subject = people
            prep = ""
            right: list[Item] = []
            for item in (*clause.left, *([frames.BREAK] if clause.left else []), *clause.right):
                if item.kind == "prep":
                    prep = item.word
                if item.kind in NOMINAL:
                    right += one_of(item, clause.subject, prep, clause.sense, False)
                    clause.anaphor = clause.anaphor or item.word == "it"
                    prep = ""
                else:
                    right.append(item)
            clause.right = right
            if clause.gap is not None:
                clause.gap = one_of(clause.gap, clause.subject, "", clause.sense, False)[0]
            clause.to = [one for item in clause.to for one in one_of(item, clause.subject, "to", clause.sense, False)]
