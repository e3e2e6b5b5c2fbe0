"""Files that a model file names are looked for beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import models

TEXT = """\
model: m
adapter: scripted
path: answers.yaml
scorer_options:
  keywords: {library: words.yaml}
  judge: {settings: {rubrics: [mine.yaml, gone.yaml]}}
  originality: {own: [answers, A/B]}
"""


def test_paths_in_scorer_options_are_relative_to_the_model_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("answers.yaml", "words.yaml", "mine.yaml", "answers"):
        (inner / name).write_text("x: 1\n", encoding="utf-8")
    (inner / "model.yaml").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = models.load("inner/model.yaml")
    assert (found.path, found.scorer_options) == (
        "inner/answers.yaml",
        {
            "keywords": {"library": "inner/words.yaml"},
            "judge": {"settings": {"rubrics": ["inner/mine.yaml", "gone.yaml"]}},
            "originality": {"own": ["answers", "A/B"]},
        },
    )
