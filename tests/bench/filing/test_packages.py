"""What a format of the dossier needs is looked for before a model is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.catalogue import LANGUAGES
from bench.cli import app
from bench.cli.output import Output
from bench.errors import ENVIRONMENT, EnvironmentFault
from bench.filing import files


def test_a_missing_package_is_named_with_the_formats_that_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("xlsxwriter", "typst"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EnvironmentFault) as caught:
        files.check_packages(files.FORMATS)
    assert caught.value.faults[0].facts == {
        "formats": "docx, pdf, xlsx",
        "names": "typst, xlsxwriter",
        "rest": "html,markdown,json",
    }


def test_formats_without_packages_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("xlsxwriter", "typst", "docx", "fontTools"):
        monkeypatch.setitem(sys.modules, module, None)
    files.check_packages(("html", "markdown", "json"))


def test_a_missing_font_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault):
        files.check_packages(("pdf",), tmp_path / "none.ttf")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_audit_that_could_not_be_written_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    script = tmp_path / "answers.yaml"
    script.write_text("default: {text: no}\n", encoding="utf-8")
    (tmp_path / "model.yaml").write_text("model: m\nadapter: scripted\npath: answers.yaml\n", encoding="utf-8")
    words = ["audit", "--standard", "cn-genai-filing", "--quick", "--model", str(tmp_path / "model.yaml")]
    code = app.run([*words, "--out", str(tmp_path / "out")], Output(lang))
    assert (code, (tmp_path / "out").exists()) == (ENVIRONMENT, False)
    assert "xlsxwriter" in capsys.readouterr().err
