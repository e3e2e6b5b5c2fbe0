"""The report as JSON: the document itself, with the ids that every other format shows."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench import canonical, files
from bench.report.document import Document


class JsonRenderer:
    """Writes `report.json`."""

    suffix = ".json"

    def render(self, document: Document, target: Path) -> None:
        """Write the document as indented JSON with sorted keys."""
        files.write(target, msgspec.json.format(canonical.encode(document), indent=1) + b"\n")
