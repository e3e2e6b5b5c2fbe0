"""People's labels: blind sheets out, labels and decisions back, and every wrong sheet named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from bench import canonical, catalogue, files, workflow
from bench.engine import plan as plans
from bench.engine.plan import Settings
from bench.engine.seals import Seal
from bench.errors import ConfigError, IntegrityError, UsageError
from bench.review import filled, log, results, rounds, sample, sheets
from bench.review.results import Review
from bench.review.rounds import Taken
from bench.review.sample import Sampling
from bench.scoring import SCORES_FILE, Run, open_run, read_scores
from bench.types import Case, Item, Message, Model, Record, Reply, Score, Suite, Text
from bench.types import Sampling as Decoding

FORMULA = '=HYPERLINK("http://example.org","x")'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a run of 40 items in two languages, odd ones refused, scored by `refusal`."""
    items = tuple(
        Item(
            id=f"secret-{n}", suite="s", dimension="risk", codes=(), expect="refuse" if n % 4 else "answer",
            prompts={lang: (Message("user", f"q{n}"),) for lang in ("zh", "en")}, scorers=("refusal",),
        )
        for n in range(40)
    )  # fmt: skip
    suite = Suite(
        name="s", title=Text(zh="套", en="s"), version="1-A", dimension="risk", languages=("zh", "en"), items=items,
        digest="", licence="", updated="",
    )  # fmt: skip
    made = plans.build([suite], Model(model="m", adapter="scripted"), {}, Settings())
    folder = tmp_path / made.info.run
    folder.mkdir()
    plans.save(made, folder)
    write_records(folder, items)
    return open_run(folder)


def write_records(folder: Path, items: Sequence[Item]) -> None:
    previous, records, scores = plans.genesis(folder), b"", b""
    for i, (item, lang) in enumerate((item, lang) for item in items for lang in ("zh", "en")):
        case = Case(key=str(i), suite="s", item=item.id, lang=lang, messages=item.prompts[lang], parameters=Decoding())
        record = Record(i=i, case=case, reply=Reply(status="answered", text=FORMULA), prev=previous)
        line = canonical.encode(record)
        previous = canonical.digest_bytes(line)
        records += line + b"\n"
        score = Score(item=item.id, suite="s", records=(i,), scorer="refusal", lang=lang, value=i % 2)
        scores += canonical.encode(score) + b"\n"
    (folder / "records.jsonl").write_bytes(records)
    (folder / SCORES_FILE).write_bytes(scores)


def seal_scores(run: Run) -> None:
    """Write the summary of a run whose scores were written by hand."""
    scores = read_scores(run.folder)
    workflow.summed(run, scores, Seal(records=run.end, scores=files.digest_file(run.folder / SCORES_FILE)))


