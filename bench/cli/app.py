"""The command line: choose the language, parse, call, print errors as sentences, exit with a documented code."""

from __future__ import annotations

import errno
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bench import catalogue, errors, files
from bench.cli import (
    audit,
    banks,
    data,
    fingerprints,
    help,
    projects,
    runs,
    scoring,
    shards,
    streams,
    variants,
    verifying,
)
from bench.cli.output import Output, clean

OWN_LANGUAGE = frozenset((("run",), ("plan",), ("audit",), ("calibrate",), ("scorers", "apply")))
"""Commands whose own `--lang` is about items or lines; everywhere else `--lang` is the language spoken."""
SUBCOMMANDS = frozenset((("audit", "init"), ("audit", "report")))
"""Commands below one of these that have no such option."""

DISK_FAULTS = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE)
)
"""What the system refuses wherever the file is, and the user can mend."""
PATH_FAULTS = frozenset((errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP))
"""What the user can mend if the path is theirs (see `is_theirs`); of any other path it is a fault of ours."""
COLLECT_AFTER = (100_000, 20, 50)
"""Thresholds of the garbage collector: at Python's own (700, 10, 10) it takes an eighth of the CPU of a run, whose
values hold no cycles."""
ENVIRONMENT = {"OPENBLAS_THREAD_TIMEOUT": "4"}
"""Settings of libraries, where the user has none: numpy's idle threads (2⁴ clock ticks after their last work) sleep.
By themselves they go on spinning for 0.05 s, at import and after each product: a quarter of the CPU of a short run."""
VERSION_TEXT = "mingjian {version}"


def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", is_eager=True)] = False,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en")] = None,
) -> None:
    if version:
        from bench.engine.plan import tool_version

        print(VERSION_TEXT.format(version=tool_version()))
        raise typer.Exit(errors.OK)
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(errors.OK)


def build() -> typer.Typer:
    """Return the application with all its commands; texts are filled in by `localise`."""
    app = typer.Typer(
        name="mingjian",
        no_args_is_help=False,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": help.HELP_NAMES},
    )
    app.callback()(root)
    runs.register(app)
    shards.register(app)
    scoring.register(app)
    verifying.register(app)
    fingerprints.register(app)
    audit.register(app)
    banks.register(app)
    data.register(app)
    variants.register(app)
    projects.register(app)
    return app


def narrow(app: typer.Typer, arguments: Sequence[str]) -> typer.Typer:
    """Return the application with the command alone that the arguments begin with, if they begin with one.

    Making all of them takes a tenth of the CPU of a short run, and help and errors of one name no other.
    """
    name = arguments[0] if arguments else ""
    commands = [one for one in app.registered_commands if one.name == name]
    groups = [one for one in app.registered_groups if one.name == name]
    if commands or groups:
        app.registered_commands, app.registered_groups = commands, groups
    return app


