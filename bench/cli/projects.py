"""Commands about models and the installation: models, plugins, doctor, init."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import errors
from bench.cli import failures
from bench.cli.output import Output, clean
from bench.errors import UsageError

Context = typer.Context
AsJson = Annotated[bool, typer.Option("--json")]
DEMO_WEIGHTS = "qwen2.5-coder-0.5b-instruct"
REPLIED = ("answered", "truncated")
"""Statuses with which a model did reply."""
_OPTIONAL = (("xllamacpp", "local"), ("torch", "huggingface"), ("transformers", "huggingface"), ("datasets", "data"))


def register(app: typer.Typer) -> None:
    """Add these commands."""
    models = typer.Typer(no_args_is_help=True)
    for name, command in (("list", list_models), ("check", check), ("pull", pull)):
        models.command(name)(command)
    app.add_typer(models, name="models")
    app.command("plugins")(plugins)
    app.command("doctor")(doctor)
    app.command("init")(init)


def list_models(context: Context, as_json: AsJson = False) -> None:
    from bench import models

    rows = [row(name) for name in models.names()]
    if as_json:
        context.obj.json(rows)
        return
    yes = {True: context.obj.text("cli.yes"), False: context.obj.text("cli.no")}
    shown = [
        (one["name"], f"{one['bytes'] / 1e6:.0f} MB", yes[one["downloaded"]], one["adapter"],
         context.obj.cell(one["note"])) for one in rows
    ]  # fmt: skip
    context.obj.table(("name", "size", "downloaded", "adapter", "note"), shown)


def row(name: str) -> dict[str, Any]:
    """Return a built-in model as a list shows it: the name that `--model` and `models pull` take, and its weights."""
    import msgspec

    from bench import models, weights

    plain = {"note": None, **msgspec.to_builtins(models.load(name))}
    known = weights.load(plain["name"])
    found = weights.find(known.name) is not None
    return {**plain, "name": name, "weights": known.name, "bytes": known.bytes, "downloaded": found}


def check(context: Context, model: Annotated[str, typer.Argument(metavar="MODEL")], as_json: AsJson = False) -> None:
    from bench import models
    from bench.engine import loop

    chosen = models.with_sampling(models.load(model), max_tokens=16, temperature=None, seed=None)
    reply = loop.run(probe(chosen, context.obj))
    if as_json:
        context.obj.json(reply)
    else:
        shown = clean(reply.text) or failures.reason(context.obj, reply)
        key = "cli.check.reply" if reply.status in REPLIED else "cli.check.none"
        status = context.obj.text(f"report.status.{reply.status}")
        context.obj.say(key, model=chosen.model, status=status, ms=reply.ms, text=shown)
    if reply.status not in REPLIED:
        raise typer.Exit(errors.ENVIRONMENT)


async def probe(model: Any, output: Output) -> Any:
    """Return the model's reply to one harmless question."""
    from bench import plugins
    from bench.engine.limits import Retry
    from bench.engine.runner import ask
    from bench.types import Case, Message

    message = Message("user", output.text("cli.check.question"))
    case = Case(
        key="0" * 64, suite="check", item="check", lang=output.lang, messages=(message,), parameters=model.parameters
    )
    async with plugins.adapter(model) as adapter:
        reply, error = await ask(adapter, case, Retry(attempts=2))
    if error is not None:
        raise error
    return reply


