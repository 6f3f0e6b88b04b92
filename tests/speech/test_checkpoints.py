"""Finding a Whisper checkpoint: whole and harmless, or one line that says what is wrong; nothing is fetched unasked."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from longvid.cogvlm2 import hub as hub_module
from longvid.errors import SpeechError
from longvid.speech import checkpoints, settings
from longvid.speech.checkpoints import HUB, WANTED, find, here, inspect
from longvid.speech.settings import SpeechSettings
from tests.fakehub import go_online, hub


def weights(kind: str = "WhisperSpec", version: int = 6, lie: int = 0) -> bytes:
    """A file as CTranslate2 writes it, of two small tensors and an alias; the first claims `lie` bytes more."""

    def name(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    head = struct.pack("<I", version) + name(kind) + struct.pack("<II", 3, 2)
    first = name("encoder/weight") + struct.pack("<BIIBI", 2, 3, 4, 4, 24 + lie) + b"\1" * 24
    second = name("decoder/scale") + struct.pack("<BBI", 0, 0, 4) + b"\2" * 4
    return head + first + second + struct.pack("<I", 1) + name("tied") + name("encoder/weight")


FILES = {
    "config.json": b'{"alignment_heads": [[1, 0]]}',
    "tokenizer.json": b'{"model": {}}',
    "vocabulary.txt": b"word\n" * 51_864,
    "model.bin": weights(),
}


def folder(path: Path, **changed: bytes | None) -> Path:
    """A checkpoint's folder; names of `changed` have __ for the point, None leaves a file out."""
    path.mkdir(parents=True, exist_ok=True)
    for name, data in (FILES | {name.replace("__", "."): data for name, data in changed.items()}).items():
        if data is not None:
            (path / name).write_bytes(data)
    return path


def fails(path: Path) -> str:
    with pytest.raises(SpeechError) as caught:
        inspect(path, "it")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_one_is_known_by_its_content(tmp_path: Path) -> None:
    one = find(str(folder(tmp_path / "one")))
    assert (one.name, one.multilingual) == ("one", False)
    assert find(str(folder(tmp_path / "copy"))).digest == one.digest
    many = find(str(folder(tmp_path / "many", vocabulary__txt=b"word\n" * 51_865)))
    assert many.multilingual
    assert find(
        str(folder(tmp_path / "json", vocabulary__txt=None, vocabulary__json=json.dumps(["a"] * 9).encode()))
    ).digest
    others = [{"model__bin": weights(version=5)}, {"config__json": b"{}"}, {"tokenizer__json": b"{}"}]
    digests = {inspect(folder(tmp_path / f"o{i}", **other), "o").digest for i, other in enumerate(others)}
    assert len(digests | {one.digest, many.digest}) == 5


@pytest.mark.parametrize("name", ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"])
def test_what_is_missing_is_named_and_not_fetched(tmp_path: Path, name: str) -> None:
    path = folder(tmp_path / "m", **{name.replace(".", "__"): None})
    assert "no Whisper checkpoint for faster-whisper" in fails(path)
    assert name.partition(".")[0] in fails(path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"config__json": b"{"}, "config.json: is no JSON"),
        ({"config__json": b"[1]"}, "config.json: is no JSON object"),
        ({"config__json": b"[" * 100_000}, "config.json: is no JSON (nested too deeply)"),
        ({"tokenizer__json": b"\xff\xfe"}, "tokenizer.json: is no JSON"),
        ({"vocabulary__json": b"{}"}, "vocabulary.json: is no list of words"),
        ({"preprocessor_config__json": b'{"chunk_length": 1000000000}'}, "chunk_length is 1000000000"),
        ({"model__bin": b""}, "model.bin: breaks off"),
        ({"model__bin": weights()[:60]}, "model.bin: breaks off"),
        ({"model__bin": weights()[:-4]}, "model.bin: breaks off"),
        ({"model__bin": weights("TransformerSpec")}, "model.bin: is a TransformerSpec, not a WhisperSpec"),
        ({"model__bin": weights(version=900)}, "model.bin: is no CTranslate2 model"),
        ({"model__bin": b"PK\3\4 pickled"}, "model.bin: is no CTranslate2 model"),
        ({"model__bin": weights(lie=1 << 30)}, "whose size is not that of its shape (encoder/weight)"),
    ],
)
def test_a_hostile_folder_is_one_line_before_any_library_reads_it(
    tmp_path: Path, changed: dict[str, bytes], said: str
) -> None:
    assert said in fails(folder(tmp_path / "m", **changed))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("config.json", "model.bin"):
        path = folder(tmp_path / name, **{name.replace(".", "__"): None})
        os.mkfifo(path / name)
        assert "no regular file" in fails(path)


