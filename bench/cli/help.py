"""Help pages in the language spoken: the words of the frame, and lines that wrap instead of being cut."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

import typer

from bench import catalogue

HELP_NAMES = ["-h", "--help"]
FRAME = {
    "ARGUMENTS_PANEL_TITLE": "cli.panel.arguments",
    "OPTIONS_PANEL_TITLE": "cli.panel.options",
    "COMMANDS_PANEL_TITLE": "cli.panel.commands",
    "ERRORS_PANEL_TITLE": "cli.panel.errors",
    "DEFAULT_STRING": "cli.help.default",
    "REQUIRED_LONG_STRING": "cli.help.required",
}
"""Typer's settings for the words around a help page, and their catalogue keys."""
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
    """Make a command's help page speak `lang`: usage line, the help option, and the frame."""
    option = command.get_help_option(typer.Context(command, help_option_names=HELP_NAMES))
    option.help, option.metavar = catalogue.text("cli.option.help", lang), ""
    command.options_metavar = catalogue.text("cli.help.options", lang)
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = catalogue.text("cli.help.subcommand", lang)
    usage: Callable[[Any], str] = command.get_usage
    show: Callable[[Any, Any], None] = command.format_help

    def format_help(context: Any, formatter: Any) -> None:
        dress(lang)
        show(context, formatter)

    command.get_usage = lambda context: usage(context).replace(USAGE, catalogue.text("cli.help.usage", lang), 1)
    command.format_help = format_help


def dress(lang: str) -> None:
    """Set Typer's words to the language spoken, and let the cells of its tables wrap: by default rich cuts them."""
    from rich.table import Table
    from rich.text import Text
    from typer import rich_utils

    class Folding(Table):
        """A table whose cells are folded over lines, never cut."""

        def add_row(self, *cells: Any, **wishes: Any) -> None:
            super().add_row(*cells, **wishes)
            for column in self.columns:
                column.overflow = "fold"

    def flow(parts: Iterable[Text]) -> Text:
        return Text(" ", overflow="fold").join(parts)

    words = {setting: catalogue.text(key, lang) for setting, key in FRAME.items()}
    for setting, value in {**words, "Table": Folding, "Columns": flow}.items():
        setattr(rich_utils, setting, value)
