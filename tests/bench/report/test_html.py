"""The HTML report as text: strict, complete in both languages, and deaf to what models write."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from bench.report import payload
from bench.report.document import Document, Turn
from bench.report.html import HtmlRenderer, render
from bench.types import Text
from tests.bench.report.documents import document, exchange, realistic

HOSTILE = (
    *(
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "--><script>alert(1)</script>",
    ),
    *(
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<body onload=alert(1)>",
    ),
    *(
        '"><img src=x onerror=alert(1)>',
        "'><img src=x onerror=alert(1)>",
        '" onmouseover="alert(1)',
        "' onfocus='alert(1)' autofocus='",
    ),
    *(
        "` onclick=alert(1) `",
        "</style><script>alert(1)</script>",
        "</title><script>alert(1)</script>",
        "</option></select><b>",
    ),
    *(
        "<iframe src=//evil.example>",
        "<object data=//evil.example>",
        "<embed src=//evil.example>",
        "<base href=//evil.example/>",
    ),
    *(
        "<link rel=stylesheet href=//evil.example>",
        "<meta http-equiv=refresh content=0;url=//evil.example>",
        "<form action=//evil.example>",
    ),
    *(
        "<a href=javascript:alert(1)>x</a>",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
    ),
    *(
        "<math><mi xlink:href=javascript:alert(1)>",
        "<video><source onerror=alert(1)>",
        "<details open ontoggle=alert(1)>",
        "<input autofocus onfocus=alert(1)>",
    ),
    *(
        "<template><script>alert(1)</script></template>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<xmp><script>",
        "<plaintext>",
    ),
    *(
        "<textarea></textarea><script>alert(1)</script>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?xml version='1.0'?><x>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
    ),
    *(
        "{{ 7 * 7 }}",
        "{% include 'x' %}",
        "${alert(1)}",
        "{#",
        "{{ self.__init__.__globals__ }}",
        "#{1}",
        "%s%n",
        "{0.__class__}",
        "{model}",
    ),
    *(
        "&lt;script&gt;",
        "&#60;script&#62;",
        "&#x3c;script&#x3e;",
        "\\u003cscript\\u003e",
        "\\x3cscript\\x3e",
        "＜script＞alert(1)＜/script＞",
    ),
    *(
        "\x1b[31mred\x1b[0m",
        "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
        "\x9b31m",
        "\x00",
        "\x07\x08\x7f",
        "a\rb",
        "\u202egnp.exe\u202c",
    ),
    *(
        "\u2066x\u2069",
        "a\u200bb\u200cc\u200dd\ufeff",
        "\U000e0041\U000e0042",
        "\ud800",
        "\udc00\ud800",
        "x\ufe00\U000e0100y",
        "\u2028\u2029",
    ),
    *("\uffff\ufffe", "\u3164\u115f", "Z\u0351\u034f" * 40, "\u202d", "]]>", "'\"`<>&/\\", "__proto__", "constructor"),
)


class Page(HTMLParser):
    """Collects what a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, str] = {}
        self.langs: list[str] = []
        self.open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.open = f"{tag}/{found.get('type', '')}"
        if lang := found.get("data-lang"):
            self.langs.append(lang)

    def handle_data(self, data: str) -> None:
        if self.open.startswith(("script", "style")):
            self.inside[self.open] = self.inside.get(self.open, "") + data

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def values(self, name: str) -> list[str]:
        return [found[name] or "" for _, found in self.tags if name in found]

    def shapes(self) -> set[tuple[str, ...]]:
        return {(tag, *sorted(found)) for tag, found in self.tags}

    def data(self) -> dict[str, Any]:
        text = self.inside["script/application/json"]
        attrs = next(found for tag, found in self.tags if found.get("id") == "data")
        if "data-encoding" in attrs:
            text = zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS).decode()
        found: dict[str, Any] = json.loads(text)
        return found


@pytest.fixture(scope="module")
def made() -> Document:
    return document(realistic(60))


