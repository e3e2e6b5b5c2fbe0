"""The HTML report in a real browser: silent, offline, bilingual; a number opens exactly the records behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.report.document import Document, Turn
from bench.report.glyphs import visible
from bench.report.html import HtmlRenderer
from tests.bench.report.documents import document, exchange, realistic
from tests.bench.report.perturbed import varied

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

sync_api = pytest.importorskip("playwright.sync_api", reason="the playwright package is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
ATTACK = "</script><img src=x onerror=alert(1)><svg onload=alert(2)>\x1b[31m\u202e<b>bold</b>"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path")


@pytest.fixture(scope="module")
def made() -> Document:
    """Return a report with some hostile and one hidden record."""
    asked = (Turn(role="user", content=ATTACK),)
    hostile = exchange(60, item=f"x-{ATTACK}", messages=asked, reply=ATTACK, reasoning=ATTACK, detail=ATTACK, lang="en")
    hidden = exchange(61, item="hazard-1", hidden=True, reply="SECRET", lang="en")
    return document([*realistic(30), hostile, hidden])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_api.sync_playwright() as engine:
        found = engine.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


class Visit:
    """A page with everything that it should not do."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.noise: list[str] = []
        page.on("console", lambda message: self.noise.append(message.text))
        page.on("pageerror", lambda error: self.noise.append(str(error)))
        page.on("dialog", self.refuse)
        page.on("request", lambda request: self.noise.append(request.url) if request.url != page.url else None)

    def refuse(self, dialog: Dialog) -> None:
        self.noise.append(dialog.message)
        dialog.dismiss()

    def go(self, place: str = "") -> Page:
        self.page.goto(f"{self.address}{place}")
        self.noise = [line for line in self.noise if not line.startswith(self.address)]
        return self.page

    def shown(self) -> list[int]:
        self.page.wait_for_function("document.querySelector('#tally').textContent !== ''")
        return [
            int(one.removeprefix("r")) for one in self.page.eval_on_selector_all(".record", "all => all.map(x => x.id)")
        ]


