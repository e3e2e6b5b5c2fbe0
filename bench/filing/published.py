"""The published JSON Schemas of what we write as JSON: the dossier and the run's report.

`python -m bench.filing.published` writes the shipped files anew after a noun of a document has changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import files
from bench import schema as schemas
from bench.filing.document import FilingDocument
from bench.report.document import Document

FILING = Path(__file__).resolve().parent / "filing.schema.json"
REPORT = FILING.parent.parent / "report" / "report.schema.json"
SITE = "https://mingjian.dev/schema"


def schema() -> dict[str, Any]:
    """Return the schema of `filing.json`."""
    return schemas.json_schema(FilingDocument, f"{SITE}/filing-1.json")


def report_schema() -> dict[str, Any]:
    """Return the schema of `report.json`."""
    return schemas.json_schema(Document, f"{SITE}/report-1.json")


def write() -> None:
    """Write the shipped schemas anew."""
    for path, made in ((FILING, schema()), (REPORT, report_schema())):
        files.write(path, (json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


if __name__ == "__main__":
    write()
