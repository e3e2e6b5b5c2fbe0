"""Provider files: strict, honest about what is not confirmed, and what follows from them for a request."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from bench import addresses, models, plugins, providers
from bench.adapters.openai import OpenAIAdapter
from bench.errors import ConfigError, EnvironmentFault, Transient
from bench.providers import Limit, Signal
from bench.types import Case, Message, Model, Reply, Sampling
from tests.endpoint import Endpoint

NAMES = providers.names()
MINIMAL = "provider: mine\ntitle: {zh: 我的, en: Mine}\nverified: {date: '2026-11-23', by: documents}\n"


def adapter(provider: str | None, environ: dict[str, str] | None = None, **changes: Any) -> OpenAIAdapter:
    made = Model(model=changes.pop("model", "m"), adapter="openai", provider=provider, **changes)
    return OpenAIAdapter(made, environ or {})


def sent(provider: str, **changes: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and headers of one request of a model of `provider`."""
    case = Case(key="k", suite="s", item="q", lang="zh", messages=(Message("user", "1"),), parameters=Sampling())

    async def go(url: str) -> Reply:
        made = adapter(provider, {"TEST_KEY": "sk-test-0123456789"}, base_url=url, key_env="TEST_KEY", **changes)
        async with made as opened:
            return await opened.generate(case)

    with Endpoint() as server:
        asyncio.run(go(server.url))
    return server.bodies[0], server.headers[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_provider_is_whole(name: str) -> None:
    found = providers.load(name)
    assert found.provider == name
    assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", found.verified.date)
    assert all(note.zh and note.en for note in found.notes)
    assert found.regions or name == "generic"
    assert not found.key_needed or found.key_env
    assert not found.moderated or found.filter or name in ("gemini",)


def test_there_is_a_file_for_each_vendor() -> None:
    wanted = "deepseek dashscope zhipu moonshot qianfan ark hunyuan stepfun minimax siliconflow huawei-maas mimo"
    assert {*wanted.split(), "openai", "azure-openai", "anthropic", "gemini", "vllm", "ollama"} <= set(NAMES)
    assert len(NAMES) >= 18


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("colour: red\n", "schema.unknown_key"),
        ("filter: [{status: [400], messages: [x]}]\n", "schema.unknown_key"),
        ("filter: [{kind: maybe}]\n", "schema.not_in_set"),
        ("finish: {stop: fine}\n", "schema.not_in_set"),
        ("filter: [{pattern: '(a'}]\n", "provider.bad_pattern"),
        (r"filter: [{pattern: '(a)\1'}]" + "\n", "provider.bad_pattern"),
        ("sampling: [{parameter: temperature, models: '['}]\n", "provider.bad_pattern"),
        ("regions: {cn: 'http://api.example.com'}\nregion: cn\n", "provider.bad_region"),
        ("regions: {cn: 'https://169.254.169.254'}\nregion: cn\n", "provider.bad_region"),
        ("regions: {cn: 'https://api.example.com'}\nregion: us\n", "provider.no_region"),
        ("regions: {cn: 'https://api.example.com'}\n", "provider.no_region"),
    ],
)
def test_a_fault_in_a_provider_file_is_found_and_placed(line: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL + line, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        providers.load(str(path))
    fault = caught.value.faults[0]
    assert (fault.key, fault.file) == (key, str(path))
    assert fault.line is not None


def test_a_provider_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL + "regions: {cn: 'https://api.example.com/v9'}\nregion: cn\n", encoding="utf-8")
    assert adapter(str(path)).identity["endpoint"] == "https://api.example.com/v9/chat/completions"


def test_an_unknown_provider_names_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        providers.load("deepsek")
    assert caught.value.faults[0].facts["near"] == "deepseek"


