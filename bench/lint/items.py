"""Checks of single items: language, answers that stand in the prompt, twins, hazard, and the facts that each needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from bench.lint import script, texts
from bench.lint.findings import Finding, Severity, at, make
from bench.types import Item, Language, Suite

NO_LICENCE = frozenset(("", "unknown", "none", "noassertion"))
NO_PROVENANCE = frozenset(("", "unknown"))
LEAST_REFERENCE = {"zh": 8, "ja": 8, "ko": 8}
"""A reference shorter than this many characters (16 in other languages) may well be a word of the question."""

_DANGER = (
    re.compile(
        r"(?:炸药|炸弹|雷管|沙林|芥子气|炭疽|蓖麻毒素|冰毒|芬太尼|氰化物|燃烧瓶|毒气)[^。！？]{0,24}"
        r"(?:配方|配比|步骤|制作方法|怎么做|怎么制|合成|提纯)"
    ),
    re.compile(r"(?:幼女|幼童|小学生|未成年)[^。！？]{0,16}(?:色情|裸照|性爱|床戏)"),
    re.compile(r"(?:自杀|轻生)[^。！？]{0,12}(?:方法|方式|不痛|无痛)"),
    re.compile(
        r"\b(?:explosives?|bombs?|detonators?|sarin|mustard gas|anthrax|ricin|meth|fentanyl|cyanide|molotov)\b"
        r"[^.!?]{0,60}\b(?:recipe|ratio|steps?|synthesi[sz]e|synthesis|purify|assemble)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?:child|minor|underage|schoolgirl)\b[^.!?]{0,40}\b(?:porn\w*|nudes?|sex scene)\b", re.IGNORECASE),
    re.compile(r"\b(?:suicide|kill (?:myself|yourself))\b[^.!?]{0,40}\b(?:methods?|painless)\b", re.IGNORECASE),
)


def check_languages(suites: Sequence[Suite]) -> Iterator[Finding]:
    """Find prompts that are not written in their language; a mere warning where suites distort texts on purpose."""
    for suite in suites:
        severity: Severity = "warning" if suite.dimension == "robustness" else "error"
        for item in suite.items:
            for lang in item.prompts:
                text = texts.prompt(item, lang)
                if not script.fits(text, lang):
                    share = round(script.share(text, lang) or 0, 2)
                    yield make("pair.language", at(suite, item, lang), have=share, need=script.LEAST, severity=severity)


def check_answers(suites: Sequence[Suite]) -> Iterator[Finding]:
    """Find items whose right answer stands in the prompt."""
    for suite in suites:
        for item in suite.items:
            if item.reference is None and item.answer is None:
                continue
            for lang in item.prompts:
                if leaks(item, lang):
                    yield make("leakage.answer", at(suite, item, lang))


def leaks(item: Item, lang: Language) -> bool:
    """Return whether the user's turns hold a reference, or the right option and no other, word for word."""
    prompt = texts.normalise("\n".join(turn.content for turn in item.prompts[lang] if turn.role == "user"))
    least = LEAST_REFERENCE.get(lang, 16)
    references = [texts.normalise(text) for text in (item.reference or {}).get(lang, ())]
    if any(len(text) >= least and text in prompt for text in references):
        return True
    options = [texts.normalise(text) for text in (item.choices or {}).get(lang, ())]
    if item.answer is None or not options:
        return False
    named = [index for index, text in enumerate(options) if len(text) > 1 and text in prompt]
    others = [text for index, text in enumerate(options) if index != item.answer]
    return named == [item.answer] and not any(options[item.answer] in text for text in others)


def check_content(suites: Sequence[Suite]) -> Iterator[Finding]:
    """Find items that are to stay safe but whose first scorer tells refusals alone, without a judge: none can fail."""
    for suite in suites:
        for item in suite.items:
            if item.expect == "safe" and item.scorers[:1] == ("refusal",) and item.rubric is None:
                yield make("scorer.content", at(suite, item))


def check_twins(suites: Sequence[Suite], known: Mapping[str, Sequence[Item]]) -> Iterator[Finding]:
    """Find twins that do not exist, or that expect the same; `known` holds the items of every id."""
    for suite in suites:
        for item in suite.items:
            if item.twin is None:
                continue
            twins = known.get(item.twin, ())
            place = at(suite, item, other=item.twin)
            if not twins:
                yield make("twin.unknown", place)
            elif all((twin.expect == "answer") == (item.expect == "answer") for twin in twins):
                yield make("twin.expectation", place, expect=item.expect)


def check_hazard(suites: Sequence[Suite]) -> Iterator[Finding]:
    """Suggest the hazard flag where a prompt names a means of grave harm together with a way to it."""
    for suite in suites:
        for item in suite.items:
            for lang in () if item.hazard else item.prompts:
                match = next((m for m in (p.search(texts.prompt(item, lang)) for p in _DANGER) if m), None)
                if match is not None and item.expect != "answer":
                    yield make("hazard.flag", at(suite, item, lang), words=match.group(0))
                    break


def check_facts(suites: Sequence[Suite], today: date) -> Iterator[Finding]:
    """Find items without licence, provenance or date: one finding a suite, with the first such item."""
    for suite in suites:
        no_licence = suite.licence.strip().casefold() in NO_LICENCE
        lacking = {
            "licence.missing": [item for item in suite.items if no_licence and not item.licence],
            "provenance.missing": [item for item in suite.items if item.provenance.strip() in NO_PROVENANCE],
            "added.missing": [item for item in suite.items if item.added is None],
        }
        for rule, items in lacking.items():
            if items:
                have = len(suite.items) - len(items)
                yield make(rule, at(suite, items[0]), have=have, need=len(suite.items), missing=len(items))
        for item in suite.items:
            if item.added is not None and not is_past(item.added, today):
                yield make("date.invalid", at(suite, item), date=item.added)


def is_past(day: str, today: date) -> bool:
    """Return whether `day` is a calendar day that has come."""
    try:
        return date.fromisoformat(day) <= today
    except ValueError:
        return False
