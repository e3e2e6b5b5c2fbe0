"""Chapter 4: results by code and language, one table a bank, and what goes beyond the standard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench import catalogue
from bench.filing import charts, clauses, counts, format, membership, nouns, supplement, verdicts
from bench.filing.cells import code_name, columns, grouped, heading, language, paragraph, plain, same, table
from bench.filing.charts import Counted
from bench.filing.clauses import text
from bench.filing.counts import Count
from bench.filing.document import Block, Cell, Paragraph, Section, Table
from bench.filing.material import Material, asked, banks_of
from bench.filing.nouns import ClauseVerdict, Rate
from bench.filing.proofs import by_hand, short_table
from bench.robustness import PLAIN
from bench.standards import Bank, Clause
from bench.summary import SMALL
from bench.types import Text


def chapter(material: Material) -> Section:
    """Return chapter 4: the banks one by one, views without a bank, themes, what goes beyond the standard."""
    parts: list[tuple[Text, list[Block]]] = []
    for bank in material.standard.banks:
        clause = measured(material, bank.bank)
        if clause is not None:
            name = text("heading.bank", title=bank.title, count=len(bank.codes()))
            parts.append((name, bank_blocks(material, bank, clause)))
    if (views := projected(material)) is not None:
        parts.append((text("heading.projected"), [paragraph("say.projected", "caution"), views]))
    if themes := theme_blocks(material):
        parts.append((text("heading.themes"), themes))
    parts.append((text("heading.supplement"), supplement.blocks(material)))
    blocks: list[Block] = [heading("accounting"), charts.accounting(material), accounting(material)]
    for number, (name, inner) in enumerate(parts, 1):
        blocks += [heading("numbered", chapter=4, number=number, title=name), *inner]
    return Section(id="model", title=text("chapter.model"), blocks=tuple(blocks))


def accounting(material: Material) -> Table:
    """Return where every planned case went, as numbers that add up."""
    found = material.summary.accounting
    rows = [(part.words, part.n, f"accounting/{part.name}") for part in charts.parts(material)]
    totals = ("planned", "judged", "scored", "unscored")
    rows += [(text(name), getattr(found, name), f"accounting/{name}") for name in totals]
    wanted = columns(("what", 6, "l"), ("cases", 3, "r"))
    return table("accounting", wanted, ((plain(words), plain(n, place)) for words, n, place in rows))


def theme_blocks(material: Material) -> list[Block]:
    """Return where themes stand in the tables by code, and the clauses on the model that are proven by hand."""
    blocks: list[Block] = []
    if any(bank.taxonomy == "cn-31" and measured(material, bank.bank) for bank in material.standard.banks):
        blocks.append(paragraph("say.themes"))
    if found := by_hand(material, "model"):
        blocks.append(short_table(material, "model", found))
    return blocks


def measured(material: Material, bank: str) -> Clause | None:
    """Return the clause that this run measures on a bank."""
    found = (clause for clause in material.standard.clauses if clause.bank == bank and clause.metric != "manual")
    return next((clause for clause in found if clause.method not in verdicts.IMPORTED), None)


def bank_blocks(material: Material, bank: Bank, clause: Clause) -> list[Block]:
    """Return the blocks of one bank: the verdict by language, the other definitions, the rows by code."""
    found = [v for v in material.verdicts.clauses if v.id == clause.id]
    first = next(v for v in found if v.lang == nouns.ALL)
    need = clause.minimum_sample or 1
    counted = count_codes(material, bank, clause)
    return [
        paragraph("say.clause", "normal", title=first.title, line=format.bar(clause.line), minimum=need),
        *passes(material, clause),
        definitions(material, clause, bank.title),
        *reasons(found),
        by_code(material, bank, counted),
        paragraph("say.by_code", "note"),
        charts.heat(bank, clause, material.audit.metadata.languages, counted),
    ]  # fmt: skip


def passes(material: Material, only: Clause | None = None) -> Iterator[Paragraph]:
    """Yield, for each clause on content that this run measures, what its pass is: no risk found, refusals included."""
    for clause in material.standard.clauses:
        if clause.metric != "pass_rate" or clause.bank is None or clause.method in verdicts.IMPORTED:
            continue
        if only is None or clause.id == only.id:
            members = asked(material.run, material.units).within(membership.belongs(clause, banks_of(material)))
            plain_ = [unit for unit in members.units if unit.record.case.variant == PLAIN]
            wanted = sum(unit.item.expect == "answer" for unit in plain_)
            yield paragraph("say.passes", "note", title=clause.title, wanted=wanted, asked=len(plain_))


def definitions(material: Material, clause: Clause, title: Text) -> Table:
    """Return one row a language and definition, the deciding one first."""
    wanted = columns(("language", 3, "l"), ("definition", 6, "l"), ("count", 4, "r"), ("wilson", 3, "r"),
                     ("exact", 3, "r"), ("corrected", 4, "l"), ("left_out", 2, "r"))  # fmt: skip
    rows = []
    first = clauses.views(clause, material.verdicts.definition).first.name
    for verdict in (v for v in material.verdicts.clauses if v.id == clause.id):
        for index, rate in enumerate((verdict.rate or Rate(name=first, x=0, n=0), *verdict.others)):
            place = f"{clause.id}/{verdict.lang}/{rate.name}"
            rows.append((
                plain(language(verdict.lang)),
                Cell(text=text(f"definition.{rate.name}"), tone="plain" if index == 0 else "muted"),
                plain(format.ratio(rate, clause.line), f"{place}/count"),
                plain(format.wilson(rate), f"{place}/wilson"),
                plain(format.exact(rate), f"{place}/exact"),
                plain(corrected(rate), f"{place}/corrected"),
                plain(verdict.planned - rate.n, f"{place}/left_out"),
            ))  # fmt: skip
    return grouped(table(f"definitions.{clause.bank}", wanted, rows, title=text("table.definitions", title=title)))


def corrected(rate: Rate) -> Text:
    """Return a rate corrected for its scorers' error, or in which way it is none; why stands below the table."""
    found = rate.corrected
    if found is None:
        return same(format.DASH)
    words = catalogue.say(f"scoring.state.{found.state}")
    if found.point is None or found.low is None or found.high is None:
        return words
    return same(f"{found.point * 100:.2f}{format.GLUE}% [{format.bounds(found.low, found.high)}]")


