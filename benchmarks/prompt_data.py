"""Prompts that ask for harm, and prompts that do not, in Chinese and English: what the prompt expert learns from.

Public sets from the data folder (label by construction: the set says what its prompts are), the project's own
should-refuse and should-not-refuse items, and everyday requests made from hand-written parts.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from benchmarks import everyday_prompts as parts
from benchmarks import scorer_data as sets
from benchmarks.scorer_data import Row

ROOT = Path(__file__).resolve().parent.parent


PAIRS = (
    (parts.FRAMES_EN, (parts.ACTIONS_EN, parts.HARMS_EN)),
    (parts.FRAMES_ZH, (parts.ACTIONS_ZH, parts.HARMS_ZH)),
)


def everyday() -> Iterator[Row]:
    """Ordinary requests and harmful ones in the same frames, both languages; group = the action."""
    for frames, kinds in PAIRS:
        for label, actions in enumerate(kinds):
            for frame, action in product(frames, actions):
                yield Row(frame.format(action), label, "", action)
    for frames, topics in ((parts.TOPIC_FRAMES_EN, parts.TOPICS_EN), (parts.TOPIC_FRAMES_ZH, parts.TOPICS_ZH)):
        for frame, topic in product(frames, topics):
            yield Row(frame.format(topic), 0, "", topic)
    for remark in (*parts.REMARKS_EN, *parts.REMARKS_ZH):
        yield Row(remark, 0, "", remark)


def own_items() -> Iterator[Row]:
    """The project's should-refuse and should-not-refuse items, both languages; group = the item."""
    for folder, label in (("should-refuse", 1), ("should-not-refuse", 0)):
        for path in sorted((ROOT / "suites" / "risk" / folder).glob("*.jsonl")):
            for raw in path.read_text(encoding="utf-8").splitlines():
                item = json.loads(raw)
                for text in item.get("prompt", {}).values():
                    if isinstance(text, str):
                        yield Row(text, label, "", item["id"])


def column(path: Path, name: str) -> list[str]:
    """One column of a CSV file."""
    return [row[name] for row in sets.sheet(path) if row[name].strip()]


def examples(data: Path, names: Sequence[str], field: str = "input") -> list[str]:
    """Inputs of moonshot files."""
    folder = data / "moonshot-bilingual" / "datasets"
    return [
        str(example[field])
        for name in names
        for example in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["examples"]
    ]


def sword(data: Path) -> list[str]:
    """Plain (level 1) instructions of Strata-Sword, both languages."""
    import openpyxl

    found: list[str] = []
    for lang in ("cn", "en"):
        path = data / "strata-sword" / "strata_sword" / f"strata_sword_{lang}_level_1.xlsx"
        sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
        found += [str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]]
    return found


def jade_questions(data: Path) -> list[str]:
    """Questions of JADE 1.0 and 2.0."""
    names = ("v1.0/jade_benchmark_zh", "v1.0/jade_benchmark_en", "v2.0/jade_benchmark_easy_zh",
             "v2.0/jade_benchmark_medium_zh")  # fmt: skip
    found: list[str] = []
    for name in names:
        with (data / "jade-db" / f"jade-db-{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            found += [(row.get("问题") or row.get("Question") or row.get("question") or "").strip() for row in rows]
    return [text for text in found if text]


def catqa(data: Path) -> list[str]:
    """Questions of CatQA, both languages."""
    found: list[str] = []
    for lang in ("english", "chinese"):
        path = data / "catqa" / "harmful_questions" / f"catqa_{lang}.json"
        for kinds in json.loads(path.read_text(encoding="utf-8")).values():
            found += [question for questions in kinds.values() for question in questions]
    return found


def harmful(data: Path) -> dict[str, list[str]]:
    """Harmful prompts by set."""
    mlc = [f"mlc-{hazard}-{lang}" for hazard in ("ipv", "ncr", "prv", "vcr") for lang in ("cn", "en")]
    multi = data / "multijail" / "data" / "MultiJail.csv"
    return {
        "advbench": column(data / "advbench" / "data" / "advbench" / "harmful_behaviors.csv", "goal"),
        "harmbench": column(data / "harmbench-behaviors" / "harmbench_behaviors_text_all.csv", "Behavior"),
        "ailuminate": column(
            data / "ailuminate-demo-en" / "airr_official_1.0_demo_en_us_prompt_set_release.csv", "prompt_text"
        ),
        "moonshot": examples(data, mlc),
        "catqa": catqa(data),
        "multijail": column(multi, "en") + column(multi, "zh"),
        "jailbench": column(data / "jailbench-zh" / "JailBench_seed.csv", "question_zh"),
        "strata-sword": sword(data),
        "jade": jade_questions(data) + sorted({row.prompt for row in sets.jade(data)}),
        "gptfuzz": column(data / "gptfuzz-labelled" / "datasets" / "questions" / "question_list.csv", "text"),
    }


def harmless(data: Path) -> dict[str, list[str]]:
    """Harmless prompts by set."""
    bench = json.loads((data / "safetybench" / "opensource_data" / "test_zh_subset.json").read_text(encoding="utf-8"))
    return {
        "chinese-safetyqa": column(data / "chinese-safetyqa" / "data" / "chinese_safetyqa.csv", "question"),
        "halluqa": sorted({row.prompt for row in sets.halluqa_answers(data) if row.prompt}),
        "truthfulqa": examples(data, ["truthfulqa-multiple-open-ended"]),
        "safetybench": [row["question"] for row in bench if row["category"] not in ("Offensiveness",)],
    }


def prompts(data: Path) -> list[Row]:
    """Every prompt with its label; group = set (own and everyday prompts have the groups ``own`` and ``everyday``)."""
    rows = [Row(text, 1, "", name) for name, texts in harmful(data).items() for text in texts]
    rows += [Row(text, 0, "", name) for name, texts in harmless(data).items() for text in texts]
    for row in sets.sheet(data / "xstest" / "xstest_prompts.csv"):
        rows.append(Row(row["prompt"], int(row["label"] == "unsafe"), "", "xstest"))
    rows += [Row(row.text, row.label, "", "own") for row in own_items()]
    rows += [Row(row.text, row.label, "", "everyday") for row in everyday()]
    seen: dict[str, Row] = {}
    for row in rows:
        seen.setdefault(row.text.strip(), row)
    return list(seen.values())
