"""Commands about what is asked: suites and taxonomies."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import linting
from bench.errors import UsageError

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
Name = Annotated[str, typer.Argument(metavar="NAME")]
Data = Annotated[Path | None, typer.Option("--data")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    suites = typer.Typer(no_args_is_help=True)
    commands: dict[str, Callable[..., Any]] = {
        "list": list_suites, "show": show, "lint": linting.lint, "stats": linting.stats, "diff": linting.diff,
        "export": linting.export, "withhold": linting.withhold, "schema": schema, "copy": copy,
    }  # fmt: skip
    for name, command in commands.items():
        suites.command(name)(command)
    app.add_typer(suites, name="suites")
    taxonomies = typer.Typer(no_args_is_help=True)
    commands = {"list": list_taxonomies, "show": show_taxonomy, "crosswalk": crosswalk}
    for name, command in commands.items():
        taxonomies.command(name)(command)
    app.add_typer(taxonomies, name="taxonomies")


def list_suites(context: Context, as_json: AsJson = False) -> None:
    from bench import resources, suites

    rows = []
    for name in resources.names("suites"):
        path = resources.find("suites", name)
        assert path is not None
        rows.append(header(path) if name.startswith(linting.EXTERNAL) else linting.outline(suites.load(path)))
    context.obj.records(("name", "title", "version", "dimension", "languages", "items"), rows, as_json)


def header(path: Path) -> dict[str, Any]:
    """Return what a list shows of a suite whose items are other people's data: all but their number and digest."""
    import msgspec

    from bench import schema as schemas
    from bench import yaml
    from bench.suitefile import SuiteFile
    from bench.types import Suite

    written = schemas.convert(yaml.load(path), SuiteFile)
    known = {name: getattr(written, name, None) for name in Suite.__struct_fields__ if name != "items"}
    plain: dict[str, Any] = msgspec.to_builtins({**known, "name": written.suite, "path": str(path), "items": None})
    return plain


def show(context: Context, name: Name, data: Data = None, as_json: AsJson = False) -> None:
    from bench import workflow

    for suite in workflow.load_suites([name], data=data):
        if as_json:
            context.obj.json(suite)
            continue
        context.obj.say(
            "cli.suite", name=suite.name, title=context.obj.cell({"zh": suite.title.zh, "en": suite.title.en}),
            version=suite.version, items=len(suite.items), digest=suite.digest, licence=suite.licence,
            languages=", ".join(suite.languages), path=suite.path,
        )  # fmt: skip
        codes = Counter(code for item in suite.items for code in item.codes)
        context.obj.table(("code", "items"), sorted(codes.items()))


def schema(context: Context) -> None:
    from bench import suites

    context.obj.json(suites.json_schema())


def copy(context: Context, name: Name, target: Annotated[Path, typer.Argument(metavar="FOLDER")] = Path()) -> None:
    from bench import resources, suites

    if resources.is_path(name):
        raise UsageError("suite.copy_builtin", name=name)
    for path in suites.locate(name):
        target.mkdir(parents=True, exist_ok=True)
        for source in (path, path.with_suffix(".jsonl")):
            if source.is_file():
                place = target / source.name
                if place.exists():
                    raise UsageError("file.exists", file=str(place))
                shutil.copyfile(source, place)
                print(place)


def list_taxonomies(context: Context, as_json: AsJson = False) -> None:
    from bench import taxonomies

    rows = [
        {"name": found.taxonomy, "title": found.title, "codes": len(found.codes), "evidence": found.evidence}
        for found in map(taxonomies.load, taxonomies.names())
    ]
    context.obj.records(("name", "title", "codes", "evidence"), rows, as_json)


def show_taxonomy(context: Context, name: Name, as_json: AsJson = False) -> None:
    from bench import taxonomies

    found = taxonomies.load(name)
    if as_json:
        context.obj.json(found)
    else:
        context.obj.records(("code", "group", "name", "evidence"), found.codes, as_json)


def crosswalk(
    context: Context, name: Annotated[str | None, typer.Argument(metavar="CODE")] = None, as_json: AsJson = False
) -> None:
    from bench import taxonomies

    found = taxonomies.crosswalk()
    if name is not None:
        taxonomies.check(name)
    links = [link for link in found.links if name is None or name in (link.origin, link.to, *taxonomy_of(link))]
    if as_json:
        gaps = [gap for gap in found.gaps if name is None or any(name in (c, c.split(":")[0]) for c in gap.codes)]
        context.obj.json({"links": links, "gaps": gaps, "note": found.note})
    else:
        context.obj.records(("from", "to", "confidence"), links, as_json)


def taxonomy_of(link: Any) -> tuple[str, str]:
    """Return the taxonomies that a link joins."""
    return link.origin.split(":")[0], link.to.split(":")[0]