def reasons(found: Sequence[ClauseVerdict]) -> Iterator[Paragraph]:
    """Yield why rates are not corrected, or not by the operator's own calibration, each reason once, with languages."""
    about: dict[tuple[str, str], dict[str, Text]] = defaultdict(dict)
    for verdict in found:
        for rate in (one for one in (verdict.rate, *verdict.others) if one is not None):
            if rate.corrected is not None and (reason := rate.corrected.reason or rate.corrected.note):
                about[rate.corrected.state, reason][verdict.lang] = language(verdict.lang)
    for (state, reason), langs in about.items():
        names = Text(zh="、".join(one.zh for one in langs.values()), en=", ".join(one.en for one in langs.values()))
        yield paragraph("say.uncorrected", "note", languages=names, state=catalogue.say(f"scoring.state.{state}"),
                        why=catalogue.say(f"scoring.why.{reason}"))  # fmt: skip


def count_codes(material: Material, bank: Bank, clause: Clause) -> Counted:
    """Return the count that decides, for every code in every language."""
    members = asked(material.run, material.units).within(membership.belongs(clause, banks_of(material)))
    view = clauses.views(clause, material.verdicts.definition).first
    found: Counted = {}
    for code in bank.codes():
        full = f"{bank.taxonomy}:{code.code}"
        coded = members.within(lambda item, wanted=full: wanted in item.codes)  # type: ignore[misc]
        for lang in material.audit.metadata.languages:
            found[full, lang] = counts.count(coded.spoken((lang,)), view, clauses.wanted(clause))
    return found


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
    return table(f"codes.{bank.bank}", tuple(wanted), rows, title=text("table.codes", title=bank.title))


def figures(count: Count, place: str) -> list[Cell]:
    """Return judged of planned, failures, and the rate with its interval (marked where few items were judged)."""
    small = "†" if 0 < count.rate.n < SMALL else ""
    bad = Cell(text=same(len(count.bad)), id=f"{place}/bad", tone="bad" if count.bad else "plain")
    return [
        plain(f"{count.rate.n}/{count.planned}", f"{place}/judged"),
        bad,
        plain(f"{format.share(count.rate.x, count.rate.n)}{small}{interval(count.rate)}", f"{place}/rate"),
    ]


def interval(rate: Rate) -> str:
    """Return the Wilson interval of a rate, to stand below it; nothing of nothing judged."""
    return f"\n{format.wilson(rate)}" if rate.n else ""


def projected(material: Material) -> Table | None:
    """Return the rates of clauses that are about codes and no bank: one row a clause and language."""
    about = {clause.id: clause for clause in material.standard.clauses if clause.codes and clause.bank is None}
    if not about:
        return None
    wanted = columns(("clause", 5, "l"), ("language", 2, "l"), ("count", 4, "r"), ("wilson", 3, "r"),
                     ("left_out", 2, "r"))  # fmt: skip
    rows = (
        (
            plain(v.title),
            plain(language(v.lang)),
            plain(format.ratio(v.rate, about[v.id].line), f"{v.id}/{v.lang}/projected/count"),
            plain(format.wilson(v.rate), f"{v.id}/{v.lang}/projected/wilson"),
            plain(sum(v.left_out.values()), f"{v.id}/{v.lang}/projected/left_out"),
        )
        for v in material.verdicts.clauses
        if v.id in about
    )
    return table("projected", wanted, rows)
