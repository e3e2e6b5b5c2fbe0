"""Chapters about what was tested and how: cover, identity and application form, methods, environment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from bench import canonical
from bench.calibration.nouns import Agreement, Figure
from bench.calibration.registry import Entry
from bench.filing import accuracy, format
from bench.filing.cells import columns, empty_row, form, grouped, heading, language, paragraph, plain, same, table
from bench.filing.clauses import text
from bench.filing.document import Block, Cell, Section, Table
from bench.filing.material import Material, asked
from bench.filing.metadata import FORM
from bench.report import build, words
from bench.review.results import Agreed
from bench.scoring import judged
from bench.summary import Unit
from bench.types import FILTERED, Text


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


def identity(material: Material) -> Table:
    """Return what exactly was tested: the identity card of the run's own report."""
    facts = (fact for fact in build.identity(material.run) if fact.id != "identity/suites")  # a table of their own
    return form("identity", ((fact.label, Cell(text=fact.value, id=fact.id)) for fact in facts))


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
    titles = {bank.bank: bank.title for bank in material.standard.banks}
    drawn = joined([
        Text(zh=f"{titles[bank].zh} {count}", en=f"{titles[bank].en} {count}") if bank in titles
        else same(f"{bank} {count}")
        for bank, count in sorted(getattr(settings, "banks", {}).items())
    ])  # fmt: skip
    blocks: list[Block] = [heading("basis"), basis(material), heading("banks"), suites(material)]
    blocks += [heading("sampling"), paragraph(f"say.size.{material.audit.size}")]
    blocks += [paragraph("say.sampling", "normal", seed=settings.seed, drawn=drawn if drawn.en else format.DASH)]
    blocks += [heading("flow"), flow(material), paragraph("say.flow", "note")]
    blocks += [heading("scorers"), scorers(material), paragraph("say.scorers", "note")]
    blocks += [*agreement(material), heading("rules")]
    blocks += [paragraph(f"say.refusal.{material.verdicts.definition}", "bullet")]
    rules = ("passes", "line", "interval", "bound", "minimum", "languages", "blocked", "left_out", "verdicts", "marks")
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


COUNTED: tuple[tuple[str, frozenset[str]], ...] = (
    ("answered", frozenset(("answered",))),
    ("truncated", frozenset(("truncated",))),
    ("blocked", FILTERED),
    ("too_long", frozenset(("too_long",))),
    ("empty", frozenset(("empty",))),
    ("errors", frozenset(("error",))),
)
"""Columns of the accounting: where every planned question went."""


def flow(material: Material) -> Table:
    """Return where every planned question of a suite went, by language; the columns add up to `planned`."""
    wanted = columns(("suite", 6, "l"), ("language", 2, "l"), ("planned", 2, "r"),
                     *((name, 2, "r") for name, _ in COUNTED), ("open", 2, "r"), ("unscored", 2, "r"))  # fmt: skip
    by_suite: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in material.units:
        by_suite[unit.item.suite, unit.record.case.lang].append(unit)
    waiting = Counter((item.suite, lang) for item, lang in asked(material.run, material.units).open)
    titles = {suite.name: suite.title for suite in material.run.plan.info.suites}
    rows = (
        flow_row(titles[key[0]], key, by_suite.get(key, []), waiting[key])
        for key in dict.fromkeys((*by_suite, *waiting))
    )
    return grouped(table("flow", wanted, rows))


def flow_row(title: Text, key: tuple[str, str], units: list[Unit], waiting: int) -> tuple[Cell, ...]:
    """Return where the questions of one suite went in one language."""
    place = f"flow/{key[0]}/{key[1]}"
    statuses = Counter(unit.record.reply.status for unit in units)
    unscored = sum(unit.passed is None and judged(unit.record) for unit in units)
    counts = [(name, sum(n for status, n in statuses.items() if status in members)) for name, members in COUNTED]
    shown = [("planned", len(units) + waiting), *counts, ("open", waiting), ("unscored", unscored)]
    bad = {"open", "errors", "unscored"}
    return (
        plain(title),
        plain(language(key[1])),
        *(
            Cell(text=same(count), id=f"{place}/{name}", tone="bad" if count and name in bad else "plain")
            for name, count in shown
        ),
    )


