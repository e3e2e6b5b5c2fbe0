"""The mapping language on small tables that the tests write: every format, every step, every fault with its line."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import columns, suites, tables
from bench.columns import Column
from bench.errors import ConfigError, EnvironmentFault, Fault
from bench.tables import Shape
from bench.types import Item

HEAD = """\
suite: mapped
title: {zh: 映射, en: Mapped}
version: "1-A"
dimension: risk
languages: [zh]
licence: MIT
updated: "2026-11-23"
taxonomy: cn-31
defaults: {scorer: choice, expect: answer, codes: [A.5-a]}
source:
"""
SOURCE_LINE = HEAD.count("\n")

Load = Callable[..., tuple[Item, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a loader: the source as YAML (`DIGEST:name` is filled in) and the files as bytes by name."""

    def make(source: str, **data: bytes) -> tuple[Item, ...]:
        for name, content in data.items():
            (tmp_path / name).write_bytes(content)
            source = source.replace(f"DIGEST:{name}", hashlib.sha256(content).hexdigest())
        path = tmp_path / "suite.yaml"
        path.write_text(HEAD + source, encoding="utf-8")
        return suites.load(path, data=tmp_path).items

    return make


def fault(load: Load, source: str, **data: bytes) -> tuple[str, int | None, str | None]:
    """Return the first fault of a mapping: key, line below `source:`, and the data row at the end of its path."""
    with pytest.raises((ConfigError, EnvironmentFault)) as caught:
        load(source, **data)
    first: Fault = caught.value.faults[0]
    row = (first.path or "").partition(" ← ")[2] or None
    return first.key, first.line and first.line - SOURCE_LINE, row


PLAIN = "  format: {format}\n  path: t\n  sha256: DIGEST:t\n{more}  columns: {{id: id, prompt.zh: q}}\n"
ROWS = [{"id": "a1", "q": "甲？"}, {"id": "a2", "q": "乙？"}]
CSV = "id,q\na1,甲？\na2,乙？\n"


def excel() -> bytes:
    import io

    target = io.BytesIO()
    pandas.DataFrame(ROWS).to_excel(target, index=False)
    return target.getvalue()


def formats() -> Iterator[tuple[str, str, str, bytes]]:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
    yield "csv", "csv", "", CSV.encode()
    yield "mark", "csv", "", b"\xef\xbb\xbf" + CSV.encode()
    yield "gb18030", "csv", "  encoding: gb18030\n", CSV.encode("gb18030")
    yield "tabs", "csv", '  delimiter: "\\t"\n', CSV.replace(",", "\t").encode()
    yield "headless", "csv", "  header: false\n  names: [id, q]\n", CSV.partition("\n")[2].encode()
    yield "preamble", "csv", "  skip_rows: 2\n", b"made by\n2026\n" + CSV.encode()
    yield "json", "json", "", json.dumps(ROWS).encode()
    yield "records", "json", "  records: a.b\n", json.dumps({"n": 1, "a": {"b": ROWS}}).encode()
    yield "keyed", "json", "  keys: [id]\n", json.dumps({row["id"]: {"q": row["q"]} for row in ROWS}).encode()
    yield "jsonl", "jsonl", "", lines
    yield "gzip", "jsonl", "", gzip.compress(lines)
    yield "xlsx", "xlsx", "", excel()
    yield "parquet", "parquet", "", pandas.DataFrame(ROWS).to_parquet()


@pytest.mark.parametrize(("format", "more", "data"), [case[1:] for case in formats()], ids=[c[0] for c in formats()])
def test_a_format_is_read(load: Load, format: str, more: str, data: bytes) -> None:
    found = load(PLAIN.format(format=format, more=more), t=data)
    assert [(item.id, item.prompts["zh"][0].content) for item in found] == [("a1", "甲？"), ("a2", "乙？")]


