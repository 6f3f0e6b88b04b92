"""The LLM that is answered through files: who asks what, when it is answered, and what is no answer."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from longvid.engine.backends import files
from longvid.engine.backends.files import FilesLLM, id_of
from longvid.engine.catalog import lasting
from longvid.engine.guards import judge
from longvid.engine.models import reopen_models
from longvid.engine.naming import is_service
from longvid.engine.request import Raw, Request, Stopped
from longvid.errors import LLMError, RunError
from tests.answering import somebody


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "POLL_SECONDS", 0.005)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tmp_path / "box"


def opened(box: Path) -> FilesLLM:
    return FilesLLM(f"files:{box}")


def asks(*prompts: str, tokens: int = 50) -> list[Request]:
    return [Request("write", prompt, tokens) for prompt in prompts]


def put(box: Path, prompt: str, text: str | bytes, *, again: bool = False) -> Path:
    path = box / "answers" / f"{id_of(Request('write', prompt, 1), again=again)}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_what_is_asked_at_once_lies_in_one_file_until_all_of_it_is_answered(box: Path) -> None:
    with somebody(box) as asked:
        raws = opened(box).answer(asks("one", "zwölf", "one"))
    assert [raw.text for raw in raws] == ["To one I say yes.", "To zwölf I say yes.", "To one I say yes."]
    assert asked == [
        [
            {"id": id_of(request), "kind": "write", "max_tokens": 50, "prompt": request.prompt}
            for request in asks("one", "zwölf")
        ]
    ]
    assert not (box / "pending.json").exists()


def test_what_is_answered_is_not_asked_again_and_nothing_waits(box: Path) -> None:
    put(box, "one", "Said before.")
    with somebody(box) as asked:
        raws = opened(box).answer(asks("one", "two"))
    assert [row["prompt"] for batch in asked for row in batch] == ["two"]
    assert raws[0].text == "Said before."
    assert [raw.text for raw in opened(box).answer(asks("two", "one"))] == ["To two I say yes.", "Said before."]


def test_an_answer_of_no_use_is_asked_for_once_more_under_another_name(box: Path) -> None:
    put(box, "one", "{{{{ ;;;; }}}}")
    llm = opened(box)
    assert judge(llm.answer(asks("one"))[0]).reason == "garbled"
    for seed in (0, 7):
        with somebody(box) as asked:
            assert llm.answer(asks("one"), seed=seed)[0].text == "To one I say yes."
        assert [row["id"] for batch in asked for row in batch] == (
            [f"{id_of(asks('one')[0])}-again"] if not seed else []
        )


def test_while_it_waits_it_tells_how_many_are_there_and_ends_as_soon_as_it_is_told(box: Path) -> None:
    llm = opened(box)
    told: list[tuple[int, int]] = []
    stop = threading.Event()

    def on_wait(done: int, total: int) -> None:
        told.append((done, total))
        if (box / "pending.json").exists():
            put(box, "two", "Here.")
        if done:
            stop.set()

    llm.on_wait = on_wait
    with pytest.raises(Stopped):
        llm.answer(asks("one", "two", "three"), stopped=stop.is_set)
    assert (told[0], told[-1]) == ((0, 3), (1, 3))
    assert not (box / "pending.json").exists(), "it is there while somebody waits for it"


def test_an_empty_file_is_no_answer_yet(box: Path) -> None:
    put(box, "one", " \n")
    with somebody(box) as asked:
        assert opened(box).answer(asks("one"))[0].text == "To one I say yes."
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes("Übel".encode("latin-1")), "is not UTF-8; write it again"),
        (lambda path: path.mkdir(), "is no answer"),
        (lambda path: path.symlink_to("/dev/zero"), "is no answer (no regular file)"),
    ],
)  # fmt: skip
def test_what_can_never_be_an_answer_is_named_at_once(box: Path, make: Any, says: str) -> None:
    llm = opened(box)
    make(box / "answers" / f"{id_of(asks('one')[0])}.txt")
    with pytest.raises(LLMError) as caught:
        llm.answer(asks("one", "nobody answers this"))
    assert says in str(caught.value)
    assert f"{id_of(asks('one')[0])}.txt" in str(caught.value)
    assert not (box / "pending.json").exists()


def test_a_file_of_another_editor_is_read_as_its_text(box: Path) -> None:
    put(box, "one", b"\xef\xbb\xbfA man walks.\r\n")
    assert judge(opened(box).answer(asks("one"))[0]).text == "A man walks."


def test_an_answer_over_its_limit_is_cut_there_and_told(box: Path) -> None:
    put(box, "one", "A man walks on. He sits down. He rests.")
    raw, whole = (opened(box).answer(asks("one", tokens=tokens))[0] for tokens in (8, 10))
    assert (raw.text, raw.finish, raw.answer_tokens) == ("A man walks on. He sits down. He", "length", 8)
    assert (judge(raw).text, judge(raw).reason) == ("A man walks on. He sits down.", "cut-off")
    assert (whole.finish, whole.answer_tokens) == ("stop", 10)


def test_one_prompt_with_two_limits_is_asked_for_the_shorter_answer(box: Path) -> None:
    with somebody(box) as asked:
        opened(box).answer([*asks("one", tokens=80), *asks("one", tokens=30)])
    assert [[row["max_tokens"] for row in batch] for batch in asked] == [[30]]


def test_tokens_are_four_bytes_each_rounded_up_and_the_context_is_the_users(box: Path) -> None:
    assert [opened(box).count(Request("write", text, 1)) for text in ("", "four", "five!", "ü" * 4)] == [0, 1, 2, 2]
    assert (opened(box).context, FilesLLM(f"files:{box}", context=4096).context) == (16_384, 4096)


def test_it_is_told_from_another_by_its_folder_wherever_it_is_named_from(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = opened(box).identity
    monkeypatch.chdir(tmp_path)
    assert FilesLLM("files:box").identity == known
    assert FilesLLM("files:other").identity != known
    assert str(tmp_path) not in json.dumps(dict(known)), "where it lies is the user's own affair"
    assert lasting("files:box") == f"files:{box}"
    assert not is_service("files:box")


def test_answers_that_were_taken_and_then_changed_or_removed_are_noticed_by_the_next_run(box: Path) -> None:
    def identity() -> object:
        return opened(box).identity

    path, other = put(box, "one", "Before."), put(box, "two", "Before.")
    before = identity()
    opened(box).answer(asks("one"))
    other.write_text("Nobody has read it yet.")
    assert identity() == before
    path.write_text("After.")
    changed = identity()
    assert changed != before
    opened(box).answer(asks("one", "two"))
    assert identity() == changed
    path.unlink()
    removed = identity()
    assert removed not in (before, changed)
    put(box, "one", "At last.")
    opened(box).answer(asks("one"))
    assert identity() == removed


def test_what_changes_while_it_is_in_use_is_noticed_by_the_next_run(box: Path) -> None:
    path = put(box, "one", "Before.")
    llm = opened(box)
    llm.answer(asks("one"))
    path.write_text("After.")
    assert llm.answer(asks("one"))[0].text == "After."
    assert opened(box).identity != llm.identity


@pytest.mark.parametrize("kept", [None, b"", b"\xff\x00 nonsense \n\n edition", b"edition"])
def test_what_is_lost_of_its_notes_costs_no_answer_and_is_trusted_no_more(box: Path, kept: bytes | None) -> None:
    put(box, "one", "Said.")
    before = opened(box).identity
    notes = box / "taken.txt"
    notes.unlink() if kept is None else notes.write_bytes(kept)
    after = opened(box)
    assert after.identity != before
    assert after.answer(asks("one"))[0].text == "Said."
    assert opened(box).identity == after.identity


def test_two_runs_with_one_folder_ask_one_after_the_other(box: Path) -> None:
    llm = opened(box)
    first = FileLock(box / "lock")
    first.acquire()
    answers: list[Raw] = []
    waiting = threading.Event()
    llm.on_wait = lambda done, total: waiting.set()
    thread = threading.Thread(target=lambda: answers.extend(llm.answer(asks("two"))))
    thread.start()
    try:
        assert waiting.wait(10)
        time.sleep(0.05)
        assert not (box / "pending.json").exists()
    finally:
        first.release()
    with somebody(box) as asked:
        thread.join()
    assert [row["prompt"] for batch in asked for row in batch] == ["two"]
    assert [raw.text for raw in answers] == ["To two I say yes."]


def test_a_folder_that_cannot_be_used_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LLMError, match=r"file cannot hold prompts and answers .*name another with --llm files:DIR"):
        FilesLLM(f"files:{tmp_path / 'file'}")
    with pytest.raises(LLMError, match="names no folder; write files:DIR"):
        FilesLLM("files:")


def test_a_run_folder_of_anybody_gets_no_files_written(tmp_path: Path) -> None:
    described = {
        "name": "model", "watch_identity": {"template": "chat", "label": "index", "dtype": "float32"}, "image_size": 28,
        "caption_tokens": 320, "writer": f"files:{tmp_path / 'box'}",
    }  # fmt: skip
    with pytest.raises(RunError, match=r"written through files, .*box; to ask there again name it with --llm files:"):
        reopen_models(described, llm=None, device="cpu", dtype=None, batch=None)
    assert not (tmp_path / "box").exists()
