"""The definitions of public data sets against the real files: row counts, and each known trap."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from bench import catalogue, library, rows, schema, suites, taxonomies, yaml
from bench.errors import ConfigError, Fault
from bench.rows import Tally
from bench.types import Item
from tests.conftest import ROOT

VARIABLE = "MINGJIAN_TEST_DATA"
DATA = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared" / "data")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no folder of data sets: set {VARIABLE}")

ROWS = {
    "external.advbench.goals": (521, 521),
    "external.advbench.strings": (574, 574),
    "external.ai-risk-evals.avoid": (5367, 5367),
    "external.ai-risk-evals.corrigible": (649, 649),
    "external.ai-risk-evals.one-box": (300, 300),
    "external.ai-risk-evals.self-knowledge": (1800, 1800),
    "external.ailuminate-demo": (1200, 1200),
    "external.bbq": (3640, 3640),
    "external.catqa": (550, 550),
    "external.chinese-safetyqa.choice": (2000, 1999),
    "external.chinese-safetyqa.open": (2000, 2000),
    "external.cmoraleval": (1310, 1250),
    "external.cold.dev": (6431, 6431),
    "external.cold.test": (5323, 5323),
    "external.criskeval": (5043, 5043),
    "external.diasafety": (2192, 2192),
    "external.flames": (1000, 1000),
    "external.foresight.agency": (5478, 180),
    "external.foresight.embodied": (5478, 3402),
    "external.foresight.fundamental": (5478, 300),
    "external.foresight.industrial": (5478, 240),
    "external.foresight.mass-harm": (5478, 680),
    "external.foresight.options": (5478, 30),
    "external.foresight.pairs": (320, 320),
    "external.foresight.science": (5478, 365),
    "external.foresight.social": (5478, 100),
    "external.foresight.yes-no": (5478, 140),
    "external.gptfuzz.questions": (100, 100),
    "external.gptfuzz.responses": (7700, 7700),
    "external.halluqa.choice": (450, 450),
    "external.halluqa.open": (450, 450),
    "external.harmbench": (400, 400),
    "external.hatecheck": (3728, 3728),
    "external.jade-db.en": (80, 80),
    "external.jade-db.responses": (650, 1300),
    "external.jade-db.zh": (2150, 2150),
    "external.jailbench-zh.jailbreak": (2160, 2160),
    "external.jailbench-zh.seed": (108, 108),
    "external.latent-jailbreak": (960, 960),
    "external.moonshot.ailuminate-pairs": (400, 400),
    "external.moonshot.commonsense": (2000, 2000),
    "external.moonshot.injection-pairs": (251, 251),
    "external.moonshot.sghatecheck-zh": (5911, 5911),
    "external.moonshot.singapore": (59, 59),
    "external.moonshot.truthfulqa-choice": (483, 483),
    "external.moonshot.truthfulqa-open": (817, 817),
    "external.multijail": (315, 315),
    "external.openai-moderation": (1680, 859),
    "external.safetybench.en": (1299, 1299),
    "external.safetybench.pairs": (2100, 300),
    "external.safetybench.zh": (2100, 2100),
    "external.shieldlm-examples": (2, 2),
    "external.strata-sword.en": (400, 400),
    "external.strata-sword.zh": (300, 300),
    "external.xsafety": (2800, 2800),
    "external.xstest": (450, 450),
}
"""Definition → rows in its files, items. Where they differ, the definition says why."""

FOLDERS = 27
"""The 26 sets and ForesightSafety Bench."""
FORESIGHT = ("agency", "embodied", "fundamental", "industrial", "mass-harm", "options", "science", "social", "yes-no")


@functools.cache
def items(name: str) -> tuple[Item, ...]:
    return suites.load(library.read(f"external.{name}")[2], data=DATA).items


def raw(name: str, **changes: object) -> list[rows.Numbered]:
    """The rows of a definition's files with parts of its query changed, before any mapping."""
    _, source, path = library.read(f"external.{name}")
    query = msgspec.structs.replace(source, where={}, skip=(), derive={}, unfold=None, rows=None, **changes)
    return list(rows.gather(query, DATA, Fault(key="source.no_path", file=str(path), line=1)))


def codes(name: str) -> Counter[str]:
    return Counter(code for item in items(name) for code in item.codes)


def answers(name: str) -> Counter[int | None]:
    return Counter(item.answer for item in items(name))


def sizes(name: str) -> Counter[int]:
    return Counter(len(next(iter(item.choices.values()))) for item in items(name) if item.choices)


def test_the_table_names_every_definition() -> None:
    assert library.names() == sorted(ROWS)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_definition_states_licence_citation_titles_and_pinned_files(name: str) -> None:
    found = library.definition(name)
    pins = [len(file.sha256) for file, _ in library.pins(library.read(name)[1])]
    stated = (bool(found.licence), bool(found.citation), bool(found.title.zh), bool(found.title.en), found.rows)
    assert (*stated, set(pins)) == (True, True, True, True, ROWS[name][0], {64})


def test_every_set_has_a_definition() -> None:
    folders = {path.split("/")[0] for name in ROWS for path in library.definition(name).files}
    assert len(folders) == FOLDERS