def pull(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    source: Annotated[str | None, typer.Option("--source")] = None,
) -> None:
    import msgspec

    from bench import models, weights

    output: Output = context.obj
    if name in models.names():
        name = models.load(name).name or name
    found = weights.find(name)
    if found is not None:
        output.say("cli.pull.present", name=name, path=found)
        return
    shown = -1

    def progress(done: int, total: int) -> None:
        nonlocal shown
        if total and (percent := 100 * done // total) >= shown + 5:
            shown = percent
            output.note("cli.pull.progress", name=name, done=done // 1_000_000, total=total // 1_000_000)

    known = weights.load(name).sources
    chosen = [one for one in known if source in (None, msgspec.to_builtins(one)["kind"])]
    output.say("cli.pull.done", name=name, path=weights.pull(name, progress, chosen))


def plugins(context: Context, as_json: AsJson = False) -> None:
    from bench import plugins

    context.obj.records(("socket", "name", "package", "version", "target"), plugins.installed(), as_json)


def doctor(context: Context, as_json: AsJson = False) -> None:
    found = list(checks(context.obj))
    if as_json:
        names = ("id", "check", "ok", "needed", "fix")
        context.obj.json([dict(zip(names, one, strict=True)) for one in found])
    else:
        for _, name, ok, _, fix in found:
            state = context.obj.text("cli.doctor.ok" if ok else "cli.doctor.missing")
            hint = "" if ok or not fix else f" → {fix}"
            context.obj.say("cli.doctor.line", mark="✓" if ok else "✗", name=name, state=state + hint)
    if not all(ok for _, _, ok, needed, _ in found if needed):
        raise typer.Exit(errors.ENVIRONMENT)


Check = tuple[str, str, bool, bool, str]
"""A name for programs, what was checked, whether it holds, whether it must hold, and how to mend it."""


def checks(output: Output) -> Iterator[Check]:
    """Yield each check of the environment. Nothing here touches the network."""
    say = output.text
    yield "python", say("cli.doctor.python", version=platform.python_version()), sys.version_info >= (3, 11), True, ""
    yield from installation(output)
    for name, extra in _OPTIONAL:
        found = package_version(name)
        fix = say("cli.doctor.package_fix", extra=extra)
        yield name, say("cli.doctor.package", name=name, version=found or "–"), found is not None, False, fix
    yield weights_check(output)
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    yield "disk", say("cli.doctor.disk", free=f"{free:.0f}"), free >= 1, True, say("cli.doctor.disk_fix")
    yield "write", say("cli.doctor.write"), os.access(Path.cwd(), os.W_OK), True, say("cli.doctor.write_fix")
    yield "fonts", say("cli.doctor.fonts"), chinese_font(), False, say("cli.doctor.fonts_fix")
    names = sorted(name for name, value in os.environ.items() if name.endswith("_API_KEY") and value.strip())
    keys = say("cli.doctor.keys", names=", ".join(names)) if names else say("cli.doctor.no_keys")
    yield "keys", keys, True, False, ""


def installation(output: Output) -> Iterator[Check]:
    """Yield whether the package's own parts are there."""
    from bench import plugins, resources, taxonomies

    try:
        count = len(plugins.installed())
    except errors.MingjianError:
        count = 0
    fix = output.text("cli.doctor.plugins_fix")
    yield "plugins", output.text("cli.doctor.plugins", count=count), count > 0, True, fix
    suites, names = len(resources.names("suites")), len(taxonomies.names())
    yield "data", output.text("cli.doctor.data", suites=suites, taxonomies=names), bool(suites and names), True, fix


def package_version(name: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def weights_check(output: Output) -> Check:
    """Return whether the demonstration model's weights are in the cache."""
    from bench import weights

    found = weights.find(DEMO_WEIGHTS) is not None
    fix = output.text("cli.doctor.weights_fix", name=DEMO_WEIGHTS)
    return "weights", output.text("cli.doctor.weights", name=DEMO_WEIGHTS), found, False, fix


def chinese_font() -> bool:
    """Return whether the system lists a Chinese font; True where fonts cannot be listed."""
    tool = shutil.which("fc-list")
    if tool is None:
        return sys.platform != "linux"
    found = subprocess.run([tool, ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip())


def init(
    context: Context, target: Annotated[Path, typer.Argument(metavar="FOLDER")] = Path("mingjian-example")
) -> None:
    from bench import canonical, files, suites

    if target.exists() and any(target.iterdir()):
        raise UsageError("file.exists", file=str(target))
    source = Path(__file__).resolve().parent / "example"
    for path in sorted(source.iterdir()):
        files.write(target / path.name, path.read_bytes())
    files.write(target / "suite.schema.json", canonical.encode(suites.json_schema()) + b"\n")
    context.obj.say("cli.init.done", folder=target)
