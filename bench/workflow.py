"""The verbs: plan, run, resume, score, report. Each reads the files of the step before and writes its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench import files, headstart, judging, models, plugins, preflight, scoring, suites, trust
from bench.calibration import registry
from bench.engine import journal, loop, runner, seals, shards
from bench.engine import plan as plans
from bench.engine.plan import Plan, Settings
from bench.engine.runner import Observer, Outcome, RunOptions
from bench.engine.seals import SUMMARY_FILE, Seal
from bench.errors import IntegrityError, UsageError
from bench.headstart import HeadStart
from bench.protocols import Adapter
from bench.report.build import build
from bench.report.document import Document
from bench.review import results
from bench.scoring import Run, open_run, read_scores
from bench.summary import Known, Summary, summarise
from bench.types import Case, Model, Reply, Score, Suite, Value

RESULTS = Path("results")
FORMATS = ("html", "markdown", "json")


class Evaluation(NamedTuple):
    """A run with the scores of its records and their summary."""

    run: Run
    scores: Sequence[Score]
    summary: Summary


class Status(Value, frozen=True):
    """How far a run is, without reading texts."""

    run: str
    folder: str
    planned: int
    finished: int
    open: int
    statuses: dict[str, int]
    torn_bytes: int
    scored: bool = False
    """Whether the scores are those of all these records."""


def load_suites(names: Iterable[str], *, data: Path | None = None) -> list[Suite]:
    """Return the suites that `names` mean, checked against the installed scorers."""
    return suites.load_named(names, scorers=plugins.names("scorers"), data=data)


def plan(found: Sequence[Suite], model: Model, settings: Settings) -> Plan:
    """Return the plan of a run: the sample, the cases and the model's identity. Sends nothing."""
    return plans.build(found, model, plugins.adapter(model).identity, settings)


def check(made: Plan, judges: Sequence[Model] = ()) -> None:
    """Raise before anything is written if the model or a judge cannot answer (no key, no fitting answer), or if the
    model's settings of a scorer are wrong.
    """
    preflight.check_settings(made.info.model)
    for model, cases in ((made.info.model, made.cases()), *((judge, ()) for judge in judges)):
        ready = getattr(plugins.adapter(model), "check", None)
        if ready is not None:
            ready(cases)


def check_report(formats: Sequence[str]) -> None:
    """Raise ConfigError for a format that there is not, or a registry of the user's that cannot be read."""
    for name in formats:
        plugins.find("renderers", name)
    own = registry.users_own()
    if own is not None:
        registry.read(own)


def check_seal(folder: Path) -> None:
    """Raise IntegrityError if a run's scores were changed; not if records were added since: it is scored anew."""
    if not scored(folder):
        return
    try:
        seals.check(folder)
    except IntegrityError:
        seal = seals.read(folder)
        state = journal.inspect(folder / journal.RECORDS_FILE, plans.genesis(folder), seals.noted(folder))
        if seal is None or state.lines == seal.records.lines:
            raise


def start(made: Plan, parent: Path = RESULTS) -> Path:
    """Write a plan into a new run folder below `parent` and return the folder."""
    folder = parent / made.info.run
    folder.mkdir(parents=True, exist_ok=False)
    plans.save(made, folder)
    trust.note(folder / plans.RUN_FILE, [made.info.model])
    return folder


def _ignore(case: Case, reply: Reply) -> None:
    return None


async def ask(
    made: Plan,
    folder: Path,
    options: RunOptions | None = None,
    observe: Observer = _ignore,
    *,
    adapter: Adapter | None = None,
    ahead: HeadStart | None = None,
) -> Outcome:
    """Ask every open case of a run; what is finished is on disk, also when this raises.

    `adapter` stands in for the model's own, such as replicas of it elsewhere; its identity must be the same.
    `ahead` scores meanwhile; `evaluate` takes it over.
    """
    shards.check_merged(folder)
    adapter = adapter or plugins.adapter(made.info.model)
    follower = asyncio.create_task(ahead.follow()) if ahead else None
    try:
        return await runner.run(made, adapter, folder, options or RunOptions(), observe)
    finally:
        if follower:
            follower.cancel()
            await asyncio.wait([follower])


def head_start(made: Plan, folder: Path) -> HeadStart | None:
    """Return what may score a run's beginning while its rest is asked; None for a run that was begun, or has judges, or
    is so small that it would not pay.
    """
    if made.info.cases < headstart.WORTH or (folder / journal.RECORDS_FILE).exists() or judging.judges_of(folder):
        return None
    return HeadStart(folder, made)


def run(names: Sequence[str], model: str, settings: Settings | None = None, out: Path = RESULTS) -> Path:
    """Plan suites for a model, ask every case, and return the run folder. `score` and `report` come next."""
    made = plan(load_suites(names), models.load(model), settings or Settings())
    preflight.check_scorers(made)
    check(made)
    folder = start(made, out)
    loop.run(ask(made, folder))
    return folder


def resume(folder: Path, options: RunOptions | None = None) -> Outcome:
    """Ask the open cases of an interrupted run; see `check_trust`."""
    check_trust(folder)
    return loop.run(ask(load_plan(folder), folder, options))


def load_plan(folder: Path) -> Plan:
    """Return the plan of a run folder, after checking that its cases can be made again exactly."""
    made = plans.load(folder)
    runner.verify_cases(made)
    return made