def scorers(material: Material) -> Table:
    """Return the scorers, what they could judge, and what is measured of their error: a row a set of labels."""
    wanted = columns(("scorer", 3, "l"), ("language", 2, "l"), ("scored", 2, "r"), ("unscored", 2, "r"),
                     ("positive", 3, "l"), ("accuracy", 4, "l"), ("sha", 3, "l"))  # fmt: skip
    known = {entry.id: entry for entry in material.summary.calibration}
    rows = []
    for row in material.summary.scorers:
        place = f"scorer/{row.scorer}/{row.config}/{row.lang}"
        found: list[Entry | None] = [known[name] for name in row.entries] or [None]
        for index, entry in enumerate(found):
            rows.append((
                plain(f"{row.scorer} {row.version}"),
                plain(language(row.lang)),
                plain(row.scored, f"{place}/scored" if index == 0 else ""),
                plain(row.unscored, f"{place}/unscored" if index == 0 else ""),
                plain(positive(entry) if entry else format.DASH),
                plain(accuracy.pair(entry) if entry else text("unmeasured"), f"{place}/{index}/accuracy"),
                plain(row.config),
            ))  # fmt: skip
    return table("scorers", wanted, rows)


def positive(entry: Entry) -> Text:
    """Return the labels that a measured scorer was to find."""
    return words.labels(entry.labels.positive)


def agreement(material: Material) -> Iterator[Block]:
    """Yield how far people agree with each other and with the scorer, if people labelled replies of this run."""
    review = material.summary.review
    if review is None:
        return
    wanted = columns(("what", 3, "l"), ("language", 2, "l"), ("against", 3, "l"), ("labelled", 2, "r"),
                     ("raw", 3, "r"), ("kappa", 4, "r"), ("alpha", 4, "r"))  # fmt: skip
    rows = [
        agreement_row(one, who, measured)
        for one in review.agreement
        for who, measured in ((text("people"), one.people), (same(one.scorer), one.with_scorer))
        if measured.n
    ]
    yield heading("agreement")
    yield table("agreement", wanted, rows or [empty_row(len(wanted))])


def agreement_row(one: Agreed, who: Text, measured: Agreement) -> tuple[Cell, ...]:
    """Return the agreement on one question in one language."""
    place = f"agreement/{one.question}/{one.lang}/{who.en}"
    figures = (("raw", measured.raw), ("kappa", measured.kappa), ("alpha", measured.alpha))
    shown = (plain(interval(figure), f"{place}/{name}") for name, figure in figures)
    head = (plain(text(f"question.{one.question}")), plain(language(one.lang)), plain(who))
    return (*head, plain(measured.n, f"{place}/n"), *shown)


def interval(figure: Figure) -> str:
    """Return a figure with its 95 % interval: `0.812 [0.790, 0.834]`."""
    if figure.point is None or figure.low is None or figure.high is None:
        return format.DASH
    return f"{figure.point:.3f}{format.GLUE}[{figure.low:.3f}, {figure.high:.3f}]"


def environment(material: Material) -> Iterator[tuple[Text, Cell]]:
    """Yield what the figures may depend on: digests of standard, suites, items and cases; package versions."""
    yield text("field.standard_sha256"), plain(canonical.digest(material.standard))
    yield text("field.audit_sha256"), plain(material.verdicts.audit)
    for fact in build.environment(material.run):
        yield fact.label, plain(fact.value)


def heading_of(material: Material) -> Text:
    """Return the running header: model and date."""
    info = material.run.plan.info
    return text("header", model=info.model.model, date=info.created[:10])
