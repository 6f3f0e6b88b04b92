"""What is said, from the command line: where it comes from, what is told of it, and who need not be there for it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from longvid import api
from longvid.engine.models import Models
from longvid.engine.prompts import CAPTION
from longvid.engine.request import Raw
from longvid.errors import FilmError
from longvid.film import SubtitleChoice
from longvid.pipeline.ingest import IngestSettings
from longvid.pipeline.job import Job
from longvid.pipeline.listening import Listening
from longvid.strategy.registry import load
from tests.cli.program import Ended, longvid
from tests.cli.scripted import answer_at_once, watched
from tests.films import make_film
from tests.standins import ScriptedBackend, plainly

SRT = (
    "1\n00:00:00,500 --> 00:00:02,000\nMeet me at the pier, Brody.\n\n"
    "2\n00:00:05,000 --> 00:00:06,500\nI will bring the letter.\n\n"
    "3\n00:00:09,000 --> 00:00:11,000\nAt nine?\n"
)
CUES = ["Meet me at the pier, Brody.", "I will bring the letter.", "At nine?"]
SIZES: dict[str, Any] = {"image_size": 28, "caption_tokens": 320, "events_tokens": 220}
SEEN = "It says "
"""How every caption of the scripted model begins."""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A film of three chunks, with a cue in each."""
    film = make_film(tmp_path / "film.mp4", chunks=3)
    film.with_suffix(".srt").write_text(SRT)
    return film