def appoint(folder: Path, judges: Sequence[Model]) -> None:
    """Let models judge the replies of a run, at this scoring and each later one."""
    judging.appoint(folder, judges)
    trust.note(folder / judging.JUDGES_FILE, judges)


def check_trust(folder: Path) -> None:
    """Raise UsageError if going on with a run or plan that was not made on this account would send a key of it to a
    stranger, or run a stranger's code.
    """
    trust.check(folder / plans.RUN_FILE, [plans.info(folder).model])
    check_judges(folder)


def check_judges(folder: Path) -> None:
    """Raise UsageError if judges that a run folder names, and this account did not appoint, would get a key of it."""
    if judges := judging.judges_of(folder):
        trust.check(folder / judging.JUDGES_FILE, judges)


def evaluate(folder: Path, made: Plan | None = None, ahead: HeadStart | None = None) -> Evaluation:
    """Score every record anew, summarise, and write `scores.jsonl` and `summary.json`.

    `made` is the folder's plan, if it is in memory already; `ahead` has scored a part of it. A journal that does not
    hold what an earlier summary counted is not scored over it: IntegrityError.
    """
    check_report(())
    found = open_run(folder, made)
    scores = scoring.score(found, ahead)
    registry.keep(folder, scoring.configs(folder), registry.users_own())
    return summed(found, scores, seals.make(folder, found.end))


def summed(found: Run, scores: Sequence[Score], seal: Seal) -> Evaluation:
    """Summarise scores by what the run folder knows of the scorers' error, and write `summary.json` with its seal."""
    known = Known(registry.kept(found.folder), results.labels(found.folder))
    summary = msgspec.structs.replace(summarise(found, scores, known), seal=seal)
    files.write_json(found.folder / SUMMARY_FILE, summary)
    return Evaluation(found, scores, summary)


def read_evaluation(folder: Path) -> Evaluation:
    """Return the scores of an earlier `evaluate`, summed up anew.

    Raises UsageError if the run has none yet, or has records that came after the scoring (they would look unscored),
    IntegrityError if the scores are not those that its summary was made from.
    """
    found = open_run(folder)
    if not scored(folder):
        raise UsageError("run.not_scored", folder=str(folder))
    seal = seals.check(folder)
    if seal.records != found.end:
        raise UsageError("run.scores_behind", folder=str(folder), count=found.end.lines - seal.records.lines)
    return summed(found, read_scores(folder), seal)


def refresh(folder: Path) -> None:
    """Score a run that never was, or that holds more records than were scored.

    Raises UsageError if judges would be asked for that: a folder that somebody else handed in names whom to ask, with
    what key, and what code of a repository to run; only `mingjian score` follows it.
    """
    if not scored(folder) or seals.check(folder).records != open_run(folder).end:
        if judging.judges_of(folder):
            raise UsageError("audit.judges", folder=str(folder))
        evaluate(folder)


def scored(folder: Path) -> bool:
    """Return whether a run was scored: scores without their summary were not finished, or are not from here."""
    return (folder / SUMMARY_FILE).is_file()


def score(folder: Path) -> Summary:
    """Score every record of a run anew and return its summary; see `check_judges`."""
    check_judges(folder)
    return evaluate(folder).summary


def document(folder: Path) -> Document:
    """Return the report of a scored run as data."""
    return build(*read_evaluation(folder))


def write_report(folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write the report in each format and return the files. Needs no scorer and no model."""
    return render(document(folder), folder, formats)


def render(made: Document, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write a document into a run folder in each format and return the files."""
    written = []
    for name in formats:
        renderer = plugins.renderer(name)
        target = folder / f"report{renderer.suffix}"
        renderer.render(made, target)
        written.append(target)
    return written


def status(folder: Path) -> Status:
    """Return how far a run is; raises IntegrityError if its records or scores are not those that were summed up."""
    made = plans.load(folder)
    noted = seals.check(folder).records if scored(folder) else None
    state = journal.inspect(folder / journal.RECORDS_FILE, plans.genesis(folder), noted)
    counts: dict[str, int] = {}
    for found in state.statuses.values():
        counts[found] = counts.get(found, 0) + 1
    return Status(
        run=made.info.run,
        folder=str(folder),
        planned=made.info.cases,
        finished=len(state.statuses),
        open=made.info.cases - len(state.statuses),
        statuses=dict(sorted(counts.items())),
        torn_bytes=state.torn,
        scored=noted == journal.End(lines=state.lines, sha256=state.last),
    )


def find_run(name: str, parent: Path = RESULTS) -> Path:
    """Return the run folder that `name` means: a run folder, a run id, a folder of runs (its newest), or `latest`.

    Raises UsageError if there is none, or if it is a plan whose shards are not merged.
    """
    found = _run_folder(name, parent)
    shards.check_merged(found)
    return found


def _run_folder(name: str, parent: Path) -> Path:
    if not name.strip():  # a variable that is not set, and no wish for the folder in which one stands
        raise UsageError("run.not_a_run", folder=name)
    for candidate in (Path(name), parent / name, parent if name == "latest" else Path(name)):
        if (candidate / plans.RUN_FILE).is_file():
            return candidate
        inner = sorted(path.parent for path in candidate.glob(f"*/{plans.RUN_FILE}")) if candidate.is_dir() else []
        if inner:
            return inner[-1]
    if name == "latest":
        raise UsageError("run.none", folder=str(parent))
    raise UsageError("run.not_a_run", folder=name)
