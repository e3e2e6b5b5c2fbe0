"""Where in a file an item stands: file and line for findings, looked up only for suites that have any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.lint.findings import Finding
from bench.types import Suite

_ID = re.compile(r"""(?:"id"|\bid)\s*:\s*["']?([A-Za-z0-9][A-Za-z0-9._-]*)""")


def fill(suites: Sequence[Suite], findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, those about an item with its file and line."""
    paths = {suite.name: Path(suite.path) for suite in suites if suite.path}
    needed = {finding.suite for finding in findings if finding.item is not None}
    known = {name: scan(path) for name, path in paths.items() if name in needed}
    filled = []
    for finding in findings:
        file, line = known.get(finding.suite or "", {}).get(finding.item or "", (finding.file, finding.line))
        filled.append(msgspec.structs.replace(finding, file=file, line=line))
    return filled


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
    for file in (path, path.with_suffix(".jsonl")):
        if file.is_file():
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                for match in _ID.finditer(line):
                    found.setdefault(match.group(1), (str(file), number))
    return found