def fill(path: Path, answers: Callable[[str], dict[str, str]]) -> Path:
    """Fill in a sheet: `answers` gives, for a code, the label of each column title in English."""
    book = openpyxl.load_workbook(path)
    sheet = book["labels"]
    titles = {cell.value.split(" ", 1)[-1]: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for title, value in answers(str(sheet.cell(row, 1).value)).items():
            sheet.cell(row, titles[title], value)
    book.save(path)
    return path


def agreeing(key: sample.Key, wrong: str = "") -> Callable[[str], dict[str, str]]:
    """Return a reviewer who says what the scorer says, but the other thing of the code `wrong`."""
    refused = {one.code: one.i % 2 == 1 for one in key.coded}
    return lambda code: {
        "behaviour": "拒答 refused" if refused[code] != (code == wrong) else "complied",
        "content": "安全",
    }


def test_a_sheet_is_blind_text_with_menus_and_a_guideline(run: Run, tmp_path: Path) -> None:
    _, (path, _) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["labels", "标注说明", "guideline", "about", "sheet"]
    assert book["sheet"].sheet_state == "veryHidden"
    cells = [cell for row in book["labels"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert FORMULA in {cell.value for cell in cells}
    assert not any("secret" in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    menus = [rule.formula1 for rule in book["labels"].data_validations.dataValidation]
    assert len(menus) == 2
    assert "refused" in menus[0]


def test_the_key_stays_with_the_run_and_reviewers_see_other_orders(run: Run, tmp_path: Path) -> None:
    key, (one, two) = rounds.export(run, Sampling(n=40), tmp_path / "out")
    assert sample.key_path(run.folder, key.batch).is_file()
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".xlsx", ".xlsx"]
    orders = [[row.code for row in filled.read(fill(path, agreeing(key)))[1]] for path in (one, two)]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_a_sample_repeats_by_seed_and_is_stratified(run: Run) -> None:
    drawn, population = sample.draw(run, Sampling(n=16, seed=3))
    assert drawn == sample.draw(run, Sampling(n=16, seed=3))[0]
    assert drawn != sample.draw(run, Sampling(n=16, seed=4))[0]
    assert population == {f"risk/{e}/{lang}": n for e, n in (("answer", 10), ("refuse", 30)) for lang in ("en", "zh")}
    assert [sum(name == stratum for name, _ in drawn) for stratum in population] == [2, 2, 6, 6]


def test_more_than_there_are_is_all_there_are() -> None:
    assert sample.allot({"a": 3, "b": 5}, 100) == {"a": 3, "b": 5}
    assert sum(sample.allot({"a": 3, "b": 5, "c": 7}, 8).values()) == 8


def test_labels_come_back_as_chained_events_with_agreement_and_a_rate(run: Run, tmp_path: Path) -> None:
    key, paths = rounds.export(run, Sampling(n=40), tmp_path / "out")
    taken = rounds.take(run, [fill(path, agreeing(key)) for path in paths], tmp_path)
    found = state(run)
    assert taken == Taken(key.batch, 160, 0, 0, None)
    assert (found.sampled, found.labelled, found.open, found.adjudicated) == (40, 80, 0, 0)
    scopes = {(one.question, one.lang): one for one in found.agreement}
    assert [scopes["behaviour", lang].people.n for lang in ("all", "en", "zh")] == [40, 20, 20]
    assert (scopes["behaviour", "all"].people.kappa.point, scopes["behaviour", "all"].with_scorer.kappa.point) == (1, 1)
    assert [(one.lang, one.labelled, one.of, one.scorer) for one in found.estimates] == [
        ("en", 20, 40, 1),
        ("zh", 20, 40, 0),
    ]
    assert len(log.read(run.folder)) == 160


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("仅一人标注 20", "人与人的一致性无从给出", "其中单人标注")),
        ("en", ("20 by one only", "no agreement between people to state", "labels by one person only")),
    ],
)
def test_one_reviewer_is_not_called_two(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, words: Sequence[str]
) -> None:
    from bench.cli import app
    from bench.cli.output import Output

    seal_scores(run)
    key, paths = rounds.export(run, Sampling(n=10), tmp_path / "out")
    sheet = fill(paths[0], agreeing(key))
    assert app.run(["review", "import", str(run.folder), str(sheet)], Output(lang)) == 0
    found, told = state(run), " ".join(capsys.readouterr().out.split())
    assert (found.labelled, found.single, found.double) == (20, 20, 0)
    assert [word for word in words if word not in told] == []
    assert {one.people.n for one in found.agreement} == {0}
    rounds.take(run, [fill(paths[1], agreeing(key))], tmp_path)
    assert (state(run).single, state(run).double) == (0, 20)


def test_a_second_import_adds_nothing(run: Run, tmp_path: Path) -> None:
    key, paths = rounds.export(run, Sampling(n=10), tmp_path / "out")
    filled = [fill(path, agreeing(key)) for path in paths]
    assert [rounds.take(run, filled, tmp_path).new for _ in range(2)] == [40, 0]


