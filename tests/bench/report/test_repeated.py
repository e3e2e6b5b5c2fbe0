"""Questions asked more than once: the report says what a gap then counts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench.report.document import Document, repeated
from bench.report.html import render
from bench.report.markdown import MarkdownRenderer
from tests.bench.report.documents import document, realistic

WORDS = ("某语言每次都合格", "only if each passes there")


def asked_twice(found: Document) -> Document:
    """Return a document in whose rows each question has two replies."""
    rows = [
        msgspec.structs.replace(row, estimate=msgspec.structs.replace(row.estimate, n=2 * row.estimate.clusters))
        for row in found.rows
    ]
    return msgspec.structs.replace(found, rows=tuple(rows))


@pytest.mark.parametrize("twice", [True, False])
def test_what_a_gap_counts_is_said_where_questions_were_repeated(twice: bool, tmp_path: Path) -> None:
    found = document(realistic(20))
    made = asked_twice(found) if twice else found
    MarkdownRenderer().render(made, tmp_path / "report.md")
    texts = ((tmp_path / "report.md").read_text(encoding="utf-8"), render(made))
    assert repeated(made) is twice
    assert [all(word in text for word in WORDS) for text in texts] == [twice, twice]
