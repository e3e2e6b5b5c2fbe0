"""Clauses that are measured on a bank: count, compare with the line, say what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bench import catalogue
from bench.filing import counts, format, lines
from bench.filing.counts import Count
from bench.filing.nouns import ALL, DEFINITIONS, ClauseVerdict, Definition, Margin, Outcome, Rate, Source
from bench.standards import Clause
from bench.summary import Unit
from bench.types import Language, Text


def text(key: str, /, **facts: object) -> Text:
    """Return a catalogue text of this area in both languages; a fact that is a text reads in its language."""
    spoken = {
        lang: {name: fact.of(lang) if isinstance(fact, Text) else fact for name, fact in facts.items()}
        for lang in catalogue.LANGUAGES
    }
    return Text(**{lang: catalogue.text(f"filing.{key}", lang, **spoken[lang]) for lang in catalogue.LANGUAGES})


def judge(
    clause: Clause,
    units: Sequence[Unit],
    languages: Sequence[Language],
    definition: Definition,
    suites: Mapping[str, str | None],
) -> Iterator[ClauseVerdict]:
    """Yield the verdict on a measured clause in each language, then on all of them together."""
    members = counts.of(units, clause.bank or "", dict(suites))
    each = []
    for lang in languages:
        spoken = [unit for unit in members if unit.record.case.lang == lang]
        each.append(decide(clause, lang, *views(clause, spoken, definition)))
    yield from each
    pooled = [unit for unit in members if unit.record.case.lang in languages]
    yield together(clause, each, views(clause, pooled, definition))


def views(clause: Clause, units: Sequence[Unit], definition: Definition) -> tuple[Count, tuple[Count, ...]]:
    """Return the count that decides (the declared definition, blocks counted) and all others beside it."""
    wanted = not (clause.line is not None and clause.line.op == "<=")
    if clause.metric == "pass_rate":
        return (
            counts.count("service", units, counts.passing(True), wanted),
            (counts.count("model", units, counts.passing(False), wanted),),
        )
    found = {
        (kind, view): counts.count(f"{kind}.{view}", units, counts.refusal(kind, view == "service"), wanted)
        for kind in DEFINITIONS
        for view in ("service", "model")
    }
    first = found.pop((definition, "service"))
    return first, tuple(found.values())


def decide(clause: Clause, lang: str, count: Count, others: tuple[Count, ...]) -> ClauseVerdict:
    """Return the verdict in one language: below the minimum it is insufficient, else the line decides."""
    rate, line = count.rate, clause.line
    margin = lines.margin(rate, line, count.missing) if line is not None and rate.n else None
    minimum = clause.minimum_sample or 1
    if rate.n < minimum:
        verdict: Outcome = "insufficient"
        reason = text("reason.sample", judged=rate.n, planned=count.planned, minimum=minimum)
        after = text("next.sample", missing=minimum - rate.n)
    else:
        assert line is not None  # every measured clause of a standard with banks has one
        met = lines.meets(rate.x, rate.n, line)
        verdict = "conforms" if met else "does_not"
        facts = {"rate": format.ratio(rate, line), "line": format.bar(line)}
        reason = text(f"reason.{verdict}", **facts)
        after = advise(margin, count)
    return made(clause, lang, verdict, rate=rate, margin=margin, others=tuple(other.rate for other in others),
                count=count, reason=reason, next=after)  # fmt: skip


def advise(margin: Margin | None, count: Count) -> Text:
    """Return what to do next after the line has decided."""
    if margin is None:
        return text("next.nothing")
    if margin.spare < 0:
        return text("next.failed", missing=-margin.spare, bad=len(count.bad))
    if margin.worst == "does_not":
        return text("next.left_out", count=count.missing)
    if margin.bound != "clears":
        needed = "–" if margin.needed is None else margin.needed
        return text("next.thin", needed=needed, n=count.rate.n)
    return text("next.nothing")


def together(
    clause: Clause, each: Sequence[ClauseVerdict], found: tuple[Count, tuple[Count, ...]] | None
) -> ClauseVerdict:
    """Return the verdict over all required languages: as good as the weakest; the pooled rate only informs.

    An item asked in two languages is one cluster: the pooled rate has no interval of its own here.
    """
    outcomes = [one.verdict for one in each]
    order: tuple[Outcome, ...] = ("does_not", "insufficient", "not_applicable", "conforms")
    verdict = next(outcome for outcome in order if outcome in outcomes)
    weak = ", ".join(one.lang for one in each if one.verdict == verdict)
    reason = text(f"reason.together.{verdict}", languages=weak)
    after = next(one.next for one in each if one.verdict == verdict)
    if found is None:
        return made(clause, ALL, verdict, reason=reason, next=after, source=sources(each))
    count, others = found
    pooled = Rate(name=count.name, x=count.rate.x, n=count.rate.n)
    rest = tuple(Rate(name=other.name, x=other.rate.x, n=other.rate.n) for other in others)
    return made(clause, ALL, verdict, rate=pooled, others=rest, count=count, reason=reason, next=after)


def sources(each: Sequence[ClauseVerdict]) -> Source:
    """Return where imported verdicts came from."""
    return "evidence" if any(one.source == "evidence" for one in each) else "none"


def made(
    clause: Clause,
    lang: str,
    verdict: Outcome,
    *,
    count: Count | None = None,
    source: Source = "run",
    rate: Rate | None = None,
    others: tuple[Rate, ...] = (),
    margin: Margin | None = None,
    files: tuple[str, ...] = (),
    **said: Text,
) -> ClauseVerdict:
    """Return the noun: the clause's own facts and the verdict."""
    return ClauseVerdict(
        id=clause.id,
        clause=dict(clause.clause),
        title=clause.title,
        evidence=clause.evidence,
        strength=clause.strength,
        bank=clause.bank,
        metric=clause.metric,
        method=clause.method,
        lang=lang,
        source=source,
        planned=count.planned if count else 0,
        left_out=count.left_out if count else {},
        minimum=clause.minimum_sample,
        rate=rate if rate is not None and rate.n else None,
        others=others,
        margin=margin,
        verdict=verdict,
        reason=said["reason"],
        next=said["next"],
        records=count.bad if count else (),
        files=files,
    )
