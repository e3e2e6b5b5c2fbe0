"""Records and plan: the chain from `run.json` to the sealed end, and whether each record asks what was planned."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bench.engine import journal, runner, seals
from bench.engine import plan as plans
from bench.engine.journal import Records
from bench.engine.plan import Plan
from bench.errors import MingjianError
from bench.types import Record
from bench.verification.checks import Check, Place


def check(place: Place, folder: Path) -> tuple[Check, Records]:
    """Return whether the records are an unbroken chain that ends where the summary says; raises IntegrityError."""
    path, genesis = folder / journal.RECORDS_FILE, plans.genesis(folder)
    sealed = seals.noted(folder)
    found = journal.read(path, genesis, sealed)
    facts = {"lines": found.end.lines, "sha256": found.end.sha256, "cases": len(found)}
    if not path.is_file():
        return place.tell("absent", "absent"), found
    state = journal.inspect(path, genesis)
    if state.torn:
        return place.tell("differs", "torn", **facts, torn=state.torn), found
    if state.again:
        return place.tell("differs", "again", **facts, count=state.again, line=state.first_again), found
    if sealed is None:
        return place.tell("ok", "unsealed", **facts), found
    if sealed != found.end:
        return place.tell("differs", "more", **facts, sealed=sealed.lines), found
    return place.tell("ok", "ok", **facts), found


def unsealed(folder: Path) -> Records | None:
    """Return the records whatever was sealed, to say what else follows from them; None if the chain is broken."""
    try:
        return journal.read(folder / journal.RECORDS_FILE, plans.genesis(folder))
    except MingjianError:
        return None


def check_plan(place: Place, folder: Path, records: Records | None) -> tuple[Check, Plan]:
    """Return whether items and cases are those that were planned, and each record's case is; raises IntegrityError."""
    made = plans.load(folder)
    runner.verify_cases(made)
    if not coherent(made):
        return place.tell("differs", "header"), made
    wrong = unplanned(made, records) if records is not None else None
    if wrong is not None:
        case = wrong.case
        return place.tell("differs", "case", i=wrong.i, suite=case.suite, item=case.item, lang=case.lang), made
    asked = len(records) if records is not None else 0
    return place.tell("ok", "ok", cases=made.info.cases, items=len(made.items), records=asked), made


def unplanned(made: Plan, records: Records) -> Record | None:
    """Return the first record that does not ask what its place in the plan asks, or None."""
    ahead = iter(records)
    record = next(ahead, None)
    for position, case in made.numbered():
        if record is None or record.i < position:
            break
        if record.i == position:
            if record.case != case:
                return record
            record = next(ahead, None)
    return record


def coherent(made: Plan) -> bool:
    """Return whether a plan has a day, and lists the suites of its items."""
    listed = {info.name for info in made.info.suites}
    try:
        date.fromisoformat(made.info.created[:10])
    except ValueError:
        return False
    return all(item.suite in listed for item in made.items)


def usable(made: Plan, records: Records) -> bool:
    """Return whether each record asks an item of the plan, so that it can be scored by it."""
    if not coherent(made):
        return False
    known = {(item.suite, item.id) for item in made.items}
    return all((record.case.suite, record.case.item) in known for record in records)


def usable_plan(folder: Path, records: Records | None) -> Plan | None:
    """Return a plan that differs but can still be scored by, None if it cannot."""
    try:
        made = plans.load(folder)
        return made if records is not None and usable(made, records) else None
    except MingjianError:
        return None
