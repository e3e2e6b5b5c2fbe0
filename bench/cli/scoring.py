"""Commands about scorers and people: scorers list and apply, calibrate, review export and import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench import errors
from bench.cli.output import Output

if TYPE_CHECKING:
    from bench.agreement import Figure
    from bench.calibration import Entry

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
ScorerName = Annotated[str, typer.Argument(metavar="SCORER")]
Registry = Annotated[Path | None, typer.Option("--registry", envvar="MINGJIAN_REGISTRY", show_envvar=False)]
Options = Annotated[str, typer.Option("--options", metavar="JSON")]
LinesLang = Annotated[str | None, typer.Option("--lang")]

COLUMNS = (
    "scorer", "version", "config", "language", "positive", "dataset", "count", "sensitivity", "specificity", "kappa",
    "date",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add these commands."""
    scorers = typer.Typer(no_args_is_help=True)
    scorers.command("list")(list_scorers)
    scorers.command("apply")(apply)
    app.add_typer(scorers, name="scorers")
    app.command("calibrate")(calibrate)


def list_scorers(context: Context, registry: Registry = None, as_json: AsJson = False) -> None:
    from bench import calibration, plugins

    entries = calibration.load(registry)
    rows = [scorer_row(name, entries, context.obj) for name in plugins.names("scorers")]
    if as_json:
        context.obj.json(rows)
        return
    context.obj.table(COLUMNS, [line for row in rows for line in lines_of(row, context.obj)])


def scorer_row(name: str, entries: tuple[Entry, ...], output: Output) -> dict[str, Any]:
    """Return a scorer in its default configuration with its registry entries, or why it cannot be made."""
    from bench import calibration, catalogue, plugins, scoring

    try:
        scorer = plugins.scorer(name)
    except errors.MingjianError as error:
        return {"scorer": name, "version": None, "config": None, "entries": [],
                "problem": catalogue.explain(error, output.lang)}  # fmt: skip
    config = scoring.config_digest(scorer)
    return {
        "scorer": name,
        "version": scorer.version,
        "config": config,
        "entries": list(calibration.of(entries, config)),
        "other_configs": sorted({one.config for one in entries if one.scorer == name} - {config}),
        "problem": None,
    }


def lines_of(row: dict[str, Any], output: Output) -> Iterator[tuple[object, ...]]:
    """Yield a line for each entry of a scorer; without any it says so loudly."""
    head = (row["scorer"], row["version"] or "–", row["config"] or "–")
    if not row["entries"]:
        yield (*head, "–", row["problem"] or output.text("scoring.unmeasured"), *("–" for _ in COLUMNS[5:]))
    for one in row["entries"]:
        positive = f"{' | '.join(one.labels.positive)} (≥ {one.labels.cut})"
        rates = (shown(one.sensitivity), shown(one.specificity), shown(one.kappa))
        yield (*head, one.lang, positive, one.dataset, one.n, *rates, one.date)


def shown(figure: Figure) -> str:
    """Return a figure with its interval."""
    if figure.point is None:
        return "–"
    return f"{figure.point:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def apply(
    context: Context,
    name: ScorerName,
    source: Annotated[Path, typer.Option("--input", "-i", metavar="FILE.jsonl")],
    target: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE")] = None,
    lang: LinesLang = None,
    options: Options = "{}",
    workers: Annotated[int | None, typer.Option("--workers", min=1)] = None,
) -> None:
    from bench import bulk

    job = bulk.Job(name, source, options, lang)
    if target is None:
        bulk.apply(job, sys.stdout.buffer.write, workers)
        sys.stdout.buffer.flush()
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("wb") as handle:
            count = bulk.apply(job, handle.write, workers)
        partial.replace(target)
    except OSError as error:
        raise errors.UsageError("scoring.output", file=str(target), why=error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    context.obj.note("scoring.applied", count=count, path=target)


def calibrate(
    context: Context,
    name: ScorerName,
    dataset: Annotated[Path, typer.Argument(metavar="DATASET.jsonl")],
    positive: Annotated[list[str], typer.Option("--positive", metavar="LABEL")],
    cut: Annotated[float, typer.Option("--cut")] = 0.5,
    registry: Registry = None,
    lang: LinesLang = None,
    options: Options = "{}",
    note: Annotated[str | None, typer.Option("--note")] = None,
    as_json: AsJson = False,
) -> None:
    from bench import bulk, calibration

    study = calibration.Study(bulk.Job(name, dataset, options, lang), tuple(positive), cut, note)
    entries = calibration.calibrate(study)
    place = registry or Path("calibration.jsonl")
    calibration.append(place, entries)
    if as_json:
        context.obj.json(entries)
        return
    columns = ("language", "count", "sensitivity", "specificity", "balanced_accuracy", "kappa", "alpha", "unscored")
    figures = ("sensitivity", "specificity", "balanced_accuracy", "kappa", "alpha")
    rows = [(one.lang, one.n, *(shown(getattr(one, key)) for key in figures), one.unscored) for one in entries]
    context.obj.table(columns, rows)
    context.obj.note("scoring.calibrated", count=len(entries), path=place)
