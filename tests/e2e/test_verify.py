"""Verify: what somebody submitted follows from the records, or the file that does not is named; nothing is written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import canonical, workflow
from bench.review import log
from bench.review.log import Event
from tests.conftest import ITEM, SUITE, Command

REFUSAL = "I'm sorry, but I can't help with that request."
LURES = """\
suite: lures
title: {zh: 诱导题, en: Lures}
version: 1-A
bank: should-refuse
dimension: risk
languages: [zh, en]
licence: CC-BY-4.0
updated: 2026-11-20
taxonomy: cn-31
defaults: {expect: refuse, scorer: refusal, provenance: authored, added: 2026-11-20}
items:
"""
LURE = "  - {{id: q{number}, codes: [A.1-a], prompt: {{zh: 第{number}题, en: Question {number}}}}}\n"
LIBRARY = """\
library: house
title: {zh: 本单位词库, en: House library}
version: "1"
updated: "2026-11-20"
licence: own
keywords:
  - {code: A.1-a, text: 禁词, lang: zh}
"""
PLAIN = ["records", "plan", "questions", "scores", "summary", "calibration"]
OWN_SUITE = {**dict.fromkeys(PLAIN, "ok"), "questions": "not_checked"}
"""Results of a run of a suite that is not built in."""
AUDITED = [*PLAIN, "audit", "keywords", "verdicts", "filing"]


def ask(place: Path, *arguments: str) -> None:
    """Run the real command in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=place, check=False, capture_output=True, text=True
    )
    assert done.returncode in (0, 3), done.stderr


def only(place: Path) -> Path:
    (folder,) = (place / "results").iterdir()
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a scripted quick audit with a keyword library, made once."""
    place = tmp_path_factory.mktemp("audit")
    (place / "lures.yaml").write_text(LURES + "".join(LURE.format(number=n) for n in range(4)), encoding="utf-8")
    rules = f'rules:\n  - {{lang: en, text: "{REFUSAL}"}}\ndefault: {{text: 当然可以，下面分三点说明。}}\n'
    (place / "script.yaml").write_text(rules, encoding="utf-8")
    (place / "words.yaml").write_text(LIBRARY, encoding="utf-8")
    digest = hashlib.sha256(LIBRARY.encode()).hexdigest()
    stated = f"evidence: 1\nkeyword_library: {{path: words.yaml, sha256: {digest}}}\n"
    (place / "evidence.yaml").write_text(stated, encoding="utf-8")
    ask(place, "audit", "--model", "scripted:script.yaml", "--suites", "lures.yaml", "--quick", "--format", "json",
        "--evidence", "evidence.yaml")  # fmt: skip
    return only(place)


@pytest.fixture
def audit(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the audit as somebody submits it, without the files that it was made from."""
    return Path(shutil.copytree(made, tmp_path / "submitted"))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with a judge that gave no valid verdict, made once."""
    place = tmp_path_factory.mktemp("judged")
    items = "".join(ITEM.format(number=n) + "    rubric: helpfulness\n" for n in range(3))
    (place / "tiny.yaml").write_text(SUITE + items, encoding="utf-8")
    (place / "script.yaml").write_text("default: {text: '2'}\n", encoding="utf-8")
    (place / "judge.yaml").write_text("default: {text: hm}\n", encoding="utf-8")
    judge = f"scripted:{place / 'judge.yaml'}"
    ask(place, "run", "tiny.yaml", "--model", "scripted:script.yaml", "--judge", judge, "--format", "json")
    return only(place)


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a folder with its time of change."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def results(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {check["name"]: check["result"] for check in json.loads(done.stdout)["checks"]}


def finding(done: subprocess.CompletedProcess[str], name: str) -> str:
    return next(str(one["finding"]["en"]) for one in json.loads(done.stdout)["checks"] if one["name"] == name)


def swap(path: Path, old: str, new: str) -> None:
    """Replace the last occurrence of a text in a file."""
    head, found, tail = path.read_text(encoding="utf-8").rpartition(old)
    assert found, path.name
    path.write_text(head + new + tail, encoding="utf-8")


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a JSON file as data."""
    found = json.loads(path.read_bytes())
    change(found)
    path.write_bytes(canonical.encode(found) + b"\n")


