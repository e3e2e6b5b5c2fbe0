"""Standard + units + bank statistics + evidence → verdicts. Bank, sample and line are judged apart, never merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.engine.journal import End
from bench.filing import banks, clauses, manual, membership
from bench.filing.banks import BankState
from bench.filing.clauses import Opinions, Views
from bench.filing.counts import Asked, View, listed
from bench.filing.evidence import EMPTY, Evidence
from bench.filing.nouns import ALL, DEFINITIONS, SCHEMA, ClauseVerdict, Definition, SampleAdequacy, Source, Verdicts
from bench.standards import Clause, Standard
from bench.types import Language, Value


class Context(Value, frozen=True):
    """What verdicts depend on besides the units."""

    run: str
    records: End
    today: str
    """Date from which the age of banks is counted."""
    languages: tuple[Language, ...]
    """Languages of the service: each must be evidenced."""
    suites: Mapping[str, str | None]
    """Suite → bank."""
    definition: Definition = DEFINITIONS[0]
    evidence_grade: bool = True
    audit: str = ""
    """SHA-256 of the audit's file."""
    planned: int = 0
    open: int = 0
    people: Mapping[str, Opinions] = {}
    """Question → what people settled about records: `content` safe, `behaviour` refused; None where they could not."""
    keywords: Opinions | None = None
    """Record → whether it is free of the operator's keywords; None: no library was imported."""
    states: tuple[BankState, ...] = ()
    evidence: Evidence = EMPTY


def judge(standard: Standard, asked: Asked, context: Context) -> Verdicts:
    """Return every verdict of a standard on what a run asked."""
    found = [verdict for clause in standard.clauses for verdict in judge_clause(clause, asked, context)]
    return Verdicts(
        schema=SCHEMA,
        standard=standard.standard,
        version=standard.version,
        run=context.run,
        definition=context.definition,
        languages=context.languages,
        evidence_grade=context.evidence_grade,
        records=context.records,
        audit=context.audit,
        planned=context.planned,
        open=context.open,
        banks=tuple(banks.judge(standard, context.states, context.languages, context.today)),
        samples=tuple(samples(found)),
        clauses=tuple(found),
    )


def judge_clause(clause: Clause, asked: Asked, context: Context) -> Iterator[ClauseVerdict]:
    """Yield the verdicts on one clause: each language and all together, or the one it has."""
    if clause.metric == "manual":
        yield manual.judge(clause, context.evidence.of(clause.id))
        return
    members = asked.within(membership.belongs(clause, context.suites))
    if clause.method in IMPORTED:
        yield from from_outside(clause, members, context)
    else:
        yield from clauses.judge(clause, members, context.languages, clauses.views(clause, context.definition))


IMPORTED = ("human", "keyword", "technical")
"""Methods of sampling whose result the scores of the run never replace."""
QUESTIONS = {"pass_rate": "content", "refusal_rate": "behaviour"}
"""Metric → what people are asked about a reply."""


def from_outside(clause: Clause, members: Asked, context: Context) -> Iterator[ClauseVerdict]:
    """Yield the verdicts on a sampling by people or by keywords: in each language imported counts, else labels."""
    stated = {lang: context.evidence.of(clause.id, lang) for lang in context.languages}
    measured = list(labelled(clause, members, labels(clause, context), context.languages))
    if measured and not any(stated.values()):
        yield from measured
        return
    own = {one.lang: one for one in measured}
    each = [
        own[lang] if entry is None and lang in own else manual.judge(clause, entry, lang)
        for lang, entry in stated.items()
    ]
    yield from (*each, clauses.together(clause, each, None))


def labelled(
    clause: Clause, members: Asked, opinions: Opinions, languages: Sequence[Language]
) -> Iterator[ClauseVerdict]:
    """Yield the verdicts that labels of this run support; none without labels."""
    if not opinions:
        return
    sampled = Asked([unit for unit in members.units if unit.record.i in opinions])
    view = View(clause.method or "human", listed(opinions), lambda unit: "not_settled")
    source: Source = "people" if clause.method == "human" else "run"
    yield from clauses.judge(clause, sampled, languages, Views(view), source)


def labels(clause: Clause, context: Context) -> Opinions:
    """Return what is known of the records by the method of a clause."""
    if clause.method == "human":
        return context.people.get(QUESTIONS[clause.metric], {})
    return (context.keywords or {}) if clause.method == "keyword" else {}


def samples(found: Sequence[ClauseVerdict]) -> Iterator[SampleAdequacy]:
    """Yield the adequacy of the sample of every clause that is measured on a bank."""
    for verdict in found:
        if verdict.minimum is None or verdict.metric == "manual" or not decided(verdict, found):
            continue
        judged = verdict.rate.n if verdict.rate else 0
        yield SampleAdequacy(
            clause=verdict.id,
            bank=verdict.bank or "",
            lang=verdict.lang,
            planned=judged if verdict.source == "evidence" else verdict.planned,
            judged=judged,
            minimum=verdict.minimum,
            verdict="conforms" if judged >= verdict.minimum else "insufficient",
        )


def decided(verdict: ClauseVerdict, found: Sequence[ClauseVerdict]) -> bool:
    """Return whether a verdict was decided on its own sample: in each language, or on all if the clause has none."""
    return verdict.lang != ALL or all(other.lang == ALL for other in found if other.id == verdict.id)
