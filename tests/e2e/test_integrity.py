"""What a scored run is made of cannot change unseen: each command that reads it says which file differs."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ITEM, SUITE, Command

READERS = (
    ("report", "RUN"),
    ("status", "RUN"),
    ("audit", "report", "RUN", "--format", "json"),
)
OPENERS = (
    *READERS,
    ("score", "RUN"),
    ("resume", "RUN"),
    ("fingerprint", "RUN", "-r", "one=RUN", "-r", "two=RUN"),
    ("review", "export", "RUN", "--out", "sheets"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a scored audit, made once."""
    place = tmp_path_factory.mktemp("audit")
    (place / "tiny.yaml").write_text(SUITE + "".join(ITEM.format(number=n) for n in range(4)), encoding="utf-8")
    (place / "script.yaml").write_text("default: {text: '2'}\n", encoding="utf-8")
    arguments = ("--model", "scripted:script.yaml", "--suites", "tiny.yaml", "--format", "json")
    done = subprocess.run([sys.executable, "-m", "bench", "audit", *arguments], cwd=place, check=False)
    assert done.returncode == 3
    (folder,) = (place / "results").iterdir()
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    """Return a copy of a scored audit to be tampered with."""
    shutil.copy(made.parent.parent / "script.yaml", tmp_path)
    return Path(shutil.copytree(made, tmp_path / "results" / made.name))


def forge(path: Path, old: bytes, new: bytes) -> None:
    """Replace the last occurrence of some bytes in a file."""
    head, found, tail = path.read_bytes().rpartition(old)
    assert found
    path.write_bytes(head + new + tail)


def named(arguments: tuple[str, ...], run: Path) -> list[str]:
    return [one.replace("RUN", str(run)) for one in arguments]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("arguments", READERS, ids=" ".join)
def test_forged_scores_are_an_error_of_integrity(
    mingjian: Command, run: Path, arguments: tuple[str, ...], lang: str
) -> None:
    forge(run / "scores.jsonl", b'"passed":true', b'"passed":null')
    done = mingjian(*named(arguments, run), env={"MINGJIAN_LANG": lang})
    assert (done.returncode, str(run / "scores.jsonl") in done.stderr, "Traceback" in done.stderr) == (4, True, False)


@pytest.mark.parametrize("arguments", OPENERS, ids=" ".join)
def test_a_last_record_that_was_changed_after_the_scoring_is_an_error_of_integrity(
    mingjian: Command, run: Path, arguments: tuple[str, ...]
) -> None:
    forge(run / "records.jsonl", b'"text":"', b'"text":"no ')
    scores = (run / "scores.jsonl").read_bytes()
    done = mingjian(*named(arguments, run))
    assert (done.returncode, str(run / "records.jsonl") in done.stderr) == (4, True), done.stderr
    assert (run / "scores.jsonl").read_bytes() == scores


def test_records_cut_off_after_the_scoring_are_an_error_of_integrity(mingjian: Command, run: Path) -> None:
    lines = (run / "records.jsonl").read_bytes().splitlines(keepends=True)
    (run / "records.jsonl").write_bytes(b"".join(lines[:-1]))
    done = mingjian("score", str(run))
    assert (done.returncode, "records.jsonl" in done.stderr) == (4, True), done.stderr


def test_a_summary_without_a_seal_is_an_error_of_integrity(mingjian: Command, run: Path) -> None:
    found = json.loads((run / "summary.json").read_bytes())
    (run / "summary.json").write_text(json.dumps({**found, "seal": None}), encoding="utf-8")
    done = mingjian("report", str(run))
    assert (done.returncode, "summary.json" in done.stderr) == (4, True), done.stderr


def test_scoring_anew_mends_forged_scores(mingjian: Command, run: Path) -> None:
    before = (run / "scores.jsonl").read_bytes(), (run / "summary.json").read_bytes()
    forge(run / "scores.jsonl", b'"passed":true', b'"passed":null')
    assert mingjian("score", str(run), "--allow-unscored").returncode == 0
    assert ((run / "scores.jsonl").read_bytes(), (run / "summary.json").read_bytes()) == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_audit_that_was_changed_after_its_verdicts_is_an_error_of_integrity(
    mingjian: Command, run: Path, lang: str
) -> None:
    forge(run / "audit.json", b'"percent":95', b'"percent":90')
    done = mingjian("audit", "report", str(run), "--format", "json", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, str(run / "audit.json") in done.stderr, "Traceback" in done.stderr) == (4, True, False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_an_audit_declared_cannot_change_even_with_verdicts_gone(mingjian: Command, run: Path, lang: str) -> None:
    forge(run / "audit.json", b'"percent":95', b'"percent":90')
    (run / "verdicts.json").unlink()
    done = mingjian("audit", "report", str(run), "--format", "json", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, str(run / "audit.json") in done.stderr, "Traceback" in done.stderr) == (4, True, False)


def test_calibration_that_was_changed_after_the_scoring_is_an_error_of_integrity(mingjian: Command, run: Path) -> None:
    with (run / "calibration.jsonl").open("ab") as handle:
        handle.write(b"{}\n")
    done = mingjian("report", str(run))
    assert (done.returncode, str(run / "calibration.jsonl") in done.stderr) == (4, True), done.stderr


def test_verdicts_and_dossier_name_the_audit_they_were_made_with(mingjian: Command, run: Path) -> None:
    assert mingjian("audit", "report", str(run), "--format", "json").returncode == 3
    digest = hashlib.sha256((run / "audit.json").read_bytes()).hexdigest()
    found = json.loads((run / "verdicts.json").read_bytes())["audit"]
    assert (found, digest in (run / "filing.json").read_text(encoding="utf-8")) == (digest, True)


def test_every_derived_file_can_be_deleted_and_made_again(mingjian: Command, run: Path) -> None:
    before = {name: (run / name).read_bytes() for name in ("scores.jsonl", "summary.json", "verdicts.json")}
    for name in before:
        (run / name).unlink()
    assert mingjian("audit", "report", str(run), "--format", "json").returncode == 3
    assert {name: (run / name).read_bytes() for name in before} == before


def test_the_end_of_the_records_stands_in_report_dossier_and_verdicts(mingjian: Command, run: Path) -> None:
    assert mingjian("report", str(run), "--format", "json").returncode == 0
    lines = (run / "records.jsonl").read_bytes().splitlines()
    end = {"lines": len(lines), "sha256": hashlib.sha256(lines[-1]).hexdigest()}
    shown = f"{len(lines)} lines, end SHA-256 {end['sha256']}"
    report = json.loads((run / "report.json").read_bytes())
    said = [fact["value"]["en"] for fact in report["identity"] if fact["id"] == "identity/records"]
    assert (json.loads((run / "verdicts.json").read_bytes())["records"], said) == (end, [shown])
    assert shown in (run / "filing.json").read_text(encoding="utf-8")
