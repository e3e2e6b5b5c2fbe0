"""Were the questions those that come with the harness, and are the banks as large as stated?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench import canonical, resources, workflow
from bench.engine import plan as plans
from bench.engine.plan import Plan, SuiteInfo
from bench.filing import banks
from bench.filing.banks import BankState
from bench.filing.material import Audit
from bench.lint.quotas import KEYWORDS
from bench.types import Item, Suite
from bench.verification.checks import Check, Place, listed


class Known(NamedTuple):
    """The suites of a run: those that are installed as they were asked, and the others."""

    same: tuple[Suite, ...]
    other_version: tuple[SuiteInfo, ...]
    changed: tuple[SuiteInfo, ...]
    """Installed in the same version with another content."""
    own: tuple[SuiteInfo, ...]
    """Not built in."""


def know(made: Plan) -> Known:
    """Return which suites of a plan are built in; raises ConfigError if one cannot be read."""
    names = set(resources.names("suites"))
    built_in = [info for info in made.info.suites if info.name in names]
    installed = {info.name: workflow.load_suites([info.name])[0] for info in built_in}
    unlike = [info for info in built_in if installed[info.name].digest != info.digest]
    return Known(
        same=tuple(installed[info.name] for info in built_in if info not in unlike),
        other_version=tuple(info for info in unlike if installed[info.name].version != info.version),
        changed=tuple(info for info in unlike if installed[info.name].version == info.version),
        own=tuple(info for info in made.info.suites if info.name not in names),
    )


def check(place: Place, made: Plan) -> tuple[Check, Known]:
    """Return whether each question is the one that is built in, and the sample the one that the seed draws."""
    known = know(made)
    facts: dict[str, object] = {"items": len(made.items), "suites": len(made.info.suites)}
    if known.changed:
        return place.tell("differs", "changed", **facts, names=named(known.changed)), known
    if wrong := list(altered(made.items, known.same)):
        names = listed(f"{item.suite}/{item.id}" for item in wrong)
        return place.tell("differs", "altered", **facts, count=len(wrong), names=names), known
    if known.own or known.other_version:
        key = "own" if known.own else "version"
        return place.tell("not_checked", key, **facts, names=named(known.own or known.other_version)), known
    drawn = plans.draw(known.same, made.info.settings)
    if [item for suite in known.same for item in drawn[suite.name]] != list(made.items):
        return place.tell("differs", "sample", **facts, seed=made.info.settings.seed), known
    return place.tell("ok", "ok", **facts, seed=made.info.settings.seed), known


def named(found: Sequence[SuiteInfo]) -> object:
    """Return suites with their versions."""
    return listed(f"{info.name} {info.version}" for info in found)


def altered(items: Sequence[Item], suites: Sequence[Suite]) -> Iterator[Item]:
    """Yield the items that a suite has otherwise, or has not."""
    names = {suite.name for suite in suites}
    installed = {(item.suite, item.id): canonical.encode(item) for suite in suites for item in suite.items}
    for item in items:
        if item.suite in names and installed.get((item.suite, item.id)) != canonical.encode(item):
            yield item


def misstated(audit: Audit, known: Known) -> Iterator[str]:
    """Yield the banks whose size or age is not what the installed suites hold; none where a suite is not installed."""
    stated, others = stated_banks(audit), unmeasured(audit, known)
    for state in banks.measure(audit.standard, known.same, audit.metadata.languages):
        if state.bank not in (KEYWORDS, *others) and stated.get(state.bank) != state:
            yield state.bank


def unmeasured(audit: Audit, known: Known) -> list[str]:
    """Return the banks of a standard that nobody can measure here: some of their suites are not those installed."""
    others = {info.bank for info in (*known.own, *known.other_version, *known.changed)}
    return [bank.bank for bank in audit.standard.banks if bank.bank in others]


def stated_banks(audit: Audit) -> dict[str, BankState]:
    """Return what an audit states of each bank; of a bank stated twice the last one, as the verdicts read it."""
    return {state.bank: state for state in audit.states}