@pytest.mark.parametrize(
    ("provider", "options", "endpoint"),
    [
        ("deepseek", {}, "https://api.deepseek.com/chat/completions"),
        ("dashscope", {"region": "sg"}, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions"),
        ("zhipu", {}, "https://open.bigmodel.cn/api/paas/v4/chat/completions"),
        ("ollama", {}, "http://localhost:11434/v1/chat/completions"),
        (
            "azure-openai",
            {"fill": {"resource": "my-res"}},
            "https://my-res.openai.azure.com/openai/v1/chat/completions",
        ),
    ],
)
def test_the_address_comes_from_the_provider(provider: str, options: dict[str, Any], endpoint: str) -> None:
    assert adapter(provider, options=options).identity["endpoint"] == endpoint


@pytest.mark.parametrize(
    ("provider", "options", "key"),
    [
        ("dashscope", {"region": "mars"}, "provider.no_region"),
        ("azure-openai", {}, "provider.needs_part"),
        ("azure-openai", {"fill": {"resource": "evil.example/x"}}, "address.name"),
        ("generic", {}, "model.needs_url"),
        ("deepseek", {"regoin": "cn"}, "local.options"),
        ("deepseek", {"proxy": "http://user:password@proxy.example"}, "provider.bad_proxy"),
        ("deepseek", {"proxy": "socks5://proxy.example"}, "provider.bad_proxy"),
        ("vllm", {"proxy": "http://proxy.example:3128"}, "address.plain"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_sent(provider: str, options: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        adapter(provider, options=options)
    assert caught.value.faults[0].key == key


def missing(made: OpenAIAdapter) -> str | None:
    async def go() -> None:
        async with made:
            pass

    try:
        asyncio.run(go())
    except EnvironmentFault as error:
        return str(error.faults[0].facts["name"])
    return None


def test_a_provider_s_key_is_read_for_its_own_hosts_only() -> None:
    assert missing(adapter("deepseek")) == "DEEPSEEK_API_KEY"
    assert missing(adapter("zhipu", {"ZAI_API_KEY": "key-0123456789"})) is None
    assert missing(adapter("ollama")) is None
    elsewhere = adapter("deepseek", {"DEEPSEEK_API_KEY": "key-0123456789"}, base_url="https://relay.example.com/v1")
    assert elsewhere._endpoint.key is None


@pytest.mark.parametrize(
    ("provider", "thinking", "expected"),
    [
        ("dashscope", "off", {"enable_thinking": False, "enable_search": False}),
        ("dashscope", "on", {"enable_thinking": True, "enable_search": False}),
        ("dashscope", None, {"enable_search": False}),
        ("deepseek", "off", {"thinking": {"type": "disabled"}}),
        ("vllm", "off", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("generic", "off", {}),
    ],
)
def test_the_thinking_switch_is_sent_and_is_part_of_the_identity(
    provider: str, thinking: Any, expected: dict[str, Any]
) -> None:
    made = adapter(provider, thinking=thinking, base_url="http://127.0.0.1:9/v1")
    assert made.identity["extra"] == expected
    body, _ = sent(provider, thinking=thinking)
    assert {name: body[name] for name in expected} == expected


def test_a_model_s_own_keys_replace_or_remove_the_provider_s() -> None:
    body, _ = sent("dashscope", options={"extra": {"enable_search": None, "top_k": 1}})
    assert "enable_search" not in body
    assert body["top_k"] == 1


@pytest.mark.parametrize(
    ("provider", "model", "expected", "changed"),
    [
        ("minimax", "MiniMax-M2", {"temperature": 0.01, "max_tokens": 512}, {"temperature": "0 → 0.01"}),
        ("moonshot", "kimi-k2.5", {"max_tokens": 512}, {"temperature": "0 → not sent"}),
        ("mimo", "mimo-v2", {"temperature": 0, "max_completion_tokens": 512}, {}),
        ("deepseek", "deepseek-v4-pro", {"temperature": 0, "max_tokens": 512}, {}),
    ],
)
def test_what_a_provider_does_not_take_is_changed_and_recorded(
    provider: str, model: str, expected: dict[str, Any], changed: dict[str, str]
) -> None:
    assert providers.effective(providers.load(provider), Sampling(), model, None) == (expected, changed)
    made = adapter(provider, model=model, base_url="http://127.0.0.1:9/v1")
    assert made.identity["effective"] == changed


@pytest.mark.parametrize(("value", "taken"), [(0, 0.1), (0.1, 0.1), (0.5, 0.5), (2, 1)])
def test_a_value_is_clamped_to_the_nearest_allowed(value: float, taken: float) -> None:
    assert providers.clamp(value, Limit(parameter="temperature", least=0.1, most=1)) == taken


def test_the_key_stands_in_the_header_that_the_vendor_wants() -> None:
    _, headers = sent("azure-openai")
    assert headers["api-key"] == "sk-test-0123456789"
    assert "Authorization" not in headers


def test_a_proxy_is_used_only_when_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    body, _ = sent("generic")
    assert body["model"] == "m"
    with pytest.raises(Transient):
        sent("generic", options={"proxy": "http://127.0.0.1:9"})


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_fits_everything(name: str) -> None:
    for rule in providers.load(name).rules():
        assert any((rule.status, rule.code, rule.type, rule.message, rule.pattern, rule.path)), rule


def test_rules_about_a_bad_request_come_last() -> None:
    rules: tuple[Signal, ...] = providers.rules(providers.load("dashscope"))
    kinds = [rule.kind for rule in rules]
    assert "request" not in kinds[: kinds.index("request")]
    assert set(kinds[kinds.index("request") :]) == {"request"}


def test_what_is_not_confirmed_is_marked(tmp_path: Path) -> None:
    hunyuan, stepfun = providers.load("hunyuan"), providers.load("stepfun")
    assert not hunyuan.confirmed
    assert not stepfun.filter[0].confirmed
    assert not providers.load("qianfan").filter[0].confirmed


@pytest.mark.parametrize("name", NAMES)
def test_own_hosts_are_recognised(name: str) -> None:
    for url in providers.load(name).regions.values():
        host = re.sub(r"\{[a-z]+\}", "x1", url).split("/")[2].partition(":")[0]
        assert addresses.fits(url, host)
        assert not addresses.fits(url, f"{host}.evil.example")
        assert not addresses.fits(url, f"evil-{host}") or "{" in url


@pytest.mark.parametrize(
    ("form", "adapter_name", "endpoint"),
    [
        ("deepseek:deepseek-v4-flash", "openai", "https://api.deepseek.com/chat/completions"),
        ("anthropic:claude-x", "anthropic", "https://api.anthropic.com/v1/messages"),
        ("ollama:qwen3:0.6b", "openai", "http://localhost:11434/v1/chat/completions"),
    ],
)
def test_a_provider_and_a_model_make_a_one_line_form(form: str, adapter_name: str, endpoint: str) -> None:
    made = models.load(form)
    assert (made.adapter, made.name) == (adapter_name, form.partition(":")[2])
    assert plugins.adapter(made).identity["endpoint"] == endpoint


@pytest.mark.parametrize("page", ["providers.md", "providers.zh.md"])
def test_the_page_names_every_provider_and_key_variable(page: str) -> None:
    rows = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8").splitlines()
    for name in NAMES:
        (row,) = [row for row in rows if row.startswith(f"| `{name}` |")]
        needed = providers.load(name).key_env if providers.load(name).key_needed else ()
        assert all(f"`{variable}`" in row for variable in needed)
