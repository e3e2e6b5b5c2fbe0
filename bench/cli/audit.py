"""The audit: a standard's samples drawn, asked, scored, judged, and the dossier written; and the application form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench import errors
from bench.cli import accounting, failures, lists, placing, runs, stopping
from bench.cli.output import Output, clean
from bench.errors import UsageError

if TYPE_CHECKING:
    from bench.engine.plan import Plan, Settings
    from bench.filing.files import Wishes
    from bench.filing.material import Audit, Material, Size
    from bench.filing.metadata import Metadata as Form
    from bench.keywords import Library
    from bench.standards import Standard
    from bench.types import Model, Suite

Context = typer.Context
Metadata = Annotated[Path | None, typer.Option("--metadata")]
Proof = Annotated[Path | None, typer.Option("--evidence")]
Font = Annotated[Path | None, typer.Option("--font")]
Template = Annotated[Path | None, typer.Option("--template", metavar="FILE.docx")]
IncludeText = Annotated[bool, typer.Option("--include-text")]
FORMATS = "html,docx,pdf,xlsx,markdown,json"
LEFT_OUT = ("external.", ".starter")
"""Built-in suites that an audit does not choose by itself: their data is not in the box; they draw on the others."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(audit)
    group.command("init")(init)
    group.command("report")(report)
    group.command("schema")(schema)
    app.add_typer(group, name="audit")


