"""What changed between two states of the same suites, and whether scores stay comparable."""

from __future__ import annotations

from collections.abc import Sequence

from bench import canonical
from bench.types import Item, Suite, Value

SCORED = frozenset(("prompts", "expect", "choices", "answer", "reference", "rubric", "scorers", "codes", "form"))
"""Fields that decide what is asked, how it is judged or where it is counted; other fields never move a score."""


class Change(Value, frozen=True):
    """One item whose content differs, and in which fields."""

    item: str
    fields: tuple[str, ...]


class Difference(Value, frozen=True):
    """How a suite differs. An `old` or `new` version of None: the suite is only on the other side."""

    suite: str
    old_version: str | None
    new_version: str | None
    old_updated: str | None
    new_updated: str | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Change, ...]
    must_move: bool
    """Scores of the two are not comparable: the number before the dash of `version` has to differ."""
    moved: bool

    @property
    def equal(self) -> bool:
        """Whether no item differs."""
        return not (self.added or self.removed or self.changed)


def compare(old: Sequence[Suite], new: Sequence[Suite]) -> list[Difference]:
    """Return the difference of every suite that is on either side, by name."""
    before, after = ({suite.name: suite for suite in side} for side in (old, new))
    return [differ(name, before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())]


def differ(name: str, old: Suite | None, new: Suite | None) -> Difference:
    """Return how two states of one suite differ."""
    before, after = ({item.id: item for item in suite.items} if suite else {} for suite in (old, new))
    changes = (changed_fields(before[key], after[key]) for key in sorted(before.keys() & after.keys()))
    changed = tuple(change for change in changes if change.fields)
    added, removed = (tuple(sorted(one.keys() - two.keys())) for one, two in ((after, before), (before, after)))
    scored = any(SCORED.intersection(change.fields) for change in changed)
    return Difference(
        suite=name, added=added, removed=removed, changed=changed,
        old_version=old.version if old else None, new_version=new.version if new else None,
        old_updated=old.updated if old else None, new_updated=new.updated if new else None,
        must_move=bool(old and new) and bool(added or removed or scored),
        moved=bool(old and new) and number(old) != number(new),
    )  # fmt: skip


def number(suite: Suite | None) -> str:
    """Return the comparability number of a suite's version."""
    return suite.version.partition("-")[0] if suite is not None else ""


def changed_fields(old: Item, new: Item) -> Change:
    """Return the fields in which two items differ."""
    names = [name for name in Item.__struct_fields__ if name != "suite"]
    differing = [n for n in names if canonical.encode(getattr(old, n)) != canonical.encode(getattr(new, n))]
    return Change(item=new.id, fields=tuple(differing))
