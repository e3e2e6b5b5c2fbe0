"""Train the refusal head: ``python benchmarks/train_refusal.py --data DIR``.

Writes ``scorers/weights/refusal_head.npz`` and a JSON file beside it: seed, setting,
row counts, SHA-256 of every input file.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import refusal_fit, refusal_folds  # noqa: E402
from benchmarks import scorer_data as sets  # noqa: E402


def inputs(data: Path) -> dict[str, str]:
    """SHA-256 of every file that training reads."""
    paths = sorted((data / "xstest" / "model_completions").glob("*.csv"))
    paths += sorted((data / "jade-db").rglob("*.csv"))
    paths += sorted((data / "halluqa" / "Chinese_LLMs_outputs" / "open_generation").glob("*.json"))
    return {path.relative_to(data).as_posix(): sets.digest(path) for path in paths}


def main() -> None:
    """Fit on everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    data: Path = parser.parse_args().data
    pool = refusal_folds.pool(data)
    setting = refusal_folds.SETTING
    arrays = refusal_fit.fit(refusal_folds.samples(pool, np.ones(len(pool.rows), dtype=bool)), setting)
    folder = ROOT / "scorers" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "refusal_head.npz", **arrays)  # type: ignore[arg-type]
    facts = {
        "seed": setting.seed,
        "setting": asdict(setting),
        "inputs": inputs(data) | {refusal_fit.BATTERY.name: sets.digest(refusal_fit.BATTERY)},
        "rows": {"xstest": len(pool.rows), "weak_zh_and_battery": len(pool.extra)},
        "sha256": sets.digest(folder / "refusal_head.npz"),
    }
    text = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "refusal_head.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
