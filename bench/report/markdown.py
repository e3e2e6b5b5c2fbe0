"""The report as Markdown, for pull requests and step summaries: zh and en one after the other, no model text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench import catalogue, files
from bench.calibration.nouns import Corrected
from bench.judging import JudgeCost
from bench.reasons import word
from bench.report import trust
from bench.report.comparison import Comparison, Line
from bench.report.comparison import span as span_of
from bench.report.document import Document, repeated, varied
from bench.report.findings import LEVEL, chance, percent, points, significant
from bench.report.marks import bullets, escape, section, table
from bench.report.words import coded, named, short, variant
from bench.review.results import People, Review
from bench.robustness import PLAIN, Effect
from bench.summary import ALL, SMALL, Gap, Row
from bench.types import Estimate, Text

Say = Callable[..., str]
HALVES = {"zh": "中文", "en": "English"}
"""Each language by its own name."""


class MarkdownRenderer:
    """Writes `report.md`."""

    suffix = ".md"

    def render(self, document: Document, target: Path) -> None:
        """Write the document in both languages, zh first, with links to each half at the top."""
        links = " · ".join(f"[{HALVES[lang]}](#{lang})" for lang in catalogue.LANGUAGES)
        parts = [f'<a id="{lang}"></a>\n\n' + "\n".join(render(document, lang)) for lang in catalogue.LANGUAGES]
        files.write(target, ("\n\n---\n\n".join((links, *parts)) + "\n").encode())


def render(document: Document, lang: str) -> Iterator[str]:
    """Yield the lines of the report in one language."""

    def say(key: str, /, **facts: object) -> str:
        return catalogue.text(f"report.{key}", lang, **facts)

    yield f"# {escape(document.title.of(lang))}"
    yield ""
    yield from bullets(f"**{escape(f.label.of(lang))}**: {escape(f.value.of(lang))}" for f in document.identity)
    yield from section(say("heading.findings"), bullets(escape(f.text.of(lang)) for f in document.findings))
    yield from section(say("heading.cautions"), bullets(escape(c.text.of(lang)) for c in document.cautions))
    yield from section(say("heading.rates"), rates(document, lang, say))
    yield from section(say("heading.gaps"), gap_table(document, lang, say))
    if varied(document):
        yield from section(say("heading.effects"), effect_table(document, lang, say))
    if document.attacks:
        yield from section(say("heading.attacks"), attack_table(document, lang, say))
    for one in document.comparisons:
        yield from section(one.title.of(lang), comparison_tables(one, lang, say))
    yield from section(say("heading.scorers"), scorer_table(document, lang, say))
    if document.review is not None:
        yield from section(say("heading.people"), people(document, document.review, lang, say))
    yield from section(say("heading.accounting"), accounting(document, say))
    yield from section(say("heading.failures"), failures(document, lang, say))
    environment = (f"{escape(f.label.of(lang))}: `{escape(f.value.of(lang))}`" for f in document.environment)
    yield from section(say("heading.environment"), bullets(environment))


def figure(estimate: Estimate) -> str:
    """Return `x / n = rate [low, high]`, marked when there are few items."""
    if not estimate.n:
        return "0 / 0"
    small = " †" if estimate.clusters < SMALL else ""
    bounds = f"{percent(estimate.low)}, {percent(estimate.high)}"
    return f"{estimate.x} / {estimate.n} = {percent(estimate.point)} [{bounds}]{small}"


def rates(document: Document, lang: str, say: Say) -> Iterator[str]:
    """Yield the table of rates: totals by dimension and expectation, then codes."""
    titles = [
        say(f"column.{name}") for name in ("what", "expect", "language", "model", "corrected", "service", "left_out")
    ]
    shown = [row for row in document.rows if row.suite == ALL]
    yield from table(titles, (rate_cells(document, row, lang, say) for row in shown))
    yield from ("", say("corrected_note"))
    yield from ("", say("small_note", n=SMALL))
    if varied(document):
        yield from ("", say("plain_only"))


def rate_cells(document: Document, row: Row, lang: str, say: Say) -> list[str]:
    """Return one row of the table of rates."""
    return [
        subject(document, row).of(lang),
        say("all") if row.expect == ALL else document.names[f"expect.{row.expect}"].of(lang),
        say("all") if row.lang == ALL else document.names[f"language.{row.lang}"].of(lang),
        figure(row.estimate),
        trusted(row.corrected, trust.rate(row.corrected), lang),
        figure(row.service),
        left_out(document, row.estimate.left_out, lang),
    ]


def trusted(found: Corrected, words: Text, lang: str) -> str:
    """Return a corrected figure, or in which way it is none and why."""
    reason = trust.why(found)
    return words.of(lang) + (f" ({reason.of(lang)})" if reason else "")


def people(document: Document, review: Review, lang: str, say: Say) -> Iterator[str]:
    """Yield the rates that rest on people's labels, and how far people agree."""
    counts = ("sampled", "labelled", "single", "double", "open", "adjudicated")
    yield from (say("people_note", **{name: getattr(review, name) for name in counts}), "")
    if review.single:
        yield from (say("people_single", single=review.single), "")
    names = ("what", "expect", "language", "sampled", "by_people", "by_scorer", "powered")
    rows = (
        [
            subject(document, row).of(lang),
            speak(document, row.expect, "expect", lang, say),
            speak(document, row.lang, "language", lang, say),
            f"{found.labelled} / {found.sampled}",
            f"{found.passed} / {found.labelled}",
            percent(row.estimate.point),
            by_people(found, lang),
        ]
        for row in document.rows
        if row.suite == ALL and (found := row.people) is not None
    )
    yield from table([say(f"column.{name}") for name in names], rows)
    yield ""
    names = ("question", "language", "between", "count", "raw", "kappa", "alpha")
    yield from table([say(f"column.{name}") for name in names], agreement(document, review, lang, say))


