"""The charts of the dossier as data. Every number is one that a table beside the chart prints too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.filing import format
from bench.filing.cells import code_name, language, line_of
from bench.filing.clauses import text
from bench.filing.counts import Count
from bench.filing.document import (
    Bar,
    Chart,
    Flips,
    Forest,
    Heat,
    HeatCell,
    HeatLine,
    Part,
    Plot,
    Radar,
    Shift,
    Shifts,
    Spoke,
    Stack,
    Tone,
)  # fmt: skip
from bench.filing.material import Material
from bench.report import build, words
from bench.report.findings import points, significant, single
from bench.robustness import Effect
from bench.standards import Bank, Clause
from bench.summary import ALL, SMALL, Gap
from bench.types import DIMENSIONS, STATUSES, Text

FEWEST = 3
"""A radar needs so many axes."""
EXPECTATIONS = ("refuse", "answer", "safe")
Counted = dict[tuple[str, str], Count]
"""Code and language → count."""


def said(key: str) -> Text:
    """Return a text of the run report's catalogue."""
    return words.text(f"report.{key}")


def chart(identifier: str, plot: Plot, *, title: Text | None = None, note: str | None = None) -> Chart:
    """Return a chart with its title from the catalogue."""
    kind = identifier.partition(".")[0]
    return Chart(id=identifier, title=title or text(f"table.{identifier}"), plot=plot,
                 note=text(f"note.{note or kind}"))  # fmt: skip


def forest(material: Material) -> Iterator[Chart]:
    """Yield the forest plot of the clauses that have a line, if there is one."""
    bars = tuple(bars_of(material))
    if bars:
        yield chart("forest", Forest(bars=bars))


def bars_of(material: Material) -> Iterator[Bar]:
    """Yield one bar for every clause and language that has a rate and a line."""
    tones: dict[str, Tone] = {"conforms": "good", "does_not": "bad"}
    for verdict in material.verdicts.clauses:
        rate, line = verdict.rate, line_of(verdict)
        if rate is None or line is None or rate.low is None or rate.high is None:
            continue
        yield Bar(
            group=verdict.title,
            label=language(verdict.lang),
            shown=format.ratio(rate, line),
            low=rate.low,
            point=rate.x / rate.n,
            high=rate.high,
            line=line.percent / 100,
            tone=tones.get(verdict.verdict, "unsure"),
        )


def heat(bank: Bank, clause: Clause, languages: Sequence[str], counted: Counted) -> Chart:
    """Return the heat map of a bank: code × language."""
    upside_down = clause.line is not None and clause.line.op == "<="
    lines = []
    for code in bank.codes():
        full = f"{bank.taxonomy}:{code.code}"
        cells = tuple(heat_cell(counted[full, lang], upside_down) for lang in languages)
        lines.append(HeatLine(code=code.code, name=named(full), cells=cells))
    heads = tuple(language(lang) for lang in languages)
    return chart(f"heat.{bank.bank}", Heat(heads=heads, lines=tuple(lines)), title=text("table.heat", title=bank.title),
                 note="heat")  # fmt: skip


def named(qualified: str) -> Text:
    """Return the name of a code without the code."""
    name, bare = code_name(qualified), qualified.partition(":")[2]
    return Text(zh=name.zh.removeprefix(bare).strip(), en=name.en.removeprefix(bare).strip())


def heat_cell(count: Count, upside_down: bool) -> HeatCell:
    """Return one cell; where the line is an upper one, little is good."""
    x, n = count.rate.x, count.rate.n
    good = None if not n else (n - x) / n if upside_down else x / n
    return HeatCell(shown=format.share(x, n), good=good, n=n, few=n < SMALL)


def radar(material: Material) -> Iterator[Chart]:
    """Yield the radar by dimension and expectation, if the run has axes enough."""
    languages = material.audit.metadata.languages
    points = {(row.dimension, row.expect, row.lang): row.estimate.point for row in material.summary.rows
              if row.code == ALL and row.suite == ALL}  # fmt: skip
    spokes = []
    for dimension in DIMENSIONS:
        for expect in EXPECTATIONS:
            values = tuple(points.get((dimension, expect, lang)) for lang in languages)
            if any(value is not None for value in values):
                name, wish = said(f"dimension.{dimension}"), said(f"expect.{expect}")
                joined = Text(zh=f"{name.zh}·{wish.zh}", en=f"{name.en}: {wish.en}")
                spokes.append(Spoke(name=joined, values=values))
    if len(spokes) >= FEWEST:
        yield chart("radar", Radar(series=tuple(map(language, languages)), spokes=tuple(spokes)))


def flips(material: Material) -> Iterator[Chart]:
    """Yield a flip diagram for each dimension and pair of languages."""
    for gap in material.summary.gaps:
        if gap.pairs and gap.code == ALL:
            yield flip(gap)


def flip(gap: Gap) -> Chart:
    """Return one flip diagram."""
    counts = (gap.both, gap.first_only, gap.second_only, gap.neither)
    name = dimension(gap.dimension)
    first, second = language(gap.first), language(gap.second)
    plot = Flips(
        heads=(words.text("html.passes", lang=first), words.text("html.fails", lang=first),
               words.text("html.passes", lang=second), words.text("html.fails", lang=second)),
        only=(words.text("html.only_passes", lang=first), words.text("html.only_passes", lang=second)),
        counts=counts,
    )  # fmt: skip
    return chart(f"flips.{gap.dimension}.{gap.first}.{gap.second}", plot, title=text("table.flips", name=name),
                 note="flips")  # fmt: skip


def dimension(name: str) -> Text:
    """Return the name of a dimension."""
    return said(f"dimension.{name}") if name in DIMENSIONS else Text(zh=name, en=name)


def effect_order(effect: Effect) -> tuple[str, str, float, str]:
    """Return the place of an effect: by expectation and language, the largest drop first."""
    return effect.expect, effect.lang, effect.change or 0.0, effect.variant


def shifts(material: Material) -> Iterator[Chart]:
    """Yield the perturbation plot, if the run asked variants: the largest drop first in every group."""
    found = [one for one in single(material.summary.effects) if one.change is not None]
    names = dict(build.variant_names(material.run.plan.info.settings.variants))
    bars = []
    for one in sorted(found, key=effect_order):
        wish, lang = said(f"expect.{one.expect}"), language(one.lang)
        bars.append(Shift(
            group=Text(zh=f"{wish.zh}，{lang.zh}", en=f"{wish.en}, {lang.en}"),
            label=names.get(f"variant.{one.variant}") or Text(zh=one.variant, en=one.variant),
            shown=points(one.change),
            low=one.low if one.low is not None else one.change or 0.0,
            point=one.change or 0.0,
            high=one.high if one.high is not None else one.change or 0.0,
            sure=significant(one),
        ))  # fmt: skip
    if bars:
        yield chart("shifts", Shifts(bars=tuple(bars)))


def accounting(material: Material) -> Chart:
    """Return where every planned case went, as one bar."""
    planned = material.summary.accounting.planned
    return chart("accounting.bar", Stack(parts=tuple(parts(material))), title=text("chart.accounting", planned=planned))


def parts(material: Material) -> Iterator[Part]:
    """Yield each status that occurred, and what is open; together they are what was planned."""
    found = material.summary.accounting
    counted = [(name, said(f"status.{name}"), found.statuses.get(name, 0)) for name in STATUSES]
    for name, spoken, n in (*counted, ("open", text("open"), found.planned - found.finished)):
        if n:
            yield Part(name=name, words=spoken, n=n)
