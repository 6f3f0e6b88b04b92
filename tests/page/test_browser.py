"""The page in a browser: what opens, seeks, lights up and is found, in any width and colour; and what must not run.

Needs Chromium (`apt-get install chromium`) and Playwright (`longvid[browser]`); run by `make browser`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from longvid.page import rendered
from tests.page.made import HOSTILE, READ, RULED, make_run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
]
NARROW, WIDE = {"width": 400, "height": 800}, {"width": 1600, "height": 1000}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    return make_run(tmp_path_factory.mktemp("seen"))


class Seen:
    """A page that is open, and what it has complained about."""

    def __init__(self, chromium: Any, path: Path, text: str, **how: Any) -> None:
        path.write_text(text, encoding="utf-8")
        self.context = chromium.new_context(viewport=WIDE, **how)
        self.page = self.context.new_page()
        self.page.set_default_timeout(8000)
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url.split(":")[0]))
        self.page.goto(path.as_uri())


@pytest.fixture
def seen(chromium: Any, run: tuple[Path, Any]) -> Iterator[Any]:
    opened = Seen(chromium, run[0] / "film.ledger.html", rendered("html", run[1]))
    yield opened.page
    assert opened.complaints == []
    assert set(opened.asked) <= {"file", "data"}, "nothing is fetched"
    opened.context.close()


def until(page: Any, expression: str) -> None:
    """Wait for what Playwright's own way of waiting would need `eval` for, which the page's policy forbids."""
    for _ in range(160):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {expression}")


def time_of(page: Any) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def test_a_sentence_opens_what_it_rests_on_and_closes_it(seen: Any) -> None:
    sentence, evidence = seen.locator("#s2"), seen.locator("#e2")
    assert not evidence.is_visible()
    sentence.click()
    assert evidence.is_visible()
    assert sentence.get_attribute("aria-expanded") == "true"
    assert evidence.locator("p").filter(has_text="Anna, the red star, hides the key in the chest").count() == 1
    pictures = evidence.locator("img")
    assert pictures.count() == 2
    pictures.last.evaluate("image => image.decode()")
    assert pictures.first.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [320, 136]
    assert seen.locator("#cited path").count() == 2
    sentence.click()
    assert not evidence.is_visible()


def test_a_click_on_a_time_seeks_the_film_and_what_is_seen_and_said_follows(seen: Any) -> None:
    until(seen, "document.querySelector('video').readyState > 0")
    seen.locator("#s2").click()
    seen.locator("#e2 .t").last.click()
    until(seen, "document.querySelector('video').currentTime >= 8.9")
    assert seen.locator("#p2.now").count() == 1
    seen.evaluate("document.querySelector('video').pause()")
    seen.locator("#p1 .line .t").first.click()
    until(seen, "document.querySelector('#now').textContent.includes('Seven doves')")
    assert seen.locator("#p1 .said-now").inner_text().endswith("Seven doves.")
    assert 5.0 <= time_of(seen) < 8.0
    seen.evaluate("document.querySelector('video').pause()")
    track = seen.locator(".track")
    track.click(position={"x": track.bounding_box()["width"] * 0.25, "y": 5})
    until(seen, "document.querySelector('video').currentTime < 4.5")
    assert time_of(seen) == pytest.approx(3.0, abs=1.0)


def test_an_arc_shows_both_ends_when_pointed_at_and_keeps_them_when_clicked(seen: Any) -> None:
    assert seen.locator(".arc").count() == 2
    place = seen.evaluate(
        "(() => { const path = document.querySelector('.arc .reach'), m = path.getScreenCTM();"
        "const p = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(m); return [p.x, p.y]; })()"
    )
    card = seen.locator("#card")
    seen.mouse.move(*place)
    assert card.is_visible()
    assert [button.split()[-1] for button in card.locator(".t").all_inner_texts()] == ["0:00:01", "0:00:09"]
    assert seen.locator(".arc.lit").count() == 1
    seen.mouse.move(5, 5)
    assert not card.is_visible()
    seen.mouse.click(*place)
    seen.mouse.move(5, 5)
    assert card.is_visible()
    card.locator(".t").last.click()
    until(seen, "document.querySelector('video').currentTime >= 8.9")
    seen.keyboard.press("Escape")
    assert not card.is_visible()


def test_search_finds_words_names_and_times_wherever_they_are(seen: Any) -> None:
    def found(words: str) -> list[str]:
        seen.fill("#query", "")
        seen.fill("#query", words)
        seen.wait_for_timeout(150)
        return [str(text) for text in seen.locator("#hits button").all_inner_texts()]

    assert any("said" in hit and "Seven doves" in hit for hit in found("DOVES"))
    assert any(hit.startswith("cast") for hit in found("anna"))
    assert all("key" in hit for hit in found("key hidden"))
    assert found("xylophone") == []
    assert seen.locator("#count").inner_text() == "Nothing found"
    assert found("0:09")[0].split() == ["time", "0:00:09", "Play", "from", "here"]
    seen.keyboard.press("Enter")
    until(seen, "document.querySelector('video').currentTime >= 8.9")
    found("Zorro")
    seen.locator("#hits button").first.click()
    assert seen.locator("#e3").is_visible()


def test_everything_can_be_done_from_the_keyboard(seen: Any) -> None:
    seen.keyboard.press("j")
    seen.keyboard.press("j")
    assert seen.evaluate("document.activeElement.id") == "s1"
    seen.keyboard.press("Enter")
    assert seen.evaluate("document.activeElement.id") == "e1"
    seen.keyboard.press("Tab")
    assert seen.evaluate("document.activeElement.dataset.t") == "6.0"
    seen.keyboard.press("Enter")
    until(seen, "document.querySelector('video').currentTime >= 5.9")
    seen.keyboard.press("Escape")
    assert seen.evaluate("document.activeElement.id") == "s1"
    assert not seen.locator("#e1").is_visible()
    seen.keyboard.press("/")
    seen.keyboard.type("doves")
    seen.locator("#hits button").first.wait_for()
    seen.keyboard.press("ArrowDown")
    assert seen.evaluate("document.activeElement.closest('#hits') !== null")
    seen.keyboard.press("Escape")
    assert seen.evaluate("document.activeElement.id") == "query"


def test_what_can_be_used_has_a_name_and_stands_in_a_landmark(seen: Any) -> None:
    for role in ("banner", "main", "complementary", "search"):
        assert seen.get_by_role(role).count() == 1, role
    nameless = seen.evaluate(
        "[...document.querySelectorAll('button, a, input, video, [role=button], [role=img], section')]"
        ".filter(n => n.checkVisibility() && n.ariaHidden !== 'true')"
        ".filter(n => !(n.textContent.trim() || n.ariaLabel || n.labels?.length || n.getAttribute('aria-labelledby')))"
        ".map(n => n.outerHTML.slice(0, 80))"
    )
    assert nameless == []
    levels = seen.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_nothing_runs_out_of_the_page_at_any_width(seen: Any, size: dict[str, int]) -> None:
    seen.set_viewport_size(size)
    seen.locator("#s2").click()
    assert seen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in ("#timeline", "#s2", "#e2", "#script", "#query"):
        box = seen.locator(part).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"] + 1, part
    beside = seen.locator("aside").bounding_box()["x"] > seen.locator("#s0").bounding_box()["x"] + 300
    assert beside == (size is WIDE)


CONTRAST = """(selector) => {
  const lit = (colour) => {
    const straight = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.match(/[\\d.]+/g).map((value) => straight(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let node = document.querySelector(selector);
  const ink = lit(getComputedStyle(node).color);
  while (/rgba\\(.*, 0\\)/.test(getComputedStyle(node).backgroundColor)) node = node.parentElement;
  const paper = lit(getComputedStyle(node).backgroundColor);
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
}"""


def test_on_a_narrow_screen_the_film_stays_in_sight_until_it_is_put_back(seen: Any) -> None:
    seen.set_viewport_size(NARROW)
    seen.locator("#s0").click()
    seen.locator("#e0 .t").first.click()
    box = seen.locator("#player").bounding_box()
    assert box["y"] + box["height"] <= NARROW["height"]
    seen.locator("#back").click()
    assert seen.locator("#player").bounding_box()["y"] > NARROW["height"]
    assert seen.evaluate("document.querySelector('video').paused")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_light_and_dark_and_the_button_changes_between_them(seen: Any, scheme: str) -> None:
    seen.emulate_media(color_scheme=scheme)
    seen.reload()
    seen.locator("#s2").click()
    for changed in (False, True):
        if changed:
            seen.locator("#theme").click()
        paper = seen.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(paper.strip("rgb()").split(",")[0]) < 60) == ((scheme == "dark") != changed)
        for part in (
            ".title p",
            "#s3",
            ".hint",
            "#e2 .check",
            "#e2 .t",
            ".key.doubtful",
            ".key.founded",
            ".problems h2",
        ):
            assert seen.evaluate(CONTRAST, part) >= 4.5, part
    seen.evaluate("localStorage.clear()")


def test_on_paper_everything_a_sentence_rests_on_is_there(seen: Any) -> None:
    seen.emulate_media(media="print")
    assert seen.locator("#e0").is_visible()
    assert seen.locator("#e4").is_visible()
    assert not seen.locator("#player").is_visible()


def test_without_the_film_its_pictures_stand_for_it_and_one_can_be_opened(chromium: Any, tmp_path: Path) -> None:
    run, told = make_run(tmp_path)
    film = (tmp_path / "film.mp4").rename(tmp_path / "elsewhere.mp4")
    page = Seen(chromium, run / "film.ledger.html", rendered("html", told)).page
    page.locator("#s2").click()
    page.locator("#e2 .t").last.click()
    assert page.locator("#look").is_visible()
    assert page.locator("#look").get_attribute("alt") == "The film at 0:00:09"
    page.set_input_files("#file", film)
    until(page, "document.querySelector('video').readyState > 0")
    page.locator("#e2 .t").last.click()
    until(page, "document.querySelector('video').currentTime >= 8.9")
    page.context.close()


@pytest.mark.parametrize("ledger", [RULED, READ], ids=["rules", "reading"])
def test_a_hostile_film_executes_nothing(chromium: Any, run: tuple[Path, Any], tmp_path: Path, ledger: Any) -> None:
    from tests.page.made import report

    folder, told = run
    hostile = replace(report(folder, says=HOSTILE, ledger=ledger), pictures=told.pictures)
    opened = Seen(chromium, folder / "hostile.html", rendered("html", hostile))
    page = opened.page
    for sentence in page.locator(".s").all():
        sentence.click()
    for row in page.locator("details").all():
        row.click()
    page.fill("#query", "window.hacked")
    page.locator("#hits button").first.click()
    page.evaluate("document.querySelector('.arc').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert page.locator("#card").is_visible()
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert "window.hacked=1" in page.locator("#summary").inner_text()
    # And were something to get into the page, the policy would stop it.
    page.evaluate("document.body.insertAdjacentElement('beforeend', document.createElement('div'))")
    assert opened.complaints == []
    with pytest.raises(Exception, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<img src=x onerror=window.hacked=1>'")
    page.evaluate("document.body.append(Object.assign(document.createElement('img'), {src: 'https://example.org/a'}))")
    page.wait_for_timeout(100)
    assert any("Content Security Policy" in line for line in opened.complaints)
    opened.context.close()
