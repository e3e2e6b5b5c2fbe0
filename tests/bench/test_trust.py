"""A run folder of somebody else's gets no key of this account, and runs no code, without its user's word."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import files, judging, trust, workflow
from bench.catalogue import LANGUAGES
from bench.engine import plan as plans
from bench.errors import UsageError
from bench.types import Model

Run = Callable[..., tuple[int, str, str]]
URL = "https://judge.example/v1"


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Work under an account of one's own; the function returned changes to another."""

    def change(name: str) -> None:
        monkeypatch.setenv("MINGJIAN_CACHE", str(tmp_path / name))

    change("mine")
    return change


def model(**settings: Any) -> Model:
    return Model(**{"model": "m", "adapter": "openai", "name": "m", **settings})


def refusal(tmp_path: Path, **settings: Any) -> tuple[str, object, object] | None:
    """Return why a stranger's panel with one such model is refused, or None."""
    path = tmp_path / "judges.json"
    files.write_json(path, [model(**settings)])
    try:
        trust.check(path, [model(**settings)])
    except UsageError as error:
        fault = error.faults[0]
        return fault.key, fault.facts.get("variable"), fault.facts.get("host")
    return None


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"base_url": URL, "key_env": "SECRET"}, ("trust.key", "SECRET", "judge.example")),
        ({"base_url": URL, "provider": "deepseek", "key_env": "SECRET"}, ("trust.key", "SECRET", "judge.example")),
        ({"base_url": URL, "provider": "./own.yaml"}, ("trust.key", "./own.yaml", "judge.example")),
        ({"base_url": URL, "options": {"proxy": "env:SECRET"}}, ("trust.key", "SECRET", "judge.example")),
        (
            {"adapter": "inspect", "name": "openai/m", "options": {"args": {"base_url": URL}}},
            ("trust.key", "*_API_KEY", "openai/m"),
        ),
        ({"adapter": "huggingface", "path": "w", "allow_remote_code": True}, ("trust.code", None, None)),
    ],
    ids=["own variable", "provider elsewhere", "own provider", "proxy", "inspect", "code"],
)
def test_what_sends_a_key_to_a_stranger_or_runs_code_is_refused(
    tmp_path: Path, settings: dict[str, Any], found: tuple[str, object, object]
) -> None:
    assert refusal(tmp_path, **settings) == found


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": URL},
        {"base_url": "http://127.0.0.1:8000/v1", "key_env": "SECRET"},
        {"provider": "deepseek"},
        {"provider": "deepseek", "key_env": "SECRET"},
        {"provider": "deepseek", "base_url": "https://api.deepseek.com/v1", "key_env": "SECRET"},
        {"adapter": "scripted", "path": "answers.yaml"},
    ],
    ids=["no key", "this machine", "provider", "provider, own variable", "provider's host", "script"],
)
def test_what_needs_no_word_passes(tmp_path: Path, settings: dict[str, Any]) -> None:
    assert refusal(tmp_path, **settings) is None


def test_what_this_account_made_passes_and_another_account_does_not_know_it(
    tmp_path: Path, account: Callable[[str], None]
) -> None:
    path, mine = tmp_path / "judges.json", [model(base_url=URL, key_env="SECRET")]
    files.write_json(path, mine)
    trust.note(path, mine)
    trust.check(path, mine)
    account("another")
    with pytest.raises(UsageError):
        trust.check(path, mine)


@pytest.fixture
def made(run_here: Run, script_file: Callable[[], Path], tmp_path: Path) -> Path:
    """Return a finished run whose model is marked as one that brings code; it is a script all the same."""
    words = f"model: m\nadapter: scripted\npath: {script_file()}\nallow_remote_code: true\n"
    (tmp_path / "model.yaml").write_text(words, encoding="utf-8")
    code, _, told = run_here(
        "en", "run", "risk.starter", "--model", "model.yaml", "--limit", "2", "--out", "out", "--format", ""
    )
    assert code in (0, 3), told
    return next((tmp_path / "out").iterdir())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_going_on_with_a_strangers_run_needs_trust(
    made: Path, run_here: Run, account: Callable[[str], None], lang: str
) -> None:
    assert run_here(lang, "resume", made, "--format", "", "--allow-unscored")[0] == 0
    account("another")
    code, _, told = run_here(lang, "resume", made)
    assert (code, "--trust" in told, "allow_remote_code" in told) == (2, True, True)
    assert run_here(lang, "resume", made, "--format", "", "--allow-unscored", "--trust")[0] == 0


def test_a_strangers_shard_needs_trust(
    made: Path, run_here: Run, account: Callable[[str], None], tmp_path: Path
) -> None:
    code, _, told = run_here(
        "en", "plan", "risk.starter", "--model", "model.yaml", "--limit", "2", "--shards", "1", "--out", "plan"
    )
    assert code == 0, told
    account("another")
    assert run_here("en", "run", "plan", "--shard", "0")[0] == 2
    assert run_here("en", "run", "plan", "--shard", "0", "--trust")[0] == 0


def test_scoring_asks_no_judge_of_a_stranger(made: Path, run_here: Run) -> None:
    files.write_json(made / judging.JUDGES_FILE, [model(base_url=URL, key_env="SECRET")])
    code, _, told = run_here("en", "score", made)
    assert (code, "SECRET" in told, "judge.example" in told) == (2, True, True)
    with pytest.raises(UsageError):
        workflow.score(made)


def test_resuming_asks_no_judge_of_a_stranger(made: Path, run_here: Run) -> None:
    files.write_json(made / judging.JUDGES_FILE, [model(base_url=URL, key_env="SECRET")])
    assert run_here("en", "resume", made)[0] == 2
    with pytest.raises(UsageError):
        workflow.resume(made)


def test_a_copy_of_a_run_made_here_is_known(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    trust.check(tmp_path / "copy" / plans.RUN_FILE, [plans.info(made).model])


def test_a_new_run_needs_no_trust(run_here: Run, script_file: Callable[[], Path]) -> None:
    code, _, told = run_here("en", "run", "risk.starter", "--model", f"scripted:{script_file()}", "--trust")
    assert (code, "needs no --trust" in told) == (2, True)
