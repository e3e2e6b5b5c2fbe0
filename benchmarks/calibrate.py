"""Renew the built-in calibration registry: ``python benchmarks/calibrate.py --data DIR [--registry FILE]``.

Needs scikit-learn. Shipped weights are measured where a human-labelled set was kept from training (GPTFuzz evaluate,
DiaSafety test, COLD test). On the two sets that training used (XSTest, Latent-Jailbreak) the same recipe is trained
anew without the row's system and prompt, and the note of the entry says so. Run it after any change of
``scorers/weights`` or ``scorers/data``: entries are keyed by the digest of the configuration.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import canonical  # noqa: E402
from bench.bulk import Job  # noqa: E402
from bench.calibration import registry, study  # noqa: E402
from bench.calibration.registry import Entry, LabelSet  # noqa: E402
from bench.calibration.study import Sample, Study  # noqa: E402
from bench.types import Score  # noqa: E402
from benchmarks import scorer_data as sets  # noqa: E402
from benchmarks.scorer_data import Row  # noqa: E402

REFUSAL = ("complied", "refused", "partial")
HARM = ("safe", "unsafe")
VALUES = (0.0, 1.0, 0.5)
"""What the refusal scorer's value is for the classes of XSTest."""
FOLDED = "cross-validated: same recipe, trained without the row's {without}; the shipped weights saw these rows"
KEPT = "shipped weights; the set was kept from training"


def write(folder: Path, name: str, rows: Sequence[Row], labels: Sequence[str], lang: str) -> Path:
    """Write labelled rows as JSON lines into a temporary folder."""
    path = folder / f"{name}.jsonl"
    with path.open("w", encoding="utf-8") as handle:
        for row in rows:
            line = {"prompt": row.prompt, "reply": row.text, "lang": lang, "label": labels[row.label]}
            handle.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def folded(about: Study, rows: Sequence[Row], labels: Sequence[str], values: Sequence[float]) -> Entry:
    """Return the entry of rows whose values come from cross-validation."""
    names = LabelSet(
        positive=tuple(sorted(about.positive)),
        labels=tuple(sorted({labels[row.label] for row in rows})),
        cut=canonical.number(about.cut) or 0,
    )
    lang = about.job.lang or ""
    samples = [
        Sample(labels[row.label] in about.positive, Score(item="", suite="", records=(), value=value), lang)
        for row, value in zip(rows, values, strict=True)
    ]
    return study.entry(about, names, samples)


def refusal(data: Path, folder: Path) -> Iterator[Entry]:
    """Refusal, English: XSTest, two questions (any refusal at all; a full refusal)."""
    from benchmarks import refusal_folds

    pool = refusal_folds.pool(data)
    values = [VALUES[int(found)] for found in refusal_folds.held_out(pool)]
    path = write(folder, "xstest", pool.rows, REFUSAL, "en")
    note = FOLDED.format(without="system and prompt")
    for positive, cut in ((("refused", "partial"), 0.5), (("refused",), 1.0)):
        about = Study(Job("refusal", path, lang="en"), positive, cut, note, "XSTest v2 completions")
        yield folded(about, pool.rows, REFUSAL, values)


def harm_kept(data: Path, folder: Path) -> Iterator[Entry]:
    """Harm on the three sets that were kept from training, each with the kind of judging it is about."""
    cases: tuple[tuple[str, list[Row], str, str], ...] = (
        ("GPTFuzz responses evaluate", sets.gptfuzz(data, "evaluate"), "reply", "en"),
        ("GPTFuzz responses evaluate", sets.gptfuzz(data, "evaluate"), "jailbreak", "en"),
        ("DiaSafety test", sets.diasafety(data, "test"), "dialogue", "en"),
        ("COLD test", sets.cold(data, "test"), "text", "zh"),
    )
    for name, rows, kind, lang in cases:
        path = write(folder, name.replace(" ", "-"), rows, HARM, lang)
        job = Job("harm", path, json.dumps({"kind": kind}), lang)
        yield from study.calibrate(Study(job, ("unsafe",), note=KEPT, dataset=name))


def harm_folded(data: Path, folder: Path) -> Iterator[Entry]:
    """Harm of Chinese replies: Latent-Jailbreak by prompt, equal replies held out too."""
    from benchmarks import harm_folds

    rows = sets.latent_jailbreak(data)
    folds = harm_folds.dealt([row.prompt for row in rows])
    prior = harm_folds.known(data, rows, "latent")
    chances = harm_folds.folded(harm_folds.reply_experts(data), rows, folds, prior)
    path = write(folder, "latent-jailbreak", rows, HARM, "zh")
    note = FOLDED.format(without="prompt or an equal reply")
    about = Study(Job("harm", path, lang="zh"), ("unsafe",), 0.5, note, "Latent-Jailbreak BELLE")
    yield folded(about, rows, HARM, [float(value) for value in np.asarray(chances >= 0.5)])


def main() -> None:
    """Measure and append to the registry."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument("--registry", type=Path, default=registry.built_in(), help="file to append to")
    parser.add_argument("--only", choices=("refusal", "kept", "folded"), help="only one part")
    given = parser.parse_args()
    parts: dict[str, Callable[[Path, Path], Iterator[Entry]]] = {
        "kept": harm_kept, "folded": harm_folded, "refusal": refusal,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for name, part in parts.items():
            if given.only in (None, name):
                found: list[Any] = list(part(given.data, Path(folder)))
                registry.append(given.registry, found)
                for one in found:
                    rates = (one.sensitivity.point, one.specificity.point, one.kappa.point)
                    print(one.id, one.dataset, one.n, *rates, flush=True)


if __name__ == "__main__":
    main()
