"""Chapter 4: results by code and language, one table a bank, and what goes beyond the standard."""

from __future__ import annotations

from collections import defaultdict

from bench.filing import charts, clauses, counts, format, nouns
from bench.filing.cells import code_name, columns, heading, language, paragraph, plain, same, table
from bench.filing.charts import Counted
from bench.filing.clauses import text
from bench.filing.counts import Count
from bench.filing.document import Block, Cell, Section, Table
from bench.filing.material import Material
from bench.standards import Bank, Clause
from bench.summary import ALL, SMALL, Gap, Row, Unit
from bench.types import Text

MEASURED = ("pass_rate", "refusal_rate")


def chapter(material: Material) -> Section:
    """Return chapter 4."""
    blocks: list[Block] = [heading("accounting"), charts.accounting(material), accounting(material)]
    for bank in material.standard.banks:
        clause = measured(material, bank.bank)
        if clause is not None:
            blocks += [heading(f"bank.{bank.bank}"), *bank_blocks(material, bank, clause)]
    if views := projected(material):
        blocks += [paragraph("say.projected", "caution"), views]
    blocks += [heading("themes"), paragraph("say.themes")]
    blocks += [heading("supplement"), paragraph("say.supplement", "note"), *charts.radar(material),
               supplement(material), gaps(material), *charts.flips(material), *charts.shifts(material)]  # fmt: skip
    return Section(id="model", title=text("chapter.model"), blocks=tuple(blocks))


def accounting(material: Material) -> Table:
    """Return where every planned case went, as numbers that add up."""
    found = material.summary.accounting
    rows = [(part.words, part.n, f"accounting/{part.name}") for part in charts.parts(material)]
    totals = ("planned", "judged", "scored", "unscored")
    rows += [(text(name), getattr(found, name), f"accounting/{name}") for name in totals]
    wanted = columns(("what", 6, "l"), ("cases", 3, "r"))
    return table("accounting", wanted, ((plain(words), plain(n, place)) for words, n, place in rows))


def measured(material: Material, bank: str) -> Clause | None:
    """Return the clause that this run measures on a bank."""
    found = (clause for clause in material.standard.clauses if clause.bank == bank and clause.metric in MEASURED)
    return next((clause for clause in found if clause.method not in ("human", "keyword")), None)


def bank_blocks(material: Material, bank: Bank, clause: Clause) -> list[Block]:
    """Return the blocks of one bank: the verdict by language, the other definitions, the rows by code."""
    found = [v for v in material.verdicts.clauses if v.id == clause.id]
    first = next(v for v in found if v.lang == nouns.ALL)
    counted = count_codes(material, bank, clause)
    return [
        paragraph("say.clause", "normal", title=first.title, line=format.bar(clause.line),
                  minimum=clause.minimum_sample),
        definitions(material, clause),
        by_code(material, bank, counted),
        paragraph("say.by_code", "note"),
        charts.heat(bank, clause, material.audit.metadata.languages, counted),
    ]  # fmt: skip


def definitions(material: Material, clause: Clause) -> Table:
    """Return one row a language and definition, the deciding one first."""
    wanted = columns(("language", 3, "l"), ("definition", 6, "l"), ("count", 4, "r"), ("wilson", 3, "r"),
                     ("exact", 3, "r"), ("left_out", 2, "r"))  # fmt: skip
    rows = []
    for verdict in (v for v in material.verdicts.clauses if v.id == clause.id):
        missing = sum(verdict.left_out.values())
        for index, rate in enumerate(r for r in (verdict.rate, *verdict.others) if r is not None):
            place = f"{clause.id}/{verdict.lang}/{rate.name}"
            rows.append((
                plain(language(verdict.lang)),
                Cell(text=text(f"definition.{rate.name}"), tone="plain" if index == 0 else "muted"),
                plain(format.ratio(rate, clause.line), f"{place}/count"),
                plain(format.wilson(rate), f"{place}/wilson"),
                plain(format.exact(rate), f"{place}/exact"),
                plain(missing if index == 0 else format.DASH, f"{place}/left_out"),
            ))  # fmt: skip
    return table(f"definitions.{clause.bank}", wanted, rows)


def count_codes(material: Material, bank: Bank, clause: Clause) -> Counted:
    """Return the count that decides, for every code in every language."""
    grouped: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in counts.of(material.units, bank.bank, banks_of(material)):
        for qualified in unit.item.codes:
            grouped[qualified, unit.record.case.lang].append(unit)
    wanted = [(f"{bank.taxonomy}:{code.code}", lang) for code in bank.codes()
              for lang in material.audit.metadata.languages]  # fmt: skip
    return {place: clauses.views(clause, grouped[place], material.verdicts.definition)[0] for place in wanted}


