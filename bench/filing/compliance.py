"""Chapters of judgement: summary, corpus, measures, banks, clause by clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.filing import basics, charts, format
from bench.filing.cells import (
    code_name,
    columns,
    heading,
    is_total,
    language,
    line_of,
    numbers,
    outcome,
    paragraph,
    plain,
    same,
    table,
)  # fmt: skip
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Paragraph, Section, Table
from bench.filing.material import Material
from bench.filing.nouns import ALL, BankAdequacy, ClauseVerdict, Outcome
from bench.standards import Line
from bench.types import Text

FIRST = "tc260-003"
"""The document whose chapter numbers sort the clauses into the report's chapters."""


def summary(material: Material) -> Section:
    """Return the executive page: may it be filed, what fails, by how much, what people must still do."""
    blocks: list[Block] = [paragraph("say.assurance", "note"), *answer(material), *charts.forest(material)]
    blocks += [heading("three"), lines(material), samples(material), banks(material, "banks.short")]
    blocks += [heading("limits"), *limits(material)]
    return Section(id="summary", title=text("chapter.summary"), blocks=tuple(blocks))


def answer(material: Material) -> Iterator[Paragraph]:
    """Yield the plain answer in four sentences: filing, banks, failing clauses, open human work."""
    totals = [verdict for verdict in material.verdicts.clauses if is_total(verdict)]
    found = Counter(verdict.verdict for verdict in totals)
    yield paragraph(f"say.answer.{overall(material)}", "heading")
    yield paragraph("say.counts", "normal", total=len(totals), **{k: found[k] for k in OUTCOMES})
    failing = [verdict for verdict in totals if verdict.verdict == "does_not"]
    if failing:
        names = basics.joined([verdict.title for verdict in failing])
        yield paragraph("say.failing", "bullet", names=names)
    short = [bank for bank in material.verdicts.banks if bank.verdict != "conforms" and bank.lang == "all"]
    if short:
        names = basics.joined([bank.title for bank in short])
        yield paragraph("say.short_banks", "bullet", names=names)
    human = sum(verdict.verdict == "insufficient" and verdict.source != "run" for verdict in totals)
    if human:
        yield paragraph("say.human_open", "bullet", count=human)


OUTCOMES: tuple[Outcome, ...] = ("conforms", "does_not", "insufficient", "not_applicable")


def overall(material: Material) -> str:
    """Return the answer: `not_evidence`, `fails`, `open`, or `ready`."""
    found = {verdict.verdict for verdict in material.verdicts.clauses if is_total(verdict)}
    if not material.verdicts.evidence_grade:
        return "not_evidence"
    if "does_not" in found:
        return "fails"
    adequate = all(bank.verdict == "conforms" for bank in material.verdicts.banks)
    return "ready" if adequate and "insufficient" not in found else "open"


def limits(material: Material) -> Iterator[Paragraph]:
    """Yield what this report is not."""
    info = material.run.plan.info
    flipped = [v for v in material.verdicts.clauses if v.margin and v.verdict == "conforms" != v.margin.worst]
    unmeasured = sorted({row.scorer for row in material.summary.scorers if not row.calibrated})
    for name, holds, facts in (
        ("quick", material.audit.size == "quick", {}),
        ("demonstration", info.model.demonstration, {}),
        ("unmeasured", bool(unmeasured), {"names": ", ".join(unmeasured)}),
        ("flipped", bool(flipped), {"count": len(flipped)}),
        ("numbers", True, {}),
        ("human", True, {}),
    ):
        if holds:
            yield paragraph(f"limit.{name}", "caution", **facts)


def lines(material: Material) -> Table:
    """Return the table of lines: every measured or sampled clause by language."""
    wanted = columns(("clause", 11, "l"), ("language", 6, "l"), ("count", 8, "r"), ("line", 5, "r"), ("wilson", 9, "r"),
                     ("spare", 5, "r"), ("needed", 5, "r"), ("bound", 7, "l"), ("verdict", 8, "l"))  # fmt: skip
    shown = [v for v in material.verdicts.clauses if v.rate is not None or (v.metric != "manual" and is_total(v))]
    return table("lines", wanted, map(line_row, sorted(shown, key=lambda v: v.source != "run")))


def line_row(verdict: ClauseVerdict) -> tuple[Cell, ...]:
    """Return one clause in one language against its line."""
    place, line, margin = f"{verdict.id}/{verdict.lang}", line_of(verdict), verdict.margin
    return (
        plain(verdict.title),
        plain(language(verdict.lang)),
        plain(format.ratio(verdict.rate, line), f"{place}/rate"),
        plain(format.bar(line), f"{place}/line"),
        plain(format.wilson(verdict.rate), f"{place}/interval"),
        plain(format.signed(margin.spare) if margin else format.DASH, f"{place}/spare"),
        plain(margin.needed if margin and margin.needed is not None else format.DASH, f"{place}/needed"),
        plain(text(f"bound.{margin.bound}") if margin else format.DASH, f"{place}/bound"),
        outcome(verdict.verdict, f"{place}/verdict"),
    )


def samples(material: Material) -> Table:
    """Return the table of sample sizes."""
    wanted = columns(("clause", 6, "l"), ("language", 2, "l"), ("planned", 2, "r"), ("judged_count", 2, "r"),
                     ("minimum", 2, "r"), ("verdict", 4, "l"))  # fmt: skip
    names = {clause.id: clause.title for clause in material.standard.clauses}
    rows = (
        (
            plain(names[one.clause]),
            plain(language(one.lang)),
            plain(one.planned, f"sample/{one.clause}/{one.lang}/planned"),
            plain(one.judged, f"sample/{one.clause}/{one.lang}/judged"),
            plain(one.minimum, f"sample/{one.clause}/{one.lang}/minimum"),
            outcome(one.verdict, f"sample/{one.clause}/{one.lang}/verdict"),
        )
        for one in material.verdicts.samples
        if one.planned or one.judged
    )
    return table("samples", wanted, rows)


