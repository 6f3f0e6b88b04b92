"""One run: a real engine, store and graph, with an LLM that answers by a rule."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from longvid.engine.models import Models, open_llm_models
from longvid.engine.request import Raw
from longvid.errors import StrategyError
from longvid.run.journal import read
from longvid.strategy import Capability
from longvid_benchmarks.compare.films import Evidence, Film, story_film
from longvid_benchmarks.compare.rows import Row
from longvid_benchmarks.compare.runs import Bench, ceiling, run
from longvid_benchmarks.compare.variants import Variant, choose
from longvid_benchmarks.compare.watching import parse
from longvid_benchmarks.storyfilm import gold
from longvid_benchmarks.storyfilm.generator import invent
from tests.standins import ScriptedBackend, plainly

EVERYTHING: frozenset[Capability] = frozenset({"caption", "events", "ask", "write"})
INGESTED: frozenset[Capability] = frozenset({"caption", "events"})


def models_of(llm: ScriptedBackend) -> Models:
    return Models(
        "nobody", {"class": "nobody"}, None, llm, "scripted", image_size=0, caption_tokens=320, events_tokens=220
    )


def scripted() -> Models:
    return models_of(ScriptedBackend(says=lambda prompt: plainly("Somebody walks. It is late.")))


def film(chunks: int = 4, evidence: Evidence = "lines", words: int | None = None) -> Film:
    return story_film(600_000, chunks, "appearance", evidence, words, Path("nowhere"), 4)


def done(bench: Bench, label: str, on: Film) -> Row:
    variant = variant_of(label)
    return asyncio.run(run(bench, on, variant, "none", lambda share: None))


def variant_of(label: str) -> Variant:
    chosen, _ = choose(label, EVERYTHING)
    return chosen[-1]


def test_what_a_strategy_costs_does_not_depend_on_which_ran_before(tmp_path: Path) -> None:
    alone, after = Bench(tmp_path / "a", scripted()), Bench(tmp_path / "b", scripted())
    done(after, "concat", film())
    one, two = done(alone, "map-reduce", film()), done(after, "map-reduce", film())
    assert one["calls_caption"] == two["calls_caption"] == 4
    assert one["calls_write"] == two["calls_write"] >= 1
    for name in ("calls", "depth", "prompt_tokens", "answer_tokens", "composite"):
        assert one[name] == two[name], name
    assert one["cached_share"] == 0.0
    assert two["cached_share"] == pytest.approx(4 / two["calls"]), "the captions were there, the writing was not"


def test_depth_counts_what_waits_and_not_what_is_many(tmp_path: Path) -> None:
    bench = Bench(tmp_path, scripted())
    assert done(bench, "concat", film(30))["depth"] == 1
    refine = done(bench, "refine", film(30))
    assert refine["depth"] == 1 + refine["calls_write"], "each step of refine waits for the one before"
    levels = done(bench, "hierarchical", film(30))
    assert 2 <= levels["depth"] < levels["calls_write"] + 1


def test_every_strategy_gets_the_same_evidence_within_the_same_words(tmp_path: Path) -> None:
    lines, told = film(), film(evidence="captions")
    assert lines.words == told.words == len(gold.reference(invent(600_000, 4)).split())
    assert lines.source.captions == told.source.captions  # type: ignore[union-attr]
    assert told.source.events is None  # type: ignore[union-attr]
    assert film(words=30).words == 30
    done(Bench(tmp_path, scripted()), "map-reduce", film(words=77))
    asked = [event for store in tmp_path.rglob("answers.sqlite") for event in read(store)]
    assert {event["kind"] for event in asked if event["event"] == "end"} == {"caption", "write"}


def test_the_reference_is_the_ceiling_and_concat_the_floor(tmp_path: Path) -> None:
    bench = Bench(tmp_path, open_llm_models("none"))
    best = asyncio.run(ceiling(bench, film(14)))
    floor = done(bench, "concat", film(14))
    assert best is not None
    assert best["composite"] > 0.9
    assert best["link_recall"] == 1.0
    assert floor["composite"] == 0.0
    assert floor["link_recall"] == 0.0
    short = asyncio.run(ceiling(bench, film(14, words=50)))
    assert short is not None
    assert short["over"] == 0.0
    assert short["words"] <= short["budget"]


def test_a_summary_is_kept_as_it_was_written_and_scored(tmp_path: Path) -> None:
    row = done(Bench(tmp_path, scripted()), "concat", film())
    text = (tmp_path / row["text"]).read_text()
    assert text.strip() == "\n\n".join(film().source.captions)  # type: ignore[union-attr, arg-type]
    assert sum(told for _, _, told in row["links"]) == row["link_recall"] * len(row["links"])


def test_a_run_that_was_killed_is_counted_from_its_beginning(tmp_path: Path) -> None:
    def says(prompt: str) -> Raw:
        return plainly(f"It says {len(prompt)} letters.")

    def dies(prompt: str) -> Raw:
        if len(mortal.batches) > 2:
            raise RuntimeError("killed")
        return says(prompt)

    mortal = ScriptedBackend(says=dies)
    whole = done(Bench(tmp_path / "a", models_of(ScriptedBackend(says=says))), "refine", film(14))
    with pytest.raises(RuntimeError):
        done(Bench(tmp_path / "b", models_of(mortal)), "refine", film(14))
    again = done(Bench(tmp_path / "b", models_of(ScriptedBackend(says=says))), "refine", film(14))
    for name in ("calls", "calls_write", "depth", "prompt_tokens", "composite"):
        assert again[name] == whole[name], name
    assert again["cached_share"] > 0


def test_the_key_changes_with_whatever_decides_a_row(tmp_path: Path) -> None:
    bench, plain = Bench(tmp_path, scripted()), variant_of("hierarchical")
    keys = {
        bench.key(film(), plain, "none"),
        bench.key(film(5), plain, "none"),
        bench.key(film(evidence="captions"), plain, "none"),
        bench.key(film(words=30), plain, "none"),
        bench.key(film(), plain, "previous"),
        bench.key(film(), variant_of("hierarchical[fan_in=3]"), "none"),
        bench.key(film(), variant_of("refine"), "none"),
        Bench(tmp_path, open_llm_models("none")).key(film(), plain, "none"),
        Bench(tmp_path, scripted(), seed=1).key(film(), plain, "none"),
        *(Bench(tmp_path, scripted(), watch=way).key(film(), plain, "none") for way in parse("fit=pad,length=30")),
    }
    assert len(keys) == 11
    assert Bench(tmp_path / "elsewhere", scripted()).key(film(), plain, "none") in keys


def test_settings_make_variants_and_defaults_make_none() -> None:
    chosen, skipped = choose("hierarchical[fan_in=3, node_words=80],hierarchical[fan_in=20],refine", EVERYTHING)
    assert [one.label for one in chosen] == ["concat", "hierarchical[fan_in=3,node_words=80]", "hierarchical", "refine"]
    assert skipped == []
    for wrong in ("hierarchical[fan=3]", "hierarchical[fan_in=1]", "hierarchical[fan_in]", "hierarchicle", "a]", "a[b"):
        with pytest.raises(StrategyError):
            choose(wrong, EVERYTHING)


def test_who_cannot_run_here_is_named_and_all_takes_those_that_can() -> None:
    chosen, skipped = choose("refine,concat", INGESTED)
    assert [one.label for one in chosen] == ["concat"]
    assert [one.label for one in skipped] == ["refine"]
    assert "--llm" in skipped[0].reason
    every, left = choose("all", INGESTED)
    assert "refine" not in [one.label for one in every]
    assert left == []
    for name in ("relations", "joins"):
        more, _ = choose(f"all,ledger[{name}=false]", INGESTED)
        assert [one.label for one in more] == [*(one.label for one in every), "ledger[relations=false]"]


def test_a_row_says_which_length_was_asked_for_where_it_is_not_the_storys_own(tmp_path: Path) -> None:
    bench = Bench(tmp_path, scripted())
    assert done(bench, "concat", film())["asked"] is None
    assert done(bench, "concat", film(words=50))["asked"] == 50
