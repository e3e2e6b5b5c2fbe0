"""The register of clauses, chapter 7: one line a clause or bank, with its result, evidence and next step."""

from __future__ import annotations

import re

from bench.filing import basics, format
from bench.filing.cells import (
    beside,
    columns,
    counted,
    document_name,
    is_total,
    language,
    number_in,
    outcome,
    paragraph,
    plain,
    table,
)  # fmt: skip
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Column, Section
from bench.filing.material import Material
from bench.filing.nouns import ALL, BankAdequacy, ClauseVerdict
from bench.types import Text


def clause_by_clause(material: Material) -> Section:
    """Return chapter 7: one line a clause, on a landscape page; a bank stands among them with its own verdict.

    A document of which no clause number is known yet is named once above the table and has no column.
    """
    found: list[ClauseVerdict | BankAdequacy] = [v for v in material.verdicts.clauses if is_total(v)]
    found += [bank for bank in material.verdicts.banks if bank.lang == ALL]
    found.sort(key=lambda one: sort_key(material.standard.number(one.clause)))
    known = [one for one in material.standard.documents if any(verdict.clause.get(one.id) for verdict in found)]
    numbers = tuple(Column(title=document_name(document), width=4) for document in known)
    wanted = numbers + columns(("clause", 8, "l"), ("mark", 2, "c"), ("count", 4, "r"), ("line", 2, "r"),
                               ("verdict", 4, "l"), ("evidence_next", 12, "l"))  # fmt: skip
    rows = [
        tuple(plain(number_in(document, one.clause)) for document in known)
        + (bank_line(one) if isinstance(one, BankAdequacy) else clause_row(material, one))
        for one in found
    ]
    blocks: list[Block] = [paragraph("say.clauses")]
    if open_ := [one for one in material.standard.documents if one not in known]:
        blocks.append(paragraph("say.numbers_open", "note", names=basics.joined([document_name(one) for one in open_])))
    blocks.append(table("clauses", wanted, rows, wide=True))
    return Section(id="clauses", title=text("chapter.clauses"), blocks=tuple(blocks))


def sort_key(number: str | None) -> tuple[bool, list[tuple[int, str]]]:
    """Return the place of a clause number among others: figures by value, unknown numbers last."""
    return number is None, [(int(part or 0), word) for part, word in re.findall(r"([0-9]*)([^0-9]*)", number or "")]


def clause_row(material: Material, v: ClauseVerdict) -> tuple[Cell, ...]:
    """Return one clause after its numbers."""
    line = material.line_of(v.id)
    return (
        plain(v.title),
        plain(v.evidence),
        plain(format.ratio(counted(v), line), f"clause/{v.id}/rate"),
        plain(format.bar(line), f"clause/{v.id}/line"),
        beside(v, f"clause/{v.id}/verdict"),
        plain(v.next if bare(v) else followed(proof(material, v), v.next)),
    )


def proof(material: Material, verdict: ClauseVerdict) -> Text:
    """Return the reason of a verdict and the files behind it; over all languages also those imported for each."""
    found = attached(verdict)
    if verdict.lang == ALL:
        for one in material.verdicts.clauses:
            if one.id == verdict.id and one.lang != ALL and one.source == "evidence":
                name, said = language(one.lang), attached(one)
                found = followed(found, Text(zh=f"{name.zh}：{said.zh}", en=f"{name.en}: {said.en}"))
    return found


def attached(verdict: ClauseVerdict) -> Text:
    """Return the reason of a verdict and the files behind it, as one sentence."""
    zh, en = verdict.reason.zh.rstrip("。"), verdict.reason.en.rstrip(".")
    return Text(zh="；".join((zh, *verdict.files)), en="; ".join((en, *verdict.files)))


def bare(verdict: ClauseVerdict) -> bool:
    """Return whether a clause is merely without evidence: then what to bring says it all."""
    return verdict.source == "none" and verdict.metric == "manual"


def followed(first: Text, then: Text) -> Text:
    """Return a remark and what to do next, as sentences of one cell."""
    return Text(zh=f"{first.zh.rstrip('。')}。{then.zh}", en=f"{first.en.rstrip('.')}. {then.en}")


def bank_line(bank: BankAdequacy) -> tuple[Cell, ...]:
    """Return one bank as a line among the clauses, after its numbers."""
    place = f"clause/bank/{bank.bank}"
    return (
        plain(bank.title),
        plain(bank.evidence),
        plain(bank.have, f"{place}/have"),
        plain(f"≥{format.GLUE}{bank.need}", f"{place}/need"),
        outcome(bank.verdict, f"{place}/verdict"),
        plain(followed(text("reason.bank", covered=bank.covered, codes=bank.codes, short=len(bank.short)), bank.next)),
    )