def test_a_name_that_is_none_is_told_what_there_is() -> None:
    with pytest.raises(SpeechError, match=r"no such folder, and neither a hub id nor a size; sizes are tiny, base"):
        find("smol")


def test_a_size_is_looked_up_on_this_machine_and_fetched_only_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SpeechError, match=r"Systran/faster-whisper-small is not on this machine and HF_HUB_OFFLINE"):
        find("small")


def fetch(monkeypatch: pytest.MonkeyPatch, address: str) -> checkpoints.Checkpoint:
    go_online(monkeypatch)
    monkeypatch.setenv("HF_ENDPOINT", address)
    return find("some/model")


def test_one_that_is_asked_for_is_fetched_whole_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with hub(FILES | {"README.md": b"words", "pytorch_model.bin": b"pickled", "run.py": b"never run"}) as address:
        fetched = fetch(monkeypatch, address)
    assert {path.name for path in fetched.folder.iterdir()} == set(FILES)
    assert fetched.name == "some/model"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert find("some/model") == fetched
    assert len(WANTED) == 5


@pytest.mark.parametrize(("mode", "remedy"), [("cut", "broke off"), ("html", "a page to log in to it?")])
def test_a_download_that_fails_is_one_line(monkeypatch: pytest.MonkeyPatch, mode: str, remedy: str) -> None:
    with hub(FILES, mode) as address, pytest.raises(SpeechError, match="some/model was not fetched") as caught:
        fetch(monkeypatch, address)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_auto_takes_the_best_that_lies_on_this_machine_and_passes_over_what_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faster_whisper")
    assert list(here(gpu=False)) == []
    cached(HUB["tiny"], FILES)
    cached(HUB["small"], FILES | {"model.bin": b"broken"})
    cached(HUB["base"], {name: data for name, data in FILES.items() if name != "tokenizer.json"})
    assert [name for name, _ in here(gpu=False)] == [HUB["small"], HUB["tiny"]]
    ear = SpeechSettings().open()
    assert ear is not None
    assert ear.name == HUB["tiny"]
    assert SpeechSettings(translate=True).open() is None, "it knows English alone"


def cached(hub_id: str, files: dict[str, bytes]) -> None:
    """As the hub's client leaves it."""
    root = hub_module.hub_cache() / f"models--{hub_id.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text("a" * 40)
    snapshot = root / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    for name, data in files.items():
        (snapshot / name).write_bytes(data)


def test_without_the_extra_nobody_hears_and_who_asks_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "installed", lambda: False)
    assert SpeechSettings().open() is None
    with pytest.raises(SpeechError, match=r'pip install "longvid\[speech\]"'):
        SpeechSettings(str(folder(tmp_path / "m"))).open()


def test_translation_by_a_checkpoint_for_english_alone_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper")
    with pytest.raises(SpeechError, match="knows English alone and translates nothing"):
        SpeechSettings(str(folder(tmp_path / "m")), translate=True).open()


def test_what_a_hearing_is_keyed_by_is_who_hears_what_and_how(tmp_path: Path) -> None:
    from tests.speech.sounds import ToneEar

    one: Callable[..., object] = lambda **how: SpeechSettings(**how).identity(ToneEar())  # noqa: E731
    assert one() == one(model="elsewhere") == one(device="cpu"), "where it lies decides nothing"
    assert one(translate=True) != one()
    assert SpeechSettings().identity(ToneEar(identity={"class": "other"})) != one()