@pytest.fixture(scope="module")
def page(made: Document) -> Page:
    return Page(render(made))


def test_file_is_written_as_utf8(tmp_path: Path, made: Document) -> None:
    HtmlRenderer().render(made, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render(made)


@pytest.mark.parametrize(("source", "element"), [("script-src", "script/"), ("style-src", "style/")])
def test_policy_allows_exactly_our_own_script_and_style(page: Page, source: str, element: str) -> None:
    policy = next(found["content"] for tag, found in page.tags if tag == "meta" and "http-equiv" in found) or ""
    digest = base64.b64encode(hashlib.sha256(page.inside[element].encode()).digest()).decode()
    assert policy.startswith("default-src 'none';")
    assert f"{source} 'sha256-{digest}';" in policy
    assert "unsafe" not in policy


def test_nothing_is_loaded_and_no_code_stands_in_attributes(page: Page) -> None:
    assert [tag for tag, found in page.tags if "src" in found] == []
    assert {href[:1] for href in page.values("href")} == {"#", "d"}
    assert [href for href in page.values("href") if href[0] == "d"] == ["data:,"]
    assert [name for _, found in page.tags for name in found if name.startswith("on") or name == "style"] == []


def test_every_text_has_its_twin(page: Page) -> None:
    assert len(page.langs) > 500
    assert page.langs[::2] == ["zh"] * (len(page.langs) // 2)
    assert page.langs[1::2] == ["en"] * (len(page.langs) // 2)
    assert [found for _, found in page.tags if ("data-zh" in found) != ("data-en" in found)] == []


def test_ids_are_unique_and_every_figure_has_one(page: Page, made: Document) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    wanted = [one.id for part in (made.rows, made.gaps, made.identity, made.cautions, made.environment) for one in part]
    assert set(wanted) <= set(ids)


def test_every_link_leads_somewhere(page: Page) -> None:
    data, ids = page.data(), set(page.values("id"))
    items = {f"item/{row[data['fields'].index('item')]}" for row in data["rows"]}
    sets = {f"set/{key}" for key in data["sets"]} | {
        f"set/{key[:-3]}unscored" for key in data["sets"] if key.endswith("/all")
    }
    statuses = {f"status/{row[data['fields'].index('status')]}" for row in data["rows"]}
    targets = {unquote(href[1:]) for href in page.values("href") if href.startswith("#")}
    assert targets - ids - items - sets - statuses == set()


def test_sets_hold_the_records_of_their_figures(page: Page, made: Document) -> None:
    sets = page.data()["sets"]
    for row in made.rows:
        assert undelta(sets[f"{row.id}/failed"]) == sorted(row.failures)
        assert undelta(sets[f"{row.id}/all"]) == sorted(row.records)


def undelta(steps: list[int]) -> list[int]:
    return [sum(steps[: index + 1]) for index in range(len(steps))]


def test_flips_lead_to_both_records_of_each_item() -> None:
    pair = [
        exchange(0, lang="zh", passed=True),
        exchange(1, lang="en", passed=False),
        exchange(2, lang="zh", item="other"),
    ]
    sets = Page(render(document(pair))).data()["sets"]
    assert undelta(sets["gap/risk/all/zh/en/first"]) == [0, 1]
    assert sets["gap/risk/all/zh/en/second"] == []


def test_same_document_gives_same_page(made: Document) -> None:
    assert render(made) == render(made)


def hostile(text: str) -> Document:
    """Return a document that carries `text` wherever strangers' words can stand."""
    asked = (Turn(role=text, content=text),)
    one = exchange(
        0, item=text, label=text, reason=text, detail=text, messages=asked, reply=text, reasoning=text, variant=text
    )
    two = exchange(1, passed=True, lang="en", item=text, codes=(f"cn-31:{text[:99]}",), scorer=text, suite=text)
    made = document([one, two])
    said = Text(zh=text, en=text + "!")
    facts = tuple(msgspec.structs.replace(fact, value=said, label=said) for fact in made.identity)
    names = {**made.names, "cn-31:A.1-a": said, "status.answered": said, "language.zh": said, text: said}
    return msgspec.structs.replace(made, title=said, identity=facts, environment=facts[:0], names=names)


@pytest.fixture(scope="module")
def harmless() -> Page:
    return Page(render(hostile("harmless")))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_stay_text(harmless: Page, text: str) -> None:
    rendered = render(hostile(text))
    found = Page(rendered)
    rendered.encode()
    assert found.shapes() <= harmless.shapes()
    assert [tag for tag, _ in found.tags].count("script") == 2
    assert {href[:1] for href in found.values("href")} == {"#", "d"}
    assert not set(rendered) & set("\x00\x07\x08\x1b\x7f\x9b\r\u200b\u2028\u202e\u2066\ufeff\ufffe\uffff\U000e0041")
    assert found.data()["rows"]


@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "<b>" * 300_000, "\x1b\u202e" * 400_000], ids=["line", "tags", "controls"]
)
def test_huge_texts_are_cut(text: str) -> None:
    asked = (Turn(role="user", content=text),)
    found = render(document([exchange(0, messages=asked, reply=text, reasoning=text, detail=text, reason=text)]))
    assert len(found) < 1_000_000
    assert Page(found).data()["rows"][0][-1] > 2_000_000 - 400_000


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(HOSTILE)) >= 60


