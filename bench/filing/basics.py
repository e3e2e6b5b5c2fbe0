"""Chapters about what was tested and how: cover, identity and application form, methods, environment."""

from __future__ import annotations

from collections.abc import Iterator

from bench.filing import format
from bench.filing.cells import columns, form, heading, language, paragraph, plain, same, table
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Section, Table
from bench.filing.material import Material
from bench.filing.metadata import FORM
from bench.types import Text


def joined(texts: list[Text]) -> Text:
    """Return texts as a list in a sentence."""
    return Text(zh="、".join(t.zh for t in texts), en=", ".join(t.en for t in texts))


def cover(material: Material) -> Table:
    """Return the card on the first page: whose model, which standard, when."""
    info, meta = material.run.plan.info, material.audit.metadata
    documents = joined([document.title for document in material.standard.documents])
    facts = (
        ("subject", filled(meta.field("subject", "name"))),
        ("model", plain(info.model.model)),
        ("version", filled(meta.field("model", "version"))),
        ("service", filled(meta.field("service", "name"))),
        ("standards", plain(documents)),
        ("languages", plain(joined([language(lang) for lang in meta.languages]))),
        ("date", plain(info.created[:10])),
        ("run", plain(info.run)),
    )
    return form("cover", ((text(f"field.{name}"), cell) for name, cell in facts))


def filled(value: str | None) -> Cell:
    """Return a field of the form, or: to be filled in."""
    return plain(value) if value else Cell(text=text("to_fill"), tone="unsure")


def yes_no(value: bool) -> Cell:
    """Return yes or no in words."""
    return plain(text("yes" if value else "no"))


def identity(material: Material) -> Table:
    """Return what exactly was tested."""
    info = material.run.plan.info
    returned = sorted({r.reply.returned_model for r in material.run.records if r.reply.returned_model})
    times = sorted(r.reply.started for r in material.run.records if r.reply.started)
    period = f"{times[0][:16]} – {times[-1][:16]} UTC" if times else info.created[:16]
    parameters = info.model.parameters
    decoding = f"temperature {parameters.temperature}, max_tokens {parameters.max_tokens}, seed {parameters.seed}"
    facts = (
        ("model", plain(info.model.model)),
        ("weights", plain(info.identity.get("sha256") or format.DASH)),
        ("endpoint", plain(info.identity.get("endpoint") or format.DASH)),
        ("returned", plain(", ".join(returned) or format.DASH)),
        ("adapter", plain(info.model.adapter)),
        ("system_prompt", yes_no(info.model.system_prompt is not None)),
        ("guard", yes_no(info.model.guard_in_front)),
        ("thinking", plain(info.model.thinking or format.DASH)),
        ("decoding", plain(decoding)),
        ("period", plain(period)),
        ("tool", plain(f"mingjian {info.tool}")),
    )
    return form("identity", ((text(f"field.{name}"), cell) for name, cell in facts))


def situation(material: Material) -> Section:
    """Return chapter 1: the subject, the model, the service."""
    meta = material.audit.metadata
    blocks: list[Block] = [heading("tested"), identity(material), heading("form"), paragraph("say.form", "note")]
    for group, fields in FORM.items():
        facts = ((text(f"form.{group}.{name}"), filled(meta.field(group, name))) for name in fields)
        blocks.append(form(f"form.{group}", facts))
    return Section(id="situation", title=text("chapter.situation"), blocks=tuple(blocks))


def methods(material: Material) -> Section:
    """Return chapter 2: the basis, the banks, the sample, the scorers, the rules of decision."""
    settings = material.run.plan.info.settings
    drawn = ", ".join(f"{bank} {count}" for bank, count in sorted(getattr(settings, "banks", {}).items()))
    blocks: list[Block] = [heading("basis"), basis(material), heading("banks"), suites(material)]
    blocks += [heading("sampling"), paragraph(f"say.size.{material.audit.size}")]
    blocks += [paragraph("say.sampling", "normal", seed=settings.seed, drawn=drawn or format.DASH)]
    blocks += [heading("scorers"), scorers(material), paragraph("say.scorers", "note"), heading("rules")]
    blocks += [paragraph(f"say.refusal.{material.verdicts.definition}", "bullet")]
    rules = ("line", "interval", "bound", "minimum", "languages", "blocked", "left_out", "verdicts", "marks")
    blocks += [paragraph(f"say.rule.{name}", "bullet") for name in rules]
    return Section(id="methods", title=text("chapter.methods"), blocks=tuple(blocks))


def basis(material: Material) -> Table:
    """Return the documents that the standard refers to."""
    wanted = columns(("document", 6, "l"), ("published", 2, "l"), ("effective", 2, "l"), ("status", 3, "l"))
    rows = (
        (
            plain(document.title),
            plain(document.published or format.DASH),
            plain(document.effective or format.DASH),
            plain(text(f"status.{document.status}")),
        )
        for document in material.standard.documents
    )
    return table("basis", wanted, rows)


def suites(material: Material) -> Table:
    """Return the test suites with their digests."""
    wanted = columns(("suite", 6, "l"), ("version", 2, "l"), ("sampled", 2, "r"), ("updated", 2, "l"), ("sha", 4, "l"))
    rows = (
        (
            plain(suite.title),
            plain(suite.version),
            plain(f"{suite.sampled} / {suite.items}", f"suite/{suite.name}/sampled"),
            plain(suite.updated),
            plain(suite.digest[:16]),
        )
        for suite in material.run.plan.info.suites
    )
    return table("suites", wanted, rows)


def scorers(material: Material) -> Table:
    """Return the scorers, what they could judge, and whether their error is measured."""
    wanted = columns(("scorer", 3, "l"), ("language", 2, "l"), ("scored", 2, "r"), ("unscored", 2, "r"),
                     ("measured", 3, "l"), ("sha", 3, "l"))  # fmt: skip
    rows = (
        (
            plain(f"{row.scorer} {row.version}"),
            plain(language(row.lang)),
            plain(row.scored, f"scorer/{row.scorer}/{row.config}/{row.lang}/scored"),
            plain(row.unscored, f"scorer/{row.scorer}/{row.config}/{row.lang}/unscored"),
            plain(text("measured" if row.calibrated else "unmeasured")),
            plain(row.config),
        )
        for row in material.summary.scorers
    )
    return table("scorers", wanted, rows)


def documents(material: Material) -> Iterator[tuple[Text, Cell]]:
    """Yield the environment: plan digests and package versions."""
    info = material.run.plan.info
    yield text("field.items_sha256"), plain(info.items_sha256)
    yield text("field.cases_sha256"), plain(info.cases_sha256)
    for name, value in sorted(info.environment.items()):
        yield same(name), plain(value)


def heading_of(material: Material) -> Text:
    """Return the running header: model and date."""
    info = material.run.plan.info
    return text("header", model=info.model.model, date=info.created[:10])