def audit(
    context: Context,
    model: Annotated[str | None, typer.Option("--model", "-m")] = None,
    standard: Annotated[str, typer.Option("--standard")] = "cn-genai-filing",
    suites: Annotated[str | None, typer.Option("--suites")] = None,
    supplement: Annotated[str | None, typer.Option("--supplement")] = None,
    quick: Annotated[bool, typer.Option("--quick")] = False,
    full: Annotated[bool, typer.Option("--full")] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    lang: Annotated[str | None, typer.Option("--lang")] = None,
    variants: Annotated[str | None, typer.Option("--variants")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", min=1)] = None,
    judge: runs.Judges = None,
    out: Annotated[Path, typer.Option("--out", "-o")] = Path("results"),
    data: Annotated[Path | None, typer.Option("--data")] = None,
    metadata: Metadata = None,
    evidence: Proof = None,
    refusal: Annotated[str | None, typer.Option("--refusal", metavar="strict|lenient")] = None,
    font: Font = None,
    template: Template = None,
    include_text: IncludeText = False,
    formats: Annotated[str, typer.Option("--format")] = FORMATS,
    max_in_flight: runs.InFlight = None,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
    budget: placing.BudgetText = None,
    engine: placing.Engine = "local",
    address: placing.Address = None,
    replicas: placing.Count = None,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if model is None:
        raise UsageError("audit.model")
    size = size_of(quick, full)
    from bench import models, preflight, standards, workflow
    from bench.engine.runner import RunOptions
    from bench.filing import files

    files.check(lists.split(formats), template, font)
    files.check_packages(lists.split(formats), font)
    wanted = standards.load(standard)
    chosen = models.with_sampling(models.load(model), max_tokens=max_tokens, temperature=None, seed=None)
    where = placing.checked(placing.Where(engine, address, replicas), chosen)
    options = RunOptions(max_in_flight=max_in_flight, budget=placing.budget_of(budget, chosen))
    judges = [models.load(name) for name in judge or ()]
    found = load_suites(wanted, suites, supplement, data)
    prepared, library = prepare(wanted, size, found, (metadata, evidence), (lang, refusal))
    if metadata or lang:
        check_languages(prepared.metadata.languages, found)
    made = workflow.plan(found, chosen, settings(prepared, found, limit, seed, variants))
    if wanted.purpose == "filing":
        preflight.check_measure(made, [bank.bank for bank in wanted.banks])
    if dry_run:
        accounting.describe_plan(context.obj, made)
        return
    folder = begin(made, out, (prepared, library), judges, budget)
    ahead = runs.drive(context.obj, made, folder, options, where)
    with stopping.named(context.obj, "cli.stopped.audit", folder):
        workflow.evaluate(folder, made, ahead)
    finish(context.obj, folder, lists.split(formats), files.Wishes(font, template, include_text))


def size_of(quick: bool, full: bool) -> Size:
    """Return the size of sample that is asked for."""
    if quick and full:
        raise UsageError("audit.options")
    return "quick" if quick else "full" if full else "standard"


def begin(made: Plan, out: Path, papers: tuple[Audit, Library | None], judges: list[Model], budget: str | None) -> Path:
    """Write a new run folder with all that an audit adds to a run; return it."""
    import msgspec

    from bench import workflow
    from bench.filing import material

    workflow.check_report(())
    declared = msgspec.structs.replace(made.info, declared=material.declaration(papers[0]))
    folder = runs.begin(msgspec.structs.replace(made, info=declared), out, judges, budget)
    material.save(papers[0], folder, papers[1])
    return folder


def settings(audit: Audit, found: Sequence[Suite], limit: int | None, seed: int, variants: str | None) -> Settings:
    """Return how an audit draws: each bank as its size asks, other suites up to a limit."""
    from bench.engine.plan import Settings
    from bench.filing import sampling
    from bench.variants import names

    known = {lang for suite in found for lang in suite.languages}
    offered = audit.metadata.languages
    return Settings(
        languages=tuple(lang for lang in offered if lang in known) or offered,
        limit=limit or sampling.BESIDE[audit.size],
        seed=seed,
        variants=names.expand(variants or ""),
        banks=sampling.limits(audit.standard, audit.size, found, limit),
    )


def load_suites(standard: Standard, asked: str | None, beside: str | None, data: Path | None) -> list[Suite]:
    """Return the suites asked for, or the built-in ones of the standard's banks and codes; then those beside them."""
    from bench import resources, workflow
    from bench.filing import sampling

    first, last = LEFT_OUT
    if asked is not None:
        found = workflow.load_suites(lists.split(asked), data=data)
    else:
        names = [name for name in resources.names("suites") if not name.startswith(first) and not name.endswith(last)]
        found = sampling.fitting(standard, workflow.load_suites(names))
    if not found:
        raise UsageError("audit.no_suites")
    known = {suite.name for suite in found}
    more = workflow.load_suites(lists.split(beside), data=data)
    return [*found, *(suite for suite in more if suite.name not in known)]


def prepare(
    standard: Standard,
    size: Size,
    suites: list[Suite],
    paths: tuple[Path | None, Path | None],
    wishes: tuple[str | None, str | None],
) -> tuple[Audit, Library | None]:
    """Return what an audit adds to a run: form, evidence, bank statistics; and the keyword library if one is named."""
    from bench import keywords
    from bench.filing import banks, evidence, material, metadata
    from bench.lint.quotas import KEYWORDS

    form = declare(metadata.load(paths[0]) if paths[0] else metadata.EMPTY, *wishes)
    proof = evidence.load(paths[1], standard, form.languages) if paths[1] else evidence.EMPTY
    states = banks.measure(standard, suites, form.languages)
    library, bank = None, standard.bank(KEYWORDS)
    if proof.keyword_library and paths[1]:
        library = keywords.load(str(paths[1].resolve().parent / proof.keyword_library.path))
        if bank is not None:  # else the standard asks for no size of it, and only searches replies
            states.append(banks.measure_keywords(bank, library, form.languages))
    made = material.Audit(schema=material.AUDIT_SCHEMA, standard=standard, size=size, metadata=form,
                          evidence=proof, states=tuple(states))  # fmt: skip
    return made, library


def declare(form: Form, lang: str | None, refusal: str | None) -> Form:
    """Return the form with the languages and the definition of refusal that the command line declares."""
    import msgspec

    if refusal:
        if refusal not in ("strict", "lenient"):
            raise UsageError("audit.refusal", name=refusal)
        form = msgspec.structs.replace(form, refusal=refusal)
    spoken = dict.fromkeys(form.languages) if lang is None else lists.languages(lang)
    return msgspec.structs.replace(form, languages=tuple(spoken))


def check_languages(declared: Sequence[str], found: Sequence[Suite]) -> None:
    """Raise UsageError if the service has a language that no suite asks in: it could never be evidenced."""
    known = sorted({lang for suite in found for item in suite.items for lang in item.prompts})
    if missing := [lang for lang in declared if lang not in known]:
        raise UsageError("audit.no_language", names=", ".join(missing), known=", ".join(known))


def finish(output: Output, folder: Path, formats: list[str], wishes: Wishes) -> None:
    """Judge a scored run, write verdicts and dossier, print the end of the audit, exit with its code."""
    from bench import workflow
    from bench.filing import files, front, material

    found = workflow.read_evaluation(folder)
    failures.show(output, found.run.records if found.summary.accounting.statuses["error"] else ())
    known = material.read(folder)
    judged = material.gather(*found, known, material.read_library(folder, known))
    material.save_verdicts(judged.verdicts, folder)
    show(output, judged)
    output.say("cli.run.findings")
    for finding in front.findings(judged):
        print(f"  • {clean(finding.of(output.lang))}")
    for path in files.write(judged, folder, formats, wishes):
        output.say("audit.written", path=path)
    failures.show_scorers(output, found)
    failures.show_judges(output, found)
    stop(output, judged)


def show(output: Output, judged: Material) -> None:
    """Print the lines, the bank verdicts and how many clauses are open."""
    from bench.filing import compliance

    for made in (compliance.lines(judged), compliance.banks(judged)):
        print(clean(made.title.of(output.lang)))
        columns = [column.title.of(output.lang) for column in made.columns]
        for row in (columns, *([cell.text.of(output.lang) for cell in row] for row in made.rows)):
            print("  " + "  ".join(clean(value).replace("\u00a0", " ") for value in row))
    if judged.audit.size == "quick":
        output.say("filing.limit.lines")
    for sentence in compliance.answer(judged):
        print(f"• {clean(sentence.text.of(output.lang))}")


def stop(output: Output, judged: Material) -> None:
    """Exit with the code of the answer: 1 a clause fails, 3 not enough evidence, 0 ready for review."""
    from bench.filing import compliance

    answer = compliance.overall(judged)
    statuses = judged.summary.accounting.statuses
    lost = statuses["error"] + statuses["suspected_filter"]
    if lost:
        captured = failures.captured(judged.run.plan.info.model)
        key = "audit.lost.captured" if captured else "audit.lost"
        output.note(key, count=lost, planned=judged.verdicts.planned)
    output.note(f"audit.exit.{answer}")
    code = {
        "fails": errors.GATE_FAILED,
        "banks_fail": errors.GATE_FAILED,
        "ready": errors.OK,
        "no_line": errors.OK,
    }.get(answer, errors.INCOMPLETE)
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
    run_name: runs.RunName,
    metadata: Metadata = None,
    evidence: Proof = None,
    font: Font = None,
    template: Template = None,
    include_text: IncludeText = False,
    formats: Annotated[str, typer.Option("--format")] = FORMATS,
) -> None:
    from bench import workflow
    from bench.filing import files, material

    files.check(lists.split(formats), template, font)
    folder = workflow.find_run(run_name)
    known = material.read(folder)
    if metadata or evidence:
        known, library = renew(known, metadata, evidence)
        material.save(known, folder, library)
    with stopping.named(context.obj, "cli.stopped.audit", folder):
        workflow.refresh(folder)
    finish(context.obj, folder, lists.split(formats), files.Wishes(font, template, include_text))


def renew(known: Audit, form: Path | None, evidence: Path | None) -> tuple[Audit, Library | None]:
    """Return an audit with a new form or new evidence; what was declared before the run cannot change."""
    import msgspec

    from bench.lint.quotas import KEYWORDS

    before = known.metadata
    spoken = None if form else ",".join(before.languages)
    fresh, library = prepare(known.standard, known.size, [], (form, evidence), (spoken, None))
    if form and (fresh.metadata.languages, fresh.metadata.refusal) != (before.languages, before.refusal):
        said = [f"{', '.join(one.languages)}; {one.refusal}" for one in (fresh.metadata, before)]
        raise UsageError("audit.declared", form=said[0], run=said[1])
    if not evidence:
        return msgspec.structs.replace(known, metadata=fresh.metadata), None
    keyword_states = tuple(state for state in fresh.states if state.bank == KEYWORDS)
    states = tuple(state for state in known.states if state.bank != KEYWORDS) + keyword_states
    return msgspec.structs.replace(known, metadata=fresh.metadata if form else before, evidence=fresh.evidence,
                                   states=states, keywords=""), library  # fmt: skip


def schema(context: Context) -> None:
    from bench.filing import published

    context.obj.json(published.schema())
