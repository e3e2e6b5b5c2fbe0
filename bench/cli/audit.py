"""The audit: a standard's samples drawn, asked, scored, judged, and the dossier written; and the application form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import errors
from bench.cli import runs
from bench.cli.output import Output, clean
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.filing.material import Audit, Material, Size
    from bench.keywords import Library
    from bench.standards import Standard
    from bench.types import Suite

Context = typer.Context
DEFAULT_SUITES = ("risk.generated-content", "risk.should-refuse", "risk.should-not-refuse")
FORMATS = "docx,pdf,xlsx,markdown,json"


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(audit)
    group.command("init")(init)
    group.command("report")(report)
    app.add_typer(group, name="audit")


def audit(
    context: Context,
    model: Annotated[str | None, typer.Option("--model", "-m")] = None,
    standard: Annotated[str, typer.Option("--standard")] = "cn-genai-filing",
    suites: Annotated[str | None, typer.Option("--suites")] = None,
    quick: Annotated[bool, typer.Option("--quick")] = False,
    full: Annotated[bool, typer.Option("--full")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    lang: Annotated[str | None, typer.Option("--lang")] = None,
    out: Annotated[Path, typer.Option("--out", "-o")] = Path("results"),
    metadata: Annotated[Path | None, typer.Option("--metadata")] = None,
    evidence: Annotated[Path | None, typer.Option("--evidence")] = None,
    refusal: Annotated[str | None, typer.Option("--refusal", metavar="strict|lenient")] = None,
    font: Annotated[Path | None, typer.Option("--font")] = None,
    formats: Annotated[str, typer.Option("--format")] = FORMATS,
    max_in_flight: Annotated[int | None, typer.Option("--max-in-flight", min=1)] = None,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if model is None or (quick and full):
        raise UsageError("audit.options")
    from bench import models, standards, workflow
    from bench.engine.plan import Settings
    from bench.engine.runner import RunOptions
    from bench.filing import files, material, sampling

    files.check(runs.split(formats))
    wanted = standards.load(standard)
    size: Size = "quick" if quick else "full" if full else "standard"
    banked = workflow.load_suites(banked_names(suites))
    prepared, library = prepare(wanted, size, banked, (metadata, evidence), (lang, refusal))
    spoken = prepared.metadata.languages
    settings = Settings(languages=spoken, seed=seed, banks=sampling.limits(wanted, size))
    made = workflow.plan(banked, models.load(model), settings)
    folder = workflow.start(made, out)
    material.save(prepared, folder)
    runs.drive(context.obj, made, folder, RunOptions(max_in_flight=max_in_flight))
    workflow.evaluate(folder)
    finish(context.obj, folder, runs.split(formats), font, library)


def banked_names(asked: str | None) -> list[str]:
    """Return the suites asked for, or every built-in suite of the filing banks."""
    from bench import resources

    if asked is not None:
        return runs.split(asked)
    return [name for name in resources.names("suites") if name.startswith(DEFAULT_SUITES)]


def prepare(
    standard: Standard,
    size: Size,
    suites: list[Suite],
    paths: tuple[Path | None, Path | None],
    wishes: tuple[str | None, str | None],
) -> tuple[Audit, Library | None]:
    """Return what an audit adds to a run: form, evidence, bank statistics; and the keyword library if one is named."""
    import msgspec

    from bench import keywords
    from bench.filing import banks, evidence, material, metadata
    from bench.lint.quotas import KEYWORDS

    form = metadata.load(paths[0]) if paths[0] else metadata.EMPTY
    proof = evidence.load(paths[1], standard) if paths[1] else evidence.EMPTY
    lang, refusal = wishes
    if lang:
        form = msgspec.structs.replace(form, languages=tuple(runs.split(lang)))
    if refusal:
        if refusal not in ("strict", "lenient"):
            raise UsageError("audit.refusal", name=refusal)
        form = msgspec.structs.replace(form, refusal=refusal)
    states = banks.measure(standard, suites, form.languages)
    library, bank = None, standard.bank(KEYWORDS)
    if proof.keyword_library and paths[1] and bank is not None:
        library = keywords.load(str(paths[1].resolve().parent / proof.keyword_library))
        states.append(banks.measure_keywords(bank, library, form.languages))
    made = material.Audit(schema=material.AUDIT_SCHEMA, standard=standard.standard, size=size, metadata=form,
                          evidence=proof, states=tuple(states))  # fmt: skip
    return made, library


def finish(output: Output, folder: Path, formats: list[str], font: Path | None, library: Library | None) -> None:
    """Judge a scored run, write verdicts and dossier, print the end; exit 1 if a clause fails, 3 if evidence lacks."""
    from bench import workflow
    from bench.filing import files, material

    found = workflow.read_evaluation(folder)
    judged = material.gather(*found, material.read(folder))
    material.save_verdicts(judged.verdicts, folder)
    show(output, judged)
    for path in files.write(judged, folder, formats, font=font, library=library):
        output.say("audit.written", path=path)
    stop(output, judged)


def show(output: Output, judged: Material) -> None:
    """Print the lines, the bank verdicts and how many clauses are open."""
    from bench.filing import compliance

    for made in (compliance.lines(judged), compliance.banks(judged)):
        print(made.title.of(output.lang))
        columns = [column.title.of(output.lang) for column in made.columns]
        for row in (columns, *([cell.text.of(output.lang) for cell in row] for row in made.rows)):
            print("  " + "  ".join(clean(value).replace("\u00a0", " ") for value in row))
    for sentence in compliance.answer(judged):
        print(f"• {sentence.text.of(output.lang)}")


def stop(output: Output, judged: Material) -> None:
    """Exit with the code of the answer: 1 a clause fails, 3 not enough evidence, 0 ready for review."""
    from bench.filing import compliance

    answer = compliance.overall(judged)
    output.note(f"audit.exit.{answer}")
    code = {"fails": errors.GATE_FAILED, "ready": errors.OK}.get(answer, errors.INCOMPLETE)
    if code:
        raise typer.Exit(code)


def init(
    context: Context,
    path: Annotated[Path, typer.Argument(metavar="FILE")] = Path("audit.yaml"),
    force: Annotated[bool, typer.Option("--force")] = False,
) -> None:
    from bench import files
    from bench.filing import metadata

    if path.exists() and not force:
        raise UsageError("audit.exists", name=str(path))
    files.write(path, metadata.template().encode())
    context.obj.say("audit.init", path=path)


def report(
    context: Context,
    run_name: Annotated[str, typer.Argument(metavar="RUN")],
    metadata: Annotated[Path | None, typer.Option("--metadata")] = None,
    evidence: Annotated[Path | None, typer.Option("--evidence")] = None,
    font: Annotated[Path | None, typer.Option("--font")] = None,
    formats: Annotated[str, typer.Option("--format")] = FORMATS,
) -> None:
    import msgspec

    from bench import standards, workflow
    from bench.filing import files, material

    files.check(runs.split(formats))
    folder = workflow.find_run(run_name)
    known = material.read(folder)
    if metadata or evidence:
        wishes = (",".join(known.metadata.languages), known.metadata.refusal)
        fresh, library = prepare(standards.load(known.standard), known.size, [], (metadata, evidence), wishes)
        keyword_states = tuple(state for state in fresh.states if state.bank == "keyword-library")
        kept = tuple(state for state in known.states if state.bank != "keyword-library" or not keyword_states)
        changes = {"metadata": fresh.metadata} if metadata else {}
        changes |= {"evidence": fresh.evidence} if evidence else {}  # type: ignore[dict-item]
        known = msgspec.structs.replace(known, states=(*kept, *keyword_states), **changes)
        material.save(known, folder)
    else:
        library = None
    finish(context.obj, folder, runs.split(formats), font, library)
