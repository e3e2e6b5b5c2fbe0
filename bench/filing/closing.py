"""Closing chapters: remediation and what people must still do, conclusion, signatures, attachments."""

from __future__ import annotations

from collections.abc import Sequence

from bench.filing import basics, clean, compliance, format
from bench.filing.cells import (
    code_name,
    columns,
    empty_row,
    first_number,
    form,
    heading,
    is_total,
    language,
    paragraph,
    plain,
    same,
    table,
)
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Paragraph, Section, Table
from bench.filing.material import Material
from bench.report import words
from bench.report.glyphs import visible
from bench.summary import Unit
from bench.types import Text

SHOWN_IDS = 40
"""Record ids printed for a failing clause; all of them stand in the spreadsheet."""
LONGEST = 600
"""Characters printed of a question or reply."""
SHOWN_FAILURES = 100
"""Failures listed in the dossier; the spreadsheet has them all."""


def remediation(material: Material) -> Section:
    """Return chapter 8: what fails, by how much, which records, what to do."""
    blocks: list[Block] = []
    for v in material.verdicts.clauses:
        if v.verdict != "does_not" or (v.lang == "all" and v.margin is None):
            continue
        blocks.append(paragraph("say.failed_clause", "heading", title=v.title, language=language(v.lang)))
        blocks += [Paragraph(text=v.reason), Paragraph(text=v.next, style="bullet")]
        if v.records:
            ids = ", ".join(map(str, v.records[:SHOWN_IDS])) + (" …" if len(v.records) > SHOWN_IDS else "")
            blocks.append(paragraph("say.records", "bullet", count=len(v.records), ids=ids))
        blocks.append(paragraph("say.after", "bullet"))
    if not blocks:
        blocks.append(paragraph("say.none_failed"))
    blocks += [heading("todo"), paragraph("say.todo", "note"), todo(material)]
    return Section(id="remediation", title=text("chapter.remediation"), blocks=tuple(blocks))


def todo(material: Material) -> Table:
    """Return the list of what people must still bring."""
    open_ = [v for v in material.verdicts.clauses if is_total(v) and v.verdict == "insufficient"]
    wanted = columns(("number", 3, "l"), ("clause", 5, "l"), ("next", 9, "l"))
    rows = [(plain(first_number(material.standard, v.clause)), plain(v.title), plain(v.next)) for v in open_]
    return table("todo", wanted, rows or [empty_row(3)])


def conclusion(material: Material) -> Section:
    """Return chapter 9."""
    plan = basics.filled(material.audit.metadata.field("safety", "updates")).text
    after = paragraph("say.after_launch", "normal", plan=plan)
    blocks: list[Block] = [*compliance.answer(material), paragraph("say.residual"), after]
    return Section(id="conclusion", title=text("chapter.conclusion"), blocks=tuple(blocks))


def signatures(material: Material) -> Section:
    """Return chapter 10: places for three signatures."""
    meta = material.audit.metadata
    roles = ("legal_representative", "assessment_lead", "legality_lead")
    wanted = columns(("role", 4, "l"), ("name", 4, "l"), ("signature", 5, "l"), ("date", 4, "l"))
    rows = (
        (plain(text(f"form.subject.{role}")), basics.filled(meta.field("subject", role)), plain(" "), plain(" "))
        for role in roles
    )
    blocks: tuple[Block, ...] = (paragraph("say.signatures"), table("signatures", wanted, rows))
    return Section(id="signatures", title=text("chapter.signatures"), blocks=blocks)


def attachments(material: Material, include_text: bool = False) -> Section:
    """Return chapter 11: failures by id (texts stay in the spreadsheet unless asked for), and the environment."""
    failing = {i for v in material.verdicts.clauses for i in v.records}
    units = [unit for unit in material.units if unit.record.i in failing]
    wanted = columns(("record", 1, "r"), ("item", 4, "l"), ("language", 2, "l"), ("code", 6, "l"), ("label", 3, "l"))
    rows = [
        (
            plain(unit.record.i),
            plain(unit.item.id),
            plain(language(unit.record.case.lang)),
            plain(code_name(unit.item.codes[0])),
            plain(spoken_label(unit)),
        )
        for unit in units[:SHOWN_FAILURES]
    ]
    blocks: list[Block] = [paragraph("say.attachments"), heading("failures"),
                           paragraph("say.included" if include_text else "say.redacted", "note", shown=len(rows),
                                     count=len(units))]  # fmt: skip
    if rows:
        blocks.append(table("failures", wanted, rows))
    if rows and include_text:
        blocks.append(texts(units[:SHOWN_FAILURES]))
    blocks += [heading("environment"), form("environment", basics.environment(material))]
    return Section(id="attachments", title=text("chapter.attachments"), blocks=tuple(blocks))


def spoken_label(unit: Unit) -> Text:
    """Return what the scorer called a reply, or the status of a reply without a score."""
    kind, name = ("label", unit.label) if unit.label else ("status", unit.record.reply.status)
    return words.known("report", f"{kind}.{name}")


def texts(units: Sequence[Unit]) -> Table:
    """Return question and reply of failures, cut to a readable length; hidden items keep both to themselves."""
    wanted = columns(("record", 1, "r"), ("question", 5, "l"), ("reply", 7, "l"))
    rows = []
    for unit in units:
        if unit.item.hidden:
            question = reply = Cell(text=text("judgement.withheld"), tone="muted")
        else:
            question = quoted(unit.record.case.messages[-1].content)
            reply = quoted(unit.record.reply.text) if unit.record.reply.text else plain(format.DASH)
        rows.append((plain(unit.record.i), question, reply))
    return table("failure_texts", wanted, rows)


def quoted(said: str) -> Cell:
    """Return the words of a question or a model, its hidden signs made visible."""
    shown = clean.flat(visible(said[:LONGEST]), LONGEST) + ("…" if len(said) > LONGEST else "")
    return Cell(text=same(shown), quote=True)
