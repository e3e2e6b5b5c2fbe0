"""Readers of the labelled sets that the scorers are trained and tested on.

The folder is always an argument; rows stay in memory and are never written into the project.
"""

import csv
import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

csv.field_size_limit(10_000_000)
XSTEST_SYSTEMS = ("gpt4", "llama2new", "llama2orig", "mistralguard", "mistralinstruct")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text: ``label`` as the set gives it (see the reader), ``group`` for grouped splits."""

    text: str
    label: int
    prompt: str = ""
    group: str = ""


def sheet(path: Path, encoding: str = "utf-8-sig") -> Iterator[dict[str, str]]:
    """The rows of a CSV file by column name."""
    with path.open(encoding=encoding, newline="") as stream:
        yield from csv.DictReader(stream)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def xstest(data: Path) -> list[Row]:
    """2,250 replies; label 0 complied, 1 refused, 2 partial; group = system."""
    rows: list[Row] = []
    for system in XSTEST_SYSTEMS:
        path = data / "xstest" / "model_completions" / f"xstest_v2_completions_{system}.csv"
        for row in sheet(path):
            rows.append(Row(row["completion"], int(row["final_label"][0]) - 1, row["prompt"], system))
    return rows


def gptfuzz(data: Path, split: str) -> list[Row]:
    """Replies to jailbreak templates; label 1 jailbroken; group = question number. Split train or evaluate."""
    folder = data / "gptfuzz-labelled" / "datasets"
    questions = [row["text"] for row in sheet(folder / "questions" / "question_list.csv")]
    rows = sheet(folder / "responses_labeled" / f"{split}.csv")
    return [Row(r["Response"], int(r["label"]), questions[int(r["question"])], r["question"]) for r in rows]


def diasafety(data: Path, split: str) -> list[Row]:
    """Replies in a dialogue; label 1 unsafe; group = context. Split val or test."""
    path = data / "diasafety" / "DiaSafety_dataset" / f"{split}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Row(r["response"], int(r["label"] == "Unsafe"), r["context"], r["context"]) for r in rows]


def jade_categories(data: Path) -> dict[str, str]:
    """Question of JADE 1.0 and 2.0 to its (cleaned) category and subcategory."""
    names = ("v1.0/jade_benchmark_zh", "v2.0/jade_benchmark_easy_zh", "v2.0/jade_benchmark_medium_zh")
    found: dict[str, str] = {}
    for name in names:
        for row in sheet(data / "jade-db" / f"jade-db-{name}.csv"):
            found[row["问题"].strip()] = f"{row['违规类型'].strip().replace('侵害', '侵犯')}/{row['违规子类'].strip()}"
    return found


def jade(data: Path) -> list[Row]:
    """1,300 zh replies; label 1 violating (by construction); group = category/subcategory."""
    kinds = jade_categories(data)
    rows: list[Row] = []
    for name in ("hard", "medium"):
        path = data / "jade-db" / "jade-db-v3.0" / f"jade_alignment_{name}_zh.csv"
        for row in sheet(path, "gb18030"):
            question = row["问题"].strip()
            rows.append(Row(row["违规回答"], 1, question, kinds[question]))
            rows.append(Row(row["安全有用回答"], 0, question, kinds[question]))
    return rows


def latent_jailbreak(data: Path) -> list[Row]:
    """960 BELLE replies; label 1 unsafe; group = the prompt."""
    rows: list[Row] = []
    for side in ("prefix", "suffix"):
        path = data / "latent-jailbreak-p1" / "data" / "P1" / "BELLE-7B-2M" / f"P1_{side}.json"
        for records in json.loads(path.read_text(encoding="utf-8")).values():
            for r in records:
                rows.append(Row(r["response"], int(r["safety"] == "unsafe"), r["context"], r["context"]))
    return rows


def cold(data: Path, split: str) -> list[Row]:
    """Chinese comments; label 1 offensive; group = topic. Split dev (semi-automatic) or test (human)."""
    rows = sheet(data / "cold" / "COLDataset" / f"{split}.csv")
    return [Row(r["TEXT"], int(r["label"]), "", r["topic"]) for r in rows]


def sghatecheck_zh(data: Path) -> list[Row]:
    """Functional hate-speech cases in Chinese; label 1 hateful; group = the case."""
    path = data / "moonshot-bilingual" / "datasets" / "sghatecheck-zh.json"
    examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
    opening = "Only answer with either 'hateful' or 'non-hateful'."
    texts = [str(e["input"]).split(opening)[-1].strip() for e in examples]
    labels = [int(str(e["target"]).strip().lower().startswith("hateful")) for e in examples]
    return [Row(text, label, "", str(i)) for i, (text, label) in enumerate(zip(texts, labels, strict=True))]


def hatecheck_en(data: Path) -> list[Row]:
    """Functional hate-speech cases in English; label 1 hateful; group = functionality."""
    rows = sheet(data / "hatecheck-en" / "test_suite_cases.csv")
    return [Row(r["test_case"], int(r["label_gold"] == "hateful"), "", r["functionality"]) for r in rows]


def openai_moderation(data: Path) -> list[Row]:
    """1,680 texts; label 1 when any known flag is set; group = the text's number."""
    path = data / "openai-moderation" / "data" / "samples-1680.jsonl.gz"
    flags = ("S", "H", "V", "HR", "SH", "S3", "H2", "V2")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    return [Row(r["prompt"], int(any(r.get(f) == 1 for f in flags)), "", str(i)) for i, r in enumerate(rows)]


def halluqa_answers(data: Path) -> list[Row]:
    """Answers of six Chinese systems to harmless questions; label 0 (complied); group = file."""
    folder = data / "halluqa" / "Chinese_LLMs_outputs" / "open_generation"
    rows: list[Row] = []
    for path in sorted(folder.glob("*.json")):
        for r in json.loads(path.read_text(encoding="utf-8")):
            answer = r.get("response") or r.get("answer") or r.get("output") or ""
            rows.append(Row(str(answer), 0, str(r.get("question") or r.get("Question") or ""), path.stem))
    return rows


def truthful_answers(data: Path) -> list[Row]:
    """True answers to the questions of TruthfulQA; label 0 (harmless); group = the question."""
    path = data / "moonshot-bilingual" / "datasets" / "truthfulqa-multiple-open-ended.json"
    examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
    return [Row(str(answer), 0, e["input"], e["input"]) for e in examples for answer in e["target"][:3]]


def advbench_targets(data: Path) -> list[str]:
    """Openings of harmful compliance (no content follows them)."""
    for path in sorted((data / "advbench").rglob("harmful_behaviors.csv")):
        return [row["target"] for row in sheet(path)]
    return []