def test_hidden_records_keep_no_text() -> None:
    asked = (Turn(role="user", content="SECRET"),)
    secret = {
        "messages": asked,
        "reply": "SECRET",
        "reasoning": "SECRET",
        "detail": "SECRET",
        "reason": "failed: SECRET",
    }
    page = Page(render(document([exchange(0, hidden=True, passed=None, **secret)])))
    assert "SECRET" not in json.dumps(page.data())
    assert "SECRET" not in "".join(value for name in ("id", "href", "data-zh") for value in page.values(name))


def test_control_characters_are_shown_in_the_data() -> None:
    rows = Page(render(document([exchange(reply="\x1b[1m\u202eabc\ud800\r\n\tend")]))).data()["rows"]
    assert rows[0][payload.FIELDS.index("reply")] == "␛[1m⟨U+202E⟩abc⟨U+D800⟩\n\tend"


@pytest.mark.parametrize(
    "langs", [("zh",), ("en",), ("zh", "en", "vi"), ("vi",)], ids=["zh only", "en only", "three", "a stranger"]
)
def test_any_set_of_languages_renders(langs: tuple[str, ...]) -> None:
    found = Page(render(document([exchange(i, lang=lang, passed=i % 2 == 0) for i, lang in enumerate(langs)])))
    assert len(found.data()["rows"]) == len(langs)


def test_empty_run_renders() -> None:
    assert Page(render(document([], planned=40))).data()["rows"] == []


def test_unscored_run_renders() -> None:
    found = document([exchange(i, passed=None, label=None, status="error", reply="") for i in range(3)])
    assert "0 / 0" in render(found)


def test_payload_is_deflated_when_large_and_plain_when_small() -> None:
    assert not payload.pack(document(realistic(4))).deflated
    assert payload.pack(document([exchange(i, reply="x" * 9_000) for i in range(40)])).deflated


def test_texts_are_cut_to_the_budget_and_failures_keep_more() -> None:
    noise = [hashlib.sha512(bytes([i])).hexdigest() * 20 for i in range(40)]
    found = document([exchange(i, reply=text, passed=i % 2 == 0) for i, text in enumerate(noise)])
    small = payload.pack(found, budget=60_000)
    rows = json.loads(small.data)["rows"]
    reply = payload.FIELDS.index("reply")
    assert small.cut
    assert len(small.data) <= 60_000
    assert len(rows[1][reply]) == payload.FAILED * len(rows[0][reply])
    assert rows[0][-1] == len(noise[0]) - len(rows[0][reply])


def test_ten_thousand_records_stay_below_five_megabytes() -> None:
    assert len(render(document(realistic(5_000))).encode()) < 5_000_000
