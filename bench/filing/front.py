"""What the first page says: the verdict band, three findings, and which records stand behind a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from bench.filing import accuracy, charts, format, results
from bench.filing.cells import (
    columns,
    contrast,
    counted,
    empty_row,
    grouped,
    is_total,
    language,
    lined,
    outcome,
    paragraph,
    plain,
    table,
)  # fmt: skip
from bench.filing.clauses import text
from bench.filing.document import BandLine, Bar, Paragraph, Table
from bench.filing.material import Material
from bench.filing.nouns import ALL, ClauseVerdict
from bench.report import build
from bench.report import findings as sentences
from bench.types import Text


def band(material: Material) -> Iterator[BandLine]:
    """Yield every clause that has a line: each language of the service, and all of them together."""
    bars = {(bar.group, bar.label): bar for bar in charts.bars_of(material)}
    for verdict in lined(material.verdicts.clauses):
        yield band_line(material, verdict, bars.get((verdict.title, language(verdict.lang))))


def bad(material: Material, verdict: ClauseVerdict) -> int | None:
    """Return how much counts against the model: records of the run, or what an imported sampling found; None if
    nothing was judged. Over all languages of an imported sampling it is the sum of those that were brought."""
    if verdict.source != "evidence":
        rate = counted(verdict)
        return len(verdict.records) if verdict.records or (rate is not None and rate.n) else None
    if verdict.lang == ALL and verdict.rate is None:
        each = [one for one in material.verdicts.clauses if one.id == verdict.id and one.lang != ALL]
        brought = [count for one in each if (count := bad(material, one)) is not None]
        return sum(brought) if brought else None
    if verdict.rate is None:
        return None
    line, rate = material.line_of(verdict.id), verdict.rate
    return rate.x if line is not None and line.op == "<=" else rate.n - rate.x


def band_line(material: Material, verdict: ClauseVerdict, bar: Bar | None) -> BandLine:
    """Return one line of the verdict band."""
    line = material.line_of(verdict.id)
    return BandLine(
        id=f"{verdict.id}/{verdict.lang}",
        clause=verdict.title,
        lang=language(verdict.lang),
        count=format.ratio(counted(verdict), line),
        line=format.bar(line),
        interval=format.wilson(verdict.rate),
        bar=bar,
        verdict=outcome(verdict.verdict),
        bound=bound(verdict),
        contrast=contrast(verdict),
        scorer=accuracy.beside(material, verdict),
        failures=bad(material, verdict),
    )


def first(band: Sequence[BandLine]) -> Table:
    """Return the verdict band as a table for the first page of print."""
    wanted = columns(("clause", 8, "l"), ("language", 3, "l"), ("count", 6, "r"), ("line", 3, "r"),
                     ("clears", 4, "l"), ("accuracy", 6, "l"), ("verdict", 5, "l"))  # fmt: skip
    rows = (
        (
            plain(line.clause),
            plain(line.lang),
            plain(line.count, f"first/{line.id}/rate"),
            plain(line.line, f"first/{line.id}/line"),
            plain(line.bound, f"first/{line.id}/clears"),
            plain(line.scorer, f"first/{line.id}/scorer"),
            msgspec.structs.replace(line.verdict, id=f"first/{line.id}/verdict"),
        )
        for line in band
    )
    return grouped(table("first", wanted, list(rows) or [empty_row(len(wanted))]))


def notes(material: Material) -> Iterator[Paragraph]:
    """Yield what the figures of the first page need: what the scorer's error is, and what counts as a pass."""
    yield from results.passes(material)
    yield paragraph("say.accuracy", "note")


def bound(verdict: ClauseVerdict) -> Text:
    """Return whether the interval clears the line, and if not, the count that would."""
    margin = verdict.margin
    if margin is None:
        waits = verdict.source != "run" and verdict.verdict == "insufficient"
        return text("band.people" if waits else "band.none")
    if margin.needed is None:
        return text("band.never")
    if margin.bound == "clears":
        return text("band.clears" if margin.op == ">=" else "band.clears_at_most", needed=margin.needed)
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
