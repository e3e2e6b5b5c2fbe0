"""Headline findings: fixed sentences filled with figures. No model writes prose here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench import catalogue, stats
from bench.report.document import Finding
from bench.report.words import coded, short, variant
from bench.robustness import Effect
from bench.summary import ALL, SMALL, Gap, Row, Summary
from bench.types import Text

Names = Mapping[str, Text]
FEWEST_PAIRS = 10
"""A gap between languages over fewer pairs is not named as the largest."""
LEVEL = 0.05
"""A change is marked if its p value is below this after Holm's correction."""


def headline(summary: Summary, names: Names) -> tuple[Finding, ...]:
    """Return three findings: the weakest code, the largest gap between languages, the weakest variant or dimension."""
    varied = bool(summary.effects or summary.attacks)
    last = weakest_variant(summary.effects, names) if varied else weakest_dimension(summary.rows, names)
    return (weakest_code(summary.rows, names), widest_gap(summary.gaps, names), last)


def weakest_code(rows: Sequence[Row], names: Names) -> Finding:
    """Return the code with the lowest upper bound: the one that is surely bad, not the one that is merely small."""
    known = [row for row in rows if row.code != ALL and row.lang == ALL and row.estimate.n]
    if not known:
        return finding("weakest_code", "finding.no_codes")
    worst = min(known, key=lambda row: (row.estimate.high or 0, row.estimate.point or 0, row.id))
    key = "finding.all_codes_pass" if not worst.failures else "finding.weakest_code"
    facts = {"name": coded(names, worst.code, short(worst.code, {row.code for row in known})), **figures(worst)}
    return finding("weakest_code", key, names, (worst.id,), worst.failures, **facts)


def weakest_dimension(rows: Sequence[Row], names: Names) -> Finding:
    """Return the dimension and expectation with the lowest pass rate."""
    known = [
        row
        for row in rows
        if row.code == ALL and row.suite == ALL and row.lang == ALL and row.expect != ALL and row.estimate.n
    ]
    if not known:
        return finding("weakest_dimension", "finding.no_scores")
    worst = min(known, key=lambda row: (row.estimate.point or 0, row.id))
    facts = {"name": worst.dimension, "expect": f"expect.{worst.expect}", **figures(worst)}
    return finding("weakest_dimension", "finding.weakest_dimension", names, (worst.id,), worst.failures, **facts)


def weakest_variant(effects: Sequence[Effect], names: Names) -> Finding:
    """Return the largest significant drop below the plain items, or the statement that none is.

    It is picked among all languages and expectations, so Holm's correction runs over them all, where the table's runs
    over its own variants.
    """
    known = [one for one in single(effects) if one.change is not None]
    if not known:
        return finding("weakest_variant", "finding.no_variants")
    adjusted = holm(known)
    drops = [one for one in known if adjusted.get(one.id, 1.0) < LEVEL and (one.change or 0) < 0]
    worst = min(drops or known, key=lambda one: (one.change or 0, adjusted.get(one.id, 1.0), one.id))
    facts = {
        "name": variant(names, worst.variant),
        "lang": f"language.{worst.lang}",
        "expect": f"expect.{worst.expect}",
        "plain": percent(worst.plain),
        "varied": percent(worst.varied),
        "change": points(worst.change),
        "low": points(worst.low),
        "high": points(worst.high),
        "p": chance(adjusted.get(worst.id), "= "),
        "count": len(adjusted),
        "items": worst.items,
        "worse": worst.worse,
        "better": worst.better,
        "small": "finding.small" if worst.items < SMALL else "finding.enough",
    }
    key = "finding.weakest_variant" if drops else "finding.no_weak_variant"
    return finding("weakest_variant", key, names, (worst.id,), (), **facts)


