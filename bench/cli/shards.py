"""Runs in parts, on many machines: the commands plan and merge, and `run PLAN --shard I`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import errors
from bench.cli import failures, lists, numbers, placing
from bench.cli.output import Output
from bench.cli.placing import Where

if TYPE_CHECKING:
    from bench.engine.runner import RunOptions

Context = typer.Context
SETTLED = frozenset(
    (
        *("model", "lang", "limit", "seed", "epochs", "variants", "max_tokens", "temperature", "out", "data"),
        *("formats", "dry_run", "allow_hazardous", "allow_unscored", "judge"),
    )
)
"""Options of `run` that a plan has settled, or that come after `merge`."""
Folder = Annotated[Path, typer.Argument(metavar="DIR")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("plan")(plan)
    app.command("merge")(merge)


def plan(
    context: Context,
    suites: Annotated[list[str], typer.Argument(metavar="SUITE...")],
    model: Annotated[str, typer.Option("--model", "-m")],
    shards: Annotated[int, typer.Option("--shards", min=1)],
    out: Annotated[Path, typer.Option("--out", "-o")],
    lang: Annotated[str | None, typer.Option("--lang")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    epochs: Annotated[int, typer.Option("--epochs", min=1)] = 1,
    variants: Annotated[str | None, typer.Option("--variants")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", min=1)] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", min=0, callback=numbers.finite)] = None,
    data: Annotated[Path | None, typer.Option("--data")] = None,
    allow_hazardous: Annotated[bool, typer.Option("--allow-hazardous")] = False,
) -> None:
    from bench import canonical, models, preflight, workflow
    from bench.engine import shards as parts
    from bench.engine.plan import Settings
    from bench.variants import names

    chosen = models.with_sampling(
        models.load(model), max_tokens=max_tokens, temperature=canonical.number(temperature), seed=None
    )
    settings = Settings(
        languages=tuple(lists.languages(lang)),
        limit=limit,
        seed=seed,
        epochs=epochs,
        allow_hazardous=allow_hazardous,
        variants=names.expand(variants or ""),
    )
    made = workflow.plan(workflow.load_suites(suites, data=data), chosen, settings)
    preflight.check_scorers(made)
    parts.split(made, out, shards)
    context.obj.say("cli.shards.planned", folder=out, cases=made.info.cases, shards=shards, last=shards - 1)


def is_plan(arguments: Sequence[str]) -> bool:
    """Return whether the arguments of `run` are one plan in shards rather than suites."""
    from bench.engine import shards as parts

    return len(arguments) == 1 and (Path(arguments[0]) / parts.SPLIT_FILE).is_file()


def is_unmerged(name: str) -> bool:
    """Return whether a name is that of a plan whose shards are not merged."""
    from bench.engine import shards as parts

    return parts.is_unmerged(Path(name))


def refuse_settled(context: Context, folder: Path) -> None:
    """Raise UsageError for a folder that is no plan, and for options that say what the plan has settled."""
    from bench.engine import shards as parts

    parts.read_split(folder)
    given = [
        option.opts[0]
        for option in context.command.params
        if option.name in SETTLED and context.get_parameter_source(option.name).name != "DEFAULT"  # type: ignore[union-attr]
    ]
    if given:
        raise errors.UsageError("shard.planned", names=", ".join(given))


def check_trust(folder: Path, trusted: bool) -> None:
    """Raise UsageError if a plan that is not `trusted`, nor made on this account, would send a key to a stranger."""
    from bench import workflow
    from bench.engine import shards as parts

    parts.read_split(folder)
    if not trusted:
        workflow.check_trust(folder)


def run_part(
    output: Output, folder: Path, shard: int | None, options: RunOptions, budget: str | None, where: Where
) -> None:
    """Ask the open cases of one shard of a plan, with live progress; the scheduler says which if nobody else does."""
    import msgspec

    from bench import files, plugins, workflow
    from bench.cli.progress import Progress, tallied
    from bench.engine import journal, loop
    from bench.engine import shards as parts
    from bench.engine.runner import Part

    total = parts.read_split(folder).total
    index = parts.from_environment(total) if shard is None else shard
    target, made = parts.place(folder, index), workflow.load_plan(folder)
    model = made.info.model
    workflow.check(made)
    placing.checked(where, model)
    options = msgspec.structs.replace(options, budget=placing.renewed_budget(output, target, budget, model))
    part = Part(index=index, total=total)
    statuses = journal.inspect(target / journal.RECORDS_FILE, files.digest_file(target / parts.SHARD_FILE)).statuses
    totals, earlier = tallied(made, statuses, options.retry_errors, part)
    output.note("cli.shards.started", shard=index, last=total - 1, cases=totals.total(), folder=target)
    try:
        with placing.placed(model, where) as elsewhere, Progress(made.items, totals, output.lang, earlier) as progress:
            loop.run(parts.run(made, elsewhere or plugins.adapter(model), target, options, progress))
    except loop.Stopped as stop:
        output.note("cli.shards.saved", folder=folder, shard=index)
        raise typer.Exit(errors.SIGNALLED + stop.number) from None
    except errors.MingjianError:
        output.note("cli.shards.saved", folder=folder, shard=index)
        raise
    stop_if_errors(output, target, files.digest_file(target / parts.SHARD_FILE))


def stop_if_errors(output: Output, target: Path, genesis: str) -> None:
    """Print why cases of a shard ended in an error, and exit 3 if any did."""
    from bench.engine import journal

    path = target / journal.RECORDS_FILE
    count = sum(status == "error" for status in journal.inspect(path, genesis).statuses.values())
    if count:
        failures.show(output, journal.read(path, genesis))
        output.note("cli.shards.errors", count=count)
        raise typer.Exit(errors.INCOMPLETE)


def show_status(output: Output, folder: Path, as_json: bool) -> None:
    """Print how far each shard of a plan is, and all of them together."""
    import msgspec

    from bench.engine import shards as parts

    found = parts.standings(folder)
    names = ("planned", "finished", "open", "errors")
    sums = {name: sum(getattr(one, name) for one in found) for name in names}
    if as_json:
        output.json({"folder": str(folder), "merged": False, **sums, "shards": msgspec.to_builtins(found)})
        return
    rows = [(one.shard, *(getattr(one, name) for name in names)) for one in found]
    output.table(("shard", *names), [*rows, (output.text("report.all"), *sums.values())])
    key = "cli.shards.open" if sums["open"] else "cli.shards.unmerged"
    output.note(key, folder=folder)


def merge(context: Context, folder: Folder) -> None:
    from bench.engine import shards as parts
    from bench.engine.seals import SUMMARY_FILE

    scored = (folder / SUMMARY_FILE).is_file()
    count = parts.merge(folder)
    if scored and not (folder / SUMMARY_FILE).is_file():
        context.obj.note("cli.shards.remerged")
    context.obj.say("cli.shards.merged", folder=folder, cases=count)
