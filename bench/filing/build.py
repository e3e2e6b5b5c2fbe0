"""Material → the filing document: summary first, then the eleven chapters."""

from __future__ import annotations

from bench.filing import basics, closing, compliance, front, register, results
from bench.filing.clauses import text
from bench.filing.document import SCHEMA, FilingDocument
from bench.filing.material import Material
from bench.types import Text


def build(material: Material, include_text: bool = False) -> FilingDocument:
    """Return the dossier of an audit, with the texts of failures if asked. Pure: no clock, no files."""
    standard = material.standard
    band = tuple(front.band(material))
    return FilingDocument(
        schema=SCHEMA,
        title=text(f"title.{standard.purpose}", standard=standard.title),
        subtitle=standard.title,
        header=basics.heading_of(material),
        date=material.run.plan.info.created[:10],
        banner=banner(material),
        cover=basics.cover(material),
        lead=tuple(compliance.answer(material)),
        first=front.first(band),
        notes=tuple(front.notes(material)),
        band=band,
        findings=tuple(front.findings(material)),
        limits=tuple(compliance.limits(material)),
        sections=(
            compliance.summary(material),
            basics.situation(material),
            basics.methods(material),
            compliance.clause_chapter(material, "corpus"),
            results.chapter(material),
            compliance.clause_chapter(material, "measures"),
            compliance.bank_chapter(material),
            register.clause_by_clause(material),
            closing.remediation(material),
            closing.conclusion(material),
            closing.signatures(material),
            closing.attachments(material, include_text),
        ),
    )


def banner(material: Material) -> Text | None:
    """Return the line of every page of a report that is no evidence."""
    purpose = material.standard.purpose
    if material.audit.size == "quick":
        return text(f"banner.quick.{purpose}")
    if material.run.plan.info.model.demonstration:
        return text(f"banner.demonstration.{purpose}")
    if material.verdicts.open:
        return text("banner.open", open=material.verdicts.open, planned=material.verdicts.planned)
    return None
