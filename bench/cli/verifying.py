"""The command for whoever receives a run folder: verify. It writes nothing and asks no model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench import errors
from bench.cli.output import Output

if TYPE_CHECKING:
    from bench.verification import Verification

Context = typer.Context
RunName = Annotated[str, typer.Argument(metavar="RUN")]
AsJson = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("verify")(verify)


def verify(context: Context, run_name: RunName, as_json: AsJson = False) -> None:
    from bench import verification, workflow

    folder = workflow.find_run(run_name)
    found = verification.verify(folder)
    if as_json:
        context.obj.json({**plain(found), "folder": str(folder)})
    else:
        show(context.obj, found)
    if found.differs:
        raise typer.Exit(errors.INTEGRITY)


def plain(found: Verification) -> dict[str, object]:
    """Return a verification for programs."""
    import msgspec

    return {**msgspec.to_builtins(found), "differs": [check.name for check in found.differs]}


def show(output: Output, found: Verification) -> None:
    """Print one line a check, and what follows from them."""
    from bench.verification import checks

    rows = [
        (
            output.text(f"verify.name.{check.name}"),
            check.file,
            output.text(f"verify.result.{check.result}"),
            check.finding.of(output.lang),
        )
        for check in found.checks
    ]
    output.table(("check", "file", "result", "finding"), rows)
    if found.made_with not in ("", found.installed):
        output.note("verify.made_with", made=found.made_with, installed=found.installed)
    if rest := [check.file for check in found.checks if check.result in ("absent", "not_checked")]:
        output.note("verify.end.rest", names=", ".join(rest))
    if found.unread:
        output.note("verify.end.unread", names=checks.listed(found.unread).of(output.lang))
    if found.differs:
        output.note("verify.end.differs", count=len(found.differs), names=", ".join(one.file for one in found.differs))
    else:
        output.note("verify.end.ok")