@pytest.fixture
def eye(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    eye = answer_at_once(monkeypatch)
    again = Models("scripted", eye.identity, None, ScriptedBackend(), "scripted", **SIZES)
    monkeypatch.setattr(api, "reopen_models", lambda *_, **__: again)
    return eye


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """An LLM that is all there is: nobody who watches can be opened."""
    llm = ScriptedBackend(lambda prompt: plainly("Somebody will bring a letter to the pier at night."))

    def alone(name: str, **_: Any) -> Models:
        return Models(name, {"class": "none"}, None, llm, name, **SIZES)

    def nobody(*_: Any, **__: Any) -> Models:
        raise AssertionError("a model that watches was opened")

    monkeypatch.setattr(api, "open_llm_models", alone)
    monkeypatch.setattr(api, "open_models", nobody)
    return llm


def summarize(film: Path, *options: str | Path, strategy: str = "concat") -> tuple[Ended, dict[str, Any]]:
    if strategy == "concat":
        options = ("--set", "said=true", *options)
    done = longvid("summarize", film, "--strategy", strategy, "--target-length", "4", "--json", *options)
    return done, json.loads(done.stdout) if done.stdout else {}


def merge(*arguments: str | Path) -> tuple[Ended, dict[str, Any]]:
    done = longvid("merge", *arguments, "--strategy", "concat", "--set", "said=true", "--json")
    return done, json.loads(done.stdout) if done.stdout else {}


def spoken(value: dict[str, Any]) -> list[str]:
    return [cue["text"] for chunk in value["chunks"] for cue in chunk.get("dialogue", ())]


def quotes(value: dict[str, Any]) -> list[str]:
    """What of the summary is said."""
    return re.findall(r'"([^"]*)"', value["summary"])


def prompts(backend: ScriptedBackend) -> list[str]:
    return [request.prompt for batch in backend.batches for request in batch]


def test_the_json_says_what_is_said_where_it_comes_from_and_what_was_made_of_it(
    film: Path, eye: ScriptedBackend
) -> None:
    done, value = summarize(film)
    assert done.returncode == 0, done.stderr
    assert {name: value["dialogue"][name] for name in ("source", "cues", "how", "used")} == {
        "source": "film.srt", "cues": 3, "how": "file", "used": "seen-and-said",
    }  # fmt: skip
    assert "language" in value["dialogue"]
    assert value["chunks"][0]["dialogue"] == [{"start": 0.5, "end": 2.0, "text": CUES[0]}]
    assert spoken(value) == quotes(value) == CUES
    done, value = summarize(film, "--dialogue", "none")
    assert value["dialogue"]["used"] == "none"
    assert quotes(value) == []
    assert spoken(value) == CUES, "it is known all the same"
    assert value["summary"].count(SEEN) == 3
    outputs = [path.name for path in (film.parent / "film.longvid").glob("film.concat*.json")]
    assert sorted("no-dialogue" in name for name in outputs) == [False, True], "neither replaces the other"
    assert watched(eye) == 3


def test_captions_one_after_another_are_what_is_seen_unless_what_is_said_is_asked_for(
    film: Path, eye: ScriptedBackend
) -> None:
    _, heard = summarize(film)
    _, seen = summarize(film, "--set", "said=false")
    assert (quotes(heard), quotes(seen)) == (CUES, [])
    assert seen["summary"].count(SEEN) == 3


def test_a_subtitle_that_appears_changes_or_vanishes_has_its_effect_and_asks_nobody_again(
    film: Path, eye: ScriptedBackend
) -> None:
    beside = film.with_suffix(".srt")
    for text, cues in [("", []), (SRT, CUES), (SRT.replace("nine", "ten"), [*CUES[:2], "At ten?"]), (SRT, CUES)]:
        beside.write_text(text)
        done, value = summarize(film)
        assert (done.returncode, quotes(value), value["dialogue"]["cues"]) == (0, cues, len(cues))
        assert watched(eye) == 3
    beside.unlink()
    other = film.with_name("other.srt")
    other.write_text(SRT.replace("pier", "mill"))
    assert quotes(summarize(film, "--subtitles", other)[1])[0] == "Meet me at the mill, Brody."
    done, value = summarize(film)
    assert (quotes(value), value["dialogue"]["source"], value["dialogue"]["how"]) == ([], "", "")
    beside.write_text(SRT)
    assert quotes(summarize(film, "--subtitles", "none")[1]) == []
    assert watched(eye) == 3


def test_what_is_wrong_with_subtitles_is_told_by_every_run_that_meets_it_and_by_no_other(
    film: Path, eye: ScriptedBackend
) -> None:
    beside = film.with_suffix(".srt")
    beside.write_text("not subtitles")
    run = film.with_suffix(".longvid")
    for strategy in ("concat", "map-reduce", "concat"):
        done, value = summarize(film, strategy=strategy)
        assert done.returncode == 3
        assert [line for line in value["degraded"] if "film.srt" in line], strategy
    assert all("not subtitles" not in path.read_text() for path in run.glob("clips/*/plan.json"))
    assert merge(run)[1]["degraded"] == [], "a merge reads no film"
    beside.write_text(SRT)
    done, value = summarize(film)
    assert (done.returncode, value["degraded"], value["notes"]) == (0, [], [])
    beside.write_text("not subtitles")
    assert summarize(film)[0].returncode == 3, "it is broken again"
    assert merge(run, "--subtitles", "none")[0].returncode == 0


def test_what_is_said_alone_needs_nobody_who_watches(film: Path, llm: ScriptedBackend) -> None:
    done, value = summarize(film, "--dialogue", "said-only", "--llm", "some/llm", strategy="map-reduce")
    assert done.returncode == 0, done.stderr
    assert value["summary"] == "Somebody will bring a letter to the pier at night."
    assert (value["calls"]["watch"], value["model"], value["llm"]) == (0, "none", "some/llm")
    assert value["dialogue"]["used"] == "said-only"
    assert spoken(value) == CUES
    (prompt,) = prompts(llm)
    assert all(f'"{text}"' in prompt for text in CUES)
    markdown = (film.parent / "film.longvid" / "film.map-reduce.said-only.md").read_text()
    assert "no usable answer" not in markdown
    assert all(text.split(",")[0] in markdown for text in CUES)
    again = summarize(film, "--dialogue", "said-only", "--llm", "some/llm", strategy="map-reduce")[1]
    assert again["calls"]["write"] == 0, "nothing is asked twice"
    joined = summarize(film, "--dialogue", "said-only")[1]
    assert (joined["llm"], quotes(joined)) == ("none", CUES), "and where nothing is written, no LLM"


def test_a_part_of_what_is_said_alone_is_that_of_the_range(film: Path, llm: ScriptedBackend) -> None:
    value = summarize(film, "--dialogue", "said-only", "--start", "4", "--end", "8")[1]
    assert quotes(value) == CUES[1:2]
    assert value["chunks"][0]["start"] == 4


@pytest.mark.parametrize("options", [[], ["--subtitles", "none"], ["--start", "11.5"]])
def test_where_nothing_is_said_one_line_says_so(film: Path, llm: ScriptedBackend, options: list[str]) -> None:
    if not options:
        film.with_suffix(".srt").unlink()
    done, value = summarize(film, "--dialogue", "said-only", *options)
    assert (done.returncode, value["status"]) == (1, "failed")
    (line,) = done.stderr.splitlines()
    assert "nothing that is said was found" in line
    assert "--subtitles FILE" in line
    assert not film.with_suffix(".longvid").exists(), "a run that does nothing leaves nothing"
    assert prompts(llm) == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--dialogue", "said-only", "--strategy", "outline-reread", "--llm", "x"], "cannot do without what is seen"),
        (["--dialogue", "said-only", "--strategy", "outline-reread", "--llm", "x"], "ask, caption"),
        (["--dialogue", "said-only", "--strategy", "refine"], "watches nothing: name an LLM"),
        (["--dialogue", "said-only", "--strategy", "refine", "--llm", "none"], "cannot do without an LLM"),
        (["--dialogue", "heard"], "'seen-and-said', 'said-only', 'none'"),
        (["other.mp4", "--subtitles", "film.srt"], "one subtitle file is of one film"),
    ],
)
def test_what_cannot_go_together_is_wrong_usage(film: Path, options: list[str], says: str) -> None:
    done = longvid("summarize", film, *options)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.split())