def take_language(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the language asked for and the arguments without it.

    `--lang` may stand anywhere, but behind some commands it means the languages of items, or of lines.
    """
    asked: str | None = None
    kept: list[str] = []
    stream = iter(arguments)
    for argument in stream:
        if argument == "--":
            return asked, [*kept, argument, *stream]
        if argument == "--lang" and not has_own_language(kept):
            asked = next(stream, "")
        elif argument.startswith("--lang=") and not has_own_language(kept):
            asked = argument.removeprefix("--lang=")
        else:
            kept.append(argument)
    return asked, kept


def has_own_language(kept: Sequence[str]) -> bool:
    """Return whether `--lang` behind these arguments is an option of their command."""
    one, two = tuple(kept[:1]), tuple(kept[:2])
    return (one in OWN_LANGUAGE or two in OWN_LANGUAGE) and two not in SUBCOMMANDS


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    gc.set_threshold(*COLLECT_AFTER)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    streams.fill()
    streams.write_all_signs()
    asked, kept = take_language(sys.argv[1:] if arguments is None else arguments)
    lang = catalogue.choose(asked)
    if asked is not None and asked not in catalogue.LANGUAGES:
        print(catalogue.text("error.cli.language", lang, name=asked), file=sys.stderr)
        sys.exit(errors.USAGE)
    try:
        code = run(kept, Output(lang))
    except Exception as error:
        code = own_fault(error)
    try:
        sys.stdout.flush()
    except OSError:  # what was told stands on standard error, or nobody reads on
        streams.abandon(sys.stdout)
    sys.exit(code)


def own_fault(error: Exception) -> int:
    """Print the traceback of what no command expects, and return the exit code."""
    try:
        traceback.print_exception(error)
    except OSError:  # what we had to say of a full disk could not be written either: standard error is on it
        streams.abandon(sys.stderr)
        return errors.ENVIRONMENT
    return errors.OWN_FAULT


def run(arguments: list[str], output: Output) -> int:
    """Run one command and return its exit code. User faults are sentences; our own faults keep their traceback."""
    command = typer.main.get_command(narrow(build(), arguments))
    help.localise(command, output.lang)
    try:
        code = command.main(args=arguments, prog_name="mingjian", standalone_mode=False, obj=output)
        sys.stdout.flush()
    except errors.MingjianError as error:
        print(clean(catalogue.explain(error, output.lang)), file=sys.stderr)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        output.note("cli.interrupted")
        return errors.INTERRUPTED
    except typer.TyperException as error:
        if type(error).__name__ != "NoArgsIsHelpError":  # its help page is printed already
            print(explain_usage(error, output.lang), file=sys.stderr)
        return errors.USAGE
    except (BrokenPipeError, SystemExit) as leaving:
        if isinstance(leaving, SystemExit) and not isinstance(leaving.__context__, BrokenPipeError):
            raise  # else it is the command-line library's answer to a closed pipe
        streams.abandon(sys.stdout)
        return errors.OK
    except MemoryError:
        output.note("cli.memory")
        code = errors.ENVIRONMENT
    except OSError as error:
        if error.errno not in DISK_FAULTS and not (error.errno in PATH_FAULTS and is_theirs(error, arguments)):
            raise
        place = str(error.filename or output.text("cli.standard_output"))
        print(catalogue.describe(files.disk_fault(error, place), output.lang), file=sys.stderr)
        return errors.ENVIRONMENT
    return code if isinstance(code, int) else errors.OK


def is_theirs(error: OSError, arguments: Sequence[str]) -> bool:
    """Return whether an error is about a path of the user's: below the current folder, or below one that they named."""
    if not isinstance(error.filename, str | os.PathLike):
        return False
    path = os.path.abspath(error.filename)
    named_paths = (part for argument in arguments for part in (argument, argument.partition("=")[2]) if part)
    return any(Path(path).is_relative_to(os.path.abspath(name)) for name in (".", *named_paths) if "\0" not in name)


def named(parameter: Any) -> str:
    """Return an option's spellings or an argument's name, as people write them; empty for None."""
    if parameter is None:
        return ""
    return (
        parameter.metavar or parameter.name if parameter.param_type_name == "argument" else " / ".join(parameter.opts)
    )


def explain_usage(error: typer.TyperException, lang: str) -> str:
    """Return a usage error in the language spoken, and how to get help."""
    kind = type(error).__name__
    key = f"usage.{kind}" if f"usage.{kind}" in catalogue.area("cli") else "usage.other"
    context = getattr(error, "ctx", None)
    parameter = getattr(error, "param", None)
    facts = {
        "option": getattr(error, "option_name", "") or "",
        "parameter": named(parameter),
        "message": catalogue.quote(error.message, lang),
        "command": context.command_path if context is not None else "mingjian",
    }
    return catalogue.text(f"cli.{key}", lang, **facts) + "\n" + catalogue.text("cli.usage.help", lang, **facts)
