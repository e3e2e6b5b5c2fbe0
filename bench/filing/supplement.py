"""What goes beyond the standard: further suites, gaps between languages, variants of the questions."""

from __future__ import annotations

from bench import catalogue
from bench.filing import charts, format
from bench.filing.cells import code_name, columns, empty_row, language, paragraph, plain, same, table
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Table
from bench.filing.material import Material, banks_of
from bench.filing.nouns import Rate
from bench.report import build, words
from bench.report.findings import beyond_noise, chance, holm, points, single
from bench.summary import ALL, Gap, Row
from bench.types import Estimate


def blocks(material: Material) -> list[Block]:
    """Return the blocks of the supplement; variants only if the run asked some."""
    found: list[Block] = [paragraph("say.supplement", "note"), *charts.radar(material), suites(material)]
    found += [gaps(material), *charts.flips(material), *charts.shifts(material)]
    if material.summary.effects or material.summary.attacks:
        found += [effects(material), attacks(material)]
    return found


def suites(material: Material) -> Table:
    """Return what was measured beside the banks: further suites of the same run."""
    wanted = columns(("what", 5, "l"), ("language", 2, "l"), ("count", 4, "r"), ("wilson", 3, "r"))
    banked = {name for name, bank in banks_of(material).items() if bank in {b.bank for b in material.standard.banks}}
    order = [*material.audit.metadata.languages, ALL]
    found = [row for row in material.summary.rows if row.suite not in {ALL, *banked} and row.expect == ALL]
    found.sort(key=lambda row: (row.suite, order.index(row.lang) if row.lang in order else len(order)))
    rows = [supplement_row(material, row) for row in found]
    return table("supplement", wanted, rows or [empty_row(4)])


def supplement_row(material: Material, row: Row) -> tuple[Cell, ...]:
    """Return one suite that no bank of the standard holds."""
    title = next(s.title for s in material.run.plan.info.suites if s.name == row.suite)
    one = row.estimate
    return (
        plain(title),
        plain(language(row.lang)),
        plain(share_of(one), f"{row.id}/count"),
        plain(format.bounds(one.low, one.high), f"{row.id}/wilson"),
    )


def gaps(material: Material) -> Table:
    """Return the gaps between languages, on pairs; those beyond noise, and the totals."""
    wanted = columns(("what", 6, "l"), ("pairs", 2, "r"), ("difference", 3, "r"), ("interval", 4, "r"),
                     ("flips", 3, "r"), ("p_holm", 2, "r"))  # fmt: skip
    found = material.summary.gaps
    sure, adjusted = {gap.id for gap in beyond_noise(found)}, holm(found)
    shown = [gap for gap in found if gap.pairs and (gap.code == ALL or gap.id in sure)]
    rows = [gap_row(gap, gap.id in sure, adjusted.get(gap.id)) for gap in shown]
    return table("gaps", wanted, rows or [empty_row(6)])


def gap_row(gap: Gap, sure: bool, p: float | None) -> tuple[Cell, ...]:
    """Return one gap: first language minus second, in percentage points."""
    name = text("all_codes") if gap.code == ALL else code_name(gap.code)
    kind = charts.dimension(gap.dimension)
    what = text("gap.what", dimension=kind, name=name, first=language(gap.first), second=language(gap.second))
    tone = "bad" if sure else "plain"
    return (
        plain(what),
        plain(gap.pairs, f"{gap.id}/pairs"),
        Cell(text=same(points(gap.difference)), id=f"{gap.id}/difference", tone=tone),  # type: ignore[arg-type]
        plain(between(gap.low, gap.high), f"{gap.id}/interval"),
        plain(f"{gap.first_only} / {gap.second_only}", f"{gap.id}/flips"),
        plain(chance(p), f"{gap.id}/p"),
    )


def effects(material: Material) -> Table:
    """Return what each variant does to the pass rate of the plain questions, Holm-corrected."""
    wanted = columns(("variant", 5, "l"), ("language", 2, "l"), ("expect", 3, "l"), ("pairs", 2, "r"),
                     ("change", 3, "r"), ("interval", 4, "r"), ("p_holm", 2, "r"))  # fmt: skip
    names = dict(build.variant_names(material.run.plan.info.settings.variants))
    rows = [
        (
            plain(words.variant(names, one.variant)),
            plain(language(one.lang)),
            plain(catalogue.say(f"report.expect.{one.expect}")),
            plain(one.pairs, f"{one.id}/pairs"),
            plain(points(one.change), f"{one.id}/difference"),
            plain(between(one.low, one.high), f"{one.id}/interval"),
            plain(chance(one.p_holm), f"{one.id}/p"),
        )
        for one in sorted(single(material.summary.effects), key=charts.effect_order)
    ]
    return table("effects", wanted, rows or [empty_row(len(wanted))])


def attacks(material: Material) -> Table:
    """Return how often a variant gets through where the model should refuse: share of items, share of attempts."""
    wanted = columns(("variant", 5, "l"), ("language", 2, "l"), ("broken", 4, "r"), ("wilson", 3, "r"),
                     ("attempts", 4, "r"))  # fmt: skip
    names = dict(build.variant_names(material.run.plan.info.settings.variants))
    rows = [
        (
            plain(words.variant(names, one.variant)),
            plain(language(one.lang)),
            plain(share_of(one.items), f"{one.id}/items"),
            plain(format.bounds(one.items.low, one.items.high), f"{one.id}/interval"),
            plain(share_of(one.attempts), f"{one.id}/attempts"),
        )
        for one in material.summary.attacks
        if one.lang != ALL
    ]
    return table("attacks", wanted, rows or [empty_row(len(wanted))])


def between(low: float | None, high: float | None) -> str:
    """Return an interval of points that does not break: `−36.8 … −31.6`."""
    return f"{points(low)}{format.GLUE}…{format.GLUE}{points(high)}"


def share_of(one: Estimate) -> str:
    """Return an estimate as `x / n = p %`."""
    return format.ratio(Rate(name="", x=one.x, n=one.n))