def value(cell: Any, item: dict[str, Any] | None = None, **column: Any) -> Any:
    return columns.value({"c": cell}, Column(origin="c", **column), item)


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ({}, 7, "7"),
        ({}, None, None),
        ({"otherwise": "none"}, None, "none"),
        ({"otherwise": "none"}, "", "none"),
        ({"prefix": "x-"}, "7", "x-7"),
        ({"split": "|"}, "甲| 乙 |", ["甲", "乙"]),
        ({"map": {"甲": "a"}}, " 甲 ", "a"),
        ({"map": {"甲": True}, "otherwise": False}, "乙", False),
        ({"map": {"甲": ("a", "b"), "乙": ("b",)}, "split": "|"}, "甲|乙", ["a", "b"]),
        ({"map": {"甲": None}}, "甲", None),
        ({"parse": "literal"}, "{'A': '甲', 'B': '乙'}", ["甲", "乙"]),
        ({"parse": "literal"}, "['甲']", ["甲"]),
        ({"parse": "json"}, '["甲"]', ["甲"]),
        ({"match": r"^(.*?)\n"}, "甲\n乙", "甲"),
        ({"match": r"x(.)", "otherwise": None}, "甲", None),
        ({"find": r"\((.)\)"}, "(甲)(乙)", ["甲", "乙"]),
        ({"join": ", "}, ["甲", "", None, "乙"], "甲, 乙"),
        ({"option": "index"}, 2, "C"),
        ({"option": "index"}, "0", "A"),
        ({"option": "letter"}, " (B)", "B"),
        ({"option": "lowest"}, [4, 2, 1, 3], "C"),
        ({"option": "index"}, None, None),
    ],
)
def test_a_cell_becomes_a_value(column: dict[str, Any], cell: Any, expected: Any) -> None:
    assert value(cell, **column) == expected


def test_an_option_may_be_given_by_its_full_text() -> None:
    assert value("乙 ", {"choices": {"zh": ["甲", "乙"]}}, option="text") == "B"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [({"a": 1, "b": 0}, "yes"), ({"a": 0, "b": 0}, "no"), ({"a": 0}, "unknown"), ({"a": 1}, "yes"), ({}, "unknown")],
)
def test_a_cell_that_a_record_lacks_is_unknown_to_any(cells: dict[str, int], expected: str) -> None:
    assert columns.value(cells, Column(origin=("a", "b"), any="1")) == expected


def test_several_columns_are_a_list_without_missing_cells() -> None:
    assert columns.value({"a": "甲", "b": "", "d": "丁"}, Column(origin=("a", "b", "c", "d"))) == ["甲", "丁"]


@given(st.integers(min_value=0, max_value=25), st.sampled_from(["{}", "({})", " ({}) ", "{}.", "[{}]", "**{}**"]))
def test_a_letter_is_read_in_any_dress(index: int, dress: str) -> None:
    letter = chr(ord("A") + index)
    assert value(dress.format(letter), option="letter") == letter == value(index, option="index")


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=1, max_value=9))
def test_a_template_pads_numbers_with_zeros(number: int, width: int) -> None:
    made = columns.fill(f"x-{{n:0{width}}}", {"n": number})
    assert (int(made[2:]), len(made) - 2 >= width) == (number, True)


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=20)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_what_stands_in_a_csv_file_comes_out_unchanged(cells: list[tuple[str, str]]) -> None:
    data = pandas.DataFrame(cells, columns=["a", "b"]).to_csv(index=False, quoting=1).encode()
    found = tables.rows(data, Shape(format="csv"), Path("t.csv"))
    assert [(row["a"], row["b"]) for row in found] == cells


JOINED = """\
  format: jsonl
  path: t
  sha256: DIGEST:t
  rows: 3
  where: {kind: [k]}
  join:
    - {format: json, path: u, sha256: "DIGEST:u", keys: [id], by: {id: id}, prefix: key.}
  skip:
    - where: {id: ["3"]}
      reason: {zh: 坏, en: bad}
  columns:
    id: {text: "q-{id:02}"}
    prompt.zh: q
    choices.zh: o
    answer: {from: key.answer, option: index}
"""
LEFT = b'{"id":1,"q":"a","o":["x","y"],"kind":"k"}\n{"id":2,"q":"b","o":["x","y"],"kind":"-"}\n'
LEFT3 = LEFT + b'{"id":3,"q":"c","o":["x"],"kind":"k"}\n'
RIGHT = b'{"1":{"answer":1},"3":{"answer":0}}'


def test_rows_are_joined_selected_and_left_out_with_a_reason(load: Load) -> None:
    found = load(JOINED, t=LEFT3, u=RIGHT)
    assert [(item.id, item.answer) for item in found] == [("q-01", 1)]


def test_one_row_may_become_several_items(load: Load) -> None:
    source = PLAIN.format(format="csv", more="  unfold: {columns: [bad, good], name: side, value: q}\n")
    found = load(source.replace("id: id", 'id: {text: "{id}-{side}"}'), t="id,bad,good\n1,甲,乙\n".encode())
    assert [(item.id, item.prompts["zh"][0].content) for item in found] == [("1-bad", "甲"), ("1-good", "乙")]


UNUSED = "  skip:\n    - {where: {id: [a9]}, reason: {zh: 坏, en: bad}}\n"