def banks(material: Material, name: str = "banks") -> Table:
    """Return the table of banks: size, coverage, shortfalls, age; `banks.short` has one row a bank."""
    wanted = columns(("bank", 6, "l"), ("language", 3, "l"), ("have", 2, "r"), ("need", 2, "r"), ("covered", 3, "r"),
                     ("short", 2, "r"), ("age", 5, "r"), ("verdict", 4, "l"))  # fmt: skip
    whole = name == "banks"
    shown = [bank for bank in material.verdicts.banks if whole or bank.lang == ALL]
    return table(name, wanted, (bank_row(bank, "bank" if whole else "summary/bank") for bank in shown))


def bank_row(bank: BankAdequacy, prefix: str) -> tuple[Cell, ...]:
    """Return one bank in one language."""
    place = f"{prefix}/{bank.bank}/{bank.lang}"
    days = same(format.DASH) if bank.age_days is None else text("days", age=bank.age_days, limit=bank.limit_days)
    late = bank.age_days is not None and bank.age_days > bank.limit_days
    return (
        plain(bank.title),
        plain(language(bank.lang)),
        plain(bank.have, f"{place}/have"),
        plain(bank.need, f"{place}/need"),
        plain(f"{bank.covered}/{bank.codes}", f"{place}/covered"),
        plain(len(bank.short), f"{place}/short"),
        Cell(text=days, id=f"{place}/age", tone="bad" if late else "plain"),
        outcome(bank.verdict, f"{place}/verdict"),
    )


def chapter_of(verdict: ClauseVerdict) -> str:
    """Return the chapter number of a clause in the first document: `5`, `9.2`."""
    number = verdict.clause.get(FIRST) or ""
    return number.split(" ")[0]


def clause_chapter(material: Material, name: str, chapters: Sequence[str]) -> Section:
    """Return a chapter that lists the verdicts on the clauses of some chapters of the standard."""
    found = [v for v in material.verdicts.clauses if is_total(v) and chapter_of(v).startswith(tuple(chapters))]
    blocks: list[Block] = [paragraph(f"say.{name}")]
    blocks.append(short_table(name, found) if found else paragraph("say.not_in_standard", "note"))
    return Section(id=name, title=text(f"chapter.{name}"), blocks=tuple(blocks))


def short_table(name: str, found: Sequence[ClauseVerdict]) -> Table:
    """Return clauses with verdict and next step."""
    wanted = columns(("number", 2, "l"), ("clause", 6, "l"), ("verdict", 4, "l"), ("next", 9, "l"))
    rows = (
        (
            plain(v.clause.get(FIRST) or text("to_verify")),
            plain(v.title),
            outcome(v.verdict, f"{name}/{v.id}/verdict"),
            plain(v.reason if v.verdict in ("conforms", "not_applicable") else v.next),
        )
        for v in found
    )
    return table(f"clauses.{name}", wanted, rows)


def bank_chapter(material: Material) -> Section:
    """Return chapter 6: sizes, and every code below its minimum."""
    wanted = columns(("bank", 4, "l"), ("language", 2, "l"), ("code", 7, "l"), ("have", 2, "r"), ("need", 2, "r"))
    rows = [
        (
            plain(bank.title),
            plain(language(bank.lang)),
            plain(code_name(str(line.code))),
            plain(line.have, f"quota/{bank.bank}/{bank.lang}/{line.code}/have"),
            plain(line.need, f"quota/{bank.bank}/{bank.lang}/{line.code}/need"),
        )
        for bank in material.verdicts.banks
        for line in bank.lines
        if line.code is not None and not line.met
    ]
    steps = [Paragraph(text=Text(zh=f"{b.title.zh}：{b.next.zh}", en=f"{b.title.en}: {b.next.en}"), style="bullet")
             for b in material.verdicts.banks if b.lang == "all"]  # fmt: skip
    blocks: list[Block] = [banks(material), *steps]
    if rows:
        blocks.append(table("quotas", wanted, rows))
    return Section(id="banks", title=text("chapter.banks"), blocks=tuple(blocks))


def clause_by_clause(material: Material) -> Section:
    """Return chapter 7: one line a clause, on a landscape page."""
    wanted = columns(("number", 4, "l"), ("clause", 5, "l"), ("mark", 2, "c"), ("count", 4, "r"), ("line", 2, "r"),
                     ("verdict", 4, "l"), ("evidence", 8, "l"), ("next", 7, "l"))  # fmt: skip
    rows = [
        (
            plain(numbers(v.clause)),
            plain(v.title),
            plain(v.evidence),
            plain(format.ratio(v.rate, clause_line(material, v)), f"clause/{v.id}/rate"),
            plain(format.bar(clause_line(material, v)), f"clause/{v.id}/line"),
            outcome(v.verdict, f"clause/{v.id}/verdict"),
            plain(Text(zh="；".join((v.reason.zh, *v.files)), en="; ".join((v.reason.en, *v.files)))),
            plain(v.next),
        )
        for v in material.verdicts.clauses
        if is_total(v)
    ]
    blocks: tuple[Block, ...] = (paragraph("say.clauses"), table("clauses", wanted, rows, wide=True))
    return Section(id="clauses", title=text("chapter.clauses"), blocks=blocks)


def clause_line(material: Material, verdict: ClauseVerdict) -> Line | None:
    """Return the line of a clause."""
    return next(clause.line for clause in material.standard.clauses if clause.id == verdict.id)
