"""Suites + model + settings → a plan: the run's identity (`run.json`), its items, and its cases in order."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any, NamedTuple

from bench import canonical, files
from bench.errors import Fault, IntegrityError, UsageError
from bench.types import Case, Item, Language, Model, Suite, Text, Value
from bench.variants import apply, names

RUN_FILE = "run.json"
ITEMS_FILE = "items.jsonl"
SCHEMA = "mingjian/run/1"
FIRST = ("zh", "en")
"""Languages that come first in plans and tables."""
_PACKAGES = ("mingjian", "aiohttp", "msgspec", "torch", "transformers", "xllamacpp", "scipy", "pypinyin", "opencc")


class Settings(Value, frozen=True):
    """How a run draws its sample."""

    languages: tuple[Language, ...] = ()
    """Languages to ask in; empty: all of each suite."""
    limit: int | None = None
    """At most so many items of each suite, drawn by `seed`; None: all, in file order."""
    seed: int = 0
    epochs: int = 1
    variants: tuple[str, ...] = (names.PLAIN,)
    """Names of variants, as `bench.variants.names.expand` returns them. A perturbation is drawn by `seed`."""
    allow_hazardous: bool = False
    banks: dict[str, int] = {}  # noqa: RUF012 (msgspec copies it)
    """Bank → at most so many items of the whole bank, over all its suites; comes before `limit`."""


class SuiteInfo(Value, frozen=True, omit_defaults=True):
    """What a run keeps of a suite."""

    name: str
    title: Text
    version: str
    digest: str
    items: int
    """Items in the suite."""
    sampled: int
    """Items in this run."""
    licence: str
    updated: str
    bank: str | None = None
    taxonomy: str | None = None
    withheld: int = 0
    """Hazardous items left out because they were not asked for."""
    private: bool = False


class RunInfo(Value, frozen=True):
    """The identity of a run: written before the first call, never changed; its digest starts the journal's chain."""

    schema: str
    run: str
    created: str
    tool: str
    settings: Settings
    suites: tuple[SuiteInfo, ...]
    model: Model
    identity: dict[str, Any]
    items_sha256: str
    cases: int
    cases_sha256: str
    environment: dict[str, str]
    not_applicable: dict[str, int] = {}  # noqa: RUF012 (msgspec copies it)
    """Variant → how many items (each language counts) it would not change, and which are therefore not asked in it."""
    declared: str | None = None
    """SHA-256 of what an audit declared before the run: its standard, size, languages and definition of refusal."""


class Slot(NamedTuple):
    """Where a case stands: its position in the plan, what it asks and how that is shown."""

    position: int
    item: Item
    lang: Language
    variant: str
    epoch: int
    shown: apply.Shown


class Plan(Value, frozen=True):
    """A run's identity and its items, in order."""

    info: RunInfo
    items: tuple[Item, ...]

    def cases(self) -> Iterator[Case]:
        """Yield every case; its position is the record's `i`."""
        return (case for _, case in self.numbered())

    def slots(self) -> Iterator[Slot]:
        """Yield the place of every case, without making the case: what counting needs."""
        return slots(self.items, self.info.model, self.info.settings)

    def sizes(self) -> dict[tuple[str, Language], int]:
        """Return how many cases each dimension has in each language."""
        found: Counter[tuple[str, Language]] = Counter()
        settings = self.info.settings
        if settings.variants != (names.PLAIN,):
            found.update((str(slot.item.dimension), slot.lang) for slot in self.slots())
            return found
        for item in self.items:  # every item is shown plain: its cases need not be made
            for lang in languages(item, settings):
                found[str(item.dimension), lang] += settings.epochs
        return found

    def numbered(self, wanted: Callable[[int], bool] = lambda index: True) -> Iterator[tuple[int, Case]]:
        """Yield the position and the case of every wanted position; the others are not made."""
        return cases(self.items, self.info.model, self.info.identity, self.info.settings, wanted)


def sample(suite: Suite, settings: Settings) -> tuple[Item, ...]:
    """Return the suite's items for this run: a simple random sample without replacement if there is a limit.

    Items are ranked by SHA-256 of seed, suite and id, so that anybody can redo the draw in any language. The sample
    keeps the suite's order.
    """
    items = [item for item in suite.items if settings.allow_hazardous or not item.hazard]
    if settings.limit is None or settings.limit >= len(items):
        return tuple(items)
    ranked = sorted(items, key=lambda item: rank(settings.seed, suite.name, item.id))
    chosen = {item.id for item in ranked[: settings.limit]}
    return tuple(item for item in items if item.id in chosen)