def single(effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects on one language and one expectation: totals over several mix opposite changes."""
    return [one for one in effects if ALL not in (one.lang, one.expect)]


def significant(effect: Effect) -> bool:
    """Return whether a change is beyond noise after Holm's correction."""
    return effect.p_holm is not None and effect.p_holm < LEVEL


def widest_gap(gaps: Sequence[Gap], names: Names) -> Finding:
    """Return the largest gap whose interval excludes zero, or the statement that none does."""
    paired = [gap for gap in gaps if gap.difference is not None]
    if not paired:
        return finding("widest_gap", "finding.no_pairs")
    measured = [gap for gap in paired if gap.pairs >= FEWEST_PAIRS]
    if not measured:
        return finding("widest_gap", "finding.few_pairs", least=FEWEST_PAIRS)
    beyond = [gap for gap in beyond_noise(gaps) if gap.pairs >= FEWEST_PAIRS]
    widest = max(beyond or measured, key=lambda gap: (abs(gap.difference or 0), gap.pairs, gap.id))
    key = "finding.widest_gap" if beyond else "finding.no_gap"
    codes = {gap.code for gap in gaps}
    facts = {
        "name": widest.dimension if widest.code == ALL else coded(names, widest.code, short(widest.code, codes)),
        "first": f"language.{widest.first}",
        "second": f"language.{widest.second}",
        "difference": points(widest.difference),
        "low": points(widest.low),
        "high": points(widest.high),
        "pairs": widest.pairs,
        "first_only": widest.first_only,
        "second_only": widest.second_only,
        "p": chance(holm(gaps).get(widest.id), "= "),
        "count": len(holm(gaps)),
    }
    return finding("widest_gap", key, names, (widest.id,), (), **facts)


def beyond_noise(gaps: Sequence[Gap]) -> list[Gap]:
    """Return the gaps whose interval excludes zero and whose exact p is below the level after Holm over them all."""
    adjusted = holm(gaps)
    return [
        gap
        for gap in gaps
        if gap.low is not None and gap.high is not None and (gap.low > 0 or gap.high < 0) and adjusted[gap.id] < LEVEL
    ]


def holm(found: Sequence[Gap] | Sequence[Effect]) -> dict[str, float]:
    """Return the p of each measured gap, or effect, corrected for having been picked among them."""
    tested = {one.id: one.p for one in found if one.p is not None}
    return dict(zip(tested, stats.holm(list(tested.values())), strict=True))


def figures(row: Row) -> dict[str, object]:
    """Return a rate's figures for a sentence."""
    estimate = row.estimate
    return {
        "x": estimate.x,
        "n": estimate.n,
        "rate": percent(estimate.point),
        "low": percent(estimate.low),
        "high": percent(estimate.high),
        "failed": len(row.failures),
        "items": estimate.clusters,
        "small": "finding.small" if estimate.clusters < SMALL else "finding.enough",
    }


def percent(value: float | None) -> str:
    """Return a share as a percentage with one decimal; `–` where there is none."""
    return "–" if value is None else f"{value * 100:.1f} %"


def points(value: float | None) -> str:
    """Return a difference of shares in percentage points, signed, with a true minus; nought has no sign."""
    if value is None:
        return "–"
    shown = f"{value * 100:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown.replace("-", "−")


def chance(p: float | None, equals: str = "") -> str:
    """Return a p value with three decimals; never as 0."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{equals}{p:.3f}"


def finding(
    identifier: str,
    key: str,
    names: Names | None = None,
    rows: tuple[str, ...] = (),
    records: tuple[int, ...] = (),
    /,
    **facts: object,
) -> Finding:
    """Return a finding in both languages; facts that name a text or a code are put in words."""
    spoken = {lang: dict(_spoken(facts, names or {}, lang)) for lang in catalogue.LANGUAGES}
    said = {lang: catalogue.text(f"report.{key}", lang, **spoken[lang]) for lang in catalogue.LANGUAGES}
    return Finding(id=identifier, text=Text(**said), rows=rows, records=records)


def _spoken(facts: Mapping[str, object], names: Names, lang: str) -> Iterator[tuple[str, object]]:
    for name, value in facts.items():
        if isinstance(value, Text):
            yield name, value.of(lang)
        elif isinstance(value, str) and value in names:
            yield name, names[value].of(lang)
        elif isinstance(value, str) and value.startswith("finding."):
            yield name, catalogue.text(f"report.{value}", lang)
        else:
            yield name, value
