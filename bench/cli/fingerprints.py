"""The command that compares a run's style with the replies of known models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import errors


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("fingerprint")(fingerprint)


def fingerprint(
    context: typer.Context,
    run_name: Annotated[str, typer.Argument(metavar="RUN")],
    references: Annotated[list[str], typer.Option("--reference", "-r", metavar="NAME=PATH")],
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    from bench import fingerprint as fingerprints
    from bench import scoring, workflow
    from bench.report.findings import percent

    found = fingerprints.compare(scoring.open_run(workflow.find_run(run_name)), named(references), seed)
    if as_json:
        context.obj.json(found)
        return
    rows = [
        (
            *(one.lang, one.reference, one.questions, f"{one.divergence:.4f}", percent(one.nearest)),
            *(
                f"{rate.x} / {rate.n} = {percent(rate.point)}" if rate.n else "0 / 0"
                for rate in (one.openings, one.refusals)
            ),
        )
        for one in found
    ]
    context.obj.table(("language", "reference", "questions", "divergence", "nearest", "openings", "refusals"), rows)
    context.obj.note("cli.fingerprint.caution")


def named(references: list[str]) -> dict[str, Path]:
    """Return the references by name; raises UsageError for one without a name, or a name twice."""
    found: dict[str, Path] = {}
    for one in references:
        name, given, path = one.partition("=")
        if not (given and name and path) or name in found:
            raise errors.UsageError("fingerprint.form", value=one)
        found[name] = Path(path)
    return found