def by_code(material: Material, bank: Bank, counted: Counted) -> Table:
    """Return one row a code: planned, judged, failures and rate in every language."""
    languages = material.audit.metadata.languages
    wanted = [*columns(("code", 7, "l"))]
    for lang in languages:
        for column in columns(("judged", 2, "r"), ("bad", 2, "r"), ("rate", 3, "r")):
            name = language(lang)
            title = Text(zh=f"{name.zh}{column.title.zh}", en=f"{name.en}: {column.title.en}")
            wanted.append(type(column)(title=title, width=column.width, align=column.align))
    rows = []
    for code in bank.codes():
        full = f"{bank.taxonomy}:{code.code}"
        row = [plain(code_name(full))]
        for lang in languages:
            row += figures(counted[full, lang], f"code/{bank.bank}/{full}/{lang}")
        rows.append(tuple(row))
    return table(f"codes.{bank.bank}", tuple(wanted), rows)


def figures(count: Count, place: str) -> list[Cell]:
    """Return judged of planned, failures, and the rate (marked where few items were judged)."""
    small = "†" if 0 < count.rate.n < SMALL else ""
    bad = Cell(text=same(len(count.bad)), id=f"{place}/bad", tone="bad" if count.bad else "plain")
    return [
        plain(f"{count.rate.n}/{count.planned}", f"{place}/judged"),
        bad,
        plain(format.share(count.rate.x, count.rate.n) + small, f"{place}/rate"),
    ]


def banks_of(material: Material) -> dict[str, str | None]:
    """Return suite → bank of this run."""
    return {suite.name: suite.bank for suite in material.run.plan.info.suites}


def projected(material: Material) -> Table | None:
    """Return the crosswalk view: one row a clause and language."""
    views = {clause.id for clause in material.standard.clauses if clause.via == "crosswalk"}
    if not views:
        return None
    wanted = columns(("clause", 5, "l"), ("language", 2, "l"), ("count", 4, "r"), ("wilson", 3, "r"))
    rows = (
        (
            plain(v.title),
            plain(language(v.lang)),
            plain(format.ratio(v.rate), f"{v.id}/{v.lang}/projected/count"),
            plain(format.wilson(v.rate), f"{v.id}/{v.lang}/projected/wilson"),
        )
        for v in material.verdicts.clauses
        if v.id in views
    )
    return table("projected", wanted, rows)


def supplement(material: Material) -> Table:
    """Return what was measured beside the banks: robustness and ethics suites of the same run."""
    wanted = columns(("what", 5, "l"), ("language", 2, "l"), ("count", 4, "r"), ("wilson", 3, "r"))
    banked = {name for name, bank in banks_of(material).items() if bank in {b.bank for b in material.standard.banks}}
    rows = [supplement_row(material, row) for row in material.summary.rows
            if row.suite not in {ALL, *banked} and row.expect == ALL]  # fmt: skip
    return table("supplement", wanted, rows or [empty_row(4)])


def supplement_row(material: Material, row: Row) -> tuple[Cell, ...]:
    """Return one suite that no bank of the standard holds."""
    title = next(s.title for s in material.run.plan.info.suites if s.name == row.suite)
    one = row.estimate
    return (
        plain(title),
        plain(language(row.lang)),
        plain(f"{one.x} / {one.n} = {format.share(one.x, one.n)}", f"{row.id}/count"),
        plain(format.bounds(one.low, one.high), f"{row.id}/wilson"),
    )


def empty_row(width: int) -> tuple[Cell, ...]:
    """Return a row that says: nothing here in this run."""
    return (plain(text("nothing_here")), *(plain(format.DASH) for _ in range(width - 1)))


def gaps(material: Material) -> Table:
    """Return the gaps between languages, on pairs; those beyond noise, and the totals."""
    wanted = columns(("what", 6, "l"), ("pairs", 2, "r"), ("difference", 3, "r"), ("interval", 4, "r"),
                     ("flips", 3, "r"), ("p", 2, "r"))  # fmt: skip
    shown = [gap for gap in material.summary.gaps if gap.pairs and (gap.code == ALL or beyond_noise(gap))]
    return table("gaps", wanted, [gap_row(gap) for gap in shown] or [empty_row(6)])


def beyond_noise(gap: Gap) -> bool:
    """Return whether the interval of a gap excludes zero."""
    return gap.low is not None and gap.high is not None and (gap.low > 0 or gap.high < 0)


def gap_row(gap: Gap) -> tuple[Cell, ...]:
    """Return one gap: first language minus second, in percentage points."""
    name = text("all_codes") if gap.code == ALL else code_name(gap.code)
    first, second = language(gap.first), language(gap.second)
    what = Text(zh=f"{name.zh}（{first.zh}−{second.zh}）", en=f"{name.en} ({first.en} − {second.en})")
    tone = "bad" if beyond_noise(gap) else "plain"
    return (
        plain(what),
        plain(gap.pairs, f"{gap.id}/pairs"),
        Cell(text=same(points(gap.difference)), id=f"{gap.id}/difference", tone=tone),  # type: ignore[arg-type]
        plain(f"{points(gap.low)} … {points(gap.high)}", f"{gap.id}/interval"),
        plain(f"{gap.first_only} / {gap.second_only}", f"{gap.id}/flips"),
        plain(format.DASH if gap.p is None else f"{gap.p:.3f}", f"{gap.id}/p"),
    )


def points(value: float | None) -> str:
    """Return a difference in percentage points, signed, with a true minus."""
    if value is None:
        return format.DASH
    shown = f"{value * 100:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown.replace("-", "−")
