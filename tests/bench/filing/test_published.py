"""What we write as JSON has a published schema, and keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from bench.filing import files, published
from bench.report import build
from bench.report.json import JsonRenderer
from tests.bench.filing.scripted_run import audit, typical

SCHEMAS = {published.FILING: published.schema(), published.REPORT: published.report_schema()}


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_the_shipped_schema_is_that_of_the_code(path: Path) -> None:
    assert json.loads(path.read_text(encoding="utf-8")) == SCHEMAS[path]


def test_a_dossier_keeps_to_its_schema(tmp_path: Path) -> None:
    (path,) = files.write(audit(typical()), tmp_path, ("json",))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), published.schema(), jsonschema.Draft7Validator)


def test_a_dossier_with_another_tone_breaks_its_schema(tmp_path: Path) -> None:
    (path,) = files.write(audit(typical()), tmp_path, ("json",))
    broken = json.loads(path.read_text(encoding="utf-8"))
    broken["cover"]["rows"][0][0]["tone"] = "purple"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, published.schema(), jsonschema.Draft7Validator)


def test_a_report_keeps_to_its_schema(tmp_path: Path) -> None:
    material = audit(typical())
    document = build.build(material.run, material.scores, material.summary)
    JsonRenderer().render(document, tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, published.report_schema(), jsonschema.Draft7Validator)