def draw(suites: Sequence[Suite], settings: Settings) -> dict[str, tuple[Item, ...]]:
    """Return the items of each suite for this run; a bank with its own limit is one population over its suites."""
    drawn = {suite.name: sample(suite, settings) for suite in suites if suite.bank not in settings.banks}
    for bank, limit in settings.banks.items():
        members = [suite for suite in suites if suite.bank == bank]
        items = [item for suite in members for item in suite.items if settings.allow_hazardous or not item.hazard]
        ranked = sorted(items, key=lambda item: rank(settings.seed, item.suite, item.id))[:limit]
        chosen = {(item.suite, item.id) for item in ranked}
        for suite in members:
            drawn[suite.name] = tuple(item for item in suite.items if (item.suite, item.id) in chosen)
    return drawn


def rank(seed: int, suite: str, item: str) -> bytes:
    """Return the sort key of an item in the draw."""
    return hashlib.sha256(f"{seed}\n{suite}\n{item}".encode()).digest()


def cases(
    items: Sequence[Item],
    model: Model,
    identity: Mapping[str, Any],
    settings: Settings,
    wanted: Callable[[int], bool] = lambda index: True,
) -> Iterator[tuple[int, Case]]:
    """Yield position and case in the order of `slots`, only those of wanted positions.

    The key digests all that can change the reply.
    """
    base = canonical.digest(identity)
    for index, item, lang, variant, epoch, shown in slots(items, model, settings):
        if not wanted(index):
            continue
        parameters = with_epoch(model, epoch)
        content = [base, item.suite, item.id, lang, variant, epoch, shown.messages, parameters]
        yield (
            index,
            Case(
                key=canonical.digest(content),
                suite=item.suite,
                item=item.id,
                lang=lang,
                messages=shown.messages,
                parameters=parameters,
                variant=variant,
                epoch=epoch,
                order=shown.order,
            ),
        )


def slots(items: Sequence[Item], model: Model, settings: Settings) -> Iterator[Slot]:
    """Yield the place of every case: item × language × variant × epoch in order.

    A variant that would not change an item in a language has no case there.
    """
    index = -1
    variants = [names.parse(name) for name in settings.variants]
    for item in items:
        for lang in languages(item, settings):
            for variant in variants:
                shown = apply.show(variant, item, lang, settings.seed, model.system_prompt)
                for epoch in range(settings.epochs if shown is not None else 0):
                    assert shown is not None
                    index += 1
                    yield Slot(index, item, lang, variant.id, epoch, shown)


def with_epoch(model: Model, epoch: int) -> Any:
    """Return the sampling parameters of an epoch: a stated seed moves on by one each epoch."""
    parameters = model.parameters
    if parameters.seed is None or epoch == 0:
        return parameters
    return type(parameters)(
        temperature=parameters.temperature,
        max_tokens=parameters.max_tokens,
        top_p=parameters.top_p,
        seed=parameters.seed + epoch,
    )


def languages(item: Item, settings: Settings) -> Sequence[Language]:
    """Return the languages in which an item is asked: in the order asked for, else zh, en, then by tag.

    The order must not depend on the item's mapping, which canonical JSON sorts.
    """
    if settings.languages:
        return [lang for lang in settings.languages if lang in item.prompts]
    return in_order(tuple(item.prompts))


@functools.lru_cache(maxsize=256)
def in_order(langs: tuple[Language, ...]) -> tuple[Language, ...]:
    """Return languages in the order of plans and tables."""
    return tuple(sorted(langs, key=language_order))


def language_order(lang: Language) -> tuple[int, str]:
    """Return the sort key of a language: zh, en, then by tag."""
    return (FIRST.index(lang) if lang in FIRST else len(FIRST), lang)


def build(suites: Sequence[Suite], model: Model, identity: Mapping[str, Any], settings: Settings) -> Plan:
    """Return the plan of a run; raises UsageError if it would hold no case, or a language that no suite has."""
    check_languages(suites, settings.languages)
    sampled = draw(suites, settings)
    items = tuple(item for suite in suites for item in sampled[suite.name])
    count, asked = hashlib.sha256(), Counter[str]()
    for _, case in cases(items, model, identity, settings):
        count.update(case.key.encode())
        asked[case.variant] += 1
    total = asked.total()
    if total == 0:
        raise UsageError("plan.empty")
    info = RunInfo(
        schema=SCHEMA,
        run=new_id(),
        created=now(),
        tool=tool_version(),
        settings=settings,
        suites=tuple(describe(suite, sampled[suite.name], settings) for suite in suites),
        model=model,
        identity=dict(identity),
        items_sha256=digest(items),
        cases=total,
        cases_sha256=count.hexdigest(),
        environment=environment(),
        not_applicable=not_applicable(items, settings, asked),
    )
    return Plan(info=info, items=items)


