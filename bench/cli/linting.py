"""Commands about the content of suites: check, count, compare, export."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bench import errors
from bench.cli import numbers
from bench.cli.output import Output, clean
from bench.errors import ConfigError, Fault

if TYPE_CHECKING:
    from bench.lint.check import Report
    from bench.lint.difference import Difference
    from bench.lint.findings import Finding
    from bench.types import Suite

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
SomeNames = Annotated[list[str] | None, typer.Argument(metavar="[SUITE]...")]
Names = Annotated[list[str], typer.Argument(metavar="NAME...")]
Data = Annotated[Path | None, typer.Option("--data")]
Side = Annotated[str, typer.Argument(metavar="SUITE")]

SHOWN = 20
"""At most so many findings of one rule are printed."""
EXTERNAL = "external."


def lint(
    context: Context,
    names: SomeNames = None,
    standard: Annotated[str | None, typer.Option("--standard", metavar="NAME")] = None,
    keywords: Annotated[str | None, typer.Option("--keywords", metavar="FILE")] = None,
    against: Annotated[Path | None, typer.Option("--against", metavar="FOLDER", exists=True, file_okay=False)] = None,
    threshold: Annotated[float, typer.Option("--threshold", min=0.05, max=1.0, callback=numbers.finite)] = 0.7,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Check suites; faults of form end with exit code 2, a quota that is not met with 1."""
    from datetime import UTC, datetime

    from bench import keywords as libraries
    from bench.lint import check

    found, faults = load(names, data)
    others = passed_over(names)
    library = libraries.load(keywords) if keywords is not None else None
    wish = check.Wish(
        today=datetime.now(UTC).date(), standard=standard, keywords=library, against=against,
        threshold=f"{threshold:g}", every=not names,
    )  # fmt: skip
    report = check.check(found, wish)
    if as_json:
        context.obj.json(plain(found, faults, report))
    else:
        show(context.obj, found, faults, report)
        if others:
            context.obj.note("lint.passed_over", count=len(others), files=", ".join(map(str, others[:SHOWN])))
    if xlsx is not None:
        write_workbook(context.obj, xlsx, found, report)
    if faults:
        raise ConfigError.of(faults)
    return errors.GATE_FAILED if report.counts["error"] else errors.OK


def load(names: Sequence[str] | None, data: Path | None) -> tuple[list[Suite], list[Fault]]:
    """Return the suites and their faults of form; each file on its own, so that one does not hide the next.

    A suite whose only fault is a scorer that is not installed is checked all the same, and the fault told once.
    """
    from bench import plugins, suites

    installed = plugins.names("scorers")
    found: list[Suite] = []
    faults: list[Fault] = []
    for path in paths(names, data):
        try:
            found.append(suites.load(path, scorers=installed, data=data))
        except ConfigError as error:
            told = {(fault.key, fault.facts.get("name")): fault for fault in reversed(error.faults)}
            only_scorers = all(fault.key == "suite.unknown_scorer" for fault in error.faults)
            faults += list(told.values()) if only_scorers else list(error.faults)
            if only_scorers:
                found.append(suites.load(path, data=data))
    return found, faults


def paths(names: Sequence[str] | None, data: Path | None) -> Iterator[Path]:
    """Yield the suite files that are meant; without names all built-in ones whose items are at hand."""
    from bench import resources, suites

    wanted = names or [n for n in resources.names("suites") if data is not None or not n.startswith(EXTERNAL)]
    yield from dict.fromkeys(path for name in wanted for path in suites.locate(name))


def passed_over(names: Sequence[str] | None) -> list[Path]:
    """Return the YAML files in the folders named that are no suites."""
    from bench import suites

    return [path for name in names or () if Path(name).is_dir() for path in suites.files_in(Path(name))[1]]


def plain(found: Sequence[Suite], faults: Sequence[Fault], report: Report) -> dict[str, Any]:
    """Return the whole outcome as data."""
    from bench.lint.check import encode

    outlines = [outline(suite) for suite in found]
    return {"suites": outlines, "faults": [plain_fault(fault) for fault in faults], **encode(report)}


def outline(suite: Suite) -> dict[str, Any]:
    """Return what a list shows of a suite."""
    import msgspec

    fields = msgspec.structs.asdict(suite)
    return {**{name: fields[name] for name in fields if name != "items"}, "items": len(suite.items)}


def plain_fault(fault: Fault) -> dict[str, Any]:
    """Return a fault as data, with its text in both languages."""
    from bench import catalogue

    texts = {lang: catalogue.describe(fault, lang) for lang in catalogue.LANGUAGES}
    return {"rule": fault.key, "file": fault.file, "line": fault.line, "path": fault.path, "text": texts}


def show(output: Output, found: Sequence[Suite], faults: Sequence[Fault], report: Report) -> None:
    """Print the outcome for people: suites, quotas, figures, findings by rule, and the count."""
    faulty = {fault.file for fault in faults}
    for suite in found:
        if suite.path not in faulty:
            output.say("cli.lint.fine", name=suite.name, items=len(suite.items), path=suite.path)
    lines = [line for line in report.quotas if line.code is None or not line.met]
    if lines:
        total, short = output.text("lint.total"), {True: output.text("lint.met"), False: output.text("lint.unmet")}
        rows = [(q.bank, q.language, q.code or total, q.have, q.need, short[q.met]) for q in lines]
        output.table(("bank", "language", "code", "have", "need", "verdict"), rows)
    for figure in report.similar:
        output.say("lint.similar", **{name: getattr(figure, name) for name in figure.__struct_fields__})
    for public in report.overlap:
        facts = {name: getattr(public, name) for name in ("source", "texts", "equal", "near")}
        output.say("lint.overlap", **facts, unread=len(public.unread))
    show_findings(output, report.findings)
    if faults:
        output.say("lint.done_faulty", faults=len(faults), **report.counts)
    else:
        output.say("lint.done", **report.counts)


