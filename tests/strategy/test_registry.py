"""Finding strategies: unknown, doubled, broken, from a file."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from longvid.errors import StrategyError
from longvid.strategy.registry import GROUP, identity, load, names

SOURCE = '''"""A strategy of nobody's package."""
from longvid.strategy import Estimate, Strategy

class Mine(Strategy):
    name = "mine"
    version = "1"
    summary = "nothing at all"
    needs = frozenset({"caption"})

    def estimate(self, n, limits):
        return Estimate(caption=n)

    def build(self, context):
        raise AssertionError("nobody builds it")
'''
NEEDY = "    class Config(C):\n        x: int\n"


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


GOOD = point("concat", "longvid_strategies.concat:Concat")


def test_settings_in_a_name_are_shown_their_place() -> None:
    with pytest.raises(StrategyError, match="--strategy ledger --set"):
        load("ledger[joins=false]")


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(StrategyError, match="did you mean hierarchical"):
        load("heirarchical")
    with pytest.raises(StrategyError, match=r"there are: .*concat"):
        load("zzzzz")


def test_two_strategies_of_one_name_are_an_error_for_that_name_alone() -> None:
    points = [GOOD, point("concat", "elsewhere:Concat"), point("refine", "longvid_strategies.refine:Refine")]
    assert names(points) == ["concat", "refine"]
    assert load("refine", points).name == "refine"
    with pytest.raises(StrategyError, match=r"several .* called concat: elsewhere:Concat, longvid_strategies"):
        load("concat", points)
    assert load("concat", [GOOD, GOOD]).name == "concat", "one package seen twice on the path is one"


@pytest.mark.parametrize(
    "value", ["missing_package:X", "longvid.text:absent", "longvid.text:printable", "longvid_strategies.refine:Refine"]
)
def test_a_broken_plug_in_is_named_and_harms_no_other(value: str) -> None:
    points = [GOOD, point("broken", value)]
    assert names(points) == ["broken", "concat"]
    assert load("concat", points).name == "concat"
    with pytest.raises(StrategyError, match="broken"):
        load("broken", points)


def test_a_file_is_loaded_without_its_folder_becoming_a_place_to_import_from(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(SOURCE)
    before = list(sys.path)
    strategy = load(f"{path}:Mine")
    assert (strategy.name, sys.path) == ("mine", before)
    assert load(f"{path}:Mine") is strategy
    assert sorted(file.name for file in tmp_path.iterdir()) == ["own.py"]


def test_an_edited_file_is_another_strategy_and_a_copied_one_is_not(tmp_path: Path) -> None:
    path, copy = tmp_path / "own.py", tmp_path / "copy.py"
    path.write_text(SOURCE)
    copy.write_text(SOURCE)
    first = identity(load(f"{path}:Mine"))
    assert identity(load(f"{copy}:Mine")) == first
    path.write_text(SOURCE + "# changed\n")
    assert identity(load(f"{path}:Mine")) != first


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (SOURCE + "\n1 / 0\n", r"own\.py, line 16: ZeroDivisionError"),
        (SOURCE + "\ndef broken(:\n", r"own\.py, line 16: SyntaxError"),
        ("import nobody_has_this\n", r"own\.py, line 1: ModuleNotFoundError"),
        ("import helper\n", r"own\.py, line 1: ModuleNotFoundError"),
        ("raise SystemExit('bye')\n", r"own\.py, line 1: SystemExit: bye"),
        ("\0", r"own\.py, line 1: "),
        ("Mine = 3\n", r"is not a longvid\.strategy\.Strategy"),
        ("Other = 3\n", r"has no Mine"),
        (SOURCE.replace('name = "mine"', 'name = "../mine"'), "needs a name of small letters"),
        (SOURCE.replace('    name = "mine"\n', ""), r"needs a name .*not None"),
        (SOURCE.replace('name = "mine"', 'name = "refine"'), "calls itself refine, as an installed strategy does"),
        (SOURCE.replace('version = "1"', "version = 1"), "needs a version"),
        (SOURCE.replace('"nothing at all"', '"two\\nlines"'), "needs a summary"),
        (SOURCE.replace('{"caption"}', '{"captions"}'), "declare requires as a frozenset of caption, events, ask"),
        (SOURCE.replace("frozenset(", "list("), "has to declare requires as a frozenset"),
        (SOURCE.replace("def build", "def built"), "does not define build"),
        (SOURCE + "    Config = dict\n", "a Config that does not derive"),
        (SOURCE + "    from longvid.strategy import StrategyConfig as C\n" + NEEDY, "settings without a default: x"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_the_contract_is_one_line(tmp_path: Path, source: str, says: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(source)
    (tmp_path / "helper.py").write_text("")
    with pytest.raises(StrategyError, match=says) as caught:
        load(f"{path}:Mine")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "reference", ["missing.py:Mine", "own.py", "own.py:", "own.py:a b", "folder.py:Mine", "\0.py:X"]
)
def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "own.py").write_text(SOURCE)
    with pytest.raises(StrategyError, match=r"cannot be read|names no class") as caught:
        load(reference)
    assert str(caught.value).isprintable()
