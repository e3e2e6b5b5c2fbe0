"""A run folder → its checks: records, plan, scores, summary, calibration; of an audit, what was judged from them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import judging
from bench.engine import journal, seals
from bench.engine import plan as plans
from bench.engine.journal import Records
from bench.engine.plan import Plan
from bench.errors import UsageError
from bench.filing import material, nouns
from bench.report import glyphs
from bench.review import log, sample
from bench.scoring import Run
from bench.types import Score, Value
from bench.verification import audits, derived, people, questions, records
from bench.verification.checks import Check, Place

RECORDS = Place(name="records", file=journal.RECORDS_FILE)
PLAN = Place(name="plan", file=plans.RUN_FILE)
QUESTIONS = Place(name="questions", file=plans.ITEMS_FILE)
SCORES = Place(name="scores", file=seals.SCORES_FILE)
SUMMARY = Place(name="summary", file=seals.SUMMARY_FILE)
CALIBRATION = Place(name="calibration", file=seals.CALIBRATION_FILE)


READ = frozenset((
    journal.RECORDS_FILE, plans.RUN_FILE, plans.ITEMS_FILE, seals.SCORES_FILE, seals.SUMMARY_FILE,
    seals.CALIBRATION_FILE, judging.JUDGES_FILE, judging.IDENTITIES_FILE,
    judging.JUDGEMENTS_FILE, log.REVIEWS_FILE, material.AUDIT_FILE,
    material.KEYWORDS_FILE, material.KEYWORD_LINES, nouns.VERDICTS_FILE, audits.FILING_FILE, journal.LOCK_FILE,
))  # fmt: skip
"""Files that are checked, or that a check goes by, and the empty one of the lock."""


class Verification(Value, frozen=True):
    """All checks of a run folder."""

    run: str
    made_with: str
    """Version of the harness that made the run, empty if its plan cannot be read."""
    installed: str
    """Version that checks it: where they are not the same, a difference may come from that."""
    checks: tuple[Check, ...]
    unread: tuple[str, ...] = ()
    """Names in the folder that nothing was read from: reports, dossiers, whatever else was handed in."""

    @property
    def differs(self) -> tuple[Check, ...]:
        """The checks that found a difference."""
        return tuple(check for check in self.checks if check.result == "differs")


def verify(folder: Path) -> Verification:
    """Check what a run folder holds against its records; raises UsageError if it is no run folder.

    The scores that are made anew stand in a temporary folder meanwhile, so that memory does not grow with the run.
    """
    if not (folder / plans.RUN_FILE).is_file():
        raise UsageError("run.not_a_run", folder=str(folder))
    ended, found = RECORDS.attempt(lambda: records.check(RECORDS, folder))
    found = found if found is not None else records.unsealed(folder)
    planned, plan = PLAN.attempt(lambda: records.check_plan(PLAN, folder, found))
    plan = plan if planned.result == "ok" else records.usable_plan(folder, found)
    with tempfile.TemporaryDirectory(prefix="mingjian-") as place:
        rest = tuple(check_derived(folder, found, plan, Path(place)))
    return Verification(
        run=plan.info.run if plan else folder.name,
        made_with=plan.info.tool if plan else "",
        installed=plans.tool_version(),
        checks=(ended, planned, *rest),
        unread=tuple(unread(folder)),
    )


def unread(folder: Path) -> Iterator[str]:
    """Yield the names in a run folder that no check reads, with hidden characters as signs."""
    for path in sorted(folder.iterdir()):
        if path.name not in READ and not path.match(sample.KEYS):
            yield " ".join(glyphs.visible(path.name).split())


def check_derived(folder: Path, found: Records | None, plan: Plan | None, place: Path) -> Iterator[Check]:
    """Yield the checks of all that is made from plan and records; without them, that nothing was checked."""
    if found is None or plan is None:
        yield from (one.skip() for one in (QUESTIONS, SCORES, SUMMARY, CALIBRATION))
        yield from audits.skip(folder)
        return
    run = Run(folder, plan, found, found.end)
    asked, known = QUESTIONS.attempt(lambda: questions.check(QUESTIONS, plan))
    yield asked
    scored, scores = derived.check_scores(SCORES, run, place)
    yield scored
    summed, summary = SUMMARY.attempt(lambda: derived.check_summary(SUMMARY, run, scores, scored.result))
    yield summed
    given: Sequence[Score] = scores or ()
    yield CALIBRATION.attempt(lambda: derived.check_calibration(CALIBRATION, folder, given))[0]
    yield from people.checks(folder)
    yield from audits.checks(run, given, summary, known)
