"""Checks across items: near-duplicates within and across banks, template shares, and outliers of length."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from math import log
from typing import Any

from bench.lint import similar, texts
from bench.lint.findings import Finding, Place, at, make
from bench.types import Item, Language, Suite, Value

SHARE_PERCENT = 2
"""At most this share of items may have a near-duplicate."""
TEMPLATE_PERCENT = 50
"""At most this share of a bank's items may come from templates."""
TEMPLATE_SIZE = 5
"""At most so many items may come from one template."""
FAR = 5.0
"""A length this many (scaled) median deviations from the suite's median, on a logarithmic scale, is an outlier."""
ENOUGH = 20
"""Suites with fewer items are not judged by lengths."""


class Similarity(Value, frozen=True):
    """How many items of one language have a near-duplicate."""

    language: Language
    threshold: str
    items: int
    pairs: int
    meant: int
    """Pairs that are alike on purpose (one `metadata.group`, or twins); in no other figure."""
    in_pairs: int
    percent: float


def check_similar(suites: Sequence[Suite], threshold: str) -> tuple[list[Finding], list[Similarity]]:
    """Find near-duplicates in every language, and a share of them that is too high."""
    findings: list[Finding] = []
    figures = []
    for lang in texts.languages(suites):
        members = texts.in_language(suites, lang)
        every = similar.pairs([texts.prompt(item, lang) for _, item in members], threshold)
        pairs = [pair for pair in every if not meant(members[pair.first][1], members[pair.second][1])]
        for pair in pairs:
            suite, item = members[pair.second]
            other_suite, other = members[pair.first]
            place = at(suite, item, lang, f"{other_suite.name}/{other.id}")
            findings.append(make("near-duplicate", place, have=round(pair.similarity, 3), need=float(threshold)))
        figure = measure(lang, threshold, len(members), pairs, len(every) - len(pairs))
        figures.append(figure)
        if pairs and figure.in_pairs * 100 >= SHARE_PERCENT * len(members):
            facts: dict[str, Any] = {"have": figure.percent, "need": SHARE_PERCENT}
            findings.append(make("near-duplicate.share", Place(language=lang), **facts, pairs=len(pairs)))
    return findings, figures


def meant(one: Item, two: Item) -> bool:
    """Return whether two items are alike on purpose: members of one group (`metadata.group`), or twins."""
    group = one.metadata.get("group")
    grouped = group is not None and one.suite == two.suite and two.metadata.get("group") == group
    return grouped or one.twin == two.id or two.twin == one.id


def measure(lang: Language, threshold: str, items: int, pairs: Sequence[similar.Pair], meant: int) -> Similarity:
    """Return the share of items that are in a pair."""
    involved = {number for pair in pairs for number in (pair.first, pair.second)}
    return Similarity(
        language=lang, threshold=threshold, items=items, pairs=len(pairs), meant=meant, in_pairs=len(involved),
        percent=round(100 * len(involved) / items, 2) if items else 0.0,
    )  # fmt: skip


def check_templates(suites: Sequence[Suite]) -> Iterator[Finding]:
    """Find templates with many items, and banks that are mostly templates."""
    banks: dict[str, list[Item]] = defaultdict(list)
    for suite in suites:
        if suite.bank is not None:
            banks[suite.bank].extend(suite.items)
        sizes = Counter(item.template for item in suite.items if item.template is not None)
        for template, size in sizes.items():
            if size > TEMPLATE_SIZE:
                yield make("template.size", at(suite, other=template), have=size, need=TEMPLATE_SIZE)
    for bank, items in banks.items():
        made = sum(item.template is not None for item in items)
        if made * 100 > TEMPLATE_PERCENT * len(items):
            have = round(100 * made / len(items), 1)
            yield make("template.share", Place(bank=bank), have=have, need=TEMPLATE_PERCENT)


def check_lengths(suites: Sequence[Suite]) -> Iterator[Finding]:
    """Find prompts much longer or shorter than their suite's, and pairs whose lengths do not go together."""
    for suite in suites:
        if len(suite.items) < ENOUGH:
            continue
        lengths = {lang: [len(texts.prompt(item, lang)) for item in suite.items] for lang in suite.languages}
        for lang in suite.languages:
            for number in outliers([log(max(1, length)) for length in lengths[lang]]):
                have = lengths[lang][number]
                middle = round(statistics.median(lengths[lang]))
                yield make("length.outlier", at(suite, suite.items[number], lang), have=have, need=middle)
        yield from _check_pairs(suite, lengths)


def _check_pairs(suite: Suite, lengths: dict[Language, list[int]]) -> Iterator[Finding]:
    """Find items one of whose languages is much longer than the other, compared with the rest of the suite."""
    first, *others = suite.languages
    for lang in others:
        ratios = [max(1, two) / max(1, one) for one, two in zip(lengths[first], lengths[lang], strict=True)]
        for number in outliers([log(ratio) for ratio in ratios]):
            middle = round(statistics.median(ratios), 2)
            place = at(suite, suite.items[number], lang)
            yield make("length.pair", place, have=round(ratios[number], 2), need=middle, first=first)


def outliers(values: Sequence[float]) -> list[int]:
    """Return the places of values that are far from the median, measured by the median deviation."""
    middle = statistics.median(values)
    spread = statistics.median([abs(value - middle) for value in values]) * 1.4826
    return [number for number, value in enumerate(values) if spread and abs(value - middle) > FAR * spread]
