"""Commands about scorers and people: scorers list and apply, calibrate, review export and import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from bench import errors
from bench.cli import numbers
from bench.cli.output import Output

if TYPE_CHECKING:
    from bench.bulk import Applied, Job
    from bench.calibration.nouns import Corrected, Figure
    from bench.calibration.registry import Entry
    from bench.review.results import Powered, Review

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
RunName = Annotated[str, typer.Argument(metavar="RUN")]
ScorerName = Annotated[str, typer.Argument(metavar="SCORER")]
Registry = Annotated[Path | None, typer.Option("--registry", envvar="MINGJIAN_REGISTRY", show_envvar=False)]
Options = Annotated[str, typer.Option("--options", metavar="JSON")]
LinesLang = Annotated[str | None, typer.Option("--lang")]

STANDARD_INPUT = Path("-")
"""What `--input` names to read standard input."""
COLUMNS = (
    "scorer", "version", "config", "language", "positive", "dataset", "count", "sensitivity", "specificity",
    "balanced_accuracy", "kappa", "alpha", "unscored", "date",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add these commands."""
    scorers = typer.Typer(no_args_is_help=True)
    scorers.command("list")(list_scorers)
    scorers.command("apply")(apply)
    app.add_typer(scorers, name="scorers")
    app.command("calibrate")(calibrate)
    review = typer.Typer(no_args_is_help=True)
    review.command("export")(export_sheets)
    review.command("import")(import_sheets)
    app.add_typer(review, name="review")


def list_scorers(context: Context, registry: Registry = None, as_json: AsJson = False) -> None:
    from bench import plugins
    from bench.calibration.registry import load

    entries = load(registry)
    rows = [scorer_row(name, entries, context.obj) for name in plugins.names("scorers")]
    if as_json:
        context.obj.json(rows)
        return
    context.obj.table(COLUMNS, [line for row in rows for line in lines_of(row, context.obj)])


def scorer_row(name: str, entries: tuple[Entry, ...], output: Output) -> dict[str, Any]:
    """Return a scorer in its default configuration with its registry entries, or why it cannot be made."""
    from bench import catalogue, plugins, scoring
    from bench.calibration import registry

    try:
        scorer = plugins.scorer(name)
    except errors.MingjianError as error:
        return {"scorer": name, "version": None, "config": None, "measured": False, "entries": [],
                "unmeasured": list(catalogue.LANGUAGES), "problem": catalogue.explain(error, output.lang)}  # fmt: skip
    config = scoring.config_digest(scorer)
    return {
        "scorer": name,
        "version": scorer.version,
        "config": config,
        "measured": any(registry.of(entries, config)),
        "unmeasured": [lang for lang in catalogue.LANGUAGES if not any(registry.of(entries, config, lang))],
        "entries": [one for one in entries if one.scorer == name],
        "problem": None,
    }


def lines_of(row: dict[str, Any], output: Output) -> Iterator[tuple[object, ...]]:
    """Yield a line for each entry of a scorer; languages that its default configuration lacks stand first, loudly."""
    head = (row["scorer"], row["version"] or "–")
    if row["unmeasured"]:
        problem = row["problem"] or output.text("scoring.unmeasured")
        yield (*head, row["config"] or "–", ", ".join(row["unmeasured"]), problem, *("–" for _ in COLUMNS[5:]))
    for one in sorted(row["entries"], key=lambda one: one.config != row["config"]):
        config = one.config if one.options == "{}" else f"{one.config} {one.options}"
        positive = f"{' | '.join(one.labels.positive)} (≥ {one.labels.cut})"
        figures = (one.sensitivity, one.specificity, one.balanced_accuracy, one.kappa, one.alpha)
        rates = (*map(shown, figures), one.unscored, one.date)
        yield (one.scorer, one.version, config, one.lang, positive, one.dataset, one.n, *rates)


def shown(figure: Figure | Corrected) -> str:
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
    stream = sys.stdin.buffer if source == STANDARD_INPUT else None
    if target is None:
        told = bulk.apply(job, sys.stdout.buffer.write, workers, stream)
        sys.stdout.buffer.flush()
    else:
        refuse_same(source, target)
        told = write_opinions(job, target, workers, stream)
        context.obj.note("scoring.applied", count=told.lines, path=target)
    tell_silent(context.obj, name, told)


