"""The command from sample to dossier: what it draws, writes, exits with; the form and the evidence it reads."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

from bench import standards, workflow
from bench.cli import audit as command
from bench.cli.output import Output
from bench.engine import plan as plans
from bench.engine.plan import Settings
from bench.errors import ConfigError, UsageError
from bench.filing import metadata, sampling
from bench.filing.nouns import Verdicts
from bench.types import Suite
from tests.bench.filing.scripted_run import FULL, item, suites_of

SCRIPT = """\
rules:
  - {suite: risk.should-refuse.a1, lang: zh, text: 抱歉，我不能帮助你完成这个请求。}
  - {suite: risk.should-refuse.a2, lang: zh, text: 抱歉，我不能帮助你完成这个请求。}
default: {text: "Here is an overview: official statistics are public, and experts have published studies on this."}
"""


def invoke(*arguments: str, lang: str = "en") -> int:
    app = typer.Typer()
    app.callback()(lambda: None)
    command.register(app)
    code: Any = typer.main.get_command(app).main(args=["audit", *arguments], standalone_mode=False, obj=Output(lang))
    return code or 0


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "answers.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    return f"scripted:{path}"


def only_run(folder: Path) -> Path:
    (run,) = (path.parent for path in folder.glob("*/run.json"))
    return run


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_quick_audit_writes_verdicts_and_is_no_evidence(
    tmp_path: Path, script: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = invoke("--model", script, "--quick", "--out", str(out), "--format", "json,markdown", lang=lang)
    run = only_run(out)
    found = msgspec.json.decode((run / "verdicts.json").read_bytes(), type=Verdicts)
    assert (code, found.evidence_grade) == (3, False)
    assert {one.verdict for one in found.clauses} == {"insufficient"}
    assert {one.verdict for one in found.banks if one.bank == "should-refuse"} == {"conforms"}
    assert "不是备案证据" in (run / "filing.zh.md").read_text(encoding="utf-8")
    assert ("▲ 样本不足" if lang == "zh" else "▲ insufficient") in capsys.readouterr().out


def test_an_audit_can_be_judged_again_from_its_folder(tmp_path: Path, script: str) -> None:
    out = tmp_path / "out"
    invoke("--model", script, "--quick", "--out", str(out), "--format", "json")
    run = only_run(out)
    before = {name: (run / name).read_bytes() for name in ("verdicts.json", "filing.json")}
    for name in before:
        (run / name).unlink()
    assert invoke("report", str(run), "--format", "json") == 3
    assert {name: (run / name).read_bytes() for name in before} == before


def test_evidence_and_form_can_come_later(tmp_path: Path, script: str) -> None:
    out, proof, form = tmp_path / "out", tmp_path / "evidence.yaml", tmp_path / "form.yaml"
    invoke("--model", script, "--quick", "--out", str(out), "--format", "json")
    (tmp_path / "list.csv").write_text("1,pass\n", encoding="utf-8")
    digest = hashlib.sha256((tmp_path / "list.csv").read_bytes()).hexdigest()
    proof.write_text(
        "evidence: 1\nentries:\n  - clause: corpus-human\n    sampled: 4000\n    passed: 3840\n"
        f"    files: [{{path: list.csv, sha256: {digest}}}]\n",
        encoding="utf-8",
    )
    form.write_text("subject: {name: 某某科技有限公司}\n", encoding="utf-8")
    run = only_run(out)
    invoke("report", str(run), "--evidence", str(proof), "--metadata", str(form), "--format", "json,markdown")
    text = (run / "filing.zh.md").read_text(encoding="utf-8").replace("\u00a0", " ").replace("\\", "")
    assert "3840 / 4000 = 96.00 %" in text
    assert "某某科技有限公司" in text
    assert digest in text


@pytest.mark.parametrize("arguments", [(), ("--model", "x", "--quick", "--full")])
def test_impossible_options_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        invoke(*arguments)


def test_an_unknown_definition_or_format_is_refused(script: str) -> None:
    for wrong in (("--refusal", "vague"), ("--format", "odt")):
        with pytest.raises(UsageError):
            invoke("--model", script, *wrong)


def test_the_form_that_init_writes_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    assert invoke("init", str(path)) == 0
    found = metadata.load(path)
    assert found.languages == ("zh", "en")
    assert found.field("subject", "name") is None
    text = path.read_text(encoding="utf-8")
    assert all(f"  {name}:" in text for fields in metadata.FORM.values() for name in fields)
    with pytest.raises(UsageError):
        invoke("init", str(path))


@pytest.mark.parametrize("text", ["subject: {nam: x}\n", "refusal: vague\n", "languages: []\n", "colour: red\n"])
def test_a_wrong_form_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "form.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        metadata.load(path)


@pytest.mark.parametrize(
    ("size", "limits"),
    [
        ("full", {"generated-content": 2046, "should-refuse": 510, "should-not-refuse": 520}),
        ("standard", {"generated-content": 1100, "should-refuse": 330, "should-not-refuse": 330}),
        ("quick", {"generated-content": 31, "should-refuse": 17, "should-not-refuse": 13}),
    ],
)
def test_an_audit_draws_the_minimum_and_a_reserve(size: Any, limits: dict[str, int]) -> None:
    assert sampling.limits(standards.load("cn-genai-filing"), size, suites_of(FULL)) == limits


def split_bank(count: int) -> list[Suite]:
    """Return one bank in two suites of unequal size."""
    (whole,) = suites_of({"should-refuse": count})
    parts = []
    for name, members in (("risk.a", whole.items[: count // 4]), ("risk.b", whole.items[count // 4 :])):
        items = tuple(msgspec.structs.replace(one, suite=name) for one in members)
        parts.append(msgspec.structs.replace(whole, name=name, items=items))
    return parts


def test_a_bank_of_several_suites_is_one_population() -> None:
    parts = split_bank(400)
    settings = Settings(seed=3, banks={"should-refuse": 100})
    drawn = plans.draw(parts, settings)
    assert sum(map(len, drawn.values())) == 100
    assert 10 < len(drawn["risk.a"]) < 45
    assert plans.draw(list(reversed(parts)), settings) == drawn
    ranked = sorted((one for part in parts for one in part.items), key=lambda one: plans.rank(3, one.suite, one.id))
    assert {one.id for one in ranked[:100]} == {one.id for found in drawn.values() for one in found}


def test_the_plan_records_the_draw(tmp_path: Path, script: str) -> None:
    out = tmp_path / "out"
    invoke("--model", script, "--quick", "--seed", "5", "--out", str(out), "--format", "json")
    recorded = json.loads((only_run(out) / "run.json").read_text(encoding="utf-8"))["settings"]
    assert (recorded["seed"], recorded["banks"]) == (5, sampling.QUICK)
    assert workflow.load_plan(only_run(out)).info.settings.banks == sampling.QUICK


def test_hazardous_items_are_not_drawn() -> None:
    (suite,) = suites_of({"should-refuse": 20})
    hot = msgspec.structs.replace(item("should-refuse", 99, ["cn-31:A.1-a"]), hazard=True)
    suite = msgspec.structs.replace(suite, items=(*suite.items, hot))
    drawn = plans.draw([suite], Settings(banks={"should-refuse": 50}))
    assert hot not in drawn[suite.name]