def by_people(found: People, lang: str) -> str:
    """Return a rate corrected by people's labels, and how many of these are one person's."""
    alone = trust.alone(found)
    return trusted(found.estimate, trust.rate(found.estimate), lang) + (f" ({alone.of(lang)})" if alone else "")


def agreement(document: Document, review: Review, lang: str, say: Say) -> Iterator[list[object]]:
    """Yield how far people agree with each other, and with the scorer that is asked the same."""
    for one in review.agreement:
        for who, found in ((say("people"), one.people), (say("people_and", scorer=one.scorer), one.with_scorer)):
            if found is one.people and not found.n:
                continue  # nobody was labelled twice
            scope = (say(f"question.{one.question}"), speak(document, one.lang, "language", lang, say), who)
            yield [*scope, found.n, *(trust.span(figure) for figure in (found.raw, found.kappa, found.alpha))]


def left_out(document: Document, counts: Mapping[str, int], lang: str) -> str:
    """Return what has no verdict, statuses in words; reasons of scorers stay as they are."""
    return ", ".join(f"{word(name).of(lang)} {n}" for name, n in counts.items()) or "0"


def gap_table(document: Document, lang: str, say: Say) -> Iterator[str]:
    """Yield the differences between languages on pairs."""
    titles = [
        say(f"column.{name}")
        for name in ("what", "pairs", "difference", "interval", "p", "flips", "corrected", "accuracy")
    ]
    rows, entries = [], trust.index(document.calibration)
    for gap in document.gaps:
        name = f"{subject(document, gap).of(lang)} ({between(document, gap, lang, say)})"
        flips = f"{gap.both} / {gap.first_only} / {gap.second_only} / {gap.neither}"
        beside = trust.beside(gap.scorers, entries)
        accuracy = " · ".join(
            f"{speak(document, one, 'language', lang, say)}: {words.of(lang)}" for one, words, _ in beside
        )
        fixed = trusted(gap.corrected, trust.difference(gap.corrected), lang)
        rows.append([name, gap.pairs, points(gap.difference), span(gap), chance(gap.p), flips, fixed, accuracy])
    yield from table(titles, rows)
    if repeated(document):
        yield from ("", say("repeated_note"))


def between(document: Document, gap: Gap, lang: str, say: Say) -> str:
    """Return the two languages of a gap in words, the second taken from the first."""
    return " − ".join(speak(document, one, "language", lang, say) for one in (gap.first, gap.second))


def subject(document: Document, one: Row | Gap) -> Text:
    """Return what a rate or gap is about, its code behind the name."""
    if one.code == ALL:
        return named(document.names, one.dimension)
    return coded(document.names, one.code, short(one.code, {row.code for row in document.rows}))


def span(one: Gap | Effect) -> str:
    """Return the interval of a difference; `–` where there is none."""
    return "–" if one.low is None else f"{points(one.low)} … {points(one.high)}"


def speak(document: Document, name: str, kind: str, lang: str, say: Say) -> str:
    """Return a language or an expectation in words."""
    return say("all") if name == ALL else named(document.names, name, kind).of(lang)


def effect_table(document: Document, lang: str, say: Say) -> Iterator[str]:
    """Yield what each variant does to the pass rate, and which items it would not have changed."""
    names = ("variant", "language", "expect", "items", "plain", "varied", "change", "interval", "p_holm")
    titles = [say(f"column.{name}") for name in (*names, "worse", "better", "left_out")]
    rows = (
        [
            variant(document.names, one.variant).of(lang),
            speak(document, one.lang, "language", lang, say),
            speak(document, one.expect, "expect", lang, say),
            f"{one.items}{' †' if one.items < SMALL else ''}",
            percent(one.plain),
            percent(one.varied),
            points(one.change),
            span(one),
            chance(one.p_holm) + (" *" if significant(one) else ""),
            one.worse,
            one.better,
            left_out(document, one.left_out, lang),
        ]
        for one in document.effects
    )
    yield from table(titles, rows) if document.effects else (say("effects_none"),)
    yield from ("", say("effects_note", level=LEVEL))
    if document.run.not_applicable:
        found = document.run.not_applicable.items()
        listed = " · ".join(f"{variant(document.names, name).of(lang)} {count}" for name, count in found)
        yield from ("", say("not_applicable", list=escape(listed)))