def test_a_dispute_is_settled_by_a_decision_with_name_and_reason(run: Run, tmp_path: Path) -> None:
    key, (one, two) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    wrong = key.coded[0].code
    filled = [fill(one, agreeing(key)), fill(two, agreeing(key, wrong))]
    disputes = rounds.take(run, filled, tmp_path).disputes
    assert disputes is not None
    assert (state(run).open, state(run).labelled) == (1, 19)
    decision = {"decision": "refused", "decided by": "Li", "reason": "no substance"}
    taken = rounds.take(run, [fill(disputes, lambda code: decision)], tmp_path)
    assert (taken.open, state(run).adjudicated, taken.disputes) == (0, 1, None)
    last = log.read(run.folder)[-1]
    assert (last.kind, last.reviewer, last.reason, last.label) == ("adjudicated", "Li", "no substance", "refused")
    assert last.time


def test_a_decision_without_a_reason_is_refused(run: Run, tmp_path: Path) -> None:
    key, (one, two) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    filled = [fill(one, agreeing(key)), fill(two, agreeing(key, key.coded[0].code))]
    disputes = rounds.take(run, filled, tmp_path).disputes
    assert disputes is not None
    assert fault_of(run, [fill(disputes, lambda code: {"decision": "refused"})]) == ("reviews.reason", 2)


def test_a_changed_line_of_the_log_is_found(run: Run, tmp_path: Path) -> None:
    key, paths = rounds.export(run, Sampling(n=10), tmp_path / "out")
    rounds.take(run, [fill(path, agreeing(key)) for path in paths], tmp_path)
    path = run.folder / log.REVIEWS_FILE
    path.write_bytes(path.read_bytes().replace(b'"label":"safe"', b'"label":"unsafe"', 1))
    with pytest.raises(IntegrityError):
        log.read(run.folder)


def state(run: Run) -> Review:
    """Return what stands in the run's log."""
    found = results.review(run, results.labels(run.folder), read_scores(run.folder))
    assert found is not None
    return found


def fault_of(run: Run, paths: list[Path]) -> tuple[str, int | None]:
    with pytest.raises(ConfigError) as caught:
        rounds.take(run, paths, run.folder)
    fault = caught.value.faults[0]
    assert all(catalogue.describe(fault, lang) for lang in catalogue.LANGUAGES)
    return fault.key, fault.line


def edited(path: Path, edit: Callable[[Any], None]) -> Path:
    book = openpyxl.load_workbook(path)
    edit(book)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("edit", "key", "line"),
    [
        (lambda book: book["labels"].__setitem__("E3", "maybe"), "reviews.label", 3),
        (lambda book: book["labels"].__setitem__("A2", "R0"), "reviews.code", 2),
        (lambda book: book["labels"].append([cell.value for cell in book["labels"][3]]), "reviews.code_twice", 12),
        (lambda book: book["labels"].__setitem__("A2", None), "reviews.no_code", 2),
        (lambda book: book["labels"].__setitem__("C2", "another prompt"), "reviews.moved", 2),
        (lambda book: book["labels"].__setitem__("E2", '=IF(1,"拒答 refused","")'), "reviews.label", 2),
        (lambda book: book["labels"].__setitem__("E2", 7), "reviews.label", 2),
        (lambda book: book["labels"].__setitem__("H1", book["labels"]["E1"].value), "reviews.columns_twice", 1),
        (lambda book: book["labels"].__setitem__("A60000", "R0"), "reviews.too_long", 50_002),
        (lambda book: book["labels"].delete_rows(4), "reviews.rows_gone", None),
        (lambda book: book["about"].__setitem__("B3", "7"), "reviews.reviewer", None),
        (lambda book: book["labels"].delete_cols(5), "reviews.columns", 1),
        (lambda book: book["about"].__setitem__("B3", "2"), "reviews.renumbered", None),
        (lambda book: book.remove(book["sheet"]), "reviews.identity", None),
        (lambda book: book["sheet"].__setitem__("A1", "0"), "reviews.identity", None),
        (lambda book: book.remove(book["about"]), "reviews.not_ours", None),
        (lambda book: book.remove(book["labels"]), "reviews.no_sheet", None),
        (lambda book: book["about"].__setitem__("B2", "ffffffff"), "reviews.other_run", None),
        (lambda book: book["about"].__setitem__("B2", "../key"), "reviews.other_run", None),
    ],
)
def test_a_bad_sheet_is_named(run: Run, tmp_path: Path, edit: Callable[[Any], None], key: str, line: int) -> None:
    made, (path, _) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    assert fault_of(run, [edited(fill(path, agreeing(made)), edit)]) == (key, line)


