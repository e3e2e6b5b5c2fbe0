"""Bulk use of scorers and their calibration: what goes in, what comes out, and how bad lines are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import bulk, languages
from bench.bulk import Job
from bench.calibration import registry, study
from bench.calibration.study import Study
from bench.cli import app
from bench.cli.output import Output
from bench.errors import ConfigError

REFUSED = {"en": "I'm sorry, but I can't help with that.", "zh": "抱歉，我不能提供这方面的帮助。"}
COMPLIED = {
    "en": "First, wet your hands, then lather with soap for twenty seconds.",
    "zh": "首先，打开水龙头，把手冲湿，再抹上肥皂搓二十秒。",
}

Run = Callable[..., int]


@pytest.fixture
def run() -> Run:
    """Return a function that runs a command in this process, speaking English."""
    return lambda *arguments: app.run([str(one) for one in arguments], Output("en"))


@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of JSON lines."""

    def write(*rows: Any) -> Path:
        path = tmp_path / "in.jsonl"
        path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
        return path

    return write


def labelled(lang: str, count: int = 3) -> list[dict[str, str]]:
    return [{"prompt": "p", "reply": REFUSED[lang], "label": "refused"}] * count + [
        {"prompt": "p", "reply": COMPLIED[lang], "label": "complied"}
    ] * count


def test_each_line_gets_one_opinion_in_order(lines: Callable[..., Path], run: Run, tmp_path: Path) -> None:
    source = lines({"prompt": "p", "reply": REFUSED["zh"], "id": "a", "mine": 1}, "\n", {"reply": COMPLIED["en"]})
    assert run("scorers", "apply", "refusal", "--input", source, "--output", tmp_path / "out.jsonl") == 0
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(one["id"], one["label"], one["value"]) for one in found] == [("a", "refused", 1), (3, "complied", 0)]
    assert set(found[0]) == {"id", "label", "value", "confidence", "reason"}


