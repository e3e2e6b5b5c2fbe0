"""Every family in every language: same seed same text, a real change, never empty, NFC, and undone where claimed."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pypinyin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import catalogue
from bench.errors import EnvironmentFault
from bench.variants import chinese, families, hanzi, sites, tables
from bench.variants.families import FAMILIES, Family, normalise, perturb

WORDS = {
    "zh": [
        "请问",
        "网络",
        "诈骗",
        "不要",
        "帮助",
        "时间",
        "AI",
        "，",
        "。",
        "？",
        "說話",
        "头发",
        " ",
        "3.5%",
        "𠮷",
        "é",
    ],
    "en": [
        "please",
        "network",
        "fraud",
        "don't",
        "help",
        "time",
        "naïve",
        ". ",
        ", ",
        "? ",
        " ",
        "3.5%",
        "https://a.b/c",
    ],
    "vi": ["xin", "chào", "tiếng", "Việt", " ", "? "],
}
SENTENCES = {
    "zh": "请问，怎样帮助父母识别网络上的AI诈骗？我们明天需要知道具体步骤，不要写太长。",
    "en": "How can I help my parents recognise fraud on the internet? Please keep it under 3,000 words.",
    "vi": "Làm thế nào để giúp cha mẹ tôi nhận ra lừa đảo trên mạng?",
}
CASES = [
    pytest.param(family, lang, id=f"{family.name}-{lang}")
    for family in FAMILIES
    for lang in SENTENCES
    if family.scope == "text" and family.speaks(lang)
]
SEEDS = st.integers(min_value=0, max_value=2**32)


def texts(lang: str) -> st.SearchStrategy[str]:
    """Texts as people write them, and any text that Unicode allows."""
    written = st.lists(st.sampled_from(WORDS[lang]), max_size=12).map("".join)
    return st.one_of(written, st.text(max_size=40))


def change(family: Family, text: str, lang: str, seed: int = 0) -> str | None:
    return perturb(family, text, lang, sites.generator(seed, "suite", "item", lang, family.name))


@pytest.mark.parametrize(("family", "lang"), CASES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_the_same_seed_makes_the_same_change_or_none(family: Family, lang: str, data: st.DataObject) -> None:
    text, seed = data.draw(texts(lang)), data.draw(SEEDS)
    changed = change(family, text, lang, seed)
    assert change(family, text, lang, seed) == changed
    if changed is not None:
        assert changed != normalise(text, lang)
        assert changed.strip()
        assert changed.encode().decode() == changed
        assert lang != "zh" or unicodedata.is_normalized("NFC", changed)


@pytest.mark.parametrize(("family", "lang"), [case for case in CASES if case.values[0].inverse is not None])  # type: ignore[union-attr]
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_an_inverse_leaves_nothing_of_the_change(family: Family, lang: str, data: st.DataObject) -> None:
    text = normalise(data.draw(texts(lang)), lang)
    changed = change(family, text, lang, data.draw(SEEDS))
    assert family.inverse is not None
    if changed is not None:
        assert normalise(family.inverse(changed), lang) == normalise(family.inverse(text), lang)


@pytest.mark.parametrize(("family", "lang"), [case for case in CASES if case.values[0].name != "simplified"])  # type: ignore[union-attr]
def test_every_family_applies_to_an_ordinary_sentence(family: Family, lang: str) -> None:
    outcomes = {change(family, SENTENCES[lang], lang, seed) for seed in range(20)}
    if (family.name, lang) != ("code-switch", "vi"):
        assert None not in outcomes


@pytest.mark.parametrize(("family", "lang"), CASES)
def test_an_empty_text_stays_alone(family: Family, lang: str) -> None:
    assert change(family, "", lang) is None
    assert change(family, " \n", lang) is None


@pytest.mark.parametrize("family", [one for one in FAMILIES if one.scope == "text"], ids=lambda one: one.name)
def test_a_family_is_silent_in_languages_it_does_not_speak(family: Family) -> None:
    spoken = [lang for lang in ("zh", "en", "ar") if change(family, "请 help me, 谢谢 friend 說話", lang) is not None]
    assert all(family.speaks(lang) for lang in spoken)
    assert not family.speaks("ar") or families.ANY in family.languages


@pytest.mark.parametrize(
    "name", ["typo", "homoglyph", "leetspeak", "casing", "spacing", "zero-width", "emoji", "full-width"]
)
@pytest.mark.parametrize("seed", range(10))
def test_addresses_code_and_numbers_stay(name: str, seed: int) -> None:
    kept = ("https://example.org/path?query=letters", "some.body@example.org", "`print(letters)`", "1,000.50")
    text = f"Please look at {kept[0]} or write to {kept[1]} about {kept[2]} worth {kept[3]} dollars today."
    changed = change(families.by_name()[name], text, "en", seed)
    assert changed is not None
    assert [part for part in kept if part not in changed] == []


@pytest.mark.parametrize("name", ["homophone", "look-alike", "pinyin", "initials"])
@pytest.mark.parametrize("seed", range(10))
def test_negations_and_numerals_stay(name: str, seed: int) -> None:
    text = "未来不要在三天内做这件没有意义的事情，请别忘记两百元。"
    changed = change(families.by_name()[name], text, "zh", seed)
    kept = [character for character in text if character in chinese.KEPT]
    assert changed is not None
    assert [changed.count(character) for character in kept] == [text.count(character) for character in kept]


def test_homophones_sound_the_same() -> None:
    style = pypinyin.Style.TONE3
    for character, others in hanzi.homophones().items():
        sounds = {tuple(pypinyin.pinyin(one, style=style, heteronym=True)[0]) for one in character + others}
        assert len(sounds) == 1
    assert len(hanzi.homophones()) > 2000


def test_the_first_level_of_gb_2312_is_whole() -> None:
    assert len(hanzi.common()) == 3755
    assert hanzi.readings("银行行长ok") == ["yin2", "hang2", "hang2", "zhang3", "", ""]


def test_tables_are_consistent() -> None:
    look_alikes = "".join(tables.groups("look-alikes"))
    assert len(look_alikes) == len(set(look_alikes))
    assert all(len(group) >= 2 for group in tables.groups("look-alikes"))
    assert all(len(character) == 1 and len(parts) >= 2 for character, parts in tables.pairs("splits").items())
    assert len(tables.pairs("code-switch")) >= 300
    for name in ("homoglyphs", "accents"):
        assert len(set(tables.pairs(name).values())) == len(tables.pairs(name))
    keys = tables.pairs("keyboard")
    assert all(key in keys[neighbour] for key, near in keys.items() for neighbour in near)


@pytest.mark.parametrize("kind", ["politeness", "question"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_frame_holds_the_request_once(kind: str, lang: str) -> None:
    assert all(frame.count("{text}") == 1 for frame in tables.frames(kind, lang))
    assert SENTENCES[lang] in (change(families.by_name()[kind], SENTENCES[lang], lang) or "")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: one.name)
@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_a_family_says_what_it_is(family: Family, lang: str) -> None:
    assert family.title.of(lang)
    assert family.note.of(lang)


@pytest.mark.parametrize(
    ("name", "lang", "text", "changed"),
    [
        ("traditional", "zh", "头发和发展", "頭髮和發展"),
        ("simplified", "zh", "頭髮和發展", "头发和发展"),
        ("simplified", "zh", "头发和发展", None),
        ("half-width", "zh", "好，真的？", "好,真的?"),
        ("full-width", "zh", "用AI吧", "用ＡＩ吧"),
        ("full-width", "zh", "用它吧", None),
        ("pinyin", "zh", "你", "nǐ"),
        ("initials", "zh", "你", "n"),
        ("split", "zh", "好", "女子"),
        ("code-switch", "zh", "朋友", "friend"),
        ("code-switch", "zh", "学习计划学习计划", "study plan 学习计划"),
        ("code-switch", "en", "My friend.", "My 朋友."),
        ("leetspeak", "en", "why so", "why 5o"),
        ("leetspeak", "en", "why", None),
        ("shuffle", "en", "One. Two.", "Two. One."),
        ("shuffle", "zh", "一。二。", "二。一。"),
        ("shuffle", "zh", "一。", None),
    ],
)
def test_small_texts(name: str, lang: str, text: str, changed: str | None) -> None:
    found = {change(families.by_name()[name], text, lang, seed) for seed in range(20)}
    assert changed in found
    assert (None in found) == (changed is None)


@pytest.mark.parametrize(("name", "package"), [("traditional", "opencc"), ("pinyin", "pypinyin")])
def test_a_missing_package_is_named_with_its_remedy(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hanzi._converter.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EnvironmentFault) as caught:
        change(families.by_name()[name], SENTENCES["zh"], "zh")
    assert "pip install 'mingjian[variants]'" in catalogue.explain(caught.value, "en")


def test_packages_for_chinese_are_loaded_on_first_use_only() -> None:
    code = (
        "import random, sys; from bench.variants import families as f; "
        "assert f.perturb(f.by_name()['typo'], 'please help', 'en', random.Random(0)); "
        "assert f.perturb(f.by_name()['split'], '你好', 'zh', random.Random(0)); "
        "print({'opencc', 'pypinyin', 'torch', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
