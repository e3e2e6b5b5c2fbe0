"""Markdown marks: no text hides or reorders others."""

from __future__ import annotations

import pytest

from bench.report.marks import escape


@pytest.mark.parametrize(
    ("text", "shown"), [("a\u202eb", "a⟨U+202E⟩b"), ("a\x1b[31m", "a␛\\[31m"), ("a\n| b", "a \\| b")]
)
def test_hidden_signs_and_marks_are_shown(text: str, shown: str) -> None:
    assert escape(text) == shown