def mapping(columns_: str, more: str = "") -> str:
    return f"  format: csv\n  path: t\n  sha256: DIGEST:t\n{more}  columns:\n    id: id\n    prompt.zh: {columns_}\n"


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        (mapping("nothing"), CSV, ("source.no_column", 6, "t #1")),
        (mapping("{from: q, map: {甲？: x}}"), CSV, ("source.unmapped", 6, "t #2")),
        (mapping("{from: q, match: '(甲)'}"), CSV, ("source.no_match", 6, "t #2")),
        (mapping("{from: q, match: '('}"), CSV, ("source.pattern", 6, None)),
        (mapping("{from: q, match: 甲}"), CSV, ("source.pattern", 6, None)),
        (mapping("{from: q, text: x}"), CSV, ("source.column_shape", 6, None)),
        (mapping("{from: q, parse: literal}"), CSV, ("source.parse", 6, "t #1")),
        (mapping('{text: "{nothing}"}'), CSV, ("source.no_column", 6, "t #1")),
        (mapping("q\n    answer: {from: q, option: letter}"), CSV, ("source.option", 7, "t #1")),
        (mapping("q\n    hazard: q"), CSV, ("schema.wrong_type", 7, "t #1")),
        (mapping("q\n    colour: q"), CSV, ("schema.unknown_key", 7, "t #1")),
        (mapping("q", "  rows: 3\n"), CSV, ("source.rows", 4, None)),
        (mapping("q", "  where: {kind: [x]}\n"), CSV, ("source.no_column", 4, "t #1")),
        (mapping("q", UNUSED), CSV, ("source.skip_unused", 5, None)),
        (mapping("q", "  derive: {x: {from: y}}\n"), CSV, ("source.no_column", 4, "t #1")),
        (mapping("q", "  format2: csv\n"), CSV, ("schema.unknown_key", 4, None)),
        (mapping("q", "  files: [{path: t, sha256: 00}]\n"), CSV, ("source.digest", 0, None)),
        (JOINED.replace("rows: 3", "rows: 2"), LEFT.decode(), ("source.skip_unused", 9, None)),
        (JOINED.replace('["3"]', '["1"]'), LEFT3.decode(), ("suite.choices", 3 - SOURCE_LINE, None)),
        (JOINED.replace("{id: id}, p", "{q: id}, p"), LEFT3.decode(), ("source.no_partner", 7, "t #1")),
    ],
)  # fmt: skip
def test_a_broken_mapping_is_refused_at_its_line(
    load: Load, source: str, data: str, expected: tuple[str, int, str | None]
) -> None:
    assert fault(load, source, t=data.encode(), u=RIGHT) == expected


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("csv", b"\xff\xfe,q\n"),
        ("json", b"[{]"),
        ("json", b"3"),
        ("jsonl", b"[1]\n"),
        ("jsonl", gzip.compress(b"{}", mtime=0)[:-9]),
        ("parquet", b"PAR1 not"),
        ("xlsx", b"PK not"),
    ],
)
def test_a_file_that_is_not_of_the_stated_format_is_refused_by_name(load: Load, format: str, data: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        load(PLAIN.format(format=format, more=""), t=data)
    found = caught.value.faults[0]
    assert (found.key, Path(found.file or "").name) == ("source.unreadable", "t")


def test_a_row_without_a_prompt_is_refused_with_its_place(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load(PLAIN.format(format="jsonl", more=""), t=b'{"id":"a1","q":"x"}\n{"id":"a2","q":null}\n')
    assert (caught.value.faults[0].key, (caught.value.faults[0].path or "")[-4:]) == ("schema.missing_key", "t #2")


def test_two_partners_of_one_row_are_refused(load: Load) -> None:
    source = JOINED.replace("format: json,", "format: jsonl,").replace("keys: [id], ", "")
    two = b'{"id":1,"answer":0}\n{"id":1,"answer":1}\n'
    assert fault(load, source, t=LEFT3, u=two)[0] == "source.two_partners"


def test_a_literal_is_never_executed(load: Load) -> None:
    data = b"id,q\na1,\"__import__('os').getcwd()\"\n"
    assert fault(load, mapping("{from: q, parse: literal}"), t=data)[0] == "source.parse"


def test_a_hub_data_set_needs_a_fixed_revision(load: Load) -> None:
    assert fault(load, "  format: huggingface\n  hub: a/b\n  columns: {id: id}\n")[0] == "source.no_revision"


def test_a_folder_saved_by_datasets_is_read(load: Load, tmp_path: Path) -> None:
    import datasets

    datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "saved"))
    found = load("  format: huggingface\n  path: saved\n  rows: 2\n  columns: {id: id, prompt.zh: q}\n")
    assert [item.id for item in found] == ["a1", "a2"]