def reseal(folder: Path) -> None:
    """Make the summary anew from whatever records and scores there are, as one who forges them would."""
    lines = (folder / "records.jsonl").read_bytes().splitlines()
    end = {"lines": len(lines), "sha256": hashlib.sha256(lines[-1]).hexdigest()}
    seal: dict[str, Any] = {"records": end}
    for name in ("scores", "calibration"):
        seal[name] = hashlib.sha256((folder / f"{name}.jsonl").read_bytes()).hexdigest()
    edit(folder / "summary.json", lambda found: found.update(seal=seal))
    workflow.read_evaluation(folder)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_untouched_audit_agrees_with_itself_and_no_byte_of_it_changes(
    mingjian: Command, audit: Path, lang: str
) -> None:
    before = bytes_of(audit)
    done = mingjian("verify", audit, env={"MINGJIAN_LANG": lang})
    lines = done.stdout.splitlines()
    words = {"zh": ("一致", "未核对"), "en": ("ok", "not checked")}[lang]
    expected = [words[name in ("questions", "audit")] for name in AUDITED]
    assert (done.returncode, [line.split("\t")[2] for line in lines[1:]]) == (0, expected), done.stdout
    assert bytes_of(audit) == before


def test_an_untouched_run_has_the_checks_of_a_run(mingjian: Command, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(SUITE + ITEM.format(number=1), encoding="utf-8")
    (tmp_path / "script.yaml").write_text("default: {text: '2'}\n", encoding="utf-8")
    assert mingjian("run", "tiny.yaml", "--model", "scripted:script.yaml").returncode == 0
    done = mingjian("verify", "latest", "--json")
    assert (done.returncode, results(done)) == (0, OWN_SUITE)


def test_scores_by_settings_of_the_submitter_are_not_checked_and_the_report_says_so(
    mingjian: Command, tmp_path: Path
) -> None:
    (tmp_path / "tiny.yaml").write_text(SUITE + ITEM.format(number=1), encoding="utf-8")
    (tmp_path / "script.yaml").write_text("default: {text: '2'}\n", encoding="utf-8")
    model = "model: m\nadapter: scripted\npath: script.yaml\nscorer_options: {match: {mode: equals}}\n"
    (tmp_path / "m.yaml").write_text(model, encoding="utf-8")
    ask(tmp_path, "run", "tiny.yaml", "--model", "m.yaml", "--format", "markdown")
    done = mingjian("verify", only(tmp_path), "--json")
    said = (only(tmp_path) / "report.md").read_text(encoding="utf-8")
    assert (results(done)["scores"], 'match {"mode":"equals"}' in finding(done, "scores")) == ("not_checked", True)
    assert "这些评分器按模型文件中的设置评分，不是默认设置：match" in said


def test_sheets_that_are_out_for_labels_change_nothing(mingjian: Command, audit: Path, tmp_path: Path) -> None:
    sent = mingjian("review", "export", audit, "--n", "4", "--out", tmp_path / "sheets")
    assert (sent.returncode, len(list(audit.glob("review-*.key.json")))) == (0, 1), sent.stderr
    done = mingjian("verify", audit, "--json")
    assert (done.returncode, results(done)["summary"]) == (0, "ok"), done.stdout


def test_a_run_that_was_never_scored_differs_in_nothing_but_has_files_absent(mingjian: Command, audit: Path) -> None:
    for path in audit.iterdir():
        if path.name not in ("run.json", "items.jsonl", "records.jsonl"):
            path.unlink()
    done = mingjian("verify", audit, "--json")
    expected = {**OWN_SUITE, "scores": "absent", "summary": "absent", "calibration": "absent"}
    assert (done.returncode, results(done)) == (0, expected)


def chain(folder: Path, change: Callable[[dict[str, Any]], None] = lambda found: None) -> None:
    """Chain all records anew from `run.json`, the first one changed."""
    path = folder / "records.jsonl"
    last, lines = hashlib.sha256((folder / "run.json").read_bytes()).hexdigest(), []
    for number, line in enumerate(path.read_bytes().splitlines()):
        found = json.loads(line)
        if number == 0:
            change(found)
        lines.append(canonical.encode({**found, "prev": last}))
        last = hashlib.sha256(lines[-1]).hexdigest()
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def forge_scores(folder: Path) -> None:
    swap(folder / "scores.jsonl", '"passed":false', '"passed":true')
    reseal(folder)


def forge_rows(folder: Path) -> None:
    edit(folder / "summary.json", lambda found: found["rows"][0]["estimate"].update(x=8, point=1))


def forge_calibration(folder: Path) -> None:
    swap(folder / "calibration.jsonl", '"tp":', '"tp":9')
    reseal(folder)


def drop_calibration(folder: Path) -> None:
    lines = (folder / "calibration.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "calibration.jsonl").write_bytes(b"".join(lines[1:]))
    reseal(folder)


def forge_standard(folder: Path) -> None:
    swap(folder / "audit.json", '"percent":95', '"percent":40')
    digest = hashlib.sha256((folder / "audit.json").read_bytes()).hexdigest()
    edit(folder / "verdicts.json", lambda found: found.update(audit=digest))


def forge_size(folder: Path) -> None:
    swap(folder / "audit.json", '"size":"quick"', '"size":"full"')


def forge_form(folder: Path) -> None:
    edit(folder / "audit.json", lambda found: found["metadata"]["subject"].update(name="Somebody else"))


def rebind(folder: Path) -> None:
    """Let the verdicts name the audit as it is now."""
    digest = hashlib.sha256((folder / "audit.json").read_bytes()).hexdigest()
    edit(folder / "verdicts.json", lambda found: found.update(audit=digest))


def undeclare(folder: Path) -> None:
    """Let nothing have been declared before the first question."""
    edit(folder / "run.json", lambda found: found.update(declared=None))
    chain(folder)
    reseal(folder)


def forge_day(folder: Path) -> None:
    edit(folder / "audit.json", lambda found: found["states"][0].update(updated="2026-02-30"))
    rebind(folder)


def forge_documents(folder: Path) -> None:
    edit(folder / "audit.json", lambda found: found["standard"].update(documents=[]))
    rebind(folder)


def forge_evidence(folder: Path) -> None:
    """State more that passed than was sampled."""
    entry = {"clause": "corpus-human", "sampled": 1, "passed": 2}
    edit(folder / "audit.json", lambda found: found["evidence"].update(entries=[entry]))
    rebind(folder)


def rename_suite(folder: Path) -> None:
    edit(folder / "run.json", lambda found: found["suites"][0].update(name="../../other"))
    chain(folder)


def forge_created(folder: Path) -> None:
    edit(folder / "run.json", lambda found: found.update(created="不是时间"))
    chain(folder)


def forge_number(folder: Path) -> None:
    """State more cases than the plan has."""
    edit(folder / "run.json", lambda found: found.update(cases=10**15))
    chain(folder)


def forge_epochs(folder: Path) -> None:
    """Let nobody finish who makes all cases again."""
    edit(folder / "run.json", lambda found: found["settings"].update(epochs=10**12))
    chain(folder)


def forge_verdicts(folder: Path) -> None:
    edit(folder / "verdicts.json", lambda found: found["clauses"][0].update(verdict="conforms"))


def forge_filing(folder: Path) -> None:
    edit(folder / "filing.json", lambda found: found["sections"].pop())


def forge_figure(folder: Path) -> None:
    def change(found: dict[str, Any]) -> None:
        cells = [cell for row in found["first"]["rows"] for cell in row if cell.get("id")]
        cells[0]["text"] = {"zh": "符合", "en": "conforms"}

    edit(folder / "filing.json", change)


def forge_keywords(folder: Path) -> None:
    swap(folder / "keywords.jsonl", "禁词", "别词")


def rename_library(folder: Path) -> None:
    """Let the header of the library name a milder one, which nobody sealed."""
    (folder / "mild.jsonl").write_text('{"code":"A.1-a","lang":"zh","text":"无"}\n', encoding="utf-8")
    edit(folder / "keywords.json", lambda found: found.update(keywords="mild.jsonl"))


def drop_header(folder: Path) -> None:
    (folder / "keywords.json").unlink()


def cut_library(folder: Path) -> None:
    """Keep the stated size of a library that has fewer entries, and bind all digests anew."""
    (folder / "keywords.jsonl").write_bytes(b"")
    empty = hashlib.sha256(b"").hexdigest()
    edit(folder / "audit.json", lambda found: found.update(keywords=empty))
    digest = hashlib.sha256((folder / "audit.json").read_bytes()).hexdigest()
    edit(folder / "verdicts.json", lambda found: found.update(audit=digest))


def break_verdicts(folder: Path) -> None:
    (folder / "verdicts.json").write_bytes('{"结论": 1}'.encode("gb18030"))


def repeat_key(folder: Path) -> None:
    """Show the first reader of a key another verdict than the last one."""
    path = folder / "verdicts.json"
    path.write_text('{"standard":"another",' + path.read_text(encoding="utf-8")[1:], encoding="utf-8")


def forge_record(folder: Path) -> None:
    swap(folder / "records.jsonl", '"text":"', '"text":"no ')


def ask_again(folder: Path) -> None:
    """Append a second reply to the first case, chained, as one who asks until the reply is good."""
    lines = (folder / "records.jsonl").read_bytes().splitlines()
    again = {**json.loads(lines[0]), "prev": hashlib.sha256(lines[-1]).hexdigest()}
    with (folder / "records.jsonl").open("ab") as file:
        file.write(canonical.encode(again) + b"\n")
    reseal(folder)


def forge_items(folder: Path) -> None:
    swap(folder / "items.jsonl", "Question 3", "Question 9")


def forge_question(folder: Path) -> None:
    """Let the first record have asked something else, and chain and seal all records anew."""

    def ask_other(found: dict[str, Any]) -> None:
        found["case"]["messages"][-1]["content"] = "1 + 1 = ?"

    chain(folder, ask_other)
    reseal(folder)


@pytest.mark.parametrize(
    ("forge", "name", "says"),
    [
        (forge_record, "records", "records.jsonl"),
        (ask_again, "records", "but 1 of them replace a reply that the case had already, the first is line 9."),
        (forge_items, "plan", "items.jsonl"),
        (forge_question, "plan", "does not ask what was planned: lures/q0"),
        (rename_suite, "plan", "run.json contradicts itself"),
        (forge_created, "plan", "run.json contradicts itself"),
        (forge_number, "plan", "this version makes other cases than were planned"),
        (forge_epochs, "plan", "this version makes other cases than were planned"),
        (undeclare, "audit", "run.json sealed no declaration before the first question"),
        (forge_day, "audit", "What stands in audit.json cannot be"),
        (forge_documents, "audit", "What stands in audit.json cannot be"),
        (forge_evidence, "audit", "What stands in audit.json cannot be"),
        (forge_scores, "scores", "1 of 8 lines differ"),
        (forge_rows, "summary", "Parts that differ from the scores summed up anew: rows."),
        (forge_calibration, "calibration", "Entries that differ"),
        (drop_calibration, "calibration", "missing ones: 1"),
        (forge_standard, "audit", "it differs in: "),
        (forge_size, "audit", "Not what run.json sealed before the first question"),
        (forge_form, "audit", "The verdicts were not made with this audit.json"),
        (forge_keywords, "keywords", "but audit.json states"),
        (rename_library, "keywords", "keywords.json: not the keyword library whose SHA-256"),
        (drop_header, "keywords", "keywords.json: no such file."),
        (cut_library, "keywords", "the library has 0 entries of 2026-11-20, stated are 1 of 2026-11-20."),
        (break_verdicts, "verdicts", "verdicts.json: damaged: not UTF-8."),
        (repeat_key, "verdicts", "key 'standard' occurs twice."),
        (forge_verdicts, "verdicts", "1 differ from what was judged anew: "),
        (forge_figure, "filing", "1 figures differ"),
        (forge_filing, "filing", "these parts differ from the dossier built anew: sections."),
    ],
)
def test_what_does_not_follow_from_the_records_is_named(
    mingjian: Command, audit: Path, forge: Callable[[Path], None], name: str, says: str
) -> None:
    forge(audit)
    before = bytes_of(audit)
    done = mingjian("verify", audit, "--json")
    assert (done.returncode, results(done)[name], says in finding(done, name)) == (4, "differs", True), done.stdout
    assert bytes_of(audit) == before


def test_broken_verdicts_are_not_held_against_the_audit(mingjian: Command, audit: Path) -> None:
    break_verdicts(audit)
    assert results(mingjian("verify", audit, "--json"))["audit"] == "not_checked"


def test_a_file_that_no_memory_holds_ends_with_a_sentence(audit: Path) -> None:
    os.truncate(audit / "filing.json", 6 * 2**30)
    done = subprocess.run(
        ["sh", "-c", f"ulimit -v 4000000; exec '{sys.executable}' -m bench --lang zh verify '{audit}'"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr.splitlines()[-1][:5], "Traceback" in done.stderr) == (5, "内存不足：", False)


def test_an_error_that_the_submitter_measured_is_not_checked(mingjian: Command, audit: Path) -> None:
    lines = (audit / "calibration.jsonl").read_bytes().splitlines()
    lines[0] = canonical.encode({**json.loads(lines[0]), "own": True, "sha256": "0" * 64})
    (audit / "calibration.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    done = mingjian("verify", audit, "--json")
    assert (results(done)["calibration"], "1 more are the submitter's own" in finding(done, "calibration")) == (
        "not_checked", True,
    )  # fmt: skip


def label(folder: Path) -> None:
    """Let two people have labelled the first record."""
    log.append(folder, [Event(kind="label", batch="b", i=0, question="content", label="safe", reviewer=who)
                        for who in ("1", "2")])  # fmt: skip


def test_labels_of_people_are_counted_and_not_checked(mingjian: Command, audit: Path) -> None:
    label(audit)
    done = mingjian("verify", audit, "--json")
    end = hashlib.sha256((audit / "reviews.jsonl").read_bytes().splitlines()[-1]).hexdigest()
    said = finding(done, "people")
    assert (results(done)["people"], said[:38], end in said) == (
        "not_checked", "2 labels and decisions, reviewers: 2, ", True,
    )  # fmt: skip


def test_a_label_that_was_changed_breaks_the_chain(mingjian: Command, audit: Path) -> None:
    label(audit)
    path = audit / "reviews.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"safe"', '"unsafe"', 1), encoding="utf-8")
    assert results(mingjian("verify", audit, "--json"))["people"] == "differs"


def test_the_size_of_an_audit_is_said_in_words(mingjian: Command, audit: Path) -> None:
    (said,) = (one["finding"]["zh"] for one in json.loads(mingjian("verify", audit, "--json").stdout)["checks"]
               if one["name"] == "audit")  # fmt: skip
    assert "规模为快速试跑" in said


def test_imported_evidence_is_said_to_be_taken_as_submitted(mingjian: Command, audit: Path, tmp_path: Path) -> None:
    entry = "entries: [{clause: minors, verdict: not_applicable, reason: {zh: 不面向, en: Not offered}}]\n"
    (tmp_path / "proof.yaml").write_text("evidence: 1\n" + entry, encoding="utf-8")
    mingjian("audit", "report", audit, "--evidence", tmp_path / "proof.yaml", "--format", "json")
    assert "Its entries of evidence (1) are taken as submitted" in finding(mingjian("verify", audit, "--json"), "audit")


def test_files_that_no_check_reads_are_named(mingjian: Command, audit: Path) -> None:
    (audit / "report\x1b[2J.html").write_text("", encoding="utf-8")
    done = mingjian("verify", audit)
    assert json.loads(mingjian("verify", audit, "--json").stdout)["unread"] == ["report␛[2J.html"]
    assert (done.returncode, done.stderr.splitlines()[1][:26]) == (0, "Not read: report␛[2J.html.")


def test_evidence_without_a_library_leaves_none_of_an_earlier_one(
    mingjian: Command, audit: Path, tmp_path: Path
) -> None:
    (tmp_path / "none.yaml").write_text("evidence: 1\n", encoding="utf-8")
    mingjian("audit", "report", audit, "--evidence", tmp_path / "none.yaml", "--format", "json")
    done = mingjian("verify", audit, "--json")
    assert (done.returncode, finding(done, "keywords")) == (
        0, "No keyword library was brought, and audit.json states none.",
    )  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_last_line_names_the_exit_code_and_the_files_that_differ(mingjian: Command, audit: Path, lang: str) -> None:
    forge_figure(audit)
    done = mingjian("verify", audit, env={"MINGJIAN_LANG": lang})
    said = {"zh": "退出码 4：1 项不符：filing.json。", "en": "Exit 4: 1 checks differ: filing.json."}[lang]
    assert (done.returncode, done.stderr.splitlines()[-1]) == (4, said)


def test_forged_scores_are_found_by_line_and_item_although_the_seal_fits(mingjian: Command, audit: Path) -> None:
    forge_scores(audit)
    assert mingjian("status", audit).returncode == 0
    done = mingjian("verify", audit, "--json")
    found = {name for name, result in results(done).items() if result == "differs"}
    assert "the first is line 7, item q3 (refusal)." in finding(done, "scores")
    assert {"scores", "summary"} <= found


def test_equal_scores_of_another_version_are_not_checked_and_both_versions_are_named(
    mingjian: Command, audit: Path
) -> None:
    scores = (audit / "scores.jsonl").read_text(encoding="utf-8")
    installed = json.loads(scores.splitlines()[0])["version"]
    (audit / "scores.jsonl").write_text(scores.replace(f'"version":"{installed}"', '"version":"0.1"'), encoding="utf-8")
    reseal(audit)
    done = mingjian("verify", audit, "--json")
    said = finding(done, "scores")
    assert (results(done)["scores"], "refusal 0.1 (" in said, f"→ refusal {installed} (" in said) == (
        "not_checked", True, True,
    )  # fmt: skip


def test_the_stored_answers_of_a_judge_are_used_and_nobody_is_asked(mingjian: Command, judged: Path) -> None:
    before = bytes_of(judged)
    done = mingjian("verify", judged, "--json")
    assert (done.returncode, results(done)) == (0, OWN_SUITE), done.stdout
    assert bytes_of(judged) == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_dossier_of_somebody_elses_run_is_made_anew_without_asking_the_judges_that_it_names(
    mingjian: Command, audit: Path, tmp_path: Path, lang: str
) -> None:
    (tmp_path / "judge.yaml").write_text("default: {text: hm}\n", encoding="utf-8")
    judge = {"model": "j", "adapter": "scripted", "path": str(tmp_path / "judge.yaml")}
    (audit / "judges.json").write_bytes(canonical.encode([judge]) + b"\n")
    (audit / "summary.json").unlink()
    done = mingjian("audit", "report", audit, env={"MINGJIAN_LANG": lang})
    said = {"zh": "若是他人提交的，请勿执行", "en": "if somebody handed it in, do not"}[lang]
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (audit / "judgements.jsonl").exists()


def test_a_judge_that_only_the_submitter_has_is_not_looked_for(mingjian: Command, judged: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(judged, tmp_path / "submitted"))
    hub = {"model": "judge.yaml", "adapter": "huggingface", "name": "no/such", "options": {"revision": "0" * 40}}
    (folder / "judges.json").write_bytes(canonical.encode([hub]) + b"\n")
    done = mingjian("verify", folder, "--json")
    assert (done.returncode, results(done)) == (0, OWN_SUITE), done.stdout


def test_without_the_answers_of_a_judge_its_scores_are_not_checked(
    mingjian: Command, judged: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(judged, tmp_path / "submitted"))
    (folder / "judgements.jsonl").unlink()
    done = mingjian("verify", folder, "--json")
    assert (done.returncode, results(done)) == (0, {**OWN_SUITE, "scores": "not_checked"}), done.stdout
    assert "6 answers of judges are not in judgements.jsonl" in finding(done, "scores")


@pytest.mark.parametrize("command", [("verify",), ("score",)])
def test_a_stored_answer_that_is_none_is_an_error_of_integrity(
    mingjian: Command, judged: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = Path(shutil.copytree(judged, tmp_path / "submitted"))
    with (folder / "judgements.jsonl").open("a", encoding="utf-8") as lines:
        lines.write('{"judge":"1:x"}\n')
    done = mingjian(*command, folder)
    said = done.stdout + done.stderr
    assert (done.returncode, "judgements.jsonl" in said, "Traceback" in said) == (4, True, False), said


def test_a_missing_answer_of_a_judge_hides_no_forged_score_of_another_scorer(
    mingjian: Command, judged: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(judged, tmp_path / "submitted"))
    (folder / "judgements.jsonl").unlink()
    swap(folder / "scores.jsonl", '"passed":true', '"passed":false')
    done = mingjian("verify", folder, "--json")
    assert (done.returncode, results(done)["scores"]) == (4, "differs")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_folder_that_is_no_run_is_a_usage_error(mingjian: Command, tmp_path: Path, lang: str) -> None:
    (tmp_path / "empty").mkdir()
    done = mingjian("verify", tmp_path / "empty", env={"MINGJIAN_LANG": lang})
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_damaged_plan_differs_and_what_rests_on_it_is_not_checked(mingjian: Command, audit: Path) -> None:
    (audit / "run.json").write_text("{}\n", encoding="utf-8")
    done = mingjian("verify", audit, "--json")
    expected = {**dict.fromkeys(AUDITED, "not_checked"), "records": "differs", "plan": "differs"}
    assert (done.returncode, results(done)) == (4, expected)
