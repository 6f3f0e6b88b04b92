"""Which precision a card gets: by arithmetic on sizes, with a pretended GPU; what is missing is one line."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from longvid.cogvlm2 import quantising
from longvid.cogvlm2.checkpoint import inspect
from longvid.cogvlm2.errors import CheckpointError
from longvid.engine import device as devices
from longvid.engine import fitting
from longvid.engine.backends.cogvlm2 import CogVLM2Backend
from longvid.engine.device import AUTO, Device
from longvid.engine.family import FAMILY, GEOMETRY
from longvid.engine.fitting import needs, settings, settle, told
from longvid.engine.models import open_llm_models, open_models, reopen_models
from longvid.engine.request import Request
from longvid.engine.scheduler import Engine
from longvid.errors import LLMError, ModelError
from longvid.run import Store
from tests.checkpoints import make_checkpoint
from tests.cli.program import longvid
from tests.fakecuda import FakeCuda

NAME = next(iter(FAMILY))
GIB = 1 << 30
CONTEXT = GIB // 2
"""What a driver and torch take of a card before anything is asked of it."""


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """bitsandbytes is there and works."""
    monkeypatch.setattr(quantising, "require", lambda device: None)


@pytest.fixture(autouse=True)
def _main_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_main_memory", lambda: 32 * GIB)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("fitting") / "model", seed=1, shards=1, vision_layers=4)


def card(monkeypatch: pytest.MonkeyPatch, gibibytes: float, dtype: str | None = AUTO) -> Device:
    FakeCuda(monkeypatch, free=int(gibibytes * GIB) - CONTEXT)
    return devices.choose(None, dtype)


@pytest.mark.parametrize(
    ("gibibytes", "dtype", "streamed"),
    [
        (80, "bfloat16", False),
        (32, "bfloat16", False),
        (24, "int8", False),
        (16, "int4", False),
        (12, "int4-all", False),
        (10.5, "int4-all", False),
        (8.6, "int4", True),
        (8, "int4", True),
    ],
)
@pytest.mark.usefixtures("library")
def test_auto_takes_the_first_setting_that_a_card_holds(
    monkeypatch: pytest.MonkeyPatch, gibibytes: float, dtype: str, streamed: bool
) -> None:
    place = settle(NAME, GEOMETRY, card(monkeypatch, gibibytes))
    assert (place.dtype, place.streamed, place.compute) == (dtype, streamed, "bfloat16")
    line = told(place, GEOMETRY)
    if dtype == "bfloat16":
        assert line is None
    else:
        assert line is not None
        assert "one call needs" in line
        assert ("8.6 GB of main memory" in line) == streamed


def test_a_card_that_holds_nothing_is_one_line_with_the_least_that_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError) as error:
        settle(NAME, GEOMETRY, card(monkeypatch, 4))
    assert str(error.value).startswith(
        f"{NAME} needs 4.3 GB in int4, its vision tower and 32 of the 32 layers of its decoder in main memory and "
        "Pretended GPU has 3.8 GB free; try --device"
    )


@pytest.mark.parametrize(
    ("gibibytes", "dtype", "layers"),
    [(8.6, AUTO, 0), (7, AUTO, 11), (6, AUTO, 20), (5, AUTO, 30), (7, "int4", 8), (4.6, "int4", 32)],
)
@pytest.mark.usefixtures("library")
def test_as_few_layers_of_the_decoder_wait_as_need_be(
    monkeypatch: pytest.MonkeyPatch, gibibytes: float, dtype: str, layers: int
) -> None:
    here = card(monkeypatch, gibibytes, dtype)
    place = settle(NAME, GEOMETRY, here)
    assert (place.dtype, place.streamed, place.waiting_layers) == ("int4", True, layers)
    room = int(here.free * (fitting.SLACK if dtype == AUTO else 1))
    assert needs(GEOMETRY, place)(batch=1) <= room
    if layers:
        assert needs(GEOMETRY, replace(place, waiting_layers=layers - 1))(batch=1) > room
        line = told(place, GEOMETRY)
        assert line is not None
        assert f"its vision tower and {layers} of the 32 layers of its decoder in main memory: one call needs" in line
        assert line.endswith("which pass through it with every clip, and the decoder's with every token, which is slow")


@pytest.mark.parametrize("dtype", [None, "float16", "int8", "int4-all"])
@pytest.mark.usefixtures("library")
def test_layers_of_the_decoder_wait_in_four_bits_alone(monkeypatch: pytest.MonkeyPatch, dtype: str | None) -> None:
    with pytest.raises(ModelError, match=r"try --dtype int4 \(4\.3 GB\)|int4-all .* try --device cpu"):
        settle(NAME, GEOMETRY, card(monkeypatch, 6, dtype))


@pytest.mark.usefixtures("library")
def test_what_waits_is_said_before_anything_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_checkpoint(tmp_path / "model", seed=1, shards=1, layers=5, vision_layers=4)
    least = settings(inspect(folder).geometry)[-1]
    FakeCuda(monkeypatch, free=int(least.needed / fitting.SLACK) + 2)
    told = json.loads(longvid("model", "check", folder, "--dtype", "auto", "--json").stdout)
    assert (told["dtype"], told["streamed"], told["waiting_layers"], told["fits"]) == ("int4", True, 5, True)
    assert told["needed"] == least.needed <= told["free"]
    said = longvid("model", "check", folder, "--dtype", "auto").stdout
    assert "one call in int4, its vision tower and 5 of the 5 layers of its decoder in main memory on cuda:0" in said


@pytest.mark.usefixtures("library")
def test_a_model_of_which_layers_wait_answers_on_its_card_as_it_does_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_checkpoint(tmp_path / "model", seed=1, shards=1, layers=4)
    geometry = inspect(folder).geometry
    monkeypatch.setattr(fitting, "LEAST", "bfloat16")  # bitsandbytes need not be here
    settled = [one.needed for one in settings(geometry)]
    FakeCuda(monkeypatch, free=settled[-1])
    place = settle(str(folder), geometry, devices.choose(None, "bfloat16"))
    assert (place.streamed, place.waiting_layers) == (True, geometry.num_hidden_layers)
    models = open_models(str(folder), llm="none", dtype="bfloat16")
    assert isinstance(models.captioner, CogVLM2Backend)
    assert models.captioner.batch == 1
    with FakeCuda(monkeypatch, free=1 << 40):
        said = models.captioner.answer([Request("write", "Who is it?", 4)])
        whole = replace(place, streamed=False, waiting_layers=0)
        other = CogVLM2Backend(folder, fingerprint="r", device=whole, template="chat", label="index", batch=1)
        assert said == other.answer([Request("write", "Who is it?", 4)])


@pytest.mark.usefixtures("library")
def test_a_tower_waits_only_where_main_memory_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "_main_memory", lambda: 4 * GIB)
    with pytest.raises(ModelError) as error:
        settle(NAME, GEOMETRY, card(monkeypatch, 8.6))
    assert str(error.value).startswith(
        f"{NAME} fits Pretended GPU in int4, its vision tower in main memory, which needs 8.6 GB there and 4.3 GB are"
    )


@pytest.mark.parametrize(
    ("gibibytes", "dtype", "streamed"),
    [
        (32, None, False),
        (24, None, True),
        (24, "int8", False),
        (16, "int8", True),
        (12, "int8", True),
        (12, "int4", True),
    ],
)
@pytest.mark.usefixtures("library")
def test_a_precision_that_is_named_is_kept_and_the_tower_waits_where_it_must(
    monkeypatch: pytest.MonkeyPatch, gibibytes: float, dtype: str | None, streamed: bool
) -> None:
    place = settle(NAME, GEOMETRY, card(monkeypatch, gibibytes, dtype))
    assert (place.dtype, place.streamed) == (dtype or "bfloat16", streamed)


def test_one_that_does_not_fit_names_the_first_that_would(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"needs 25\.8 GB in bfloat16 .* 16\.6 GB free; try --dtype int4 \(15\.9 GB\)"):
        settle(NAME, GEOMETRY, card(monkeypatch, 16, None))
    with pytest.raises(ModelError, match=r"needs 9\.5 GB in int4-all .* 8\.1 GB free; try --device cpu"):
        settle(NAME, GEOMETRY, card(monkeypatch, 8, "int4-all"))


def test_the_cpu_takes_float32_by_auto_and_streams_nothing() -> None:
    assert devices.choose("cpu", AUTO).dtype == "float32"
    with pytest.raises(ModelError, match=r"CPU has 2\.1 GB free"):
        settle(NAME, GEOMETRY, Device("cpu", "bfloat16", 2 * GIB, "CPU"))


def test_a_dtype_that_is_none_is_refused() -> None:
    with pytest.raises(ModelError, match=r"there is no dtype 'load'; choose float32, .* int4-all or auto"):
        devices.choose("cpu", "load")


# -- bitsandbytes that is missing or broken -------------------------------------------------------------------------


def test_a_missing_bitsandbytes_is_one_line_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantising, "installed", lambda: False)
    with pytest.raises(ModelError) as error:
        settle(NAME, GEOMETRY, card(monkeypatch, 24))
    assert str(error.value) == (
        "--dtype auto takes int8: 8 and 4 bits need bitsandbytes, which is not installed: "
        'pip install "longvid[quant]"; or choose --dtype bfloat16'
    )


@pytest.mark.parametrize("dtype", ["int8", "int4", "int4-all"])
def test_the_command_line_says_so_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    monkeypatch.setattr(quantising, "installed", lambda: False)
    ended = longvid("model", "check", "storyfilm-tiny", "--device", "cpu", "--dtype", dtype)
    assert ended.returncode == 1
    assert ended.stderr.endswith('which is not installed: pip install "longvid[quant]"; or choose --dtype bfloat16\n')
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise OSError('libcudart.so.12: cannot open shared object file')", "libcudart.so.12: cannot open"),
        ("import module_that_is_not_there", "No module named 'module_that_is_not_there'"),
        ("", "has no attribute 'nn'"),
    ],
)
def test_a_broken_bitsandbytes_is_one_line_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    (tmp_path / "bitsandbytes.py").write_text(source)
    for name in [name for name in sys.modules if name.partition(".")[0] == "bitsandbytes"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        with pytest.raises(CheckpointError) as error:
            quantising.require("cpu")
    finally:
        sys.modules.pop("bitsandbytes", None)
    line = str(error.value)
    assert line.startswith("bitsandbytes is installed and does not work on cpu (")
    assert said in line
    assert line.endswith('pip install "longvid[quant]" --upgrade --force-reinstall')


# -- opened ---------------------------------------------------------------------------------------------------------


def free_for(folder: Path, dtype: str, beside: int = 0) -> int:
    """Bytes that hold the model in `folder` in `dtype` by `auto`, and hardly more."""
    one = next(one for one in settings(inspect(folder).geometry) if one.dtype == dtype)
    return int(one.needed / fitting.SLACK) + 2 + beside


@pytest.mark.parametrize("dtype", ["bfloat16", "int8", "int4", "int4-all"])
@pytest.mark.usefixtures("library")
def test_what_was_taken_is_told_and_part_of_the_identity(
    folder: Path, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    FakeCuda(monkeypatch, free=free_for(folder, dtype))
    models = open_models(str(folder), llm="none", dtype=AUTO)
    assert models.captioner is not None
    assert models.captioner_identity["dtype"] == dtype
    assert models.captioner_identity.get("computes") == (None if dtype == "bfloat16" else "bfloat16")
    assert models.held is not None
    assert models.held.startswith(f"{dtype}: one call needs ")
    FakeCuda(monkeypatch, free=free_for(folder, "bfloat16"))
    assert open_models(str(folder), llm="none").held is None, "what is asked for and whole needs no word"
    assert models.captioner.batch == 1
    later = reopen_models(models.describe(), llm=None, device=None, dtype=None, batch=None)
    assert later.captioner_identity == models.captioner_identity


@pytest.mark.usefixtures("library")
def test_auto_leaves_room_for_the_llm_beside_it(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_checkpoint(tmp_path / "other", seed=2, shards=1, max_position_embeddings=64)
    weights = sum(path.stat().st_size for path in other.glob("*.safetensors"))
    FakeCuda(monkeypatch, free=free_for(folder, "int4-all", weights))
    alone, both = (open_models(str(folder), llm=llm, dtype=AUTO) for llm in ("none", str(other)))
    assert (alone.captioner_identity["dtype"], both.captioner_identity["dtype"]) == ("bfloat16", "int4-all")
    assert both.llm.identity["dtype"] == "int4-all"


def test_answers_of_another_precision_are_never_reused(folder: Path, tmp_path: Path) -> None:
    request = Request("write", "Who is it?", 8)
    keys = set()
    with Store(tmp_path / "answers.sqlite") as store:
        for dtype, half in (("bfloat16", "bfloat16"), ("int8", "bfloat16"), ("int4", "bfloat16"), ("int4", "float16")):
            place = replace(Device("cpu", dtype, GIB, "CPU"), half=half)
            backend = CogVLM2Backend(folder, fingerprint="r", device=place, template="chat", label="index", batch=1)
            keys.add(Engine(store, captioner=backend, llm=backend).key(request))
    assert len(keys) == 4


def test_an_llm_of_its_own_is_not_packed(tmp_path: Path) -> None:
    with pytest.raises(LLMError, match=r"int4 is for CogVLM2-Video checkpoints; give the LLM --dtype float32"):
        open_llm_models("none", device="cpu", dtype="int4")
