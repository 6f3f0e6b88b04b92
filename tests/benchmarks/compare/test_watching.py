"""Ways of watching, as they are written on the command line."""

from __future__ import annotations

import pytest

from longvid.pipeline.ingest import IngestSettings
from longvid_benchmarks.compare.watching import USUAL, parse


def test_each_way_changes_what_it_names_and_nothing_else() -> None:
    ways = parse("default, fit=pad,sampler=first,label=seconds,length=30,frames=48")
    assert [way.name for way in ways] == [
        "default",
        "fit=pad",
        "sampler=first",
        "label=seconds",
        "length=30",
        "frames=48",
    ]
    assert [way.read for way in ways] == [
        IngestSettings(),
        IngestSettings(fit="pad"),
        IngestSettings(sampler="first"),
        IngestSettings(),
        IngestSettings(target_length=30.0),
        IngestSettings(frames=48),
    ]
    assert [way.label for way in ways] == ["index", "index", "index", "seconds", "index", "index"]


def test_the_same_way_has_one_name_however_it_is_written() -> None:
    joined, other = parse("frames=8+length=120"), parse("length=120+frames=8")
    assert joined == other
    assert joined[0].name == "length=120+frames=8"
    assert parse("length=60,frames=24,default,label=index") == parse("") == [USUAL]


@pytest.mark.parametrize(
    "wrong", ["pad", "fit=square", "fit", "length=1", "length=1e2", "frames=0", "frames=²", "label=", "default+fit=pad"]
)
def test_what_is_no_way_of_watching_is_refused_with_what_can_be_said(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"one of|whole number|no way of watching"):
        parse(f"fit=pad,{wrong}")