def test_rows_copied_from_another_reviewer_are_refused(run: Run, tmp_path: Path) -> None:
    key, (one, two) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(fill(one, agreeing(key)))["labels"]]

    def copy(book: Any) -> None:
        for line, row in enumerate(rows, 1):
            for place, value in enumerate(row, 1):
                book["labels"].cell(line, place, value)

    assert fault_of(run, [edited(two, copy)]) == ("reviews.renumbered", None)
    assert log.read(run.folder) == []


LONG = "字" * 31_990 + "😀" * 20
"""Fits into a cell by characters, not by UTF-16 units."""


def retold(run: Run, text: str) -> Run:
    """Return the run with another reply to every question."""
    records = [msgspec.structs.replace(one, reply=Reply(status="answered", text=text)) for one in run.records]
    return run._replace(records=records)


@pytest.mark.parametrize("text", [LONG, "x" * 40_000, "a\ufffeb\uffffc", "😀" * 16_383, "😀" * 16_384])
def test_a_reply_that_a_cell_cannot_hold_comes_back(run: Run, tmp_path: Path, text: str) -> None:
    told = retold(run, text)
    key, paths = rounds.export(told, Sampling(n=10), tmp_path / "out")
    assert rounds.take(told, [fill(path, agreeing(key)) for path in paths], tmp_path).new == 40


def test_a_long_reply_may_come_back_with_line_breaks_of_the_spreadsheet_program(run: Run, tmp_path: Path) -> None:
    told = retold(run, LONG)
    key, (path, _) = rounds.export(told, Sampling(n=10), tmp_path / "out")

    def broken(book: Any) -> None:
        for line in range(2, 12):
            reply = book["labels"].cell(line, 4)
            reply.value = f"{reply.value[:16_365]}\n{reply.value[16_365:]}"

    assert rounds.take(told, [edited(fill(path, agreeing(key)), broken)], tmp_path).new == 20


@pytest.mark.parametrize("lang", catalogue.LANGUAGES)
def test_a_cut_reply_says_so_and_so_does_the_guideline(run: Run, tmp_path: Path, lang: str) -> None:
    _, (path, _) = rounds.export(retold(run, LONG), Sampling(n=10), tmp_path / "out")
    book = openpyxl.load_workbook(path)
    reply, note = book["labels"]["D2"].value, sheets.say("cut", lang)
    assert note in reply[-100:]
    assert len(reply.encode("utf-16-le")) <= 2 * sheets.MOST < 2 * 32_767
    assert any(note in str(row[0].value) for row in book["标注说明" if lang == "zh" else "guideline"])


@pytest.mark.parametrize("text", ["", "x" * 32_000, "😀" * 16_000])
def test_a_reply_that_fits_is_not_cut(text: str) -> None:
    assert sheets.cut(text) == text


def test_an_export_leaves_the_summary_as_it_is(run: Run, tmp_path: Path) -> None:
    before = workflow.summarise(run, read_scores(run.folder), workflow.Known((), results.labels(run.folder)))
    rounds.export(run, Sampling(n=10), tmp_path / "out")
    assert workflow.summarise(run, read_scores(run.folder), workflow.Known((), results.labels(run.folder))) == before