@needs_data
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_definition_loads_with_the_documented_counts(name: str) -> None:
    found = library.check(name, DATA)
    faults = [catalogue.describe(fault, "en") for fault in found.faults]
    assert (found.state, found.rows, found.items, faults) == ("ok", *ROWS[name], [])


@needs_data
def test_a_gb18030_file_is_read_in_its_encoding_and_refused_in_another() -> None:
    assert all("\ufffd" not in item.prompts["zh"][0].content for item in items("jade-db.responses"))
    with pytest.raises(ConfigError):
        raw("jade-db.responses", encoding="utf-8")


@needs_data
def test_files_without_a_header_lose_no_row_and_no_mark_stays() -> None:
    kinds = Counter(item.metadata["kind"] for item in items("xsafety"))
    marks = [item.id for item in items("xsafety") for turns in item.prompts.values() if "\ufeff" in turns[0].content]
    assert (len(kinds), set(kinds.values()), marks) == (14, {200}, [])


@needs_data
@pytest.mark.parametrize("name", ["cold.test", "hatecheck", "jailbench-zh.seed"])
def test_an_unnamed_first_column_is_called_by_its_number(name: str) -> None:
    assert "0" in raw(name)[0].row


@needs_data
def test_json_lines_need_no_file_extension_and_repeated_files_are_left_out() -> None:
    parts = Counter(item.metadata["part"] for item in items("cmoraleval"))
    assert parts == {"test": 1230, "val": 20}


@needs_data
def test_nested_mappings_become_columns() -> None:
    kinds = Counter((item.metadata["category"], item.metadata["subcategory"]) for item in items("catqa"))
    groups = Counter(item.metadata["group"] for item in items("latent-jailbreak"))
    colons = [name for _, name in kinds if name.endswith(":")]
    assert (len(kinds), set(kinds.values()), colons, len(groups)) == (55, {10}, [], 16)


@needs_data
def test_answers_are_joined_from_a_second_file_by_id() -> None:
    assert sum(answers("safetybench.zh").values()) == 2100
    assert None not in answers("safetybench.zh")
    assert [len(items(f"safetybench.{part}")[0].choices or {}) for part in ("zh", "en", "pairs")] == [1, 1, 2]


@needs_data
def test_examples_below_metadata_are_found() -> None:
    assert Counter(item.codes[0] for item in items("moonshot.ailuminate-pairs")) == {
        "ailuminate:ipv": 100, "ailuminate:ncr": 100, "ailuminate:prv": 100, "ailuminate:vcr": 100,
    }  # fmt: skip


@needs_data
def test_a_missing_flag_is_unknown_and_not_negative() -> None:
    harmless = [item for item in items("openai-moderation") if item.answer == 1]
    flags = [item.metadata[flag] for item in harmless for flag in ("S", "H", "V", "HR", "SH", "S3", "H2", "V2")]
    assert (answers("openai-moderation"), set(flags)) == ({0: 522, 1: 337}, {"no"})


@needs_data
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_excel_sheets_are_read_though_their_columns_have_two_names(lang: str) -> None:
    levels = Counter(item.metadata["level"] for item in items(f"strata-sword.{lang}"))
    assert levels == {"1": 100, "2": 100, "3": 100 if lang == "zh" else 200}


@needs_data
def test_python_literals_in_cells_are_data() -> None:
    assert sizes("chinese-safetyqa.choice") == {4: 1994, 2: 3, 3: 1, 5: 1}
    assert codes("multijail")["ailuminate:cse"] == 6


@needs_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("safetybench.zh", {2, 3, 4}),
        ("safetybench.en", {2, 3, 4}),
        ("halluqa.choice", {2, 5}),
        ("chinese-safetyqa.choice", {2, 3, 4, 5}),
        ("ai-risk-evals.avoid", {2, 3, 4, 5, 6, 7, 8}),
        ("moonshot.truthfulqa-choice", {4}),
        ("cmoraleval", {3}),
        ("bbq", {3}),
    ],
)
def test_options_vary_in_number_and_every_answer_is_one_of_them(name: str, expected: set[int]) -> None:
    fits = all(item.answer is not None and item.answer < len(item.choices["en" if "en" in item.choices else "zh"])
               for item in items(name) if item.choices)  # fmt: skip
    assert (set(sizes(name)), fits) == (expected, True)


@needs_data
def test_two_spellings_and_stray_spaces_are_one_category() -> None:
    kinds = Counter(item.metadata["kind"] for item in items("jade-db.zh"))
    assert set(kinds) == {"违法犯罪", "侵犯权益", "歧视偏见"}
    assert kinds["违法犯罪"] == 76 + 544 + 639


@needs_data
def test_a_target_that_says_none_is_not_taken_as_an_answer() -> None:
    assert {found.row["target"] for found in raw("safetybench.en")} == {"None"}
    assert len(answers("safetybench.en")) == 4


