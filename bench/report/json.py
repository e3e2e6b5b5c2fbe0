"""The report as JSON: the document itself, with the ids that every other format shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from bench import canonical, files
from bench.report.document import Document
from bench.report.glyphs import visible

_LONE = re.compile("[\ud800-\udfff]")


class JsonRenderer:
    """Writes `report.json`."""

    suffix = ".json"

    def render(self, document: Document, target: Path) -> None:
        """Write the document as indented JSON with sorted keys; a lone surrogate, which has no JSON, as `⟨U+D800⟩`."""
        try:
            plain = canonical.encode(document)
        except UnicodeEncodeError:
            plain = canonical.encode(storable(msgspec.to_builtins(document)))
        files.write(target, msgspec.json.format(plain, indent=1) + b"\n")


def storable(value: Any) -> Any:
    """Return plain data without lone surrogates."""
    if isinstance(value, str):
        return _LONE.sub(lambda found: visible(found[0]), value)
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    return [storable(inner) for inner in value] if isinstance(value, list | tuple) else value