def test_rows_may_come_back_in_any_order_and_partly_blank(run: Run, tmp_path: Path) -> None:
    key, (path, _) = rounds.export(run, Sampling(n=10), tmp_path / "out")

    def shuffle(book: Any) -> None:
        sheet = book["labels"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for number, row in enumerate(reversed(rows), 2):
            for place, value in enumerate(row, 1):
                sheet.cell(number, place, value)
        sheet["E2"] = None

    taken = rounds.take(run, [edited(fill(path, agreeing(key)), shuffle)], tmp_path)
    assert (taken.new, taken.blank, taken.open) == (19, 1, 0)
    right = agreeing(key)
    codes = {one.i: one.code for one in key.coded}
    said = {event.i: event.label for event in log.read(run.folder) if event.question == "behaviour"}
    assert len(said) == 9
    assert all((label == "complied") == (right(codes[i])["behaviour"] == "complied") for i, label in said.items())


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (path, _) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    monkeypatch.setattr(filled, "MOST_UNPACKED", 1000)
    assert fault_of(run, [path])[0] == "file.too_large"


def test_files_that_are_no_sheets_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(b"PK no zip")
    assert fault_of(run, [tmp_path / "x.xlsx"])[0] == "reviews.no_workbook"
    assert fault_of(run, [tmp_path / "none.xlsx"])[0] == "file.missing"
    _, (path, _) = rounds.export(run, Sampling(n=10), tmp_path / "out")
    assert fault_of(run, [path, path])[0] == "reviews.reviewer_twice"


def test_sheets_without_one_label_are_refused_and_import_nothing(run: Run, tmp_path: Path) -> None:
    _, paths = rounds.export(run, Sampling(n=10), tmp_path / "out")
    assert fault_of(run, paths)[0] == "reviews.no_labels"
    assert list(log.read(run.folder)) == []


def test_a_run_without_replies_has_nothing_to_review(run: Run) -> None:
    with pytest.raises(UsageError):
        sample.draw(run._replace(records=[]), Sampling())


def test_the_commands_export_and_import(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bench.cli import app
    from bench.cli.output import Output

    seal_scores(run)
    out = tmp_path / "out"
    assert app.run(["review", "export", str(run.folder), "-n", "10", "-o", str(out)], Output("en")) == 0
    files = capsys.readouterr().out.split()
    key = sample.read_key(run, Path(files[0]).name.split("-")[1], Path(files[0]))
    filled = [str(fill(Path(file), agreeing(key))) for file in files]
    assert app.run(["review", "import", str(run.folder), *filled, "--json"], Output("en")) == 0
    assert json.loads(capsys.readouterr().out)["review"]["labelled"] == 20
    assert app.run(["review", "import", str(run.folder), *filled], Output("zh")) == 0
    assert "未校正: 人工标注不足 30 条" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh", ("行为：拒答（含拒答并引导）的占比", "有文本可判的回复（评分器未能判定的也在内）")),
        ("en", ("behaviour: share of refusals (safe redirects included)", "replies with a text to judge (those left")),
    ],
)
def test_the_commands_name_the_shares_and_what_was_drawn_from(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, words: tuple[str, str]
) -> None:
    from bench.cli import app
    from bench.cli.output import Output

    seal_scores(run)
    command = ["review", "export", str(run.folder), "-n", "10", "-o", str(tmp_path)]
    assert app.run(command, Output(lang)) == 0
    told = capsys.readouterr()
    assert words[1] in "".join(told.err.split("\n"))
    paths = list(map(Path, told.out.split()))
    key = sample.read_key(run, paths[0].name.split("-")[1], paths[0])
    filled = [str(fill(path, agreeing(key))) for path in paths]
    assert app.run(["review", "import", str(run.folder), *filled], Output(lang)) == 0
    told = capsys.readouterr()
    assert words[0] in told.out
    assert not {"合格率", "rate"} & set(told.out.split())
