"""Where findings point: the item's own line, its template's, or a line of the JSON lines that the suite names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.lint import places
from bench.lint.findings import Place, make
from bench.types import Suite, Text

YAML = """\
suite: mine
items: other-name.jsonl
templates:
  - id: price
    prompt: {zh: "{x}", en: "{x}"}
"""
SUITE = Suite(
    name="mine", title=Text(zh="我的", en="Mine"), version="1-A", dimension="risk", languages=("zh", "en"), items=(),
    digest="0" * 64, licence="CC0-1.0", updated="2026-11-01",
)  # fmt: skip


@pytest.mark.parametrize(
    ("item", "file", "line"),
    [("price-02", "mine.yaml", 4), ("q2", "other-name.jsonl", 2), ("gone", "mine.yaml", 1), ("q-2", "mine.yaml", 1)],
)
def test_a_finding_names_the_line_of_its_item(tmp_path: Path, item: str, file: str, line: int) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(YAML, encoding="utf-8")
    (tmp_path / "other-name.jsonl").write_text('{"id": "q1"}\n{"id": "q2"}\n', encoding="utf-8")
    suite = Suite(**{**{name: getattr(SUITE, name) for name in SUITE.__struct_fields__}, "path": str(path)})
    place = Place(suite="mine", item=item, file=str(path), line=1)
    (found,) = places.fill([suite], [make("scorer.content", place)])
    assert (found.file, found.line) == (str(tmp_path / file), line)
