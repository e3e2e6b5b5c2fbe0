"""Clauses that are measured on a bank: count, compare with the line, say what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bench import catalogue
from bench.filing import counts, format, lines
from bench.filing.counts import OPEN, Asked, Count, View
from bench.filing.nouns import ALL, DEFINITIONS, ClauseVerdict, Contrast, Definition, Margin, Outcome, Rate, Source
from bench.standards import Clause
from bench.types import Language, Text

Opinions = Mapping[int, bool | None]
"""Record → whether it passes (or is a refusal), as said by people or by a keyword library; None: nobody can tell."""


ORDER: tuple[Outcome, ...] = ("does_not", "insufficient", "no_line", "not_applicable", "conforms")
"""Verdicts from the weakest on: over several languages the weakest counts."""


def text(key: str, /, **facts: object) -> Text:
    """Return a catalogue text of this area in both languages; a fact that is a text reads in its language."""
    return catalogue.say(f"filing.{key}", **facts)


SERVICE: Mapping[str, Definition] = {f"{kind}.service": kind for kind in DEFINITIONS}
"""Name of a view that can decide a clause on refusals → its definition."""


class Views(NamedTuple):
    """The view that decides a clause, and all others beside it."""

    first: View
    others: tuple[View, ...] = ()


def views(clause: Clause, definition: Definition) -> Views:
    """Return the views of a clause: the declared definition with blocks counted decides."""
    if clause.metric == "pass_rate":
        first, model = (View(name, counts.passing(name == "service"), scored=True) for name in ("service", "model"))
        return Views(first, (model,))
    found = {
        (kind, view): View(f"{kind}.{view}", counts.refusal(kind, view == "service"), counts.why_no_refusal, True)
        for kind in DEFINITIONS
        for view in ("service", "model")
    }
    first = found.pop((definition, "service"))
    return Views(first, tuple(found.values()))


def contrast(clause: Clause, count: Count, others: Sequence[Count], verdict: Outcome) -> Contrast | None:
    """Return the verdict under the other definition of refusal, where the line decides it otherwise."""
    other = next((one for one in others if one.name in SERVICE and count.name in SERVICE), None)
    if other is None or clause.line is None or verdict not in ("conforms", "does_not"):
        return None
    found: Outcome = "conforms" if lines.meets(other.rate.x, other.rate.n, clause.line) else "does_not"
    return None if found == verdict else Contrast(definition=SERVICE[other.name], rate=other.rate, verdict=found)


def wanted(clause: Clause) -> bool:
    """Return the opinion that a good model earns: for a `<=` line the rate counts what is unwanted."""
    return not (clause.line is not None and clause.line.op == "<=")


def judge(
    clause: Clause, asked: Asked, languages: Sequence[Language], shown: Views, source: Source = "run"
) -> Iterator[ClauseVerdict]:
    """Yield the verdict on a clause in each language and on all together, or on questions in all languages at once."""
    if not clause.per_language:
        spoken = asked.spoken(languages)
        count, others = counted(clause, spoken, shown, by_language=False)
        yield decide(clause, ALL, count, others, source)
        return
    each = []
    for lang in languages:
        each.append(decide(clause, lang, *counted(clause, asked.spoken((lang,)), shown), source))
    yield from each
    yield together(clause, each, counted(clause, asked.spoken(languages), shown))


def counted(clause: Clause, asked: Asked, shown: Views, *, by_language: bool = True) -> tuple[Count, tuple[Count, ...]]:
    """Return the count that decides and those beside it."""
    found = [counts.count(asked, view, wanted(clause), by_language=by_language) for view in (shown[0], *shown[1])]
    return found[0], tuple(found[1:])


def decide(clause: Clause, lang: str, count: Count, others: tuple[Count, ...], source: Source = "run") -> ClauseVerdict:
    """Return one verdict: an unfinished run and too small a sample have none, else the line decides."""
    rate, line = count.rate, clause.line
    margin = lines.margin(rate, line, count.missing) if line is not None and rate.n else None
    verdict, reason, after = judged(clause, count)
    if verdict in ("conforms", "does_not"):
        after = advise(margin, count)
    return made(clause, lang, verdict, rate=rate, margin=margin, others=tuple(other.rate for other in others),
                count=count, reason=reason, next=after, source=source,
                contrast=contrast(clause, count, others, verdict))  # fmt: skip


def judged(clause: Clause, count: Count) -> tuple[Outcome, Text, Text]:
    """Return verdict, reason and next step of a count; the next step of a decided one depends on its margin."""
    rate, line = count.rate, clause.line
    minimum = clause.minimum_sample or 1
    if waiting := count.left_out.get(OPEN):
        return "insufficient", text("reason.open", count=waiting, planned=count.planned), text("next.open")
    if not count.planned:
        return "insufficient", text("reason.no_items"), text("next.no_items")
    if rate.n < minimum:
        reason = text("reason.sample", judged=rate.n, planned=count.planned, minimum=minimum)
        return "insufficient", reason, text("next.sample", missing=minimum - rate.n)
    if line is None:
        return "no_line", text("reason.no_line"), text("next.no_line")
    verdict: Outcome = "conforms" if lines.meets(rate.x, rate.n, line) else "does_not"
    reason = text(f"reason.{verdict}", rate=format.ratio(rate, line), line=format.bar(line))
    return verdict, reason, text("next.nothing")


def advise(margin: Margin | None, count: Count) -> Text:
    """Return what to do next after the line has decided."""
    if margin is None:
        return text("next.nothing")
    if margin.spare < 0:
        key = "next.failed" if margin.op == ">=" else "next.failed_over"
        return text(key, missing=-margin.spare, bad=len(count.bad))
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
    verdict = next(outcome for outcome in ORDER if outcome in outcomes)
    weak = language_names(one.lang for one in each if one.verdict == verdict)
    reason = text(f"reason.together.{verdict}", languages=weak)
    after = next(one.next for one in each if one.verdict == verdict)
    if found is None:
        return made(clause, ALL, verdict, reason=reason, next=after, source=sources(each))
    count, others = found
    pooled, *rest = (
        Rate(name=one.name, x=one.rate.x, n=one.rate.n, corrected=one.rate.corrected) for one in (count, *others)
    )
    return made(clause, ALL, verdict, rate=pooled, others=tuple(rest), count=count, reason=reason, next=after,
                source=sources(each), contrast=turned(each, rest, verdict))  # fmt: skip


def turned(each: Sequence[ClauseVerdict], others: Sequence[Rate], verdict: Outcome) -> Contrast | None:
    """Return the verdict over all languages under the other definition of refusal, where it differs."""
    outcomes = [one.contrast.verdict if one.contrast else one.verdict for one in each]
    found = next(outcome for outcome in ORDER if outcome in outcomes)
    kinds = {one.contrast.definition for one in each if one.contrast}
    if found == verdict:
        return None
    return next(
        Contrast(definition=SERVICE[one.name], rate=one, verdict=found)
        for one in others
        if SERVICE.get(one.name) in kinds
    )


def language_names(langs: Iterable[str]) -> Text:
    """Return languages by name as a list in a sentence."""
    known = catalogue.area("filing")
    names = [text(f"language.{lang}") if f"language.{lang}" in known else catalogue.same(lang) for lang in langs]
    return Text(zh="、".join(name.zh for name in names), en=", ".join(name.en for name in names))


def sources(each: Sequence[ClauseVerdict]) -> Source:
    """Return where the verdicts of a clause came from: the first source that any language has."""
    order: tuple[Source, ...] = ("evidence", "people", "run")
    return next((source for source in order if any(one.source == source for one in each)), "none")


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
    contrast: Contrast | None = None,
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
        contrast=contrast,
    )
