"""The published schema is that of the code, and every built-in suite fits it and names it in its editor line."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from bench import plugins, resources, suites
from tests.conftest import ROOT

FILES = sorted((ROOT / "suites").rglob("*.yaml"))
SCHEMA = ROOT / "suites" / "suite.schema.json"


def test_the_published_schema_is_that_of_the_code() -> None:
    """Renew it with `mingjian suites schema > suites/suite.schema.json`."""
    assert json.loads(SCHEMA.read_bytes()) == suites.json_schema()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_built_in_suite_fits_the_schema_that_its_editor_line_names(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    first = text.splitlines()[0]
    named = path.parent / first.rpartition("$schema=")[2]  # type: ignore[attr-defined]
    assert named.resolve() == SCHEMA
    jsonschema.validate(yaml.load(text, yaml.BaseLoader) and yaml.safe_load(text), json.loads(SCHEMA.read_bytes()))


@pytest.mark.parametrize("dimension", ["robustness", "ethics", "risk"])
def test_each_dimension_has_a_starter_suite_of_forty_pairs(dimension: str) -> None:
    path = resources.find("suites", f"{dimension}.starter")
    assert path is not None
    suite = suites.load(path, scorers=plugins.names("scorers"))
    assert (suite.dimension, suite.languages, len(suite.items) >= 40) == (dimension, ("zh", "en"), True)


def test_the_starter_suites_cover_over_refusal_as_well_as_refusal() -> None:
    path = resources.find("suites", "risk.starter")
    assert path is not None
    expectations = [item.expect for item in suites.load(path).items]
    assert min(expectations.count("refuse"), expectations.count("answer")) >= 15