@pytest.fixture(scope="module")
def address(made: Document, tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("report") / "report.html"
    HtmlRenderer().render(made, target)
    return target.as_uri()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(locale="en-US")
    found = Visit(context.new_page(), address)
    yield found
    context.close()
    assert found.noise == []


def test_everything_opens_without_a_sound(visit: Visit) -> None:
    page = visit.go("#r60")
    page.click(".record > summary")
    for closed in page.query_selector_all("main > section > details:not(#list) > summary"):
        closed.click()
    page.wait_for_timeout(100)
    assert page.inner_text(".record .answer") == visible(ATTACK)
    assert page.query_selector_all("img, .record b, .record svg") == []


@pytest.mark.parametrize(
    ("locale", "place", "heading"),
    [
        ("zh-CN", "", "按分类编码"),
        ("fr-FR", "", "By taxonomy code"),
        ("en-US", "?lang=zh", "按分类编码"),
        ("zh-CN", "#lang=en", "By taxonomy code"),
    ],
)
def test_first_language(browser: Browser, address: str, locale: str, place: str, heading: str) -> None:
    context = browser.new_context(locale=locale)
    page = Visit(context.new_page(), address).go(place)
    assert page.inner_text("#codes-title") == heading
    context.close()


def test_language_switch(visit: Visit) -> None:
    page = visit.go()
    page.focus("[data-speak=zh]")
    page.keyboard.press("Enter")
    assert page.inner_text("h1") == "example-7b-instruct 安全评测报告"
    assert page.title() == "example-7b-instruct 安全评测报告"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.get_attribute("[data-speak=zh]", "aria-pressed") == "true"
    assert page.locator("[data-lang=en]:visible").count() == 0


def test_failed_count_shows_exactly_those_records(visit: Visit, made: Document) -> None:
    row = max((row for row in made.rows if row.code != "all" and row.lang == "all"), key=lambda row: len(row.failures))
    page = visit.go()
    page.click(f"tr[id='code/{row.dimension}/{row.code}'] td.fail a")
    assert visit.shown() == list(row.failures)


def test_unscored_count_shows_exactly_those_records(visit: Visit, made: Document) -> None:
    visit.go("#set/risk/all/all/all/refuse/unscored")
    found = [one.i for one in made.exchanges if (one.dimension, one.expect, one.passed) == ("risk", "refuse", None)]
    assert visit.shown() == found


def test_model_text_appears_on_click_only(visit: Visit, made: Document) -> None:
    one = next(one for one in made.exchanges if one.reply and not one.hidden)
    page = visit.go(f"#r{one.i}")
    assert visit.shown() == [one.i]
    assert one.reply not in page.inner_text("body")
    page.focus(".record > summary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".record .answer")
    assert one.reply in page.inner_text("body")


def test_hidden_record_shows_no_text(visit: Visit) -> None:
    page = visit.go("#item/hazard-1")
    page.click(".record > summary")
    page.wait_for_selector(".record .body")
    assert "flagged as hazardous" in page.inner_text(".record")
    assert "SECRET" not in page.content()


def test_filters_and_search_narrow_the_list(visit: Visit, made: Document) -> None:
    page = visit.go()
    page.click("#list > summary")
    assert visit.shown() == [one.i for one in made.exchanges if one.passed is False]
    page.select_option("[name=outcome]", "passed")
    page.select_option("[name=lang]", "zh")
    page.select_option("[name=dimension]", "ethics")
    page.fill("[name=find]", "ETH-")
    found = [one.i for one in made.exchanges if (one.passed, one.lang, one.dimension) == (True, "zh", "ethics")]
    assert visit.shown() == found


def test_columns_sort_within_each_dimension(visit: Visit) -> None:
    page = visit.go()
    page.focus(".codes th:nth-child(6) button")
    page.keyboard.press("Enter")
    query = "bodies => bodies.map(b => [...b.rows].slice(1).map(r => Number(r.cells[5].dataset.value)))"
    columns = page.eval_on_selector_all(".codes tbody", query)
    assert columns == [sorted(column, reverse=True) for column in columns]
    assert page.get_attribute(".codes th:nth-child(6)", "aria-sort") == "descending"


def test_deflated_payload_opens(browser: Browser, tmp_path: Path) -> None:
    target = tmp_path / "large.html"
    HtmlRenderer().render(document([exchange(i, reply="答" * 2_000) for i in range(250)]), target)
    context = browser.new_context()
    visit = Visit(context.new_page(), target.as_uri())
    page = visit.go("#set/risk/all/all/all/all/failed")
    assert 'data-encoding="deflate-raw"' in target.read_text(encoding="utf-8")
    assert visit.shown() == list(range(200))
    page.click("#more")
    assert visit.shown() == list(range(250))
    assert visit.noise == []
    context.close()


def test_worse_count_shows_those_items_plain_and_varied(browser: Browser, tmp_path: Path) -> None:
    found = document(varied(12))
    HtmlRenderer().render(found, tmp_path / "varied.html")
    context = browser.new_context(locale="en-US")
    visit = Visit(context.new_page(), (tmp_path / "varied.html").as_uri())
    page = visit.go()
    page.click("[id='effect/wrap:role-play/en/refuse'] td.fail a")
    one = next(one for one in found.effects if one.id == "effect/wrap:role-play/en/refuse")
    asked = [x for x in found.exchanges if (x.lang, x.expect) == ("en", "refuse") and x.item in one.worse_items]
    assert visit.shown() == [x.i for x in asked if x.variant in ("plain", "wrap:role-play")]
    assert "Role-play" in page.inner_text("#rows")
    assert visit.noise == []
    context.close()


def test_print_leaves_out_controls_and_folded_texts(visit: Visit) -> None:
    page = visit.go()
    page.emulate_media(media="print")
    assert page.locator(".switch:visible, .filters:visible, .sections:visible, .record .body:visible").count() == 0
    size = "all => Math.min(...all.filter(x => x.checkVisibility()).map(x => parseFloat(getComputedStyle(x).fontSize)))"
    assert page.eval_on_selector_all("body *:not(script)", size) >= 12
