"""What people said of the replies: their chain can be checked, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.review import log
from bench.verification.checks import Check, Place

PEOPLE = Place(name="people", file=log.REVIEWS_FILE)


def checks(folder: Path) -> Iterator[Check]:
    """Yield the check of people's labels; none if there are none."""
    if (folder / log.REVIEWS_FILE).is_file():
        yield PEOPLE.attempt(lambda: check(folder))[0]


def check(folder: Path) -> tuple[Check, None]:
    """Return how many labels there are and where their chain ends; raises IntegrityError if it is broken."""
    found = list(log.lines(folder))
    people = len({event.reviewer for event, _ in found if event.kind == "label"})
    end = found[-1][1] if found else "–"
    return PEOPLE.tell("not_checked", "labels", count=len(found), people=people, sha256=end), None
