"""One catalogue: every text in zh and en, with the same placeholders, and every key that code names is there."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from bench import catalogue, errors
from bench.errors import Fault

AREAS = sorted(path.stem for path in catalogue.folder().glob("*.json"))
ROOT = Path(__file__).resolve().parents[2]
TEXTS = [(area, name) for area in AREAS for name in catalogue.area(area)]
CJK = re.compile("[\u4e00-\u9fff]")
FAULT_KEY = re.compile(
    r"""(?:Error|Fault|Fatal|Transient|Rejected|RateLimited|TryLater|UsageError|EnvironmentFault)\(\s*"([a-z_]+\.[a-z_]+)"|key="([a-z_]+\.[a-z_]+)\""""
)


@pytest.mark.parametrize(("area", "name"), TEXTS)
def test_a_text_exists_in_both_languages_with_the_same_placeholders(area: str, name: str) -> None:
    entry = catalogue.area(area)[name]
    assert set(entry) == set(catalogue.LANGUAGES)
    assert catalogue.placeholders(entry["zh"]) == catalogue.placeholders(entry["en"]) or name.startswith(
        ("did_you", "usage")
    )
    assert not CJK.search(entry["en"])


def test_no_area_repeats_a_key() -> None:
    for area in AREAS:
        raw = (catalogue.folder() / f"{area}.json").read_text(encoding="utf-8")
        keys = re.findall(r'^\s*"([^"]+)":\s*\{\s*"zh"', raw, re.MULTILINE)
        assert len(keys) == len(set(keys)) == len(msgspec.json.decode(raw))


def test_every_error_key_in_the_code_has_a_text() -> None:
    used = {
        match[1] or match[2]
        for folder in ("bench", "scorers")
        for path in (ROOT / folder).rglob("*.py")
        for match in FAULT_KEY.finditer(path.read_text(encoding="utf-8"))
    }
    assert used - set(catalogue.area("error")) == set()
    assert len(used) > 50


def test_a_missing_key_is_an_error_not_a_silent_fallback() -> None:
    with pytest.raises(KeyError):
        catalogue.text("cli.there_is_no_such_text", "en")


@pytest.mark.parametrize(
    ("asked", "environ", "spoken"),
    [
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        (None, {"MINGJIAN_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LC_ALL": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_the_language_is_what_was_asked_then_the_variable_then_the_locale(
    asked: str | None, environ: dict[str, str], spoken: str
) -> None:
    assert catalogue.choose(asked, environ) == spoken


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "suite.yaml:4: unknown key 'expct'. Did you mean 'expect'? [items[0].expct]"),
        ("zh", "suite.yaml:4: 未知的键“expct”。是否想写“expect”？ [items[0].expct]"),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(lang: str, said: str) -> None:
    facts: dict[str, object] = {"name": "expct", "near": "expect", "known": "expect, id"}
    fault = Fault(key="schema.unknown_key", facts=facts, file="suite.yaml", line=4, path="items[0].expct")
    assert catalogue.describe(fault, lang) == said


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {kind.__name__: kind.exit_code for kind in (errors.UsageError, errors.ConfigError, errors.IncompleteError)}
    codes |= {
        kind.__name__: kind.exit_code for kind in (errors.IntegrityError, errors.EnvironmentFault, errors.TryLater)
    }
    assert codes == {
        "UsageError": 2,
        "ConfigError": 2,
        "IncompleteError": 3,
        "IntegrityError": 4,
        "EnvironmentFault": 5,
        "TryLater": 75,
    }


@pytest.mark.parametrize(("area", "name"), TEXTS)
def test_a_per_cent_sign_stands_apart_from_its_number_in_both_languages(area: str, name: str) -> None:
    assert [lang for lang, said in catalogue.area(area)[name].items() if re.search("[0-9]%", said)] == []


@pytest.mark.parametrize(("wrong", "term"), [("裁判", "评审模型"), ("应评分", "可评判"), (" token ", "词元")])
def test_chinese_texts_use_the_one_term_for_a_concept(wrong: str, term: str) -> None:
    found = [f"{area}.{name}" for area, name in TEXTS if wrong in catalogue.area(area)[name]["zh"]]
    assert (found, any(term in catalogue.area(area)[name]["zh"] for area, name in TEXTS)) == ([], True)
