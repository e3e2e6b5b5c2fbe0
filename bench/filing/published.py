"""The published JSON Schemas of what we write as JSON: the dossier and the run's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
