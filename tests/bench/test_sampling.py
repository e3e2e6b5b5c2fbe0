"""Decoding parameters that no service takes are told before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import models
from bench.errors import ConfigError


def write(folder: Path, parameters: str) -> str:
    (folder / "answers.yaml").write_text("default: {text: OK}\n", encoding="utf-8")
    path = folder / "model.yaml"
    path.write_text(f"model: m\nadapter: scripted\npath: answers.yaml\nparameters: {parameters}\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "parameters", ["{temperature: -1}", "{temperature: -0.5}", "{max_tokens: 0}", "{top_p: 1.5}", "{top_p: 2}"]
)
def test_an_impossible_parameter_is_named_with_its_line(tmp_path: Path, parameters: str) -> None:
    with pytest.raises(ConfigError) as caught:
        models.load(write(tmp_path, parameters))
    fault = caught.value.faults[0]
    assert (fault.key, fault.line, (fault.path or "").startswith("parameters.")) == ("schema.wrong_type", 4, True)


@pytest.mark.parametrize(
    "parameters", ["{temperature: 0.7, max_tokens: 1, top_p: 1}", "{temperature: null, top_p: 0.9}"]
)
def test_a_possible_one_is_taken(tmp_path: Path, parameters: str) -> None:
    assert models.load(write(tmp_path, parameters)).parameters.seed is None