def test_nobody_can_be_told_anything_where_nobody_watches(film: Path, llm: ScriptedBackend) -> None:
    done, _ = summarize(film, "--dialogue", "said-only", "--tell-dialogue")
    assert done.returncode == 1
    assert "nobody watches" in done.stderr


def test_a_merge_hears_what_the_run_heard_another_file_or_nothing(film: Path, eye: ScriptedBackend) -> None:
    assert summarize(film)[0].returncode == 0
    run, other = film.with_suffix(".longvid"), film.with_name("other.srt")
    other.write_text(SRT.replace("pier", "mill"))
    film.with_suffix(".srt").unlink()
    done, value = merge(run)
    assert (done.returncode, quotes(value), value["dialogue"]["source"]) == (0, CUES, "film.srt")
    done, value = merge(run, "--subtitles", other)
    assert (done.returncode, quotes(value)[0]) == (0, "Meet me at the mill, Brody.")
    assert value["dialogue"]["source"] == "other.srt"
    assert [cue["text"] for cue in value["chunks"][1]["dialogue"]] == [CUES[1]], "cues go where they are said"
    done, value = merge(run, "--subtitles", "none")
    assert (done.returncode, quotes(value), value["dialogue"]["cues"]) == (0, [], 0)
    assert quotes(merge(run, "--dialogue", "none")[1]) == []
    assert quotes(merge(run, "--dialogue", "said-only")[1]) == CUES
    assert SEEN not in merge(run, "--dialogue", "said-only")[1]["summary"]
    assert quotes(merge(run)[1]) == CUES, "no merge changes the run"
    assert watched(eye) == 3
    tracks = Job(load("concat")(), IngestSettings(), listening=Listening(SubtitleChoice("track")))
    with pytest.raises(FilmError, match=r"film\.longvid: a merge reads no film, so it has no tracks"):
        asyncio.run(api.merge(run, tracks, api.reopen_models(None, llm=None, device=None, dtype=None, batch=None)))


