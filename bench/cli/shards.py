"""Commands for runs in parts, on many machines: plan, run-shard, merge."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from bench import errors

Context = typer.Context
Folder = Annotated[Path, typer.Argument(metavar="DIR")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("plan")(plan)
    app.command("run-shard")(run_shard)
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
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", min=1)] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", min=0)] = None,
    data: Annotated[Path | None, typer.Option("--data")] = None,
    allow_hazardous: Annotated[bool, typer.Option("--allow-hazardous")] = False,
) -> None:
    from bench import canonical, models, workflow
    from bench.engine import shards as parts
    from bench.engine.plan import Settings

    chosen = models.with_sampling(
        models.load(model), max_tokens=max_tokens, temperature=canonical.number(temperature), seed=None
    )
    languages = tuple(part.strip() for part in lang.split(",") if part.strip()) if lang else ()
    settings = Settings(languages=languages, limit=limit, seed=seed, epochs=epochs, allow_hazardous=allow_hazardous)
    made = workflow.plan(workflow.load_suites(suites, data=data), chosen, settings)
    parts.split(made, out, shards)
    context.obj.say("cli.shards.planned", folder=out, cases=made.info.cases, shards=shards, last=shards - 1)


def run_shard(
    context: Context,
    folder: Folder,
    shard: Annotated[int | None, typer.Option("--shard", min=0)] = None,
    max_in_flight: Annotated[int | None, typer.Option("--max-in-flight", min=1)] = None,
    retry_errors: Annotated[bool, typer.Option("--retry-errors")] = False,
) -> None:
    from bench import plugins, workflow
    from bench.cli.progress import Progress
    from bench.engine import loop
    from bench.engine import shards as parts
    from bench.engine.runner import Part, RunOptions

    total = parts.read_split(folder).total
    index = parts.from_environment(total) if shard is None else shard
    target, made = parts.place(folder, index), workflow.load_plan(folder)
    part = Part(index=index, total=total)
    dimensions = {(item.suite, item.id): str(item.dimension) for item in made.items}
    totals = Counter(
        (dimensions[case.suite, case.item], case.lang) for i, case in enumerate(made.cases()) if part.holds(i)
    )
    options = RunOptions(max_in_flight=max_in_flight, retry_errors=retry_errors)
    context.obj.note("cli.shards.started", shard=index, last=total - 1, cases=totals.total(), folder=target)
    try:
        with Progress(made.items, totals, context.obj.lang) as progress:
            loop.run(parts.run(made, plugins.adapter(made.info.model), target, options, progress))
    except loop.Stopped as stop:
        context.obj.note("cli.shards.saved", folder=folder, shard=index)
        raise typer.Exit(errors.SIGNALLED + stop.number) from None
    except errors.MingjianError:
        context.obj.note("cli.shards.saved", folder=folder, shard=index)
        raise


def merge(context: Context, folder: Folder) -> None:
    from bench.engine import shards as parts

    count = parts.merge(folder)
    context.obj.say("cli.shards.merged", folder=folder, cases=count)
