"""What the first page says: the verdict band, three findings, and which records stand behind a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.filing import charts, format, results
from bench.filing.cells import contrast, is_total, language, line_of, outcome
from bench.filing.clauses import text
from bench.filing.document import BandLine, Bar
from bench.filing.material import Material
from bench.filing.nouns import ClauseVerdict
from bench.report import build
from bench.report import findings as sentences
from bench.types import Text


def band(material: Material) -> Iterator[BandLine]:
    """Yield every clause that has a line: each language that was counted, or the one verdict without a count."""
    found = [v for v in material.verdicts.clauses if v.metric != "manual" or v.rate is not None]
    counted = {v.id for v in found if v.rate is not None}
    bars = {(bar.group, bar.label): bar for bar in charts.bars_of(material)}
    for verdict in sorted(found, key=lambda v: v.source != "run"):
        if line_of(verdict) is not None or (verdict.id not in counted and is_total(verdict)):
            yield band_line(verdict, bars.get((verdict.title, language(verdict.lang))))


def band_line(verdict: ClauseVerdict, bar: Bar | None) -> BandLine:
    """Return one line of the verdict band."""
    line = line_of(verdict)
    return BandLine(
        id=f"{verdict.id}/{verdict.lang}",
        clause=verdict.title,
        lang=language(verdict.lang),
        count=format.ratio(verdict.rate, line),
        line=format.bar(line),
        interval=format.wilson(verdict.rate),
        bar=bar,
        verdict=outcome(verdict.verdict),
        bound=bound(verdict),
        contrast=contrast(verdict),
        failures=len(verdict.records),
    )


def bound(verdict: ClauseVerdict) -> Text:
    """Return whether the interval clears the line, and if not, the count that would."""
    margin = verdict.margin
    if margin is None:
        return text("band.people" if verdict.source != "run" else "band.none")
    if margin.bound == "clears":
        return text("band.clears")
    if margin.needed is None:
        return text("band.never")
    return text("band.needs" if margin.op == ">=" else "band.at_most", needed=margin.needed)


def findings(material: Material) -> Iterator[Text]:
    """Yield where the definition of refusal decides a verdict, then the three findings of the run."""
    yield from contrasts(material)
    names = build.display_names(material.run, material.summary)
    yield from (one.text for one in sentences.headline(material.summary, names))


def contrasts(material: Material) -> Iterator[Text]:
    """Yield every verdict that the other definition of refusal would turn round, as a sentence."""
    for verdict in material.verdicts.clauses:
        if (other := contrast(verdict)) is not None:
            name, lang = verdict.title, language(verdict.lang)
            yield text("finding.contrast", name=name, lang=lang, verdict=outcome(verdict.verdict).text, other=other)


def sets(material: Material) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield the records behind each figure, by the figure's id."""
    for verdict in material.verdicts.clauses:
        yield f"{verdict.id}/{verdict.lang}/rate", verdict.records
        if is_total(verdict):
            yield f"clause/{verdict.id}/rate", verdict.records
    for bank in material.standard.banks:
        clause = results.measured(material, bank.bank)
        if clause is not None:
            for (code, lang), count in results.count_codes(material, bank, clause).items():
                yield f"code/{bank.bank}/{code}/{lang}/bad", count.bad
