"""Chapters of judgement: summary, corpus, measures, banks, clause by clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from bench.filing import basics, charts, format, front
from bench.filing.cells import (
    beside,
    code_name,
    columns,
    counted,
    empty_row,
    grouped,
    heading,
    is_total,
    language,
    lined,
    outcome,
    paragraph,
    plain,
    same,
    table,
)  # fmt: skip
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Paragraph, Section, Table
from bench.filing.material import Material
from bench.filing.nouns import ALL, NONE, BankAdequacy, ClauseVerdict, Outcome
from bench.filing.proofs import by_hand, short_table
from bench.report import build, words
from bench.standards import Chapter
from bench.types import Text

Answer = Literal["not_evidence", "incomplete", "fails", "banks_fail", "open", "ready", "no_line"]
OUTCOMES: tuple[Outcome, ...] = ("conforms", "does_not", "insufficient", "not_applicable", "no_line")


def summary(material: Material) -> Section:
    """Return the executive page: may it be filed, what fails, by how much, what people must still do."""
    assessor = material.audit.metadata.field("subject", "assessor")
    who = text("assurance.assessor", name=assessor) if assessor else text("assurance.none")
    blocks: list[Block] = [paragraph("say.assurance", "note", who=who), *answer(material), *charts.forest(material)]
    blocks += [heading("findings"), *(Paragraph(text=found, style="bullet") for found in front.findings(material))]
    blocks += [heading("limits"), *limits(material), heading("three"), lines(material), samples(material)]
    if material.verdicts.banks:
        blocks.append(banks(material, "banks.short"))
    return Section(id="summary", title=text("chapter.summary"), blocks=tuple(blocks))


def answer(material: Material) -> Iterator[Paragraph]:
    """Yield the plain answer in a few sentences: filing, banks, failing clauses, open human work."""
    totals = [verdict for verdict in material.verdicts.clauses if is_total(verdict)]
    found = Counter(verdict.verdict for verdict in totals)
    yield paragraph(f"say.answer.{material.standard.purpose}.{overall(material)}", "heading")
    if material.verdicts.open:
        yield paragraph("say.open", "bullet", open=material.verdicts.open, planned=material.verdicts.planned)
    parts = [text(f"counts.{name}", n=found[name]) for name in OUTCOMES if found[name] or name != "no_line"]
    listed = Text(zh="，".join(part.zh for part in parts), en=", ".join(part.en for part in parts))
    yield paragraph("say.counts", "normal", total=len(totals), list=listed)
    if build.from_file(material.run):
        yield Paragraph(text=words.text("report.caution.from_file"), style="caution")
    failing = [verdict for verdict in totals if verdict.verdict == "does_not"]
    if failing:
        said = [fall_short(material, verdict) for verdict in failing]
        names = Text(zh="；".join(one.zh for one in said), en="; ".join(one.en for one in said))
        yield paragraph("say.failing", "bullet", names=names)
    if turned := sum(verdict.contrast is not None for verdict in material.verdicts.clauses):
        yield paragraph("say.contrast", "bullet", count=turned)
    for verdict, key in (("conforms", "say.banks_met"), ("", "say.banks_short")):
        some = [b for b in material.verdicts.banks if b.lang == ALL and (b.verdict == "conforms") == bool(verdict)]
        if some:
            yield paragraph(key, "bullet", names=basics.joined([sized(bank) for bank in some]))
    human = sum(verdict.verdict == "insufficient" and verdict.source != "run" for verdict in totals)
    if human:
        yield paragraph("say.human_open", "bullet", count=human)


def sized(bank: BankAdequacy) -> Text:
    """Return a bank by name with what it has of what it needs."""
    size = f"{bank.have}{format.GLUE}/{format.GLUE}{bank.need}"
    return Text(zh=f"{bank.title.zh} {size}", en=f"{bank.title.en} {size}")


def fall_short(material: Material, total: ClauseVerdict) -> Text:
    """Return a failing clause by name, and by how much it fails in each language that was counted."""
    found = [v for v in material.verdicts.clauses if v.id == total.id and v.verdict == "does_not" and v.margin]
    if not found:
        return total.title
    line = material.line_of(total.id)
    parts = []
    for verdict in found:
        assert verdict.margin is not None  # chosen above
        name = language(verdict.lang) if verdict.lang != NONE else Text(zh="", en="")
        spoken = Text(zh=f"{name.zh} " if name.zh else "", en=f"{name.en} " if name.en else "")
        key = "failing.short" if verdict.margin.op == ">=" else "failing.over"
        rate = format.ratio(verdict.rate, line)
        parts.append(text(key, language=spoken, rate=rate, missing=-verdict.margin.spare))
    listed = Text(zh="；".join(one.zh for one in parts), en="; ".join(one.en for one in parts))
    return text("failing.clause", title=total.title, list=listed, line=format.bar(line))


def overall(material: Material) -> Answer:
    """Return the answer. Recommendations (`should`) that are not met do not fail, but leave the answer open."""
    verdicts = material.verdicts
    if not verdicts.evidence_grade:
        return "not_evidence"
    if verdicts.open:
        return "incomplete"
    clauses = [verdict for verdict in verdicts.clauses if is_total(verdict)]
    judged: list[ClauseVerdict | BankAdequacy] = [*clauses, *(bank for bank in verdicts.banks if bank.lang == ALL)]
    if failing := [one for one in judged if one.verdict == "does_not" and one.strength != "should"]:
        return "fails" if any(isinstance(one, ClauseVerdict) for one in failing) else "banks_fail"
    if judged and all(one.verdict == "no_line" for one in judged):
        return "no_line"
    settled = all(one.verdict in ("conforms", "not_applicable", "no_line") for one in judged)
    return "ready" if settled and not flipped(material) else "open"


def flipped(material: Material) -> list[ClauseVerdict]:
    """Return the verdicts that would not hold if everything that was left out counted against the model."""
    return [v for v in material.verdicts.clauses if v.margin and v.verdict == "conforms" != v.margin.worst]


def limits(material: Material) -> Iterator[Paragraph]:
    """Yield what this report is not: what holds for any report of the run, and what holds for an audit."""
    purpose = material.standard.purpose
    open_ = [document.title for document in material.standard.documents if unverified(material, document.id)]
    for name, holds, facts in (
        (f"quick.{purpose}", material.audit.size == "quick", {}),
        ("flipped", bool(flipped(material)), {"count": len(flipped(material))}),
        ("numbers", bool(open_), {"names": basics.joined(open_)}),
        ("human", any(v.method == "human" for v in material.verdicts.clauses), {}),
    ):
        if holds:
            yield paragraph(f"limit.{name}", "caution", **facts)
    for caution in build.cautions(material.run, material.summary):
        if caution.id not in ("caution/not_filing", "caution/sampled", "caution/from_file"):  # the answer says the last
            yield Paragraph(text=caution.text, style="caution")


def unverified(material: Material, document: str) -> bool:
    """Return whether a clause number of a document is still to be verified."""
    numbers_ = [v.clause for v in material.verdicts.clauses] + [bank.clause for bank in material.verdicts.banks]
    return any(clause.get(document, "") is None for clause in numbers_)


def lines(material: Material) -> Table:
    """Return the table of lines: every measured or sampled clause by language."""
    wanted = columns(("clause", 11, "l"), ("language", 6, "l"), ("count", 8, "r"), ("line", 5, "r"), ("wilson", 9, "r"),
                     ("spare", 5, "r"), ("clears", 7, "l"), ("verdict", 8, "l"))  # fmt: skip
    rows = [line_row(material, verdict) for verdict in lined(material.verdicts.clauses)]
    return grouped(table("lines", wanted, rows or [empty_row(len(wanted))]))


def line_row(material: Material, verdict: ClauseVerdict) -> tuple[Cell, ...]:
    """Return one clause in one language against its line."""
    place, margin = f"{verdict.id}/{verdict.lang}", verdict.margin
    line = material.line_of(verdict.id)
    return (
        plain(verdict.title),
        plain(language(verdict.lang)),
        plain(format.ratio(counted(verdict), line), f"{place}/rate"),
        plain(format.bar(line), f"{place}/line"),
        plain(format.wilson(verdict.rate), f"{place}/interval"),
        plain(format.signed(margin.spare) if margin else format.DASH, f"{place}/spare"),
        plain(front.bound(verdict) if margin else format.DASH, f"{place}/clears"),
        beside(verdict, f"{place}/verdict"),
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
    )
    return grouped(table("samples", wanted, list(rows) or [empty_row(len(wanted))]))


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


def clause_chapter(material: Material, name: Chapter) -> Section:
    """Return a chapter that lists the verdicts on clauses proven by hand."""
    found = by_hand(material, name)
    blocks: list[Block] = [paragraph(f"say.{name}")]
    blocks.append(short_table(material, name, found) if found else paragraph("say.not_in_standard", "note"))
    return Section(id=name, title=text(f"chapter.{name}"), blocks=tuple(blocks))


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
    blocks: list[Block] = [banks(material), *steps] if steps else [paragraph("say.not_in_standard", "note")]
    if rows:
        blocks.append(grouped(table("quotas", wanted, rows)))
    if found := by_hand(material, "banks"):
        blocks.append(short_table(material, "banks", found))
    return Section(id="banks", title=text("chapter.banks"), blocks=tuple(blocks))
