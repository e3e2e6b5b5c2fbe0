"""Content and version move together: a lock file holds version, date and digest of every built-in suite.

python -m bench.lint.versions            # compare; exit 1 if the lock is not in step
python -m bench.lint.versions --write    # renew it; refuses content that changed under an old version and date
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from bench import catalogue, errors, files, resources, suites
from bench.types import Suite, Value

LOCK_FILE = "versions.lock.json"

Reason = Literal["new", "gone", "unbumped", "stale"]


class Locked(Value, frozen=True):
    """What the lock remembers of a suite."""

    version: str
    updated: str
    digest: str
    items: int


class Fault(Value, frozen=True):
    """A suite that is not in step: `unbumped` needs a new version or date, the others only a renewed lock."""

    suite: str
    reason: Reason
    version: str
    updated: str


def lock(found: Sequence[Suite]) -> dict[str, Locked]:
    """Return the lock entries of suites."""
    return {
        suite.name: Locked(version=suite.version, updated=suite.updated, digest=suite.digest, items=len(suite.items))
        for suite in sorted(found, key=lambda suite: suite.name)
    }


def compare(old: Mapping[str, Locked], new: Mapping[str, Locked], today: date) -> list[Fault]:
    """Return the suites whose lock entry is missing, left over, or not what the suite now is.

    Content that changed on the very day its date states needs no second bump.
    """
    faults = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        shown = after or before
        assert shown is not None
        if reason := _reason(before, after, today):
            faults.append(Fault(suite=name, reason=reason, version=shown.version, updated=shown.updated))
    return faults


def _reason(before: Locked | None, after: Locked | None, today: date) -> Reason | None:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if before == after:
        return None
    bumped = (before.version, before.updated) != (after.version, after.updated) or after.updated == today.isoformat()
    return "stale" if bumped or before.digest == after.digest else "unbumped"


def path() -> Path:
    """Return where the lock of the built-in suites is."""
    return resources.folder("suites") / LOCK_FILE


def read() -> dict[str, Locked]:
    """Return the lock, empty if there is none yet."""
    return files.read_json(path(), dict[str, Locked]) if path().is_file() else {}


def built_in() -> list[Suite]:
    """Return every built-in suite whose items are in the repository (others need data that users fetch)."""
    found = (resources.find("suites", name) for name in resources.names("suites") if not name.startswith("external."))
    return [suites.load(place) for place in found if place is not None]


def main(arguments: Sequence[str]) -> int:
    """Compare or renew the lock; return the exit code."""
    lang = catalogue.choose()
    today = datetime.now(UTC).date()
    now = lock(built_in())
    faults = compare(read(), now, today)
    for fault in faults:
        facts = {"suite": fault.suite, "version": fault.version, "updated": fault.updated}
        print(catalogue.text(f"lint.versions.{fault.reason}", lang, **facts))
    if "--write" not in arguments:
        return errors.GATE_FAILED if faults else errors.OK
    if any(fault.reason == "unbumped" for fault in faults):
        return errors.GATE_FAILED
    files.write_json(path(), now)
    print(catalogue.text("lint.versions.written", lang, count=len(now), path=path().name))
    return errors.OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