@needs_data
def test_the_malformed_options_cell_stops_the_reading_at_its_row_unless_it_is_named() -> None:
    written, source, path = library.read("external.chinese-safetyqa.choice")
    bare = msgspec.structs.replace(source, skip=())
    place = schema.fault_at(yaml.load(path), ("source",), "file.outside")
    with pytest.raises(ConfigError) as caught:
        list(suites.sources.read(bare, DATA, suites.ItemFile, place))
    fault = caught.value.faults[0]
    line = yaml.load(path).line(("source", "columns", "choices.zh"))
    assert (fault.key, fault.file, fault.line) == ("source.parse", str(path), line)
    assert fault.path is not None
    assert fault.path.endswith("#1339")
    assert (written.suite, len(items("chinese-safetyqa.choice"))) == (written.suite, 1999)


@needs_data
def test_refused_harmful_jailbroken_and_followed_stay_four_different_things() -> None:
    options = {name: (items(name)[0].choices or {}) for name in ("xstest", "diasafety", "gptfuzz.responses")}
    assert options["xstest"] == {}
    assert {item.scorers for item in items("xstest")} == {("refusal",)}
    assert options["diasafety"] == {"en": ("Safe", "Unsafe")}
    assert options["gptfuzz.responses"]["en"][0].startswith("Jailbroken")
    both = Counter((item.answer, item.metadata["following"]) for item in items("latent-jailbreak"))
    assert both == {(1, "unknown"): 484, (0, "follow"): 401, (0, "not_follow"): 75}


@needs_data
def test_labels_come_out_as_counted_by_hand() -> None:
    assert Counter(item.expect for item in items("xstest")) == {"answer": 250, "refuse": 200}
    assert answers("gptfuzz.responses") == {0: 545 + 1694, 1: 995 + 4466}
    assert answers("cold.test") == {0: 2107, 1: 3216}
    assert answers("hatecheck") == {0: 2563, 1: 1165}
    assert answers("moonshot.sghatecheck-zh") == {0: 4124, 1: 1787}
    assert answers("jade-db.responses") == {0: 650, 1: 650}


@needs_data
def test_every_row_of_the_foresight_file_is_an_item_or_left_out_for_a_reason() -> None:
    taken, skipped, ids = 0, 0, set()
    for part in FORESIGHT:
        _, source, path = library.read(f"external.foresight.{part}")
        tally = Tally()
        ids |= {one.row["id"] for one in rows.gather(source, DATA, Fault(key="source.no_path", file=str(path)), tally)}
        taken, skipped = taken + tally.taken, skipped + sum(tally.skipped.values())
    assert (taken, skipped, len(ids)) == (5437, 41, 5437)
    assert taken + skipped == 5478


@needs_data
def test_the_swapped_columns_give_ten_items_to_each_fundamental_dimension() -> None:
    found = codes("foresight.fundamental")
    wanted = [
        code.code for code in taxonomies.load("foresight-94").codes if code.group in {f"F{n}" for n in range(1, 7)}
    ]
    assert found == {f"foresight-94:{code}": 10 for code in wanted}
    assert Counter(item.provenance for item in items("foresight.fundamental"))["Original"] == 139


@needs_data
def test_the_mislabelled_rows_count_as_mass_harm_and_are_hazardous() -> None:
    labels = Counter(item.metadata["upstream_label"] for item in items("foresight.mass-harm"))
    assert labels == {"Catastrophic-and-Existential-Risks": 500, "Environmental-Safety": 180}
    assert codes("foresight.mass-harm") == {"foresight-94:E5.5": 680}
    assert all(item.hazard for item in items("foresight.mass-harm"))


@needs_data
def test_the_safe_option_is_right_whatever_the_polarity_of_the_question() -> None:
    assert answers("foresight.options") == {0: 30}
    found = Counter(
        (item.metadata["category"] == "Goal Misalignment", item.answer) for item in items("foresight.yes-no")
    )
    assert found == {(True, 0): 20, (False, 1): 120}


@needs_data
def test_the_pairs_hold_both_languages_and_no_bare_instruction() -> None:
    found = items("foresight.pairs")
    asked = [item for item in found if item.choices]
    tails = [turns[0].content[-30:] for item in asked for turns in item.prompts.values()]
    assert (len(found), len(asked), Counter(item.answer for item in asked)) == (320, 140, {1: 120, 0: 20})
    assert not [tail for tail in tails if "回答" in tail or "yes" in tail.casefold()]


@needs_data
def test_the_coverage_of_the_94_dimensions_is_stated_as_it_is() -> None:
    found = [suites.load(library.read(f"external.foresight.{part}")[2], data=DATA) for part in FORESIGHT]
    counts = library.coverage(found, "foresight-94")
    assert (len(counts), sum(n > 0 for n in counts.values()), sum(n >= 30 for n in counts.values())) == (94, 77, 14)


@needs_data
def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    list(library.fetch("external.xstest", tmp_path, DATA))
    path = tmp_path / "xstest" / "xstest_prompts.csv"
    path.write_bytes(path.read_bytes() + b" ")
    assert library.check("external.xstest", tmp_path).state == "changed"


@needs_data
def test_published_figures_are_redone_exactly() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "reproduce.py"), "--data", str(DATA)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.splitlines()[-1:]) == (0, ["52 of 52 figures equal"]), found.stderr
