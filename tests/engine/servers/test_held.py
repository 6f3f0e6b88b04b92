"""Lines that a server is held to: what is asked of each kind, and what is read out of its answer."""

from __future__ import annotations

import json

import pytest

from longvid.engine.guards import judge
from longvid.engine.request import Raw
from longvid.engine.servers.held import FIELD, HELD, as_lines, held_to


@pytest.mark.parametrize("kind", sorted(HELD))
def test_a_server_that_decodes_within_a_schema_is_told_the_pattern_of_every_line(kind: str) -> None:
    asked = json.dumps(held_to(kind, "[0-9]+ [a-z]+"))
    assert '"pattern": "^([0-9]+ [a-z]+)$"' in asked
    assert list(json.loads(asked)) == [FIELD]


@pytest.mark.parametrize(("kind", "pattern"), [("vllm", None), ("", "[a-z]+"), ("anthropic", "[a-z]+")])
def test_nobody_else_is_told_anything(kind: str, pattern: str | None) -> None:
    assert held_to(kind, pattern) == {}


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ('{"lines": ["1 | a", "2 | b"]}', "1 | a\n2 | b"),
        ('{"lines": []}', "none"),
        ('{"lines": ["1 |\\n a", 7, null]}', "1 | a"),
        ('{"lines": ["1 | a", "2 | b \\"c\\"", "3 | d', '1 | a\n2 | b "c"\n3 | d'),
        ('{"lines": ["1 | a", ', "1 | a\n\u2026"),
        ('{"lines": [', "\u2026"),
        ('{"lines": [ "1 | a', "1 | a"),
        ("1 | a\n2 | b", "1 | a\n2 | b"),
        ('{"rows": ["1 | a"]}', '{"rows": ["1 | a"]}'),
        ("[" * 100_000, "[" * 100_000),
        ("7", "7"),
    ],
)
def test_the_lines_are_read_out_of_what_it_answers(said: str, lines: str) -> None:
    assert as_lines(said) == lines


def test_of_an_answer_that_broke_off_every_whole_line_is_left_by_the_guards() -> None:
    for said in ('{"lines": ["1 | a b", "2 | c d", "3 | e', '{"lines": ["1 | a b", "2 | c d",'):
        verdict = judge(Raw(as_lines(said), "length", 1, 1))
        assert (verdict.text, verdict.reason) == ("1 | a b\n2 | c d", "cut-off")
