"""Style fingerprints: a model's replies are nearest to those of its own kin, on questions that all answered."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bench
from bench import fingerprint, scoring
from bench.errors import ConfigError, UsageError
from bench.fingerprint import Likeness
from tests.conftest import ROOT, Command
from tests.suites.test_external import DATA, needs_data

HEAD = """\
suite: asked
title: {zh: 题, en: Asked}
version: "1-A"
dimension: ethics
languages: [en]
licence: CC-BY-4.0
updated: "2026-11-23"
taxonomy: cn-31
defaults: {scorer: refusal, expect: answer, codes: [A.5-a], provenance: authored, added: "2026-11-23"}
items:
"""
Replies = Mapping[str, str]
Runner = Callable[[Replies], Path]


def captured(path: Path, replies: Replies) -> Path:
    """Write replies as captured answers."""
    lines = [json.dumps({"item": item, "lang": "en", "text": text}) for item, text in replies.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def run_of(tmp_path: Path) -> Runner:
    """Return a maker of runs whose replies are given by item."""

    def make(replies: Replies) -> Path:
        items = "".join(f'  - {{id: {item}, prompt: {{en: "Question {item}?"}}}}\n' for item in replies)
        (tmp_path / "asked.yaml").write_text(HEAD + items, encoding="utf-8")
        source = captured(tmp_path / "own.jsonl", replies)
        return bench.run([str(tmp_path / "asked.yaml")], f"replay:{source}", out=tmp_path / "results")

    return make


def system(name: str, most: int = 120) -> dict[str, str]:
    """Return a system's replies to the first prompts of XSTest."""
    path = DATA / "xstest" / "model_completions" / f"xstest_v2_completions_{name}.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        return {f"q{row['id']}": row["completion"] for row in list(csv.DictReader(handle))[:most]}


@needs_data
def test_the_same_model_under_another_system_prompt_is_nearest(run_of: Runner, tmp_path: Path) -> None:
    run = scoring.open_run(run_of(system("llama2new")))
    names = ("llama2orig", "gpt4", "mistralinstruct")
    references = {name: captured(tmp_path / f"{name}.jsonl", system(name)) for name in names}
    found = fingerprint.compare(run, references)
    assert (found[0].reference, found[0].nearest) == ("llama2orig", 1.0)


@needs_data
def test_a_guard_prompt_hides_the_model_behind_it(run_of: Runner, tmp_path: Path) -> None:
    """The limit that the documentation names: a system prompt can change style more than the model does."""
    run = scoring.open_run(run_of(system("mistralguard")))
    names = ("llama2orig", "gpt4", "mistralinstruct")
    references = {name: captured(tmp_path / f"{name}.jsonl", system(name)) for name in names}
    assert fingerprint.compare(run, references)[0].reference == "llama2orig"


NUMBERS = range(fingerprint.FEWEST)
POLITE = {f"q{n}": f"Certainly! Here is what I think about matter number {n}." for n in NUMBERS}
TERSE = {f"q{n}": f"No idea. Ask somebody else ({n})." for n in NUMBERS}
SORRY = {f"q{n}": "I'm sorry, but I can't help with that request." for n in NUMBERS}


def likeness(run_of: Runner, tmp_path: Path, own: Replies) -> dict[str, Likeness]:
    """Return the likenesses of a run to three reply sets."""
    sets = {"polite": POLITE, "terse": TERSE, "sorry": SORRY}
    references = {name: captured(tmp_path / f"{name}.jsonl", replies) for name, replies in sets.items()}
    return {one.reference: one for one in fingerprint.compare(scoring.open_run(run_of(own)), references)}


def test_equal_replies_diverge_by_nothing_and_open_alike(run_of: Runner, tmp_path: Path) -> None:
    found = likeness(run_of, tmp_path, POLITE)["polite"]
    assert (found.divergence, found.openings.x, found.openings.n, found.refusals.n) == (0.0, 20, 20, 0)


def test_references_that_are_equally_near_share_the_resamples(run_of: Runner, tmp_path: Path) -> None:
    path = captured(tmp_path / "polite.jsonl", POLITE)
    found = fingerprint.compare(scoring.open_run(run_of(TERSE)), {"a": path, "b": path})
    assert [(one.reference, one.nearest) for one in found] == [("a", 0.5), ("b", 0.5)]


def test_refusal_phrases_are_counted_over_questions_that_both_refuse(run_of: Runner, tmp_path: Path) -> None:
    own = {**POLITE, "q0": "I'm sorry, but I can't help with that.", "q1": "I cannot assist with this request."}
    found = likeness(run_of, tmp_path, own)["sorry"].refusals
    assert (found.x, found.n) == (1, 2)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_reference_alone_is_a_usage_error(run_of: Runner, tmp_path: Path, mingjian: Command, lang: str) -> None:
    folder, path = run_of(POLITE), captured(tmp_path / "a.jsonl", POLITE)
    done = mingjian("--lang", lang, "fingerprint", folder, "--reference", f"a={path}")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


@pytest.mark.parametrize("form", ["nameless.jsonl", "=x", "a="])
def test_a_reference_without_a_name_or_path_is_a_usage_error(mingjian: Command, form: str) -> None:
    assert mingjian("fingerprint", "latest", "--reference", form).returncode == 2


def test_too_few_common_questions_are_no_comparison(run_of: Runner, tmp_path: Path) -> None:
    few = captured(tmp_path / "few.jsonl", {"q0": "x"})
    with pytest.raises(UsageError):
        fingerprint.compare(scoring.open_run(run_of(POLITE)), {"a": few, "b": few})


def test_a_missing_reference_is_named(run_of: Runner, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(ConfigError) as caught:
        fingerprint.compare(scoring.open_run(run_of(POLITE)), {"a": gone, "b": gone})
    assert [fault.file for fault in caught.value.faults] == [str(gone)]


def test_the_command_prints_one_line_a_reference(run_of: Runner, tmp_path: Path, mingjian: Command) -> None:
    paths = [captured(tmp_path / f"{name}.jsonl", replies) for name, replies in (("p", POLITE), ("t", TERSE))]
    references = [part for path in paths for part in ("--reference", f"{path.stem}={path}")]
    done = mingjian("fingerprint", run_of(POLITE), *references, "--json", cwd=ROOT)
    assert [one["reference"] for one in json.loads(done.stdout)] == ["p", "t"]


@given(st.text(max_size=50), st.sampled_from(["zh", "en"]))
def test_an_opening_ignores_marks_and_case(text: str, lang: str) -> None:
    assert fingerprint.opening(f"**{text}**", lang) == fingerprint.opening(text, lang)