def show_findings(output: Output, findings: Sequence[Finding]) -> None:
    """Print the findings, the first of each rule."""
    counts: Counter[str] = Counter()
    for finding in findings:
        counts[finding.rule] += 1
        if counts[finding.rule] <= SHOWN:
            place = f"{finding.file}:{finding.line or 1}: " if finding.file else ""
            severity = output.text(f"lint.severity.{finding.severity}")
            print(clean(f"{place}{severity} [{finding.rule}] {finding.text[output.lang]}"))
    for rule, count in counts.items():
        if count > SHOWN:
            output.say("lint.more", rule=rule, count=count - SHOWN)


def write_workbook(output: Output, path: Path, found: Sequence[Suite], report: Report) -> None:
    """Write the filing workbook and say so on standard error."""
    from bench.lint import workbook

    workbook.write(path, found, report, output.lang)
    output.note("lint.workbook.done", path=str(path))


def stats(context: Context, names: SomeNames = None, data: Data = None, as_json: AsJson = False) -> None:
    from bench import suites
    from bench.lint import counts

    found = counts.measure([suites.load(path, data=data) for path in paths(names, data)])
    if as_json:
        context.obj.json(found)
        return
    columns = (
        "bank",
        "suites",
        "items",
        "languages",
        "expect",
        "form",
        "provenance",
        "templated",
        "twins",
        "hazardous",
    )
    unstated = {counts.NO_BANK: context.obj.text("cli.lint.no_form")}
    rows = [
        [shown(getattr(bank, name), unstated if name == "form" else {}) for name in columns] for bank in found.banks
    ]
    context.obj.table(columns, rows)
    context.obj.table(("bank", "code", "language", "provenance", "items"),
                      [(c.bank, c.code, c.language, c.provenance, c.items) for c in found.cells])  # fmt: skip
    context.obj.table(("dimension", "items"), list(found.dimensions.items()))
    for lengths in found.lengths:
        filled = [(low, items) for low, items in zip(lengths.bins, lengths.items, strict=True) if items]
        rows = [[lengths.language, f"≥ {low}", str(items)] for low, items in filled]
        context.obj.table(("language", "length", "items"), rows)


def shown(value: object, words: Mapping[str, str]) -> str:
    """Return a count, or counts by name, as a table shows them; `words` say what a name means."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{words.get(name, name)} {count}" for name, count in value.items())


def diff(context: Context, old: Side, new: Side, data: Data = None, as_json: AsJson = False) -> int:
    """Compare two states; 1 if a version had to move and did not."""
    from bench import suites
    from bench.lint import difference

    sides = [[suites.load(path, data=data) for path in suites.locate(name)] for name in (old, new)]
    names = [sorted({suite.name for suite in side}) for side in sides]
    if not set(names[0]) & set(names[1]):
        raise errors.UsageError("suite.others", first=", ".join(names[0]), second=", ".join(names[1]))
    found = difference.compare(*sides)
    if as_json:
        context.obj.json(found)
    else:
        for one in found:
            show_difference(context.obj, one)
    return errors.GATE_FAILED if any(one.must_move and not one.moved for one in found) else errors.OK


def show_difference(output: Output, one: Difference) -> None:
    """Print how one suite differs, item by item, and what its version has to do."""
    if one.equal:
        output.say("lint.diff.equal", suite=one.suite, old=one.old_version or one.new_version)
        return
    versions = {"old": one.old_version or "-", "new": one.new_version or "-"}
    numbers = {name: len(getattr(one, name)) for name in ("added", "removed", "changed")}
    output.say("lint.diff.changed", suite=one.suite, **versions, **numbers)
    for mark, names in (("+", one.added), ("-", one.removed)):
        for name in names:
            print(f"  {mark} {name}")
    for change in one.changed:
        print(f"  ~ {change.item}: {', '.join(change.fields)}")
    if one.old_version is None or one.new_version is None:
        output.say("lint.diff.alone")
        return
    verdict = ("moved" if one.moved else "must_move") if one.must_move else "free"
    output.say(f"lint.diff.{verdict}")


def export(
    context: Context,
    names: Names,
    form: Annotated[Literal["jsonl"], typer.Option("--format")] = "jsonl",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE")] = None,
    data: Data = None,
) -> None:
    from bench import canonical, files, suites
    from bench.lint import export as exports

    found = [suites.load(path, data=data) for path in paths(names, data)]
    lines = exports.lines(found)
    if out is not None:
        files.write_lines(out, lines)
        context.obj.note("lint.export.done", path=str(out), count=sum(len(suite.items) for suite in found))
        return
    for line in lines:
        sys.stdout.buffer.write(canonical.encode(line) + b"\n")


def withhold(context: Context, name: Side, data: Data = None) -> None:
    from bench import suites
    from bench.lint import private

    context.obj.json([private.withhold(suites.load(path, data=data)) for path in suites.locate(name)])