def test_bad_lines_are_named_and_no_file_is_written(
    lines: Callable[..., Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = lines({"reply": "x"}, "nonsense\n", {"prompt": "no reply"}, {"reply": "x", "lang": "中文"})
    assert run("scorers", "apply", "refusal", "-i", source, "-o", tmp_path / "out.jsonl") == 2
    said = capsys.readouterr().err
    assert [f"{source}:{number}: " in said for number in range(1, 5)] == [False, True, True, True]
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [("nope", "{}", "plugin.unknown"), ("harm", "[", "scoring.options"), ("harm", '{"x": 1}', "plugin.option")],
)
def test_an_unknown_scorer_or_option_is_an_error(lines: Callable[..., Path], name: str, options: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        bulk.apply(Job(name, lines({"reply": "x"}), options), lambda data: None)
    assert caught.value.faults[0].key == key


def test_several_processes_give_the_same_bytes(lines: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BLOCK", 5)
    source = lines(*(labelled("zh") + labelled("en")))
    outputs = []
    for workers in (1, 2):
        parts: list[bytes] = []
        assert bulk.apply(Job("refusal", source), parts.append, workers).lines == 12
        outputs.append(b"".join(parts))
    assert outputs[0] == outputs[1]


def test_a_scorer_learns_how_much_is_to_come_before_processes_start(
    lines: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(bulk, "BLOCK", 5)
    monkeypatch.setattr(bulk, "EARLY", 2)
    monkeypatch.setattr(bulk.scorer_of("originality", "{}"), "expect", told.append, raising=False)
    assert bulk.apply(Job("originality", lines(*labelled("en", 10))), lambda data: None, 2).lines == 20
    assert told == [10]


@pytest.mark.parametrize("scorer", ["refusal", "harm"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_bare_replies_are_judged_as_items_would_be(lang: str, scorer: str) -> None:
    replies = [REFUSED[lang], COMPLIED[lang], "", "...", "p", f"{REFUSED[lang]} {COMPLIED[lang]}"]
    lines = [(number, bulk.Line(reply=reply, prompt="p")) for number, reply in enumerate(replies, 1)]
    scores = bulk.score_lines(lines, Job(scorer, Path()))
    expected = [bulk.judgement(one) for one in scores]
    assert bulk.judge_lines(lines, Job(scorer, Path())) == expected


def test_a_scorer_that_fails_on_bare_replies_is_asked_item_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(bulk.scorer_of("refusal", "{}"), "judge_replies", fail)
    assert bulk.judge_lines([(1, bulk.Line(reply=REFUSED["en"]))], Job("refusal", Path()))[0].label == "refused"


@pytest.mark.parametrize(("text", "lang"), [("你好，world", "zh"), ("hello", "en"), ("naïve café 你", "en")])
def test_the_language_is_told_from_the_script(text: str, lang: str) -> None:
    assert languages.of_text(text) == lang


def test_a_calibration_counts_by_language(lines: Callable[..., Path]) -> None:
    wrong = {"reply": COMPLIED["zh"], "label": "refused"}
    found = study.calibrate(Study(Job("refusal", lines(*labelled("zh"), wrong, *labelled("en"))), ["refused"]))
    assert [(one.lang, one.counts) for one in found] == [("en", (3, 0, 0, 3)), ("zh", (3, 1, 0, 3))]
    assert (found[1].sensitivity.point, found[1].specificity.point) == (0.75, 1)
    assert found[1].balanced_accuracy.point == 0.875


def test_a_registry_only_grows_and_the_newest_entry_counts(
    lines: Callable[..., Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "registry.jsonl"
    for count in (2, 3):
        source = lines(*labelled("en", count))
        assert run("calibrate", "refusal", source, "--positive", "refused", "--registry", place) == 0
    assert len(place.read_text().splitlines()) == 2
    mine = [one for one in registry.load(place) if one.dataset == "in.jsonl"]
    assert [one.n for one in mine] == [6]
    capsys.readouterr()
    assert run("scorers", "list", "--registry", place) == 0
    shown = capsys.readouterr().out
    assert "1.000 [0.439, 1.000]" in shown
    assert "UNMEASURED" in shown


def test_the_list_as_json_names_every_scorer(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("scorers", "list", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {"harm", "refusal", "match"} <= {one["scorer"] for one in found}
    assert all(one["config"] for one in found)


@pytest.mark.parametrize(
    ("row", "key"), [({"reply": "x"}, "scoring.no_label"), ({"reply": "x", "label": "b"}, "scoring.labels")]
)
def test_a_data_set_that_cannot_measure_is_an_error(lines: Callable[..., Path], row: Any, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        study.calibrate(Study(Job("refusal", lines(row)), ["refused"]))
    assert caught.value.faults[0].key == key


@pytest.mark.parametrize("label", ["refused", "answered"])
def test_labels_of_one_kind_measure_nothing_and_append_nothing(
    lines: Callable[..., Path], run: Run, tmp_path: Path, label: str
) -> None:
    rows = [one | {"label": label} for one in labelled("en", 4)]
    assert run("calibrate", "refusal", lines(*rows), "--positive", "refused", "--registry", tmp_path / "r.jsonl") == 2
    assert not (tmp_path / "r.jsonl").exists()


@pytest.mark.parametrize(("lang", "said"), [("zh", "只有一类人工标注"), ("en", "labels of one kind only")])
def test_a_language_with_labels_of_one_kind_gets_no_entry_and_is_named(
    lines: Callable[..., Path], tmp_path: Path, lang: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place, rows = tmp_path / "r.jsonl", [one for one in labelled("zh", 4) if one["label"] == "refused"]
    command = ["calibrate", "refusal", str(lines(*labelled("en", 4), *rows)), "--positive", "refused"]
    assert app.run([*command, "--registry", str(place)], Output(lang)) == 0
    assert [one.lang for one in registry.read(place)] == ["en"]
    assert said in " ".join(capsys.readouterr().err.split())


def test_the_built_in_registry_is_readable() -> None:
    for one in registry.load():
        assert one.n == sum(one.counts) > 0
        assert one.label_set == one.labels.digest
