"""Commands that make and read runs: run, resume, score, report, status."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import errors
from bench.cli import accounting, failures, lists, numbers, placing, shards, stopping
from bench.cli.output import Output, clean
from bench.cli.placing import HERE, Address, BudgetText, Count, Engine, Where
from bench.types import FILTERED

if TYPE_CHECKING:
    from bench.engine.plan import Plan
    from bench.engine.runner import RunOptions
    from bench.headstart import HeadStart
    from bench.summary import Summary
    from bench.types import Model

Context = typer.Context
Suites = Annotated[list[str], typer.Argument(metavar="SUITE...|PLAN")]
RunName = Annotated[str, typer.Argument(metavar="RUN")]
AsJson = Annotated[bool, typer.Option("--json")]
Formats = Annotated[str, typer.Option("--format")]
InFlight = Annotated[int | None, typer.Option("--max-in-flight", min=1)]
AllowUnscored = Annotated[bool, typer.Option("--allow-unscored")]
Trusted = Annotated[bool, typer.Option("--trust")]
Judges = Annotated[list[str] | None, typer.Option("--judge")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (run, resume, score, report, status):
        app.command(command.__name__)(command)


def run(
    context: Context,
    suites: Suites,
    model: Annotated[str | None, typer.Option("--model", "-m")] = None,
    lang: Annotated[str | None, typer.Option("--lang")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    epochs: Annotated[int, typer.Option("--epochs", min=1)] = 1,
    variants: Annotated[str | None, typer.Option("--variants")] = None,
    max_in_flight: InFlight = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", min=1)] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", min=0, callback=numbers.finite)] = None,
    out: Annotated[Path, typer.Option("--out", "-o")] = Path("results"),
    data: Annotated[Path | None, typer.Option("--data")] = None,
    formats: Formats = "html,markdown,json",
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    allow_hazardous: Annotated[bool, typer.Option("--allow-hazardous")] = False,
    allow_unscored: AllowUnscored = False,
    judge: Judges = None,
    shard: Annotated[int | None, typer.Option("--shard", min=0)] = None,
    retry_errors: Annotated[bool, typer.Option("--retry-errors")] = False,
    budget: BudgetText = None,
    engine: Engine = "local",
    address: Address = None,
    replicas: Count = None,
    trusted: Trusted = False,
) -> None:
    from bench import models, workflow
    from bench.engine.plan import Settings
    from bench.engine.runner import RunOptions
    from bench.variants import names

    where = Where(engine, address, replicas)
    if shard is not None or shards.is_plan(suites):
        shards.refuse_settled(context, Path(suites[0]))
        shards.check_trust(Path(suites[0]), trusted)
        options = RunOptions(max_in_flight=max_in_flight, retry_errors=retry_errors)
        shards.run_part(context.obj, Path(suites[0]), shard, options, budget, where)
        return
    refuse_later_options(retry_errors, trusted)
    chosen = model_of(model, max_tokens, temperature)
    judges = [models.load(name) for name in judge or ()]
    settings = Settings(
        languages=tuple(lists.languages(lang)),
        limit=limit,
        seed=seed,
        epochs=epochs,
        allow_hazardous=allow_hazardous,
        variants=names.expand(variants or ""),
    )
    limit_of_cost = placing.budget_of(budget, chosen)
    placing.checked(where, chosen)
    workflow.check_report(lists.split(formats))
    made = workflow.plan(workflow.load_suites(suites, data=data), chosen, settings)
    if dry_run:
        accounting.describe_plan(context.obj, made)
        return
    folder = begin(made, out, judges, budget)
    failures.show_idle(context.obj, made, judges)
    ahead = drive(context.obj, made, folder, RunOptions(max_in_flight=max_in_flight, budget=limit_of_cost), where)
    finish(context.obj, made, folder, formats, allow_unscored, ahead)


def refuse_later_options(retry_errors: bool, trusted: bool) -> None:
    """Raise UsageError for options of a new run that are about one that is there."""
    if retry_errors:
        raise errors.UsageError("run.nothing_to_retry")
    if trusted:
        raise errors.UsageError("run.nothing_to_trust")


def begin(made: Plan, out: Path, judges: list[Model], budget: str | None) -> Path:
    """Write a new run folder, with all that later scorings and resumes need, and return it."""
    from bench import preflight, workflow

    preflight.check_scorers(made)
    if judges:
        preflight.check_rubrics(made)
    workflow.check(made, judges)
    folder = workflow.start(made, out)
    if judges:
        workflow.appoint(folder, judges)
    placing.keep_budget(folder, budget)
    return folder


def model_of(name: str | None, max_tokens: int | None, temperature: float | None) -> Model:
    """Return the model named on the command line, with its sampling changed as asked."""
    from bench import canonical, models

    if name is None:
        raise errors.UsageError("run.needs_model")
    return models.with_sampling(
        models.load(name), max_tokens=max_tokens, temperature=canonical.number(temperature), seed=None
    )


def resume(
    context: Context,
    run_name: RunName,
    retry_errors: Annotated[bool, typer.Option("--retry-errors")] = False,
    max_in_flight: InFlight = None,
    formats: Formats = "html,markdown,json",
    allow_unscored: AllowUnscored = False,
    budget: BudgetText = None,
    engine: Engine = "local",
    address: Address = None,
    replicas: Count = None,
    trusted: Trusted = False,
) -> None:
    from bench import preflight, workflow
    from bench.engine.runner import RunOptions
    from bench.filing.material import AUDIT_FILE

    folder = workflow.find_run(run_name)
    if not trusted:
        workflow.check_trust(folder)
    made = workflow.load_plan(folder)
    where = placing.checked(Where(engine, address, replicas), made.info.model)
    limit = placing.renewed_budget(context.obj, folder, budget, made.info.model)
    options = RunOptions(max_in_flight=max_in_flight, retry_errors=retry_errors, budget=limit)
    workflow.check_report(lists.split(formats))
    preflight.check_scorers(made)
    workflow.check_seal(folder)
    drive(context.obj, made, folder, options, where)
    audited = (folder / AUDIT_FILE).is_file()
    try:
        finish(context.obj, made, folder, formats, allow_unscored)
    finally:
        if audited:
            context.obj.note("cli.run.audit", folder=folder)
    if audited:  # only the audit's own report has a verdict
        raise typer.Exit(errors.INCOMPLETE)


def score(
    context: Context,
    run_name: RunName,
    as_json: AsJson = False,
    allow_unscored: AllowUnscored = False,
    judge: Judges = None,
    trusted: Trusted = False,
) -> None:
    from bench import models, workflow

    folder = workflow.find_run(run_name)
    if judge:
        workflow.appoint(folder, [models.load(name) for name in judge])
    elif not trusted:
        workflow.check_judges(folder)
    with stopping.named(context.obj, "cli.stopped.score", folder):
        found = workflow.evaluate(folder)
    summary = found.summary
    if as_json:
        context.obj.json(summary)
    else:
        accounting.show(context.obj, summary)
    failures.show_scorers(context.obj, found)
    failures.show_judges(context.obj, found)
    stop_if_short(context.obj, summary, allow_unscored)


def report(context: Context, run_name: RunName, formats: Formats = "html,markdown,json") -> None:
    from bench import workflow

    folder = workflow.find_run(run_name)
    with stopping.named(context.obj, "cli.stopped.report", folder):
        written = workflow.write_report(folder, lists.split(formats))
    for path in written:
        print(path)


def status(context: Context, run_name: RunName, as_json: AsJson = False) -> None:
    import msgspec

    from bench import files, judging, workflow
    from bench.engine.seals import SUMMARY_FILE
    from bench.summary import Summary

    if shards.is_unmerged(run_name):
        shards.show_status(context.obj, Path(run_name), as_json)
        return
    folder = workflow.find_run(run_name)
    found = msgspec.to_builtins(workflow.status(folder))
    current = found["scored"]
    found.update({"scored": None, "unscored": None, "refused": None, "judged": None})
    if current:
        counted = files.read_json(folder / SUMMARY_FILE, Summary).accounting
        found.update({name: getattr(counted, name) for name in ("scored", "unscored", "refused", "judged")})
        found["statuses"] = counted.statuses
    found["judges"] = judging.costs(folder)
    if as_json:
        context.obj.json(found)
    else:
        context.obj.table(("name", "value"), accounting.status_rows(context.obj, found))


def drive(output: Output, made: Plan, folder: Path, options: RunOptions, where: Where = HERE) -> HeadStart | None:
    """Ask the open cases with live progress; Ctrl-C and SIGTERM save and say how to go on.

    Return what was scored meanwhile.
    """
    from bench import workflow
    from bench.cli.progress import Progress, tallied
    from bench.engine import journal, loop
    from bench.engine import plan as plans

    statuses = journal.inspect(folder / journal.RECORDS_FILE, plans.genesis(folder)).statuses
    totals, earlier = tallied(made, statuses, options.retry_errors)
    output.note("cli.run.started", folder=folder, cases=made.info.cases, model=made.info.model.model)
    try:
        with (
            placing.placed(made.info.model, where) as adapter,
            Progress(made.items, totals, output.lang, earlier) as progress,
        ):
            ahead = workflow.head_start(made, folder)
            loop.run(workflow.ask(made, folder, options, progress, adapter=adapter, ahead=ahead))
    except loop.Stopped as stop:
        output.note("cli.run.saved", folder=folder)
        raise typer.Exit(errors.SIGNALLED + stop.number) from None
    except errors.MingjianError as error:
        if not isinstance(error, errors.IntegrityError | errors.TryLater):  # a resume would be refused again
            output.note("cli.run.saved", folder=folder)
        raise
    return ahead


def finish(
    output: Output, made: Plan, folder: Path, formats: str, allow_unscored: bool, ahead: HeadStart | None = None
) -> None:
    """Score, summarise, report, print the end of a run, and exit 3 if it is short of evidence."""
    from bench import workflow
    from bench.report import build

    with stopping.named(output, "cli.stopped.score", folder):
        found = workflow.evaluate(folder, made, ahead)
        written = workflow.render(build.build(*found), folder, lists.split(formats)) if lists.split(formats) else []
    accounting.show(output, found.summary)
    counts = found.summary.accounting.statuses
    failures.show(output, found.run.records if counts["error"] else ())
    if counts.get("truncated"):
        output.note("cli.truncated", count=counts["truncated"])
    output.say("cli.run.findings")
    for finding in build.headline(found.run, found.summary):
        print(f"  • {clean(finding.text.of(output.lang))}")
    for path in written:
        output.say("cli.run.report", path=path)
    captured = failures.captured(made.info.model)
    if counts["error"] == made.info.cases and not captured:
        output.note("cli.nothing_answered", count=made.info.cases, folder=folder)
        raise typer.Exit(errors.ENVIRONMENT)
    failures.show_scorers(output, found)
    failures.show_judges(output, found)
    stop_if_short(output, found.summary, allow_unscored, captured)


def stop_if_short(output: Output, summary: Summary, allow_unscored: bool, captured: bool = False) -> None:
    """Exit 3 if cases are open or in error, or judged ones unscored and that was not allowed.

    Answers that a file lacks (`captured`) are not had by asking again.
    """
    from bench import reasons

    found = summary.accounting
    lost = found.planned - found.finished + found.statuses["error"] + found.statuses["suspected_filter"]
    if lost:
        asked = found.planned == found.finished and captured
        output.note("cli.incomplete.captured" if asked else "cli.incomplete", count=lost, planned=found.planned)
        raise typer.Exit(errors.INCOMPLETE)
    if not found.judged and not any(found.statuses[status] for status in FILTERED):
        output.note("cli.nothing_judged", count=found.finished)
        raise typer.Exit(errors.INCOMPLETE)
    if found.unscored:
        said = reasons.counted(found.unscored_reasons).of(output.lang)
        key = "cli.unscored.allowed" if allow_unscored else "cli.unscored"
        output.note(key, count=found.unscored, judged=found.judged, reasons=said)
        addressed = found.unscored_reasons.get("judge_addressed")
        if addressed:
            output.note("cli.unscored.addressed", count=addressed)
        if not allow_unscored:
            raise typer.Exit(errors.INCOMPLETE)