@pytest.fixture
def captions(tmp_path: Path) -> Path:
    path = tmp_path / "seen.jsonl"
    rows = [{"start": 4 * i, "end": 4 * i + 4, "caption": f"A man takes key {i}."} for i in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_subtitles_beside_a_file_of_captions_are_its_dialogue(captions: Path) -> None:
    assert quotes(merge("--captions", captions)[1]) == []
    captions.with_suffix(".srt").write_text(SRT)
    done, value = merge("--captions", captions)
    assert (done.returncode, quotes(value)) == (0, CUES)
    assert value["dialogue"]["source"] == "seen.srt"
    other = captions.with_name("other.srt")
    other.write_text(SRT.replace("pier", "mill"))
    assert quotes(merge("--captions", captions, "--subtitles", other)[1])[0] == "Meet me at the mill, Brody."
    assert quotes(merge("--captions", captions, "--subtitles", "none")[1]) == []
    assert "key 0" not in merge("--captions", captions, "--dialogue", "said-only")[1]["summary"]
    done, _ = merge("--captions", captions, "--captions", captions, "--subtitles", other)
    assert done.returncode == 2
    assert "one subtitle file is of one film" in " ".join(done.stderr.split())


def test_captions_that_are_subtitles_themselves_are_not_heard(tmp_path: Path) -> None:
    path = tmp_path / "seen.srt"
    path.write_text("1\n00:00:00,000 --> 00:01:00,000\nA man takes the key.\n")
    _, value = merge("--captions", path)
    assert (value["summary"], value["dialogue"]["cues"]) == ("A man takes the key.", 0)


def test_captions_show_what_is_said_on_request(film: Path, eye: ScriptedBackend) -> None:
    options = ("--target-length", "4", "-f", "md,srt")
    done = longvid("caption", film, *options)
    assert done.returncode == 0, done.stderr
    assert "pier" not in done.stdout
    run = film.with_suffix(".longvid")
    assert "pier" not in (run / "film.concat.md").read_text(), "captions are what is seen"
    assert "pier" not in (run / "film.concat.srt").read_text()
    shown = longvid("caption", film, *options, "--show-dialogue", "--json")
    markdown = (run / "film.concat.md").read_text()
    assert markdown.count("> 0:00:0") == 3
    assert "> 0:00:00 Meet me at the pier, Brody." in markdown
    assert "pier" not in (run / "film.concat.srt").read_text()
    assert spoken(json.loads(shown.stdout)) == CUES
    assert watched(eye) == 3


def test_a_plan_and_a_talkative_run_tell_where_the_dialogue_comes_from(film: Path, eye: ScriptedBackend) -> None:
    assert "dialogue: 3 cues from film.srt" in longvid("plan", film).stdout
    told = json.loads(longvid("plan", film, "--json").stdout)["dialogue"]
    assert (told["source"], told["cues"], told["how"]) == ("film.srt", 3, "file")
    assert "dialogue:" not in longvid("plan", film, "--subtitles", "none").stdout
    assert "dialogue: 3 cues from film.srt" in summarize(film, "-v")[0].stderr
    assert "dialogue:" not in summarize(film)[0].stderr


def test_the_model_that_watches_is_told_what_is_said_on_request(film: Path, eye: ScriptedBackend) -> None:
    summarize(film)
    assert prompts(eye) == [CAPTION] * 3
    done, value = summarize(film, "--tell-dialogue")
    assert done.returncode == 0, done.stderr
    told = prompts(eye)[3:]
    assert len(told) == 3
    for text, prompt in zip(CUES, sorted(told, key=lambda prompt: CUES.index(prompt.split('"')[1])), strict=True):
        assert prompt.startswith("This is said in the video; describe what is seen, not what is said: ")
        assert f'"{text}"' in prompt
        assert prompt.endswith(CAPTION)
    run, other = film.with_suffix(".longvid"), film.with_name("other.srt")
    other.write_text(SRT.replace("pier", "mill"))
    captions = [chunk["caption"] for chunk in value["chunks"]]
    for source in ("auto", "none", other):
        done, value = merge(run, "--subtitles", source)
        assert done.returncode == 0, done.stderr
        assert [chunk["caption"] for chunk in value["chunks"]] == captions, "chunks were told what the run heard"
    summarize(film)
    assert len(prompts(eye)) == 6, "the captions of the run before are there still"


def test_what_a_film_says_can_not_break_out_of_the_outputs(film: Path, eye: ScriptedBackend) -> None:
    film.with_suffix(".srt").write_text(SRT.replace("At nine?", "\x1b[2J# Head <script>alert(1)</script> | `x`"))
    done = longvid("caption", film, "--target-length", "4", "-f", "md,json", "--show-dialogue")
    assert done.returncode == 0, done.stderr
    markdown = film.with_suffix(".longvid").joinpath("film.concat.md").read_text()
    assert "\x1b" not in markdown
    assert not re.search(r"(?m)^# Head", markdown)
    assert "<script>" not in re.sub(r"\\<", "", markdown)


def test_an_llm_that_says_nothing_leaves_what_is_said(film: Path, llm: ScriptedBackend) -> None:
    llm.says = lambda prompt: Raw("", "stop", 1, 0)
    done, value = summarize(film, "--dialogue", "said-only", "--llm", "some/llm", strategy="map-reduce")
    assert done.returncode == 3
    assert quotes(value) == CUES


def test_subtitles_of_another_film_are_doubted(film: Path, eye: ScriptedBackend) -> None:
    late = re.sub(r"(?m)^00:00:|(?<=--> )00:00:", "05:00:", SRT.replace("00:00:0", "05:00:0"))
    film.with_suffix(".srt").write_text(late)
    for _ in range(2):
        done, value = summarize(film, "-v")
        assert done.returncode == 0, done.stderr
        assert "is it another film's?" in done.stderr, "every run that has them says so"
    assert spoken(value) == []
    planned = longvid("plan", film, "--json")
    assert any("another film" in line for line in json.loads(planned.stdout)["notes"])
    film.with_suffix(".srt").write_text(SRT)
    done, value = summarize(film)
    assert "another film" not in done.stderr
    assert spoken(value) == CUES