def check_languages(suites: Sequence[Suite], wanted: Sequence[Language]) -> None:
    """Raise UsageError for languages that none of the suites has."""
    spoken = sorted({lang for suite in suites for lang in suite.languages}, key=language_order)
    unknown = [lang for lang in wanted if lang not in spoken]
    if unknown:
        raise UsageError("plan.languages", languages=", ".join(unknown), spoken=", ".join(spoken))


def not_applicable(items: Sequence[Item], settings: Settings, asked: Mapping[str, int]) -> dict[str, int]:
    """Return how many items, by language, have no case in a variant."""
    wanted = sum(len(languages(item, settings)) for item in items)
    missing = {name: wanted - asked.get(name, 0) // settings.epochs for name in settings.variants}
    return {name: count for name, count in missing.items() if count}


def describe(suite: Suite, sampled: Sequence[Item], settings: Settings) -> SuiteInfo:
    """Return what the run keeps of a suite."""
    withheld = 0 if settings.allow_hazardous else sum(item.hazard for item in suite.items)
    return SuiteInfo(
        name=suite.name,
        title=suite.title,
        version=suite.version,
        digest=suite.digest,
        items=len(suite.items),
        sampled=len(sampled),
        licence=suite.licence,
        updated=suite.updated,
        bank=suite.bank,
        taxonomy=suite.taxonomy,
        withheld=withheld,
        private=suite.private,
    )


def digest(items: Iterable[Item]) -> str:
    """Return the SHA-256 of `items.jsonl` in hex."""
    found = hashlib.sha256()
    for line in item_lines(items):
        found.update(line)
    return found.hexdigest()


def item_lines(items: Iterable[Item]) -> Iterator[bytes]:
    """Yield the lines of `items.jsonl`."""
    return (canonical.encode(item) + b"\n" for item in items)


def save(plan: Plan, folder: Path) -> None:
    """Write `items.jsonl` and then `run.json`: a folder with a `run.json` is complete."""
    files.write_parts(folder / ITEMS_FILE, item_lines(plan.items))
    files.write_json(folder / RUN_FILE, plan.info)


def load(folder: Path) -> Plan:
    """Return the plan of a run folder; raises IntegrityError if the items are not those of `run.json`."""
    made, path = info(folder), folder / ITEMS_FILE
    items = tuple(files.read_lines(path, Item))
    if files.digest_file(path) != made.items_sha256:
        raise IntegrityError.of([Fault(key="run.items_changed", file=str(path))])
    return Plan(info=made, items=items)


def info(folder: Path) -> RunInfo:
    """Return the identity of a run; raises UsageError if the folder is none."""
    if not (folder / RUN_FILE).is_file():
        raise UsageError("run.not_a_run", folder=str(folder))
    return files.read_json(folder / RUN_FILE, RunInfo)


def genesis(folder: Path) -> str:
    """Return the digest of `run.json`, which the first record names as `prev`."""
    return files.digest_file(folder / RUN_FILE)


def new_id() -> str:
    """Return a run id that sorts by time: UTC date and time, and 6 random hex digits."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}-{os.urandom(3).hex()}"


def now() -> str:
    """Return the time in UTC, ISO 8601 with milliseconds."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.{int(time.time() * 1000) % 1000:03d}Z"


def tool_version() -> str:
    """Return the version of this harness."""
    return version("mingjian")


def version_of(package: str) -> str:
    """Return the version of an installed package; raises PackageNotFoundError.

    The standard library parses all that the package says of itself: a page for some, and five times as long.
    """
    head = (distribution(package).read_text("METADATA") or "").partition("\n\n")[0]
    stated = next((line for line in head.splitlines() if line.startswith("Version:")), None)
    return stated.removeprefix("Version:").strip() if stated else version(package)


def environment() -> dict[str, str]:
    """Return what the results may depend on: Python, platform, package versions. No host or user name."""
    found = {"python": platform.python_version(), "platform": sys.platform, "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = version_of(name)
        except PackageNotFoundError:
            continue
    return found
