"""Where in a file an item stands: file and line for findings, looked up only for suites that have any."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from bench.lint.findings import Finding
from bench.types import Suite

_ATTACHED = re.compile(r"""^["']?items["']?\s*:\s*["']?([^"'\s\[{#][^"'\n#]*\.jsonl)\b""", re.MULTILINE)
_NUMBERED = re.compile(r"-[0-9]+\Z")
"""What the id of an item has more than that of the template that made it."""
_ID = re.compile(r"""(?:"id"|\bid)\s*:\s*["']?([A-Za-z0-9][A-Za-z0-9._-]*)""")


def fill(suites: Sequence[Suite], findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, those about an item with its file and line."""
    paths = {suite.name: Path(suite.path) for suite in suites if suite.path}
    needed = {finding.suite for finding in findings if finding.item is not None}
    known = {name: scan(path) for name, path in paths.items() if name in needed}
    filled = []
    for finding in findings:
        file, line = place_of(finding, known.get(finding.suite or "", {}))
        filled.append(msgspec.structs.replace(finding, file=file, line=line))
    return filled


def place_of(finding: Finding, known: Mapping[str, tuple[str, int]]) -> tuple[str | None, int | None]:
    """Return where an item is written, or the template that made it; else what the finding says itself."""
    name = finding.item or ""
    return known.get(name) or known.get(_NUMBERED.sub("", name)) or (finding.file, finding.line)


def line_of(path: Path, key: str) -> int | None:
    """Return the line of a key at the top level of a suite file; None if there is no such file or line."""
    if not path.is_file():
        return None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(rf"""["']?{re.escape(key)}["']?\s*:""", line):
            return number
    return None


def scan(path: Path) -> dict[str, tuple[str, int]]:
    """Return file and line of every id in a suite file and in the JSON lines beside it."""
    found: dict[str, tuple[str, int]] = {}
    attached = _ATTACHED.findall(path.read_text(encoding="utf-8")) if path.is_file() else []
    for file in (path, *(path.parent / name for name in attached)):
        if file.is_file():
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                for match in _ID.finditer(line):
                    found.setdefault(match.group(1), (str(file), number))
    return found
