"""Settings of a strategy from outside: what is read, and how a refusal helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import AliasChoices, Field

from longvid.errors import StrategyError
from longvid.strategy import Capability, Context, Estimate, Limits, Strategy, StrategyConfig
from longvid.strategy.settings import LARGEST_FILE, changed, configured


class Config(StrategyConfig):
    fan_in: int = Field(default=4, ge=2, le=20)
    join: bool = True
    title: str = "none"
    order: Literal["film", "story", "1"] = "film"
    share: float | None = Field(default=None, gt=0, lt=1)
    words: tuple[int, ...] = (1, 2)
    links: bool = Field(default=True, validation_alias=AliasChoices("links", "ties"))


class Plain(Strategy[Config]):
    name = "plain-one"
    version = "1"
    summary = "nothing"
    requires: ClassVar[frozenset[Capability]] = frozenset()
    Config = Config

    def estimate(self, n: int, limits: Limits) -> Estimate:
        return Estimate()

    def build(self, context: Context) -> Any:
        raise AssertionError("nobody builds it")


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("fan_in=3", {"fan_in": 3}),
        ("join=false", {"join": False}),
        ("join=No", {"join": False}),
        ("title=a b", {"title": "a b"}),
        ('title="a b"', {"title": "a b"}),
        ("title=12", {"title": "12"}),
        ("title=a=b", {"title": "a=b"}),
        ("title=", {"title": ""}),
        ("title=1\nfan_in = 3", {"title": "1\nfan_in = 3"}),
        ("order=1", {"order": "1"}),
        ("share=0.25", {"share": 0.25}),
        ("words=[3, 4]", {"words": [3, 4]}),
        (" fan_in = 4 ", {}),
        ("links=false", {"links": False}),
        ("ties=false", {"links": False}),
    ],
)
def test_a_pair_is_read_as_the_setting_wants_it(pair: str, value: dict[str, Any]) -> None:
    assert changed(configured(Plain, [pair]).config) == value


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ("fanin=3", "plain-one has no setting 'fanin'; did you mean fan_in?"),
        ("zzz=3", "there are: fan_in, join, title, order, share, words"),
        ("fan_in=1", "fan_in of plain-one cannot be 1: it is a whole number, at least 2 and at most 20; 4 by default"),
        ("fan_in=many", "cannot be 'many': it is a whole number, at least 2 and at most 20"),
        ("join=perhaps", "it is true or false; True by default"),
        ("order=none", "it is one of film, story, 1; 'film' by default"),
        ("share=1", "it is a number, above 0 and below 1 or nothing"),
        ("words=[1, 'a']", "it is a list"),
        ("fan_in", "'fan_in' is no setting; write key=value"),
        ("=3", "is no setting"),
        ("fan\x1b[2J_in=3", "did you mean fan_in?"),
    ],
)
def test_a_refusal_says_which_setting_and_what_it_may_be(pair: str, says: str) -> None:
    with pytest.raises(StrategyError) as caught:
        configured(Plain, [pair])
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["links", "ties"])
def test_a_setting_is_named_by_its_present_name_whichever_was_given(name: str, tmp_path: Path) -> None:
    with pytest.raises(StrategyError, match=r"^links of plain-one cannot be 5: it is true or false; True by default$"):
        configured(Plain, [f"{name}=5"])
    (file := tmp_path / "settings.toml").write_text(f"{name} = false\n")
    assert changed(configured(Plain, file=file).config) == {"links": False}
    assert changed(configured(Plain, ["links=true"], file).config) == {}


def test_a_file_has_settings_at_its_top_or_in_a_table_and_pairs_go_over_it(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('fan_in = 3\ntitle = "t"\n')
    assert changed(configured(Plain, ["title=u"], path).config) == {"fan_in": 3, "title": "u"}
    path.write_text("[refine]\nmost = 2\n[plain-one]\nfan_in = 5\n")
    assert changed(configured(Plain, file=path).config) == {"fan_in": 5}
    path.write_text("")
    assert configured(Plain, file=path).config == Config()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[plainone]\nfan_in = 5\n", "says nothing of plain-one; its tables are: plainone"),
        (b"fan_in = \n", "no settings can be read"),
        (b"\xff\xfe", "no settings can be read"),
        (b"fan = 3\n", "did you mean fan_in?"),
        (b"#" * (LARGEST_FILE + 1), "over 1 MiB"),
        (b"x = " + b"[" * 20_000, "no settings can be read"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(StrategyError) as caught:
        configured(Plain, file=path)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()
