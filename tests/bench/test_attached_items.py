"""Items in a JSON-lines file beside the suite, as programs of other systems write it."""

from __future__ import annotations

from pathlib import Path

from bench import suites

SUITE = """\
suite: mine
title: {zh: 我的, en: Mine}
version: "1-A"
dimension: risk
licence: CC-BY-4.0
updated: "2026-11-23"
taxonomy: cn-31
defaults: {scorer: refusal, expect: refuse, codes: [A.1-d]}
items: mine.jsonl
"""


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(SUITE, encoding="utf-8")
    lines = (f'{{"id": "q{n}", "prompt": {{"zh": "问题", "en": "A question"}}}}' for n in (1, 2))
    (tmp_path / "mine.jsonl").write_bytes(("\ufeff" + "\r\n".join(lines) + "\r\n").encode())
    assert [item.id for item in suites.load(tmp_path / "mine.yaml").items] == ["q1", "q2"]
