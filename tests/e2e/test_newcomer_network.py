"""What a newcomer's network may do to a model: each fault is told with the thing that has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bench.cli import progress
from bench.errors import RateLimited, Transient
from tests.conftest import Run
from tests.endpoint import Endpoint

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
MODEL = "model: odd\nadapter: openai\nbase_url: {url}\nprovider: openai\noptions: {{allow_private: true{more}}}\n"


def check(run: Run, lang: str, url: str, more: str = "") -> str:
    """Return all that `models check` says of an endpoint, which must be a fault."""
    Path("odd.yaml").write_text(MODEL.format(url=url, more=more))
    code, said, told = run(lang, "models", "check", "odd.yaml")
    assert code == 5, said + told
    return said + told


@LANGUAGES
def test_a_redirect_is_told_with_where_it_points(lang: str, run_here: Run) -> None:
    def move(body: dict[str, Any], attempt: int) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://u:pw@elsewhere.example/v1?key=pw"})

    with Endpoint(move) as endpoint:
        told = check(run_here, lang, endpoint.url)
    said = {"zh": "重定向不会被跟随", "en": "redirects are not followed"}[lang]
    assert (said in told, "https://elsewhere.example/v1" in told, "pw" in told) == (True, True, False), told


@LANGUAGES
def test_a_reply_without_a_word_is_said_to_have_none(lang: str, run_here: Run) -> None:
    with Endpoint(lambda body, attempt: web.Response(status=204)) as endpoint:
        told = check(run_here, lang, endpoint.url)
    said = {"zh": "没有给出回复，也没有说明原因（HTTP 204）", "en": "neither a reply nor a reason (HTTP 204)"}[lang]
    assert said in told, told


@LANGUAGES
def test_a_dead_proxy_is_named_rather_than_the_endpoint(lang: str, run_here: Run) -> None:
    with Endpoint() as endpoint:
        told = check(run_here, lang, endpoint.url, ", proxy: 'http://127.0.0.1:9'")
    said = {"zh": "无法连接代理 127.0.0.1:9", "en": "cannot connect to the proxy 127.0.0.1:9"}[lang]
    assert (said in told, endpoint.url.split("/")[2] in told) == (True, False), told


@LANGUAGES
@pytest.mark.parametrize(
    ("typed", "shown"), [("foo", "foo"), ("https:/foo", "https:/foo"), ("//u:pw@foo/v1?key=pw", "foo/v1")]
)
def test_an_address_that_is_none_is_quoted_as_typed_but_for_secrets(
    lang: str, typed: str, shown: str, run_here: Run
) -> None:
    Path("odd.yaml").write_text(MODEL.format(url=typed, more=""))
    code, _, told = run_here(lang, "models", "check", "odd.yaml")
    quoted = {"zh": f"“{shown}”", "en": f"'{shown}'"}[lang]
    assert (code, quoted in told, "pw" in told) == (2, True, False), told


def slow_down_once(body: dict[str, Any], attempt: int) -> web.Response | None:
    return web.Response(status=429, headers={"Retry-After": "1"}) if attempt == 1 else None


PAUSED = {"zh": "服务要求放慢（429）；1 秒后再试", "en": "the endpoint asks to slow down (429); next try in 1 s"}


@LANGUAGES
def test_a_pause_that_the_endpoint_asks_for_is_told_once(
    lang: str, run_here: Run, suite_file: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SILENCE", 0.5)
    with Endpoint(slow_down_once) as endpoint:
        code, _, told = run_here(
            lang,
            "run",
            suite_file(8),
            "--model",
            f"openai:m@{endpoint.url}",
            "--max-in-flight",
            "8",
            "--format",
            "json",
        )
    assert (code, told.count(PAUSED[lang])) == (0, 1), told


@LANGUAGES
def test_bars_show_the_pause_until_a_record_comes(lang: str) -> None:
    shown = progress.Progress([], {}, lang)
    shown.waits(59.6, RateLimited("http.rate"))
    assert PAUSED[lang].replace("1 ", "60 ") in str(list(shown.render().columns[0].cells))


@pytest.mark.parametrize("seconds", [0.3, 4.9])
def test_a_short_pause_is_not_told(seconds: float, capsys: pytest.CaptureFixture[str]) -> None:
    progress.Progress([], {}, "en").waits(seconds, RateLimited("http.rate"))
    assert capsys.readouterr().err == ""


FAILING = {"zh": "仍在重试：服务端错误（HTTP 503）", "en": "still trying: server error (HTTP 503)"}


@LANGUAGES
def test_an_endpoint_that_only_fails_is_told_before_it_is_given_up(
    lang: str, run_here: Run, suite_file: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "NOTHING", 0.0)
    with Endpoint(lambda body, attempt: web.Response(status=503) if attempt < 4 else None) as endpoint:
        model = f"openai:m@{endpoint.url}"
        code, _, told = run_here(lang, "run", suite_file(8), "--model", model, "--format", "json")
    assert (code, FAILING[lang] in told) == (0, True), told


def test_bars_show_what_fails_until_a_record_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "NOTHING", 0.0)
    shown = progress.Progress([], {}, "en")
    shown._live = object()  # type: ignore[assignment]
    shown.waits(0.1, Transient("http.timeout", host="h"))
    assert "still trying: h did not answer in time" in str(list(shown.render().columns[0].cells))


def test_failures_between_replies_are_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    progress.Progress([], {}, "en").waits(0.1, Transient("http.timeout", host="h"))
    assert capsys.readouterr().err == ""
