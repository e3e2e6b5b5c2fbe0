"""Messages of the libraries that read files and command lines, as catalogue keys with facts, so that they can be said
in either language."""

from __future__ import annotations

import re
from typing import NamedTuple


class Known(NamedTuple):
    """A recognised message: its catalogue key below `foreign` and the parts that it names."""

    key: str
    facts: dict[str, str]


_SOURCES: dict[str, str] = {
    # msgspec
    "type": r"Expected (?P<wanted>[a-z |]+), got (?P<found>[a-z]+)",
    "type_only": r"Expected (?P<wanted>[a-z |]+)",
    "length_least": r"Expected (?P<wanted>[a-z |]+) of length >= (?P<limit>\d+)",
    "length_most": r"Expected (?P<wanted>[a-z |]+) of length <= (?P<limit>\d+)",
    "bound": r"Expected (?P<wanted>[a-z |]+) (?P<sign>[<>]=?) (?P<limit>\S+)",
    "pattern": r"Expected (?P<wanted>str) matching regex (?P<pattern>.+)",
    "length_exact": r"Expected array of (?:at most )?length (?P<limit>\d+)(?:, got (?P<found>\d+))?",
    "missing_field": r"Object missing required field (?P<name>.+)",
    "unknown_field": r"Object contains unknown field (?P<name>.+)",
    "enum": r"Invalid enum value (?P<name>.+)",
    "tag": r"Invalid value (?P<name>.+)",
    "truncated": r"Input data was truncated",
    "json_trailing": r"JSON is malformed: trailing characters \(byte (?P<byte>\d+)\)",
    "json_character": r"JSON is malformed: (?:invalid|unexpected) character \(byte (?P<byte>\d+)\)",
    "json_comma": r"JSON is malformed: expected ',' or '[\]}]' \(byte (?P<byte>\d+)\)",
    "json_colon": r"JSON is malformed: expected ':' \(byte (?P<byte>\d+)\)",
    "json_quote": r"JSON is malformed: (?:object keys must be strings|expected '\"') \(byte (?P<byte>\d+)\)",
    "json_escape": r"JSON is malformed: invalid escape character in string \(byte (?P<byte>\d+)\)",
    "json_number": r"JSON is malformed: invalid number \(byte (?P<byte>\d+)\)",
    "json_surrogate": r"JSON is malformed: (?:invalid|unexpected end of escaped) utf-16 surrogate pair"
    r" \(byte (?P<byte>\d+)\)",
    "json_unicode": r"JSON is malformed: (?:invalid character in unicode escape|unexpected end of hex escape"
    r"|invalid escaped character) \(byte (?P<byte>\d+)\)",
    "json_last_comma": r"JSON is malformed: trailing comma in (?:object|array) \(byte (?P<byte>\d+)\)",
    "number_range": r"(?:Number|Integer value) out of range",
    "too_deep": r"maximum recursion depth exceeded.*",
    "not_utf8": r"Invalid UTF-8 encoded string|'utf-8' codec can't decode .*",
    # PyYAML
    "yaml_mapping": r"mapping values are not allowed in this context",
    "yaml_key": r"did not find expected key",
    "yaml_close": r"did not find expected ',' or '(?P<sign>[\]}])'",
    "yaml_dash": r"did not find expected '-' indicator",
    "yaml_node": r"did not find expected node content",
    "yaml_start": r"did not find expected <document start>",
    "yaml_token": r"found character that cannot start any token",
    "yaml_tab": r"found a tab character (?:that violates|where an) indentation(?: space is expected)?",
    "yaml_end": r"found unexpected end of stream",
    "yaml_document": r"found unexpected document indicator",
    "yaml_colon": r"could not find expected ':'",
    "yaml_sequence": r"block sequence entries are not allowed in this context",
    "yaml_control": r"control characters are not allowed",
    "yaml_escape": r"found unknown escape character",
    # the command line
    "no_command": r"No such command '(?P<name>.*)'\.",
    "no_command_near": r"No such command '(?P<name>.*)'\. Did you mean (?P<near>.+)\?",
    "no_option": r"No such option: (?P<name>\S+)(?: \(Possible options: (?P<near>.+)\))?",
    "extra_arguments": r"Got unexpected extra argument(?:s|\(s\))? \((?P<name>.*)\)",
    "option_argument": r"Option '(?P<name>.+)' requires an argument\.",
    "option_switch": r"Option '(?P<name>.+)' does not take a value\.",
    "not_valid": r"'(?P<name>.*)' is not a valid (?P<wanted>.+)\.",
    "not_in_range": r"(?P<name>\S+) is not in the range (?P<range>.+)\.",
    "not_one_of": r"'(?P<name>.*)' is not one of (?P<names>'.+')\.",
    "no_path": r"\S+ '(?P<name>.*)' does not exist\.",
    "is_file": r"\S+ '(?P<name>.*)' is a file\.",
}
_AT = re.compile(r" - at `?(key in )?\$(?P<path>[^`]*)`?$")
TYPES = frozenset(("str", "int", "float", "bool", "null", "array", "object"))
"""Names of types in messages, each with a word in the catalogue."""


def recognise(message: str) -> Known | None:
    """Return what a library's message says, or None if it is not one of those known."""
    plain = _AT.sub("", message.strip()).replace("`", "")
    for key, source in _SOURCES.items():
        if match := re.fullmatch(source, plain):
            return Known(key, {name: value or "" for name, value in match.groupdict().items()})
    return None


def place(message: str) -> str:
    """Return the key path that a message ends with, as people write it; empty if it names none."""
    found = _AT.search(message)
    return found["path"].lstrip(".") if found else ""
