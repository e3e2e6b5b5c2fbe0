"""Clauses that people prove: imported counts or a stated verdict; without them insufficient, with what is needed."""

from __future__ import annotations

from fractions import Fraction

from bench.filing import format, lines
from bench.filing.clauses import made, text
from bench.filing.evidence import Entry
from bench.filing.nouns import NONE, ClauseVerdict, Outcome
from bench.standards import Clause
from bench.types import Text


def judge(clause: Clause, entry: Entry | None, lang: str = NONE) -> ClauseVerdict:
    """Return the verdict on a clause from its imported evidence."""
    if entry is None:
        reason = text(f"reason.no_{clause.method}" if clause.method in ("human", "keyword") else "reason.no_evidence")
        return made(clause, lang, "insufficient", source="none", reason=reason, next=needs(clause))
    files = tuple(f"{attached.path} sha256 {attached.sha256}" for attached in entry.files)
    if entry.sampled is not None:
        return sampled(clause, entry, lang, files)
    verdict: Outcome = entry.verdict or "insufficient"
    reason = entry.reason or text("reason.stated")
    if verdict == "conforms" and not files:
        verdict, reason = "insufficient", text("reason.no_files")
    if verdict == "not_applicable" and entry.reason is None:
        verdict, reason = "insufficient", text("reason.no_reason")
    after = text("next.nothing") if verdict in ("conforms", "not_applicable") else needs(clause)
    return made(clause, lang, verdict, source="evidence", files=files, reason=remarked(reason, entry), next=after)


def sampled(clause: Clause, entry: Entry, lang: str, files: tuple[str, ...]) -> ClauseVerdict:
    """Return the verdict on the counts of an imported sampling."""
    n, line = entry.sampled or 0, clause.line
    x = counted(clause, entry)
    rate = lines.rate("evidence", x, n)
    margin = lines.margin(rate, line, 0) if line is not None else None
    why = too_small(clause, entry) or (text("reason.no_files") if not files else None)
    if why is not None or line is None:
        reason, verdict = why or text("reason.no_line"), "insufficient"
        after = needs(clause)
    else:
        verdict = "conforms" if lines.meets(x, n, line) else "does_not"
        reason = text(f"reason.{verdict}", rate=format.ratio(rate, line), line=format.bar(line))
        after = text("next.nothing" if verdict == "conforms" else "next.evidence_failed")
    outcome: Outcome = verdict  # type: ignore[assignment]
    return made(clause, lang, outcome, source="evidence", rate=rate, margin=margin, files=files,
                reason=remarked(reason, entry), next=after)  # fmt: skip


def counted(clause: Clause, entry: Entry) -> int:
    """Return the count that the line is about: what passed, or for a `<=` line what did not."""
    n = entry.sampled or 0
    passed = entry.passed if entry.passed is not None else n - (entry.failed or 0)
    return n - passed if clause.line is not None and clause.line.op == "<=" else passed


def remarked(reason: Text, entry: Entry) -> Text:
    """Return a reason with what else the entry states: how it was drawn, by whom, when, how far people agreed."""
    names = ("population", "seed", "assessor", "date", "agreement")
    said = [text(f"stated.{name}", value=getattr(entry, name)) for name in names if getattr(entry, name) is not None]
    if not said:
        return reason
    return Text(
        zh=f"{reason.zh.rstrip('。')}（{'；'.join(one.zh for one in said)}）。",
        en=f"{reason.en.rstrip('.')} ({'; '.join(one.en for one in said)}).",
    )


def too_small(clause: Clause, entry: Entry) -> Text | None:
    """Return why a sampling is too small for its clause, or None."""
    n = entry.sampled or 0
    if clause.minimum_sample is not None and n < clause.minimum_sample:
        return text("reason.sample", judged=n, planned=n, minimum=clause.minimum_sample)
    if clause.minimum_share_percent is not None:
        if entry.population is None:
            return text("reason.no_population", share=clause.minimum_share_percent)
        if n * 100 < Fraction(str(clause.minimum_share_percent)) * entry.population:
            share = format.share(n, entry.population)
            return text("reason.share", judged=n, share=share, minimum=clause.minimum_share_percent)
    return None


def needs(clause: Clause) -> Text:
    """Return what the clause asks people to bring."""
    if clause.needs is not None:
        return clause.needs
    if clause.minimum_sample is not None:
        return text(f"next.import.{clause.method or 'human'}", minimum=clause.minimum_sample)
    return text("next.import.any")
