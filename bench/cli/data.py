"""Commands about external data sets: datasets list, fetch, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import errors
from bench.cli.output import clean

if TYPE_CHECKING:
    from bench.library import Holding

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[DATASET]...")]
Wanted = Annotated[list[str], typer.Argument(metavar="DATASET...")]
Data = Annotated[Path, typer.Option("--data")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    datasets = typer.Typer(no_args_is_help=True)
    for name, command in (("list", list_datasets), ("fetch", fetch), ("check", check)):
        datasets.command(name)(command)
    app.add_typer(datasets, name="datasets")


def list_datasets(context: Context, names: Names = None, as_json: AsJson = False) -> None:
    from bench import library

    found = [library.definition(name) for name in library.names(names or ())]
    context.obj.records(("name", "title", "languages", "rows", "licence"), found, as_json)


def fetch(
    context: Context, names: Wanted, data: Data, offline: Annotated[Path | None, typer.Option("--from")] = None
) -> None:
    from bench import library

    for name in library.names(names):
        found = library.definition(name)
        context.obj.say("data.fetch.licence", name=name, licence=found.licence, citation=found.citation or "–")
        for file in library.fetch(name, data, offline):
            key = "data.fetch.present" if file.source is None else "data.fetch.done"
            context.obj.say(key, path=file.path, source=file.source or "")


def check(context: Context, data: Data, names: Names = None, as_json: AsJson = False) -> None:
    from bench import library

    found = [library.check(name, data) for name in library.names(names or ())]
    if as_json:
        context.obj.json([plain(holding) for holding in found])
    else:
        rows = [
            (one.name, context.obj.text(f"data.state.{one.state}"), one.rows or "", one.items or "", left_out(one))
            for one in found
        ]
        context.obj.table(("name", "state", "rows", "items", "left_out"), rows)
        tell(context, found)
    states = {holding.state for holding in found}
    if states & {"changed", "faulty"}:
        raise typer.Exit(errors.INTEGRITY)
    if "missing" in states:
        raise typer.Exit(errors.ENVIRONMENT)


def left_out(holding: Holding) -> str:
    """Return how many rows a definition leaves out, and why."""
    return "; ".join(f"{count}: {reason}" for reason, count in holding.left_out.items())


def tell(context: Context, found: list[Holding]) -> None:
    """Print what is wrong, and how many definitions are in order."""
    from bench import catalogue

    for holding in found:
        if holding.state != "missing":
            for fault in holding.faults:
                print(clean(f"{holding.name}: {catalogue.describe(fault, context.obj.lang)}"))
    ready = sum(holding.state == "ok" for holding in found)
    context.obj.say("data.check.ready", ready=ready, all=len(found))


def plain(holding: Holding) -> dict[str, object]:
    """Return a holding as data, its faults as texts in both languages."""
    from bench import catalogue

    texts = [{lang: catalogue.describe(fault, lang) for lang in catalogue.LANGUAGES} for fault in holding.faults]
    fields = {name: getattr(holding, name) for name in ("name", "state", "rows", "items", "left_out")}
    return {**fields, "faults": texts}
