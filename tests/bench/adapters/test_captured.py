"""The fakes that ship: `scripted` answers by rule, `replay` from what was captured."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench import canonical
from bench.adapters.replay import ReplayAdapter
from bench.adapters.scripted import ScriptedAdapter
from bench.errors import ConfigError
from bench.types import Case, Message, Model, Record, Reply, Sampling


def case(item: str = "q1", lang: str = "zh", text: str = "你好", key: str = "0" * 64, variant: str = "plain") -> Case:
    turns = (Message("user", text),)
    return Case(key=key, suite="s", item=item, lang=lang, messages=turns, parameters=Sampling(), variant=variant)


def scripted(path: Path, text: str, asked: Case) -> Reply:
    path.write_text(text, encoding="utf-8")
    return asyncio.run(ScriptedAdapter(Model(model="m", adapter="scripted", path=str(path))).generate(asked))


def replayed(path: Path, text: str, asked: Case) -> Reply:
    path.write_text(text, encoding="utf-8")
    return asyncio.run(ReplayAdapter(Model(model="m", adapter="replay", path=str(path))).generate(asked))


@pytest.mark.parametrize(
    ("rule", "asked", "text"),
    [
        ("{item: q1, text: hit}", case(), "hit"),
        ("{item: q2, text: hit}", case(), "OK"),
        ("{item: q1, lang: en, text: hit}", case(), "OK"),
        ("{contains: 你, text: hit}", case(), "hit"),
        ("{suite: s, variant: plain, text: hit}", case(), "hit"),
        ("{share: 50, text: hit}", case(key="00000031" + "0" * 56), "hit"),
        ("{share: 50, text: hit}", case(key="00000032" + "0" * 56), "OK"),
    ],
)
def test_the_first_rule_that_fits_answers(tmp_path: Path, rule: str, asked: Case, text: str) -> None:
    assert scripted(tmp_path / "s.yaml", f"rules:\n  - {rule}\ndefault: {{text: OK}}\n", asked).text == text


def test_captured_answers_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    line = '{"item": "q1", "lang": "zh", "text": "hit"}'
    assert replayed(tmp_path / "a.jsonl", f"\ufeff{line}\r\n", case()).text == "hit"


def test_a_script_can_play_a_filter(tmp_path: Path) -> None:
    reply = scripted(tmp_path / "s.yaml", "default: {status: filtered_output, text: ''}\n", case())
    assert (reply.status, reply.text) == ("filtered_output", "")


def test_a_broken_script_is_named_by_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        scripted(tmp_path / "s.yaml", "rules:\n  - {itm: q1}\n", case())
    assert (caught.value.faults[0].line, caught.value.faults[0].facts["near"]) == (2, "item")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"item": "q1", "lang": "zh", "text": "二"}\n{"item": "q1", "lang": "en", "text": "two"}\n'),
        ("a.jsonl", '{"id": "q1", "reply": "二"}\n'),
        ("a.csv", "item,lang,text\nq1,zh,二\nq1,en,two\n"),
        ("a.csv", "\ufeffid,reply\nq1,二\n"),
    ],
)
def test_captured_answers_are_found_by_item_and_language(tmp_path: Path, name: str, text: str) -> None:
    assert replayed(tmp_path / name, text, case()).text == "二"


@pytest.mark.parametrize(("variant", "text"), [("plain", "plain"), ("typo", "typo")])
def test_a_journal_answers_each_variant_with_its_own_reply(tmp_path: Path, variant: str, text: str) -> None:
    lines = [
        canonical.encode(
            Record(i=i, case=case(variant=one), reply=Reply(status="answered", text=one), prev="")
        ).decode()
        for i, one in enumerate(("plain", "typo"))
    ]
    assert replayed(tmp_path / "records.jsonl", "\n".join(lines) + "\n", case(variant=variant)).text == text


def test_a_captured_answer_to_the_plain_question_is_none_to_a_variant(tmp_path: Path) -> None:
    line = '{"item": "q1", "lang": "zh", "text": "x"}\n'
    reply = replayed(tmp_path / "a.jsonl", line, case(variant="typo"))
    assert (reply.status, "q1 (zh, typo)" in (reply.detail or "")) == ("error", True)


def test_a_captured_answer_may_name_its_variant(tmp_path: Path) -> None:
    line = '{"item": "q1", "lang": "zh", "variant": "typo", "text": "x"}\n'
    assert replayed(tmp_path / "a.jsonl", line, case(variant="typo")).text == "x"


def test_an_empty_captured_answer_is_empty_not_an_answer(tmp_path: Path) -> None:
    assert replayed(tmp_path / "a.jsonl", '{"item": "q1", "text": ""}\n', case()).status == "empty"


def test_a_case_without_an_answer_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    reply = replayed(path, '{"item": "q2", "text": "x"}\n', case())
    assert (reply.status, reply.text, reply.detail) == ("error", "", f"{path} holds no answer to item q1 (zh).")


def test_a_case_without_a_rule_is_an_error_and_not_an_answer(tmp_path: Path) -> None:
    reply = scripted(tmp_path / "s.yaml", "rules:\n  - {item: q2, text: hit}\n", case())
    wanted = f"{tmp_path / 's.yaml'} has no rule that fits item q1 (zh), and no default."
    assert (reply.status, reply.text, reply.detail) == ("error", "", wanted)


@pytest.mark.parametrize(("item", "fits"), [("q1", True), ("q2", False)])
def test_a_file_without_one_fitting_answer_is_refused_before_the_run(tmp_path: Path, item: str, fits: bool) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"item": "{item}", "text": "x"}}\n', encoding="utf-8")
    adapter = ReplayAdapter(Model(model="m", adapter="replay", path=str(path)))
    if fits:
        assert adapter.check([case()]) is None
        return
    with pytest.raises(ConfigError) as caught:
        adapter.check([case()])
    assert caught.value.faults[0].key == "replay.no_fit"


@pytest.mark.parametrize(
    ("text", "line"), [('{"item": "q1", "text": "x"}\n{"text": "x"}\n', 2), ('{"item": "q1"\n', 1), ("[]\n", 1)]
)
def test_a_broken_line_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        replayed(tmp_path / "a.jsonl", text, case())
    assert caught.value.faults[0].line == line


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("a.jsonl", '{"item": "q1", "text": "x", "text": "y"}\n', "yaml.duplicate_key"),
        ("a.jsonl", '{"item": "q1", "output": "x"}\n', "replay.no_text"),
        ("a.csv", "item,lang,output\nq1,zh,x\n", "replay.no_text"),
        ("a.csv", "item;lang;text\nq1;zh;x\n", "replay.no_text"),
    ],
)
def test_what_holds_no_answer_or_two_is_told(tmp_path: Path, name: str, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        replayed(tmp_path / name, text, case())
    assert (caught.value.faults[0].key, caught.value.faults[0].line) == (key, 1)


@pytest.mark.parametrize("text", ['{"item": "q1", "text": null}\n', '{"item": "q1", "status": "empty"}\n'])
def test_an_answer_that_is_stated_as_nothing_is_empty(tmp_path: Path, text: str) -> None:
    assert replayed(tmp_path / "a.jsonl", text, case()).status == "empty"


@pytest.mark.parametrize("adapter", [ScriptedAdapter, ReplayAdapter])
def test_an_option_that_there_is_not_is_told(
    adapter: type[ScriptedAdapter] | type[ReplayAdapter], tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("default: {text: OK}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        adapter(Model(model="m", adapter="x", path=str(tmp_path / "a.yaml"), options={"max_in_flight": 1}))
    assert caught.value.faults[0].key == "local.options"


@pytest.mark.parametrize("adapter", [ScriptedAdapter, ReplayAdapter])
def test_a_path_is_needed(adapter: type[ScriptedAdapter] | type[ReplayAdapter]) -> None:
    with pytest.raises(ConfigError):
        adapter(Model(model="m", adapter="x"))


@pytest.mark.parametrize(("name", "text"), [
    ("a.jsonl", '{"item": "q1", "lang": "zh", "text": "一"}\n\n{"item": "q1", "lang": "zh", "text": "二"}\n'),
    ("a.csv", "item,lang,text\nq1,zh,一\nq1,zh,二\n"),
])  # fmt: skip
def test_two_answers_to_one_question_are_named_by_both_lines(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        replayed(tmp_path / name, text, case())
    fault = caught.value.faults[0]
    assert (fault.key, fault.facts["first"], fault.line) == ("replay.twice", 1 if name == "a.jsonl" else 2, 3)


def test_a_line_of_valid_json_is_not_called_invalid(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        replayed(tmp_path / "a.jsonl", '{"item": "q1", "text": 7}\n', case())
    assert caught.value.faults[0].key == "json.shape"
