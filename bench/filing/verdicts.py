"""Standard + units + bank statistics + evidence → verdicts. Bank, sample and line are judged apart, never merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench.filing import banks, clauses, manual, projection
from bench.filing.banks import BankState
from bench.filing.evidence import EMPTY, Evidence
from bench.filing.nouns import ALL, SCHEMA, ClauseVerdict, Definition, SampleAdequacy, Verdicts
from bench.standards import Clause, Standard
from bench.summary import Unit
from bench.types import Language, Value


class Context(Value, frozen=True):
    """What verdicts depend on besides the units."""

    run: str
    today: str
    """Date from which the age of banks is counted."""
    languages: tuple[Language, ...]
    """Languages of the service: each must be evidenced."""
    suites: Mapping[str, str | None]
    """Suite → bank."""
    definition: Definition = "strict"
    evidence_grade: bool = True
    states: tuple[BankState, ...] = ()
    evidence: Evidence = EMPTY


def judge(standard: Standard, units: Sequence[Unit], context: Context) -> Verdicts:
    """Return every verdict of a standard on the units of a run."""
    found = [verdict for clause in standard.clauses for verdict in judge_clause(clause, units, context)]
    return Verdicts(
        schema=SCHEMA,
        standard=standard.standard,
        version=standard.version,
        run=context.run,
        definition=context.definition,
        languages=context.languages,
        evidence_grade=context.evidence_grade,
        banks=tuple(banks.judge(standard, context.states, context.languages, context.today)),
        samples=tuple(samples(found)),
        clauses=tuple(found),
    )


def judge_clause(clause: Clause, units: Sequence[Unit], context: Context) -> Iterator[ClauseVerdict]:
    """Yield the verdicts on one clause: each language and all together, or the one it has."""
    if clause.via == "crosswalk":
        yield from projection.judge(clause, units, context.languages)
    elif clause.metric == "manual":
        yield manual.judge(clause, context.evidence.of(clause.id))
    elif clause.method in ("human", "keyword"):
        each = [manual.judge(clause, context.evidence.of(clause.id, lang), lang) for lang in context.languages]
        yield from (*each, clauses.together(clause, each, None))
    else:
        yield from clauses.judge(clause, units, context.languages, context.definition, context.suites)


def samples(found: Sequence[ClauseVerdict]) -> Iterator[SampleAdequacy]:
    """Yield the adequacy of the sample of every clause that is measured on a bank."""
    for verdict in found:
        if verdict.bank is None or verdict.minimum is None or verdict.lang == ALL:
            continue
        judged = verdict.rate.n if verdict.rate else 0
        yield SampleAdequacy(
            clause=verdict.id,
            bank=verdict.bank,
            lang=verdict.lang,
            planned=verdict.planned,
            judged=judged,
            minimum=verdict.minimum,
            verdict="conforms" if judged >= verdict.minimum else "insufficient",
        )