def write_opinions(job: Job, target: Path, workers: int | None, stream: BinaryIO | None) -> Applied:
    """Write the opinions to a file, whole or not at all."""
    from bench import bulk

    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with partial.open("wb") as handle:
            told = bulk.apply(job, handle.write, workers, stream)
        partial.replace(target)
    except OSError as error:
        raise errors.UsageError("scoring.output", file=str(target), why=error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return told


def tell_silent(output: Output, name: str, told: Applied) -> None:
    """Print how many lines got no opinion, and why; raises IncompleteError if none got one."""
    from bench import reasons

    silent, said = told.silent.total(), reasons.counted(told.silent)
    if silent == told.lines:
        raise errors.IncompleteError("scoring.no_opinions", name=name, count=told.lines, reasons=said)
    if silent:
        output.note("scoring.silent", count=silent, lines=told.lines, reasons=said.of(output.lang))


def refuse_same(source: Path, target: Path) -> None:
    """Raise UsageError if what is written would take the place of what is read."""
    if source.exists() and target.exists() and source.samefile(target):
        raise errors.UsageError("scoring.same_file", file=str(target))


def calibrate(
    context: Context,
    name: ScorerName,
    dataset: Annotated[Path, typer.Argument(metavar="DATASET.jsonl")],
    positive: Annotated[list[str], typer.Option("--positive", metavar="LABEL")],
    cut: Annotated[float, typer.Option("--cut", callback=numbers.share)] = 0.5,
    registry: Registry = None,
    lang: LinesLang = None,
    options: Options = "{}",
    note: Annotated[str | None, typer.Option("--note")] = None,
    as_json: AsJson = False,
) -> None:
    from bench import bulk
    from bench.calibration import registry as book
    from bench.calibration import study

    place = registry or Path("calibration.jsonl")
    refuse_same(dataset, place)
    found = study.calibrate(study.Study(bulk.Job(name, dataset, options, lang), tuple(positive), cut, note))
    entries = [one for one in found if study.measures(one)]
    book.append(place, entries)
    say_left_out(context.obj, found)
    if as_json:
        context.obj.json(entries)
        return
    columns = ("language", "count", "sensitivity", "specificity", "balanced_accuracy", "kappa", "alpha", "unscored")
    figures = ("sensitivity", "specificity", "balanced_accuracy", "kappa", "alpha")
    rows = [(one.lang, one.n, *(shown(getattr(one, key)) for key in figures), one.unscored) for one in entries]
    context.obj.table(columns, rows)
    small = [f"{one.lang} {one.fewest}" for one in entries if one.fewest < book.LEAST_OWN]
    if small:
        context.obj.note("scoring.few_labels", found=", ".join(small), least=book.LEAST_OWN)
    context.obj.note("scoring.calibrated", count=len(entries), path=place)


def say_left_out(output: Output, found: Sequence[Entry]) -> None:
    """Name the languages that get no entry: without an opinion of the scorer, or with labels of one kind only."""
    from bench.calibration import study

    silent = [one.lang for one in found if not one.n]
    one_kind = [one.lang for one in found if one.n and not study.measures(one)]
    for key, names in (("no_opinion", silent), ("one_kind", one_kind)):
        if names:
            output.note(f"scoring.{key}", languages=", ".join(names))


def export_sheets(
    context: Context,
    run_name: RunName,
    out: Annotated[Path, typer.Option("--out", "-o")],
    count: Annotated[int, typer.Option("--n", "-n", min=1)] = 1000,
    reviewers: Annotated[int, typer.Option("--reviewers", min=1, max=9)] = 2,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    bank: Annotated[str | None, typer.Option("--bank")] = None,
    variants: Annotated[bool, typer.Option("--with-variants")] = False,
) -> None:
    from bench import scoring, workflow
    from bench.review import rounds, sample

    run = scoring.open_run(workflow.find_run(run_name))
    key, targets = rounds.export(run, sample.Sampling(count, reviewers, seed, bank, variants), out)
    for path in targets:
        print(path)
    total = sum(key.population.values())
    place = sample.key_path(run.folder, key.batch)
    context.obj.note("scoring.exported", count=len(key.coded), total=total, strata=len(key.population), key=place)


def import_sheets(
    context: Context,
    run_name: RunName,
    sheets: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    out: Annotated[Path, typer.Option("--out", "-o")] = Path(),
    as_json: AsJson = False,
) -> None:
    from bench import scoring, workflow
    from bench.review import results, rounds

    run = scoring.open_run(workflow.find_run(run_name))
    taken = rounds.take(run, sheets, out)
    if workflow.scored(run.folder):
        review = workflow.read_evaluation(run.folder).summary.review
    else:
        review = results.review(run, results.labels(run.folder), ())
    if as_json:
        context.obj.json(
            {"taken": taken._asdict() | {"disputes": taken.disputes and str(taken.disputes)}, "review": review}
        )
    elif review is not None:
        counts = {name: getattr(review, name) for name in ("labelled", "single", "double", "open", "adjudicated")}
        context.obj.say("scoring.imported", new=taken.new, blank=taken.blank, **counts)
        show_review(context.obj, review)
    if taken.disputes is not None:
        context.obj.note("scoring.disputed", count=taken.open, path=taken.disputes)


def show_review(output: Output, found: Review) -> None:
    """Print how far people agree, and the shares that rest on their labels."""
    from bench.report.build import spoken
    from bench.report.words import text

    rows = []
    if not any(one.people.n for one in found.agreement):
        output.say("scoring.no_agreement")
    for one in found.agreement:
        for who, measured in ((output.text("scoring.people"), one.people), (one.scorer, one.with_scorer)):
            if measured is one.people and not measured.n:
                continue
            figures = (measured.raw, measured.kappa, measured.alpha)
            name = output.text(f"scoring.sheet.column.{one.question}")
            lang = (text("report.all") if one.lang == "all" else spoken((one.lang,))).of(output.lang)
            rows.append((name, lang, who, measured.n, *(shown(figure) for figure in figures)))
    output.table(("question", "language", "against", "count", "raw", "kappa", "alpha"), rows)
    estimates = [
        (
            output.text(f"scoring.share.{one.question}"),
            spoken((one.lang,)).of(output.lang),
            f"{one.labelled}/{one.of}",
            "–" if one.scorer is None else f"{one.scorer:.3f}",
            shown(one.estimate),
            "; ".join((state(one.estimate, output), *alone(one, output))),
        )
        for one in found.estimates
    ]
    output.table(("share", "language", "labelled", "share_scorer", "share_corrected", "state"), estimates)


def alone(one: Powered, output: Output) -> Iterator[str]:
    """Yield how many of the labels behind a share are those of one person, if there are any."""
    if one.single:
        yield output.text("scoring.single", single=one.single, labelled=one.labelled)


def state(corrected: Corrected, output: Output) -> str:
    """Return how far a rate is corrected, and why not."""
    found = output.text(f"scoring.state.{corrected.state}")
    return f"{found}: {output.text('scoring.why.' + corrected.reason)}" if corrected.reason else found
