"""Help pages in the language spoken: words from the catalogue, lines that wrap instead of being cut."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import typer

from bench import catalogue

HELP_NAMES = ["-h", "--help"]
USAGE = "Usage:"


def localise(command: Any, lang: str, path: tuple[str, ...] = ()) -> None:
    """Fill in the help of a command, its parameters and its sub-commands from the catalogue."""
    name = ".".join(path) or "app"
    command.help = catalogue.text(f"cli.command.{name}", lang)
    command.short_help = None
    for parameter in command.params:
        parameter.help = catalogue.text(option_key(name, parameter.name), lang)
        name_type(parameter, lang)
    frame(command, lang)
    for child in getattr(command, "commands", {}).values():
        localise(child, lang, (*path, child.name))


def option_key(command: str, parameter: str) -> str:
    """Return the catalogue key of a parameter: its own for this command, or the one shared by all commands."""
    own = f"option.{command}.{parameter}"
    return f"cli.{own}" if own in catalogue.area("cli") else f"cli.option.{parameter}"


def name_type(parameter: Any, lang: str) -> None:
    """Say what an option or argument takes in the language spoken; a switch takes nothing."""
    known = f"type.{parameter.type.name.removesuffix(' range')}"
    if getattr(parameter, "is_flag", False):
        parameter.metavar = ""
    elif known in catalogue.area("cli"):
        parameter.type = copy.copy(parameter.type)  # types are shared between parameters
        parameter.type.name = catalogue.text(f"cli.{known}", lang)
        if parameter.param_type_name == "option" and parameter.metavar is None:
            parameter.metavar = f"<{parameter.type.name}>"


def frame(command: Any, lang: str) -> None:
    """Make a command's help page speak `lang`: usage line, the help option, and the page around them."""
    option = command.get_help_option(typer.Context(command, help_option_names=HELP_NAMES))
    option.help, option.metavar = catalogue.text("cli.option.help", lang), ""
    command.options_metavar = catalogue.text("cli.help.options", lang)
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = catalogue.text("cli.help.subcommand", lang)
    usage: Callable[[Any], str] = command.get_usage
    command.get_usage = lambda context: usage(context).replace(USAGE, catalogue.text("cli.help.usage", lang), 1)
    command.format_help = lambda context, formatter: write_page(command, context, lang)


def write_page(command: Any, context: Any, lang: str) -> None:
    """Print a help page. Typer's own page costs a third of a second of imports, and cuts what is too wide."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for text in (command.get_usage(context), command.help):
        console.print(Padding(Text(text, overflow="fold"), (0, 0, 1, 0), expand=False))
    for title, rows in sections(command, context, lang):
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(overflow="fold", style="bold cyan", max_width=max(16, console.width * 2 // 5))
        table.add_column(overflow="fold", ratio=1)
        for name, text in rows:
            table.add_row(Text(name), Text(text))
        console.print(Text(title, style="bold"), Padding(table, (0, 0, 1, 2), expand=False))


def sections(command: Any, context: Any, lang: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the title and the rows (what to type, what it means) of each part of a help page that has any."""
    shown = [parameter for parameter in command.get_params(context) if not parameter.hidden]
    children = [child for child in getattr(command, "commands", {}).values() if not child.hidden]
    for kind in ("argument", "option"):
        rows = [(spelling(one, context), meaning(one, lang)) for one in shown if one.param_type_name == kind]
        if rows:
            yield catalogue.text(f"cli.panel.{kind}s", lang), rows
    if children:
        yield catalogue.text("cli.panel.commands", lang), [(child.name, child.help) for child in children]


def spelling(parameter: Any, context: Any) -> str:
    """Return what one types: an argument's name, or an option's spellings and what it takes."""
    if parameter.param_type_name == "argument":
        return str(parameter.make_metavar(context))
    names = ", ".join(sorted((*parameter.opts, *parameter.secondary_opts), key=len))
    return names if parameter.is_flag else f"{names} {parameter.make_metavar(context)}"


def meaning(parameter: Any, lang: str) -> str:
    """Return what a parameter is for, the numbers it takes, its default, and whether it must be given."""
    parts = [parameter.help]
    least, most = (getattr(parameter.type, name, None) for name in ("min", "max"))
    if least is not None or most is not None:
        parts.append(catalogue.text("cli.help.range", lang, range=span(least, most)))
    if parameter.required:
        parts.append(catalogue.text("cli.help.required", lang))
    elif parameter.default not in (None, False, "", (), []) and not callable(parameter.default):
        parts.append(catalogue.text("cli.help.default", lang, default=parameter.default))
    return " ".join(parts)


def span(least: float | None, most: float | None) -> str:
    """Return a range as a reader of either language writes it."""
    if least is None or most is None:
        return f"≤ {most}" if least is None else f"≥ {least}"
    return f"{least}–{most}"