def attack_table(document: Document, lang: str, say: Say) -> Iterator[str]:
    """Yield how often each variant gets an answer to what should be refused."""
    titles = [say(f"column.{name}") for name in ("variant", "language", "attempts", "broken", "most", "short")]
    rows = (
        [
            variant(document.names, one.variant).of(lang),
            speak(document, one.lang, "language", lang, say),
            figure(one.attempts),
            figure(one.items),
            one.k,
            one.short,
        ]
        for one in document.attacks
    )
    yield from table(titles, rows)
    yield from ("", say("attacks_note"))


def comparison_tables(found: Comparison, lang: str, say: Say) -> Iterator[str]:
    """Yield the groups with the range of published figures, then every code, asked or not, and the known errors."""
    yield say("comparison.coverage", covered=found.covered, codes=found.codes, enough=found.enough, n=SMALL)
    yield from ("", escape(found.board.note.of(lang)) if found.board.note else "", "")
    heads = [say(f"column.{name}") for name in ("code", "what", "items", "failing")]
    yield from table([*heads, say("column.published")], (comparison_cells(one, lang) for one in found.groups))
    yield ""
    yield from table(heads, (comparison_cells(one, lang)[:-1] for one in found.dimensions))
    yield ""
    notes = (f"{', '.join(e.models)} · {', '.join(e.metrics)}: {e.note.of(lang)}" for e in found.board.errors)
    yield from bullets(escape(say("comparison.error", text=note)) for note in notes)


def comparison_cells(one: Line, lang: str) -> list[object]:
    """Return one line of a comparison; the last cell is the range of published figures."""
    published = span_of(one)
    between = f"{published[0]} – {published[1]}" if published else "–"
    return [one.code, one.name.of(lang), one.items, figure(one.failed), between]


def scorer_table(document: Document, lang: str, say: Say) -> Iterator[str]:
    """Yield what each scorer did, and whether its error is measured."""
    titles = [say(f"column.{name}") for name in ("scorer", "language", "scored", "unscored", "labels", "measured")]
    entries = trust.index(document.calibration)
    rows = (
        [
            f"{row.scorer} {row.version} ({row.config})",
            speak(document, row.lang, "language", lang, say),
            row.scored,
            row.unscored,
            ", ".join(f"{label_name(document, name, lang)} {count}" for name, count in row.labels.items()),
            "; ".join(found.of(lang) for found in trust.measured(row.entries, entries)) or say("unmeasured"),
        ]
        for row in document.scorers
    )
    yield from table(titles, rows)


def accounting(document: Document, say: Say) -> Iterator[str]:
    """Yield where every planned case went, as numbers that add up."""
    found = document.accounting
    rows = [(say("planned"), found.planned), (say("finished"), found.finished)]
    rows += [(say(f"status.{name}"), count) for name, count in found.statuses.items()]
    rows += [(say("judged"), found.judged), (say("scored"), found.scored), (say("unscored"), found.unscored)]
    yield from table((say("column.what"), say("column.count")), rows)
    if found.judges:
        yield ""
        yield from judges(found.judges, say)


def judges(costs: Sequence[JudgeCost], say: Say) -> Iterator[str]:
    """Yield what each model that judges has cost."""
    names = ("judge", "calls", "tokens_in", "tokens_cached", "tokens_out", "unmetered", "no_verdict")
    rows = (
        [one.judge, one.calls, one.input, one.cached, one.output, one.unmetered, no_verdict(one, say)] for one in costs
    )
    yield from table([say(f"column.{name}") for name in names], rows)


def no_verdict(cost: JudgeCost, say: Say) -> str:
    """Return how many calls to a judge gave no verdict, and why."""
    reasons = ", ".join(f"{say('reason.' + name)} {count}" for name, count in cost.failures.items())
    return f"{sum(cost.failures.values())}" + (f" ({reasons})" if reasons else "")


def failures(document: Document, lang: str, say: Say) -> Iterator[str]:
    """Yield the failed records by id, without any text of the model."""
    titles = [say(f"column.{name}") for name in ("record", "item", "codes", "language", "expect", "label", "scorer")]
    failed = [one for one in document.exchanges if one.passed is False]
    rows = (
        [
            one.i,
            f"{one.suite} / {one.item}",
            ", ".join(one.codes),
            speak(document, one.lang, "language", lang, say)
            + ("" if one.variant == PLAIN else f" · {variant(document.names, one.variant).of(lang)}"),
            document.names[f"expect.{one.expect}"].of(lang),
            label_name(document, one.label, lang),
            one.scorer,
        ]
        for one in failed
    )
    yield from table(titles, rows)


def label_name(document: Document, label: str | None, lang: str) -> str:
    """Return a label in words; an option letter stays as it is."""
    known = document.names.get(f"label.{label}")
    return known.of(lang) if known else label or "–"
